"""From a task to an environment for its tests."""

from __future__ import annotations

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
    ...     env.env_vars["STRIPE_BASE_URL"] == orchestrator.server.url + "/http/stripe"
    ...     orchestrator.run_tests("test -n $STRIPE_BASE_URL")["success"]
    True
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

        An API is what ``api`` of efsm.yaml and ``efsm run --api`` take: a name, ``stripe``, is a mock that behaves like a
        resource (what is posted is found again) at ``STRIPE_BASE_URL``; a URL stands for the stubs of its host. A database
        is at ``DATABASE_URL``. :attr:`mock_server` has a mock for each API, too, to ask in process.
        """
        self.stop()
        apis = _apis(task_context.get("external_apis"))
        needs_database = bool(task_context.get("requires_db"))
        services = ["http", "database"] if needs_database else ["http"]
        server = EphemeralMockServer(port=self._port, services=services, config={"api": apis}).start()
        self.server = server
        env = server.env()
        for api in apis:
            place = api.partition("://")[2] or api
            self.mock_server.add_mock(StatefulMock(name=api, base_path="/" + place.rstrip("/")))
        self._test_command = task_context.get("test_command")
        self._env = TestEnvironment(
            mock_port=server.port or 0,
            db_dsn=env.get("DATABASE_URL"),
            container_id=None,
            env_vars=env,
        )
        return self._env

    def run_tests(
        self, test_command: str | None = None, with_network: bool = True, *, timeout: float = 120, **options: Any
    ) -> dict[str, Any]:
        """Runs a command, or the task's own, in the sandbox with the environment's variables.

        ``{"exit_code", "success", "stdout", "stderr", "output", "backend", "isolation"}``; of long output the end.
        ``output`` is both. With ``with_network=False`` a tier that closes the network closes the way to the stack, too.
        ``options`` are those of :func:`~sin_code_efsm.sandbox.run_command`.
        """
        command = test_command or self._test_command
        if not command:
            raise ValueError("no test command: pass one, or name it in the task")
        env = self._env.env_vars if self._env else {}
        servers = [self.server] if self.server and with_network else []
        try:
            result = run_command(command, env=env, timeout=timeout, servers=servers, **options)
        except OSError as error:
            result = SandboxResult(125, "", str(error))
        stdout, stderr = result.stdout[-_TAIL:], result.stderr[-_TAIL:]
        return {
            "exit_code": result.exit_code,
            "success": result.success,
            "stdout": stdout,
            "stderr": stderr,
            "output": stdout + stderr,
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


def _apis(given: Any) -> list[str]:
    if given is None:
        return []
    if isinstance(given, str) or not all(isinstance(api, str) for api in given):
        raise TypeError("external_apis is a list of names or URLs")
    return list(given)
