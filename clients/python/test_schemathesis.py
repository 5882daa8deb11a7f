"""Schemathesis looks for what a mock of the pet store breaks of its description: it finds nothing.

Its phases try examples, the edges of every constraint, random data, valid and not, and chains of calls by links."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stack import PATIENCE, binary

SPEC = Path(__file__).with_name("petstore.yaml")
# A loaded machine takes its time; a run that needs it has failed.
LONGEST = 900
# As Prism, a mock looks at the form of credentials: whose they are it cannot know.
UNKNOWABLE = ["ignored_auth"]
# Without --stateful a mock keeps nothing.
FORGETFUL = ["use_after_free", "ensure_resource_availability"]


class Mock:
    """`efsm mock`, on a port of its own."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [binary(), "mock", str(SPEC), "-p", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        self.url = None
        for line in self.process.stdout:
            if found := re.search(r"listening on (http://\S+)", line):
                self.url = found[1]
                break
        watchdog.cancel()
        assert self.url, "efsm mock did not say where it listens"
        # What it says of each request must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=PATIENCE)


@pytest.mark.parametrize(
    "arguments, left_out",
    [
        pytest.param([], FORGETFUL, id="static"),
        pytest.param(["--dynamic", "--seed", "1"], FORGETFUL, id="dynamic"),
        pytest.param(["--stateful"], [], id="stateful"),
    ],
)
def test_nothing_is_found(arguments, left_out, tmp_path):
    with Mock(*arguments) as mock:
        run = subprocess.run(
            [
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                str(SPEC),
                "--url",
                mock.url,
                "--max-examples",
                "15",
                "--seed",
                "7",
                "--continue-on-failure",
                "--exclude-checks",
                ",".join([*UNKNOWABLE, *left_out]),
                "--suppress-health-check",
                "all",
                "--warnings",
                "off",
            ],
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
        )
    assert run.returncode == 0, run.stdout[-6000:]
    assert "No issues found" in run.stdout, run.stdout[-2000:]
