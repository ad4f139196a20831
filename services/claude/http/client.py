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
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import anthropic
import httpx2

from ...common.storable import storable
from ...common.translation import _
from ..errors import ClaudeError
from .connection_settings import check_address, check_key, not_ready
from .errors_mapping import cut_error, error_of_exception, foreign_answer_error
from .exchange import AnswerTooLong, DeadlinePassed, Exchange, exchange_under_way
from .transport import Transport, environment_proxy

# It writes a line for each request; of ours only failures are worth one. A level that
# the operator chose stands.
_http_log = logging.getLogger("httpx2")
if _http_log.level == logging.NOTSET:
    _http_log.setLevel(logging.WARNING)

_API_VERSION = "2026-10-21"
"""The version of the API whose answers are read here."""
CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
"""Longest silence within an answer; Claude sends pings while it thinks."""
_WRITE_SECONDS = 30.0
_END_SECONDS = 2.0
_MOST_MODELS = 1000
"""The list of models is not read further; Claude has some dozens."""

_STREAMED: bool = True
"""For the SDK's ``stream``: its types do not know a response that is asked for raw and
streamed, they promise either."""

_log = logging.getLogger(__name__)

_NO_SOCKS = _(
    "The server's environment names a SOCKS proxy, for which a Python package is "
    "missing: whoever runs the server has to install socksio, or to name another proxy."
)
_NO_CERTIFICATES = _(
    "The certificates that the server's environment names (SSL_CERT_FILE, "
    "SSL_CERT_DIR) cannot be read: whoever runs the server has to mend them."
)
_NO_PROXY = _(
    "The proxy that the server's environment names (HTTPS_PROXY, ALL_PROXY, NO_PROXY) "
    "cannot be used: whoever runs the server has to mend it."
)
_NO_CLIENT = _(
    "The connection to Claude cannot be prepared on this server: whoever runs it finds "
    "the kind of error in its log."
)


def client_for(api_key: str, base_url: str) -> ClaudeClient:
    """Return the client of this process for a key and an address.

    Building one takes 20 ms (certificates) and its connections stay open, so it is
    built once. A forked process gets its own: connections cannot be shared.

    :raises ClaudeError: ``not_ready``: key, address or the server's environment have
        to be mended first
    """
    check_key(api_key)
    check_address(base_url)
    try:
        return _client_of_process(api_key, base_url, os.getpid())
    except Exception as error:
        # No failure here may stop a validation: the rules answer. The exception's text
        # may repeat a proxy's password, so only its type is logged.
        _log.warning("no client for Claude: %s", type(error).__name__)
        raise not_ready(_cause_of(error)) from None


def _cause_of(error: Exception) -> str:
    """Return the sentence for a client that could not be built. Key and address were
    checked before, so the cause is in the server's environment."""
    if isinstance(error, ImportError):
        return _NO_SOCKS
    if isinstance(error, OSError):  # of SSL, too
        return _NO_CERTIFICATES
    if isinstance(error, ValueError | httpx2.InvalidURL):
        return _NO_PROXY
    return _NO_CLIENT


@lru_cache(maxsize=8)
def _client_of_process(api_key: str, base_url: str, _pid: int) -> ClaudeClient:
    return ClaudeClient(api_key, base_url)


def _own_http_client(url: str) -> httpx2.Client:
    return httpx2.Client(
        transport=Transport(environment_proxy(url)),
        trust_env=False,
        # A redirected POST would go out a second time, and to somebody else.
        follow_redirects=False,
    )


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
        http_client = http_client or _own_http_client(self.endpoint)
        http_client.event_hooks = {
            **http_client.event_hooks,
            "response": [_record_status],
        }
        self._sdk = anthropic.Anthropic(
            api_key=api_key,
            base_url=self.endpoint,
            max_retries=0,
            open_telemetry=False,
            http_client=http_client,
        )
        http_client.auth = _authentication(self._sdk)
        self._headers = _own_headers(self._sdk)

    def close(self) -> None:
        """Close the connections."""
        self._sdk.close()

    def call(
        self,
        body: str,
        exchange: Exchange | None = None,
    ) -> tuple[Mapping[str, str], dict[str, Any]]:
        """Send ``POST /v1/messages`` and return headers and message.

        :param body: the request as JSON, without ``stream``
        :param exchange: what the call may take in all
        :raises ClaudeError: on every failure
        """
        answer = self._post("/v1/messages", body, exchange)
        return answer.headers, answer.json_object()

    def stream(self, body: str, exchange: Exchange | None = None) -> ByteStream:
        """Send ``POST /v1/messages`` with ``stream`` and return the open answer.

        The parameters are those of :meth:`call`.

        :raises ClaudeError: on every failure up to the headers of the answer
        """
        answer = self._post("/v1/messages", f'{body[:-1]},"stream":true}}', exchange)
        answer.check_content_type("text/event-stream")
        return answer

    def count_tokens(
        self, body: Mapping[str, Any], *, seconds: float = READ_SECONDS
    ) -> int:
        """Return Claude's own count of the input tokens of ``body``; it is free.

        :param body: as for a message, without ``max_tokens``
        :param seconds: longest wait for the whole answer
        :raises ClaudeError: on every failure
        """
        text = json.dumps(body, ensure_ascii=False)
        answer = self._post("/v1/messages/count_tokens", text, Exchange(seconds))
        tokens = answer.json_object().get("input_tokens")
        if not isinstance(tokens, int):
            raise foreign_answer_error(answer.status)
        return tokens

    def models(
        self, lifecycles: Sequence[str] = (), seconds: float = READ_SECONDS
    ) -> list[Any]:
        """Return the models that the key may use, newest first, as the API lists them:
        ``id``, ``display_name``, ``lifecycle``, ``retires_at``, ``capabilities``...

        It is free, so it also serves to test a connection. The entries are not checked:
        :func:`.catalogue.read_models` does that.

        :param lifecycles: stages of life to list; without any, the API leaves out
            retired models
        :param seconds: longest wait for each page
        :raises ClaudeError: on every failure
        """
        query: dict[str, Any] = {"limit": "100"}
        if lifecycles:
            query["lifecycle"] = list(lifecycles)
        found: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = self.get("/v1/models", {**query, **after}, seconds=seconds)
            entries = page.get("data")
            if not isinstance(entries, list):
                raise foreign_answer_error(200)
            found += entries
            if not page.get("has_more") or not entries or len(found) > _MOST_MODELS:
                return found
            last = entries[-1].get("id") if isinstance(entries[-1], dict) else None
            if not isinstance(last, str) or {"after_id": last} == after:
                raise foreign_answer_error(200)  # it repeats itself
            after = {"after_id": last}

    def get(
        self,
        path: str,
        query: Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
        seconds: float = READ_SECONDS,
    ) -> dict[str, Any]:
        """Return the JSON object that ``GET path`` answers; it is free.

        :param query: lists become ``name[]=`` once for each value
        :param seconds: longest wait for the whole answer
        :raises ClaudeError: on every failure
        """
        exchange = Exchange(seconds)
        return self._send(
            exchange,
            lambda: self._sdk.get(
                path,
                cast_to=httpx2.Response,
                options={
                    "params": query,
                    "headers": {**self._headers, **(headers or {})},
                    "timeout": _timeout(exchange),
                },
                stream=_STREAMED,
                stream_cls=anthropic.Stream[object],
            ),
        ).json_object()

    def _post(self, path: str, body: str, exchange: Exchange | None) -> ByteStream:
        exchange = exchange or Exchange(READ_SECONDS)
        return self._send(
            exchange,
            lambda: self._sdk.post(
                path,
                cast_to=httpx2.Response,
                content=body.encode(),
                options={"headers": self._headers, "timeout": _timeout(exchange)},
                stream=_STREAMED,
                stream_cls=anthropic.Stream[object],
            ),
        )

    @staticmethod
    def _send(
        exchange: Exchange,
        send: Callable[[], httpx2.Response | anthropic.Stream[object]],
    ) -> ByteStream:
        """Return the open answer to what ``send`` sends, its headers read."""
        try:
            with exchange.under_way():
                response = send()
        except Exception as error:  # the mapping raises what is not the SDK's
            mapped = error_of_exception(error)
            if 300 <= exchange.status < 500:
                mapped.ambiguous = False  # refused, even if its body was cut off
            raise mapped from error
        if not isinstance(response, httpx2.Response):
            raise TypeError(f"the SDK returned a {type(response).__name__}")
        return ByteStream(response, exchange)


class ByteStream:
    """An open answer: its headers are here, its bytes arrive. It must be closed."""

    def __init__(self, response: httpx2.Response, exchange: Exchange) -> None:
        self._response = response
        self._exchange = exchange
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.request_id = response.headers.get("request-id", "")

    def check_content_type(self, content_type: str) -> None:
        """Check the type of the answer, and close it when it is another.

        :raises ClaudeError: the answer is not Claude's
        """
        if not self.headers.get("content-type", "").startswith(content_type):
            self.close()
            raise foreign_answer_error(self.status, self.request_id)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes as they come from the network.

        :raises ClaudeError: when the connection breaks or stays silent, or the answer
            takes too long or is too long
        """
        response = self._response
        # A body that a transport has read already is kept decoded.
        raw = "content-encoding" not in response.headers
        raw = raw and not response.is_stream_consumed
        chunks = response.iter_raw() if raw else response.iter_bytes()
        size = 0
        try:
            while True:
                # The reader may go on in another thread than the one that began.
                with self._exchange.under_way():
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                size += len(chunk)
                self._exchange.check_size(size)
                yield chunk
        except (httpx2.HTTPError, DeadlinePassed, AnswerTooLong) as error:
            raise self._broken(error) from error

    def json_object(self) -> dict[str, Any]:
        """Return the whole answer, which must be a JSON object, and close it.

        :raises ClaudeError: also when it is none
        """
        try:
            value = storable(json.loads(b"".join(self.chunks())))
        except (ValueError, RecursionError) as error:
            raise foreign_answer_error(self.status, self.request_id) from error
        finally:
            self.close()
        if not isinstance(value, dict):
            raise foreign_answer_error(self.status, self.request_id)
        return value

    def end_soon(self) -> None:
        """Limit the wait for the end, which only the reuse of the connection needs."""
        self._exchange.end_soon(_END_SECONDS)

    def close(self) -> None:
        """Give the connection back, or close it when the answer is not complete."""
        self._response.close()

    def _broken(self, error: Exception) -> ClaudeError:
        if isinstance(error, httpx2.HTTPError) and not isinstance(
            error, httpx2.TimeoutException
        ):
            return cut_error(self.request_id)
        mapped = error_of_exception(error)
        mapped.request_id = self.request_id
        return mapped


def _own_headers(sdk: anthropic.Anthropic) -> dict[str, str | anthropic.Omit]:
    """Return the headers of each request, and which others are left out.

    The SDK reads ANTHROPIC_CUSTOM_HEADERS even with an explicit key: what is set for
    another program on this machine must not reach these calls.
    """
    own = {
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": sdk.user_agent,
        "x-stainless-async": "false",
        "anthropic-version": _API_VERSION,
        **sdk.platform_headers(),
    }
    return {
        **{name.lower(): anthropic.Omit() for name in sdk.default_headers},
        **{name.lower(): value for name, value in own.items()},
    }


def _authentication(
    sdk: anthropic.Anthropic,
) -> Callable[[httpx2.Request], httpx2.Request]:
    """Return what puts the key into a request when it is sent. The SDK logs at DEBUG
    the headers that it is given for a request: the key is not among them."""

    def authenticate(request: httpx2.Request) -> httpx2.Request:
        request.headers.update(sdk.auth_headers)
        return request

    return authenticate


def _record_status(response: httpx2.Response) -> None:
    """Record the status before the SDK reads the whole body of an error.

    The SDK is kept from decoding that body, because few compressed bytes may fill the
    memory; the status says enough.
    """
    exchange = exchange_under_way()
    if exchange is not None:
        exchange.status = response.status_code
    if response.status_code >= 300:
        response.headers.pop("content-encoding", None)


def _timeout(exchange: Exchange) -> httpx2.Timeout:
    """Return the timeouts of single steps; the exchange limits all of them together."""
    seconds = max(1.0, min(READ_SECONDS, exchange.seconds))
    return httpx2.Timeout(
        connect=min(CONNECT_SECONDS, seconds),
        read=seconds,
        write=min(_WRITE_SECONDS, seconds),
        pool=min(CONNECT_SECONDS, seconds),
    )
