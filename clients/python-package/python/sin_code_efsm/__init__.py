"""A complete backend for tests, on one port, in memory: HTTP mocks, a SQL database, OAuth2, queues, objects.

>>> from sin_code_efsm import EphemeralMockServer
>>> with EphemeralMockServer(port=0) as server:
...     server.add_endpoint("GET", "/hello", {"msg": "world"})
...     fork = server.fork()
...     fork.stop()
"""

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
from .mock_generator import MockServer, StatefulMock
from .orchestrator import EphemeralOrchestrator, TestEnvironment
from .sandbox import DockerSandbox, SandboxResult, docker_available
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
