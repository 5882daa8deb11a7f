"""A complete backend for tests, on one port, in memory: HTTP mocks, a SQL database, OAuth2, queues, objects.

>>> from sin_code_efsm import EphemeralMockServer
>>> with EphemeralMockServer(port=0) as server:
...     server.add_endpoint("GET", "/hello", {"msg": "world"})
...     fork = server.fork()
...     fork.stop()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._native import __version__
from .errors import (
    ConfigError,
    DatabaseError,
    EfsmError,
    IntegrityError,
    InvalidTokenError,
    PortError,
    ProgrammingError,
    VerificationError,
)
from .server import Clock, EphemeralMockServer, Faults, Journal, Snapshot
from .services import (
    AuthService,
    DatabaseService,
    HTTPService,
    QueueService,
    Request,
    Response,
    StorageService,
)
from .stack import FullStack

if TYPE_CHECKING:
    from .mock_generator import MockServer, StatefulMock
    from .orchestrator import EphemeralOrchestrator, TestEnvironment
    from .sandbox import DockerSandbox, SandboxResult, docker_available

__all__ = [
    "AuthService",
    "Clock",
    "ConfigError",
    "DatabaseError",
    "DatabaseService",
    "DockerSandbox",
    "EfsmError",
    "EphemeralMockServer",
    "EphemeralOrchestrator",
    "Faults",
    "FullStack",
    "HTTPService",
    "IntegrityError",
    "InvalidTokenError",
    "Journal",
    "MockServer",
    "PortError",
    "ProgrammingError",
    "QueueService",
    "Request",
    "Response",
    "SandboxResult",
    "Snapshot",
    "StatefulMock",
    "StorageService",
    "TestEnvironment",
    "VerificationError",
    "__version__",
    "docker_available",
]

#: What most tests do without is loaded when it is asked for: its dataclasses take longer than all the rest.
_LATER = {
    "DockerSandbox": "sandbox",
    "EphemeralOrchestrator": "orchestrator",
    "MockServer": "mock_generator",
    "SandboxResult": "sandbox",
    "StatefulMock": "mock_generator",
    "TestEnvironment": "orchestrator",
    "docker_available": "sandbox",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LATER[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
