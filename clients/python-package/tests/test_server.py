"""The life of a server, and the stack as a value."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime, timedelta, timezone

import pytest

import sin_code_efsm
from sin_code_efsm import EphemeralMockServer, PortError


def test_the_first_example_works(fetch):
    server = EphemeralMockServer(port=8888)
    server.start()
    try:
        server.add_endpoint("GET", "/hello", {"msg": "world"})
        assert fetch(f"{server.url}/http/hello").json() == {"msg": "world"}
        assert fetch(f"{server.url}/hello").json() == {"msg": "world"}
    finally:
        server.stop()


def test_a_stopped_server_has_no_port_and_a_second_stop_is_nothing():
    server = EphemeralMockServer(port=0)
    assert (server.port, server.status) == (None, {})
    server.start()
    port = server.port
    assert server.url == f"http://127.0.0.1:{port}"
    server.stop()
    server.stop()
    assert (server.port, server.status) == (None, {})
    for touch in (lambda: server.url, lambda: server.http, lambda: server.snapshot(), lambda: server.env()):
        with pytest.raises(RuntimeError, match="not running"):
            touch()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_running_server_is_not_started_again_and_a_stopped_one_is_empty_when_it_is(fetch):
    server = EphemeralMockServer(port=0)
    server.start()
    with pytest.raises(RuntimeError, match="already running"):
        server.start()
    server.add_endpoint("GET", "/x", 1)
    server.stop()
    server.start()
    assert fetch(f"{server.url}/http/x").status == 404
    server.stop()


def test_status_tells_each_service_and_its_port(server):
    assert list(server.status) == ["http", "database", "auth", "queue", "storage"]
    for name, status in server.status.items():
        assert (status["status"], status["port"], status["name"]) == ("up", server.port, name)


def test_only_the_services_that_are_asked_for_are_there(fetch):
    with EphemeralMockServer(port=0, services=["queue", "http"]) as server:
        assert list(server.status) == ["http", "queue"]
        assert fetch(f"{server.url}/health").json()["services"] == ["http", "queue"]
        with pytest.raises(RuntimeError, match="database service is not enabled"):
            _ = server.database
        server.reset()
    with pytest.raises(ValueError, match="Unknown service: mail"):
        EphemeralMockServer(services=["mail"]).start()


def test_a_taken_port_gives_another_or_an_error(server):
    with EphemeralMockServer(port=server.port) as other:
        assert other.port != server.port
    with pytest.raises(PortError, match="taken"):
        EphemeralMockServer(port=server.port, strict_port=True).start()
    assert issubclass(PortError, OSError)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(ValueError, match="65535"):
        EphemeralMockServer(port=port)


def test_forks_do_not_see_each_other(server, fetch):
    server.add_endpoint("GET", "/who", "parent")
    server.database.create_table("CREATE TABLE t (n INTEGER)")
    fork = server.fork()
    fork.add_endpoint("GET", "/who", "fork")
    fork.database.execute("INSERT INTO t VALUES (1)")
    server.queue.publish("jobs", 1)
    assert fetch(f"{server.url}/who").json() == "parent"
    assert fetch(f"{fork.url}/who").json() == "fork"
    assert server.database.execute("SELECT * FROM t") == []
    assert fork.queue.topics() == []
    fork.stop()
    assert fork.port is None and server.port is not None


def test_stopping_a_server_stops_its_forks(fetch):
    server = EphemeralMockServer(port=0).start()
    fork = server.fork()
    port = fork.port
    server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    fork.stop()


def test_restore_undoes_everything(server):
    server.storage.put_object("b", "k", b"1")
    server.auth.add_user("ada", role="admin")
    before = server.snapshot()
    server.storage.put_object("b", "k", b"2")
    server.auth.remove_user("ada")
    server.queue.publish("t", 1)
    server.faults.add("http", status=503)
    server.restore(before)
    assert server.storage.get_object("b", "k")["data"] == b"1"
    assert server.auth.get_user("ada") == {"username": "ada", "role": "admin"}
    assert server.queue.topics() == []
    assert server.faults.rules() == []
    fork = server.fork(before)
    assert fork.storage.list_buckets() == ["b"]
    fork.stop()


def test_reset_empties_and_keeps_tables(server, fetch):
    server.add_endpoint("GET", "/x", 1)
    server.database.create_table("CREATE TABLE t (n INTEGER)")
    server.database.execute("INSERT INTO t VALUES (1)")
    server.queue.publish("t", 1)
    server.auth.issue_jwt("ada")
    server.storage.put_object("b", "k", b"1")
    server.reset()
    assert server.database.tables() == ["t"]
    assert server.database.execute("SELECT * FROM t") == []
    assert (server.queue.topics(), server.auth.issued_tokens, server.storage.list_buckets()) == ([], [], [])
    assert server.http.endpoints() == []
    assert fetch(f"{server.url}/x").status == 404


def test_reset_of_a_configured_server_is_what_was_configured():
    config = {"port": 0, "queue": {"topics": ["orders"]}, "database": {"schema": {"sql": "CREATE TABLE t (n); INSERT INTO t VALUES (7);"}}}
    with EphemeralMockServer(config=config) as server:
        server.database.execute("DELETE FROM t")
        server.queue.publish("other", 1)
        server.reset()
        assert server.queue.topics() == ["orders"]
        assert server.database.execute("SELECT n FROM t") == [{"n": 7}]


def test_reset_by_depth_is_the_control_apis(server):
    server.add_endpoint("GET", "/x", 1)
    server.queue.publish("t", 1)
    server.reset("data")
    assert server.http.endpoints() == [("GET", "/x")]
    assert server.queue.message_count("t") == 0
    server.reset("all")
    assert server.http.endpoints() == []
    with pytest.raises(ValueError, match="depth"):
        server.reset("deep")


def test_the_clock_is_frozen_moved_and_resumed(server):
    noon = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
    server.clock.freeze(noon)
    assert (server.clock.now(), server.clock.frozen) == (noon, True)
    token = server.auth.issue_jwt("ada")
    server.clock.advance("30m")
    server.clock.advance(timedelta(minutes=29))
    server.clock.advance(59)
    assert server.auth.validate_jwt(token)["iat"] == int(noon.timestamp())
    server.clock.advance(2)
    with pytest.raises(sin_code_efsm.InvalidTokenError, match="expired"):
        server.auth.validate_jwt(token)
    server.clock.set("2031-01-01T00:00:00Z")
    assert server.clock.now().year == 2031
    server.clock.resume()
    assert not server.clock.frozen
    with pytest.raises(ValueError, match="time zone"):
        server.clock.set(datetime(2030, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="duration"):
        server.clock.advance("soon")


def test_faults_break_and_mend(server, fetch):
    server.add_endpoint("GET", "/x", 1)
    rule = server.faults.add("http", match={"path": "/x"}, status=503, body={"error": "down"}, times=1)
    assert rule["id"]
    assert fetch(f"{server.url}/x").json() == {"error": "down"}
    assert fetch(f"{server.url}/x").status == 200
    server.faults.set([{"effect": {"status": 500}}])
    assert fetch(f"{server.url}/x").status == 500
    server.faults.clear()
    assert fetch(f"{server.url}/x").status == 200
    with pytest.raises(ValueError, match="fault"):
        server.faults.set([{"effect": {"explode": True}}])


def test_the_journal_has_everything_in_order(server, fetch):
    server.add_endpoint("GET", "/x", 1)
    fetch(f"{server.url}/x")
    server.queue.publish("t", {"needle": 1})
    server.storage.put_object("b", "k", b"")
    services = [entry["service"] for entry in server.journal]
    assert services == ["http", "queue", "storage"]
    assert [entry["kind"] for entry in server.journal.entries("queue")] == ["publish"]
    assert len(server.journal.entries(q="needle")) == 1
    last = server.journal.entries()[-1]["seq"]
    assert server.journal.entries(since=last) == []
    assert len(server.journal.entries(limit=2)) == 2
    server.journal.clear()
    assert len(server.journal) == 0


def test_env_has_what_clients_need(server):
    env = server.env()
    assert env["EFSM_URL"] == server.url
    assert env["DATABASE_URL"] == f"{server.url}/db/"
    assert env["AWS_ENDPOINT_URL"] == server.url


def test_the_same_seed_gives_the_same_ids():
    def ids() -> list[str]:
        with EphemeralMockServer(port=0, seed=7) as server:
            return [server.http.add_stub({"request": {"url": f"/{n}"}}) for n in range(3)]

    assert ids() == ids()


def test_async_with(fetch):
    async def story() -> str:
        async with EphemeralMockServer(port=0) as server:
            server.add_endpoint("GET", "/x", "y")
            answer = await asyncio.get_running_loop().run_in_executor(None, fetch, f"{server.url}/x")
            return answer.json()

    assert asyncio.run(story()) == "y"


def test_the_certificate_is_given(server):
    assert server.ca_pem().startswith("-----BEGIN CERTIFICATE-----")


def test_the_version_is_told():
    assert sin_code_efsm.__version__.count(".") == 2
