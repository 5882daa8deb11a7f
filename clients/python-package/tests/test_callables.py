"""Responses that a Python function computes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sin_code_efsm import Request, Response


def test_a_callable_gets_the_request_and_returns_a_body(server, fetch):
    seen: list[Request] = []

    def answer(request: Request) -> dict[str, object]:
        seen.append(request)
        return {"got": request.json(), "page": request.query["page"]}

    server.add_endpoint("POST", "/x", answer, status=202, headers={"X-A": "1"})
    got = fetch(f"{server.url}/http/x?page=2", "POST", {"a": 1}, {"X-B": "2"})
    assert (got.status, got.headers["X-A"], got.json()) == (202, "1", {"got": {"a": 1}, "page": "2"})
    assert (seen[0].method, seen[0].path, seen[0].headers["x-b"], seen[0].text) == ("POST", "/x", "2", '{"a": 1}')


def test_a_callable_may_choose_status_headers_and_type(server, fetch):
    server.add_endpoint("GET", "/two", lambda _: ("gone", 410))
    server.add_endpoint("GET", "/three", lambda _: ({}, 201, {"Location": "/a"}))
    server.add_endpoint("GET", "/whole", lambda _: Response.text("hi", 203))
    server.add_endpoint("GET", "/bytes", lambda _: b"\x01")
    assert fetch(f"{server.url}/two").status == 410
    assert fetch(f"{server.url}/three").headers["Location"] == "/a"
    whole = fetch(f"{server.url}/whole")
    assert (whole.status, whole.body, whole.headers["Content-Type"]) == (203, b"hi", "text/plain; charset=utf-8")
    assert fetch(f"{server.url}/bytes").body == b"\x01"


def test_a_coroutine_is_awaited(server, fetch):
    async def answer(request: Request) -> str:
        return request.path

    server.add_endpoint("GET", "/later", answer)
    assert fetch(f"{server.url}/later").json() == "/later"


def test_an_exception_is_a_500_with_its_traceback_in_the_journal(server, fetch):
    def answer(_: Request) -> None:
        raise LookupError("no such thing")

    server.add_endpoint("GET", "/x", answer)
    got = fetch(f"{server.url}/x")
    assert got.status == 500 and "LookupError: no such thing" in got.json()["error"]
    (entry,) = [entry for entry in server.journal if entry["kind"] == "callable-error"]
    assert "in answer" in entry["traceback"] and "LookupError" in entry["traceback"]


@pytest.mark.parametrize("result", [{1, 2}, (1, 2, 3, 4), object()])
def test_an_answer_that_cannot_be_sent_is_a_500(server, fetch, result):
    server.add_endpoint("GET", "/x", lambda _: result)
    assert fetch(f"{server.url}/x").status == 500


def test_other_requests_go_on_while_callables_wait(server, fetch):
    release = threading.Event()
    server.add_endpoint("GET", "/wait", lambda _: release.wait(60))
    server.add_endpoint("GET", "/quick", 1)
    with ThreadPoolExecutor(9) as pool:
        waiting = [pool.submit(fetch, f"{server.url}/wait") for _ in range(8)]
        assert [pool.submit(fetch, f"{server.url}/quick").result(60).status for _ in range(20)] == [200] * 20
        assert not any(future.done() for future in waiting)
        release.set()
        assert [future.result(60).json() for future in waiting] == [True] * 8


def test_a_callable_may_ask_its_own_server(server, fetch):
    server.add_endpoint("GET", "/inner", {"n": 1})
    server.add_endpoint("GET", "/outer", lambda _: fetch(f"{server.url}/inner").json())
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: fetch(f"{server.url}/outer").json(), range(16))
        assert list(answers) == [{"n": 1}] * 16


def test_a_fork_keeps_the_callable(server, fetch):
    server.add_endpoint("GET", "/x", lambda _: "called")
    fork = server.fork()
    server.remove_endpoint("GET", "/x")
    assert fetch(f"{fork.url}/x").json() == "called"
    fork.stop()
