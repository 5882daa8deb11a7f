"""Topics and messages."""

from __future__ import annotations

import sys
from typing import Any

from .. import _native
from .base import BaseService

__all__ = ["QueueService"]


class QueueService(BaseService):
    """Topics that keep their messages in order; consuming removes nothing.

    >>> queue = QueueService()
    >>> queue.publish("orders", {"id": 1})
    1
    >>> queue.consume("orders")
    [{'id': 1}]
    """

    name = "queue"
    prefix = "/queue"

    def __init__(self, *, _part: _native.Queue | None = None, _port: int | None = None) -> None:
        self._part = _part or _native.Queue()
        super().__init__(self._part, _port)

    def publish(self, topic: str, message: Any) -> int:
        """Publishes any JSON value and returns how many messages the topic holds then."""
        return self._part.publish(topic, message)

    def consume(self, topic: str, limit: int | None = 10) -> list[Any]:
        """The oldest ``limit`` messages, all with ``None``; they stay where they are."""
        if limit is None:
            limit = sys.maxsize
        if limit < 0:
            raise ValueError(f"limit must not be negative: {limit}")
        return self._part.consume(topic, limit)

    def create_topic(self, topic: str) -> bool:
        """Makes an empty topic; ``False`` when it was there."""
        return self._part.create_topic(topic)

    def topics(self) -> list[str]:
        """The names of all topics, alphabetical."""
        return self._part.topics()

    def message_count(self, topic: str) -> int:
        """How many messages a topic holds; 0 for one that is not there."""
        return self._part.message_count(topic)
