"""Requests of several turns with tools: stored, sent again, cached, bounded."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.call import Finished, TextDelta, ToolCall
from odoo.addons.account_ai.services.claude.money.measure import measure_of
from odoo.addons.account_ai.services.claude.request import ClaudeRequest

from .claude_case import OWNER, SCHEMA, ClaudeCase, make_request

URL = "https://api.anthropic.com"
TOOL = {
    "name": "read_partner",
    "description": "Read a partner by RUT.",
    "input_schema": {
        "type": "object",
        "properties": {"rut": {"type": "string"}},
        "required": ["rut"],
        "additionalProperties": False,
    },
}
OTHER_TOOL = {**TOOL, "name": "read_order", "description": "Read an order."}


def text_block(text, **more):
    return {"type": "text", "text": text, **more}


def user(*content):
    return {"role": "user", "content": list(content)}


def conversation(text="Usa read_partner, por favor.", **values):
    """Return the first request of a conversation with a tool."""
    return make_request(
        **{
            "messages": (user(text_block(text)),),
            "tools": (TOOL,),
            "output_schema": None,
            "cached_messages": (0,),
            **values,
        }
    )


def results_of(answer, text="Aceros del Sur SpA"):
    return [
        {"type": "tool_result", "tool_use_id": call.id, "content": text}
        for call in answer.tool_calls
    ]


def breakpoints_of(request):
    """Return the places of the request's cache breakpoints."""
    body = request.parameters()
    places = [
        (part, number)
        for part in ("tools", "system")
        for number, block in enumerate(body.get(part, ()))
        if "cache_control" in block
    ]
    for number, message in enumerate(body["messages"]):
        if isinstance(message["content"], list):
            for index, block in enumerate(message["content"]):
                if "cache_control" in block:
                    places.append(("messages", number, index))
    return places


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
BLOCKS = st.one_of(
    st.text(max_size=20).map(text_block),
    st.dictionaries(st.text(max_size=6), VALUES, max_size=3).map(
        lambda value: {"type": "tool_use", "id": "t", "name": "n", "input": value}
    ),
    st.text(max_size=20).map(
        lambda text: {"type": "tool_result", "tool_use_id": "t", "content": text}
    ),
    st.text(max_size=20).map(
        lambda text: {"type": "thinking", "thinking": "", "signature": text}
    ),
)
MESSAGES = st.builds(
    lambda role, content: {"role": role, "content": content},
    st.sampled_from(("user", "assistant")),
    st.text(max_size=20) | st.lists(BLOCKS, max_size=4),
)


@st.composite
def requests(draw):
    """Return any request, of several turns, with tools and breakpoints."""
    messages = draw(st.lists(MESSAGES, min_size=1, max_size=4))
    has_schema = draw(st.booleans())
    return ClaudeRequest(
        model="claude-haiku-5-5",
        system=tuple(draw(st.lists(st.text(max_size=20), max_size=2))),
        messages=tuple(messages),
        max_tokens=draw(st.integers(0, 9_000)),
        output_schema=draw(st.sampled_from((SCHEMA, {**SCHEMA, "title": "ñ"})))
        if has_schema
        else None,
        effort=draw(st.sampled_from((None, "low"))),
        cache_ttl=draw(st.sampled_from(("", "5m", "1h"))),
        language=draw(st.sampled_from(("es", "en"))),
        tools=tuple(draw(st.lists(st.sampled_from((TOOL, OTHER_TOOL)), max_size=2))),
        tool_choice=draw(st.none() | st.just({"type": "tool", "name": "read_order"})),
        cached_messages=tuple(
            draw(st.lists(st.integers(0, len(messages) - 1), max_size=3, unique=True))
        ),
        streamed_array="findings" if has_schema else "",
        is_unchecked=draw(st.booleans()),
    )


@tagged("post_install", "-at_install")
class TestStoredRequests(BaseCase):
    def pictures(self, request):
        return (
            request.body(),
            request.canonical,
            request.prefix(),
            request.messages_json(),
            request.fingerprint(URL),
            *(request.streamed_array, request.is_unchecked, request.cached_messages),
        )

    @settings(max_examples=200, deadline=None)
    @given(requests())
    def test_what_was_stored_is_sent_byte_for_byte(self, request):
        stored = json.dumps(request.to_data(), sort_keys=True)
        again = ClaudeRequest.from_data(json.loads(stored))
        self.assertEqual(self.pictures(again), self.pictures(request))
        self.assertEqual(again.to_data(), request.to_data())

    def test_a_database_takes_what_is_stored(self):
        """It refuses a NUL and half of a surrogate pair in its texts."""
        request = conversation("a\0b\ud83d", system=("\0\udc00",))
        for value in request.to_data().values():
            if isinstance(value, str):
                self.assertNotIn("\0", value)
                value.encode()

    def test_fields_of_another_version(self):
        data = conversation().to_data()
        with self.assertRaises(ValueError):
            ClaudeRequest.from_data({**data, "of_tomorrow": 1})
        del data["model"]
        with self.assertRaises(ValueError):
            ClaudeRequest.from_data(data)
        data = conversation().to_data()
        del data["tool_choice"], data["cached_messages"]
        self.assertEqual(
            ClaudeRequest.from_data(data).body(),
            conversation(cached_messages=()).body(),
        )


@tagged("post_install", "-at_install")
class TestBreakpoints(BaseCase):
    def test_the_prefix_ends_in_a_breakpoint(self):
        for values, place in (
            ({}, ("system", 0)),
            ({"system": ("One.", "Two.")}, ("system", 1)),
            ({"system": (), "tools": (TOOL, OTHER_TOOL)}, ("tools", 1)),
        ):
            request = conversation(cached_messages=(), **values)
            self.assertEqual(breakpoints_of(request), [place])
        self.assertEqual(breakpoints_of(conversation(cache_ttl="")), [])

    def test_a_text_gets_its_breakpoint_as_a_block(self):
        request = conversation(messages=({"role": "user", "content": "Hola."},))
        self.assertEqual(
            request.parameters()["messages"],
            [user(text_block("Hola.", cache_control={"type": "ephemeral"}))],
        )
        self.assertEqual(request.messages[0]["content"], "Hola.")

    def test_only_blocks_that_can_carry_one_get_one(self):
        thinking = {"type": "thinking", "thinking": "", "signature": "EqQB"}
        for content, index in (
            ([text_block("a"), thinking], 0),
            ([text_block("a"), text_block("")], 0),
            ([thinking, text_block("a")], 1),
        ):
            request = conversation(messages=(user(*content),))
            self.assertEqual(breakpoints_of(request)[1:], [("messages", 0, index)])
        request = conversation(messages=(user(thinking),))
        self.assertEqual(breakpoints_of(request), [("system", 0)])

    def test_a_conversation_keeps_the_newest_one_before(self):
        request = conversation()
        for turn in range(1, 5):
            request = request.continued([text_block("Sí.")], [text_block("¿Y?")])
            self.assertEqual(
                breakpoints_of(request),
                [
                    ("system", 0),
                    ("messages", 2 * turn - 2, 0),
                    ("messages", 2 * turn, 0),
                ],
            )

    def test_more_than_the_api_takes_are_refused(self):
        messages = (user(text_block("a")),) * 4
        conversation(messages=messages, cached_messages=(1, 2, 3))
        for places in ((0, 1, 2, 3), (4,), (-1,)):
            with self.subTest(places), self.assertRaises(ValueError):
                conversation(messages=messages, cached_messages=places)

    def test_an_array_that_the_schema_does_not_have_is_refused(self):
        with self.assertRaisesRegex(ValueError, "lines"):
            make_request(streamed_array="lines")


@tagged("post_install", "-at_install")
class TestTurns(ClaudeCase):
    def turn(self, request, number, **settings):
        """Admit, stream and settle a turn; return its events and its result."""
        events, error, admission = self.run_stream(
            self.gateway(**settings), request, f"turn{number}:1", use_stored=False
        )
        self.assertIsNone(error)
        result = self.result(events)
        row = self.backend.rows[-1]
        self.assertEqual(row.settlement.outcome, "ok")
        self.assertLessEqual(result.usage.prompt, admission.call.estimated_input)
        self.assertLessEqual(result.cost_usd, admission.call.worst_case_usd)
        return events, result

    def test_a_tool_call_arrives_whole_and_is_what_the_result_waits_for(self):
        events, result = self.turn(conversation(), 1)
        (call,) = [event for event in events if type(event) is ToolCall]
        self.assertEqual(result.tool_calls, (call,))
        self.assertEqual(call.name, "read_partner")
        self.assertIsInstance(call.input["rut"], str)
        self.assertEqual(result.stop_reason, "tool_use")

    def test_called_streamed_and_stored_answers_have_the_same_calls(self):
        gateway = self.gateway()
        called, _admission = self.run_call(gateway, conversation())
        events, _error, _admission = self.run_stream(gateway, conversation(), "run2:1")
        self.assertTrue(self.result(events).from_store)
        calls = [event for event in events if type(event) is ToolCall]
        self.assertEqual(tuple(calls), called.tool_calls)
        streamed, _error, _admission = self.run_stream(
            gateway, conversation(), "run3:1", use_stored=False
        )
        (call,) = [event for event in streamed if type(event) is ToolCall]
        self.assertEqual((call.name, call.input), (calls[0].name, calls[0].input))

    def test_a_call_that_was_cut_is_never_handed_over(self):
        for stream in (False, True):
            for characters in (1, 5):
                with self.subTest(stream=stream, characters=characters):
                    self.setUp()
                    self.control.fault("truncated_tool", after_characters=characters)
                    if stream:
                        events, _error, _admission = self.run_stream(
                            request=conversation()
                        )
                        self.assertNotIn(ToolCall, map(type, events))
                        result = self.result(events)
                    else:
                        result, _admission = self.run_call(request=conversation())
                    self.assertEqual(result.tool_calls, ())
                    kinds = {block["type"] for block in result.content}
                    self.assertEqual(kinds, {"thinking"})
                    settlement = self.backend.rows[-1].settlement
                    self.assertEqual(settlement.outcome, "truncated")

    def test_a_conversation_with_tools_goes_on(self):
        request = conversation()
        _events, first = self.turn(request, 1)
        request = request.continued(first.content, results_of(first))
        events, second = self.turn(request, 2)
        self.assertEqual(second.stop_reason, "end_turn")
        self.assertTrue(second.text)
        self.assertEqual(second.tool_calls, ())
        text = "".join(event.text for event in events if type(event) is TextDelta)
        self.assertEqual(text, second.text)
        self.assertIs(type(events[-1]), Finished)
        request = request.continued(second.content, [text_block("¿Y el plazo?")])
        _events, third = self.turn(request, 3)
        self.assertGreaterEqual(second.usage.cache_read, first.usage.prompt)
        self.assertGreaterEqual(third.usage.cache_read, second.usage.prompt)
        self.assertGreater(third.usage.cache_read, 0.8 * third.usage.prompt)

    def test_each_turn_begins_with_the_bytes_of_the_one_before(self):
        request = conversation(cache_ttl="")
        _events, first = self.turn(request, 1)
        longer = request.continued(first.content, results_of(first))
        self.assertEqual(longer.prefix(), request.prefix())
        begin = request.messages_json().removesuffix("]")
        self.assertTrue(longer.messages_json().startswith(begin))

    def test_what_was_stored_goes_on_as_if_it_had_not_been(self):
        request = conversation()
        _events, first = self.turn(request, 1)
        request = request.continued(first.content, results_of(first))
        again = ClaudeRequest.from_data(json.loads(json.dumps(request.to_data())))
        _events, second = self.turn(again, 2)
        self.assertGreaterEqual(second.usage.cache_read, first.usage.prompt)

    def test_a_schema_is_that_of_the_last_answer(self):
        request = conversation(output_schema=SCHEMA, streamed_array="findings")
        _events, first = self.turn(request, 1)
        self.assertEqual(len(first.tool_calls), 1)
        request = request.continued(first.content, results_of(first))
        _events, second = self.turn(request, 2)
        self.assertEqual(set(json.loads(second.text)), set(SCHEMA["properties"]))

    def test_an_answer_without_tools_has_to_follow_its_schema(self):
        gateway = self.gateway()
        for tools, outcome in (((), "invalid_answer"), ((TOOL,), "ok")):
            request = make_request(tools=tools)
            admission = gateway.admit(request, OWNER, f"run:{outcome}")
            result = replace(gateway.call(admission), text="", stop_reason="tool_use")
            self.assertEqual(gateway.settle(admission, result).outcome, outcome)

    def test_a_tool_can_be_demanded(self):
        request = conversation(
            "Hola.",
            tools=(TOOL, OTHER_TOOL),
            tool_choice={"type": "tool", "name": "read_order"},
        )
        _events, result = self.turn(request, 1)
        self.assertEqual([call.name for call in result.tool_calls], ["read_order"])

    def test_a_long_conversation_stays_below_its_bound(self):
        """However dense its texts are; the count of Claude is enough for it, too."""
        self.control.settings(
            tokens_per_character=1.2, input_tokens_per_minute=1_000_000_000
        )
        request = conversation()
        for turn in range(4):
            _events, answer = self.turn(
                request, turn, limits_per_minute={"validation": 100}
            )
            measure = self.gateway().count(request, OWNER, measure_of(request))
            self.assertGreaterEqual(measure.tokens, answer.usage.prompt)
            results = results_of(answer, "设备租赁合同" * 40)
            request = request.continued(
                answer.content, results or [text_block("¿Usa read_partner?")]
            )
