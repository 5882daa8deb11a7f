"""Every command of README.md and docs/: each page is read from the top, its `sh` blocks run in one shell, its YAML
recipes taken apart.

A block that cannot be run here has `<!-- not run: reason -->` on the line before it. `# {..}` after a command is what its
output must contain. Pages find a stack at http://127.0.0.1:8888, which is another port here, a folder with a copy of
`examples/`, an `efsm.yaml`, a `schema.graphql` and a test. `efsm mock` answers at http://127.0.0.1:4010.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import pytest
import yaml

from stack import REPOSITORY, Stack, binary

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "examples/checkout/README.md"]
BLOCK = re.compile(r"(?P<skip><!-- not run: [^>]+-->\n)?^```(?P<kind>sh|yaml)\n(?P<text>.*?)^```$", re.S | re.M)
EXPECTED = re.compile(r"^(?P<command>curl [^|\n]*?)\s+# (?P<output>[{\[].*)$", re.M)
# Where recipes keep their commands.
COMMANDS = {"run", "script", "before_script", "command"}
# They bring up what they speak to; the others find a stack that is there.
OWN_STACK = {"first-ten-minutes.md", "ci.md", "install.md", "running-tests.md"}
# It begins with nothing.
WITHOUT_CONFIGURATION = {"first-ten-minutes.md"}

PREAMBLE = r"""
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
curl() {
  case " $* " in
    # A stream has no end of its own.
    *" -N "*) command curl -sS --fail-with-body --max-time 1 "$@" || test $? = 28 ;;
    *) command curl -sS --fail-with-body --max-time 20 "$@" ;;
  esac
}
efsm() {
  case " $* " in
    # A page goes on below it, in another terminal: here it is in the background.
    " up "*"--detach "*) command efsm "$@" --port "$PORT" ;;
    " up "*) command efsm "$@" --port "$PORT" --detach ;;
    " mock "*)
      command efsm "$@" --port "$MOCK_PORT" > mock.log 2>&1 &
      until command curl -s -o /dev/null "http://127.0.0.1:$MOCK_PORT/"; do sleep 0.1; done ;;
    *) command efsm "$@" ;;
  esac
}
check() {
  local expected=$1 got
  shift
  got=$("$@")
  echo "$got"
  [[ "$got" == *"$expected"* ]] || { echo "expected: $expected" >&2; exit 1; }
}
"""


SCHEMA = """
type Query { user(id: ID!): User }
type Subscription { userChanged: User }
type User { id: ID!, name: String!, email: String! }
"""


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [free.getsockname()[1] for free in sockets]
    for free in sockets:
        free.close()
    return ports


def at_ports(script, ports):
    for written, real in ports.items():
        script = script.replace(f"127.0.0.1:{written}", f"127.0.0.1:{real}")
    return script


def blocks(page):
    for match in BLOCK.finditer(page.read_text()):
        if not match["skip"]:
            yield match["kind"], match["text"]


def with_checks(text):
    quoted = lambda output: "'" + output.strip().replace("'", "'\\''") + "'"
    return EXPECTED.sub(lambda match: f"check {quoted(match['output'])} {match['command']}", text)


def commands_of(recipe):
    """The commands of a CI recipe, but for those that install efsm."""
    if isinstance(recipe, dict):
        for key, value in recipe.items():
            values = value if isinstance(value, list) else [value]
            for value in values:
                if key in COMMANDS and isinstance(value, str):
                    if not value.startswith("cargo "):
                        yield value
                else:
                    yield from commands_of(value)
    elif isinstance(recipe, list):
        for item in recipe:
            yield from commands_of(item)


def script_of(page):
    parts = []
    for kind, text in blocks(page):
        if kind == "sh":
            parts.append(with_checks(text))
        elif page.name == "ci.md":
            # A step of GitHub's begins with what the steps before it put into its environment.
            recipe = yaml.safe_load(text)
            parts.extend(
                f'set -a; . "$GITHUB_ENV"; set +a\n{command}\n' for command in commands_of(recipe)
            )
    return "\n".join(parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name if page.name != "README.md" else page.parent.name)
def test_page_does_what_it_says(page, tmp_path, monkeypatch):
    script = script_of(page)
    if not script.strip():
        pytest.skip("nothing to run on this page")
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copytree(REPOSITORY / "examples", folder / "examples")
    shutil.copy(REPOSITORY / "README.md", folder)
    (folder / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "test_any.py").write_text("def test_that_passes():\n    assert True\n")
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    (folder / "schema.graphql").write_text(SCHEMA)
    port, mock_port = free_ports(2)
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "github-env").touch()
    path = [str(pathlib.Path(binary()).parent), str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.pathsep.join(path),
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(runtime),
        "PORT": str(port),
        "MOCK_PORT": str(mock_port),
        "URL": url,
        "EFSM_URL": url,
        "GITHUB_ENV": str(tmp_path / "github-env"),
    }
    stack = None
    if page.name in OWN_STACK:
        if page.name not in WITHOUT_CONFIGURATION:
            subprocess.run([binary(), "init", folder], check=True, capture_output=True)
    elif "efsm up" not in script:
        stack = Stack(*(["examples/checkout"] if page.parent.name == "checkout" else []), port=port, cwd=folder)
    try:
        done = subprocess.run(
            ["bash", "-c", PREAMBLE + at_ports(script, {8888: port, 4010: mock_port})],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        if stack:
            stack.stop()
        subprocess.run([binary(), "down", "--all"], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n\n{script}"


def test_recipes_are_yaml():
    for page in PAGES:
        for kind, text in blocks(page):
            if kind == "yaml":
                assert yaml.safe_load(text), f"{page.name}: {text}"
