"""pytest fixtures: a stack that is prepared once, and a fork of it for every test.

========================  ========  =====================================================================
fixture                   scope     gives
========================  ========  =====================================================================
``efsm_config``           session   the configuration: override it; without, ``efsm.yaml`` of the root, or none
``efsm_stack``            session   the running stack that forks are made of: prepare it here
``efsm``                  function  a fork of its own for the test
``efsm_env``              function  the same fork, with its variables set by ``monkeypatch``
========================  ========  =====================================================================

When a test fails, its report has the end of the fork's journal and the requests that met no stub.
``--efsm-keep`` leaves the stacks of failed tests up until a key is pressed, and prints where they are.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest

from .server import Config, EphemeralMockServer

__all__ = ["efsm", "efsm_config", "efsm_env", "efsm_stack"]

_TAIL = 15
_FORK = pytest.StashKey[EphemeralMockServer]()
_FAILED = pytest.StashKey[bool]()
_KEPT = pytest.StashKey["list[tuple[str, EphemeralMockServer]]"]()
_STACKS = pytest.StashKey["list[EphemeralMockServer]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("efsm")
    group.addoption(
        "--efsm-keep",
        action="store_true",
        default=False,
        help="leave the stacks of failed tests up at the end, and print their URLs",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_KEPT] = []
    config.stash[_STACKS] = []


@pytest.fixture(scope="session")
def efsm_config(pytestconfig: pytest.Config) -> Config | None:
    """What the stack is prepared with: a path, text or dict. Override it in ``conftest.py``."""
    for name in ("efsm.yaml", "efsm.yml", "efsm.json"):
        path = pytestconfig.rootpath / name
        if path.is_file():
            return path
    return None


@pytest.fixture(scope="session")
def efsm_stack(
    efsm_config: Config | None, pytestconfig: pytest.Config
) -> Generator[EphemeralMockServer, None, None]:
    """The stack that every test's fork is made of, on a free port."""
    server = EphemeralMockServer(port=0, config=efsm_config).start()
    yield server
    # Forks end with it: where one is kept, it is as well.
    if pytestconfig.stash[_KEPT]:
        pytestconfig.stash[_STACKS].append(server)
    else:
        server.stop()


@pytest.fixture
def efsm(
    efsm_stack: EphemeralMockServer, request: pytest.FixtureRequest
) -> Generator[EphemeralMockServer, None, None]:
    """A stack of the test's own, as it was prepared."""
    node, config = request.node, request.config
    fork = efsm_stack.fork()
    node.stash[_FORK] = fork
    yield fork
    if config.getoption("--efsm-keep") and node.stash.get(_FAILED, False):
        config.stash[_KEPT].append((node.nodeid, fork))
    else:
        fork.stop()


@pytest.fixture
def efsm_env(efsm: EphemeralMockServer, monkeypatch: pytest.MonkeyPatch) -> EphemeralMockServer:
    """As ``efsm``, with the variables that clients read set for the test."""
    for name, value in efsm.env().items():
        monkeypatch.setenv(name, value)
    return efsm


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, None]:
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if not report.failed:
        return
    item.stash[_FAILED] = True
    fork = item.stash.get(_FORK, None)
    if fork is not None and fork.port is not None:
        report.sections.extend(_sections(fork))


def _sections(server: EphemeralMockServer) -> list[tuple[str, str]]:
    sections = []
    entries = server.journal.entries(limit=_TAIL)
    if entries:
        lines = [f"{entry['seq']:>5}  {entry['service']:<8}  {entry['summary']}" for entry in entries]
        sections.append((f"efsm journal of {server.url}", "\n".join(lines)))
    if "http" in server.status:
        unmatched = [_explained(call) for call in server.http.unmatched()]
        if unmatched:
            sections.append(("efsm requests without a stub", "\n".join(unmatched[-_TAIL:])))
    return sections


def _explained(call: dict[str, Any]) -> str:
    lines = (call["nearest"] or "no stub is there").splitlines()
    return "\n    ".join([f"{call['method']} {call['url']}", f"nearest: {lines[0]}", *lines[1:]])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    kept = config.stash[_KEPT]
    if not kept:
        return
    terminalreporter.section("efsm stacks that are still up")
    for nodeid, server in kept:
        terminalreporter.write_line(f"{server.url}  {nodeid}")


def pytest_unconfigure(config: pytest.Config) -> None:
    kept = config.stash.get(_KEPT, [])
    if not kept:
        return
    if sys.stdin is not None and sys.stdin.isatty():
        input("efsm: press Enter to stop them ")
    for server in [*(fork for _, fork in kept), *config.stash[_STACKS]]:
        server.stop()
