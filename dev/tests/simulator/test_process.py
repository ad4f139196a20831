"""The process, its control API, and what it keeps."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from ...simulator.process import SimulatorProcess
from .common import HAIKU, VERSION, call, post, raw_post, simple_body, wait_until

pytestmark = pytest.mark.process


def test_it_ends_cleanly_on_sigterm_with_open_streams():
    with SimulatorProcess(tokens_per_second=5) as simulator:
        connection = raw_post(simulator.port, simple_body(stream=True))
        assert connection.recv(100)
        assert simulator.stop(timeout=10) == 0
        connection.close()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", simulator.port), timeout=1)


_STARTER = """
import sys
from dev.simulator.process import SimulatorProcess
print(SimulatorProcess().start().port, flush=True)
sys.stdin.read()
"""


def test_it_ends_when_its_starter_is_killed():
    starter = subprocess.Popen(
        [sys.executable, "-c", _STARTER],
        cwd=Path(__file__).resolve().parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with starter:
        port = int(starter.stdout.readline())
        assert not _is_closed(port)
        starter.kill()
    wait_until(lambda: _is_closed(port))


def _is_closed(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_comes_back_at_the_same_address():
    simulator = SimulatorProcess(first_token_ms=1).start()
    address = simulator.base_url
    assert simulator.kill() == -9
    simulator.start()
    try:
        assert simulator.base_url == address
        assert simulator.control.settings()["first_token_ms"] == 1
    finally:
        simulator.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.cl"])
def test_it_serves_this_machine_only(host):
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-m", "dev.simulator", "--host", host]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 2
    assert "--host" in done.stderr


def test_it_prints_its_address():
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(
        [sys.executable, "-m", "dev.simulator", "--clock", "2026-12-24"],
        cwd=root,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("Claude simulator on http://127.0.0.1:")
        _status, headers, _body = post(line.split()[-1], simple_body())
        reset = headers["anthropic-ratelimit-requests-reset"]
        assert reset.startswith("2026-12-24")
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


def test_a_reset_returns_to_the_beginning(control, url):
    control.settings(gullible=True, advance_seconds=10_000)
    control.fault("overloaded")
    control.reset()
    assert control.settings()["gullible"] is False
    assert control.faults() == [] and control.requests() == []
    assert post(url, simple_body())[0] == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"first_token_ms": "fast"},
        {"first_token_ms": -1},
        {"gullible": 1},
        {"workspaces": []},
        {"clock": "tomorrow"},
        {"model_dates": {HAIKU: {"colour": "red"}}},
        {"spend_limit_usd": "much"},
    ],
)
def test_wrong_settings_are_refused(control, changes):
    before = control.settings()
    with pytest.raises(ValueError):
        control.settings(**changes)
    after = control.settings()
    before.pop("clock"), after.pop("clock")
    assert after == before


def test_the_journal_keeps_everything_but_the_key(control, url):
    post(url, simple_body(), key="sk-ant-secret-1")
    post(url, simple_body(stream=False), key=None, headers={"x-api-key": "sk-secret-2"})
    post(url, simple_body(temperature=0))
    good, other, bad = control.requests()
    assert good["body"] == simple_body() and good["path"] == "/v1/messages"
    assert good["headers"]["anthropic-version"] == VERSION
    assert good["status"] == 200 and good["executed"]
    assert bad["status"] == 400 and bad["error_type"] == "invalid_request_error"
    assert good["workspace"] != other["workspace"]
    assert "secret" not in str(control.requests())
    assert [request["id"] for request in control.requests(since=1)] == [2, 3]
    assert control.requests(endpoint="count_tokens") == []


def test_old_bodies_are_dropped(control, url):
    control.settings(kept_bodies=1)
    post(url, simple_body())
    post(url, simple_body())
    first, second = control.requests()
    assert first["body"] is None and second["body"] == simple_body()


def test_usage_adds_up(control, url):
    for _turn in range(3):
        post(url, simple_body())
    usage = control.usage()
    assert len(usage["requests"]) == 3
    lines = usage["requests"]
    assert usage["tokens"]["output_tokens"] == sum(
        line["usage"]["output_tokens"] for line in lines
    )
    assert float(usage["usd"]) == pytest.approx(
        sum(float(line["usd"]) for line in lines)
    )


def test_a_spend_limit_stops_everything(control, url):
    control.settings(spend_limit_usd=0.0001)
    statuses = []
    for _turn in range(10):
        status, headers, body = post(url, simple_body())
        statuses.append(status)
    assert statuses[0] == 200 and statuses[-1] == 429
    assert body["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    assert "retry-after" not in headers


def test_rate_limits_refill(control, url):
    control.settings(requests_per_minute=2)
    assert [post(url, simple_body())[0] for _turn in range(3)] == [200, 200, 429]
    assert post(url, simple_body(), key="sk-ant-other")[0] == 200
    control.settings(advance_seconds=30)
    assert post(url, simple_body())[0] == 200


def test_output_tokens_are_limited_after_the_fact(control, url):
    control.settings(output_tokens_per_minute=10)
    assert [post(url, simple_body())[0] for _turn in range(2)] == [200, 429]


def test_counting_has_a_limit_of_its_own(control, url):
    control.settings(requests_per_minute=1, count_requests_per_minute=2)
    body = simple_body(max_tokens=...)
    path = "/v1/messages/count_tokens"
    assert [call(url, path, body)[0] for _turn in range(3)] == [200, 200, 429]
    assert post(url, simple_body())[0] == 200


def test_keys_can_be_limited(control, url):
    control.settings(allowed_keys=["sk-ant-good"], rejected_keys=["sk-ant-bad"])
    assert post(url, simple_body(), key="sk-ant-good")[0] == 200
    assert post(url, simple_body(), key="sk-ant-other")[0] == 401
    control.settings(allowed_keys=None)
    assert post(url, simple_body(), key="sk-ant-other")[0] == 200
    assert post(url, simple_body(), key="sk-ant-bad")[0] == 401


def test_300_streams_at_once(simulator, control):
    control.settings(tokens_per_second=400, first_token_ms=20)

    async def one(session):
        headers = {"x-api-key": "sk-ant-many", "anthropic-version": VERSION}
        body = simple_body(stream=True)
        url = f"{simulator.base_url}/v1/messages"
        async with session.post(url, json=body, headers=headers) as response:
            return response.status, await response.read()

    async def many():
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            return await asyncio.gather(*[one(session) for _number in range(300)])

    answers = asyncio.run(many())
    assert {status for status, _raw in answers} == {200}
    assert all(raw.count(b"event: message_stop") == 1 for _status, raw in answers)
    wait_until(
        lambda: all(
            request["delivered"]["ended_by"] == "server"
            for request in control.requests()
        )
    )
    assert len(control.usage()["requests"]) == 300
