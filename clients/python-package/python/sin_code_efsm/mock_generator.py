"""Mocks with state that are asked in process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["MockServer", "StatefulMock"]


@dataclass
class StatefulMock:
    """An API that remembers: what is posted to a collection is what a GET of it returns.

    The last segment of a path names the collection. ``scenarios`` holds fixed answers by ``"METHOD:/path"``, which go
    first. For the same over HTTP, with items, ids, filters and 404s, see the ``resources`` of efsm.yaml.
    """

    name: str
    base_path: str
    state: dict[str, Any] = field(default_factory=dict)
    scenarios: dict[str, dict[str, Any]] = field(default_factory=dict)

    def respond(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Answers one request."""
        scripted = self.scenarios.get(f"{method}:{path}")
        if scripted is not None:
            return scripted
        collection = path.rstrip("/").rpartition("/")[2] or "root"
        if method == "GET":
            return {"data": self.state.get(collection, [])}
        if method == "POST":
            items = self.state.setdefault(collection, [])
            items.append(body)
            return {"status": "created", "id": len(items), "data": body}
        if method in ("PUT", "PATCH"):
            self.state[collection] = body
            return {"status": "updated", "data": body}
        if method == "DELETE":
            self.state.pop(collection, None)
            return {"status": "deleted", "resource": collection}
        return {"status": "ok"}


class MockServer:
    """Several stateful mocks by base path."""

    def __init__(self) -> None:
        self.mocks: dict[str, StatefulMock] = {}

    def add_mock(self, mock: StatefulMock) -> None:
        """Adds a mock, in place of one with the same base path."""
        self.mocks[mock.base_path] = mock

    def dispatch(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The answer of the first mock whose base path the path begins with."""
        path = path if path.startswith("/") else f"/{path}"
        for base, mock in self.mocks.items():
            if path.startswith(base if base.startswith("/") else f"/{base}"):
                return mock.respond(method, path, body)
        return {"error": "no mock matched", "path": path}
