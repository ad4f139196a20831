from __future__ import annotations

import pytest

from .common import HAIKU, OLD_HAIKU, TEXT, _object, answer, post, simple_body

CACHED = {"cache_control": {"type": "ephemeral"}}
ONE_HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
#: About 1,600 tokens with the new tokenizer, 1,212 with the old one.
POLICY = "The policy of the house. " * 160


def text(words, **more):
    return {"type": "text", "text": words, **more}


def buckets(message):
    usage = message["usage"]
    return (
        usage["input_tokens"],
        usage["cache_read_input_tokens"],
        usage["cache_creation"]["ephemeral_5m_input_tokens"],
        usage["cache_creation"]["ephemeral_1h_input_tokens"],
    )


def body_with(control=CACHED, question="Hello", **changes):
    return simple_body(
        system=[text(POLICY, **control)],
        messages=[{"role": "user", "content": question}],
        **changes,
    )


def test_what_was_written_is_read(url):
    uncached, read, written, _hour = buckets(answer(url, body_with()))
    assert read == 0 and written == 1_600
    assert buckets(answer(url, body_with())) == (uncached, 1_600, 0, 0)
    other = answer(url, body_with(question="Something longer than before"))
    assert other["usage"]["cache_read_input_tokens"] == 1_600
    assert other["usage"]["cache_creation_input_tokens"] == 0


def test_one_byte_more_is_another_prefix(url):
    answer(url, body_with())
    body = body_with()
    body["system"][0]["text"] += "!"
    assert buckets(answer(url, body))[1] == 0


def test_workspaces_and_models_do_not_share(url):
    answer(url, body_with())
    assert (
        post(url, body_with(), key="sk-ant-other")[2]["usage"][
            "cache_read_input_tokens"
        ]
        == 0
    )
    other = answer(url, body_with(model="claude-opus-5-5"))
    assert other["usage"]["cache_read_input_tokens"] == 0


def test_two_keys_of_one_workspace_share(url, control):
    control.settings(workspaces={"sk-ant-a": "wrkspc_1", "sk-ant-b": "wrkspc_1"})
    post(url, body_with(), key="sk-ant-a")
    usage = post(url, body_with(), key="sk-ant-b")[2]["usage"]
    assert usage["cache_read_input_tokens"] == 1_600


def test_entries_end_after_five_minutes_and_reading_renews(url, control):
    answer(url, body_with())
    for _turn in range(2):
        control.settings(advance_seconds=290)
        assert buckets(answer(url, body_with()))[1] == 1_600
    control.settings(advance_seconds=301)
    assert buckets(answer(url, body_with()))[1:] == (0, 1_600, 0)


def test_entries_of_an_hour(url, control):
    assert buckets(answer(url, body_with(ONE_HOUR)))[1:] == (0, 0, 1_600)
    control.settings(advance_seconds=3_500)
    assert buckets(answer(url, body_with(ONE_HOUR)))[1] == 1_600
    control.settings(advance_seconds=3_601)
    assert buckets(answer(url, body_with(ONE_HOUR)))[1] == 0


def test_both_lifetimes_in_one_prompt(url):
    body = simple_body(
        system=[text(POLICY, **ONE_HOUR), text(POLICY + "!", **CACHED)],
    )
    assert buckets(answer(url, body))[1:] == (0, 1_601, 1_600)
    assert buckets(answer(url, body))[1:] == (3_201, 0, 0)


@pytest.mark.parametrize(
    ("model", "tokens", "cached"),
    [(HAIKU, 511, False), (HAIKU, 512, True), (OLD_HAIKU, 4_000, False)],
)
def test_short_prompts_are_not_cached(url, model, tokens, cached):
    body = simple_body(model=model)
    size = int(tokens * (2.5 if model == HAIKU else 3.3))
    body["system"] = [text("x" * size, **CACHED)]
    answer(url, body)
    usage = answer(url, body)["usage"]
    assert (usage["cache_read_input_tokens"] > 0) is cached
    assert usage["cache_creation_input_tokens"] == 0


@pytest.mark.parametrize(("between", "hit"), [(19, True), (20, False)])
def test_a_breakpoint_looks_back_over_twenty_positions(url, between, hit):
    """The old end of the conversation is ``between`` positions back."""
    first = text(POLICY)
    answer(
        url,
        simple_body(messages=[{"role": "user", "content": [{**first, **CACHED}]}]),
    )
    more = [text(f"Question {number}") for number in range(between)]
    more[-1] = {**more[-1], **CACHED}
    longer = simple_body(messages=[{"role": "user", "content": [first, *more]}])
    assert (answer(url, longer)["usage"]["cache_read_input_tokens"] > 0) is hit


def test_automatic_caching_moves_with_the_conversation(url):
    turns = [{"role": "user", "content": POLICY}]
    answer(url, simple_body(messages=turns, **CACHED))
    turns += [
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "And then?"},
    ]
    usage = answer(url, simple_body(messages=turns, **CACHED))["usage"]
    assert usage["cache_read_input_tokens"] > 1_600
    assert usage["cache_creation_input_tokens"] > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"output_config": {"effort": "low"}},
        {"thinking": {"type": "disabled"}},
        {
            "tools": ...,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        text(POLICY, **CACHED),
                        {
                            "type": "image",
                            "source": {"type": "url", "url": "https://example.cl/a"},
                        },
                    ],
                }
            ],
        },
    ],
)
def test_what_invalidates_messages_leaves_the_system(url, changes):
    body = simple_body(
        system=[text(POLICY, **CACHED)],
        messages=[{"role": "user", "content": [text(POLICY, **CACHED)]}],
    )
    answer(url, body)
    assert answer(url, body)["usage"]["cache_read_input_tokens"] > 3_200
    usage = answer(url, {**body, **_given(changes)})["usage"]
    assert usage["cache_read_input_tokens"] == 1_600


def _given(changes):
    return {name: value for name, value in changes.items() if value is not ...}


def test_saying_the_default_changes_nothing(url):
    answer(url, body_with())
    same = body_with(output_config={"effort": "medium"}, thinking={"type": "adaptive"})
    assert buckets(answer(url, same))[1] == 1_600


def test_tools_change_everything(url):
    answer(url, body_with())
    tool = {"name": "a", "input_schema": {"type": "object"}}
    assert buckets(answer(url, body_with(tools=[tool])))[1] == 0


def test_warming_writes_without_an_answer(url, control):
    message = answer(url, body_with(max_tokens=0))
    assert message["content"] == [] and message["stop_reason"] == "max_tokens"
    assert message["usage"]["output_tokens"] == 0
    assert buckets(answer(url, body_with()))[1] == 1_600


def test_warming_does_not_warm_for_a_json_format(url):
    answer(url, body_with(max_tokens=0))
    schema = {"type": "json_schema", "schema": _object(value=TEXT)}
    body = body_with(output_config={"format": schema})
    assert buckets(answer(url, body))[1] == 0
    assert buckets(answer(url, body))[1] > 1_600


def test_an_entry_is_readable_when_its_answer_starts(url, control, client):
    control.settings(tokens_per_second=40)
    with client.messages.stream(**body_with()) as stream:
        assert next(iter(stream)).type == "message_start"
        usage = client.messages.create(**body_with(max_tokens=0)).usage
        assert usage.cache_read_input_tokens == 1_600


def test_cached_tokens_do_not_count_for_the_rate_limit(url, control):
    control.settings(input_tokens_per_minute=3_000)
    assert post(url, body_with())[0] == 200
    # 1,600 more would not fit.
    for _turn in range(3):
        assert post(url, body_with())[0] == 200
    status, headers, _body = post(url, body_with({}))
    assert status == 429 and int(headers["retry-after"]) > 0


def test_prices_follow_the_buckets(url, control):
    first, second = answer(url, body_with()), answer(url, body_with())
    thousandth = 1_000_000
    for message, request in zip(
        (first, second), control.usage()["requests"], strict=True
    ):
        usage = message["usage"]
        uncached, read, written, _hour = buckets(message)
        expected = (
            uncached * 0.10
            + read * 0.01
            + written * 0.125
            + usage["output_tokens"] * 0.50
        ) / thousandth
        assert float(request["usd"]) == pytest.approx(expected, rel=1e-9)


def test_long_prompts_cost_the_higher_rate(url, control):
    body = simple_body(system="x" * 250_001)
    usage = answer(url, body)["usage"]
    assert usage["input_tokens"] > 100_000
    expected = (usage["input_tokens"] * 0.5 + usage["output_tokens"] * 2.5) / 1e6
    assert float(control.usage()["usd"]) == pytest.approx(expected, rel=1e-9)


def test_the_us_geography_costs_a_tenth_more(url, control):
    answer(url, simple_body())
    message = answer(url, simple_body(inference_geo="us"))
    assert message["usage"]["inference_geo"] == "us"
    plain, american = control.usage()["requests"]
    assert float(american["usd"]) == pytest.approx(float(plain["usd"]) * 1.1)
