"""A streamed answer between its first byte and its last."""

from __future__ import annotations

from collections.abc import Iterator

from ..call import Seen, ToolCall
from ..errors import ClaudeError
from .client import ByteStream
from .stream_parser import AnswerReader, EventDecoder


class OpenStream:
    """Reads one stream into ``seen``, a chunk of the network at a time.

    Deltas that came together are handed out together: at many tokens a second that
    saves most of the work.
    """

    def __init__(self, stream: ByteStream, seen: Seen) -> None:
        self.seen = seen
        self._stream = stream
        self._chunks = stream.chunks()
        self._decoder = EventDecoder()
        self._reader = AnswerReader(seen)
        self._first_text = ""
        self._error: ClaudeError | None = None

    @property
    def generating(self) -> bool:
        """The first delta of the model was seen."""
        return self._reader.generating

    def begin(self) -> None:
        """Read until the answer has begun; what fails up to here may be repeated.

        :raises ClaudeError: also when the stream ends before it began
        """
        for chunk in self._chunks:
            self._first_text += self._read(chunk)
            if self._reader.started:
                return
            if self._error:
                raise self._error
        self._reader.end()

    def texts(self) -> Iterator[str]:
        """Yield after each chunk the text that it brought, which may be none.

        :raises ClaudeError: when the answer breaks off
        """
        yield self._first_text
        self._check_error()
        if self.seen.complete:
            self._stream.end_soon()
        try:
            for chunk in self._chunks:
                yield self._read(chunk)
                self._check_error()
                if self.seen.complete:
                    self._stream.end_soon()
        except ClaudeError:
            if not self.seen.has_final_usage:
                raise
            # The answer was whole before its connection broke: nothing is missing.
        self._reader.end()

    def take_tool_calls(self) -> list[ToolCall]:
        """Return the calls of tools that came to their end since this was asked."""
        calls, self._reader.tool_calls = self._reader.tool_calls, []
        return calls

    def close(self) -> None:
        """Give the connection back; an incomplete one is closed."""
        self._stream.close()

    def _read(self, chunk: bytes) -> str:
        """Return the text of ``chunk``; an error in it is kept until that is shown."""
        texts = []
        try:
            for event in self._decoder.feed(chunk):
                texts.append(self._reader.read(event))
        except ClaudeError as error:
            self._error = error
        return "".join(texts)

    def _check_error(self) -> None:
        if self._error:
            raise self._error
