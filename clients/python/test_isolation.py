"""Snapshots, restores and forks across all five services."""

import threading

import httpx
import pytest


def fill(stack, value):
    """Writes `value` into every service, through the service's own calls."""
    stack.stub("GET", "/value", {"jsonBody": value})
    stack.sql("CREATE TABLE IF NOT EXISTS v (id INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT)")
    stack.sql("INSERT INTO v (value) VALUES (?)", [value])
    stack.token(value)
    stack.post("/queue/publish/values", json=value)
    stack.put("/storage/values/value", content=value)
    stack.put(f"/storage/values/{value}", content=value)


def seen(client):
    """What every service tells, and what counters would tell it otherwise."""

    def get(path):
        return client.get(path).json()

    rows = client.post("/db/execute", json={"sql": "SELECT id, value FROM v ORDER BY id"}).json()
    return {
        "http": get("/http/value"),
        "stubs": get("/__admin/mappings")["meta"]["total"],
        "rows": rows["rows"],
        "tables": get("/db/tables"),
        "tokens": [t["sub"] for t in get("/auth/issued")["tokens"]],
        "messages": get("/queue/consume/values")["messages"],
        "objects": get("/storage/values")["objects"],
        "value": client.get("/storage/values/value").text,
    }


def test_fork_and_parent_never_see_each_other_again(stack):
    fill(stack, "shared")
    shared = seen(stack.client)
    fork = stack.post("/_efsm/fork", 201).json()
    with httpx.Client(base_url=fork["url"]) as other:
        assert seen(other) == shared
        fill(stack, "parent")
        assert seen(other) == shared
        parent = seen(stack.client)
        other.put("/storage/values/fork", content="fork")
        other.post("/queue/publish/values", json="fork")
        other.post("/db/execute", json={"sql": "DELETE FROM v"})
        other.post("/_efsm/reset", json={"services": ["http", "auth"], "depth": "all"})
        assert seen(stack.client) == parent
        assert seen(other)["messages"] == ["shared", "fork"]


def test_restore_undoes_everything_with_its_counters(stack):
    stack.clock(now="2026-01-01T00:00:00Z", freeze=True)
    fill(stack, "one")
    before = seen(stack.client)
    stack.post("/_efsm/snapshots", 201, json={"name": "before"})
    services = stack.get("/_efsm/status").json()["services"]
    last = stack.journal()[-1]["seq"]

    fill(stack, "two")
    stack.sql("DROP TABLE v")
    stack.clock(advance="1h")
    stack.put("/_efsm/faults", json=[{"service": "queue", "effect": {"status": 500}}])
    stack.post("/_efsm/snapshots/before/restore")

    assert stack.get("/_efsm/clock").json() == {"now": "2026-01-01T00:00:00Z", "frozen": True}
    # Every count that a service tells of itself.
    assert stack.get("/_efsm/status").json()["services"] == services
    assert stack.journal()[-1]["seq"] == last
    assert seen(stack.client) == before
    # What follows is numbered as it would have been.
    assert stack.rows("INSERT INTO v (value) VALUES ('next') RETURNING id") == [{"id": 2}]
    assert stack.journal(since=last)[0]["seq"] == last + 1


def test_one_seed_gives_one_run(start):
    def ids(stack):
        tokens = [stack.token("alice") for _ in range(3)]
        stubs = [stack.stub("GET", f"/{n}", {})["id"] for n in range(3)]
        return tokens, stubs

    config = "seed: 7\nclock: {now: 2026-01-01T00:00:00Z, frozen: true}\nauth: {secret: s, issuer: 'http://id.example'}\n"
    assert ids(start(config)) == ids(start(config))
    assert ids(start(config)) != ids(start(config.replace("7", "8")))


@pytest.mark.parametrize("take", ["snapshot", "fork"])
def test_cut_under_traffic_shows_no_half_of_a_change(stack, take):
    """Each writer stores an object and then announces it: in any cut, all that is announced is stored."""
    stop = threading.Event()

    def write(name):
        with httpx.Client(base_url=stack.url) as client:
            n = 0
            while not stop.is_set():
                client.put(f"/storage/w/{name}-{n:06}", content=b"x").raise_for_status()
                client.post("/queue/publish/w", json=f"{name}-{n:06}").raise_for_status()
                n += 1

    writers = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for writer in writers:
        writer.start()
    try:
        cuts = []
        for n in range(20):
            if take == "fork":
                cuts.append(stack.post("/_efsm/fork", 201).json()["url"])
            else:
                stack.post("/_efsm/snapshots", 201, json={"name": f"cut-{n}"})
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    if take == "snapshot":
        cuts = [stack.post("/_efsm/fork", 201, json={"snapshot": f"cut-{n}"}).json()["url"] for n in range(20)]
    for url in cuts:
        with httpx.Client(base_url=url) as cut:
            objects = cut.get("/storage/w").json().get("objects", [])
            announced = cut.get("/queue/consume/w", params={"limit": 1_000_000}).json()["messages"]
        assert set(announced) <= set(objects)
        # At most one change of each writer was under way.
        assert len(objects) - len(announced) <= 2
        for name in "ab":
            mine = [m for m in announced if m.startswith(name)]
            assert mine == [f"{name}-{n:06}" for n in range(len(mine))]
