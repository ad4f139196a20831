"""What any Odoo route needs at least to relay a stream of Claude to a browser."""

import functools
import json
import os
from pathlib import Path

import anthropic

from odoo import http
from odoo.http import request


@functools.cache
def _client() -> anthropic.Anthropic:
    return anthropic.Anthropic(
        api_key=os.environ["ACCOUNT_AI_API_KEY"],
        base_url=os.environ["ACCOUNT_AI_BASE_URL"],
        max_retries=0,
        open_telemetry=False,
    )


@functools.cache
def _body() -> dict:
    """Return the very request that the product sends, prepared by the benchmark."""
    return json.loads(Path(os.environ["ACCOUNT_AI_RELAY_BODY"]).read_text())


class Relay(http.Controller):
    @http.route(
        "/account_ai_relay",
        type="http",
        auth="user",
        methods=["POST"],
        save_session=False,
    )
    def relay(self):
        def events():
            with _client().messages.stream(**_body()) as stream:
                for text in stream.text_stream:
                    yield f"event: token\ndata: {json.dumps(text)}\n\n"
            yield "event: done\ndata: {}\n\n"

        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return request.make_response(
            events(), [("Content-Type", "text/event-stream"), *headers.items()]
        )
