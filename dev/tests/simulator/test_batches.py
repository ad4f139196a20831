from __future__ import annotations

import anthropic
import httpx2
import pytest

from .common import (
    call,
    clean_facts,
    simple_body,
    text_of,
    validation_body,
    wait_until,
)

PATH = "/v1/messages/batches"
DAY = 86_400


def items(count, **changes):
    return [
        {"custom_id": f"am-{number}", "params": simple_body(**changes)}
        for number in range(count)
    ]


@pytest.fixture
def slow(control):
    """A batch takes an hour of simulated time."""
    control.settings(batch_seconds=3_600)
    return control


def results_of(client, batch):
    return {
        entry.custom_id: entry.result
        for entry in client.messages.batches.results(batch.id)
    }


def test_the_life_of_a_batch(client, slow):
    body = validation_body(clean_facts())
    requests = [{"custom_id": f"am-{number}", "params": body} for number in range(3)]
    batch = client.messages.batches.create(requests=requests)
    assert batch.processing_status == "in_progress"
    assert batch.request_counts.processing == 3 and batch.results_url is None
    assert (batch.expires_at - batch.created_at).total_seconds() == DAY
    slow.settings(advance_seconds=1_800)
    batch = client.messages.batches.retrieve(batch.id)
    assert batch.request_counts.processing == 3
    with pytest.raises(anthropic.AnthropicError):
        client.messages.batches.results(batch.id)
    slow.settings(advance_seconds=1_801)
    batch = client.messages.batches.retrieve(batch.id)
    assert batch.processing_status == "ended"
    assert batch.request_counts.succeeded == 3
    assert batch.results_url.startswith(slow.base_url)
    for result in results_of(client, batch).values():
        assert result.message.usage.service_tier == "batch"
        assert result.message.stop_reason == "end_turn"


def test_half_the_price_and_only_at_the_end(client, url, slow):
    batch = client.messages.batches.create(requests=items(1))
    assert slow.usage()["usd"] == "0"
    slow.settings(advance_seconds=3_601)
    client.messages.batches.retrieve(batch.id)
    half = float(slow.usage()["usd"])
    client.messages.batches.retrieve(batch.id)
    assert float(slow.usage()["usd"]) == half
    slow.reset()
    client.messages.create(**simple_body())
    assert float(slow.usage()["usd"]) == pytest.approx(half * 2)


def test_results_come_out_of_order(client, control):
    control.settings(batch_seconds=0)
    batch = client.messages.batches.create(requests=items(12))
    names = list(results_of(client, batch))
    assert sorted(names) == sorted(f"am-{number}" for number in range(12))
    assert names != [f"am-{number}" for number in range(12)]


def test_parameters_are_checked_item_by_item(client, control):
    control.settings(batch_seconds=0)
    requests = [
        {"custom_id": "good", "params": simple_body()},
        {"custom_id": "bad", "params": simple_body(temperature=1)},
        {"custom_id": "stream", "params": simple_body(stream=True)},
        {"custom_id": "warm", "params": simple_body(max_tokens=0)},
        {"custom_id": "none", "params": simple_body(model="claude-9")},
    ]
    batch = client.messages.batches.create(requests=requests)
    results = results_of(client, batch)
    assert results["good"].type == "succeeded"
    for name in ("bad", "stream", "warm"):
        assert results[name].error.error.type == "invalid_request_error"
    assert results["none"].error.error.type == "not_found_error"
    assert results["bad"].error.request_id.startswith("req_")
    counts = client.messages.batches.retrieve(batch.id).request_counts
    assert (counts.succeeded, counts.errored) == (1, 4)
    assert len(control.usage()["requests"]) == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "requests: Field required"),
        ({"requests": []}, "at least one"),
        ({"requests": items(1), "model": "x"}, "model: Extra inputs"),
        ({"requests": [*items(1), *items(1)]}, "duplicate custom_id"),
        ({"requests": [{"custom_id": "acc.move,1", "params": {}}]}, "match pattern"),
        ({"requests": [{"custom_id": "x" * 65, "params": {}}]}, "match pattern"),
        ({"requests": [{"custom_id": "x"}]}, "params"),
        (
            {"requests": [{"custom_id": str(n), "params": {}} for n in range(100_001)]},
            "at most 100000",
        ),
    ],
)
def test_wrong_envelopes_are_refused_at_once(url, body, message):
    status, _headers, answer = call(url, PATH, body)
    assert status == 400
    assert message in answer["error"]["message"]


def test_another_workspace_does_not_see_it(client, url):
    batch = client.messages.batches.create(requests=items(1))
    other = anthropic.Anthropic(api_key="sk-ant-other", base_url=url, max_retries=0)
    with pytest.raises(anthropic.NotFoundError):
        other.messages.batches.retrieve(batch.id)
    assert other.messages.batches.list().data == []


def test_the_list_is_paged_newest_first(client, slow):
    made = []
    for _number in range(3):
        made.append(client.messages.batches.create(requests=items(1)).id)
        slow.settings(advance_seconds=1)
    page = client.messages.batches.list(limit=2)
    assert [batch.id for batch in page.data] == [made[2], made[1]]
    assert page.has_more and page.last_id == made[1]
    assert [batch.id for batch in client.messages.batches.list(limit=2)] == made[::-1]


def test_canceling_keeps_what_was_done(client, slow):
    batch = client.messages.batches.create(requests=items(10))
    slow.settings(advance_seconds=1_850)
    batch = client.messages.batches.cancel(batch.id)
    assert batch.processing_status == "canceling" and batch.cancel_initiated_at
    batch = client.messages.batches.retrieve(batch.id)
    assert batch.processing_status == "ended"
    assert (batch.request_counts.succeeded, batch.request_counts.canceled) == (5, 5)
    assert len(slow.usage()["requests"]) == 5
    kinds = [result.type for result in results_of(client, batch).values()]
    assert sorted(kinds) == ["canceled"] * 5 + ["succeeded"] * 5


def test_a_cancel_may_come_too_late(client, slow):
    slow.fault("batch_cancel_ignored")
    batch = client.messages.batches.create(requests=items(2))
    batch = client.messages.batches.cancel(batch.id)
    assert batch.processing_status == "canceling"
    slow.settings(advance_seconds=3_601)
    batch = client.messages.batches.retrieve(batch.id)
    assert batch.request_counts.succeeded == 2


def test_what_takes_longer_than_a_day_expires(client, control):
    control.fault("batch_stuck", seconds=2 * DAY)
    batch = client.messages.batches.create(requests=items(4))
    control.settings(advance_seconds=DAY + 1)
    batch = client.messages.batches.retrieve(batch.id)
    assert batch.processing_status == "ended"
    assert (batch.request_counts.succeeded, batch.request_counts.expired) == (1, 3)


def test_results_are_archived_after_29_days(client, control, url):
    control.settings(batch_seconds=0)
    batch = client.messages.batches.create(requests=items(1))
    client.messages.batches.retrieve(batch.id)
    control.settings(advance_seconds=29 * DAY + 1)
    batch = client.messages.batches.retrieve(batch.id)
    assert batch.archived_at and batch.results_url is None
    assert call(url, f"{PATH}/{batch.id}/results", key="sk-ant-sdk")[0] == 404


def test_only_ended_batches_are_deleted(client, slow):
    batch = client.messages.batches.create(requests=items(1))
    with pytest.raises(anthropic.BadRequestError):
        client.messages.batches.delete(batch.id)
    slow.settings(advance_seconds=3_601)
    assert client.messages.batches.delete(batch.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.retrieve(batch.id)


def test_mixed_results(client, control):
    control.settings(batch_seconds=0)
    # Posted in another order than that of the items.
    for number, outcome in ((2, "canceled"), (1, "expired"), (0, "errored")):
        match = {"custom_id": f"am-{number}"}
        control.fault("batch_outcome", outcome=outcome, match=match)
    match = {"endpoint": "batch_item", "custom_id": "am-3"}
    control.fault("refusal", match=match)
    batch = client.messages.batches.create(requests=items(5))
    results = results_of(client, batch)
    kinds = [results[f"am-{number}"].type for number in range(5)]
    assert kinds == ["errored", "expired", "canceled", "succeeded", "succeeded"]
    assert results["am-3"].message.stop_reason == "refusal"
    assert len(control.usage()["requests"]) == 1


def test_a_lost_answer_has_made_the_batch(client, control):
    control.fault("drop_after_executing", match={"endpoint": "batch_create"})
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.batches.create(requests=items(2))
    (batch,) = client.messages.batches.list().data
    assert sum(batch.request_counts.to_dict().values()) == 2
    (request,) = control.requests(endpoint="batch_create")
    assert request["executed"] and request["fault"] == "drop_after_executing"


def test_a_batch_that_never_came(client, control):
    control.fault("reset_before_executing", match={"endpoint": "batch_create"})
    with pytest.raises(anthropic.APIConnectionError):
        client.messages.batches.create(requests=items(2))
    assert client.messages.batches.list().data == []


def test_results_can_break_off(client, control):
    control.settings(batch_seconds=0)
    batch = client.messages.batches.create(requests=items(5))
    client.messages.batches.retrieve(batch.id)
    match = {"endpoint": "batch_results"}
    control.fault("stream_cut", after_deltas=2, match=match)
    seen = []
    with pytest.raises(httpx2.RemoteProtocolError):
        for entry in client.messages.batches.results(batch.id):
            seen.append(entry.custom_id)
    # The SDK holds a line back until it knows that it is whole.
    assert 1 <= len(seen) <= 2
    assert control.requests(endpoint="batch_results")[0]["delivered"]["deltas"] == 2
    assert len(results_of(client, batch)) == 5


@pytest.mark.parametrize(("probability", "reads"), [(0.0, 0), (1.0, 19)])
def test_items_hit_the_cache_as_often_as_set(client, control, probability, reads):
    control.settings(batch_seconds=0, batch_cache_hit_probability=probability)
    system = [
        {
            "type": "text",
            "text": "Policy. " * 300,
            "cache_control": {"type": "ephemeral", "ttl": "1h"},
        }
    ]
    batch = client.messages.batches.create(requests=items(20, system=system))
    usages = [result.message.usage for result in results_of(client, batch).values()]
    assert sum(usage.cache_read_input_tokens > 0 for usage in usages) == reads


def test_a_thousand_items(client, control):
    control.settings(batch_seconds=0)
    batch = client.messages.batches.create(requests=items(1_000))
    wait_until(
        lambda: client.messages.batches.retrieve(batch.id).processing_status == "ended"
    )
    results = results_of(client, batch)
    assert len(results) == 1_000
    assert text_of(results["am-7"].message.to_dict())
