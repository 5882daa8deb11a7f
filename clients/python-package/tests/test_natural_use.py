"""What somebody writes who knows the names and not the details: each natural form of a call works."""

from __future__ import annotations

import inspect
import json
import sqlite3
import threading
import time

import pytest

from sin_code_efsm import (
    AuthService,
    DatabaseService,
    EphemeralMockServer,
    FullStack,
    HTTPService,
    InvalidTokenError,
    QueueService,
    Response,
    StorageService,
    services,
)
from sin_code_efsm.services.auth import InvalidTokenError as TheSame
from sin_code_efsm.services.base import BaseService, Record


def test_every_class_is_where_it_is_sought():
    assert TheSame is InvalidTokenError is services.InvalidTokenError
    for name in ("http", "database", "auth", "queue", "storage"):
        module = __import__(f"sin_code_efsm.services.{name}", fromlist=["x"])
        (found,) = [c for c in vars(module).values() if getattr(c, "name", None) == name]
        assert found is getattr(services, found.__name__) and issubclass(found, BaseService)


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (EphemeralMockServer, "port services config"),
        (EphemeralMockServer.add_endpoint, "self method path response status headers delay"),
        (EphemeralMockServer.get_endpoint, "self method path"),
        (EphemeralMockServer.remove_endpoint, "self method path"),
        (HTTPService.add_endpoint, "self method path response status headers delay"),
        (DatabaseService.execute, "self sql params"),
        (AuthService, "secret ttl_seconds"),
        (AuthService.issue_jwt, "self subject extra"),
        (QueueService.consume, "self topic limit"),
        (StorageService.put_object, "self bucket key data content_type"),
    ],
)
def test_arguments_have_their_names_and_places(function, names):
    parameters = list(inspect.signature(function).parameters.values())[: len(names.split())]
    assert [parameter.name for parameter in parameters] == names.split()
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)


def test_a_comparison_asks_for_what_it_names():
    record = Record(status="up", port=1, counts={"a": 1})
    assert record == {"status": "up", "port": 1} and {"status": "up"} == record
    assert record != {"status": "down"} and record != {"status": "up", "more": 1} and record != {} and record != 5
    assert record == Record(record) and record != Record(status="up")
    assert [record] == [{"port": 1}] and json.loads(json.dumps(record)) == dict(record)


def test_status_is_compared_whole(server):
    for name, service in server.services.items():
        expected = {"status": "up", "port": server.port, "name": name}
        assert server.status[name] == expected == service.status()
        assert service.port == server.port and service.running
    alone = FullStack()
    assert {name: service.status() for name, service in alone.as_dict().items()} == {
        name: {"status": "down", "port": None, "name": name} for name in server.status
    }


def test_a_server_before_and_after():
    server = EphemeralMockServer(0)
    server.stop()
    assert server.port is None and server.services == {}
    assert server.start() is server
    with pytest.raises(RuntimeError, match="Server is already running"):
        server.start()
    with pytest.raises(RuntimeError, match="already running"), server:
        server.start()
    server.stop()
    for touch in (lambda: server.url, server.env, server.reset, server.snapshot, server.fork, lambda: server.clock):
        with pytest.raises(RuntimeError, match="Server is not running"):
            touch()
    with pytest.raises(RuntimeError, match="HTTP service is not enabled"):
        server.add_endpoint("GET", "/x", {})


def test_services_are_chosen():
    with EphemeralMockServer(port=0, services=("database",)) as server:
        with pytest.raises(RuntimeError, match="HTTP service is not enabled"):
            server.add_endpoint("GET", "/x", {})
        with pytest.raises(RuntimeError, match="HTTP service is not enabled"):
            server.get_endpoint("GET", "/x")
        assert list(server.services) == ["database"]
        server.reset()
    with EphemeralMockServer(port=0, services=[]) as server:
        assert len(server.status) == 5
    unknown = EphemeralMockServer(port=0, services=["http", "mail"])
    with pytest.raises(ValueError, match="Unknown service: mail"):
        unknown.start()
    assert unknown.port is None


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"port": "8888"}, "port must be an int, not str"),
        ({"port": 1.5}, "port must be an int, not float"),
        ({"services": "http"}, "list of names"),
        ({"config": 5}, "path, a text or a dict, not int"),
        ({"config": {"port": object()}}, "not JSON serializable"),
    ],
)
def test_wrong_types_are_told(wrong, told):
    with pytest.raises(TypeError, match=told):
        EphemeralMockServer(**{"port": 0, **wrong}).start()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((5, "/x", {}), "method must be a str"),
        (("GET", 5, {}), "path must be a str"),
        (("GET", "/x", {}, "200"), "status must be an int"),
        (("GET", "/x", {}, 200, 5), "headers must be a dict"),
        (("GET", "/x", {}, 200, {"X": object()}), "a header is text"),
        (("GET", "/x", {}, 200, None, "1"), "delay is in seconds"),
        (("GET", "/x", {1, 2}), "is set, which has no form in JSON"),
        (("GET", "/x", {"a": object()}), r"\$\.a is object"),
    ],
)
def test_wrong_endpoints_are_told(arguments, told):
    http = HTTPService()
    with pytest.raises(TypeError, match=told):
        http.add_endpoint(*arguments)
    assert http.endpoints() == []


@pytest.mark.parametrize("method", ["FETCH", "TRACE", "CONNECT", "", "GET /"])
def test_methods_that_are_none_are_refused(method):
    with pytest.raises(ValueError, match="unsupported HTTP method"):
        HTTPService().add_endpoint(method, "/x", {})


def test_what_was_added_is_found_again(server):
    answers = [{"a": 1}, [1, 2], "text", 5, None, True, b"\x00\xff"]
    for answer in answers:
        server.add_endpoint("GET", "/x", answer, 201, {"X-A": "1"}, 1.5)
        found = server.get_endpoint("get", "x")
        assert found == {"response": answer, "status_code": 201}
        assert (found["status"], found["delay"], found["headers"]["X-A"]) == (201, 1.5, "1")
    assert server.http.endpoints() == [("GET", "/x")]
    assert server.remove_endpoint("get", "x") is True
    assert server.remove_endpoint("GET", "/x") is False
    assert server.get_endpoint("GET", "/x") is None


def test_status_may_be_called_status_code(server, fetch):
    server.add_endpoint("POST", "/a", {}, status_code=202)
    server.http.add_endpoint("POST", "/b", {}, 202)
    assert {fetch(f"{server.url}/http/{path}", "POST").status for path in "ab"} == {202}


def test_headers_may_be_pairs_and_numbers(server, fetch):
    server.add_endpoint("GET", "/x", {}, headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Count", 3)])
    headers = fetch(f"{server.url}/x").headers
    assert (headers.get_all("Set-Cookie"), headers["X-Count"]) == (["a=1", "b=2"], "3")
    server.add_endpoint("GET", "/y", Response({}, 203, {"X-A": "own"}), headers={"x-a": "1", "X-B": "2"})
    headers = fetch(f"{server.url}/y").headers
    assert (headers.get_all("X-A"), headers["X-B"]) == (["own"], "2")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_every_method_is_served_and_logged(server, fetch, method):
    server.add_endpoint(method, "/x", {"ok": True})
    sent = {"n": 1} if method in ("POST", "PUT", "PATCH") else None
    answer = fetch(f"{server.url}/http/x", method, sent)
    assert answer.status == 200 and (method == "HEAD" or answer.json() == {"ok": True})
    assert server.http.calls() == [{"method": method, "path": "/x", "body": sent}]
    assert server.http.verify(method, "/x", 1)
    server.http.clear_calls()
    assert server.http.calls() == [] and server.http.verify(method, "/x", times=0)


def test_a_204_has_no_body(server, fetch):
    server.add_endpoint("DELETE", "/x", None, status=204)
    answer = fetch(f"{server.url}/x", "DELETE")
    assert (answer.status, answer.body) == (204, b"")


def test_a_call_without_an_endpoint_is_logged_and_told(server, fetch):
    answer = fetch(f"{server.url}/http/nope")
    assert answer.status == 404 and answer.json()["error"] == "endpoint not registered" and answer.json()["path"] == "/nope"
    assert server.http.calls() == [{"method": "GET", "path": "/nope", "body": None, "matched": False}]


def test_reset_and_a_second_start_begin_anew(server, fetch):
    server.add_endpoint("GET", "/x", 1)
    server.reset()
    assert server.get_endpoint("GET", "/x") is None and server.http.calls() == []
    server.stop()
    server.start()
    assert server.status["http"]["status"] == "up" and fetch(f"{server.url}/health").json()["status"] == "ok"


def test_statements_without_rows_give_an_empty_list():
    db = DatabaseService()
    assert db.create_table("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, n)") is None
    assert db.execute("INSERT INTO t (n) VALUES (?)", (1,)) == []
    assert db.execute("UPDATE t SET n = :n", {"n": 2}) == [] == db.execute("DELETE FROM t WHERE n = 5", [])
    assert db.execute("SELECT id, n FROM t", ()) == [{"id": 1, "n": 2}]
    assert db.execute(sql="SELECT n FROM t WHERE id = ?", params=[1]) == [{"n": 2}]
    assert db.executemany("INSERT INTO t (n) VALUES (?)", [(3,), [4]]) == 2
    assert "t" in db.tables()
    for wrong in ("SELECT ?", "SELECT 1; SELECT 2"):
        with pytest.raises(sqlite3.ProgrammingError):
            db.execute(wrong)
    with pytest.raises(sqlite3.Error):
        db.execute("NOT SQL")
    db.reset()
    assert db.execute("SELECT * FROM t") == []
    db.hard_reset()
    assert db.tables() == []


def test_a_database_is_used_from_many_threads():
    db = DatabaseService()
    db.create_table("CREATE TABLE t (n)")
    threads = [threading.Thread(target=db.execute, args=("INSERT INTO t VALUES (?)", (n,))) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.execute("SELECT count(*) AS n FROM t") == [{"n": 16}]


def test_claims_are_those_of_a_token():
    auth = AuthService("secret", 120)
    claims = auth.validate_jwt(auth.issue_jwt("ada", {"role": "admin"}))
    assert (claims["sub"], claims["role"], claims["iss"]) == ("ada", "admin", "sin-code-efsm")
    assert 0 < claims["exp"] - time.time() <= 120
    assert auth.validate_jwt(auth.issue_jwt())["sub"] == "user"
    assert auth.validate_jwt(auth.issue_jwt("ada", extra={"sub": "bo"}))["sub"] == "bo"
    assert AuthService(secret="").issue_jwt()
    assert len(auth.issued_tokens) == 3
    auth.issued_tokens.clear()
    assert len(auth.issued_tokens) == 3


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (lambda auth: auth.issue_jwt(ttl=-1), "token expired"),
        (lambda auth: AuthService().issue_jwt(), "signature mismatch"),
        (lambda auth: auth.issue_jwt("ada").rsplit(".", 1)[0] + "." + auth.issue_jwt("bo").rsplit(".", 1)[1], "signature mismatch"),
        (lambda auth: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "algorithm not accepted"),
        (lambda auth: "not-a-jwt", "invalid JWT format"),
        (lambda auth: "a.b", "invalid JWT format"),
        (lambda auth: "", "invalid JWT format"),
        (lambda auth: None, "invalid JWT format"),
        (lambda auth: "a.b.c", "malformed header"),
        (lambda auth: auth.issue_jwt() + "!", "malformed signature"),
    ],
)
def test_a_reason_is_given_for_every_refusal(token, reason):
    auth = AuthService(secret="s")
    with pytest.raises(InvalidTokenError, match=reason) as caught:
        auth.validate_jwt(token(auth))
    assert caught.value.reason == reason
    assert isinstance(caught.value, ValueError)


def test_users_are_added_by_either_name():
    auth = AuthService()
    assert auth.add_user("ada", email="a@example.com") == {"username": "ada", "email": "a@example.com"}
    assert auth.add_user("bo", name="Bo B.") == {"username": "bo", "name": "Bo B."}
    assert auth.add_user(name="cy", role="admin") == {"username": "cy", "role": "admin"} == auth.get_user("cy")
    assert auth.get_user("none") is None
    with pytest.raises(TypeError, match="name first"):
        auth.add_user()
    auth.reset()
    assert auth.get_user("ada") is None


def test_messages_stay_and_are_limited():
    queue = QueueService()
    assert queue.consume("none") == [] and queue.topics() == []
    assert [queue.publish("t", {"n": n}) for n in range(12)][-1] == 12
    assert len(queue.consume("t")) == 10 == len(queue.consume("t", 10)) and len(queue.consume("t", limit=None)) == 12
    assert queue.consume("t", limit=0) == [] and queue.consume("t", limit=1) == [{"n": 0}]
    for message in ("text", 5, [1], None, {"a": {"b": [None]}}):
        queue.publish("any", message)
    assert queue.consume("any") == ["text", 5, [1], None, {"a": {"b": [None]}}]
    with pytest.raises(TypeError, match="no form in JSON"):
        queue.publish("t", {"at": object()})


@pytest.mark.parametrize("bucket", ["b", "my-bucket", "my_bucket", "Bucket1", "a.b"])
def test_objects_are_put_under_any_name(bucket):
    storage = StorageService()
    assert storage.put_object(bucket, "a/b.txt", "grün") == {"bucket": bucket, "key": "a/b.txt", "size": 5}
    expected = {"data": "grün".encode(), "content_type": "application/octet-stream", "size": 5}
    assert storage.get_object(bucket, "a/b.txt") == expected
    assert storage.put_object(bucket, "a/b.txt", b"", content_type="text/plain")["size"] == 0
    assert (storage.list_buckets(), storage.list_objects(bucket)) == ([bucket], ["a/b.txt"])
    assert storage.delete_object(bucket, "a/b.txt") is True
    assert storage.delete_object(bucket, "a/b.txt") is False
    assert storage.get_object(bucket, "a/b.txt") is None and storage.list_objects("none") == []


def test_snapshots_are_what_snapshot_returns(server):
    before = server.snapshot()
    for wrong in (None, {}, "x"):
        with pytest.raises(TypeError, match="what snapshot"):
            server.restore(wrong)
    server.restore(before)
    server.restore(before)
