"""The circuit breaker's state in Redis: one hash a circuit, none for a healthy one."""

from ....services.claude.policy import BreakerPolicy
from ....services.claude.ports import CircuitState
from .connection import RedisConnection, Script
from .rate_limit import microseconds

SHORTEST_WAIT = 1.0
"""Seconds; another one was faster, and its probe is under way."""

# The same machine as in ../circuit.py. Every script begins by reading the circuit.
_READ = """
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2] + ARGV[1]
    local function text(number) return string.format('%.0f', number) end
    local kept = redis.call('HMGET', KEYS[1], 'state', 'failures', 'successes',
        'open_until', 'probe_until', 'reason', 'ends_at', 'probe')
    local state = kept[1] or 'closed'
    local failures, successes = tonumber(kept[2] or 0), tonumber(kept[3] or 0)
    local open_until, probe_until = tonumber(kept[4] or 0), tonumber(kept[5] or 0)
    local reason, ends_at, probe = kept[6] or '', tonumber(kept[7] or 0), kept[8]
    local function told(state)
        local wait = math.max(open_until, probe_until) - now
        local ends_in = ends_at > 0 and text(math.max(ends_at - now, 0)) or ''
        return {state, failures, successes, text(math.max(wait, 0)), reason, ends_in}
    end
    -- What nobody touches for long is forgotten: its endpoint is not used any more.
    local function keep() redis.call('PEXPIRE', KEYS[1], '3456000000') end
"""

_STATE = Script(
    _READ
    + """
    if state == 'closed' then return told('closed') end
    return told(math.max(open_until, probe_until) > now and 'open' or 'half_open')
"""
)

_ADMIT = Script(
    _READ
    + """
    if state == 'closed' then return told('closed') end
    if math.max(open_until, probe_until) > now and probe ~= ARGV[3] then
        return told('open')
    end
    redis.call('HSET', KEYS[1], 'state', 'half_open',
        'probe_until', text(now + ARGV[2]), 'probe', ARGV[3])
    keep()
    return told('half_open')
"""
)

_RELEASED = Script(
    _READ
    + """
    if state == 'half_open' and (ARGV[2] == '' or ARGV[2] == probe) then
        redis.call('HDEL', KEYS[1], 'probe_until', 'probe')
    end
    return 1
"""
)

_RETRY_NOW = Script(
    _READ
    + """
    if state ~= 'closed' then
        redis.call('HDEL', KEYS[1], 'open_until', 'probe_until', 'probe')
    end
    return 1
"""
)

_SUCCEEDED = Script(
    _READ
    + """
    if state == 'half_open' and successes + 1 < tonumber(ARGV[2]) then
        redis.call('HSET', KEYS[1], 'failures', 0, 'successes', successes + 1)
        redis.call('HDEL', KEYS[1], 'open_until', 'probe_until', 'probe')
        keep()
    elseif state == 'half_open' or (state == 'closed' and failures > 0) then
        redis.call('DEL', KEYS[1])
        return state == 'half_open' and 1 or 0
    end
    return 0
"""
)

_FAILED = Script(
    _READ
    + """
    local threshold, seconds, forced = tonumber(ARGV[2]), ARGV[3], ARGV[4] == '1'
    failures, successes, probe_until = failures + 1, 0, 0
    local was_open = state == 'open' and not forced
    if not was_open then
        reason = ARGV[5]
        ends_at = ARGV[6] == '' and 0 or now + ARGV[6]
        if state == 'half_open' or forced or failures >= threshold then
            open_until, state = math.max(open_until, now + seconds), 'open'
        end
    end
    redis.call('HSET', KEYS[1], 'state', state, 'failures', failures,
        'successes', 0, 'open_until', text(open_until), 'probe_until', 0,
        'reason', reason, 'ends_at', text(ends_at))
    redis.call('HDEL', KEYS[1], 'probe')
    keep()
    return told((state == 'open' and not was_open) and 'opened' or state)
"""
)


class RedisCircuits:
    """One circuit a name; opens, probes and closes by the figures of the policy."""

    def __init__(
        self,
        connection: RedisConnection,
        prefix: str,
        policy: BreakerPolicy,
        time_shift: float = 0.0,
    ) -> None:
        self._connection = connection
        self._prefix = f"{prefix}circuit:"
        self._policy = policy
        self._time_shift = time_shift

    def admit(self, name: str, probe: str) -> CircuitState:
        """Return the state; ``half_open`` means that this call is the one probe.

        :param probe: names this call, so that its probe can be given back
        :raise RedisLost: when Redis cannot be used, like all that follow
        """
        seconds = microseconds(self._policy.open_seconds)
        answer = self._run(_ADMIT, name, seconds, probe)
        state = _state(answer)
        if state.state == "closed":
            return CircuitState("closed", state.failures)
        if state.state == "half_open":
            return CircuitState("half_open", state.failures, state.successes)
        return _state(answer, SHORTEST_WAIT)

    def state(self, name: str) -> CircuitState:
        """Return the state without becoming the probe."""
        return _state(self._run(_STATE, name))

    def released(self, name: str, probe: str = "") -> None:
        """Give a probe back; with a name only that one."""
        self._run(_RELEASED, name, probe)

    def retry_now(self, name: str) -> None:
        """Let the next call pass as a probe."""
        self._run(_RETRY_NOW, name)

    def succeeded(self, name: str) -> bool:
        """Count a success; true when it closed the circuit."""
        return bool(self._run(_SUCCEEDED, name, self._policy.successes))

    def failed(
        self,
        name: str,
        open_seconds: float | None = None,
        *,
        reason: str = "",
        ends_in: float | None = None,
    ) -> CircuitState | None:
        """Count a failure; return the state when it opened the circuit."""
        forced = open_seconds is not None
        answer = self._run(
            _FAILED,
            name,
            self._policy.failures,
            microseconds(open_seconds if forced else self._policy.open_seconds),
            int(forced),
            reason,
            "" if ends_in is None else microseconds(ends_in),
        )
        return _state([b"open", *answer[1:]]) if answer[0] == b"opened" else None

    def _run(self, script: Script, name: str, *arguments):
        shift = microseconds(self._time_shift)
        return self._connection.run(script, [self._prefix + name], [shift, *arguments])


def _state(answer, shortest_wait: float = 0.0) -> CircuitState:
    state, failures, successes, wait, reason, ends_in = answer
    closed = state == b"closed"
    return CircuitState(
        state.decode(),
        failures,
        successes,
        retry_after=0.0 if closed else max(int(wait) / 1e6, shortest_wait),
        reason="" if closed else reason.decode(),
        ends_in=int(ends_in) / 1e6 if ends_in and not closed else None,
    )
