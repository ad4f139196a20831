from __future__ import annotations

import pytest
import redis

from .. import odoo, redis_server
from ..errors import SetupError

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def server():
    with redis_server.one(password="s3cret/@:") as server:
        yield server


def test_it_can_be_reached_by_its_address(server):
    client = redis.Redis.from_url(server.url)
    assert client.ping()
    client.close()


def test_it_wants_its_password(server):
    client = redis.Redis(port=server.port)
    with pytest.raises(redis.AuthenticationError):
        client.ping()
    client.close()


def test_it_listens_on_this_machine_only(server):
    assert server.command("CONFIG", "GET", "bind") == [b"bind", b"127.0.0.1"]


def test_a_killed_one_comes_back_at_the_same_address(server):
    before, url = server.pid, server.url
    server.kill()
    assert not server.is_running
    with pytest.raises(redis.ConnectionError):
        server.command("PING")
    server.start()
    assert (server.url, server.pid != before) == (url, True)
    assert server.command("PING")


def test_tls_is_checked_with_the_certificate_of_the_address():
    with redis_server.one(tls=True) as server:
        client = redis.Redis.from_url(server.url)
        assert client.ping()
        client.close()
        stranger = redis.Redis.from_url(server.url.partition("?")[0])
        with pytest.raises(redis.ConnectionError):
            stranger.ping()
        stranger.close()


def test_sentinels_name_another_master_when_it_dies():
    with redis_server.sentinel_set(password="s3cret", tls=True) as found:
        before = found.master()
        assert len(found.sentinels) == 3
        before.kill()

        def is_replaced() -> bool:
            try:
                return found.master() is not before
            except SetupError:
                return False

        redis_server.wait_until(is_replaced, "another master")
        assert found.master().command("SET", "key", "value")


def test_the_program_of_the_machine_comes_first(tmp_path, monkeypatch):
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.delenv(redis_server.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert redis_server.program() == [str(program)]
    monkeypatch.setenv(redis_server.VARIABLE, "/opt/redis/redis-server")
    assert redis_server.program() == ["/opt/redis/redis-server"]
    assert odoo.bare_environment()[redis_server.VARIABLE] == "/opt/redis/redis-server"


def test_one_that_does_not_start_says_why():
    with (
        redis_server.folder() as home,
        pytest.raises(SetupError, match="Bad directive"),
        redis_server.RedisServer(home, ["no-such-setting 1"]),
    ):
        pass
