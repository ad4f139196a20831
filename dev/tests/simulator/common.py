"""What the tests of the simulator share: requests, facts, raw HTTP."""

from __future__ import annotations

import copy
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
OPUS = "claude-opus-5-5"
OLD_HAIKU = "claude-haiku-4-5"
VERSION = "2026-10-21"

CODES = [
    "SEM_CODE_ONLY_DESC",
    "SEM_CURRENCY_CONFUSION",
    "SEM_DUP_SERVICE",
    "SEM_EXEMPT_IMPLAUSIBLE",
    "SEM_GIRO_MISMATCH",
    "SEM_MILESTONE_AMOUNT",
    "SEM_NOTE_REASON",
    "SEM_PERIOD_MISMATCH",
    "SEM_PERSONAL_EXPENSE",
    "SEM_PROJECT_CONFLICT",
    "SEM_PROMPT_INJECTION",
    "SEM_SPLIT_BOLETA",
    "SEM_UNUSUAL_AMOUNT",
    "SEM_VAGUE_DESC",
]


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
VALIDATION_SCHEMA = _object(
    findings={
        "type": "array",
        "items": _object(
            code={"type": "string", "enum": CODES},
            sev={"type": "string", "enum": ["E", "W", "I"]},
            line={"type": "integer"},
            field=TEXT,
            quote=TEXT,
            why=TEXT,
            fix=TEXT,
        ),
    },
    verdict={"type": "string", "enum": ["send", "review", "reject"]},
    conf={"type": "string", "enum": ["high", "medium", "low"]},
)

CLEAN_FACTS = {
    "document": {
        "type": "33",
        "flow": "sale",
        "issuer": {
            "name": "Aseos del Sur SpA",
            "rut": "76.000.000-0",
            "giro": "Servicios de aseo industrial",
        },
        "receiver": {"name": "Viña Norte Ltda.", "giro": "Elaboración de vinos"},
        "issue_date": "2026-11-20",
        "due_date": "2026-12-20",
        "currency": "CLP",
        "net": 1_000_000,
        "exempt": 0,
        "tax": 190_000,
        "total": 1_190_000,
        "lines": [
            {
                "n": 1,
                "name": "Aseo de planta noviembre 2026",
                "description": "Contrato 2026-14",
                "quantity": "1",
                "unit": "UN",
                "price": "1000000",
                "amount": 1_000_000,
                "exempt": False,
            }
        ],
        "references": [],
        "notes": "",
    },
    "history": {
        "count": 10,
        "median_total": 1_190_000,
        "min_total": 1_150_000,
        "max_total": 1_250_000,
        "recent": [
            {
                "date": "2026-10-20",
                "total": 1_190_000,
                "lines": ["Aseo de planta octubre 2026"],
            }
        ],
    },
}


def clean_facts() -> dict[str, Any]:
    """Return facts that give no reason for a finding."""
    return copy.deepcopy(CLEAN_FACTS)


def simple_body(**changes: Any) -> dict[str, Any]:
    """Return a small valid request of the Messages API."""
    body = {
        "model": HAIKU,
        "max_tokens": 2_000,
        "messages": [{"role": "user", "content": "What is a giro?"}],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def validation_body(
    facts: dict[str, Any] | None, system: str = "Answer in English.", **changes: Any
) -> dict[str, Any]:
    """Return the validation request of the product about ``facts``."""
    text = "The facts of one invoice follow.\n<facts>\n"
    text += json.dumps(facts, ensure_ascii=False) + "\n</facts>"
    return simple_body(
        system=[{"type": "text", "text": system}],
        messages=[{"role": "user", "content": [{"type": "text", "text": text}]}],
        output_config={
            "effort": "low",
            "format": {"type": "json_schema", "schema": VALIDATION_SCHEMA},
        },
        **changes,
    )


def call(
    base_url: str,
    path: str,
    body: Any = None,
    *,
    method: str | None = None,
    headers: dict[str, str] | None = None,
    key: str | None = "sk-ant-test",
    version: str | None = VERSION,
) -> tuple[int, dict[str, str], Any]:
    """Return status, headers (lower case) and JSON of one request."""
    sent = {"content-type": "application/json", **(headers or {})}
    if key:
        sent["authorization"] = f"Bearer {key}"
    if version:
        sent["anthropic-version"] = version
    data = body if isinstance(body, bytes) else None
    if body is not None and data is None:
        data = json.dumps(body).encode()
    request = urllib.request.Request(
        base_url + path, data=data, headers=sent, method=method
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        response = opener.open(request, timeout=30)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        received = {name.lower(): value for name, value in response.headers.items()}
        return response.status, received, json.loads(response.read())


def post(base_url: str, body: Any, **options: Any) -> tuple[int, dict[str, str], Any]:
    """Send ``body`` to the Messages API."""
    return call(base_url, "/v1/messages", body, **options)


def answer(base_url: str, body: Any, **options: Any) -> dict[str, Any]:
    """Return the message that answers ``body``."""
    status, _headers, message = post(base_url, body, **options)
    assert status == 200, message
    return message


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message."""
    return "".join(
        block["text"] for block in message["content"] if block["type"] == "text"
    )


def judged(base_url: str, facts: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return the answer to a validation of ``facts``."""
    return json.loads(text_of(answer(base_url, validation_body(facts, **options))))


def found_codes(judgement: dict[str, Any]) -> set[str]:
    """Return the codes of the findings without their prefix."""
    return {finding["code"].removeprefix("SEM_") for finding in judgement["findings"]}


def wait_until(condition: Callable[[], Any], seconds: float = 120) -> None:
    """Return as soon as ``condition`` is true; how long it took says nothing.

    :raise AssertionError: if it is not within ``seconds``
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


def raw_post(port: int, body: dict[str, Any]) -> socket.socket:
    """Send ``body`` over a plain socket, and return the socket to read from."""
    data = json.dumps(body).encode()
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(
        b"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        b"content-type: application/json\r\nx-api-key: sk-ant-raw\r\n"
        + f"anthropic-version: {VERSION}\r\n".encode()
        + f"content-length: {len(data)}\r\n\r\n".encode()
        + data
    )
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Return what arrives until the other side closes.

    :raise ConnectionResetError: if it resets the connection
    """
    parts = []
    with connection:
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def read_chunked(connection: socket.socket) -> bytes:
    """Return what arrives until the end of a chunked body."""
    raw = b""
    with connection:
        while not raw.endswith(b"0\r\n\r\n"):
            part = connection.recv(65_536)
            assert part, raw
            raw += part
    return raw


def events_of(raw: bytes) -> list[dict[str, Any]]:
    """Return the data of the server-sent events in a chunked answer."""
    _head, _, rest = raw.partition(b"\r\n\r\n")
    text = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        text += rest[:length]
        rest = rest[length + 2 :]
    return [
        json.loads(line[6:])
        for line in text.decode().split("\n")
        if line.startswith("data: ")
    ]
