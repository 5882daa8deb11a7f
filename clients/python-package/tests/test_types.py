"""The package's types, and its wheel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = '''
from datetime import timedelta

import sin_code_efsm
from sin_code_efsm import EphemeralMockServer, Request, Response


def answer(request: Request) -> Response:
    return Response({"echo": request.json()}, status=201)


def story() -> list[dict[str, object]]:
    with EphemeralMockServer(port=0, services=["http", "database"]) as server:
        server.add_endpoint("POST", "/echo", answer)
        server.clock.advance(timedelta(hours=1))
        before: sin_code_efsm.Snapshot = server.snapshot()
        fork: EphemeralMockServer = server.fork(before)
        fork.stop()
        return server.database.execute("SELECT ? AS n", (1,))
'''


def test_mypy_strict_passes_on_users_code_and_on_the_package(tmp_path: Path):
    pytest.importorskip("mypy")
    (tmp_path / "example.py").write_text(EXAMPLE)
    for what in (["example.py"], ["-p", "sin_code_efsm"]):
        command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), *what]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    (tmp_path / "wrong.py").write_text(EXAMPLE.replace("(1,)", "5"))
    command[-2:] = ["wrong.py"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_the_wheel_keeps_to_the_stable_abi():
    pytest.importorskip("abi3audit")
    folder = os.environ.get("EFSM_WHEELS")
    if folder is None:
        pytest.skip("EFSM_WHEELS does not say where the wheel is")
    (wheel,) = Path(folder).glob("*.whl")
    audit = [sys.executable, "-m", "abi3audit", "--strict", str(wheel)]
    done = subprocess.run(audit, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
