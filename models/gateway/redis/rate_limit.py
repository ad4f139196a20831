"""The sliding window in Redis: one sorted set a key, of hits by their time."""

from ....services.claude.ports import LimitState
from .connection import RedisConnection

# Times are whole microseconds of the server's clock, below 2^53, so that Lua's numbers
# hold them exactly; as text they are written out, since Lua would round them.
_HIT = """
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local limit, window, hit = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
    local function text(number) return string.format('%.0f', number) end

    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now - window))
    local count = redis.call('ZCARD', KEYS[1])
    local allowed = 0
    if redis.call('ZSCORE', KEYS[1], hit) then
        allowed = 1  -- sent again, because its first answer was lost
    elseif count < limit then
        redis.call('ZADD', KEYS[1], text(now), hit)
        redis.call('PEXPIRE', KEYS[1], text(math.ceil(window / 1000) + 1000))
        allowed, count = 1, count + 1
    end
    local wait = 0
    if count >= limit then
        local first = redis.call(
            'ZRANGE', KEYS[1], count - limit, count - limit, 'WITHSCORES')
        wait = (first[2] or now) + window - now
    end
    return {allowed, count, text(wait)}
"""


class RedisWindows:
    """Exact sliding windows over all processes: a script is one step for everybody."""

    def __init__(self, connection: RedisConnection, prefix: str) -> None:
        self._connection = connection
        self._prefix = f"{prefix}window:"

    def hit(self, key: str, limit: int, window_seconds: float, hit: str) -> LimitState:
        """Count one call and return the state after it; a refused one does not count.

        :param limit: calls that any ``window_seconds`` may hold, at least 1
        :param hit: names this hit, so that it can be undone and is counted once
        :raise RedisLost: when Redis cannot be used
        """
        allowed, count, wait = self._connection.run(
            _HIT,
            [self._prefix + key],
            [limit, microseconds(window_seconds), hit],
        )
        return LimitState(
            allowed=bool(allowed),
            limit=limit,
            remaining=max(limit - count, 0),
            reset_seconds=max(int(wait) / 1e6, 0.0),
        )

    def undo(self, key: str, hit: str) -> None:
        """Take back exactly this hit.

        :raise RedisLost: when Redis cannot be used; the hit counts until it is old
        """
        self._connection.command("ZREM", self._prefix + key, hit)


def microseconds(seconds: float) -> int:
    """Return ``seconds`` as whole microseconds."""
    return round(seconds * 1_000_000)
