"""An application's tests with the fixtures: each test has a fork of its own."""

from __future__ import annotations

import json
import os
import urllib.request

import pytest

from sin_code_efsm import EphemeralMockServer, Request, Response

pytestmark = pytest.mark.usefixtures("shop")


def order(item: str) -> int:
    """The application: it asks for a price, keeps the order and tells others."""
    url = os.environ["EFSM_URL"]
    with urllib.request.urlopen(f"{url}/prices/{item}") as answer:
        cents: int = json.load(answer)["cents"]
    sql = {"sql": "INSERT INTO orders (item) VALUES (?)", "params": [item]}
    for path, body in (("/db/execute", sql), ("/queue/publish/orders", {"item": item, "cents": cents})):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url + path, json.dumps(body).encode(), headers)
        urllib.request.urlopen(request).close()
    return cents


def test_an_order_is_kept_and_told(efsm_env: EphemeralMockServer) -> None:
    assert order("tea") == 350
    rows: list[dict[str, object]] = efsm_env.database.execute("SELECT id, item FROM orders")
    assert rows == [{"id": 1, "item": "tea"}]
    assert efsm_env.queue.consume("orders") == [{"item": "tea", "cents": 350}]
    efsm_env.http.verify("GET", "/prices/tea", times=1)


@pytest.mark.parametrize("cents", [0, 99])
def test_a_price_is_computed(efsm_env: EphemeralMockServer, cents: int) -> None:
    def answer(request: Request) -> Response:
        return Response({"cents": cents, "asked": request.path}, headers={"X-Asked": "1"})

    efsm_env.add_endpoint("GET", "/prices/{item}", answer)
    assert order("cup") == cents


def test_the_price_service_is_down(efsm_env: EphemeralMockServer) -> None:
    efsm_env.faults.add("http", match={"path": "/prices/tea"}, status=503, times=1)
    with pytest.raises(urllib.request.HTTPError):
        order("tea")
    assert efsm_env.database.execute("SELECT * FROM orders") == []
    assert order("tea") == 350
