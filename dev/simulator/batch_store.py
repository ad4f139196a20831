"""Message batches: their life from creation to archive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock, rfc3339
from .errors import ApiError
from .identifiers import new_identifier
from .journal import Billed, Entry

DAY = 86_400.0
#: A batch that is not done after this long expires, in seconds.
LONGEST = DAY
#: Results can be had for this long after creation, in seconds.
ARCHIVED_AFTER = 29 * DAY
#: Items that are processed before other requests get their turn.
_SLICE = 10


@dataclass
class ItemResult:
    """The result of one item: its JSON object and what it is billed."""

    custom_id: str
    result: dict[str, Any]
    billed: Billed | None = None

    @property
    def outcome(self) -> str:
        """``succeeded``, ``errored``, ``canceled`` or ``expired``."""
        return self.result["type"]


@dataclass
class Batch:
    """One batch.

    ``due_at``: when its last item would be done; items are done evenly over the
    time before. ``results`` has one for every item from the moment it is known
    to be done; they can be read once the batch has ended.
    """

    id: str
    workspace: str
    created_at: float
    due_at: float
    entry: Entry
    items: list[dict[str, Any]]
    size: int
    results: list[ItemResult] = field(default_factory=list)
    cancel_initiated_at: float | None = None
    cancel_ignored: bool = False
    ended_at: float | None = None
    work: asyncio.Task[None] | None = None

    @property
    def expires_at(self) -> float:
        """When what is not done expires."""
        return self.created_at + LONGEST

    def done_at(self, moment: float) -> int:
        """Return how many items are done at ``moment``."""
        if moment >= self.due_at:
            return self.size
        span = self.due_at - self.created_at
        return int(self.size * (moment - self.created_at) / span)

    def counts(self) -> dict[str, int]:
        """Return the counts, which stay at ``processing`` until the end."""
        counts = dict.fromkeys(
            ("processing", "succeeded", "errored", "canceled", "expired"), 0
        )
        if self.ended_at is None:
            counts["processing"] = self.size
        else:
            for item in self.results:
                counts[item.outcome] += 1
        return counts


class BatchStore:
    """All batches, and the work on them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._batches: dict[str, Batch] = {}

    def clear(self) -> None:
        """Stop the work and forget all batches."""
        for batch in self._batches.values():
            if batch.work is not None:
                batch.work.cancel()
        self._batches.clear()

    def queued(self, workspace: str) -> int:
        """Return how many requests of ``workspace`` wait in batches."""
        return sum(
            batch.size
            for batch in self._batches.values()
            if batch.workspace == workspace and batch.ended_at is None
        )

    def create(
        self,
        workspace: str,
        items: list[dict[str, Any]],
        entry: Entry,
        seconds: float,
        answer: Callable[[dict[str, Any]], ItemResult],
    ) -> Batch:
        """Return a new batch, whose items ``answer`` processes in the background.

        :param seconds: simulated seconds until it is done
        """
        now = self._clock.now()
        batch = Batch(
            id=new_identifier("msgbatch"),
            workspace=workspace,
            created_at=now,
            due_at=now + max(seconds, 0.000_001),
            entry=entry,
            items=items,
            size=len(items),
        )
        self._batches[batch.id] = batch
        batch.work = asyncio.create_task(self._work(batch, answer))
        return batch

    async def _work(
        self, batch: Batch, answer: Callable[[dict[str, Any]], ItemResult]
    ) -> None:
        for number, item in enumerate(batch.items):
            batch.results.append(answer(item))
            if number % _SLICE == _SLICE - 1:
                await asyncio.sleep(0)
        batch.items = []

    async def get(self, batch_id: str, workspace: str) -> Batch:
        """Return the batch as it is now.

        :raise ApiError: 404 if the workspace has none of that id
        """
        batch = self._batches.get(batch_id)
        if batch is None or batch.workspace != workspace:
            raise ApiError(404, f"Message batch {batch_id} not found")
        await self._settle(batch)
        return batch

    async def all(self, workspace: str) -> list[Batch]:
        """Return the batches of ``workspace``, newest first."""
        batches = [b for b in self._batches.values() if b.workspace == workspace]
        for batch in batches:
            await self._settle(batch)
        return sorted(batches, key=lambda batch: batch.created_at, reverse=True)

    def delete(self, batch: Batch) -> None:
        """Forget ``batch``, which has ended."""
        del self._batches[batch.id]

    async def _settle(self, batch: Batch) -> None:
        """End ``batch`` if its time has come."""
        now = self._clock.now()
        if batch.ended_at is not None:
            return
        end = min(batch.due_at, batch.expires_at)
        if batch.cancel_initiated_at is not None and not batch.cancel_ignored:
            end = min(end, batch.cancel_initiated_at)
        if now < end:
            return
        if batch.work is not None:
            # A large batch may need longer than its simulated time.
            await asyncio.wait({batch.work}, timeout=1)
            if not batch.work.done():
                return
            batch.work.result()
        if batch.ended_at is None:
            self._end(batch, end)

    def _end(self, batch: Batch, end: float) -> None:
        done = batch.done_at(end)
        canceled = batch.cancel_initiated_at == end and not batch.cancel_ignored
        left = "canceled" if canceled else "expired"
        for item in batch.results[done:]:
            item.result = {"type": left}
            item.billed = None
        batch.ended_at = end

    def view(self, batch: Batch, base_url: str) -> dict[str, Any]:
        """Return the JSON of ``batch``; its results are at ``base_url``."""
        now = self._clock.now()
        archived = now >= batch.created_at + ARCHIVED_AFTER
        status = "in_progress"
        if batch.ended_at is not None:
            status = "ended"
        elif batch.cancel_initiated_at is not None:
            status = "canceling"
        has_results = batch.ended_at is not None and not archived
        url = f"{base_url}/v1/messages/batches/{batch.id}/results"
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": batch.counts(),
            "created_at": rfc3339(batch.created_at),
            "expires_at": rfc3339(batch.expires_at),
            "ended_at": _optional(batch.ended_at),
            "archived_at": (
                rfc3339(batch.created_at + ARCHIVED_AFTER) if archived else None
            ),
            "cancel_initiated_at": _optional(batch.cancel_initiated_at),
            "results_url": url if has_results else None,
        }


def _optional(timestamp: float | None) -> str | None:
    return None if timestamp is None else rfc3339(timestamp)
