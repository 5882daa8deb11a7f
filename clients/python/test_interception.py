"""The port as an HTTPS proxy and as an HTTPS server, by httpx with the stack's own CA."""

import json
import ssl

import httpx
import pytest

from stack import PATIENCE

API = "https://api.example.com"


@pytest.fixture
def trust(stack, tmp_path):
    """A context that trusts the stack's CA alone, as strictly as OpenSSL can."""
    return trust_in(stack, tmp_path)


def trust_in(stack, folder):
    answer = stack.get("/_efsm/ca.pem")
    assert answer.headers["content-type"] == "application/x-pem-file"
    path = folder / "ca.pem"
    path.write_text(answer.text)
    context = ssl.create_default_context(cafile=path)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def through(stack, trust, http2=False):
    return httpx.Client(
        proxy=stack.url, verify=trust, http2=http2, timeout=PATIENCE, trust_env=False
    )


def stub_for(stack, host, path, **response):
    stack.stub("ANY", path, response, host={"equalTo": host})


@pytest.mark.parametrize(("http2", "version"), [(False, "HTTP/1.1"), (True, "HTTP/2")])
def test_https_api_is_answered_by_its_stubs(stack, trust, http2, version):
    stub_for(stack, "api.example.com", "/v1/charges", status=201, jsonBody={"id": "ch_1"})
    with through(stack, trust, http2) as client:
        answer = client.post(f"{API}/v1/charges?expand=a", json={"amount": 100})
        again = client.post(f"{API}/v1/charges", json={})
    assert (answer.status_code, answer.json()) == (201, {"id": "ch_1"})
    assert answer.http_version == version
    assert again.status_code == 201

    first = stack.get("/__admin/requests").json()["requests"][-1]["request"]
    assert first["absoluteUrl"] == f"{API}/v1/charges?expand=a"
    assert (first["scheme"], first["host"], first["port"]) == ("https", "api.example.com", 443)
    assert first["browserProxyRequest"] is True
    assert first["body"] == '{"amount":100}'


def test_hosts_are_kept_apart(stack, trust):
    stub_for(stack, "a.example.com", "/name", body="a")
    stub_for(stack, "b.example.com", "/name", body="b")
    with through(stack, trust) as client:
        assert client.get("https://a.example.com/name").text == "a"
        assert client.get("https://b.example.com/name").text == "b"
        assert client.get("http://b.example.com/name").text == "b"
        assert client.get("https://b.example.com:8443/name").text == "b"


def test_host_without_stubs_is_refused(stack, trust):
    with through(stack, trust) as client:
        answer = client.get("https://unknown.example.com/")
    assert answer.status_code == 403
    assert "unknown.example.com" in answer.json()["error"]


def test_control_api_is_not_reached_under_another_hosts_name(stack, trust):
    with through(stack, trust) as client:
        for path in ["/_efsm/status", "/__admin/mappings", "/db/tables"]:
            assert client.get(f"{API}{path}").status_code == 403


def test_stack_is_reached_through_itself(stack, trust):
    with through(stack, trust) as client:
        assert client.get(f"{stack.url}/_efsm/status").json()["id"] == stack.up["id"]
        secure = stack.url.replace("http://", "https://")
        assert client.get(f"{secure}/_efsm/status").json()["id"] == stack.up["id"]


@pytest.mark.parametrize(("http2", "version"), [(False, "HTTP/1.1"), (True, "HTTP/2")])
def test_every_service_speaks_tls_on_the_port(stack, trust, http2, version):
    url = f"https://localhost:{stack.port}"
    with httpx.Client(
        base_url=url, verify=trust, http2=http2, timeout=PATIENCE, trust_env=False
    ) as client:
        answer = client.put("/storage/b/k", content=b"x" * 1_000_000)
        assert answer.http_version == version
        assert client.get("/storage/b/k").content == b"x" * 1_000_000
        assert client.post("/db/execute", json={"sql": "SELECT 1 AS one"}).json()["rows"] == [{"one": 1}]
    for host in ["127.0.0.1", "shop.localhost"]:
        address = f"https://{host}:{stack.port}"
        if host == "127.0.0.1":
            assert httpx.get(f"{address}/health", verify=trust, trust_env=False).status_code == 200
        else:
            # Not every resolver knows names below localhost: the stack is then its own proxy.
            with through(stack, trust) as client:
                assert client.get(f"{address}/health").status_code == 200


def test_fork_is_trusted_with_its_parent_and_another_stack_is_not(stack, trust, start):
    fork = stack.post("/_efsm/fork", 201, json={}).json()
    assert httpx.get(f"https://localhost:{fork['port']}/health", verify=trust, trust_env=False).json()
    other = start()
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://localhost:{other.port}/health", verify=trust, trust_env=False)


def test_client_without_the_ca_is_told_in_the_journal(stack):
    with through(stack, ssl.create_default_context()) as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            client.get(f"{API}/")
    # The entry follows the alert, which may still be on its way.
    with stack.client.stream("GET", "/_efsm/events", params={"service": "stack", "since": 0}) as events:
        data = next(line for line in events.iter_lines() if line.startswith("data:"))
    entry = json.loads(data.removeprefix("data:"))
    assert entry["host"] == "api.example.com"
    assert entry["kind"] == "connection-refused"
    assert "/_efsm/ca.pem" in entry["summary"]


def test_faults_break_intercepted_connections(stack, trust):
    stub_for(stack, "api.example.com", "/ok", body="ok")
    rules = [
        {"match": {"host": "api.example.com", "path": "/reset"}, "effect": {"reset": True}},
        {"match": {"host": "api.example.com", "path": "/busy"}, "effect": {"status": 503}, "times": 1},
    ]
    stack.put("/_efsm/faults", json=rules)
    with through(stack, trust) as client:
        with pytest.raises(httpx.TransportError):
            client.get(f"{API}/reset")
        assert client.get(f"{API}/busy").status_code == 503
        assert client.get(f"{API}/ok").text == "ok"


def test_certificates_hold_while_the_clock_is_moved(stack, trust):
    stub_for(stack, "api.example.com", "/ok", body="ok")
    for now in ["2001-01-01T00:00:00Z", "2090-01-01T00:00:00Z"]:
        stack.clock(now=now, freeze=True)
        with through(stack, trust) as client:
            assert client.get(f"{API}/ok").text == "ok"
