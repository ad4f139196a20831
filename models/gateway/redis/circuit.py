"""Circuits in Redis: one hash a circuit that is not healthy, changed by comparing.

A hash, because that is what the documented rights of the user of Redis allow.
"""

import json
from dataclasses import asdict

from ....services.claude.circuit import Change, Circuit, Transition
from .connection import RedisConnection

_READ = """
    local time = redis.call('TIME')
    return {redis.call('HGET', KEYS[1], 'circuit'), time[1], time[2]}
"""

# What nobody touches for 40 days is forgotten: its endpoint is not used any more.
_REPLACE = """
    if (redis.call('HGET', KEYS[1], 'circuit') or '') ~= ARGV[1] then return 0 end
    redis.call('DEL', KEYS[1])
    if ARGV[2] ~= '' then
        redis.call('HSET', KEYS[1], 'circuit', ARGV[2])
        redis.call('PEXPIRE', KEYS[1], '3456000000')
    end
    return 1
"""


class RedisCircuits:
    """Circuits by name; a change is computed here and stored if none came between."""

    def __init__(self, connection: RedisConnection, prefix: str) -> None:
        self._connection = connection
        self._prefix = f"{prefix}circuit:"

    def change(self, name: str, transition: Transition) -> Change:
        """Apply ``transition`` as one step for all processes and return what it did.

        Computed again when somebody else was faster; each time, one of all succeeds.

        :raise RedisLost: when Redis cannot be used
        """
        keys = [self._prefix + name]
        while True:
            stored, seconds, microseconds = self._connection.run(_READ, keys)
            now = int(seconds) + int(microseconds) / 1e6
            circuit = _circuit(stored)
            after = transition(circuit, now)
            if after == circuit:
                return Change(circuit, after, now)
            replacement = "" if after == Circuit() else json.dumps(asdict(after))
            if self._connection.run(_REPLACE, keys, [stored or "", replacement]):
                return Change(circuit, after, now)

    change_after_commit = change


def _circuit(stored: bytes | None) -> Circuit:
    """Return what is stored; a healthy circuit for nothing, and for what is spoiled."""
    try:
        return Circuit(**json.loads(stored)) if stored else Circuit()
    except (ValueError, TypeError):
        return Circuit()
