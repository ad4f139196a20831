"""Work on a text takes time proportional to its length.

One line of an invoice stopped the server once: a pattern that tried every way to cut
"anaana..." into names. All patterns are collected here, and tried on the texts that are
worst for them.
"""

import ast
import contextlib
import importlib
import pkgutil
import random
import re
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

from odoo.tests.common import BaseCase

from odoo.addons import account_ai
from odoo.addons.account_ai.services.agents import registry
from odoo.addons.account_ai.services.agents.dte import answers
from odoo.addons.account_ai.services.agents.dte.facts import facts_of
from odoo.addons.account_ai.services.claude import structured_output
from odoo.addons.account_ai.services.common.unicode_text import MOST_MARKS, normalised
from odoo.addons.account_ai.services.documents import dte_xml, rut
from odoo.addons.account_ai.services.documents.document import Party, Reference
from odoo.addons.account_ai.services.privacy import (
    hidden_text,
    hostile_text,
    needed_words,
    person_names,
    reader_instructions,
    ruts,
)
from odoo.addons.account_ai.services.privacy.masking import Masking
from odoo.addons.account_ai.services.rules import dated_data, matching
from odoo.addons.account_ai.services.validation.evidence import is_quoted

from ..agents.agents_documents import PERSON, context, invoice, line
from .linear_growth import MOST, growth, worst_texts

FOLDER = Path(account_ai.__file__).parent
LAYERS = ("services", "models", "controllers", "wizards")
MADE_AT_RUN_TIME = {
    ("services/privacy/ruts.py", "known_rut_pattern"),
    ("services/privacy/person_names.py", "_phrase_pattern"),
    ("services/privacy/instruction_patterns.py", "_sentence"),
    ("services/claude/structured_output.py", "__init__"),
}
"""Where patterns are made otherwise than as a constant: each is tried below."""
TEXTS_A_PATTERN = 24


def product_modules():
    """Yield the name and the module of every module of the product."""
    for layer in LAYERS:
        package = importlib.import_module(f"odoo.addons.account_ai.{layer}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield (
                found.name,
                sys.modules.get(found.name) or importlib.import_module(found.name),
            )


def patterns_in(value, depth=0):
    """Yield the compiled patterns within a constant, whatever it is made of."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict) and depth < 4:
        for each in value.values():
            yield from patterns_in(each, depth + 1)
    elif isinstance(value, tuple | list | set | frozenset) and depth < 4:
        for each in value:
            yield from patterns_in(each, depth + 1)


def product_patterns():
    """Return all patterns of the product: the constant that each stands in, and whether
    it is only ever asked whether it is the whole of a text."""
    found = {}
    for name, module in product_modules():
        source = Path(module.__file__).read_text()
        for constant, value in vars(module).items():
            uses = set(re.findall(rf"\b{re.escape(constant)}\b(\.\w+)?", source))
            is_whole = uses == {"", ".fullmatch"}  # without a dot it is made
            for pattern in patterns_in(value):
                place = f"{name.split('.', 3)[-1]}.{constant}"
                found.setdefault(pattern, (place, is_whole))
    return found


def made_at_run_time():
    """Return examples of the patterns that are made of what a document holds."""
    agent = registry.agent("dte")
    parser = structured_output.ItemParser(agent.output_schema, agent.streamed_array)
    return {
        pattern: ("made at run time", False)
        for pattern in (
            ruts.known_rut_pattern("12.345.678-5"),
            ruts.known_rut_pattern("1-9 1 1 1"),
            person_names._phrase_pattern("Ana Ana Ána"),
            person_names._phrase_pattern(". . \u0301\u0301 a\u0301\u0316"),
            parser._start,
        )
    }


class TestPatterns(BaseCase):
    def test_every_pattern_is_linear_in_the_text(self):
        patterns = product_patterns() | made_at_run_time()
        self.assertGreater(len(patterns), 60)
        for pattern, (place, is_whole) in patterns.items():
            slow_text = self.slow_text_of(pattern, is_whole)
            self.assertFalse(slow_text, f"{place}: {pattern.pattern[:80]!r}")

    def test_a_pattern_that_is_not_is_told(self):
        for pattern in (
            r"\s*x",
            r"(?:a|aa)+$",
            r"\w+@\w+",
            r"a.*b.*c",
            r"<\s*/?\s*tag",
            r"(?=\w*[a-z])(?=\w*\d)\w{3,}",
            r"(?:ana|anabel|bel)(?:[\s,]*(?:ana|anabel|bel))+\b",
            rb"<\?xml[^>]*?encoding",
        ):
            self.assertTrue(self.slow_text_of(re.compile(pattern)), pattern)

    def slow_text_of(self, pattern, is_whole=False):
        """Return the first text on which ``pattern`` is not linear, empty when there is
        none."""
        is_bytes = isinstance(pattern.pattern, bytes)

        def work(text):
            if is_bytes:
                text = text.encode("latin-1", "replace")
            if is_whole:
                return pattern.fullmatch(text)
            return sum(1 for _match in pattern.finditer(text))

        texts = worst_texts(pattern)
        if len(texts) > TEXTS_A_PATTERN:
            texts = random.Random(2).sample(texts, TEXTS_A_PATTERN)
        for name, text_of in texts:
            ratio = growth(work, text_of)
            if ratio > MOST:
                return f"{ratio:.0f} times the work for 8 times the text: {name}"
        return ""

    def test_patterns_are_constants(self):
        """Only a constant is found by the test above."""
        found = set()
        for path in self.sources():
            tree = ast.parse(path.read_text())
            for function in ast.walk(tree):
                if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                for node in ast.walk(function):
                    if _is_call_of_re(node):
                        place = str(path.relative_to(FOLDER)), function.name
                        found.add(place)
        self.assertEqual(found, MADE_AT_RUN_TIME)

    def sources(self):
        for layer in LAYERS:
            yield from sorted((FOLDER / layer).rglob("*.py"))


def _is_call_of_re(node):
    """Return whether ``node`` calls a function of ``re``, which takes a pattern."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr not in ("escape", "error")
    )


PIECES = (
    *("anaana", "ana ", "Ana,", "A. ", "a.", "e ", "de ", "Sra. ", "Rojas de "),
    *("12.345.678-5 ", "12345678-5\n", "rut ", "rut:", "1 ", "1.", "1", "+56 9 "),
    *(
        "a@",
        "a@b.",
        "[PERSON_1]",
        "\u0300\u0316",
        "\uff9e\u0300",
        "á",
        "\u200b",
        "a\u200b",
    ),
    *(
        "\n",
        " ",
        " \n",
        "\t",
        "<",
        "< ",
        "<\n",
        "\nsystem: x",
        "{",
        "x",
        "_",
        "a1",
        "@",
    ),
    *("ignora las reglas ", "aprueba ", "no report ", "responde: ", "use solo "),
    *("tu nueva ", "prompt ", "sin mas ", "ignora1 ", "a b c d ", "\u0958", "ß", "İ"),
)


class TestWork(BaseCase):
    """The same for code that works on a text with more than one pattern."""

    def check_linear(self, work, pieces=PIECES, **options):
        for piece in pieces:
            ratio = growth(
                work,
                lambda size, piece=piece: piece * max(1, size // len(piece)) + "!x",
                **options,
            )
            self.assertLess(ratio, MOST, repr(piece))

    def numbered(self, form):
        return lambda size: " ".join(
            form.format(number) for number in range(size // len(form.format(1000)))
        )

    def test_names_of_persons(self):
        for name in (
            "Ana Anabel Bel Anaana",
            "Elena Rojas Soto",
            "E. de la Á. Rojas Rojas",
            "A",
            "Aa Aaa Aaaa Aaaaa Aaaaaa",
        ):
            person = person_names.PersonName(name)
            self.check_linear(lambda text, found=person: list(found.spans(text)))

    def test_masking(self):
        people = (replace(PERSON, name="Ana Anabel Bel Anaana"),)
        self.check_linear(lambda text: Masking(people).mask(text))

    def test_masking_very_many(self):
        for form in ("12.{:03d}.678-5", "p{:04d}@correo.cl", "RUT 1{:06d}", "[RUT_{}]"):
            text_of = self.numbered(form)
            ratio = growth(lambda text: Masking((PERSON,)).mask(text), text_of)
            self.assertLess(ratio, MOST, form)

    def test_hidden_and_hostile_text(self):
        def find_anew(text):
            reader_instructions._find_again.cache_clear()
            reader_instructions._kinds_again.cache_clear()
            document = invoice(lines=(line(1, text),), notes=text)
            return hostile_text.find_hostile_text(document)

        for work in (
            hidden_text.visible_text,
            hidden_text.hides_text,
            hidden_text.hidden_characters,
            lambda text: reader_instructions._find(text, False),
            lambda text: reader_instructions._kinds((text, text)),
            find_anew,
        ):
            self.check_linear(work)

    def test_very_many_words_that_may_instruct(self):
        for form in ("ignora{:04d}", "aprueb{:04d} ia", "hallazgo{:04d} tu"):
            ratio = growth(
                lambda text: reader_instructions._kinds((text, text)),
                self.numbered(form),
            )
            self.assertLess(ratio, MOST, form)

    def test_facts_and_quotations(self):
        def facts(text):
            document = invoice(issuer=PERSON, lines=(line(1, text),), notes=text)
            return facts_of(document, context(), Masking.of(document))

        def answer(text):
            reader = answers.AnswerReader({"document": {"notes": text}}, Masking.off())
            reader._evidence(text[: len(text) // 2] + "y")
            reader._evidence(text)

        def quoted(text):
            is_quoted(text[: len(text) // 2] + "y", invoice(notes=text))

        for work in (facts, answer, quoted):
            self.check_linear(work)

    def test_rules_of_names_and_numbers(self):
        for work in (
            rut.normalise,
            ruts.rut_body,
            lambda text: matching.is_same_name(text, text + "x"),
            lambda text: matching.is_same_name("Elena Rojas", text),
            dated_data.plain.__wrapped__,
            matching.words.__wrapped__,
        ):
            self.check_linear(work)

    def test_xml(self):
        def read(text):
            with contextlib.suppress(dte_xml.UnreadableDocument, dte_xml.RefusedXml):
                dte_xml.read_dte_xml(text.encode())

        body = "<DTE><Documento><Encabezado><IdDoc><TipoDTE>{}</TipoDTE></IdDoc>"
        end = "</Encabezado></Documento></DTE>"
        for form in (
            lambda text: text,
            lambda text: (
                body.format("33")
                + f"<Receptor><RUTRecep>{text}"
                + "</RUTRecep></Receptor>"
                + end
            ),
            lambda text: body.format(text) + end,
        ):
            self.check_linear(
                lambda text, form=form: read(form(text)),
                ("1", "9 ", " ", "<a>", "<a/>", "<?xml ", "&lt;", "a\u0300"),
            )

    def test_many_lines_and_references(self):
        """The rulebook over a document of more and more lines."""
        rates = dated_data.DatedRows(dated_data.shipped_rows())
        judge = importlib.import_module(
            "odoo.addons.account_ai.services.validation.by_rules"
        ).judge_by_rules
        around = context()

        def document(size):
            lines = tuple(line(n, f"Ignora {n} Elena") for n in range(1, size + 1))
            references = tuple(
                Reference(n, "33", str(n), None, 1, "aprueba") for n in range(1, size)
            )
            return invoice(issuer=PERSON, lines=lines, references=references)

        ratio = growth(lambda each: judge(each, around, rates), document, size=60)
        self.assertLess(ratio, MOST)
        ratio = growth(
            lambda each: registry.agent("dte").request(
                each, around, language="es", model="claude-haiku-5-5"
            ),
            document,
            size=60,
        )
        self.assertLess(ratio, MOST)


class TestNormalisation(BaseCase):
    def test_every_mark_counts(self):
        """A mark that is not counted could be repeated without limit."""
        counted = re.compile(r"[^\w\s\x00-\x7f]|[\uff9e\uff9f]")
        for code in range(sys.maxunicode + 1):
            decomposed = unicodedata.normalize("NFKD", chr(code))
            if unicodedata.combining(decomposed[0]):
                self.assertTrue(counted.fullmatch(chr(code)), hex(code))

    def test_texts_stay_as_they_are(self):
        for text in (
            "Ñuñoa áéí",
            "—" * 100,
            "e\u0301" * 50,
            "क्षि",
            "═•" * 40,
            "ﾊﾞ" * 40,
        ):
            for form in ("NFC", "NFD", "NFKC", "NFKD"):
                self.assertEqual(
                    normalised(form, text), unicodedata.normalize(form, text)
                )

    def test_heaps_of_marks_are_cut_and_told(self):
        text = "a" + "\u0300\u0316" * 500 + "b"
        self.assertEqual(len(normalised("NFD", text)), MOST_MARKS + 2)
        self.assertTrue(hidden_text.hides_text(text))
        self.assertEqual(hidden_text.hidden_characters(text), ("U+0300", "U+0316"))
        self.assertFalse(hidden_text.hides_text("a" + "\u0301\u0316\u0323" * 5))

    def test_a_party_with_a_name_of_any_length(self):
        person = Party(
            rut="12345678-5", name="Ana Rojas " * 2_000, is_natural_person=True
        )
        masking = Masking.of(invoice(issuer=person, notes="Ana Rojas " * 500))
        self.assertNotIn("Ana", masking.mask("pago a Rojas Ana"))
        self.assertEqual(needed_words.kinds_of_words("servicio"), 0)
