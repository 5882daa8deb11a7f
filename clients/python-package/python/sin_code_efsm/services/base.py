"""What every service has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["BaseService", "Record"]


class Record(dict[str, Any]):
    """A dict whose comparison with another asks only for what the other one names.

    So an assertion names what it is about, and what else is told does not matter.

    >>> Record(status="up", port=8888, memory_bytes=12345) == {"status": "up", "port": 8888}
    True
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        if isinstance(other, Record) or not other:
            return dict(self) == dict(other)
        return all(name in self and self[name] == value for name, value in other.items())

    def __ne__(self, other: object) -> bool:
        return not self == other


class _Part(Protocol):
    def reset(self) -> None: ...

    def status(self) -> dict[str, Any]: ...


class BaseService:
    """One service: of a running server, or standing alone without a port.

    Made by its own class it stands alone, in memory; ``server.http`` and its siblings are the services of a
    stack, which clients also reach over the port.
    """

    #: Its name in ``services=``, in the journal and in the control API.
    name: str = ""
    #: Where it is mounted on the port.
    prefix: str = ""

    def __init__(self, part: _Part, port: int | None = None) -> None:
        self._base = part
        self._port = port

    @property
    def port(self) -> int | None:
        """The port that it is reached at; ``None`` when it stands alone."""
        return self._port

    @property
    def running(self) -> bool:
        """Whether it is reached at a port."""
        return self._port is not None

    def status(self) -> dict[str, Any]:
        """``{"status", "port", "name"}`` and what the service counts."""
        status = "up" if self.running else "down"
        return Record({"status": status, "port": self._port, "name": self.name, **self._base.status()})

    def reset(self) -> None:
        """Empties the service."""
        self._base.reset()
