"""What the simulator received, answered and would bill."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .clock import rfc3339

#: Bodies of more characters than this are not kept.
_LARGEST_KEPT_BODY = 2_000_000


@dataclass
class Billed:
    """One billed answer: the API's usage object and its price in US dollars.

    ``cost_parts``: the price by the cost report's ``token_type``.
    """

    model: str
    usage: dict[str, Any]
    cost_parts: dict[str, Decimal]
    message_id: str
    custom_id: str | None = None

    @property
    def usd(self) -> Decimal:
        """US dollars that the answer is billed at."""
        return sum(self.cost_parts.values(), Decimal(0))

    def as_dict(self, request_id: str) -> dict[str, Any]:
        """Return the line of ``GET /_control/usage``; ``usd`` is text."""
        return {
            "request_id": request_id,
            "message_id": self.message_id,
            "custom_id": self.custom_id,
            "model": self.model,
            "usage": self.usage,
            "usd": str(self.usd),
        }


@dataclass
class Entry:
    """One request.

    ``group``: the model line whose rate limits apply. ``executed``: the model ran,
    so that tokens were spent, whatever the caller learned of it. ``delivered``:
    what left for the caller: ``complete``, ``deltas``, ``characters`` of text, and
    ``ended_by`` (``server``, ``client`` or ``fault``).
    """

    id: int
    request_id: str
    received_at: float
    method: str
    path: str
    endpoint: str
    headers: dict[str, str]
    body: Any = None
    workspace: str | None = None
    api_key_id: str | None = None
    group: str = "haiku"
    status: int | None = None
    error_type: str | None = None
    fault: str | None = None
    executed: bool = False
    stream: bool = False
    billed: list[Billed] = field(default_factory=list)
    delivered: dict[str, Any] = field(
        default_factory=lambda: {
            "complete": False,
            "deltas": 0,
            "characters": 0,
            "ended_by": None,
        }
    )

    def as_dict(self) -> dict[str, Any]:
        """Return the line of ``GET /_control/requests``."""
        one = self.billed[0] if len(self.billed) == 1 else None
        return {
            "id": self.id,
            "request_id": self.request_id,
            "received_at": rfc3339(self.received_at),
            "method": self.method,
            "path": self.path,
            "endpoint": self.endpoint,
            "headers": self.headers,
            "body": self.body,
            "workspace": self.workspace,
            "status": self.status,
            "error_type": self.error_type,
            "fault": self.fault,
            "executed": self.executed,
            "stream": self.stream,
            "message_id": one.message_id if one else None,
            "usage": one.usage if one else None,
            "usd": str(sum((item.usd for item in self.billed), Decimal(0))),
            "delivered": self.delivered,
        }


class Journal:
    """All requests since the last reset, oldest first."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._with_body: deque[Entry] = deque()
        self._total = Decimal(0)

    def open(self, entry: Entry) -> None:
        """Keep ``entry``."""
        self._entries.append(entry)

    def next_id(self) -> int:
        """Return the number of the next entry."""
        return len(self._entries) + 1

    def keep_body(self, entry: Entry, body: Any, size: int, kept: int) -> None:
        """Keep the request's body, and drop the oldest beyond ``kept`` bodies."""
        if size > _LARGEST_KEPT_BODY:
            entry.body = {"omitted_bytes": size}
            return
        entry.body = body
        self._with_body.append(entry)
        while len(self._with_body) > kept:
            self._with_body.popleft().body = None

    def bill(self, entry: Entry, billed: Billed) -> None:
        """Book what ``entry`` is billed."""
        entry.billed.append(billed)
        self._total += billed.usd

    @property
    def total_usd(self) -> Decimal:
        """US dollars billed since the last reset."""
        return self._total

    def billed(self) -> Iterator[tuple[Entry, Billed]]:
        """Yield every billed answer with its request, oldest request first."""
        for entry in self._entries:
            for billed in entry.billed:
                yield entry, billed

    def requests(self, since: int = 0, endpoint: str | None = None) -> list[dict]:
        """Return the requests with an id above ``since``."""
        return [
            entry.as_dict()
            for entry in self._entries[since:]
            if endpoint is None or entry.endpoint == endpoint
        ]

    def usage(self) -> dict[str, Any]:
        """Return the totals and a line for every billed answer."""
        totals: dict[str, int] = dict.fromkeys(
            (
                "input_tokens",
                "cache_read_input_tokens",
                "ephemeral_5m_input_tokens",
                "ephemeral_1h_input_tokens",
                "output_tokens",
                "thinking_tokens",
            ),
            0,
        )
        lines = []
        for entry, billed in self.billed():
            usage = billed.usage
            buckets = {**usage, **usage["cache_creation"]}
            buckets.update(usage["output_tokens_details"])
            for name in totals:
                totals[name] += buckets[name]
            lines.append(billed.as_dict(entry.request_id))
        return {"usd": str(self._total), "tokens": totals, "requests": lines}
