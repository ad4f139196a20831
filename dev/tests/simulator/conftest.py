from __future__ import annotations

import anthropic
import pytest

from ...simulator.process import SimulatorProcess


@pytest.fixture(scope="session")
def process():
    with SimulatorProcess() as simulator:
        yield simulator


@pytest.fixture
def simulator(process):
    process.control.reset()
    return process


@pytest.fixture
def url(simulator):
    return simulator.base_url


@pytest.fixture
def control(simulator):
    return simulator.control


@pytest.fixture(scope="session")
def shared_client(process):
    # Building a client takes longer than most tests.
    with anthropic.Anthropic(
        api_key="sk-ant-sdk",
        base_url=process.base_url,
        max_retries=0,
        timeout=20,
        open_telemetry=False,
    ) as client:
        yield client


@pytest.fixture
def client(simulator, shared_client):
    return shared_client
