"""What must be refused with a clear error, while other requests go on.

Written in bytes: clients are too well-behaved.
"""

import json
import resource
import socket
import threading
import time

import pytest

from stack import PATIENCE, answer_of


@pytest.fixture(autouse=True)
def others_go_on(stack):
    """After each test, and on a connection that was open all the time, the stack answers as before."""
    with stack.connect() as bystander:
        health = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
        bystander.sendall(health)
        assert answer_of(bystander)[0] == 200
        yield
        bystander.sendall(health)
        assert answer_of(bystander)[0] == 200
    assert stack.get("/health").status_code == 200


def request(method="GET", path="/health", headers="", body=b""):
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}"
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode("latin-1") + b"\r\n" + body


def error_of(stack, raw, status):
    got, headers, body = stack.raw(raw)
    assert got == status, (got, body)
    message = json.loads(body)["error"]
    assert isinstance(message, str) and message
    return message


JSON_CALLS = [
    ("POST", "/db/execute"),
    ("POST", "/queue/publish/t"),
    ("POST", "/auth/oauth/token"),
    ("POST", "/auth/oauth/introspect"),
    ("POST", "/_efsm/reset"),
    ("POST", "/_efsm/snapshots"),
    ("POST", "/_efsm/fork"),
    ("PUT", "/_efsm/clock"),
    ("PUT", "/_efsm/faults"),
]


class TestMalformedJson:
    @pytest.mark.parametrize("method, path", JSON_CALLS)
    @pytest.mark.parametrize(
        "body",
        [b"{", b'{"a": }', b'{"a": 1,}', b"{'a': 1}", b'{"a": "\xff"}', b'{"a": 1} trailing', b"\x00\x01", b'"\\ud800"' b"x"],
    )
    def test_is_refused(self, stack, method, path, body):
        error_of(stack, request(method, path, "Content-Type: application/json\r\n", body), 400)

    @pytest.mark.parametrize("method, path", JSON_CALLS)
    def test_nested_beyond_reason_is_refused(self, stack, method, path):
        body = b"[" * 100_000
        error_of(stack, request(method, path, "Content-Type: application/json\r\n", body), 400)

    def test_tells_the_place(self, stack):
        message = error_of(stack, request("POST", "/queue/publish/t", "", b'{\n  "a": oops\n}'), 400)
        assert "line 2" in message
        assert stack.get("/queue/topics").json() == {"topics": []}


class TestWrongTypes:
    @pytest.mark.parametrize(
        "method, path, body",
        [
            ("POST", "/db/execute", [1]),
            ("POST", "/db/execute", {"sql": 7}),
            ("POST", "/db/execute", {"sql": "SELECT ?", "params": "x"}),
            ("POST", "/auth/oauth/token", {"grant_type": ["password"]}),
            ("POST", "/auth/oauth/introspect", {"token": 7}),
            ("POST", "/_efsm/reset", {"services": "queue"}),
            ("POST", "/_efsm/fork", {"port": "any"}),
            ("POST", "/_efsm/fork", {"port": 70_000}),
            ("PUT", "/_efsm/clock", {"freeze": "yes"}),
            ("PUT", "/_efsm/faults", {"effect": {"drop": True}}),
        ],
    )
    def test_are_refused(self, stack, method, path, body):
        content = json.dumps(body).encode()
        error_of(stack, request(method, path, "Content-Type: application/json\r\n", content), 400)


class TestMethods:
    @pytest.mark.parametrize("method", ["BREW", "PROPFIND", "get", "X-1!", "TRACE"])
    @pytest.mark.parametrize("path", ["/queue/topics", "/storage/b/k", "/_efsm/status", "/db/execute", "/auth/oauth/token"])
    def test_unknown_one_is_told_the_right_ones(self, stack, method, path):
        got, headers, body = stack.raw(request(method, path))
        assert got == 405, body
        assert headers["allow"]
        assert json.loads(body)["error"]

    def test_unknown_one_without_a_stub_is_not_registered(self, stack):
        got, _, body = stack.raw(request("BREW", "/http/coffee"))
        assert (got, json.loads(body)["error"]) == (404, "endpoint not registered")


class TestHeads:
    @pytest.mark.parametrize(
        "head",
        [
            b"\r\n\r\n\r\n\r\n\r\n",
            b"GET\r\n\r\n",
            b"GET /\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nbad name: x\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
            b"GET /\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GE\xffT / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /queue/publish/t HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n",
            b"POST /queue/publish/t HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            b"POST /queue/publish/t HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
            b"POST /queue/publish/t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: banana\r\n\r\n",
        ],
    )
    def test_broken_one_is_refused(self, stack, head):
        with stack.connect() as sock:
            sock.sendall(head)
            sock.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: sock.recv(4096), b""))
        if head.strip():
            assert answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 5"), answer[:200]
            assert b'"error"' in answer
        assert stack.get("/queue/topics").json() == {"topics": []}

    @pytest.mark.parametrize("noise", [b"\x80\x81\x82\x83" * 16, b"SSH-2.0-OpenSSH_9.9\r\n", b"\x00" * 64, b"*1\r\n$4\r\nPING\r\n"])
    def test_other_protocols_end_the_connection(self, stack, noise):
        with stack.connect() as sock:
            sock.sendall(noise)
            sock.shutdown(socket.SHUT_WR)
            b"".join(iter(lambda: sock.recv(4096), b""))

    @pytest.mark.parametrize("headers", [f"X-Long: {'x' * 200_000}\r\n", "".join(f"X-{n}: {'y' * 90}\r\n" for n in range(1500))])
    def test_oversized_headers_are_refused(self, stack, headers):
        assert error_of(stack, request(headers=headers), 431)

    def test_many_headers_are_refused_or_taken(self, stack):
        headers = "".join(f"X-{n}: y\r\n" for n in range(1000))
        error_of(stack, request(headers=headers), 431)

    def test_oversized_path_is_refused(self, stack):
        with stack.connect() as sock:
            sock.sendall(request(path="/storage/b/" + "x" * 200_000))
            status, _, body = answer_of(sock)
        assert status in (414, 431), body
        assert json.loads(body)["error"]

    @pytest.mark.parametrize("path", ["/storage/b/%ff", "/storage/%c3%28/k", "/queue/publish/%ff", "/queue/consume/%fe%ff"])
    def test_path_that_is_not_utf8_once_decoded_is_refused(self, stack, path):
        method = "POST" if "publish" in path else "GET"
        body = b"1" if method == "POST" else b""
        assert "UTF-8" in error_of(stack, request(method, path, body=body), 400)

    @pytest.mark.parametrize("path", [b"/storage/b/\xff\xfe", b"/http/\xff", b"/\xc3\x28"])
    def test_raw_bytes_in_a_path_are_refused(self, stack, path):
        with stack.connect() as sock:
            sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            status, _, body = answer_of(sock)
        assert status == 400, body
        assert json.loads(body)["error"]

    def test_raw_utf8_in_a_path_is_taken_or_refused_but_never_garbled(self, stack):
        path = "/storage/b/grüße".encode()
        with stack.connect() as sock:
            sock.sendall(b"PUT " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx")
            status, _, body = answer_of(sock)
        assert (status, status == 200 and json.loads(body)["key"]) in [(200, "grüße"), (400, False)]


class TestBodies:
    @pytest.mark.parametrize("path", ["/queue/publish/t", "/db/execute", "/auth/oauth/token", "/_efsm/reset", "/__admin/mappings"])
    def test_announced_one_past_the_limit_is_refused_before_it_comes(self, stack, path):
        raw = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {65 << 20}\r\n\r\n".encode()
        error_of(stack, raw, 413)

    def test_one_past_the_limit_is_refused_as_it_comes(self, start):
        stack = start("limits: {body: 1MiB}\n")
        with stack.connect() as sock:
            sock.sendall(b"POST /queue/publish/t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunk = b"10000\r\n" + b"1" * 65536 + b"\r\n"
            for _ in range(40):
                sock.sendall(chunk)
            status, _, body = answer_of(sock)
        assert status == 413
        assert "1048576" in json.loads(body)["error"]
        assert stack.get("/queue/topics").json() == {"topics": []}

    def test_client_that_sends_all_of_it_still_reads_the_refusal(self, start):
        stack = start("limits: {body: 1MiB}\n")
        for _ in range(5):
            answer = stack.client.post("/queue/publish/t", content=b"1" * (8 << 20))
            assert answer.status_code == 413

    @pytest.mark.parametrize("method, path, status", [("PUT", "/storage/b/k", 413), ("POST", "/queue/publish/t", 413), ("POST", "/storage/b/k", 405), ("PATCH", "/queue/topics", 405)])
    def test_connection_whose_request_was_not_read_is_said_to_close(self, start, method, path, status):
        """A client that believes in the connection would lose its next request."""
        stack = start("limits: {body: 1MiB, storage_part: 1MiB}\n")
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {2 << 20}\r\n\r\n"
        got, headers, body = stack.raw(head.encode())
        assert got == status, body
        assert headers["connection"] == "close"
        for _ in range(20):
            assert stack.client.request(method, path, content=b"1" * (2 << 20)).status_code == status

    @pytest.mark.parametrize("method, path", [("POST", "/queue/publish/t"), ("PUT", "/storage/b/k"), ("POST", "/db/execute")])
    def test_truncated_one_is_not_taken_for_whole(self, stack, method, path):
        for framing in [b"Content-Length: 100\r\n\r\n1", b"Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n"]:
            with stack.connect() as sock:
                sock.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n".encode() + framing)
                sock.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: sock.recv(4096), b""))
            assert not answer.startswith(b"HTTP/1.1 2"), answer
        assert stack.get("/queue/topics").json() == {"topics": []}
        assert stack.get("/storage/").json() == {"buckets": []}

    @pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\nx\r\n", b"5\r\nab\r\n0\r\n\r\n", b"fffffffffffffffff\r\n"])
    def test_broken_chunk_is_refused(self, stack, chunk):
        with stack.connect() as sock:
            sock.sendall(b"POST /queue/publish/t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
            sock.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: sock.recv(4096), b""))
        assert not answer.startswith(b"HTTP/1.1 2"), answer
        assert stack.get("/queue/topics").json() == {"topics": []}

    def test_two_requests_in_one_packet_are_two(self, stack):
        with stack.connect() as sock:
            sock.sendall(request("POST", "/queue/publish/t", "", b"1") + request("POST", "/queue/publish/t", "", b"2"))
            counts = [json.loads(answer_of_kept(sock)[2])["message_count"] for _ in range(2)]
        assert counts == [1, 2]


def answer_of_kept(sock):
    """As `answer_of`, without reading into the next answer."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += sock.recv(1)
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body = b""
    while len(body) < int(headers["content-length"]):
        body += sock.recv(int(headers["content-length"]) - len(body))
    return int(lines[0].split()[1]), headers, body


class TestSlowSenders:
    CONFIG = "limits: {header_timeout: 500ms, body_timeout: 500ms, idle_timeout: 1s}\n"

    def refused_after_a_while(self, stack, sent):
        with stack.connect() as sock:
            sock.sendall(sent)
            started = time.monotonic()
            answer = b"".join(iter(lambda: sock.recv(4096), b""))
            took = time.monotonic() - started
        assert took < PATIENCE
        return answer

    def test_head_that_never_ends_is_timed_out(self, start):
        stack = start(self.CONFIG)
        answer = self.refused_after_a_while(stack, b"GET / HTTP/1.1\r\nHost: loc")
        assert answer.startswith(b"HTTP/1.1 408"), answer
        assert b'"error"' in answer

    @pytest.mark.parametrize("method, path", [("POST", "/queue/publish/t"), ("PUT", "/storage/b/k"), ("POST", "/db/execute")])
    def test_body_that_never_ends_is_timed_out(self, start, method, path):
        stack = start(self.CONFIG)
        sent = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf".encode()
        answer = self.refused_after_a_while(stack, sent)
        assert answer.startswith(b"HTTP/1.1 408"), answer
        assert b'"error"' in answer
        assert stack.get("/storage/").json() == {"buckets": []}

    def test_silent_connection_is_closed(self, start):
        stack = start(self.CONFIG)
        assert self.refused_after_a_while(stack, b"") == b""

    def test_slow_sender_that_goes_on_is_served(self, start):
        stack = start(self.CONFIG)
        with stack.connect() as sock:
            sock.sendall(b"PUT /storage/b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
            for byte in b"0123456789":
                sock.sendall(bytes([byte]))
                time.sleep(0.1)
            assert answer_of(sock)[0] == 200
        assert stack.get("/storage/b/k").content == b"0123456789"

    def test_slow_reader_holds_up_nobody(self, stack):
        stack.put("/storage/b/large", content=b"x" * (32 << 20))
        readers = []
        for _ in range(16):
            sock = stack.connect()
            sock.sendall(request(path="/storage/b/large"))
            readers.append(sock)
        assert stack.get("/storage/b").json()["objects"] == ["large"]
        for sock in readers:
            sock.close()


def test_ten_thousand_idle_connections_are_held(stack):
    wanted = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted + 500:
        pytest.skip(f"only {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 500), hard))
    idle = []
    try:
        for _ in range(wanted):
            idle.append(stack.connect())
        assert stack.get("/health").status_code == 200
        # Held, not only accepted: any of them can still speak.
        for sock in [idle[0], idle[wanted // 2], idle[-1]]:
            sock.sendall(request())
            assert answer_of(sock)[0] == 200
    finally:
        for sock in idle:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_many_clients_at_once_are_all_answered(stack):
    failures = []

    def client(n):
        try:
            with stack.connect() as sock:
                for i in range(20):
                    sock.sendall(request("POST", "/queue/publish/t", "", str(n * 100 + i).encode()))
                    assert answer_of_kept(sock)[0] == 200
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert stack.get("/queue/consume/t", params={"limit": 2000}).json()["count"] == 1000
