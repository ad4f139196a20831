"""The client of the control API, for tests; the standard library is enough."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

#: Seconds to wait for an answer of the control API.
_TIMEOUT = 30


class SimulatorControl:
    """Sets up a running simulator and reads back what it received."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        # Environment proxies do not apply: the simulator is on loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.base_url}/_control/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(error.read().decode()) from error

    def health(self) -> bool:
        """Return whether the simulator answers."""
        return self._call("GET", "health")["status"] == "ok"

    def reset(self) -> None:
        """Return the simulator to the state in which its process started."""
        self._call("POST", "reset")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings (see ``settings.py``), and return all of them.

        ``clock`` sets the simulated time (ISO 8601), ``advance_seconds`` moves it.

        :raise ValueError: for what is unknown or has the wrong type
        """
        if not changes:
            return self._call("GET", "settings")
        return self._call("PATCH", "settings", changes)

    def fault(self, kind: str, times: int = 1, **params: Any) -> dict[str, Any]:
        """Let the next ``times`` matching requests meet a fault (``faults.py``).

        ``match`` may hold ``endpoint``, ``model``, ``substring``, ``workspace``,
        ``stream`` and ``custom_id``.

        :raise ValueError: if the kind or the matching is unknown
        """
        return self._call("POST", "faults", {"kind": kind, "times": times, **params})

    def answer(self, value: Any, times: int = 1, **params: Any) -> None:
        """Let the next ``times`` matching requests be answered with ``value``.

        A text is answered as it is, anything else as JSON. ``params`` are those of
        :meth:`fault`.
        """
        text = value if isinstance(value, str) else json.dumps(value)
        self.fault("replace_text", times, text=text, **params)

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults that still wait."""
        return self._call("GET", "faults")

    def clear_faults(self) -> None:
        """Forget the faults that still wait."""
        self._call("DELETE", "faults")

    def clear_cache(self) -> None:
        """Forget all cached prompts."""
        self._call("DELETE", "cache")

    def requests(
        self, endpoint: str | None = None, since: int = 0
    ) -> list[dict[str, Any]]:
        """Return the requests received, oldest first, with an id above ``since``."""
        query = {"since": since}
        if endpoint:
            query["endpoint"] = endpoint
        return self._call("GET", f"requests?{urllib.parse.urlencode(query)}")

    def usage(self) -> dict[str, Any]:
        """Return what would be billed.

        ``usd`` (text) and ``tokens`` are totals, ``requests`` has a line for
        every billed answer, items of batches included.
        """
        return self._call("GET", "usage")
