"""Reading JSON answers, whole and while they arrive."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.schema import SchemaMismatch, conform
from odoo.addons.account_ai.services.claude.structured_output import (
    ItemParser,
    read_json_answer,
)

from .claude_case import SCHEMA


def finding(**values):
    return {
        "code": "SEM_VAGUE_DESCRIPTION",
        "sev": "W",
        "line": 1,
        "field": "NmbItem",
        "quote": 'Servicios "varios" {}, [según] lo acordado \\ }',
        "why": "No dice qué se vendió.",
        "fix": "Describa el servicio.",
        **values,
    }


def answer(*findings, **values):
    return {"findings": list(findings), "verdict": "review", "conf": "high", **values}


@tagged("post_install", "-at_install")
class TestReadAnswer(BaseCase):
    def read_answer(self, text, stop_reason="end_turn"):
        return read_json_answer(text, stop_reason, SCHEMA)

    def check_code(self, code, text, stop_reason="end_turn"):
        with self.assertRaises(ClaudeError) as caught:
            self.read_answer(text, stop_reason)
        self.assertEqual(caught.exception.code, code)

    def test_plain_fenced_and_introduced(self):
        expected = answer(finding())
        text = json.dumps(expected, ensure_ascii=False)
        for wrapped in (
            text,
            f"\n  {text}\n",
            f"```json\n{text}\n```",
            f"```\n{text}\n```\nEspero que sirva.",
            f"Aquí está el resultado, como pidió:\n{text}",
        ):
            with self.subTest(wrapped[:20]):
                self.assertEqual(self.read_answer(wrapped), expected)

    def test_enums_are_put_into_the_schemas_case(self):
        text = json.dumps(answer(finding(code="sem_Vague_description"), conf="HIGH"))
        self.assertEqual(self.read_answer(text), answer(finding()))

    def test_why_the_model_stopped_comes_first(self):
        text = json.dumps(answer())
        self.check_code("refused", text, "refusal")
        self.check_code("refused", "", "refusal")
        self.check_code("truncated", text[:20], "max_tokens")
        self.check_code("truncated", "", "max_tokens")
        self.check_code("truncated", text, "model_context_window_exceeded")

    def test_what_is_no_answer(self):
        for text in (
            "",
            "   ",
            "I cannot see any finding.",
            "[]",
            json.dumps(answer())[:-1],
            json.dumps({"verdict": "send"}),
            json.dumps(answer(verdict="maybe")),
            json.dumps(answer(finding(line="1"))),
            json.dumps(answer(finding(line=True))),
            json.dumps(answer(finding(line=1.5))),
            json.dumps(answer(finding(), extra=1)),
            json.dumps(answer(finding(line=float("nan")))),
            json.dumps(answer(finding(line=float("inf")))),
            '{"findings":[{"line":1e999}],"verdict":"send","conf":"low"}',
            "{" * 100_000,
            '{"findings":' + "[" * 100_000,
        ):
            with self.subTest(text[:30]):
                self.check_code("invalid_answer", text)

    def test_more_than_one_answer_is_none(self):
        """Not the first, not the last: nobody knows which one is meant."""
        good = json.dumps(answer(verdict="send"))
        other = json.dumps(answer(finding(sev="E"), verdict="reject"))
        for text in (
            good + other,
            f"{good}\n{other}",
            f"{good},{other}",
            f"{good}\n\nI correct myself:\n{other}",
            f'{{"nota": 1}} {good}',
            f'{good} {{"nota": 1}}',
            f"{good} {{ not finished",
            f"[{good}]",
            f"[{good},{other}]",
            f"[[{good}]]",
            f"{good} []",
            f"{{{good}}}",
            f"```json\n{good}\n```\n```json\n{other}\n```",
            f"```json\n{good}\n```\n```json\n{good}\n```",
            f"```\n```json\n{good}\n```\n```",
            good[:-1] + ',"verdict":"reject"}',
            good.replace('"findings": []', f'"findings": [{other}]'),
            json.dumps({"answer": answer()}),
            json.dumps(good),
        ):
            with self.subTest(text[:40]):
                self.check_code("invalid_answer", text)

    def test_texts_are_what_every_store_takes(self):
        text = json.dumps(answer(finding(why="a\0b\ud83d", fix="\ud83d\ude00")))
        (item,) = self.read_answer(text)["findings"]
        self.assertEqual((item["why"], item["fix"]), ("a\ufffdb\ufffd", "\U0001f600"))
        (item,) = ItemParser(SCHEMA, "findings").feed(text)
        self.assertEqual((item["why"], item["fix"]), ("a\ufffdb\ufffd", "\U0001f600"))

    def test_a_whole_number_may_be_written_with_a_point(self):
        read = self.read_answer(json.dumps(answer(finding(line=2.0))))
        self.assertEqual(repr(read["findings"][0]["line"]), "2")


@tagged("post_install", "-at_install")
class TestSchema(BaseCase):
    def test_alternatives(self):
        schema = {"anyOf": [{"type": "integer"}, {"type": "null"}]}
        self.assertIsNone(conform(None, schema))
        self.assertEqual(conform(3, schema), 3)
        with self.assertRaises(SchemaMismatch):
            conform("3", schema)
        self.assertEqual(conform("x", {"type": ["string", "null"]}), "x")

    def test_constants_and_plain_types(self):
        self.assertEqual(conform("DTE", {"const": "dte"}), "dte")
        self.assertEqual(conform(1.5, {"type": "number"}), 1.5)
        self.assertEqual(conform(10**400, {"type": "integer"}), 10**400)
        self.assertIs(conform(True, {"type": "boolean"}), True)
        self.assertEqual(conform([1], {"type": "array"}), [1])
        self.assertEqual(conform({"a": 1}, {}), {"a": 1})
        with self.assertRaises(SchemaMismatch):
            conform(1, {"enum": [True]})
        with self.assertRaises(SchemaMismatch):
            conform([], {"type": "array", "minItems": 1})

    def test_a_mismatch_says_where_and_never_what(self):
        with self.assertRaises(SchemaMismatch) as caught:
            conform(answer(finding(), finding(sev="12.345.678-5")), SCHEMA)
        self.assertIn("$.findings[1].sev", str(caught.exception))
        self.assertNotIn("12.345.678-5", str(caught.exception))

    def test_a_word_that_is_not_known_is_not_passed_over(self):
        with self.assertRaises(NotImplementedError):
            conform(1, {"type": "integer", "maximum": 3})


@tagged("post_install", "-at_install")
class TestItemParser(BaseCase):
    def feed(self, text, cuts=()):
        parser = ItemParser(SCHEMA, "findings")
        found = []
        edges = [0, *sorted(cuts), len(text)]
        for start, end in zip(edges, edges[1:], strict=False):
            found += parser.feed(text[start:end])
        return found

    def test_each_item_comes_as_soon_as_it_is_complete(self):
        items = [finding(line=number) for number in (1, 2, 3)]
        text = json.dumps(answer(*items))
        parser = ItemParser(SCHEMA, "findings")
        seen = []
        for position, character in enumerate(text):
            for item in parser.feed(character):
                self.assertTrue(text[: position + 1].endswith("}"))
                seen.append(item)
        self.assertEqual(seen, items)

    def test_only_items_that_fit_the_schema(self):
        text = json.dumps(
            answer(finding(code="SEM_OTHER"), finding(code="sem_period_mismatch"))
        )
        (item,) = self.feed(text)
        self.assertEqual(item["code"], "SEM_PERIOD_MISMATCH")

    def test_other_arrays_and_words_in_texts_are_no_items(self):
        text = '{"note":"\\"findings\\": [{\\"code\\":1}]","findings":[],"more":[{}]}'
        self.assertEqual(self.feed(text), [])

    def test_without_an_array_there_are_no_items(self):
        for schema in (None, SCHEMA):
            parser = ItemParser(schema, "")
            self.assertEqual(parser.feed('{"findings":[{}],"":[{}]}'), [])

    def test_any_array_of_objects_can_be_told(self):
        step = {"type": "object", "properties": {"n": {"type": "integer"}}}
        steps = {"type": "array", "items": step}
        schema = {"type": "object", "properties": {"a.b": steps, "axb": steps}}
        parser = ItemParser(schema, "a.b")
        text = '{"axb": [{"n": 1}], "a.b": [{"n": 2}, {"n": "3"}, {"n": 4}]}'
        self.assertEqual(parser.feed(text), [{"n": 2}, {"n": 4}])

    def test_what_is_no_array_of_objects_is_refused(self):
        for path in ("verdict", "nothing"):
            with self.subTest(path), self.assertRaisesRegex(ValueError, path):
                ItemParser(SCHEMA, path)
        with self.assertRaises(ValueError):
            ItemParser(None, "findings")

    @settings(max_examples=200, deadline=None)
    @given(st.data())
    def test_however_the_text_is_cut(self, data):
        texts = st.text(
            st.characters(codec="utf-8", exclude_characters="\0"), max_size=12
        )
        items = [
            finding(quote=quote, why=why)
            for quote, why in data.draw(st.lists(st.tuples(texts, texts), max_size=4))
        ]
        text = json.dumps(answer(*items), ensure_ascii=data.draw(st.booleans()))
        cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
        self.assertEqual(self.feed(text, cuts), items)
