"""`/queue`: publish, peek and follow."""

import json
import threading

import httpx
import pytest
from websockets.sync.client import connect

from stack import PATIENCE


def publish(stack, topic, *messages):
    for message in messages:
        # httpx takes `json=None` for no body at all.
        answer = stack.post(f"/queue/publish/{topic}", content=json.dumps(message)).json()
    return answer


def consume(stack, topic, **query):
    return stack.get(f"/queue/consume/{topic}", params=query).json()


def test_messages_are_counted_and_stay(stack):
    assert publish(stack, "orders", {"id": 1}) == {"topic": "orders", "message_count": 1}
    assert publish(stack, "orders", {"id": 2}) == {"topic": "orders", "message_count": 2}
    for _ in range(2):
        assert consume(stack, "orders") == {
            "topic": "orders",
            "messages": [{"id": 1}, {"id": 2}],
            "count": 2,
        }


def test_limit_gives_the_oldest(stack):
    publish(stack, "t", *range(15))
    assert consume(stack, "t")["messages"] == list(range(10))
    assert consume(stack, "t", limit=3) == {"topic": "t", "messages": [0, 1, 2], "count": 3}
    assert consume(stack, "t", limit=100)["count"] == 15
    for limit in ["-1", "many", ""]:
        assert stack.get("/queue/consume/t", 400, params={"limit": limit}).json()["error"]


@pytest.mark.parametrize(
    "message",
    [None, True, 0, -1.5, 2**60, "", "grüße", [], {}, [1, [2, {"a": None}]], {"b": 1, "a": 2}],
)
def test_any_json_is_a_message(stack, message):
    publish(stack, "t", message)
    assert consume(stack, "t")["messages"] == [message]


def test_topics_are_listed(stack):
    assert stack.get("/queue/topics").json() == {"topics": []}
    for topic in ["b", "a", "c"]:
        publish(stack, topic, 1)
    assert stack.get("/queue/topics").json() == {"topics": ["a", "b", "c"]}


def test_unknown_topic_is_empty(stack):
    assert consume(stack, "nowhere") == {"topic": "nowhere", "messages": [], "count": 0}


@pytest.mark.parametrize("body", ["{", "", "hello", "{'a': 1}", '{"a": }', "[1,]", "\xff".encode("latin-1")])
def test_malformed_message_is_told_where_and_not_stored(stack, body):
    answer = stack.post("/queue/publish/t", 400, content=body)
    assert answer.json()["error"]
    assert consume(stack, "t")["count"] == 0


def test_malformed_message_is_told_the_place(stack):
    message = stack.post("/queue/publish/t", 400, content='{\n "a": oops}').json()["error"]
    assert "line 2" in message


class Follower:
    """A subscriber in a thread, over Server-Sent Events or WebSocket."""

    def __init__(self, stack, kind, count, query=""):
        self.messages = []
        self.error = None
        opened = threading.Event()
        follow = {"sse": self.sse, "websocket": self.websocket}[kind]

        def run():
            try:
                follow(stack, query, opened, count)
            except Exception as error:  # Shown by the test that waits.
                self.error = error
                opened.set()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert opened.wait(PATIENCE)

    def sse(self, stack, query, opened, count):
        url = f"{stack.url}/queue/subscribe/t{query}"
        with httpx.stream("GET", url, timeout=PATIENCE) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            opened.set()
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    self.messages.append(json.loads(line.removeprefix("data: ")))
                    if len(self.messages) == count:
                        return

    def websocket(self, stack, query, opened, count):
        url = f"ws://127.0.0.1:{stack.port}/queue/subscribe/t{query}"
        with connect(url, open_timeout=PATIENCE) as socket:
            opened.set()
            while len(self.messages) < count:
                self.messages.append(json.loads(socket.recv(timeout=PATIENCE))["message"])

    def all(self):
        self.thread.join(PATIENCE)
        assert self.error is None, self.error
        assert not self.thread.is_alive(), f"only {self.messages}"
        return self.messages


@pytest.mark.parametrize("kinds", [("sse", "sse"), ("websocket", "websocket"), ("sse", "websocket")])
def test_two_subscribers_both_get_every_message_in_order(stack, kinds):
    publish(stack, "t", "before")
    followers = [Follower(stack, kind, 50) for kind in kinds]
    publish(stack, "t", *range(50))
    assert [follower.all() for follower in followers] == [list(range(50))] * 2


@pytest.mark.parametrize("kind", ["sse", "websocket"])
def test_subscriber_begins_where_it_asks(stack, kind):
    publish(stack, "t", *range(5))
    # Messages are numbered from 1.
    assert Follower(stack, kind, 3, "?from=3").all() == [2, 3, 4]


def test_wrong_method_and_unknown_call(stack):
    assert "POST" in stack.get("/queue/publish/t", 405).headers["allow"]
    assert "GET" in stack.post("/queue/consume/t", 405).headers["allow"]
    assert stack.get("/queue/nothing", 404).json()["error"]
