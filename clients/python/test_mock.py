"""`efsm mock` and `efsm proxy`, and descriptions in a stack, with httpx."""

import http.server
import json
import queue
import re
import signal
import subprocess
import threading
import time
from contextlib import contextmanager

import httpx
import pytest

from stack import PATIENCE, Stack, binary

PETS = """
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      parameters: [{name: limit, in: query, schema: {type: integer, maximum: 10}}]
      responses:
        "200": {description: all, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/New"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
  /pets/{petId}:
    parameters: [{name: petId, in: path, required: true, schema: {type: integer}}]
    get:
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}, example: {id: 1, name: Tom}}}}
        "404": {description: none, content: {application/json: {example: {error: no such pet}}}}
    delete:
      responses:
        "204": {description: gone}
        "404": {description: none}
components:
  schemas:
    New: {type: object, required: [name], properties: {name: {type: string, minLength: 1}, tag: {type: string}}}
    Pet: {type: object, required: [id, name], properties: {id: {type: integer}, name: {type: string}, tag: {type: string}}}
"""

EVENTS = """
openapi: 3.0.3
info: {title: Events, version: "1"}
paths:
  /subscriptions:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {url: {type: string}}}}}}
      responses: {"201": {description: made}}
      callbacks:
        onEvent:
          "{$request.body#/url}":
            post:
              requestBody: {content: {application/json: {example: {kind: made}}}}
              responses: {"204": {description: taken}}
"""


@contextmanager
def command(*arguments):
    """A command of efsm that prints that it is listening; gives a client for its URL."""
    process = subprocess.Popen(
        [binary(), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    found = queue.Queue()

    def read():
        for line in process.stdout:
            if match := re.search(r"Prism is listening on (\S+)", line):
                found.put(match[1])
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        url = found.get(timeout=PATIENCE)
        assert url, process.stderr.read()
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)


@pytest.fixture
def pets(tmp_path):
    path = tmp_path / "pets.yaml"
    path.write_text(PETS)
    return path


def test_api_is_answered_and_requests_are_checked(pets):
    with command("mock", "-p", "0", pets) as client:
        assert client.get("/pets/1").json() == {"id": 1, "name": "Tom"}
        refused = client.get("/pets", params={"limit": 100})
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["validation"] == [
            {
                "location": ["query", "limit"],
                "severity": "Error",
                "code": "maximum",
                "message": "Request query parameter limit must be <= 10",
            }
        ]
        assert client.get("/pets/1", headers={"Prefer": "code=404"}).json() == {
            "error": "no such pet"
        }
        broken = client.post(
            "/pets", content="{", headers={"content-type": "application/json"}
        )
        assert broken.status_code == 400
        assert client.get("/dogs").status_code == 404


def test_seed_makes_generated_data_the_same_again(pets):
    answers = []
    for _ in range(2):
        with command("mock", "-p", "0", "-d", "--seed", "7", pets) as client:
            answers.append(client.get("/pets").json())
    assert answers[0] == answers[1]


def test_stateful_collection_returns_what_was_sent(pets):
    with command("mock", "-p", "0", "--stateful", pets) as client:
        assert client.get("/pets").json() == []
        assert client.get("/pets/1").status_code == 404
        made = client.post("/pets", json={"name": "Ada", "tag": "cat"})
        assert made.status_code == 201
        pet = made.json()
        assert (pet["name"], pet["tag"]) == ("Ada", "cat")
        assert client.get(f"/pets/{pet['id']}").json() == pet
        assert client.get("/pets").json() == [pet]
        assert client.post("/pets", json={}).status_code == 422
        assert client.delete(f"/pets/{pet['id']}").status_code == 204
        assert client.get(f"/pets/{pet['id']}").status_code == 404


def test_proxy_checks_both_ways(pets):
    with Stack() as stack:
        stack.client.post(
            "/__admin/mappings",
            json={
                "request": {"urlPath": "/pets", "method": "GET"},
                "response": {
                    "status": 200,
                    "jsonBody": [{"id": "x"}],
                    "headers": {"Content-Type": "application/json"},
                },
            },
        )
        with command("proxy", "-p", "0", pets, stack.url) as client:
            answer = client.get("/pets")
            assert answer.json() == [{"id": "x"}]
            assert "must have required property" in answer.headers["sl-violations"]
        with command("proxy", "-p", "0", "--errors", pets, stack.url) as client:
            assert client.get("/pets").status_code == 500
            assert client.get("/pets", params={"limit": 11}).status_code == 422


@contextmanager
def real_api(answers):
    """A server of one's own: `answers` has bodies by path. Gives its URL and the requests that it was sent."""
    seen = []

    class Api(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.command, self.path, self.headers.get("Proxy-Authorization")))
            # A proxy is asked for a whole URL.
            path = "/" + self.path.split("/", 3)[3] if self.path.startswith("http://") else self.path
            body = answers.get(path)
            text = json.dumps(body if body is not None else {"error": "none"}).encode()
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append((self.command, self.path, body.decode()))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()


def test_recorded_answers_are_answered_again(pets, tmp_path):
    recorded = tmp_path / "recorded.json"
    answers = {"/pets": [{"id": 8, "name": "Rex"}], "/pets/8": {"id": "eight", "name": "Rex"}}
    with real_api(answers) as (url, seen):
        with command("mock", "-p", "0", pets, "--record", url, "--record-to", recorded) as client:
            assert client.get("/pets").json() == answers["/pets"]
            drifted = client.get("/pets/8")
            assert drifted.json() == answers["/pets/8"]
            # The real API has moved away from its description.
            assert "must be integer" in drifted.headers["sl-violations"]
            assert client.get("/pets/9").status_code == 404
        assert [path for _, path, _ in seen] == ["/pets", "/pets/8", "/pets/9"]
    with command("mock", "-p", "0", recorded) as client:
        assert client.get("/pets").json() == answers["/pets"]
        assert client.get("/pets/9", headers={"Prefer": "code=404"}).json() == {"error": "none"}


def test_real_api_is_reached_through_a_proxy(pets):
    with real_api({"/pets": []}) as (proxy, seen):
        through = proxy.replace("http://", "http://user:pass@")
        with command("proxy", "-p", "0", pets, "http://api.invalid", "--upstream-proxy", through) as client:
            assert client.get("/pets").json() == []
        assert seen == [("GET", "http://api.invalid/pets", "Basic dXNlcjpwYXNz")]


def test_https_api_is_reached_through_a_tunnel(start, pets):
    # A stack is such a proxy, and answers for every host.
    stack = start("")
    stack.client.post(
        "/__admin/mappings", json={"request": {"urlPath": "/pets"}, "response": {"jsonBody": [{"id": 1, "name": "Ada"}]}}
    )
    with command("proxy", "-p", "0", pets, "https://api.test", "--upstream-proxy", stack.url) as client:
        assert client.get("/pets").json() == [{"id": 1, "name": "Ada"}]
    asked = stack.client.get("/__admin/requests").json()["requests"][0]["request"]
    assert (asked["scheme"], asked["host"], asked["url"]) == ("https", "api.test", "/pets")


def test_callbacks_are_sent_and_journalled(start, tmp_path):
    (tmp_path / "events.yaml").write_text(EVENTS)
    with real_api({}) as (url, seen):
        stack = start("specs: [events.yaml]\n")
        answer = stack.client.post("/subscriptions", json={"url": f"{url}/hook"})
        assert answer.status_code == 201
        # Sent behind the answer: the journal says when it was taken.
        deadline = time.monotonic() + PATIENCE
        kinds = []
        while "WEBHOOK_RESPONSE" not in kinds and time.monotonic() < deadline:
            events = stack.client.get("/__admin/requests").json()["requests"]
            kinds = [event["type"] for event in events[0]["subEvents"]]
        assert kinds == ["WEBHOOK_REQUEST", "WEBHOOK_RESPONSE"]
        assert seen == [("POST", "/hook", '{"kind":"made"}')]


def test_stubs_win_and_forks_have_their_own_data(start, tmp_path, pets):
    stack = start("specs:\n  - {path: pets.yaml, stateful: true}\n")
    stack.client.post("/pets", json={"name": "Ada"})
    fork = stack.client.post("/_efsm/fork", json={}).json()
    stack.client.post("/pets", json={"name": "Tom"})
    assert len(stack.client.get("/pets").json()) == 2
    assert len(httpx.get(f"{fork['url']}/pets", timeout=PATIENCE).json()) == 1
    stack.client.post(
        "/__admin/mappings",
        json={"request": {"urlPath": "/pets"}, "response": {"status": 200, "body": "mine"}},
    )
    stubbed = stack.client.get("/pets")
    assert stubbed.text == "mine"
    assert "sl-violations" in stubbed.headers


def test_configuration_names_a_graphql_schema(start, tmp_path):
    (tmp_path / "shop.graphql").write_text("type Query { user(id: ID!): User! } type User { id: ID! name: String! }")
    stack = start(
        "specs:\n  - {path: shop.graphql, graphql: {mount: /shop, overrides: {User: {name: Ada}}}}\n"
    )
    query = {"query": "query ($id: ID!) { user(id: $id) { id name } }", "variables": {"id": "7"}}
    answer = stack.client.post("/shop", json=query)
    assert answer.json() == {"data": {"user": {"id": "7", "name": "Ada"}}}


def test_descriptions_come_and_go_while_the_stack_runs(stack):
    created = stack.client.post("/__admin/specs", content=PETS)
    assert created.status_code == 201
    spec = created.json()
    assert (spec["title"], spec["operations"]) == ("Pets", 4)
    assert stack.client.get("/pets/1").json()["name"] == "Tom"
    entry = stack.client.get("/_efsm/journal").json()["entries"][-1]
    assert (entry["spec"], entry["operation"]) == ("Pets", "GET /pets/{petId}")
    assert stack.client.delete(f"/__admin/specs/{spec['id']}").status_code == 200
    assert stack.client.get("/pets/1").status_code == 404
    assert stack.client.post("/__admin/specs", content="a: 1").status_code == 422
