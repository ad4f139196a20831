"""Bytes of a stream to an answer."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.account_ai.services.claude.call import Seen, ToolCall
from odoo.addons.account_ai.services.claude.errors import ClaudeError
from odoo.addons.account_ai.services.claude.http.errors_mapping import cut_error
from odoo.addons.account_ai.services.claude.http.message import read_message
from odoo.addons.account_ai.services.claude.http.open_stream import OpenStream
from odoo.addons.account_ai.services.claude.http.stream_parser import (
    AnswerReader,
    EventDecoder,
)


def frame(event, newline="\n"):
    data = json.dumps(event, ensure_ascii=False)
    return f"event: {event['type']}{newline}data: {data}{newline}{newline}".encode()


def block(index, **content):
    return {"type": "content_block_start", "index": index, "content_block": content}


def delta(index, **values):
    return {"type": "content_block_delta", "index": index, "delta": values}


def stop(index):
    return {"type": "content_block_stop", "index": index}


START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "model": "claude-haiku-5-5",
        "usage": {
            "input_tokens": 25,
            "cache_read_input_tokens": 6000,
            "cache_creation": {"ephemeral_1h_input_tokens": 7},
            "cache_creation_input_tokens": 7,
            "output_tokens": 1,
            "inference_geo": "us",
        },
    },
}
END = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
    "usage": {
        "output_tokens": 90,
        "input_tokens": None,
        "output_tokens_details": {"thinking_tokens": 60},
    },
}
EVENTS = (
    START,
    {"type": "ping"},
    block(0, type="thinking", thinking="", signature=""),
    delta(0, type="thinking_delta", thinking="Veamos: "),
    delta(0, type="thinking_delta", thinking="ñ"),
    delta(0, type="signature_delta", signature="EqQB"),
    stop(0),
    {"type": "something_new", "index": 7},
    block(1, type="text", text=""),
    delta(1, type="text_delta", text='{"a":"'),
    delta(1, type="text_delta", text='ñandú\\n"}'),
    delta(1, type="new_delta", text="ignored"),
    stop(1),
    block(2, type="tool_use", id="toolu_1", name="find", input={}),
    delta(2, type="input_json_delta", partial_json=""),
    delta(2, type="input_json_delta", partial_json='{"rut":'),
    delta(2, type="input_json_delta", partial_json="1}"),
    stop(2),
    END,
    {"type": "message_stop"},
)


TOOL_BLOCK = {"type": "tool_use", "id": "toolu_1", "name": "find"}


def stopped(reason):
    return {**END, "delta": {"stop_reason": reason}}


TEXT = EVENTS[8:13]
OPENED, EMPTY, HALF, REST, CLOSED = EVENTS[13:18]
CALLED = stopped("tool_use")
LIMIT = stopped("max_tokens")


@tagged("post_install", "-at_install")
class TestStreamParser(BaseCase):
    def read_stream(self, chunks):
        """Return what was seen and the text that was handed out."""
        seen = Seen()
        reader = AnswerReader(seen)
        decoder = EventDecoder()
        text = "".join(
            reader.read(event) for chunk in chunks for event in decoder.feed(chunk)
        )
        reader.end()
        return seen, text

    def check_seen(self, seen, text):
        self.assertEqual(text, '{"a":"ñandú\\n"}')
        self.assertEqual(seen.text, text)
        self.assertEqual(
            seen.content,
            [
                {"type": "thinking", "thinking": "Veamos: ñ", "signature": "EqQB"},
                {"type": "text", "text": text},
                {
                    "type": "tool_use",
                    "id": "toolu_1",
                    "name": "find",
                    "input": {"rut": 1},
                },
            ],
        )
        self.assertTrue(seen.complete)
        self.assertEqual(seen.stop_reason, "end_turn")
        self.assertEqual((seen.model, seen.message_id), ("claude-haiku-5-5", "msg_1"))
        usage = seen.usage
        self.assertEqual((usage.output, usage.thinking), (90, 60))
        self.assertEqual((usage.uncached_input, usage.cache_read), (25, 6000))
        self.assertEqual((usage.cache_write_5m, usage.cache_write_1h), (0, 7))
        self.assertEqual(usage.inference_geo, "us")

    def test_a_whole_answer(self):
        self.check_seen(*self.read_stream([b"".join(map(frame, EVENTS))]))

    def test_figures_that_are_no_number_of_tokens(self):
        """No ledger takes them: nobody knows what was used."""
        nonsense = (-1, 2**31, 10**30, 1.5, float("nan"), "12", True, [1], {})
        for figure in nonsense:
            for usage in (
                {"input_tokens": figure},
                {"output_tokens_details": {"thinking_tokens": figure}},
                {"cache_creation": {"ephemeral_1h_input_tokens": figure}},
            ):
                message = {**START["message"], "usage": usage}
                with self.subTest(usage), self.assertRaises(ClaudeError):
                    self.read_stream([frame({**START, "message": message})])
                with self.subTest(usage), self.assertRaises(ClaudeError):
                    read_message({**message, "content": []}, Seen())

    def test_words_that_no_ledger_takes(self):
        for said, kept in (
            ("a\0b", "a\ufffdb"),
            ("\ud83d", "\ufffd"),
            ("x" * 5_000, "x" * 200),
            (["a"], ""),
            ({"a": 1}, ""),
            (7, ""),
        ):
            message = {**START["message"], "id": said, "model": said}
            end = {**END, "delta": {"stop_reason": said}}
            with self.subTest(said):
                frames = [{**START, "message": message}, end, {"type": "message_stop"}]
                # As the API may write them, with every character escaped.
                data = [f"data: {json.dumps(each)}\n\n".encode() for each in frames]
                seen, _text = self.read_stream(data)
                words = (seen.model, seen.message_id, seen.stop_reason)
                self.assertEqual(words, (kept,) * 3)

    def test_an_event_in_the_smallest_pieces(self):
        whole = b"".join(frame(event, "\r\n") for event in EVENTS)
        pieces = [whole[number : number + 1] for number in range(len(whole))]
        self.check_seen(*self.read_stream(pieces))

    def test_an_event_too_deep_to_be_read(self):
        with self.assertRaises(ClaudeError) as caught:
            EventDecoder().feed(b"data: " + b"[" * 100_000 + b"\n\n")
        self.assertTrue(caught.exception.ambiguous)

    def test_other_line_ends_and_comments(self):
        frames = [frame(event, "\r\n") for event in EVENTS]
        self.check_seen(*self.read_stream([b": hello\r\n\r\n", *frames]))

    def test_data_over_several_lines(self):
        decoder = EventDecoder()
        chunk = b'event: ping\ndata: {"type":\ndata: "ping"}\nid: 3\n\n'
        self.assertEqual(list(decoder.feed(chunk)), [{"type": "ping"}])

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_however_the_bytes_are_cut(self, data):
        newline = data.draw(st.sampled_from(["\n", "\r\n"]))
        body = b"".join(frame(event, newline) for event in EVENTS)
        cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=12))
        edges = [0, *sorted(cuts), len(body)]
        chunks = [body[start:end] for start, end in zip(edges, edges[1:], strict=False)]
        self.check_seen(*self.read_stream(chunks))

    def test_an_end_before_the_stop_is_an_error(self):
        for count in range(1, len(EVENTS) - 2):
            with self.assertRaises(ClaudeError) as caught:
                self.read_stream([b"".join(map(frame, EVENTS[:count]))])
            self.assertEqual(caught.exception.code, "connection")
            self.assertTrue(caught.exception.ambiguous)

    def tool_calls(self, *events):
        """Return the calls told after each event, and what was seen."""
        seen = Seen()
        reader = AnswerReader(seen)
        told = []
        for event in (START, *events):
            reader.read(event)
            told.append(reader.tool_calls)
            reader.tool_calls = []
        return told[1:], seen

    def test_a_tool_call_is_told_when_its_block_ends(self):
        told, seen = self.tool_calls(OPENED, EMPTY, HALF, REST, CLOSED, CALLED)
        call = ToolCall("toolu_1", "find", {"rut": 1})
        self.assertEqual(told, [[], [], [], [], [call], []])
        self.assertEqual(seen.whole_content(), [{**TOOL_BLOCK, "input": {"rut": 1}}])

    def test_a_tools_input_that_was_cut_is_not_guessed(self):
        for parts in ((), (EMPTY,), (EMPTY, HALF), (HALF,)):
            with self.subTest(len(parts)):
                told, seen = self.tool_calls(OPENED, *parts, CLOSED, LIMIT)
                self.assertEqual([calls for calls in told if calls], [])
                self.assertEqual(seen.whole_content(), [])

    def test_an_input_that_is_no_object_is_no_input(self):
        for text in ('{"rut":', "[1]", "7", "[" * 100_000):
            with self.subTest(text[:9]):
                part = delta(2, type="input_json_delta", partial_json=text)
                told, seen = self.tool_calls(OPENED, part, CLOSED, CALLED)
                self.assertEqual([calls for calls in told if calls], [])
                self.assertEqual(seen.whole_content(), [])

    def test_a_call_without_input_is_told_once_claude_waits_for_it(self):
        for parts in ((), (EMPTY,)):
            told, seen = self.tool_calls(OPENED, *parts, CLOSED, CALLED)
            self.assertEqual(told[-1], [ToolCall("toolu_1", "find", {})])
            self.assertEqual([calls for calls in told[:-1] if calls], [])
            self.assertEqual(seen.whole_content(), [{**TOOL_BLOCK, "input": {}}])

    def test_a_call_whose_block_does_not_end_is_none(self):
        told, seen = self.tool_calls(OPENED, HALF, REST, CALLED)
        self.assertEqual([calls for calls in told if calls], [])
        self.assertEqual(seen.whole_content(), [])

    def test_a_whole_call_of_an_answer_that_was_cut_is_not_passed_back(self):
        told, seen = self.tool_calls(*TEXT, OPENED, HALF, REST, CLOSED, LIMIT)
        self.assertEqual(len(told[-2]), 1)
        self.assertEqual([block["type"] for block in seen.whole_content()], ["text"])

    def test_an_error_event(self):
        reader = AnswerReader(Seen(request_id="req_1"))
        for error_type, code in (
            ("overloaded_error", "overloaded"),
            ("api_error", "server_error"),
            ("timeout_error", "timeout"),
            ("rate_limit_error", "rate_limited"),
            ("invalid_request_error", "bad_request"),
            ("error_of_tomorrow", "server_error"),
        ):
            with self.subTest(error_type), self.assertRaises(ClaudeError) as caught:
                reader.read({"type": "error", "error": {"type": error_type}})
            self.assertEqual(caught.exception.code, code)
            self.assertEqual(caught.exception.request_id, "req_1")

    def test_garbage(self):
        with self.assertRaises(ClaudeError):
            list(EventDecoder().feed(b"data: {nothing}\n\n"))
        reader = AnswerReader(Seen())
        for event in (
            {"type": "content_block_delta"},
            delta(0, type="text_delta", text="x"),
            {"type": "message_start", "message": []},
        ):
            with self.subTest(event), self.assertRaises(ClaudeError):
                reader.read(event)


class BrokenConnection:
    """Brings some events, then breaks."""

    def __init__(self, *events):
        self._events = events

    def chunks(self):
        yield from map(frame, self._events)
        raise cut_error()


@tagged("post_install", "-at_install")
class TestBrokenConnection(BaseCase):
    def read_broken(self, *events):
        seen = Seen()
        stream = OpenStream(BrokenConnection(*events), seen)
        stream.begin()
        for _text in stream.texts():
            pass
        return seen

    def test_the_final_usage_makes_an_answer_whole(self):
        """It comes with why the model stopped; only the connection ends after it."""
        seen = self.read_broken(*EVENTS[:-1])
        self.assertEqual(EVENTS[-1]["type"], "message_stop")
        self.assertTrue(seen.complete)
        self.assertEqual(seen.usage.output, 90)

    def test_without_it_the_answer_is_broken(self):
        with self.assertRaises(ClaudeError) as caught:
            self.read_broken(*EVENTS[:-2])
        self.assertTrue(caught.exception.ambiguous)
