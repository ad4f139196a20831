from __future__ import annotations

import json

import anthropic
import httpx2
import pytest

from .common import (
    VALIDATION_SCHEMA,
    answer,
    clean_facts,
    events_of,
    post,
    raw_post,
    read_all,
    read_chunked,
    simple_body,
    text_of,
    validation_body,
    wait_until,
)


@pytest.fixture
def port(url):
    return int(url.rsplit(":", 1)[1])


def vague_body(**changes):
    facts = clean_facts()
    facts["document"]["lines"][0].update(name="Servicios varios", description="")
    return validation_body(facts, **changes)


@pytest.mark.parametrize(
    ("kind", "status", "error", "error_type", "code"),
    [
        ("usage_limit", 400, "BadRequestError", "invalid_request_error", None),
        (
            "workspace_usage_limit",
            400,
            "BadRequestError",
            "invalid_request_error",
            None,
        ),
        ("authentication", 401, "AuthenticationError", "authentication_error", None),
        ("billing", 402, "PaymentRequiredError", "billing_error", None),
        ("permission", 403, "PermissionDeniedError", "permission_error", None),
        ("model_retired", 404, "NotFoundError", "not_found_error", None),
        ("request_timeout", 408, "RequestTimeoutError", "api_error", None),
        ("conflict", 409, "ConflictError", "conflict_error", None),
        ("request_too_large", 413, "ContentTooLargeError", "request_too_large", None),
        ("rate_limit", 429, "RateLimitError", "rate_limit_error", None),
        (
            "spend_limit",
            429,
            "EnforcedSpendLimitReachedError",
            "rate_limit_error",
            "enforced_spend_limit_reached",
        ),
        (
            "contract_spend_limit",
            429,
            "ContractSpendLimitReachedError",
            "rate_limit_error",
            "contract_spend_limit_reached",
        ),
        (
            "ramp_limit",
            429,
            "RampLimitExceededError",
            "rate_limit_error",
            "ramp_limit_exceeded",
        ),
        ("api_error", 500, "InternalServerError", "api_error", None),
        ("bad_gateway", 502, "InternalServerError", "api_error", None),
        ("unavailable", 503, "ServiceUnavailableError", "api_error", None),
        ("timeout", 504, "GatewayTimeoutError", "timeout_error", None),
        ("overloaded", 529, "OverloadedError", "overloaded_error", None),
    ],
)
@pytest.mark.parametrize("streams", [False, True])
def test_errors_as_the_sdk_knows_them(
    client, control, kind, status, error, error_type, code, streams
):
    control.fault(kind)
    body = simple_body()
    with pytest.raises(getattr(anthropic, error)) as raised:
        if streams:
            with client.messages.stream(**body):
                pass
        else:
            client.messages.create(**body)
    assert raised.value.status_code == status
    assert raised.value.type == error_type
    assert raised.value.request_id
    details = raised.value.body["error"].get("details") or {}
    assert details.get("error_code") == code
    (request,) = control.requests()
    assert request["fault"] == kind and not request["executed"]
    assert control.usage()["usd"] == "0"
    client.messages.create(**body)


def test_retry_after(url, control):
    control.fault("rate_limit", retry_after=1_800)
    assert post(url, simple_body())[1]["retry-after"] == "1800"
    control.fault("spend_limit")
    assert "retry-after" not in post(url, simple_body())[1]


def test_faults_strike_so_often_and_only_what_they_match(url, control):
    control.fault("overloaded", times=2, match={"substring": "unlucky"})
    control.fault("billing", match={"model": "claude-opus-5-5"})
    unlucky = simple_body(messages=[{"role": "user", "content": "I am unlucky"}])
    assert post(url, simple_body())[0] == 200
    assert [post(url, unlucky)[0] for _turn in range(3)] == [529, 529, 200]
    assert post(url, simple_body(model="claude-opus-5-5"))[0] == 402
    assert control.faults() == []


def test_an_own_error(url, control):
    control.fault(
        "http", status=418, type="teapot", message="Short and stout", details={"a": 1}
    )
    status, _headers, body = post(url, simple_body())
    assert status == 418
    assert body["error"] == {
        "type": "teapot",
        "message": "Short and stout",
        "details": {"a": 1},
    }


def test_unknown_faults_are_refused(control):
    with pytest.raises(ValueError, match="is not one of"):
        control.fault("earthquake")
    with pytest.raises(ValueError, match="match"):
        control.fault("overloaded", match={"colour": "red"})
    with pytest.raises(ValueError, match="times"):
        control.fault("overloaded", times=0)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("kind", "executed"),
    [
        ("drop_before_executing", False),
        ("reset_before_executing", False),
        ("drop_after_executing", True),
        ("reset_after_executing", True),
    ],
)
def test_a_lost_connection_may_have_cost(client, control, kind, executed, streams):
    control.fault(kind)
    with pytest.raises(anthropic.APIConnectionError):
        if streams:
            with client.messages.stream(**simple_body()):
                pass
        else:
            client.messages.create(**simple_body())
    (request,) = control.requests()
    assert request["executed"] is executed
    assert (float(control.usage()["usd"]) > 0) is executed
    assert request["delivered"]["complete"] is False


def test_the_sdk_pays_twice_when_it_retries(client, control):
    control.fault("drop_after_executing")
    message = client.with_options(max_retries=1).messages.create(**simple_body())
    assert message.content
    lines = control.usage()["requests"]
    assert len(lines) == 2 and lines[0]["usage"] == lines[1]["usage"]


def test_a_reset_is_a_reset(port, control):
    control.fault("reset_after_executing")
    with pytest.raises(ConnectionResetError):
        read_all(raw_post(port, simple_body()))
    control.fault("drop_after_executing")
    assert read_all(raw_post(port, simple_body())) == b""


def test_html_instead_of_an_answer(client, control):
    control.fault("html")
    assert isinstance(client.messages.create(**simple_body()), str)
    control.fault("html_error")
    with pytest.raises(anthropic.InternalServerError):
        client.messages.create(**simple_body())
    control.fault("empty_body")
    with pytest.raises(json.JSONDecodeError):
        client.messages.create(**simple_body())


def test_a_stall_lasts_until_the_caller_gives_up(client, control):
    control.fault("stall")
    with pytest.raises(anthropic.APITimeoutError):
        client.with_options(timeout=0.2).messages.create(**simple_body())
    assert not control.requests()[0]["executed"]


# Faults of streams, byte by byte.


def test_an_error_event_in_the_middle(client, port, control):
    control.fault("stream_error", times=2, after_deltas=2)
    events = events_of(read_chunked(raw_post(port, simple_body(stream=True))))
    assert events[-1]["type"] == "error"
    assert events[-1]["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert events[-1]["request_id"].startswith("req_")
    assert _text_deltas(events) == 2
    with pytest.raises(anthropic.APIStatusError) as raised:
        with client.messages.stream(**simple_body()) as stream:
            stream.until_done()
    assert raised.value.status_code == 200 and raised.value.type == "overloaded_error"


def _text_deltas(events):
    return sum(
        event["type"] == "content_block_delta"
        and event["delta"]["type"] == "text_delta"
        for event in events
    )


def test_a_stream_that_ends_too_soon(client, port, control):
    control.fault("stream_close", times=2, after_deltas=3)
    raw = read_chunked(raw_post(port, simple_body(stream=True)))
    events = events_of(raw)
    assert _text_deltas(events) == 3
    assert events[-1]["type"] == "content_block_delta"
    with client.messages.stream(**simple_body()) as stream:
        message = stream.get_final_message()
    assert message.stop_reason is None


def test_a_chunked_body_that_is_cut(client, port, control):
    control.fault("stream_cut", times=2, after_deltas=1)
    raw = read_all(raw_post(port, simple_body(stream=True)))
    assert b"text_delta" in raw and not raw.endswith(b"0\r\n\r\n")
    with pytest.raises(httpx2.RemoteProtocolError):
        with client.messages.stream(**simple_body()) as stream:
            stream.until_done()


def test_a_reset_in_the_middle(port, control):
    control.fault("stream_reset", after_deltas=1)
    with pytest.raises(ConnectionResetError):
        read_all(raw_post(port, simple_body(stream=True)))


def test_a_stall_in_the_middle(client, control):
    control.fault("stream_stall", after_deltas=1)
    with pytest.raises(httpx2.ReadTimeout):
        with client.with_options(timeout=0.2).messages.stream(
            **simple_body()
        ) as stream:
            stream.until_done()
    usage = control.usage()["requests"][0]["usage"]
    details = usage["output_tokens_details"]
    assert details["thinking_tokens"] < usage["output_tokens"]


def test_an_unknown_event_changes_nothing(client, port, control):
    control.fault("stream_unknown_event", times=2, after_deltas=1)
    events = events_of(read_chunked(raw_post(port, simple_body(stream=True))))
    assert "novelty" in {event["type"] for event in events}
    with client.messages.stream(**simple_body()) as stream:
        text = stream.get_final_text()
    assert text == text_of(answer(control.base_url, simple_body()))


def test_a_broken_stream_is_billed_as_far_as_it_went(client, url, control):
    body = simple_body()
    whole = answer(url, body)["usage"]["output_tokens"]
    control.fault("stream_cut", after_deltas=2)
    with pytest.raises(httpx2.RemoteProtocolError):
        with client.messages.stream(**body) as stream:
            stream.until_done()
    usage = control.usage()["requests"][1]["usage"]
    thinking = usage["output_tokens_details"]["thinking_tokens"]
    # Two deltas of four tokens.
    assert usage["output_tokens"] == thinking + 8 < whole
    assert control.requests()[1]["delivered"] == {
        "complete": False,
        "deltas": 2,
        "characters": 20,
        "ended_by": "fault",
    }


def test_a_caller_that_leaves_is_noticed(port, control):
    control.settings(tokens_per_second=20, write_interval_ms=10)
    connection = raw_post(port, simple_body(stream=True))
    connection.recv(10)
    connection.close()
    wait_until(lambda: control.requests()[0]["delivered"]["ended_by"])
    (request,) = control.requests()
    assert request["delivered"]["ended_by"] == "client"
    assert request["delivered"]["complete"] is False
    assert float(request["usd"]) > 0


# Faults of the content.


def test_a_refusal_before_any_output_costs_nothing(client, control):
    control.fault("refusal", category="cyber")
    message = client.messages.create(**vague_body())
    assert message.content == [] and message.stop_reason == "refusal"
    assert message.stop_details.category == "cyber"
    assert message.usage.input_tokens > 0
    assert control.usage()["usd"] == "0"
    assert control.requests()[0]["executed"]


def test_a_refusal_in_the_middle_costs(client, control):
    control.fault("refusal_mid", after_characters=15)
    with client.messages.stream(**vague_body()) as stream:
        message = stream.get_final_message()
    assert len(message.content[-1].text) == 15
    assert message.stop_reason == "refusal"
    assert float(control.usage()["usd"]) > 0


def _spoiled(url, control, kind, **params):
    control.fault(kind, **params)
    message = answer(url, vague_body())
    return message, text_of(message)


def test_truncated_answers(url, control):
    message, text = _spoiled(url, control, "truncated", after_characters=30)
    assert message["stop_reason"] == "max_tokens" and len(text) == 30
    message, text = _spoiled(url, control, "only_thinking")
    assert message["stop_reason"] == "max_tokens" and text == ""
    assert message["content"][0]["type"] == "thinking"


def test_an_empty_turn(url, control):
    message, _text = _spoiled(url, control, "empty_end_turn")
    assert message["content"] == [] and message["stop_reason"] == "end_turn"


def test_other_stop_reasons(url, control):
    message, _text = _spoiled(url, control, "pause_turn")
    assert message["stop_reason"] == "pause_turn"
    message, _text = _spoiled(url, control, "context_exceeded")
    assert message["stop_reason"] == "model_context_window_exceeded"


def test_enums_in_another_casing(url, control):
    _message, text = _spoiled(url, control, "enum_casing")
    value = json.loads(text)
    assert value["verdict"] == "REVIEW"
    finding = value["findings"][0]
    assert finding["code"] == "sem_vague_desc" and finding["sev"] == "w"


@pytest.mark.parametrize(
    ("kind", "starts", "ends"),
    [
        ("fenced", "```json\n{", "}\n```"),
        ("prefixed", "Here is the JSON", "}"),
        ("suffixed", "{", "if you need more."),
    ],
)
def test_wrapped_answers_hold_the_json(url, control, kind, starts, ends):
    _message, text = _spoiled(url, control, kind)
    assert text.startswith(starts) and text.endswith(ends)
    json.loads(text[text.index("{") : text.rindex("}") + 1])


def test_no_json_at_all(url, control):
    _message, text = _spoiled(url, control, "invalid_json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


@pytest.mark.parametrize("wanted", ["I would rather not.", {"findings": [], "line": 0}])
def test_a_scripted_answer(url, control, wanted):
    control.answer(wanted, times=2, match={"substring": "facts"})
    unmatched = text_of(answer(url, simple_body()))
    for _number in range(2):
        text = text_of(answer(url, validation_body(clean_facts())))
        assert text == wanted if isinstance(wanted, str) else json.loads(text) == wanted
        assert text != unmatched
    assert text_of(answer(url, validation_body(clean_facts()))) != text


def test_answers_outside_of_the_schema(url, control):
    _message, text = _spoiled(url, control, "missing_field", field="verdict")
    assert "verdict" not in json.loads(text)
    _message, text = _spoiled(url, control, "extra_field")
    assert set(json.loads(text)) > set(VALIDATION_SCHEMA["properties"])
    _message, text = _spoiled(url, control, "unknown_code")
    assert json.loads(text)["findings"][0]["code"] == "SEM_NOT_IN_THE_LIST"


def test_answers_inside_of_the_schema_that_make_no_sense(url, control):
    _message, text = _spoiled(url, control, "wrong_semantics")
    value = json.loads(text)
    assert value["verdict"] == "send" and value["findings"][0]["sev"] == "E"
    assert value["findings"][0]["line"] == 9999


def test_a_cut_tool_input(client, control):
    tool = {
        "name": "find_partner",
        "input_schema": {"type": "object", "properties": {"name": {"type": "string"}}},
    }
    body = simple_body(tools=[tool], tool_choice={"type": "any"})
    control.fault("truncated_tool", after_characters=6)
    with client.messages.stream(**body) as stream:
        partial = [event.partial_json for event in stream if event.type == "input_json"]
        message = stream.get_final_message()
    assert "".join(partial) == '{"name'
    assert message.stop_reason == "max_tokens"


def test_a_slow_answer_keeps_its_pace(client, control):
    control.fault("slow", first_token_ms=600_000)
    with pytest.raises(anthropic.APITimeoutError):
        client.with_options(timeout=0.2).messages.create(**simple_body())
    control.fault("slow", first_token_ms=1)
    assert client.messages.create(**simple_body()).content
