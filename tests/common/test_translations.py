import io
import re
from pathlib import Path

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import code_translations, trans_export

LANGUAGES = ("es", "es_CL")
PLACEHOLDERS = re.compile(r"%\(\w+\)s|%s|%%|</?\w+[^>]*>")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    """Whoever works in Spanish meets no English sentence of the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        exported = io.BytesIO()
        trans_export(False, ["account_ai"], exported, "po", cls.env)
        cls.terms = {
            entry.msgid for entry in polib.pofile(exported.getvalue().decode())
        }

    def _shipped(self, name):
        return polib.pofile(file_path(f"account_ai/i18n/{name}"), encoding="utf-8")

    def test_every_term_is_translated(self):
        """A term that is new or has changed needs a translation into Spanish.

        ``odoo i18n export`` writes the template to ``i18n/account_ai.pot``.
        """
        translated = {
            entry.msgid for entry in self._shipped("es.po") if entry.translated()
        }
        self.assertFalse(self.terms - translated, "not translated")

    def test_chile_has_only_what_differs(self):
        """Odoo reads ``es`` first and lays ``es_CL`` over it."""
        spanish = {entry.msgid: entry.msgstr for entry in self._shipped("es.po")}
        same = [
            entry.msgid
            for entry in self._shipped("es_CL.po")
            if entry.msgstr == spanish[entry.msgid]
        ]
        self.assertFalse(same)

    def test_every_term_is_in_the_template(self):
        template = {entry.msgid for entry in self._shipped("account_ai.pot")}
        self.assertFalse(self.terms - template)

    def test_placeholders_and_tags_survive(self):
        """A lost placeholder is an error at run time, a lost tag an ignored term."""
        for language in LANGUAGES:
            lost = [
                entry.msgid
                for entry in self._shipped(f"{language}.po")
                if sorted(PLACEHOLDERS.findall(entry.msgstr))
                != sorted(PLACEHOLDERS.findall(entry.msgid))
            ]
            self.assertFalse(lost, language)

    def test_marks_are_known_to_the_export(self):
        """Odoo collects ``_`` and ``_lt``; under another name a term gets lost."""
        folder = Path(file_path("account_ai/__init__.py")).parent
        names = {
            name
            for part in ("models", "controllers", "services", "wizards")
            for path in (folder / part).rglob("*.py")
            for name in re.findall(r"import _ as (\w+)", path.read_text())
        }
        self.assertLessEqual(names, {"_lt"})

    def test_sentences_of_services_and_browser_are_found(self):
        """Terms reach those who translate at run time, in Python and in the browser."""
        for language in LANGUAGES:
            with self.subTest(language=language):
                python = code_translations.get_python_translations(
                    "account_ai", language
                )
                self.assertEqual(
                    python["The document has no lines."],
                    "El documento no tiene líneas.",
                )
                browser = code_translations.get_web_translations("account_ai", language)
                sentences = {
                    message["id"]: message["string"] for message in browser["messages"]
                }
                self.assertEqual(sentences["Validate again"], "Validar de nuevo")
