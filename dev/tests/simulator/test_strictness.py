"""Everything that the API refuses, the simulator refuses."""

from __future__ import annotations

import pytest

from .common import (
    HAIKU,
    OLD_HAIKU,
    OPUS,
    SONNET,
    TEXT,
    _object,
    answer,
    call,
    post,
    simple_body,
)

CACHED = {"cache_control": {"type": "ephemeral"}}
ONE_HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
TOOL = {
    "name": "find_partner",
    "description": "Search a partner by name.",
    "input_schema": {"type": "object", "properties": {"name": TEXT}},
}
USE = {"type": "tool_use", "id": "toolu_1", "name": "find_partner", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "none"}
PDF = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
}


THOUGHT = {"type": "thinking", "thinking": "", "signature": "x"}
SYSTEM = {"role": "system", "content": "x"}


def text(words="Hello", **more):
    return {"type": "text", "text": words, **more}


def user(*content):
    return {"role": "user", "content": list(content) or "Hello"}


def assistant(*content):
    return {"role": "assistant", "content": list(content) or "Hi"}


SEARCH_RESULT = {
    "type": "search_result",
    "source": "sii/f29.md",
    "title": "F29",
    "content": [text("Until the 20th.")],
}


def searched(*content):
    """Return a conversation whose tool found ``content``."""
    result = {**RESULT, "content": list(content)}
    return [user(), assistant(USE), user(result)]


def schema(value, **more):
    output_format = {"type": "json_schema", "schema": value, **more}
    return {"output_config": {"format": output_format}}


def union(count):
    either = {"anyOf": [TEXT, {"type": "null"}]}
    return _object(**{f"p{number}": either for number in range(count)})


def optional(count):
    properties = {f"p{number}": TEXT for number in range(count)}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def with_schema_of(value):
    return schema(_object(value=value))


REFUSED = {
    "unknown field": ({"tempo": 1}, "tempo: Extra inputs are not permitted"),
    "temperature": ({"temperature": 1.0}, "temperature: Extra inputs are not"),
    "top_p": ({"top_p": 1}, "top_p: Extra inputs"),
    "top_k": ({"top_k": 1}, "top_k: Extra inputs"),
    "no model": ({"model": ...}, "model: Field required"),
    "no messages": ({"messages": ...}, "messages: Field required"),
    "no max_tokens": ({"max_tokens": ...}, "max_tokens: Field required"),
    "text as max_tokens": ({"max_tokens": "9"}, "max_tokens: Input should be a valid"),
    "negative max_tokens": ({"max_tokens": -1}, "greater than or equal to 0"),
    "too many max_tokens": ({"max_tokens": 128_001}, "128001 > 128000"),
    "long metadata": ({"metadata": {"user_id": "x" * 257}}, "at most 256"),
    "metadata with a name": ({"metadata": {"name": "x"}}, "metadata.name: Extra"),
    "blank stop sequence": ({"stop_sequences": [" "]}, "non-whitespace"),
    "wrong tier": ({"service_tier": "cheap"}, "service_tier"),
    "wrong geography": ({"inference_geo": "eu"}, "inference_geo"),
    "geography of an old model": (
        {"model": OLD_HAIKU, "inference_geo": "us"},
        "inference_geo is not supported",
    ),
    "fast haiku": ({"speed": "fast"}, "fast mode"),
    "no message": ({"messages": []}, "at least one message"),
    "assistant first": ({"messages": [assistant(), user()]}, "first message must use"),
    "strange role": (
        {"messages": [{"role": "bot", "content": "x"}]},
        "messages.0.role",
    ),
    "empty content": ({"messages": [{"role": "user", "content": ""}]}, "non-empty"),
    "blank text block": ({"messages": [user(text(" "))]}, "non-whitespace"),
    "unknown block": ({"messages": [user({"type": "video"})]}, "does not match any"),
    "extra key in block": (
        {"messages": [user(text(colour="red"))]},
        "messages.0.content.0.text.colour: Extra inputs",
    ),
    "prefill": ({"messages": [user(), assistant()]}, "assistant message prefill"),
    "prefill of sonnet": (
        {"model": SONNET, "messages": [user(), assistant()]},
        "must end with a user message",
    ),
    "document of the assistant": (
        {"messages": [user(), assistant(PDF), user()]},
        "document blocks are not permitted in assistant messages",
    ),
    "citations of the user": (
        {"messages": [user(text(citations=[{"type": "x"}]))]},
        "citations: not permitted",
    ),
    "thinking of the user": (
        {"messages": [user({"type": "thinking", "thinking": "", "signature": "x"})]},
        "only be in assistant messages",
    ),
    "call without result": (
        {"messages": [user(), assistant(USE), user()]},
        "without `tool_result` blocks immediately after",
    ),
    "result without call": ({"messages": [user(RESULT)]}, "unexpected `tool_use_id`"),
    "text before result": (
        {"messages": [user(), assistant(USE), user(text(), RESULT)]},
        "must come first",
    ),
    "enabled thinking": (
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        '"thinking.type.enabled" is not supported for this model',
    ),
    "disabled thinking at xhigh": (
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "xhigh"}},
        "not supported at effort",
    ),
    "between_tools on haiku": (
        {"thinking": {"type": "between_tools"}},
        "not supported",
    ),
    "disabled thinking of sonnet": (
        {"model": SONNET, "thinking": {"type": "disabled"}},
        '"between_tools"} instead of {"type": "disabled"}',
    ),
    "between_tools at max": (
        {
            "model": SONNET,
            "thinking": {"type": "between_tools"},
            "output_config": {"effort": "max"},
        },
        "not supported at effort",
    ),
    "between_tools with display": (
        {"model": SONNET, "thinking": {"type": "between_tools", "display": "omitted"}},
        "thinking.between_tools.display: Extra inputs",
    ),
    "disabled thinking of opus": (
        {"model": OPUS, "thinking": {"type": "disabled"}},
        "not supported",
    ),
    "adaptive thinking of an old model": (
        {"model": OLD_HAIKU, "thinking": {"type": "adaptive"}},
        "adaptive thinking is not supported on this model",
    ),
    "small budget": (
        {"model": OLD_HAIKU, "thinking": {"type": "enabled", "budget_tokens": 9}},
        "greater than or equal to 1024",
    ),
    "budget above max_tokens": (
        {"model": OLD_HAIKU, "thinking": {"type": "enabled", "budget_tokens": 2000}},
        "`max_tokens` must be greater",
    ),
    "effort of an old model": (
        {"model": OLD_HAIKU, "output_config": {"effort": "low"}},
        "does not support the effort parameter",
    ),
    "strange effort": ({"output_config": {"effort": "huge"}}, "output_config.effort"),
    "strange output option": ({"output_config": {"tone": 1}}, "output_config.tone"),
    "forced tool of sonnet": (
        {"model": SONNET, "tools": [TOOL], "tool_choice": {"type": "any"}},
        "not supported on this model",
    ),
    "forced tool of opus": (
        {
            "model": OPUS,
            "tools": [TOOL],
            "tool_choice": {"type": "tool", "name": "find_partner"},
        },
        "not supported on this model",
    ),
    "choice of an unknown tool": (
        {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "other"}},
        "not found in provided tools",
    ),
    "choice without tools": ({"tool_choice": {"type": "any"}}, "while providing tools"),
    "tool name with a dot": ({"tools": [{**TOOL, "name": "a.b"}]}, "match pattern"),
    "same tool twice": ({"tools": [TOOL, TOOL]}, "must be unique"),
    "tool without schema": ({"tools": [{"name": "a"}]}, "input_schema: Field required"),
    "tool with extra key": ({"tools": [{**TOOL, "kind": 1}]}, "kind: Extra inputs"),
    "strict tool with open schema": (
        {"tools": [{**TOOL, "strict": True}]},
        "'additionalProperties' must be explicitly set to false",
    ),
    "21 strict tools": (
        {
            "tools": [
                {
                    "name": f"t{number}",
                    "strict": True,
                    "input_schema": _object(),
                }
                for number in range(21)
            ]
        },
        "at most 20 strict tools",
    ),
    "open schema": (schema({"type": "object", "properties": {}}), "must be explicitly"),
    "minimum": (with_schema_of({"type": "integer", "minimum": 1}), "'minimum' is not"),
    "maxLength": (with_schema_of({"type": "string", "maxLength": 1}), "'maxLength' is"),
    "two items": (
        with_schema_of({"type": "array", "items": TEXT, "minItems": 2}),
        "'minItems' values",
    ),
    "oneOf": (with_schema_of({"oneOf": [TEXT]}), "'oneOf' is not supported"),
    "enum of objects": (with_schema_of({"enum": [{}]}), "scalar values only"),
    "strange format": (with_schema_of({"type": "string", "format": "rut"}), "'rut'"),
    "look-ahead": (
        with_schema_of({"type": "string", "pattern": "(?=a)"}),
        "unsupported regular expression",
    ),
    "foreign reference": (
        with_schema_of({"$ref": "https://example.cl/x.json"}),
        "cannot be resolved",
    ),
    "recursion": (
        schema(
            {
                **_object(node={"$ref": "#/$defs/node"}),
                "$defs": {"node": _object(next={"$ref": "#/$defs/node"})},
            }
        ),
        "recursive schemas are not supported",
    ),
    "25 optional parameters": (schema(optional(25)), "too many optional parameters"),
    "17 unions": (schema(union(17)), "union types"),
    "format with a name": (schema(_object(), name="x"), "name: Extra inputs"),
    "citations and format": (
        {
            **schema(_object(value=TEXT)),
            "messages": [user({**PDF, "citations": {"enabled": True}}, text())],
        },
        "citations cannot be used",
    ),
    "prefill and format": (
        {
            **schema(_object(value=TEXT)),
            "model": OLD_HAIKU,
            "messages": [user(), assistant()],
        },
        "prefill",
    ),
    "five breakpoints": (
        {"system": [text(f"Part {n}", **CACHED) for n in range(5)]},
        "A maximum of 4 blocks with cache_control",
    ),
    "four breakpoints and automatic": (
        {"system": [text(f"Part {n}", **CACHED) for n in range(4)], **CACHED},
        "Found 5",
    ),
    "1h after 5m": (
        {"system": [text("One", **CACHED), text("Two", **ONE_HOUR)]},
        "must not come after",
    ),
    "automatic with another ttl": (
        {"messages": [user(text(**CACHED))], **ONE_HOUR},
        "different ttl",
    ),
    "strange ttl": (
        {"system": [text(cache_control={"type": "ephemeral", "ttl": "2h"})]},
        "ttl: Input should be '5m' or '1h'",
    ),
    "cached thinking": (
        {
            "messages": [
                user(),
                assistant(
                    {"type": "thinking", "thinking": "", "signature": "x", **CACHED}
                ),
                user(),
            ]
        },
        "cannot be set for thinking blocks",
    ),
    "system of pictures": ({"system": [{"type": "image"}]}, "system.0.type"),
    "warming with a format": (
        {**schema(_object(value=TEXT)), "max_tokens": 0},
        "output_config.format",
    ),
    "hits of a search and a text": (
        {"messages": searched(SEARCH_RESULT, text())},
        "cannot be mixed",
    ),
    "system message after an answer": (
        {"messages": [user(), assistant(), SYSTEM, user()]},
        "must follow a user turn",
    ),
    "warming with a stream": ({"max_tokens": 0, "stream": True}, "stream"),
    "warming with a forced tool": (
        {"max_tokens": 0, "tools": [TOOL], "tool_choice": {"type": "any"}},
        "tool_choice",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(url, control, name):
    changes, message = REFUSED[name]
    status, _headers, body = post(url, simple_body(**changes))
    assert status == 400, body
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert message in body["error"]["message"]
    (request,) = control.requests()
    assert not request["executed"] and request["usd"] == "0"


ACCEPTED = {
    "system as text": {"system": "Be brief."},
    "adaptive": {"thinking": {"type": "adaptive"}},
    "disabled at high": {
        "thinking": {"type": "disabled"},
        "output_config": {"effort": "high"},
    },
    "between_tools": {"model": SONNET, "thinking": {"type": "between_tools"}},
    "opus at max": {"model": OPUS, "output_config": {"effort": "max"}},
    "forced tool of haiku": {"tools": [TOOL], "tool_choice": {"type": "any"}},
    "no tool": {"tools": [TOOL], "tool_choice": {"type": "none"}},
    "prefill of an old model": {
        "model": OLD_HAIKU,
        "messages": [user(), assistant()],
    },
    "document with citations": {
        "messages": [user({**PDF, "citations": {"enabled": True}}, text())]
    },
    "citations replayed": {
        "messages": [user(), assistant(text(citations=[{"type": "x"}])), user()]
    },
    "calls and results": {
        "tools": [TOOL],
        "messages": [user(), assistant(text(), USE), user(RESULT, text())],
    },
    "system message in between": {
        "messages": [user(), assistant(), user(), SYSTEM, assistant(), user()]
    },
    "hits of a search": {"messages": searched(SEARCH_RESULT, SEARCH_RESULT)},
    "foreign thinking": {
        "messages": [user(), assistant({**THOUGHT, "signature": "EqQBxyz="}), user()]
    },
    "1h before 5m": {"system": [text("One", **ONE_HOUR), text("Two", **CACHED)]},
    "24 optional parameters": schema(optional(24)),
    "16 unions": schema(union(16)),
    "references": schema(
        {**_object(a={"$ref": "#/$defs/a"}), "$defs": {"a": _object(b=TEXT)}}
    ),
    "warming": {"max_tokens": 0},
    "metadata": {"metadata": {"user_id": "5f2c"}},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(url, name):
    status, _headers, body = post(url, simple_body(**ACCEPTED[name]))
    assert status == 200, body


def test_thinking_is_not_shown_beside_a_forced_call(url):
    body = simple_body(**ACCEPTED["forced tool of haiku"])
    message = post(url, body)[2]
    assert [block["type"] for block in message["content"]] == ["tool_use"]
    assert message["stop_reason"] == "tool_use"


def test_unknown_models_are_not_found(url):
    for model in ("claude-9", "claude-3-haiku-20240307"):
        status, _headers, body = post(url, simple_body(model=model))
        assert status == 404 and body["error"]["type"] == "not_found_error"
        assert body["error"]["message"] == f"model: {model}"


def test_the_older_version_keeps_sampling_for_old_models(url):
    old = simple_body(model=OLD_HAIKU, temperature=0)
    assert post(url, old, version="2023-06-01")[0] == 200
    assert post(url, old)[0] == 400
    new = simple_body(model=HAIKU, temperature=0)
    assert post(url, new, version="2023-06-01")[0] == 400


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"a":NaN}', b'{"model":"\\ud800"}']
)
def test_bodies_that_are_no_json_object_are_refused(url, data):
    status, _headers, body = post(url, data)
    assert status == 400, body


def test_other_content_types_are_refused(url):
    status, _headers, _body = post(
        url, simple_body(), headers={"content-type": "text/plain"}
    )
    assert status == 400


def test_large_bodies_are_refused(url):
    body = simple_body(system="x" * (32 * 1024 * 1024))
    status, _headers, answer = post(url, body)
    assert status == 413
    assert answer["error"]["type"] == "request_too_large"


def test_long_prompts_are_refused(url):
    body = simple_body(model=OLD_HAIKU, system="x" * 700_000)
    status, _headers, answer = post(url, body)
    assert status == 400
    assert "prompt is too long: 2" in answer["error"]["message"]


def test_counting_validates_alike(url):
    body = simple_body(max_tokens=...)
    assert call(url, "/v1/messages/count_tokens", body)[0] == 200
    for changes in (
        {"temperature": 1},
        {"max_tokens": 5},
        {"model": SONNET, "tools": [TOOL], "tool_choice": {"type": "any"}},
    ):
        status, _headers, answer = call(
            url, "/v1/messages/count_tokens", {**body, **changes}
        )
        assert status == 400, answer


def test_thinking_holds_for_the_conversation_that_it_was_written_for(url):
    body = simple_body(system=[text("Be brief.")], tools=[TOOL])
    thought = answer(url, body)["content"]
    assert thought[0]["type"] == "thinking"
    longer = {
        **body,
        "system": [text("Be brief.", **CACHED)],
        "messages": [*body["messages"], assistant(*thought), user(text(**CACHED))],
    }
    again = answer(url, longer)["content"]
    third = [*longer["messages"], assistant(*again), user()]
    answer(url, {**longer, "messages": third})
    for changes in (
        {"system": [text("Be long.")]},
        {"tools": [{**TOOL, "description": "Another."}]},
        {"tools": []},
        {"messages": [user(text("Edited")), *third[1:]]},
        {"messages": [*third[:2], user(text("Edited")), *third[3:]]},
        {"messages": third[2:]},
    ):
        status, _headers, refused = post(url, {**longer, "messages": third, **changes})
        assert status == 400
        assert "thinking block does not belong" in refused["error"]["message"]
