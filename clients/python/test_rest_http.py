"""`/health`, `/http` and the stub mappings of `/__admin`."""

import httpx
import pytest


def test_health_names_every_service(stack):
    answer = stack.get("/health")
    assert answer.json() == {
        "status": "ok",
        "services": ["http", "database", "auth", "queue", "storage"],
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/nothing", "/nothing/at/all", "/", "/storage", "/a%20b"])
def test_path_without_a_stub_is_told_with_its_path(stack, method, path):
    answer = stack.call(method, f"/http{path}", 404)
    assert answer.json()["error"] == "endpoint not registered"
    assert answer.json()["path"] == path


def test_bare_path_answers_like_the_prefixed_one(stack):
    stack.stub("GET", "/hello", {"status": 200, "jsonBody": {"msg": "world"}})
    for path in ["/http/hello", "/hello"]:
        answer = stack.get(path)
        assert answer.json() == {"msg": "world"}
    stack.get("/helo", 404)


def test_stub_gives_status_headers_and_body(stack):
    stack.stub(
        "POST",
        "/orders",
        {"status": 201, "headers": {"Location": "/orders/7", "X-A": "b"}, "body": "made"},
    )
    answer = stack.post("/http/orders", 201, json={})
    assert answer.text == "made"
    assert answer.headers["location"] == "/orders/7"
    assert answer.headers["x-a"] == "b"
    stack.get("/http/orders", 404)


def test_json_body_is_sent_as_json(stack):
    value = {"text": "grüße", "number": 12345678901234567, "list": [None, True, 1.5], "nested": {"a": {}}}
    stack.stub("GET", "/json", {"jsonBody": value})
    assert stack.get("/json").json() == value


def test_url_matches_the_query_too_and_url_path_does_not(stack):
    stack.post(
        "/__admin/mappings",
        201,
        json={"request": {"method": "GET", "url": "/exact?a=1"}, "response": {"body": "exact"}},
    )
    stack.stub("GET", "/loose", {"body": "loose"})
    assert stack.get("/exact?a=1").text == "exact"
    stack.get("/exact?a=2", 404)
    stack.get("/exact", 404)
    assert stack.get("/loose?a=2").text == "loose"


def test_later_stub_wins_and_a_removed_one_is_gone(stack):
    stack.stub("GET", "/x", {"body": "first"})
    second = stack.stub("GET", "/x", {"body": "second"})
    assert stack.get("/x").text == "second"
    stack.delete(f"/__admin/mappings/{second['id']}")
    assert stack.get("/x").text == "first"


def test_mappings_are_imported_and_listed(stack):
    mappings = [
        {"request": {"method": "GET", "urlPath": f"/import/{n}"}, "response": {"body": str(n)}}
        for n in range(3)
    ]
    stack.post("/__admin/mappings/import", json={"mappings": mappings})
    listed = stack.get("/__admin/mappings").json()
    assert listed["meta"]["total"] == 3
    assert {m["request"]["urlPath"] for m in listed["mappings"]} == {f"/import/{n}" for n in range(3)}
    assert [stack.get(f"/import/{n}").text for n in range(3)] == ["0", "1", "2"]


def test_calls_are_logged(stack):
    stack.stub("POST", "/pay", {"status": 202})
    stack.post("/pay", 202, content="hello", headers={"X-Test": "1"})
    stack.get("/missed", 404)
    logged = stack.get("/__admin/requests").json()["requests"]
    assert sorted(entry["request"]["url"] for entry in logged) == ["/missed", "/pay"]
    (paid,) = [entry for entry in logged if entry["request"]["url"] == "/pay"]
    assert paid["request"]["method"] == "POST"
    assert paid["request"]["body"] == "hello"
    assert paid["wasMatched"] is True


def test_health_and_root_yield_to_a_stub_of_that_very_path(stack):
    stack.stub("GET", "/health", {"body": "mine"})
    stack.stub("GET", "/", {"body": "root"})
    assert stack.get("/health").text == "mine"
    assert stack.get("/").text == "root"


def test_only_prefixes_of_enabled_services_are_reserved(start):
    stack = start(None, "--services", "http")
    for path in ["/auth/login", "/queue/topics", "/storage/b/k", "/db/tables"]:
        stack.stub("GET", path, {"body": path})
        assert stack.get(path).text == path
    assert stack.get("/_efsm/status").json()["services"].keys() == {"http"}


def test_http2_with_prior_knowledge(stack):
    stack.stub("GET", "/two", {"body": "over h2"})
    with httpx.Client(http1=False, http2=True, base_url=stack.url) as client:
        answers = [client.get("/two") for _ in range(3)]
    assert [(a.text, a.http_version) for a in answers] == [("over h2", "HTTP/2")] * 3


def test_malformed_mapping_is_refused_and_adds_nothing(stack):
    for body in ["", "{", "[]", "7", '{"request": 7}', '{"request": {"method": 7}, "response": {}}']:
        answer = stack.client.post("/__admin/mappings", content=body)
        assert 400 <= answer.status_code < 500, f"{body}: {answer.status_code} {answer.text}"
    assert stack.get("/__admin/mappings").json()["meta"]["total"] == 0
