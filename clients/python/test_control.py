"""The control API under `/_efsm/`."""

import json
import re
import socket
import threading

import httpx
import pytest

from stack import PATIENCE


def refused(answer):
    """The shape of a refusal: what, and what to try."""
    body = answer.json()
    assert isinstance(body["error"], str) and body["error"]
    assert isinstance(body["hint"], str) and body["hint"]
    return body["error"]


def test_status_tells_what_the_stack_is_and_holds(stack):
    stack.put("/storage/b/k", content=b"12345")
    stack.post("/queue/publish/t", json=1)
    stack.stub("GET", "/x", {})
    stack.sql("CREATE TABLE t (x)")
    status = stack.get("/_efsm/status").json()
    assert status["url"] == stack.url
    assert isinstance(status["id"], str)
    assert re.match(r"\d+\.\d+\.\d+", status["version"])
    assert status["uptime_ms"] >= 0
    assert status["stacks"] == 1
    assert status["memory_bytes"] >= 5
    assert status["clock"]
    assert list(status["services"]) == ["http", "database", "auth", "queue", "storage"]
    for name, service in status["services"].items():
        assert service["status"] == "up", name
        assert service["url"].startswith(stack.url), name
        assert any(isinstance(value, int) for value in service.values()), name
    assert status["services"]["storage"]["objects"] == 1


class TestReset:
    @pytest.fixture
    def filled(self, stack):
        stack.put("/storage/b/k", content=b"x")
        stack.post("/queue/publish/t", json=1)
        stack.stub("GET", "/x", {"body": "stub"})
        stack.sql("CREATE TABLE r (x); INSERT INTO r VALUES (1)")
        stack.get("/x")
        return stack

    def test_data_goes_and_what_prepares_stays(self, filled):
        filled.post("/_efsm/reset")
        assert filled.get("/storage/").json() == {"buckets": ["b"]}
        assert filled.get("/storage/b").json()["objects"] == []
        assert filled.get("/queue/topics").json() == {"topics": ["t"]}
        assert filled.get("/queue/consume/t").json()["count"] == 0
        assert filled.rows("SELECT * FROM r") == []
        assert filled.get("/__admin/requests").json()["requests"] == []
        assert filled.get("/x").text == "stub"

    def test_all_goes(self, filled):
        filled.post("/_efsm/reset", json={"depth": "all"})
        assert filled.get("/storage/").json() == {"buckets": []}
        assert filled.get("/queue/topics").json() == {"topics": []}
        assert filled.get("/db/tables").json() == {"tables": []}
        filled.get("/x", 404)

    def test_only_the_named_services_are_reset(self, filled):
        filled.post("/_efsm/reset", json={"services": ["queue"], "depth": "all"})
        assert filled.get("/queue/topics").json() == {"topics": []}
        assert filled.get("/storage/b").json()["objects"] == ["k"]
        assert filled.rows("SELECT x FROM r") == [{"x": 1}]

    @pytest.mark.parametrize(
        "body",
        ['{"services": ["queue", "nope"]}', '{"depth": "deep"}', '{"services": "queue"}', '{"dept": "all"}', "{", "[]"],
    )
    def test_bad_reset_resets_nothing(self, filled, body):
        refused(filled.post("/_efsm/reset", 400, content=body))
        assert filled.get("/queue/consume/t").json()["count"] == 1


class TestSnapshots:
    def test_snapshot_is_made_listed_restored_and_forgotten(self, stack):
        stack.put("/storage/b/k", content=b"one")
        made = stack.post("/_efsm/snapshots", 201, json={"name": "seeded"}).json()
        assert made["name"] == "seeded" and made["id"] and made["created"]
        unnamed = stack.post("/_efsm/snapshots", 201).json()
        assert unnamed["id"] != made["id"]
        listed = stack.get("/_efsm/snapshots").text
        assert made["id"] in listed and unnamed["id"] in listed

        for reference in [made["id"], "seeded"]:
            stack.put("/storage/b/k", content=b"two")
            stack.post(f"/_efsm/snapshots/{reference}/restore")
            assert stack.get("/storage/b/k").content == b"one"

        stack.delete("/_efsm/snapshots/seeded")
        refused(stack.post("/_efsm/snapshots/seeded/restore", 404))
        refused(stack.post(f"/_efsm/snapshots/{made['id']}/restore", 404))
        refused(stack.delete("/_efsm/snapshots/seeded", 404))

    @pytest.mark.parametrize("body", ["{", '{"name": 7}', '{"nam": "x"}'])
    def test_bad_body_makes_none(self, stack, body):
        refused(stack.post("/_efsm/snapshots", 400, content=body))


class TestStacks:
    def test_fork_is_a_stack_of_its_own(self, stack):
        stack.post("/queue/publish/t", json="shared")
        fork = stack.post("/_efsm/fork", 201, json={"name": "test-7"}).json()
        assert fork["name"] == "test-7"
        assert fork["port"] != stack.port
        assert str(fork["port"]) in fork["url"]
        assert fork["env"]["EFSM_URL"] == fork["url"]
        with httpx.Client(base_url=fork["url"]) as other:
            other.post("/queue/publish/t", json="fork")
            stack.post("/queue/publish/t", json="parent")
            assert other.get("/queue/consume/t").json()["messages"] == ["shared", "fork"]
            assert stack.get("/queue/consume/t").json()["messages"] == ["shared", "parent"]
            assert other.get("/_efsm/status").json()["id"] == fork["id"]

    def test_fork_of_a_snapshot(self, stack):
        stack.post("/queue/publish/t", json=1)
        stack.post("/_efsm/snapshots", 201, json={"name": "one"})
        stack.post("/queue/publish/t", json=2)
        fork = stack.post("/_efsm/fork", 201, json={"snapshot": "one"}).json()
        assert httpx.get(f"{fork['url']}/queue/consume/t").json()["messages"] == [1]
        refused(stack.post("/_efsm/fork", 404, json={"snapshot": "none"}))

    def test_fork_takes_the_port_that_it_is_told(self, stack):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        assert stack.post("/_efsm/fork", 201, json={"port": port}).json()["port"] == port
        assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        answer = stack.client.post("/_efsm/fork", json={"port": port})
        assert answer.status_code == 409, answer.text
        refused(answer)

    def test_stacks_are_listed_with_their_parents_and_deleted(self, stack):
        fork = stack.post("/_efsm/fork", 201, json={}).json()
        stacks = {s["id"]: s for s in stack.get("/_efsm/stacks").json()["stacks"]}
        own = stack.get("/_efsm/status").json()["id"]
        assert stacks.keys() == {own, fork["id"]}
        assert stacks[fork["id"]]["parent"] == own
        assert stacks[own]["parent"] is None
        assert stack.get("/_efsm/status").json()["stacks"] == 2

        stack.delete(f"/_efsm/stacks/{fork['id']}")
        with pytest.raises(httpx.ConnectError):
            for _ in range(200):
                httpx.get(f"{fork['url']}/health")
        assert stack.get("/_efsm/status").json()["stacks"] == 1
        refused(stack.delete(f"/_efsm/stacks/{fork['id']}", 404))


class TestClock:
    def test_clock_is_frozen_moved_and_resumed(self, stack):
        assert stack.get("/_efsm/clock").json()["frozen"] is False
        frozen = stack.clock(now="2026-01-01T00:00:00Z", freeze=True)
        assert frozen == {"now": "2026-01-01T00:00:00Z", "frozen": True}
        for advance, now in [
            ("3601s", "2026-01-01T01:00:01Z"),
            ("1h30m", "2026-01-01T02:30:01Z"),
            ("PT1H", "2026-01-01T03:30:01Z"),
        ]:
            assert stack.clock(advance=advance)["now"] == now
        assert stack.get("/_efsm/clock").json() == {"now": "2026-01-01T03:30:01Z", "frozen": True}
        assert stack.clock(resume=True)["frozen"] is False

    def test_every_service_obeys_it(self, stack):
        stack.clock(now="2031-05-06T07:08:09Z", freeze=True)
        stack.put("/storage/b/k", content=b"x")
        modified = stack.get("/storage/b/k").headers["last-modified"]
        assert modified == "Tue, 06 May 2031 07:08:09 GMT"
        assert stack.journal(service="storage")[0]["at"].startswith("2031-05-06T07:08:09")
        assert stack.rows("SELECT datetime('now') AS now") == [{"now": "2031-05-06 07:08:09"}]

    @pytest.mark.parametrize(
        "body",
        ['{"now": "yesterday"}', '{"advance": "soon"}', '{"advance": 5}', '{"freeze": true, "resume": true}', '{"freez": true}', "{"],
    )
    def test_bad_change_changes_nothing(self, stack, body):
        before = stack.clock(now="2026-01-01T00:00:00Z", freeze=True)
        refused(stack.put("/_efsm/clock", 400, content=body))
        assert stack.get("/_efsm/clock").json() == before


class TestJournal:
    def test_entries_are_in_order_and_selected(self, stack):
        stack.put("/storage/b/needle", content=b"x")
        stack.post("/queue/publish/t", json=1)
        stack.get("/storage/b/needle")
        entries = stack.journal()
        assert [e["service"] for e in entries] == ["storage", "queue", "storage"]
        seqs = [e["seq"] for e in entries]
        assert seqs == sorted(set(seqs))
        for entry in entries:
            assert entry["at"] and entry["kind"] and entry["summary"]
        assert [e["kind"] for e in stack.journal(service="queue")] == ["publish"]
        assert [e["seq"] for e in stack.journal(since=seqs[0])] == seqs[1:]
        assert [e["seq"] for e in stack.journal(limit=1)] == seqs[2:]
        assert len(stack.journal(q="NEEDLE")) == 2

    def test_emptied_journal_counts_on(self, stack):
        stack.put("/storage/b/k", content=b"x")
        last = stack.journal()[-1]["seq"]
        stack.delete("/_efsm/journal")
        assert stack.journal() == []
        stack.put("/storage/b/k", content=b"x")
        assert stack.journal()[0]["seq"] == last + 1

    def test_oldest_entries_are_dropped_and_counted(self, start):
        stack = start("limits: {journal_entries: 3}\n")
        for n in range(10):
            stack.put(f"/storage/b/{n}", content=b"")
        answer = stack.get("/_efsm/journal").json()
        assert [e["key"] for e in answer["entries"]] == ["7", "8", "9"]
        assert answer["dropped"] == 7

    def test_events_follow_the_journal_from_where_the_client_was(self, stack):
        stack.put("/storage/b/1", content=b"")
        first = stack.journal()[0]["seq"]
        stack.put("/storage/b/2", content=b"")
        opened, keys, ids = threading.Event(), [], []

        def follow():
            headers = {"Last-Event-ID": str(first)}
            with httpx.stream("GET", f"{stack.url}/_efsm/events", headers=headers, timeout=PATIENCE) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                opened.set()
                for line in answer.iter_lines():
                    if line.startswith("id: "):
                        ids.append(int(line[4:]))
                    if line.startswith("data: "):
                        keys.append(json.loads(line[6:])["key"])
                        if len(keys) == 2:
                            return

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        assert opened.wait(PATIENCE)
        stack.put("/storage/b/3", content=b"")
        thread.join(PATIENCE)
        assert keys == ["2", "3"]
        assert ids == [first + 1, first + 2]


class TestFaults:
    def test_rules_are_set_listed_and_removed(self, stack):
        rules = [
            {"service": "storage", "match": {"path": "/storage/b/*"}, "effect": {"status": 503}, "times": 1},
            {"id": "mine", "effect": {"delay_ms": 1}, "probability": 0.5},
        ]
        stack.put("/_efsm/faults", json=rules)
        listed = stack.get("/_efsm/faults").json()
        listed = listed["faults"] if isinstance(listed, dict) else listed
        assert [rule["effect"] for rule in listed] == [{"status": 503}, {"delay_ms": 1}]
        assert listed[1]["id"] == "mine" and listed[0]["id"]
        stack.put("/storage/b/k", 503, content=b"x")
        stack.put("/storage/b/k", content=b"x")
        stack.delete("/_efsm/faults")
        listed = stack.get("/_efsm/faults").json()
        assert (listed["faults"] if isinstance(listed, dict) else listed) == []

    def test_body_and_status_answer_in_the_services_place(self, stack):
        effect = {"status": 429, "body": {"error": "slow down"}}
        stack.put("/_efsm/faults", json=[{"service": "queue", "effect": effect}])
        assert stack.get("/queue/topics", 429).json() == {"error": "slow down"}
        stack.get("/storage/")

    @pytest.mark.parametrize("effect", [{"reset": True}, {"drop": True}])
    def test_connection_breaks_without_an_answer(self, stack, effect):
        stack.put("/_efsm/faults", json=[{"match": {"path": "/http/x"}, "effect": effect}])
        with stack.connect() as sock:
            sock.sendall(b"GET /http/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if "reset" in effect:
                with pytest.raises(ConnectionResetError):
                    sock.recv(1)
            else:
                assert sock.recv(1) == b""
        stack.get("/health")

    def test_truncated_answer_breaks_off(self, stack):
        stack.put("/storage/b/k", content=b"0123456789")
        stack.put("/_efsm/faults", json=[{"match": {"path": "/storage/b/k"}, "effect": {"truncate": 4}}])
        with stack.connect() as sock:
            sock.sendall(b"GET /storage/b/k HTTP/1.1\r\nHost: localhost\r\n\r\n")
            answer = b"".join(iter(lambda: sock.recv(4096), b""))
        assert b"content-length: 10" in answer.lower()
        assert answer.endswith(b"\r\n\r\n0123")

    def test_delay_is_on_the_stacks_clock(self, stack):
        stack.clock(freeze=True)
        stack.put("/_efsm/faults", json=[{"service": "queue", "effect": {"delay_ms": 3_600_000}}])
        answers = []
        thread = threading.Thread(target=lambda: answers.append(httpx.get(f"{stack.url}/queue/topics", timeout=PATIENCE)))
        thread.start()
        while not stack.journal(q="fault"):
            pass
        assert not answers
        stack.clock(advance="1h")
        thread.join(PATIENCE)
        assert answers[0].status_code == 200

    def test_operation_inside_a_service_is_matched(self, stack):
        rule = {"service": "storage", "match": {"bucket": "b", "operation": "put-object"}, "effect": {"status": 507}}
        stack.put("/_efsm/faults", json=[rule])
        stack.put("/storage/b/k", 507, content=b"x")
        stack.put("/storage/other/k", content=b"x")

    @pytest.mark.parametrize(
        "rules",
        ['[{"effect": {}}]', '[{"efect": {"status": 500}}]', '{"effect": {"status": 500}}', '[{"effect": {"status": 42}}]', "[", '[{"service": "htp", "effect": {"drop": true}}]'],
    )
    def test_bad_rules_change_nothing(self, stack, rules):
        stack.put("/_efsm/faults", json=[{"id": "kept", "effect": {"delay_ms": 0}}])
        refused(stack.put("/_efsm/faults", 400, content=rules))
        assert "kept" in stack.get("/_efsm/faults").text


class TestEnv:
    def test_every_client_finds_its_variable(self, stack):
        env = stack.get("/_efsm/env").json()
        assert env["EFSM_URL"] == stack.url
        assert env["AWS_ENDPOINT_URL"].startswith(stack.url)
        assert len(env["AWS_ACCESS_KEY_ID"]) and len(env["AWS_SECRET_ACCESS_KEY"]) and env["AWS_REGION"]
        assert env["OIDC_ISSUER"].startswith(stack.url)
        assert env["OIDC_CLIENT_ID"] and env["OIDC_CLIENT_SECRET"]
        assert str(stack.port) in env["DATABASE_URL"]
        assert env == stack.env

    @pytest.mark.parametrize(
        "format, line",
        [("sh", "export EFSM_URL='{}'"), ("dotenv", 'EFSM_URL="{}"'), ("github", "EFSM_URL={}")],
    )
    def test_formats(self, stack, format, line):
        text = stack.get("/_efsm/env", params={"format": format}).text
        assert line.format(stack.url) in text.splitlines()
        refused(stack.get("/_efsm/env", 400, params={"format": "xml"}))


def test_shutdown_ends_the_process(stack):
    stack.post("/_efsm/shutdown", 202)
    assert stack.process.wait(PATIENCE) == 0
    with pytest.raises(ConnectionRefusedError):
        stack.connect()


def test_openapi_describes_every_call(stack):
    document = stack.get("/_efsm/openapi.json").json()
    assert document["openapi"].startswith("3.")
    described = {
        (method.upper(), path.removeprefix("/_efsm").removeprefix("/"))
        for path, item in document["paths"].items()
        for method in item
        if method in {"get", "put", "post", "delete"}
    }
    normal = {(m, re.sub(r"\{[^}]*\}", "{id}", p)) for m, p in described}
    assert normal >= {
        ("GET", "status"),
        ("POST", "reset"),
        ("POST", "snapshots"),
        ("GET", "snapshots"),
        ("DELETE", "snapshots/{id}"),
        ("POST", "snapshots/{id}/restore"),
        ("POST", "fork"),
        ("GET", "stacks"),
        ("DELETE", "stacks/{id}"),
        ("GET", "clock"),
        ("PUT", "clock"),
        ("GET", "journal"),
        ("DELETE", "journal"),
        ("GET", "events"),
        ("GET", "faults"),
        ("PUT", "faults"),
        ("DELETE", "faults"),
        ("GET", "env"),
        ("POST", "shutdown"),
        ("GET", "openapi.json"),
    }


def test_unknown_call_and_wrong_method_are_told(stack):
    refused(stack.get("/_efsm/nothing", 404))
    answer = stack.delete("/_efsm/status", 405)
    refused(answer)
    assert "GET" in answer.headers["allow"]


class TestGuard:
    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8888", "shop.localhost"])
    def test_loopback_hosts_are_answered(self, stack, host):
        stack.get("/_efsm/status", headers={"Host": host})

    @pytest.mark.parametrize("path", ["/_efsm/status", "/__admin/mappings"])
    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.1.2.3", "169.254.169.254"])
    def test_other_hosts_are_not(self, stack, path, host):
        stack.get(path, 403, headers={"Host": host})

    @pytest.mark.parametrize("path", ["/_efsm/status", "/__admin/mappings"])
    def test_page_of_another_origin_is_not_answered(self, stack, path):
        stack.get(path, 403, headers={"Origin": "https://evil.example"})
        stack.get(path, 403, headers={"Origin": "null"})
        stack.get(path, headers={"Origin": stack.url})

    def test_services_answer_every_host(self, stack):
        stack.get("/health", headers={"Host": "api.example.com"})
        stack.put("/storage/b/k", content=b"x", headers={"Host": "minio.internal", "Origin": "https://app.example"})

    def test_network_address_asks_for_the_token(self, start):
        stack = start(None, "--bind", "0.0.0.0")
        token = stack.up["token"]
        url = f"http://127.0.0.1:{stack.port}"
        assert httpx.get(f"{url}/_efsm/status").status_code == 401
        for wrong in ["Bearer", "Bearer wrong", f"Basic {token}"]:
            assert httpx.get(f"{url}/_efsm/status", headers={"Authorization": wrong}).status_code == 401
        good = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{url}/_efsm/status", headers=good).status_code == 200
        assert httpx.get(f"{url}/health").status_code == 200

    def test_trusted_network_asks_for_nothing(self, start):
        stack = start(None, "--bind", "0.0.0.0", "--trust-network")
        url = f"http://127.0.0.1:{stack.port}"
        assert httpx.get(f"{url}/_efsm/status", headers={"Host": "efsm.test"}).status_code == 200
