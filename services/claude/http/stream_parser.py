"""Reads a stream of server-sent events into an answer, cheaply.

Events are parsed straight from the bytes of the network; unknown ones are passed over,
as the API asks for, because new kinds may appear.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...common.storable import storable
from ..call import Seen, ToolCall
from ..money.usage import TokenUsage, word
from .errors_mapping import cut_error, error_of_event, foreign_answer_error


class EventDecoder:
    """Cuts bytes into events."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._held = b""

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        """Return the JSON of the events that ``chunk`` completes.

        :raises ClaudeError: when it is no JSON
        """
        if self._held or b"\r" in chunk:
            # JSON escapes its own: only line ends are left.
            chunk = self._held + chunk
            self._held = b"\r" if chunk.endswith(b"\r") else b""
            chunk = chunk.removesuffix(b"\r").replace(b"\r\n", b"\n")
        # Looked for where it is new: a line without an end comes in many small pieces.
        looked_at = max(len(self._rest) - 1, 0)
        self._rest += chunk
        if self._rest.find(b"\n\n", looked_at) < 0:
            return []
        *frames, rest = bytes(self._rest).split(b"\n\n")
        self._rest = bytearray(rest)
        try:
            return [_parse(payload, 0)[0] for payload in map(_data, frames) if payload]
        except (ValueError, RecursionError) as error:
            raise cut_error() from error


_parse = json.JSONDecoder().raw_decode  # json.loads spends half its time around it


def _data(frame: bytes) -> str:
    """Return the data of a frame; nothing for a comment."""
    start = frame.find(b"data:")
    if start < 0:
        return ""
    payload = frame[start + 5 :]
    if b"\n" in payload:  # other lines follow
        payload = b"\n".join(
            line[5:] for line in frame.split(b"\n") if line.startswith(b"data:")
        )
    return payload.decode().lstrip()


class AnswerReader:
    """Puts the events of one answer together; ``seen`` holds what came so far."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.started = False
        """The answer has begun: an error from now on is not repeated."""
        self.generating = False
        """The first delta of the model was seen."""
        self.tool_calls: list[ToolCall] = []
        """Calls that came to their end since somebody took them from here."""
        self._without_input: list[ToolCall] = []
        self._usage: dict[str, Any] = {}
        self._parts: dict[int, list[str]] = {}

    def read(self, event: Mapping[str, Any]) -> str:
        """Take ``event`` in and return the text that it adds to the answer.

        :raises ClaudeError: when the event reports an error or is not Claude's
        """
        try:
            return self._read(event)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise foreign_answer_error(200, self.seen.request_id) from error

    def _read(self, event: Mapping[str, Any]) -> str:
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._read_delta(event["index"], event["delta"])
        if kind == "content_block_start":
            self._start_block(event["index"], event["content_block"])
        elif kind == "content_block_stop":
            self._stop_block(event["index"])
        elif kind == "message_start":
            self._start_message(event["message"])
        elif kind == "message_delta":
            self._end_message(word(event["delta"].get("stop_reason")))
            self._add_usage(event.get("usage") or {})
        elif kind == "message_stop":
            self.seen.complete = True
        elif kind == "error":
            raise error_of_event(
                event.get("error") or {},
                event.get("request_id") or self.seen.request_id,
            )
        return ""

    def end(self) -> None:
        """Take the end of the stream in.

        A stream may end cleanly without ``message_stop``; it is complete all the same
        when it has told why the model stopped, because that comes with the final usage.

        :raises ClaudeError: ``connection`` when the answer is not complete
        """
        if not self.seen.has_final_usage:
            raise cut_error(self.seen.request_id)
        self.seen.complete = True

    def _start_message(self, message: Mapping[str, Any]) -> None:
        self.started = True
        self.seen.model = word(message.get("model"))
        self.seen.message_id = word(message.get("id"))
        self._add_usage(message.get("usage") or {})

    def _add_usage(self, usage: Mapping[str, Any]) -> None:
        """Take cumulative figures in; what the later event leaves out stays."""
        self._usage.update(
            (name, value) for name, value in usage.items() if value is not None
        )
        self.seen.usage = TokenUsage.from_api(self._usage)

    def _end_message(self, stop_reason: str) -> None:
        self.seen.stop_reason = stop_reason
        if stop_reason == "tool_use":
            self.tool_calls += self._without_input
            self._without_input = []

    def _start_block(self, index: int, block: Mapping[str, Any]) -> None:
        block = dict(block)
        if block["type"] == "tool_use":
            block.pop("input", None)  # an empty one, until all of it is here
        self.seen.content.append(block)
        self._parts[index] = []

    def _read_delta(self, index: int, delta: Mapping[str, Any]) -> str:
        self.generating = True
        kind = delta.get("type")
        if kind == "text_delta":
            text = delta["text"]
            self.seen.text += text
        elif kind == "input_json_delta":
            text = delta["partial_json"]
        elif kind == "thinking_delta":
            text = delta["thinking"]
        elif kind == "signature_delta":
            self.seen.content[-1]["signature"] = delta["signature"]
            return ""
        elif kind == "citations_delta":
            citations = self.seen.content[-1].setdefault("citations", [])
            citations.append(delta["citation"])
            return ""
        else:
            return ""
        self._parts[index].append(text)
        return text if kind == "text_delta" else ""

    def _stop_block(self, index: int) -> None:
        """Put the parts of a block into it, so that it can be passed back unchanged."""
        text = "".join(self._parts.pop(index))
        block = self.seen.content[-1]
        if block["type"] == "text":
            block["text"] += text
        elif block["type"] == "thinking":
            block["thinking"] += text
        elif block["type"] == "tool_use":
            self._stop_tool_call(block, text)
        elif text:
            block["input"] = json.loads(text)

    def _stop_tool_call(self, block: dict[str, Any], text: str) -> None:
        """Put the input into its block, if all of it has come.

        One cut short by ``max_tokens`` is no JSON. One without a text may have been cut
        before its first letter: only the reason of the stop tells.
        """
        try:
            tool_input = json.loads(text or "{}")
        except (ValueError, RecursionError):
            return
        if not isinstance(tool_input, dict):
            return
        block["input"] = tool_input
        call = ToolCall(block["id"], block["name"], storable(tool_input))
        (self.tool_calls if text else self._without_input).append(call)
