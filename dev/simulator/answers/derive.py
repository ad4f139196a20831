"""Chooses how a request is answered and gives the content blocks."""

from __future__ import annotations

from typing import Any

from .. import tokens
from . import invoice, plain_text, schema_value, tool_calls
from .obedience import read_orders

Blocks = list[dict[str, Any]]


def derive_answer(body: dict[str, Any], *, gullible: bool) -> tuple[Blocks, str]:
    """Return the content blocks and the stop reason that answer ``body``.

    In order: a call of a tool that the text clearly asks for, an answer to the
    JSON schema, a plain text. ``gullible`` obeys any text of the input.
    """
    orders = read_orders(body) if gullible else None
    calls = tool_calls.wanted_calls(body, orders)
    if calls:
        return calls, "tool_use"
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    if schema is None:
        return [_text(plain_text.reply(body, orders))], "end_turn"
    if invoice.is_validation(schema):
        value = invoice.judge(body, schema, orders)
    else:
        value = schema_value.value_for(schema, body, orders)
    return [_text(tokens.compact_json(value))], "end_turn"


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}
