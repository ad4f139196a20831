"""Every call to Claude passes through one gateway: promise 1 of the design."""

import ast
import tempfile
from pathlib import Path

from odoo.tests import BaseCase, tagged

ADDON = Path(__file__).resolve().parents[2]
GATEWAY = ADDON / "services" / "claude"
NETWORK = {"anthropic", "httpx2", "httpcore2", "genai_prices", "tenacity", "structlog"}
OTHER_CLIENTS = {"requests", "urllib", "http", "socket", "aiohttp", "httpx", "urllib3"}
HARMLESS = {
    # Takes an address apart.
    "services/claude/http/connection_settings.py": {"urllib"},
    # Names what looking a host up raises.
    "services/claude/http/errors_mapping.py": {"socket"},
    # Looks the host of Claude up, and names the connection that the library opened.
    "services/claude/http/network.py": {"socket"},
    # Reads the proxies of the environment.
    "services/claude/http/transport.py": {"urllib"},
}


def imports_of(path):
    """Return the top-level names that the file at ``path`` imports absolutely."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            argument = node.args[0]
            if name in ("import_module", "__import__") and isinstance(
                argument, ast.Constant
            ):
                names.add(str(argument.value).partition(".")[0])
    return names


def shipped_files():
    """Return the Python files of the addon, without its tests."""
    folders = ("controllers", "models", "services", "wizards")
    files = [*ADDON.glob("*.py")]
    for folder in folders:
        files += (ADDON / folder).rglob("*.py")
    return files


@tagged("post_install", "-at_install")
class TestOneDoor(BaseCase):
    def test_nothing_else_imports_the_sdk(self):
        files = shipped_files()
        self.assertGreater(len(files), 50, "the addon was found")
        importers = {
            path.relative_to(ADDON) for path in files if "anthropic" in imports_of(path)
        }
        self.assertEqual(
            importers,
            {
                Path("services/claude/http/client.py"),
                Path("services/claude/http/errors_mapping.py"),
            },
        )

    def test_nothing_else_in_the_services_reaches_the_network(self):
        for path in (ADDON / "services").rglob("*.py"):
            found = imports_of(path)
            with self.subTest(path.relative_to(ADDON)):
                if GATEWAY not in path.parents:
                    self.assertFalse(found & (NETWORK - {"structlog"}))
                harmless = HARMLESS.get(path.relative_to(ADDON).as_posix(), set())
                self.assertFalse(found & OTHER_CLIENTS - harmless)
                self.assertNotIn("odoo", found)

    def test_only_the_gateway_uses_the_client(self):
        """The client's verbs that cost money are called in one place."""
        callers = set()
        for path in shipped_files():
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr in ("call", "stream")
                    and isinstance(node.value, ast.Attribute)
                    and node.value.attr == "_client"
                ):
                    callers.add(path.relative_to(ADDON))
                if isinstance(node, ast.Attribute) and node.attr == "_sdk":
                    self.assertEqual(path.name, "client.py")
        self.assertEqual(callers, {Path("services/claude/gateway.py")})

    def test_an_import_is_found_however_it_is_written(self):
        for source in (
            "import anthropic",
            "import anthropic.types as t",
            "from anthropic import Anthropic",
            "def f():\n    from anthropic.types import Message",
            "import importlib\nimportlib.import_module('anthropic')",
            "__import__('anthropic')",
        ):
            with self.subTest(source):
                self.assertIn("anthropic", imports_of(self.file_with(source)))

    def file_with(self, source):
        """Return the path of a file that holds ``source``."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "module.py")
        path.write_text(source)
        return path
