"""The rulebook's version covers everything that makes findings."""

import json

from odoo.tests import BaseCase

from odoo.addons.account_ai.services.rules import RULEBOOK_VERSION
from odoo.addons.account_ai.services.rules.version import source_version, sources

from ..common.addon_copy import ADDON, copied_addon, run_python

KINDS = {
    "a rule": "services/rules/rulebook/totals.py",
    "the registry of rules": "services/rules/registry.py",
    "the rules' arithmetic": "services/rules/amounts.py",
    "check digits": "services/documents/rut.py",
    "the comparison of documents": "services/documents/comparison.py",
    "the comparison with a received XML": "services/documents/received_xml.py",
    "the comparison of stamps": "services/documents/stamp_comparison.py",
    "how an XML is read": "services/documents/dte_xml.py",
    "the search for hostile texts": "services/privacy/hostile_text.py",
    "its patterns": "services/privacy/instruction_patterns.py",
    "its words": "services/privacy/instruction_words.py",
    "hidden characters": "services/privacy/hidden_text.py",
    "texts that are cut": "services/privacy/shown_text.py",
    "the time of all checks": "services/privacy/check_time.py",
    "what is judged beside the rules": "services/validation/by_rules.py",
    "merging": "services/validation/merge.py",
    "verdicts": "services/validation/verdict.py",
    "Unicode": "services/common/unicode_text.py",
    "a list": "data/chile_comunas.csv",
    "the words that an instruction needs": "data/instruction_words.csv",
}
LOADED = """
import json, sys
import services.rules, services.validation.by_rules, services.validation.merge
print(json.dumps([
    module.__file__ for name, module in sys.modules.items()
    if name.startswith("services.") and module.__file__
]))
"""


class TestRulebookVersion(BaseCase):
    def test_each_kind_of_source_changes_it(self):
        root = copied_addon(self)
        seen = {source_version(root)}
        self.assertEqual(seen, {RULEBOOK_VERSION.partition(".")[0]})
        for kind, name in KINDS.items():
            with self.subTest(kind):
                with (root / name).open("a", encoding="utf-8") as stream:
                    stream.write("\n")
                version = source_version(root)
                self.assertNotIn(version, seen)
                seen.add(version)

    def test_a_new_file_and_a_new_name_change_it(self):
        root = copied_addon(self)
        before = source_version(root)
        rule = root / "services/rules/rulebook/unusual.py"
        copy = rule.with_name("unusually.py")
        copy.write_bytes(rule.read_bytes())
        added = source_version(root)
        rule.unlink()
        self.assertEqual(len({before, added, source_version(root)}), 3)

    def test_line_ends_and_what_finds_nothing_do_not_change_it(self):
        root = copied_addon(self)
        before = source_version(root)
        rule = root / "services/rules/rulebook/totals.py"
        rule.write_bytes(rule.read_bytes().replace(b"\n", b"\r\n"))
        with (root / "services/claude/gateway.py").open("a") as stream:
            stream.write("\n")
        self.assertEqual(source_version(root), before)

    def test_everything_that_judging_imports_is_covered(self):
        covered = {str(path.relative_to(ADDON)) for path in sources(ADDON)}
        root = copied_addon(self)
        loaded = json.loads(run_python(root, LOADED))
        names = {path.removeprefix(f"{root.resolve()}/") for path in loaded}
        self.assertIn("services/privacy/hostile_text.py", names)
        self.assertEqual(names - covered, set())
