"""Tasks, commands in the sandbox, and what is exported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sin_code_efsm import ConfigError, EphemeralOrchestrator, MockServer, StatefulMock
from sin_code_efsm._command import binary
from sin_code_efsm.docker import compose_to_yaml, generate_compose
from sin_code_efsm.sandbox import DockerSandbox, run_command, tiers

#: The interpreter behind the virtual environment, which may lie in a folder that the sandbox hides.
PYTHON = getattr(sys, "_base_executable", sys.executable)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


def test_a_task_becomes_an_environment(fetch):
    task = {"name": "pay", "external_apis": ["stripe", "https://api.example.com"], "requires_db": True}
    with EphemeralOrchestrator(mock_port=0) as orchestrator:
        env = orchestrator.configure_from_task(task)
        assert orchestrator.server is not None
        assert env.mock_port == orchestrator.server.port
        assert env.env_vars == orchestrator.server.env()
        assert env.env_vars["STRIPE_BASE_URL"] == f"{orchestrator.server.url}/http/stripe"
        assert env.env_vars["API_EXAMPLE_COM_BASE_URL"] == f"{orchestrator.server.url}/http/api.example.com"
        assert env.env_vars["DATABASE_URL"] == env.db_dsn
        assert list(orchestrator.mock_server.mocks) == ["/stripe", "/api.example.com"]
        created = fetch(f"{env.env_vars['STRIPE_BASE_URL']}/charges", "POST", {"amount": 5})
        assert created.status == 201
        listed = fetch(f"{env.env_vars['STRIPE_BASE_URL']}/charges").json()
        assert [charge["amount"] for charge in listed] == [5]
    assert orchestrator.server is None


@linux_only
def test_the_environment_is_what_the_command_gives():
    """`efsm setup` and the package give the same variables for the same APIs."""
    apis = ["stripe", "my-api.v2", "3scale", "https://api.example.com/v1"]
    with EphemeralOrchestrator(mock_port=0) as orchestrator:
        env = orchestrator.configure_from_task({"external_apis": apis, "requires_db": True}).env_vars
        url = env["EFSM_URL"]
    up = [str(binary()), "up", "--port", "0", "--json", "--services", "http,database", *(f"--api={api}" for api in apis)]
    with subprocess.Popen(up, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        process.terminate()
    told_env = {name: value.replace(told["url"], url) for name, value in told["env"].items()}
    other, own = told["url"].partition("://")[2], url.partition("://")[2]
    assert {name: value.replace(other, own) for name, value in told_env.items()} == env


@pytest.mark.parametrize(("apis", "error"), [("stripe", TypeError), ([5], TypeError), (["a b"], ConfigError), (["x", "X"], ConfigError)])
def test_apis_that_are_none_are_refused(apis, error):
    with EphemeralOrchestrator(mock_port=0) as orchestrator:
        with pytest.raises(error):
            orchestrator.configure_from_task({"name": "x", "external_apis": apis})
        assert orchestrator.server is None


def test_a_task_without_a_database_has_none():
    with EphemeralOrchestrator(mock_port=0) as orchestrator:
        env = orchestrator.configure_from_task({"name": "plain"})
        assert env.db_dsn is None and "DATABASE_URL" not in env.env_vars


@linux_only
def test_tests_run_with_the_environment_and_reach_the_stack(tmp_path):
    script = tmp_path / "check.py"
    script.write_text("import os, urllib.request as u; print(u.urlopen(os.environ['EFSM_URL'] + '/health').status)")
    with EphemeralOrchestrator(mock_port=0) as orchestrator:
        orchestrator.configure_from_task({"name": "pay", "external_apis": ["stripe"], "test_command": f"{PYTHON} {script}"})
        result = orchestrator.run_tests(cwd=tmp_path)
        assert (result["exit_code"], result["success"], result["stdout"]) == (0, True, "200\n"), result
        assert result["output"] == result["stdout"] + result["stderr"]
        assert result["backend"] in ("docker", "namespaces", "limits")
        failed = orchestrator.run_tests("echo out; echo err >&2; exit 3", cwd=tmp_path)
        assert (failed["exit_code"], failed["success"], failed["stdout"], failed["stderr"]) == (3, False, "out\n", "err\n")


def test_tests_without_a_command_are_refused():
    with EphemeralOrchestrator(mock_port=0) as orchestrator:
        orchestrator.configure_from_task({"name": "x"})
        with pytest.raises(ValueError, match="no test command"):
            orchestrator.run_tests()


@linux_only
def test_commands_end_as_in_a_shell(tmp_path):
    assert run_command("exit 7", cwd=tmp_path).exit_code == 7
    assert run_command("kill -TERM $$", cwd=tmp_path).exit_code == 143
    assert run_command(["no-such-command"], cwd=tmp_path).exit_code == 127
    assert run_command("sleep 60", cwd=tmp_path, timeout=0.5).exit_code == 124
    hidden = run_command("echo $SECRET_TOKEN$GIVEN", cwd=tmp_path, env={"GIVEN": "given"})
    assert hidden.stdout == "given\n"
    limits = run_command("true", cwd=tmp_path, sandbox="limits")
    assert limits.backend == "limits" and limits.isolation["isolation"] == "none"
    with pytest.raises(OSError, match="isolation"):
        run_command("true", cwd=tmp_path, sandbox="limits", require_isolation=True)
    with pytest.raises(ValueError, match="no tier"):
        run_command("true", cwd=tmp_path, sandbox="chroot")


@linux_only
def test_tiers_are_told_with_reasons():
    told = {tier["tier"]: tier for tier in tiers()}
    assert set(told) == {"docker", "namespaces", "limits"}
    assert all(tier["available"] or tier["why_not"] for tier in told.values())


def test_docker_alone_is_an_error_where_there_is_none(monkeypatch):
    monkeypatch.setattr("sin_code_efsm.sandbox.docker_available", lambda: False)
    with pytest.raises(RuntimeError, match="Docker not available"):
        DockerSandbox(allow_fallback=False).run_command("true")


def test_stateful_mocks_remember():
    mock = StatefulMock(name="users", base_path="/users", scenarios={"GET:/users/broken": {"error": "x"}})
    server = MockServer()
    server.add_mock(mock)
    assert server.dispatch("GET", "/users") == {"data": []}
    assert server.dispatch("POST", "users", {"name": "Ada"}) == {"status": "created", "id": 1, "data": {"name": "Ada"}}
    assert server.dispatch("GET", "/users") == {"data": [{"name": "Ada"}]}
    assert server.dispatch("GET", "/users/broken") == {"error": "x"}
    assert server.dispatch("PUT", "/users", [1])["status"] == "updated"
    assert server.dispatch("DELETE", "/users")["status"] == "deleted"
    assert server.dispatch("GET", "/users") == {"data": []}
    assert server.dispatch("GET", "/other") == {"error": "no mock matched", "path": "/other"}


def test_compose_files_have_the_stack():
    compose = generate_compose(["http", "queue"], port=9000)
    service = compose["services"]["efsm"]
    assert service["ports"] == ["9000:9000"]
    assert "http,queue" in service["command"]
    text = compose_to_yaml(port=9000)
    assert "services:\n  efsm:\n" in text and '- "9000:9000"' in text
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(compose_to_yaml(["http", "queue"], 9000)) == compose


def test_the_command_of_a_compose_file_is_efsms(fetch, server):
    """What the container would run, run here: the port that it names is free once this server has let go of it."""
    port = server.port
    server.stop()
    command = generate_compose(["queue", "http"], port)["services"]["efsm"]["command"]
    with subprocess.Popen([str(binary()), *command, "--json"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["port"] == port
        health = fetch(f"http://127.0.0.1:{port}/health").json()
        process.terminate()
    assert sorted(health["services"]) == ["http", "queue"]


def test_the_command_is_installed_with_the_package():
    path = binary()
    assert path is not None
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    assert told.startswith("efsm ")
    module = subprocess.run([sys.executable, "-m", "sin_code_efsm", "--version"], capture_output=True, text=True, check=True)
    assert module.stdout == told
    if "EFSM_BIN" not in os.environ:
        assert os.path.samefile(Path(path).parent, Path(sys.executable).parent)


def test_the_module_is_the_mcp_server():
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}) + "\n"
    command = [sys.executable, "-m", "sin_code_efsm.mcp_server"]
    done = subprocess.run(command, input=line, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["result"]["serverInfo"]["name"] == "efsm"
