"""The answer store in Redis: one hash an answer, with an end in any case."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ....services.common.storable import storable
from .connection import RedisConnection

_MEANING_MORE = re.compile(r"([\\*?\[\]])")
"""Characters that mean more than themselves in a pattern of Redis."""

# Ends in any case: otherwise it would stay when its company is gone.
_PUT = """
    redis.call('HSET', KEYS[1], 'answer', ARGV[1], 'usage_id', ARGV[2],
        'stored_at', redis.call('TIME')[1] .. '000000')
    redis.call('PEXPIRE', KEYS[1], ARGV[3])
    return 1
"""

_FORGET = """
    local stored_at = redis.call('HGET', KEYS[1], 'stored_at')
    local latest = redis.call('TIME')[1] - ARGV[1]
    if stored_at and stored_at / 1000000 <= latest then
        return redis.call('DEL', KEYS[1])
    end
    return 0
"""

_SCAN_COUNT = 500


class RedisAnswers:
    """Answers by company and fingerprint: what one company paid for stays with it."""

    def __init__(self, connection: RedisConnection, prefix: str) -> None:
        self._connection = connection
        self._prefix = f"{prefix}answer:"

    def get(self, fingerprint: str, company_id: int) -> Mapping[str, Any] | None:
        """Return the stored answer; ``None`` when there is none, or it expired.

        :raise RedisLost: when Redis cannot be used, like all that follow
        """
        answer = self._connection.command(
            "HGET", self._key(fingerprint, company_id), "answer"
        )
        try:
            return json.loads(answer) if answer else None
        except (ValueError, RecursionError):
            return None  # spoiled: Claude is asked, and its answer takes the place

    def put(
        self,
        fingerprint: str,
        company_id: int,
        answer: Mapping[str, Any],
        seconds: float,
        usage_id: int,
    ) -> None:
        """Store ``answer`` for ``seconds``."""
        text = json.dumps(storable(answer), ensure_ascii=False)
        self._connection.run(
            _PUT,
            [self._key(fingerprint, company_id)],
            [text, usage_id, max(round(seconds * 1000), 1)],
        )

    def drop(self, fingerprint: str, company_id: int) -> None:
        """Forget the answer, if there is one."""
        self._connection.command("DEL", self._key(fingerprint, company_id))

    def forget(self, seconds_by_company: Mapping[int, float]) -> int:
        """Delete answers that are older than their company keeps facts, and those of
        companies that are not there; return how many."""
        forgotten = 0
        for key in self._keys():
            company = key.removeprefix(self._prefix).partition(":")[0]
            seconds = seconds_by_company.get(int(company), 0.0)
            forgotten += self._connection.run(_FORGET, [key], [seconds])
        return forgotten

    def _keys(self) -> Iterator[str]:
        literally = _MEANING_MORE.sub(r"\\\1", self._prefix)
        cursor = 0
        while True:
            cursor, keys = self._connection.command(
                *("SCAN", cursor, "MATCH", f"{literally}*", "COUNT", _SCAN_COUNT)
            )
            yield from (key.decode() for key in keys)
            if not cursor:
                return

    def _key(self, fingerprint: str, company_id: int) -> str:
        return f"{self._prefix}{company_id}:{fingerprint}"
