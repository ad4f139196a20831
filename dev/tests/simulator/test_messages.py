from __future__ import annotations

import json
import re

import anthropic
import jsonschema
import pytest

from .common import (
    HAIKU,
    OLD_HAIKU,
    OPUS,
    SONNET,
    VALIDATION_SCHEMA,
    answer,
    call,
    clean_facts,
    events_of,
    post,
    raw_post,
    read_chunked,
    simple_body,
    text_of,
    validation_body,
)


def test_the_sdk_gets_a_message(client):
    message = client.messages.create(**validation_body(clean_facts()))
    assert message.type == "message" and message.role == "assistant"
    assert message.model == HAIKU
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking == "" and message.content[0].signature
    assert message.stop_reason == "end_turn"
    jsonschema.validate(json.loads(message.content[1].text), VALIDATION_SCHEMA)
    assert message._request_id.startswith("req_01")


def test_the_sdk_streams_the_same_answer(client):
    body = validation_body(clean_facts())
    whole = client.messages.create(**body)
    with client.messages.stream(**body) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole.content[1].text
    assert final.content[0].signature == whole.content[0].signature
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert final.stop_reason == "end_turn"


def test_the_bytes_of_a_stream(url):
    port = int(url.rsplit(":", 1)[1])
    raw = read_chunked(raw_post(port, simple_body(stream=True)))
    head = raw.partition(b"\r\n\r\n")[0].decode().lower()
    assert "content-type: text/event-stream; charset=utf-8" in head
    assert "request-id: req_01" in head
    events = events_of(raw)
    kinds = [event["type"] for event in events]
    assert kinds[:4] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
    ]
    assert kinds[4:6] == ["content_block_start", "ping"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    start = events[0]["message"]
    assert start["content"] == [] and start["stop_reason"] is None
    assert start["usage"]["output_tokens"] == 1
    assert events[1]["content_block"] == {
        "type": "thinking",
        "thinking": "",
        "signature": "",
    }
    assert b'event: message_stop\ndata: {"type":"message_stop"}\n\n' in raw


def test_every_answer_carries_the_headers(url):
    status, headers, _body = post(url, simple_body())
    assert status == 200
    assert headers["request-id"].startswith("req_01")
    assert headers["anthropic-workspace-id"].startswith("wrkspc_")
    assert headers["x-claude-simulator"] == "1"
    limits = [name for name in headers if name.startswith("anthropic-ratelimit-")]
    assert len(limits) == 12
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        headers["anthropic-ratelimit-requests-reset"],
    )
    status, headers, body = post(url, simple_body(temperature=1))
    assert status == 400
    assert headers["request-id"] == body["request_id"]
    assert headers["x-claude-simulator"] == "1"


def test_the_remaining_requests_fall(url):
    first = post(url, simple_body())[1]["anthropic-ratelimit-requests-remaining"]
    second = post(url, simple_body())[1]["anthropic-ratelimit-requests-remaining"]
    assert int(second) <= int(first)


@pytest.mark.parametrize(
    ("headers", "key", "status"),
    [
        ({}, "sk-ant-one", 200),
        ({"x-api-key": "sk-ant-one"}, None, 200),
        ({"x-api-key": "sk-ant-invalid"}, "sk-ant-one", 401),
        ({"x-api-key": "sk-ant-one"}, "sk-ant-invalid-1", 200),
        ({}, "sk-ant-invalid-1", 401),
        ({}, None, 401),
    ],
)
def test_the_key_is_a_bearer_or_x_api_key_which_wins(url, headers, key, status):
    got, _headers, body = post(url, simple_body(), headers=headers, key=key)
    assert got == status
    if status == 401:
        assert body["error"]["type"] == "authentication_error"


@pytest.mark.parametrize("version", [None, "2024-01-01"])
def test_the_version_has_to_be_known(url, version):
    status, _headers, body = post(url, simple_body(), version=version)
    assert status == 400
    assert "anthropic-version" in body["error"]["message"]


def test_thinking_grows_with_the_effort(url):
    counts = []
    for effort in ("low", "medium", "high"):
        body = simple_body(max_tokens=20_000, output_config={"effort": effort})
        details = answer(url, body)["usage"]["output_tokens_details"]
        counts.append(details["thinking_tokens"])
    assert counts[0] < counts[1] < counts[2]


def test_thinking_is_inside_the_output_and_can_use_all_of_it(url):
    message = answer(url, simple_body(max_tokens=10))
    assert message["stop_reason"] == "max_tokens"
    assert [block["type"] for block in message["content"]] == ["thinking"]
    assert message["usage"]["output_tokens"] == 10
    assert message["usage"]["output_tokens_details"] == {"thinking_tokens": 10}


def test_an_answer_is_cut_at_the_limit(url):
    body = simple_body(max_tokens=10, thinking={"type": "disabled"})
    message = answer(url, body)
    assert message["stop_reason"] == "max_tokens"
    assert message["usage"]["output_tokens"] == 10
    whole = answer(url, {**body, "max_tokens": 500})
    assert text_of(whole).startswith(text_of(message))
    assert len(text_of(whole)) > len(text_of(message))


def test_old_models_do_not_think_unless_told(url):
    message = answer(url, simple_body(model=OLD_HAIKU))
    assert message["model"] == "claude-haiku-4-5-20251001"
    assert [block["type"] for block in message["content"]] == ["text"]
    thinking = {"type": "enabled", "budget_tokens": 1024}
    message = answer(url, simple_body(model=OLD_HAIKU, thinking=thinking))
    assert message["content"][0]["type"] == "thinking"


def test_a_stop_sequence_ends_the_answer(url):
    body = simple_body(stop_sequences=["giro"], thinking={"type": "disabled"})
    message = answer(url, body)
    assert message["stop_reason"] == "stop_sequence"
    assert message["stop_sequence"] == "giro"
    assert "giro" not in text_of(message)


def test_counting_is_an_estimate_of_the_usage(client, url):
    body = validation_body(clean_facts(), system="Policy. " * 500)
    del body["max_tokens"]
    counted = client.messages.count_tokens(**body).input_tokens
    usage = answer(url, {**body, "max_tokens": 3000})["usage"]
    assert abs(counted - usage["input_tokens"]) <= usage["input_tokens"] * 0.005 + 1
    assert counted == client.messages.count_tokens(**body).input_tokens


def test_the_new_tokenizer_counts_more(client):
    messages = [{"role": "user", "content": "Texto de una factura. " * 200}]
    new = client.messages.count_tokens(model=HAIKU, messages=messages).input_tokens
    old = client.messages.count_tokens(model=OLD_HAIKU, messages=messages).input_tokens
    assert 1.25 < new / old < 1.4


def test_models_are_listed_newest_first(client):
    models = list(client.models.list(limit=2))
    names = [model.id for model in models]
    assert names.index("claude-fable-5-2") < names.index(HAIKU) < names.index(SONNET)
    assert "claude-3-haiku-20240307" not in names
    haiku = client.models.retrieve(HAIKU)
    assert haiku.lifecycle == "active" and haiku.line == "haiku"
    assert haiku.capabilities.thinking.types.disabled.supported
    opus = client.models.retrieve(OPUS)
    assert not opus.capabilities.thinking.types.disabled.supported


def test_a_model_retires_on_its_day(client, control):
    control.settings(clock="2026-11-29T23:59:00Z")
    old = client.models.retrieve("claude-sonnet-4-5")
    assert old.lifecycle == "deprecated"
    assert old.retires_at.isoformat() == "2026-11-30T00:00:00+00:00"
    body = simple_body(model="claude-sonnet-4-5")
    with pytest.warns(DeprecationWarning):
        client.messages.create(**body)
    control.settings(advance_seconds=120)
    with pytest.raises(anthropic.NotFoundError), pytest.warns(DeprecationWarning):
        client.messages.create(**body)
    assert old.id not in [model.id for model in client.models.list()]
    retired = [model.id for model in client.models.list(lifecycle=["retired"])]
    assert old.id in retired


def test_dates_of_models_can_be_set(client, control):
    control.settings(model_dates={HAIKU: {"lifecycle": "retired"}})
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(**simple_body())
    control.settings(model_dates={})
    client.messages.create(**simple_body())


def test_a_model_from_the_future_does_not_exist(client, control):
    control.settings(clock="2026-10-01T00:00:00Z")
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve(HAIKU)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "after_id=a&before_id=b"])
def test_wrong_pages_of_models_are_refused(url, query):
    assert call(url, f"/v1/models?{query}")[0] == 400


def test_an_unknown_path_is_an_api_error(url):
    status, _headers, body = call(url, "/v1/nowhere")
    assert status == 404 and body["error"]["type"] == "not_found_error"
