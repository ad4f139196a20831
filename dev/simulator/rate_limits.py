"""Token buckets of requests and tokens a minute, and their headers."""

from __future__ import annotations

from dataclasses import dataclass

from .clock import Clock, rfc3339
from .errors import ApiError
from .settings import Settings


@dataclass
class _Bucket:
    """A bucket that refills continuously to ``limit`` in sixty seconds."""

    level: float
    updated_at: float

    def refill(self, limit: float, now: float) -> None:
        passed = max(now - self.updated_at, 0.0)
        self.level = min(limit, self.level + passed * limit / 60)
        self.updated_at = now


class RateLimits:
    """The buckets of every workspace and model line."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def clear(self) -> None:
        """Fill all buckets."""
        self._buckets.clear()

    def _limit(self, kind: str) -> float:
        return getattr(self._settings, f"{kind}_per_minute")

    def _bucket(self, workspace: str, group: str, kind: str) -> _Bucket:
        now = self._clock.now()
        limit = self._limit(kind)
        key = (workspace, group, kind)
        bucket = self._buckets.setdefault(key, _Bucket(limit, now))
        bucket.refill(limit, now)
        return bucket

    def admit(self, workspace: str, group: str, kind: str, what: str) -> None:
        """Take one request of ``kind`` or refuse.

        :raise ApiError: 429 with ``retry-after`` in seconds
        """
        bucket = self._bucket(workspace, group, kind)
        if bucket.level < 1:
            raise self._refusal(bucket, kind, 1 - bucket.level, what)
        bucket.level -= 1

    def admit_tokens(self, workspace: str, group: str, count: int) -> None:
        """Take ``count`` input tokens that no cache serves, or refuse.

        :raise ApiError: 429 with ``retry-after`` in seconds
        """
        bucket = self._bucket(workspace, group, "input_tokens")
        limit = self._limit("input_tokens")
        output = self._bucket(workspace, group, "output_tokens")
        if bucket.level < min(count, limit):
            missing = min(count, limit) - bucket.level
            raise self._refusal(
                bucket, "input_tokens", missing, "input tokens per minute"
            )
        if output.level <= 0:
            raise self._refusal(
                output, "output_tokens", 1 - output.level, "output tokens per minute"
            )
        bucket.level -= count

    def book_output(self, workspace: str, group: str, count: int) -> None:
        """Take ``count`` output tokens, after they were generated."""
        self._bucket(workspace, group, "output_tokens").level -= count

    def _refusal(
        self, bucket: _Bucket, kind: str, missing: float, what: str
    ) -> ApiError:
        seconds = max(1, round(missing * 60 / max(self._limit(kind), 1) + 0.5))
        return ApiError(
            429,
            f"This request would exceed your organization's rate limit of "
            f"{self._limit(kind):,.0f} {what}.",
            headers={"retry-after": str(seconds)},
        )

    def headers(self, workspace: str, group: str) -> dict[str, str]:
        """Return the twelve ``anthropic-ratelimit-*`` headers."""
        result: dict[str, str] = {}
        shares = {}
        for kind in ("requests", "input_tokens", "output_tokens"):
            limit = self._limit(kind)
            bucket = self._bucket(workspace, group, kind)
            shares[kind] = bucket.level / limit if limit else 0.0
            result.update(
                self._header_lines(kind.replace("_", "-"), limit, bucket.level)
            )
        tightest = min(("input_tokens", "output_tokens"), key=shares.__getitem__)
        level = self._bucket(workspace, group, tightest).level
        result.update(self._header_lines("tokens", self._limit(tightest), level))
        return result

    def _header_lines(self, name: str, limit: float, level: float) -> dict[str, str]:
        remaining = max(int(level), 0)
        if name != "requests":
            remaining = round(remaining, -3)
        refill = (limit - level) * 60 / limit if limit else 0.0
        reset = rfc3339(round(self._clock.now() + refill)).replace(".000000", "")
        prefix = f"anthropic-ratelimit-{name}"
        return {
            f"{prefix}-limit": f"{limit:.0f}",
            f"{prefix}-remaining": str(remaining),
            f"{prefix}-reset": reset,
        }
