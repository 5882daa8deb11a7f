"""`/storage`: objects over plain REST."""

import hashlib
import os

import httpx
import pytest


def test_object_is_put_read_and_deleted(stack):
    answer = stack.put("/storage/photos/2026/cat.txt", content=b"meow", headers={"Content-Type": "text/x"})
    assert answer.json() == {"bucket": "photos", "key": "2026/cat.txt", "size": 4}
    got = stack.get("/storage/photos/2026/cat.txt")
    assert (got.content, got.headers["content-type"]) == (b"meow", "text/x")
    assert got.headers["etag"] == f'"{hashlib.md5(b"meow").hexdigest()}"'
    assert stack.delete("/storage/photos/2026/cat.txt").json() == {"deleted": True}
    assert stack.delete("/storage/photos/2026/cat.txt").json() == {"deleted": False}
    assert stack.get("/storage/photos/2026/cat.txt", 404).json() == {"error": "not found"}


def test_buckets_and_objects_are_listed(stack):
    assert stack.get("/storage/").json() == {"buckets": []}
    for path in ["b/z", "b/a/1", "a/x"]:
        stack.put(f"/storage/{path}", content=b"x")
    assert stack.get("/storage/").json() == {"buckets": ["a", "b"]}
    assert stack.get("/storage/b").json() == {"bucket": "b", "objects": ["a/1", "z"]}
    assert stack.get("/storage/b", params={"prefix": "a/"}).json()["objects"] == ["a/1"]


@pytest.mark.parametrize(
    "key", ["with space", "a/b//c/", "grüße/日本/\U0001f600", "a+b&c=d?e#f%g", "_efsm/status", "health", "v2/pipeline"]
)
def test_keys_of_every_kind(stack, key):
    from urllib.parse import quote

    stack.put(f"/storage/b/{quote(key)}", content=key.encode())
    assert stack.get(f"/storage/b/{quote(key)}").text == key
    assert stack.get("/storage/b").json()["objects"] == [key]
    assert stack.delete(f"/storage/b/{quote(key, safe='')}").json() == {"deleted": True}


def test_dots_in_a_key_survive_a_client_that_sends_them(stack):
    request = b"PUT /storage/b/../../etc//x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx"
    status, _, _ = stack.raw(request)
    assert status == 200
    assert stack.get("/storage/b").json()["objects"] == ["../../etc//x"]


def test_head_ranges_and_conditions(stack):
    stack.put("/storage/b/k", content=b"0123456789", headers={"x-amz-meta-author": "me"})
    head = stack.call("HEAD", "/storage/b/k")
    assert (head.headers["content-length"], head.content) == ("10", b"")
    assert head.headers["x-amz-meta-author"] == "me"
    etag, modified = head.headers["etag"], head.headers["last-modified"]

    part = stack.get("/storage/b/k", 206, headers={"Range": "bytes=2-4"})
    assert (part.content, part.headers["content-range"]) == (b"234", "bytes 2-4/10")
    assert stack.get("/storage/b/k", 206, headers={"Range": "bytes=-3"}).content == b"789"
    refused = stack.get("/storage/b/k", 416, headers={"Range": "bytes=10-"})
    assert refused.headers["content-range"] == "bytes */10"

    stack.get("/storage/b/k", 304, headers={"If-None-Match": etag})
    stack.get("/storage/b/k", 304, headers={"If-Modified-Since": modified})
    stack.get("/storage/b/k", 412, headers={"If-Match": '"other"'})
    stack.put("/storage/b/k", 412, content=b"new", headers={"If-None-Match": "*"})
    stack.put("/storage/b/k", content=b"new", headers={"If-Match": etag})
    assert stack.get("/storage/b/k").content == b"new"


@pytest.mark.parametrize("http2", [False, True])
def test_large_bodies_stream_both_ways(stack, http2):
    chunk = os.urandom(1 << 20)
    with httpx.Client(http1=not http2, http2=http2, base_url=stack.url, timeout=60) as client:
        answer = client.put("/storage/b/large", content=(chunk for _ in range(80)))
        assert answer.json()["size"] == 80 << 20
        digest = hashlib.sha256()
        with client.stream("GET", "/storage/b/large") as got:
            assert got.headers["content-length"] == str(80 << 20)
            for piece in got.iter_bytes():
                digest.update(piece)
    assert digest.digest() == hashlib.sha256(chunk * 80).digest()


def test_upload_past_a_limit_is_refused_and_leaves_nothing(start):
    stack = start("limits: {storage_part: 1MiB, memory: 4MiB}\n")
    big = b"x" * (2 << 20)
    assert "1048576" in stack.put("/storage/b/k", 413, content=big).json()["error"]
    assert "1048576" in stack.put("/storage/b/k", 413, content=(big[:65536] for _ in range(32))).json()["error"]
    stored = 0
    while stored < 10 and stack.client.put(f"/storage/b/{stored}", content=big[: 1 << 20]).status_code == 200:
        stored += 1
    assert stored == 3
    assert "memory" in stack.put("/storage/b/more", 507, content=big[: 1 << 20]).json()["error"]
    stack.delete("/storage/b/0")
    stack.put("/storage/b/more", content=big[: 1 << 20])


def test_client_that_waits_for_continue_sends_nothing_in_vain(stack):
    stack.put("/storage/b/k", content=b"old")
    head = b"PUT /storage/b/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
    # Refused at once: no 100, and not a byte of the body.
    status, _, _ = stack.raw(head % b"k" + b"If-None-Match: *\r\n\r\n")
    assert status == 412
    with stack.connect() as sock:
        sock.sendall(head % b"new" + b"\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"abc")
        assert sock.recv(100).startswith(b"HTTP/1.1 200 ")
    assert stack.get("/storage/b/new").content == b"abc"


def test_aborted_upload_stores_nothing(stack):
    with stack.connect() as sock:
        sock.sendall(b"PUT /storage/b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nonly this")
    stack.get("/storage/b/k", 404)
    stack.put("/storage/b/k", content=b"whole")
    assert stack.get("/storage/b/k").content == b"whole"


def test_wrong_method_and_bad_names(stack):
    assert "PUT" in stack.post("/storage/b/k", 405).headers["allow"]
    assert "UTF-8" in stack.get("/storage/b/%FF", 400).json()["error"]
    assert "1024" in stack.put(f"/storage/b/{'x' * 1025}", 400, content=b"").json()["error"]
