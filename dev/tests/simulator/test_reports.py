"""The organization's reports: their shape, their strictness, and their sums."""

from __future__ import annotations

from decimal import Decimal

import anthropic
import pytest

from .common import HAIKU, OPUS, SONNET, answer, call, simple_body

ADMIN_KEY = "sk-ant-admin01-test"
COST = "/v1/organizations/cost_report"
USAGE = "/v1/organizations/usage_report/messages"
DAY = "2026-11-18"
QUERY = f"starting_at={DAY}T00:00:00Z&ending_at=2026-11-19T00:00:00Z"


@pytest.fixture(autouse=True)
def noon(control):
    control.settings(clock=f"{DAY}T12:00:00Z")


def report(url, path, query=QUERY, **options):
    options = {"key": ADMIN_KEY, "version": "2023-06-01", **options}
    return call(url, f"{path}?{query}", **options)


def rows(url, path, query=QUERY):
    """Return the results of the one bucket that is asked for."""
    status, _headers, body = report(url, path, query)
    assert status == 200, body
    assert len(body["data"]) == 1 and not body["has_more"]
    return body["data"][0]["results"]


def test_costs_are_cents_and_add_up_to_what_is_billed(url, control):
    for model in (HAIKU, SONNET, SONNET):
        answer(url, simple_body(model=model))
    found = rows(url, COST, QUERY + "&group_by[]=workspace_id&group_by[]=description")
    total = sum(Decimal(row["amount"]) for row in found) / 100
    assert total == Decimal(control.usage()["usd"]) > 0
    assert {row["model"] for row in found} == {HAIKU, SONNET}
    assert {row["currency"] for row in found} == {"USD"}
    assert {row["cost_type"] for row in found} == {"tokens"}
    types = {row["token_type"] for row in found}
    assert types == {"uncached_input_tokens", "output_tokens"}
    assert found[0]["description"] == "Claude Haiku 5.5 Usage - Input Tokens"


def test_without_grouping_there_is_one_sum(url, control):
    answer(url, simple_body())
    answer(url, simple_body(model=OPUS))
    (row,) = rows(url, COST)
    assert Decimal(row["amount"]) / 100 == Decimal(control.usage()["usd"])
    assert row["model"] is None and row["workspace_id"] is None


def test_usage_has_the_buckets_of_tokens(url, control):
    cached = simple_body(
        system=[
            {
                "type": "text",
                "text": "Una norma tributaria. " * 200,
                "cache_control": {"type": "ephemeral", "ttl": "1h"},
            }
        ]
    )
    answer(url, cached)
    answer(url, cached)
    (row,) = rows(url, USAGE, QUERY + "&group_by[]=model")
    tokens = control.usage()["tokens"]
    assert row["model"] == HAIKU
    assert row["uncached_input_tokens"] == tokens["input_tokens"]
    assert row["cache_read_input_tokens"] == tokens["cache_read_input_tokens"] > 0
    assert row["cache_creation"] == {
        "ephemeral_5m_input_tokens": 0,
        "ephemeral_1h_input_tokens": tokens["ephemeral_1h_input_tokens"],
    }
    assert row["output_tokens"] == tokens["output_tokens"]


def test_workspaces_and_keys_are_told_apart(url, control):
    control.settings(
        workspaces={"sk-a": "wrkspc_a", "sk-b": "wrkspc_b"},
        default_workspace="wrkspc_b",
    )
    answer(url, simple_body(), key="sk-a")
    answer(url, simple_body(), key="sk-b")
    found = rows(url, USAGE, QUERY + "&group_by[]=workspace_id&group_by[]=api_key_id")
    assert {row["workspace_id"] for row in found} == {"wrkspc_a", None}
    assert len({row["api_key_id"] for row in found}) == 2
    query = QUERY + "&workspace_ids[]=wrkspc_a&group_by[]=workspace_id"
    (row,) = rows(url, USAGE, query)
    assert row["workspace_id"] == "wrkspc_a"


def test_an_answer_that_nobody_got_is_in_the_reports(url, control):
    control.fault("drop_after_executing")
    with pytest.raises(OSError):
        answer(url, simple_body())
    (row,) = rows(url, COST)
    assert Decimal(row["amount"]) / 100 == Decimal(control.usage()["usd"]) > 0


def test_days_come_in_pages(url, control):
    answer(url, simple_body())
    control.settings(clock="2026-11-20T01:00:00Z")
    answer(url, simple_body())
    query = "starting_at=2026-11-17T05:00:00Z&limit=2"
    first = report(url, COST, query)[2]
    days = [bucket["starting_at"] for bucket in first["data"]]
    assert days == ["2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z"]
    assert first["has_more"]
    second = report(url, COST, f"{query}&page={first['next_page']}")[2]
    assert not second["has_more"] and second["next_page"] is None
    results = [bucket["results"] for bucket in first["data"] + second["data"]]
    assert [len(each) for each in results] == [0, 1, 0, 1]


def test_hours_are_buckets_too(url):
    answer(url, simple_body())
    _status, _headers, body = report(url, USAGE, QUERY + "&bucket_width=1h")
    filled = [bucket for bucket in body["data"] if bucket["results"]]
    assert len(body["data"]) == 24
    assert [bucket["starting_at"] for bucket in filled] == [f"{DAY}T12:00:00Z"]


def test_reports_arrive_late(url, control):
    control.settings(report_delay_seconds=300)
    answer(url, simple_body())
    assert rows(url, COST) == []
    control.settings(advance_seconds=301)
    assert len(rows(url, COST)) == 1


@pytest.mark.parametrize("path", [COST, USAGE])
@pytest.mark.parametrize("key", ["sk-ant-test", "sk-ant-invalid-1", None])
def test_only_an_admin_key_reads_them(url, path, key):
    status, _headers, body = report(url, path, key=key)
    assert status == 401 and body["error"]["type"] == "authentication_error"


def test_the_key_may_come_in_either_header(url, control):
    control.settings(admin_keys=[ADMIN_KEY])
    assert report(url, COST, key=None, headers={"x-api-key": ADMIN_KEY})[0] == 200
    assert report(url, COST)[0] == 200
    assert report(url, COST, key="sk-ant-admin01-other")[0] == 401


def test_an_admin_key_asks_no_model(url):
    assert call(url, "/v1/messages", simple_body(), key=ADMIN_KEY)[0] == 401
    assert call(url, "/v1/models", key=ADMIN_KEY)[0] == 401


@pytest.mark.parametrize(
    "query",
    [
        "",
        "starting_at=yesterday",
        "starting_at=2026-11-19T00:00:00Z&ending_at=2026-11-18T00:00:00Z",
        QUERY + "&group_by[]=token_type",
        QUERY + "&group_by=description",
        QUERY + "&limit=0",
        QUERY + "&limit=32",
        QUERY + "&bucket_width=1w",
        QUERY + "&page=3",
        QUERY + "&temperature=1",
    ],
)
@pytest.mark.parametrize("path", [COST, USAGE])
def test_what_is_unknown_or_wrong_is_refused(url, path, query):
    assert report(url, path, query)[0] == 400


def test_costs_are_by_day_only(url):
    assert report(url, COST, QUERY + "&bucket_width=1h")[0] == 400


def test_only_the_known_version_is_answered(url):
    assert report(url, COST, version="2026-10-21")[0] == 400
    assert report(url, COST, version=None)[0] == 400


def test_faults_strike_them(url, control):
    control.fault("overloaded", match={"endpoint": "cost_report"})
    control.fault("rate_limit", match={"endpoint": "usage_report"}, retry_after=60)
    assert report(url, COST)[0] == 529
    status, headers, _body = report(url, USAGE)
    assert (status, headers["retry-after"]) == (429, "60")
    assert report(url, COST)[0] == 200


def test_the_sdk_reads_them(url):
    with anthropic.Anthropic(
        api_key=ADMIN_KEY, base_url=url, max_retries=0, open_telemetry=False
    ) as client:
        page = client.get(
            COST,
            cast_to=object,
            options={
                "params": {
                    "starting_at": f"{DAY}T00:00:00Z",
                    "group_by": ["workspace_id", "description"],
                },
                "headers": {"anthropic-version": "2023-06-01", "x-api-key": ADMIN_KEY},
            },
        )
    assert page["data"][0]["results"] == []
