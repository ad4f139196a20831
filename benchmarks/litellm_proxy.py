"""The LiteLLM proxy in an environment of its own, as a peer in the stream table."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev import odoo, paths, python_environment
from dev.command import download, run, say
from dev.errors import SetupError
from dev.locking import exclusive
from dev.server import free_port
from services.claude.operations import OPERATIONS

# 1.109 does not resolve together with its own proxy extra.
REQUIREMENT = "litellm[proxy]>=1.106,<1.107"
START_SECONDS = 420
WORKERS = 2
"""As many processes as Odoo gets evented ones."""


def _program() -> Path:
    folder = paths.cache() / "litellm-1.106"
    with exclusive(folder.with_name(folder.name + ".lock")):
        if not (folder / ".complete").exists():
            say("Building the environment of the LiteLLM proxy")
            shutil.rmtree(folder, ignore_errors=True)
            run([python_environment.interpreter(), "-m", "venv", folder])
            download([folder / "bin" / "pip", "install", "--quiet", REQUIREMENT])
            (folder / ".complete").touch()
    return folder / "bin" / "litellm"


@contextmanager
def running(
    provider: str, key: str, *, budget_usd: float = 0, workers: int = WORKERS
) -> Iterator[str]:
    """Run the proxy in front of ``provider``; yield its address.

    :param budget_usd: budget of a day, 0 for none. Its budgets of keys, users and teams
        need a database, which it reaches through an engine that it downloads; this is
        the one that it keeps by itself, for a provider, in the memory of each process.
    :param workers: its processes
    :raise SetupError: when it does not answer in time, with its log's end
    """
    program = _program()
    models = sorted({each.model for each in OPERATIONS})
    budget = {
        "router_settings": {
            "provider_budget_config": {
                "anthropic": {"budget_limit": budget_usd, "time_period": "1d"}
            }
        }
    }
    configuration = paths.state("litellm.yaml")
    # JSON is YAML too.
    configuration.write_text(
        json.dumps(
            {
                "model_list": [
                    {
                        "model_name": model,
                        "litellm_params": {
                            "model": f"anthropic/{model}",
                            "api_base": provider,
                            "api_key": key,
                        },
                    }
                    for model in models
                ],
                "litellm_settings": {"telemetry": False, "num_retries": 0},
                **(budget if budget_usd else {}),
            }
        )
    )
    port = free_port()
    log = paths.state("litellm.log")
    environment = odoo.bare_environment() | {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOG": "ERROR",
        # It does not start without one; the callers send the same key.
        "LITELLM_MASTER_KEY": key,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment.pop("PYTHONPATH", None)
    command = [str(program), "--config", str(configuration), "--host", "127.0.0.1"]
    command += ["--port", str(port), "--num_workers", str(workers)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, log)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen, url: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            opener.open(f"{url}/health/liveliness", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise SetupError(f"LiteLLM does not answer:\n{log.read_text()[-3000:]}")
