"""From a task to an environment for its tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .mock_generator import MockServer, StatefulMock
from .sandbox import DockerSandbox, SandboxResult, run_command
from .server import EphemeralMockServer

__all__ = ["EphemeralOrchestrator", "TestEnvironment"]

_TAIL = 25_000


@dataclass
class TestEnvironment:
    """What the tests of a task find."""

    # pytest takes what is called Test* for tests.
    __test__ = False

    mock_port: int
    #: How to reach the database; ``None`` when the task needs none.
    db_dsn: str | None
    container_id: str | None
    #: What the command gets.
    env_vars: dict[str, str] = field(default_factory=dict)
    sandbox_backend: str = "auto"


class EphemeralOrchestrator:
    """Prepares a stack for a task and runs the task's tests against it.

    >>> with EphemeralOrchestrator() as orchestrator:
    ...     env = orchestrator.configure_from_task({"name": "pay", "external_apis": ["stripe"], "requires_db": True})
    ...     sorted(env.env_vars)[:2]
    ...     orchestrator.run_tests("test -n $STRIPE_BASE_URL")["success"]
    ['DATABASE_URL', 'EFSM_URL']
    True
    """

    def __init__(self, mock_port: int = 8787) -> None:
        self.mock_server = MockServer()
        self.sandbox = DockerSandbox()
        self._port = mock_port
        self._env: TestEnvironment | None = None
        #: The stack; running from :meth:`configure_from_task` on.
        self.server: EphemeralMockServer | None = None
        self._test_command: str | None = None

    def configure_from_task(self, task_context: Mapping[str, Any]) -> TestEnvironment:
        """Starts a stack for ``{"name", "external_apis", "requires_db", "test_command"}``; a former one goes.

        Each API is a mock that behaves like a resource (what is posted is found again) below ``/NAME``, and its address is
        ``NAME_BASE_URL``. A database is at ``DATABASE_URL``.
        """
        self.stop()
        apis = list(task_context.get("external_apis") or [])
        needs_database = bool(task_context.get("requires_db"))
        services = ["http", "database"] if needs_database else ["http"]
        server = EphemeralMockServer(port=self._port, services=services).start()
        self.server = server
        env = {"EFSM_URL": server.url}
        for api in apis:
            path = f"/{_slug(api)}"
            self.mock_server.add_mock(StatefulMock(name=api, base_path=path))
            server.http.add_stub({"name": api, "resource": {"path": f"{path}/**"}})
            env[f"{_variable(api)}_BASE_URL"] = f"{server.url}{path}"
        if needs_database:
            env.update({name: value for name, value in server.env().items() if name.endswith("_URL")})
        self._test_command = task_context.get("test_command")
        self._env = TestEnvironment(
            mock_port=server.port or 0,
            db_dsn=env.get("DATABASE_URL"),
            container_id=None,
            env_vars=env,
        )
        return self._env

    def run_tests(self, test_command: str | None = None, *, timeout: float = 120, **options: Any) -> dict[str, Any]:
        """Runs a command, or the task's own, in the sandbox with the environment's variables.

        ``{"exit_code", "success", "stdout", "stderr", "backend", "isolation"}``; of long output the end.
        """
        command = test_command or self._test_command
        if not command:
            raise ValueError("no test command: pass one, or name it in the task")
        env = self._env.env_vars if self._env else {}
        servers = [self.server] if self.server else []
        try:
            result = run_command(command, env=env, timeout=timeout, servers=servers, **options)
        except OSError as error:
            result = SandboxResult(125, "", str(error))
        return {
            "exit_code": result.exit_code,
            "success": result.success,
            "stdout": result.stdout[-_TAIL:],
            "stderr": result.stderr[-_TAIL:],
            "backend": result.backend,
            "isolation": result.isolation,
        }

    def stop(self) -> None:
        """Stops the stack."""
        server, self.server, self._env = self.server, None, None
        if server is not None:
            server.stop()

    def __enter__(self) -> EphemeralOrchestrator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _slug(api: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"^https?://", "", api.lower())).strip("-") or "api"


def _variable(api: str) -> str:
    return _slug(api).replace("-", "_").upper()
