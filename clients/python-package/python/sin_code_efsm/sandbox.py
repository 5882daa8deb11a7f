"""Commands in the sandbox: a container, namespaces of this kernel, or limits alone, and an honest word on which."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import _native
from ._command import binary

if TYPE_CHECKING:
    from .server import EphemeralMockServer

__all__ = ["DockerSandbox", "SandboxResult", "docker_available", "run_command", "tiers"]


@dataclass
class SandboxResult:
    """How a command ended."""

    #: The command's own; 128+n for a signal, 124 for a timeout, 126 and 127 as shells do, 125 when efsm failed.
    exit_code: int
    stdout: str
    stderr: str
    container_id: str | None = None
    #: The tier that it ran in: ``docker``, ``namespaces`` or ``limits``; ``none`` when it did not run.
    backend: str = "none"
    #: What was really enforced, and what was not.
    isolation: dict[str, Any] = field(default_factory=dict)

    @property
    def success(self) -> bool:
        """Whether it ended with 0."""
        return self.exit_code == 0


def run_command(
    command: str | Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] = ".",
    timeout: float | None = None,
    sandbox: str = "auto",
    require_isolation: bool = False,
    image: str | None = None,
    servers: Sequence[EphemeralMockServer] = (),
) -> SandboxResult:
    """Runs a command (a shell's line, or a list of words) in ``cwd`` with ``env`` and what a shell needs, nothing else.

    ``sandbox`` is ``auto``, ``docker``, ``namespaces`` or ``limits``; the last is **not a security boundary**, and
    ``require_isolation=True`` refuses it. ``servers`` are the stacks that it reaches where the network is closed.
    ``timeout`` is in seconds.
    """
    words = ["sh", "-c", command] if isinstance(command, str) else list(command)
    plan = {
        "command": words,
        "env": list((env or {}).items()),
        "workspace": os.fspath(cwd),
        "timeout": timeout,
        "sandbox": sandbox,
        "require_isolation": require_isolation,
        "image": image,
        "helper": binary(),
    }
    try:
        ended = _native.run_command(plan, [server._up for server in servers])
    except FileNotFoundError as error:
        return SandboxResult(127, "", str(error))
    except PermissionError as error:
        return SandboxResult(126, "", str(error))
    isolation = ended["isolation"]
    # What isolates nothing is told as no isolation; the tier has a name all the same.
    tier = "limits" if isolation["isolation"] == "none" else isolation["isolation"]
    return SandboxResult(
        exit_code=ended["exit_code"],
        stdout=str(ended["stdout"], errors="replace"),
        stderr=str(ended["stderr"], errors="replace"),
        backend=tier,
        isolation=isolation,
    )


def tiers() -> list[dict[str, Any]]:
    """What each tier can do on this machine, found out by doing it: ``{"tier", "available", "why_not", ..}``."""
    return _native.sandbox_tiers(binary())


def docker_available() -> bool:
    """Whether an engine of Docker or Podman can be used here."""
    return any(tier["tier"] == "docker" and tier["available"] for tier in tiers())


class DockerSandbox:
    """Runs commands in a container when an engine is there, else in the strongest tier that works.

    With ``allow_fallback=False`` anything but a container is an error.
    """

    def __init__(self, base_image: str = "python:3.11-slim", allow_fallback: bool = True) -> None:
        self.base_image = base_image
        self.allow_fallback = allow_fallback

    def run_command(self, command: str, timeout: float = 60, **options: Any) -> SandboxResult:
        """As :func:`run_command`."""
        if docker_available():
            return run_command(command, timeout=timeout, sandbox="docker", image=self.base_image, **options)
        if not self.allow_fallback:
            raise RuntimeError("Docker not available, and nothing else is allowed: start an engine, or allow_fallback=True")
        return run_command(command, timeout=timeout, **options)
