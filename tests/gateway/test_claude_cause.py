"""Every code that the product knows is somebody's doing, said in one table."""

import ast
import unittest
from pathlib import Path

from odoo.addons.account_ai.services.claude.cause import CAUSES, Cause, is_out

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("controllers", "models", "services", "wizards")
BUILDERS = ("ClaudeError", "_Kind")
OUT = {"no_consent", "no_key", "not_ready"} | {
    *("invalid_key", "spend_limit", "circuit_open")
}


def codes_in(path):
    """Return the codes of the errors that a file makes, and that it stores itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in BUILDERS and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if getattr(key, "value", None) == "degraded_code" and isinstance(
                    value, ast.Constant
                ):
                    yield value.value


class TestCause(unittest.TestCase):
    def test_every_code_is_classified(self):
        codes = {
            code
            for folder in FOLDERS
            for path in (ROOT / folder).rglob("*.py")
            for code in codes_in(path)
        }
        self.assertGreater(len(codes), 20)
        self.assertEqual(codes - set(CAUSES), set())

    def test_only_what_nobody_can_bring_about_is_out(self):
        out = {code for code, cause in CAUSES.items() if cause is Cause.OUT}
        self.assertEqual(out, OUT)
        self.assertFalse(is_out("a code of tomorrow"))
