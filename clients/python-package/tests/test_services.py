"""The services: standing alone, and the same over the port."""

from __future__ import annotations

import sqlite3

import pytest

from sin_code_efsm import EfsmError, FullStack, VerificationError
from sin_code_efsm.services import AuthService, DatabaseService, HTTPService, InvalidTokenError, QueueService, StorageService


def test_database_keeps_every_type():
    db = DatabaseService()
    row = {"i": 2**62 + 1, "r": 1.5, "t": "ü\0x", "b": b"\x00\xff", "n": None}
    assert db.execute("SELECT :i AS i, :r AS r, :t AS t, :b AS b, :n AS n", row) == [row]
    assert db.execute("SELECT ? AS yes", (True,)) == [{"yes": 1}]
    assert db.execute("SELECT ? AS a, ? AS b", [bytearray(b"x"), memoryview(b"y")]) == [{"a": b"x", "b": b"y"}]


def test_database_statements_tables_and_resets():
    db = DatabaseService()
    db.create_table("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
    assert db.execute("INSERT INTO users (name) VALUES (?)", ("Ada",)) == []
    assert db.executemany("INSERT INTO users (name) VALUES (?)", [("Bo",), ("Cy",)]) == 2
    assert db.executemany("INSERT INTO users (name) VALUES (:n)", ({"n": n} for n in "xy")) == 2
    assert [row["name"] for row in db.execute("SELECT name FROM users ORDER BY id LIMIT 2")] == ["Ada", "Bo"]
    db.executescript("CREATE TABLE a (x); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);")
    assert db.tables() == ["a", "users"]
    image, text = db.export(), db.dump()
    db.reset()
    assert db.tables() == ["a", "users"] and db.execute("SELECT * FROM users") == []
    db.hard_reset()
    assert db.tables() == []
    db.load(image)
    assert db.execute("SELECT count(*) AS n FROM users") == [{"n": 5}]
    copy = DatabaseService()
    copy.executescript(text)
    assert copy.execute("SELECT sum(x) AS s FROM a") == [{"s": 3}]


def test_database_errors_are_sqlite_errors_too():
    db = DatabaseService()
    db.create_table("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    db.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError) as caught:
        db.execute("INSERT INTO t VALUES (1)")
    assert caught.value.code == "SQLITE_CONSTRAINT_PRIMARYKEY"
    with pytest.raises(sqlite3.OperationalError, match="no such table: nope"):
        db.execute("SELECT * FROM nope")
    with pytest.raises(EfsmError, match="parameter"):
        db.execute("SELECT ?")
    with pytest.raises(EfsmError):
        db.execute("ATTACH 'x.db' AS x")
    with pytest.raises(EfsmError):
        db.executemany("INSERT INTO t VALUES (?)", [(2,), (1,)])
    assert db.execute("SELECT * FROM t") == [{"a": 1}]


@pytest.mark.parametrize("params", ["x", b"x", 5, object()])
def test_database_parameters_of_a_wrong_type_are_told(params):
    with pytest.raises(TypeError, match="tuple, list or dict"):
        DatabaseService().execute("SELECT ?", params)


def test_database_values_of_a_wrong_type_are_told():
    with pytest.raises(TypeError, match="object"):
        DatabaseService().execute("SELECT ?", (object(),))
    with pytest.raises(OverflowError, match="64 bits"):
        DatabaseService().execute("SELECT ?", (2**63,))


def test_other_databases_are_made_by_name(server):
    other = server.database.database("audit")
    other.create_table("CREATE TABLE log (line)")
    assert server.database.tables() == []
    assert sorted(server.database.databases()) == ["audit", "main"]


def test_database_over_the_port_is_the_same(server, fetch):
    server.database.create_table("CREATE TABLE t (n)")
    answer = fetch(f"{server.url}/db/execute", "POST", {"sql": "INSERT INTO t VALUES (?)", "params": [5]})
    assert answer.status == 200
    assert server.database.execute("SELECT n FROM t") == [{"n": 5}]


def test_tokens_are_issued_and_checked():
    auth = AuthService(secret="s3cret", ttl_seconds=60)
    token = auth.issue_jwt("ada", extra={"role": "admin"})
    claims = auth.validate_jwt(token)
    assert (claims["sub"], claims["role"], claims["exp"] - claims["iat"]) == ("ada", "admin", 60)
    assert auth.issued_tokens == [token]
    assert AuthService(secret="s3cret").validate_jwt(token)["sub"] == "ada"
    auth.reset()
    assert auth.issued_tokens == []


def test_tokens_that_are_not_believed():
    auth = AuthService()
    reasons = {
        auth.issue_jwt(ttl=-1): "expired",
        AuthService().issue_jwt(): "signature",
        auth.issue_jwt() + "x": "signature|base64",
        "a.b": "3",
        "": "3",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.": "none",
    }
    for token, reason in reasons.items():
        with pytest.raises(InvalidTokenError, match=reason) as caught:
            auth.validate_jwt(token)
        assert str(caught.value).startswith(f"{caught.value.reason}: ")
    with pytest.raises(InvalidTokenError):
        auth.validate_jwt(None)  # type: ignore[arg-type]
    expired = AuthService(ttl_seconds=-10)
    with pytest.raises(InvalidTokenError, match="expired"):
        expired.validate_jwt(expired.issue_jwt())


def test_users_have_claims(server, fetch):
    assert server.auth.add_user("ada", role="admin") == {"username": "ada", "role": "admin"}
    assert server.auth.get_user("ada") == {"username": "ada", "role": "admin"}
    assert server.auth.get_user("bo") is None
    token = fetch(f"{server.url}/auth/oauth/token", "POST", {"grant_type": "password", "username": "ada"}).json()
    info = fetch(f"{server.url}/auth/oauth/userinfo", headers={"Authorization": f"Bearer {token['access_token']}"}).json()
    assert info["user"]["role"] == "admin"
    assert server.auth.issued_tokens == [token["access_token"]]


def test_queue_peeks_in_order(server, fetch):
    queue = QueueService()
    assert [queue.publish("t", {"n": n}) for n in range(12)] == list(range(1, 13))
    assert queue.consume("t") == queue.consume("t") == [{"n": n} for n in range(10)]
    assert queue.consume("t", limit=2) == [{"n": 0}, {"n": 1}]
    assert queue.consume("none") == []
    assert queue.topics() == ["t"]
    queue.reset()
    assert queue.topics() == []
    with pytest.raises(ValueError, match="negative"):
        queue.consume("t", -1)
    fetch(f"{server.url}/queue/publish/orders", "POST", [1, "two", None])
    assert server.queue.consume("orders") == [[1, "two", None]]


def test_storage_keeps_bytes_types_and_metadata(server, fetch):
    storage = StorageService()
    assert storage.put_object("b", "a b/ü.txt", "grün", "text/plain") == {"bucket": "b", "key": "a b/ü.txt", "size": 5}
    found = storage.get_object("b", "a b/ü.txt")
    assert (found["data"], found["content_type"], found["size"]) == ("grün".encode(), "text/plain", 5)
    assert storage.get_object("b", "none") is None and storage.get_object("none", "k") is None
    storage.put_object("b", "c", memoryview(b"x"), metadata={"owner": "ada"})
    assert storage.get_object("b", "c")["metadata"] == {"owner": "ada"}
    assert storage.list_objects("b") == ["a b/ü.txt", "c"]
    assert storage.list_objects("b", "a") == ["a b/ü.txt"]
    assert storage.list_objects("none") == []
    assert storage.list_buckets() == ["b"]
    assert [storage.delete_object("b", "c"), storage.delete_object("b", "c"), storage.delete_object("no", "c")] == [True, False, False]
    storage.reset()
    assert storage.list_buckets() == []
    with pytest.raises(TypeError, match="bytes or str"):
        storage.put_object("b", "k", 5)  # type: ignore[arg-type]
    fetch(f"{server.url}/storage/b/k", "PUT", b"body", {"Content-Type": "image/png"})
    assert server.storage.get_object("b", "k")["content_type"] == "image/png"


def test_endpoints_are_added_found_and_removed(server, fetch):
    http = server.http
    http.add_endpoint("post", "users", {"id": 1}, status=201, headers={"Location": "/users/1"})
    answer = fetch(f"{server.url}/http/users", "POST", {"a": 1})
    assert (answer.status, answer.headers["Location"], answer.json()) == (201, "/users/1", {"id": 1})
    found = http.get_endpoint("POST", "/users")
    assert (found["response"], found["status"], found["status_code"]) == ({"id": 1}, 201, 201)
    assert http.get_endpoint("GET", "/users") is None
    assert http.endpoints() == [("POST", "/users")]
    assert [http.remove_endpoint("POST", "/users"), http.remove_endpoint("POST", "/users")] == [True, False]
    assert fetch(f"{server.url}/http/users", "POST").json()["error"] == "endpoint not registered"


@pytest.mark.parametrize("response", [{"a": [1, None]}, [1], "text", 5, 1.5, True, None])
def test_json_is_answered_as_json(server, fetch, response):
    server.add_endpoint("GET", "/x", response)
    answer = fetch(f"{server.url}/http/x")
    assert (answer.json(), answer.headers["Content-Type"]) == (response, "application/json")


def test_bytes_are_answered_as_they_are(server, fetch):
    server.add_endpoint("GET", "/x", b"\x00\xff", headers={"Content-Type": "image/png"})
    answer = fetch(f"{server.url}/x")
    assert (answer.body, answer.headers["Content-Type"]) == (b"\x00\xff", "image/png")


def test_what_is_no_json_is_told_with_its_place():
    http = HTTPService()
    with pytest.raises(TypeError, match=r"\$\.a\[1\] is set"):
        http.add_endpoint("GET", "/x", {"a": [1, {2}]})
    with pytest.raises(TypeError, match="key of type int"):
        http.add_endpoint("GET", "/x", {1: 2})
    with pytest.raises(ValueError, match="NaN"):
        http.add_endpoint("GET", "/x", float("nan"))
    looped: list[object] = []
    looped.append(looped)
    with pytest.raises(RecursionError):
        http.add_endpoint("GET", "/x", looped)
    with pytest.raises(ValueError, match="unsupported HTTP method"):
        http.add_endpoint("FETCH ME", "/x", 1)
    with pytest.raises(ValueError, match="status"):
        http.add_endpoint("GET", "/x", 1, status=42)
    assert http.endpoints() == []


def test_a_delay_is_on_the_stacks_clock(server, fetch):
    server.clock.freeze()
    server.add_endpoint("GET", "/slow", 1, delay=3600)
    import threading

    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(fetch(f"{server.url}/slow").status))
    thread.start()
    while not answers:
        server.clock.advance("1h")
        thread.join(0.05)
    assert answers == [200]


def test_calls_are_logged_and_verified(server, fetch):
    server.add_endpoint("POST", "/orders", {"id": 1})
    fetch(f"{server.url}/http/orders?x=1", "POST", {"item": "tea"})
    fetch(f"{server.url}/orders", "POST", b"no json")
    first, second = server.http.calls()
    assert (first["method"], first["path"], first["body"], first["query"]) == ("POST", "/orders", {"item": "tea"}, {"x": "1"})
    assert (second["body"], second["raw"]) == (None, b"no json")
    server.http.verify("POST", "/orders", times=2)
    server.http.verify("POST", "/orders")
    server.http.verify({"urlPath": "/orders", "bodyPatterns": [{"contains": "tea"}]}, times=1)
    server.http.verify("POST", "/orders", at_least=1, at_most=2)
    with pytest.raises(VerificationError, match="nearest miss"):
        server.http.verify("GET", "/orders")
    with pytest.raises(AssertionError):
        server.http.verify("POST", "/orders", at_most=1)
    fetch(f"{server.url}/orders")
    assert [(miss["method"], "POST" in miss["nearest"]) for miss in server.http.unmatched()] == [("GET", True)]
    server.http.clear_calls()
    assert server.http.calls() == []


def test_stubs_are_wiremocks(server, fetch):
    server.http.add_file("page.html", "<p>")
    id_ = server.http.add_stub({"request": {"urlPathTemplate": "/u/{id}"}, "response": {"bodyFileName": "page.html"}})
    assert server.http.stubs()[0]["id"] == id_
    assert fetch(f"{server.url}/u/7").body == b"<p>"
    with pytest.raises(ValueError, match="at /"):
        server.http.add_stub({"request": {"nope": 1}})


def test_full_stack_holds_all_five():
    stack = FullStack()
    assert list(stack.as_dict()) == ["http", "database", "auth", "queue", "storage"]
    stack.http.add_endpoint("GET", "/x", 1)
    stack.database.create_table("CREATE TABLE t (n)")
    stack.queue.publish("t", 1)
    stack.auth.add_user("ada")
    stack.storage.put_object("b", "k", b"")
    stack.reset_all()
    assert stack.http.endpoints() == [] and stack.database.tables() == [] and stack.queue.topics() == []
    assert stack.auth.get_user("ada") is None and stack.storage.list_buckets() == []
    assert stack.http.status()["status"] == "down" and stack.http.port is None
