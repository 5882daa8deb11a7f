"""Every block of Python in docs/python.md and the package's README, run as it stands there."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sin_code_efsm

REPOSITORY = Path(__file__).resolve().parents[3]
PAGES = [REPOSITORY / "docs/python.md", REPOSITORY / "clients/python-package/README.md"]

Fetch = Callable[..., Any]


def blocks() -> list[str]:
    found: list[str] = []
    for page in PAGES:
        found += re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.S | re.M)
    return found


def block(sign: str) -> str:
    """The only block with this text in it."""
    [found] = [text for text in blocks() if sign in text]
    return found


#: What tells each block from the others, and so which test below runs it.
SIGNS = [
    "as server:          # 8888",
    "def pay(request)",
    "def efsm_config()",
    "def test_client(efsm_env)",
    "class OrderTest",
    "async with EphemeralMockServer",
    "EphemeralOrchestrator()",
    "server = EphemeralMockServer(port=8888)",
    'efsm.queue.consume("orders") ==',
]


def test_every_block_is_run_below() -> None:
    for text in blocks():
        assert sum(sign in text for sign in SIGNS) == 1, text


def run(text: str, **names: Any) -> dict[str, Any]:
    exec(compile(text, "a block", "exec"), names)
    return names


def test_first_steps(capsys: pytest.CaptureFixture[str]) -> None:
    run(block(SIGNS[0]))
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_function_as_a_response(fetch: Fetch) -> None:
    with sin_code_efsm.EphemeralMockServer(port=0) as server:
        run(block(SIGNS[1]), server=server)
        answer = fetch(f"{server.url}/payments", "POST", {"id": 7})
        assert (answer.status, answer.json()) == (201, {"id": 7, "paid": True})


def test_fixtures(pytester: pytest.Pytester) -> None:
    pytester.mkdir("tests")
    pytester.path.joinpath("tests/efsm.yaml").write_text("queue: {topics: [orders]}\n")
    pytester.makeconftest(block(SIGNS[2]))
    pytester.makepyfile(test_page=block(SIGNS[3]), test_readme=block(SIGNS[8]))
    pytester.runpytest_subprocess().assert_outcomes(passed=3)


def test_unittest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath("tests").mkdir()
    tmp_path.joinpath("tests/efsm.yaml").write_text("queue: {topics: [orders]}\n")
    monkeypatch.chdir(tmp_path)
    names = run(block(SIGNS[4]), unittest=unittest, EphemeralMockServer=sin_code_efsm.EphemeralMockServer)
    seen = []
    case = names["OrderTest"]
    case.test_it = lambda self: seen.append(self.efsm.queue.topics())
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert result.wasSuccessful(), result.errors
    assert seen == [["orders"]]


def test_asyncio() -> None:
    names = run(block(SIGNS[5]), EphemeralMockServer=sin_code_efsm.EphemeralMockServer)
    asyncio.run(names["main"]())


def test_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # `pytest` of the page, wherever it is installed here.
    tmp_path.joinpath("test_it.py").write_text("import os\ndef test_it(): assert os.environ['STRIPE_BASE_URL']\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    names = run(block(SIGNS[6]))
    assert names["result"]["exit_code"] == 0, names["result"]


def test_readme_of_the_package(fetch: Fetch) -> None:
    server = run(block(SIGNS[7]))["server"]
    try:
        assert fetch(f"{server.url}/hello").json() == {"msg": "world"}
    finally:
        server.stop()
