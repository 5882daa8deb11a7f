"""A task's tests in the sandbox, and what runs a stack elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sin_code_efsm import EphemeralOrchestrator, StatefulMock, TestEnvironment
from sin_code_efsm.docker import compose_to_yaml, generate_compose


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")
def test_a_task(tmp_path: Path) -> None:
    with EphemeralOrchestrator(mock_port=0) as orchestrator:
        env: TestEnvironment = orchestrator.configure_from_task(
            {"name": "pay", "external_apis": ["stripe"], "requires_db": True, "test_command": "test -n $STRIPE_BASE_URL"}
        )
        assert env.env_vars["STRIPE_BASE_URL"].endswith("/stripe")
        result = orchestrator.run_tests(cwd=tmp_path)
        assert result["success"], result["output"]


def test_a_mock_in_process() -> None:
    users = StatefulMock("users", "/users")
    users.respond("POST", "/users", {"name": "Ada"})
    assert users.respond("GET", "/users") == {"data": [{"name": "Ada"}]}


def test_a_compose_file() -> None:
    compose = generate_compose(["http"], port=9000)
    assert compose["services"]["efsm"]["ports"] == ["9000:9000"]
    assert "9000:9000" in compose_to_yaml(["http"], 9000)
