"""The thin client: the SDK's connection and credentials, our bytes.

The SDK builds, signs and sends; its retries, its environment variables, its tracing and
its models are not used. Answers are read as bytes and JSON, because its event objects
cost ten times as much per token as the JSON behind them, and a hundred streams share
one core.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import anthropic
import httpx2

from .connections import ask_connections_at_once
from .errors import ClaudeError
from .errors_mapping import cut_error, error_of_exception, foreign_answer_error

# It writes a line for each request; of ours only failures are worth one. A level that
# the operator chose stands.
_http_log = logging.getLogger("httpx2")
if _http_log.level == logging.NOTSET:
    _http_log.setLevel(logging.WARNING)

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
"""Longest silence within an answer; Claude sends pings while it thinks."""
_WRITE_SECONDS = 30.0
_LIMITS = httpx2.Limits(
    max_connections=1000, max_keepalive_connections=100, keepalive_expiry=30.0
)


def client_for(api_key: str, base_url: str) -> ClaudeClient:
    """Return the client of this process for a key and an address.

    Building one takes 20 ms (certificates) and its connections stay open, so it is
    built once. A forked process gets its own: connections cannot be shared.
    """
    return _client_of_process(api_key, base_url, os.getpid())


@lru_cache(maxsize=8)
def _client_of_process(api_key: str, base_url: str, _pid: int) -> ClaudeClient:
    return ClaudeClient(api_key, base_url)


class ClaudeClient:
    """Sends requests to one endpoint with one key. Safe to share between threads."""

    def __init__(
        self,
        api_key: str,
        base_url: str,
        *,
        http_client: httpx2.Client | None = None,
    ) -> None:
        self.endpoint = base_url.rstrip("/")
        self._sdk = anthropic.Anthropic(
            api_key=api_key,
            base_url=self.endpoint,
            max_retries=0,
            open_telemetry=False,
            # A redirected POST would go out a second time, and to somebody else.
            http_client=http_client
            or ask_connections_at_once(
                anthropic.DefaultHttpxClient(limits=_LIMITS, follow_redirects=False)
            ),
        )
        # ANTHROPIC_CUSTOM_HEADERS is read even with an explicit key: what is set for
        # another program on this machine must not reach these calls.
        self._sdk._custom_headers = {}

    def close(self) -> None:
        """Close the connections."""
        self._sdk.close()

    def call(
        self, body: str, *, seconds: float = READ_SECONDS
    ) -> tuple[Mapping[str, str], dict[str, Any]]:
        """Send ``POST /v1/messages`` and return headers and message.

        :param body: the request as JSON, without ``stream``
        :param seconds: longest silence
        :raises ClaudeError: on every failure
        """
        response = self._post("/v1/messages", body, seconds)
        return response.headers, _json_object(response)

    def stream(self, body: str, *, seconds: float = READ_SECONDS) -> ByteStream:
        """Send ``POST /v1/messages`` with ``stream`` and return the open answer.

        :param body: the request as JSON, without ``stream``
        :param seconds: longest silence
        :raises ClaudeError: on every failure up to the headers of the answer
        """
        body = f'{body[:-1]},"stream":true}}'
        response = self._post("/v1/messages", body, seconds, stream=True)
        return ByteStream(response)

    def count_tokens(
        self, body: Mapping[str, Any], *, seconds: float = READ_SECONDS
    ) -> int:
        """Return Claude's own count of the input tokens of ``body``; it is free.

        :param body: as for a message, without ``max_tokens``
        :param seconds: longest silence
        :raises ClaudeError: on every failure
        """
        text = json.dumps(body, ensure_ascii=False)
        response = self._post("/v1/messages/count_tokens", text, seconds)
        tokens = _json_object(response).get("input_tokens")
        if not isinstance(tokens, int):
            raise foreign_answer_error(response.status_code)
        return tokens

    def models(self, lifecycles: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return the models that the key may use, newest first, as the API tells them:
        ``id``, ``display_name``, ``lifecycle``, ``retires_at``, ``capabilities``...

        It is free, so it also serves to test a connection.

        :param lifecycles: stages of life to tell of; without any, the API leaves out
            what is retired
        :raises ClaudeError: on every failure
        """
        query: dict[str, Any] = {"limit": "100"}
        if lifecycles:
            query["lifecycle"] = list(lifecycles)
        found: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = self.get("/v1/models", {**query, **after})
            if not isinstance(page.get("data"), list):
                raise foreign_answer_error(200)
            found += page["data"]
            if not page.get("has_more") or not page["data"]:
                return found
            after = {"after_id": page["data"][-1]["id"]}

    def get(
        self,
        path: str,
        query: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the JSON object that ``GET path`` answers; it is free.

        :param query: lists become ``name[]=`` once for each value
        :raises ClaudeError: on every failure
        """
        try:
            response = self._sdk.get(
                path,
                cast_to=httpx2.Response,
                options={
                    "params": query,
                    "headers": headers or {},
                    "timeout": _timeout(READ_SECONDS),
                },
            )
        except Exception as error:  # the mapping passes on what is not the SDK's
            raise error_of_exception(error) from error
        return _json_object(response)

    def _post(
        self, path: str, body: str, seconds: float, *, stream: bool = False
    ) -> httpx2.Response:
        try:
            return self._sdk.post(
                path,
                cast_to=httpx2.Response,
                content=body.encode(),
                options={"timeout": _timeout(seconds)},
                stream=stream,
                stream_cls=anthropic.Stream[object],
            )
        except Exception as error:  # the mapping passes on what is not the SDK's
            raise error_of_exception(error) from error


class ByteStream:
    """An answer that arrives: headers now, bytes by and by. Close it in any case."""

    def __init__(self, response: httpx2.Response) -> None:
        self._response = response
        self.headers: Mapping[str, str] = response.headers
        self.request_id = response.headers.get("request-id", "")
        content_type = response.headers.get("content-type", "")
        if not content_type.startswith("text/event-stream"):
            self.close()
            raise foreign_answer_error(response.status_code, self.request_id)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes as they come from the network.

        :raises ClaudeError: when the connection breaks or stays silent
        """
        response = self._response
        packed = "content-encoding" in response.headers
        try:
            yield from response.iter_bytes() if packed else response.iter_raw()
        except httpx2.HTTPError as error:
            raise self._broken(error) from error

    def close(self) -> None:
        """Give the connection back, or close it when the answer is not complete."""
        self._response.close()

    def _broken(self, error: httpx2.HTTPError) -> ClaudeError:
        if isinstance(error, httpx2.TimeoutException):
            mapped = error_of_exception(error)
            mapped.request_id = self.request_id
            return mapped
        return cut_error(self.request_id)


def _timeout(seconds: float) -> httpx2.Timeout:
    return httpx2.Timeout(
        connect=min(CONNECT_SECONDS, seconds),
        read=seconds,
        write=min(_WRITE_SECONDS, seconds),
        pool=min(CONNECT_SECONDS, seconds),
    )


def _json_object(response: httpx2.Response) -> dict[str, Any]:
    request_id = response.headers.get("request-id", "")
    try:
        value = json.loads(response.content)
    except ValueError as error:
        raise foreign_answer_error(response.status_code, request_id) from error
    if not isinstance(value, dict):
        raise foreign_answer_error(response.status_code, request_id)
    return value
