"""A browser's part in few lines: log in, press Validate with AI, read the stream."""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT_SECONDS = 180
_TOKEN = re.compile(r'csrf_token["\']?(?:\s*:\s*|"\s+value=)["\']([0-9a-fo]+)["\']')


class WebClient:
    """A session of one user with Odoo's web client."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self.cookies),
        )
        self.csrf_token = ""

    def login(self, login: str, password: str) -> None:
        """Open a session.

        :raise PermissionError: when Odoo does not accept the login
        """
        token = self._token_of("/web/login")
        self._post(
            "/web/login", {"login": login, "password": password, "csrf_token": token}
        )
        if not any(cookie.name == "session_id" for cookie in self.cookies):
            raise PermissionError(f"Odoo does not let {login} in.")
        # The page of the web client; the first visit also builds its assets.
        self.csrf_token = self._token_of("/odoo")

    def validate(self, move_id: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Validate one invoice; yield the events of the stream as they come."""
        form = {
            "move_id": str(move_id),
            "run_uuid": str(uuid.uuid4()),
            "csrf_token": self.csrf_token,
        }
        with self._post("/account_ai/validate", form) as answer:
            event = ""
            for raw in answer:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield event, json.loads(line.removeprefix("data: "))

    def _token_of(self, path: str) -> str:
        with self._opener.open(self.url + path, timeout=TIMEOUT_SECONDS) as answer:
            found = _TOKEN.search(answer.read().decode())
        if not found:
            raise PermissionError(f"{path} holds no token: the login did not succeed.")
        return found.group(1)

    def _post(self, path: str, form: dict[str, str]) -> Any:
        return self._opener.open(
            self.url + path,
            data=urllib.parse.urlencode(form).encode(),
            timeout=TIMEOUT_SECONDS,
        )
