"""Every block of README.md and docs/: each page is read from the top, and its blocks are run in one shell.

| block | is |
| --- | --- |
| `sh` | run; `# {..}` after a command is what its output must contain |
| `console` | run; what follows a line of `$ ` is its output, word for word |
| `yaml` | a configuration: a stack of it comes up; in ci.md a recipe, whose commands are run |
| `json` | sent, as `<!-- METHOD PATH -->` before it says; or an answer, `<!-- answer -->`, compared with a real one |
| `text` | what `efsm up` says, compared with what it says |
| `rust`, `python` | compiled and run by crates/efsm/tests/it/pages.rs and clients/python-package/tests/test_documentation.py |

A block that cannot be run here has `<!-- not run: reason -->` on the line before it. Pages find a stack at
http://127.0.0.1:8888, which is another port here, a folder with a copy of `examples/`, an `efsm.yaml`, some descriptions of APIs
and a test. `efsm mock` answers at http://127.0.0.1:4010, `efsm proxy` stands before http://127.0.0.1:3000.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import pytest
import yaml

from stack import PATIENCE, REPOSITORY, Stack, binary

PAGES = [
    *[REPOSITORY / folder / "README.md" for folder in [".", "examples/checkout", "clients/python-package"]],
    REPOSITORY / "CONTRIBUTING.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
]
BLOCK = re.compile(r"(?:^<!-- (?P<note>[^>]+) -->\n)?^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```$", re.S | re.M)
REQUEST = re.compile(r"(GET|PUT|POST|DELETE) (/\S+)")
# Run elsewhere: see above.
ELSEWHERE = {"rust", "python"}
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
    " mock "*) in_background "$MOCK_PORT" "$@" ;;
    " proxy "*) in_background "$PROXY_PORT" "$@" ;;
    *) command efsm "$@" ;;
  esac
}
in_background() {
  local port=$1
  shift
  command efsm "$@" --port "$port" > background.log 2>&1 &
  until command curl -s -o /dev/null "http://127.0.0.1:$port/"; do
    kill -0 $! || { cat background.log >&2; exit 1; }
    sleep 0.1
  done
}
check() {
  local expected=$1 got
  shift
  got=$("$@")
  echo "$got"
  [[ "${got//[[:space:]]/}" == *"${expected//[[:space:]]/}"* ]] || { echo "expected: $expected" >&2; exit 1; }
}
"""


SCHEMA = """
type Query { user(id: ID!): User }
type Subscription { userChanged: User }
type User { id: ID!, name: String!, email: String!, createdAt: DateTime }
scalar DateTime
"""

# spec-diff.md shows what differs, with the lines.
PETS = """openapi: 3.0.3
info: {title: Pets, version: "1"}
components:
  schemas:
    Pet:
      type: object
      properties:
        id: {type: string}
        name: {type: string}
paths:
  /pets:
    get:
      operationId: listPets
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
      responses:
        "200":
          description: All of them.
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Pet"}}
  /pets/{id}:
    get:
      operationId: getPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "200":
          description: One of them.
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Pet"}
"""
OWNERS = """  /owners:
    get:
      operationId: listOwners
      responses: {"200": {description: All of them.}}
"""


def pets():
    """The two descriptions whose differences spec-diff.md shows."""
    limit = "        - {name: limit, in: query, schema: {type: integer}}\n"
    kind = "        - {name: kind, in: query, required: true, schema: {type: string}}\n"
    new = PETS.replace("        name: {type: string}\n", "").replace(limit, limit + kind) + OWNERS
    return {"pets-1.yaml": PETS, "pets-2.yaml": new}


def name_of(page):
    return page.name if page.parent.name == "docs" else str(page.relative_to(REPOSITORY))


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
    """The kind and text of each block that is run, and what the comment before it says."""
    for match in BLOCK.finditer(page.read_text()):
        note = match["note"] or ""
        if not note.startswith("not run: "):
            yield match["kind"], match["text"], note


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


def in_file(name, text):
    return f"cat > {name} <<'END OF THE BLOCK'\n{text}END OF THE BLOCK\n"


def script_of(page):
    parts = []
    for number, (kind, text, note) in enumerate(blocks(page)):
        if kind == "sh":
            parts.append(with_checks(text))
        elif kind == "console":
            command, _, output = text.removeprefix("$ ").partition("\n")
            parts.append(f"{in_file('expected', output)}{command} > said || test $? = 1\ndiff -u expected said\n")
        elif kind == "yaml" and page.name == "ci.md":
            # A step of GitHub's begins with what the steps before it put into its environment.
            recipe = yaml.safe_load(text)
            parts.extend(f'set -a; . "$GITHUB_ENV"; set +a\n{command}\n' for command in commands_of(recipe))
        elif kind == "yaml":
            parts.append(f"{in_file(f'block-{number}.yaml', text)}efsm run --sandbox limits block-{number}.yaml -- true\n")
        elif kind == "json" and (request := REQUEST.fullmatch(note)):
            method, path = request.groups()
            parts.append(f"{in_file('body.json', text)}curl -X {method} $URL{path} -d @body.json\n")
    return "\n".join(parts)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
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
    for name, text in pets().items():
        (folder / name).write_text(text)
    for name in ["openapi.yaml", "petstore.yaml", "orders.yaml"]:
        shutil.copy(REPOSITORY / "clients/python/petstore.yaml", folder / name)
    (folder / "stripe.json").write_text(json.dumps(yaml.safe_load((folder / "petstore.yaml").read_text())))
    port, mock_port, proxy_port = free_ports(3)
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
        "PROXY_PORT": str(proxy_port),
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
            ["bash", "-c", PREAMBLE + at_ports(script, {8888: port, 4010: mock_port, 3000: mock_port})],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
    finally:
        if stack:
            stack.stop()
        subprocess.run([binary(), "down", "--all"], env=environment, capture_output=True, timeout=60)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n\n{script}"


def test_every_block_is_of_a_kind_that_is_tested():
    for page in PAGES:
        for kind, text, note in blocks(page):
            where = f"{page.name}: {kind}: {text[:200]}"
            if kind == "json":
                json.loads(text)
                assert REQUEST.fullmatch(note) or note == "answer", f"{where}\nsay whether it is a request or an answer"
            elif kind == "yaml":
                assert yaml.safe_load(text), where
            elif kind == "text":
                assert page == REPOSITORY / "README.md", where
            else:
                assert kind in {"sh", "console"} | ELSEWHERE, where


def only_block(page, wanted, note=""):
    [text] = [text for kind, text, said in blocks(REPOSITORY / page) if kind == wanted and said == note]
    return text


def test_readme_shows_what_up_says(tmp_path):
    process = subprocess.Popen(
        [binary(), "up", "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    )
    lines = []
    while not lines or "_efsm" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    process.terminate()
    process.communicate(timeout=PATIENCE)
    # The port is another one, and so is the width of its column.
    plain = lambda text: re.sub(r"[\d.]+ ms", "0 ms", re.sub(r"(127.0.0.1):\d+", r"\1", re.sub(r" +", " ", text)))
    assert plain("".join(lines)) == plain(only_block("README.md", "text"))


def resembles(shown, real):
    """Whether an answer looks as it is shown: `…` stands for any text, `{}` for any object, and numbers are rounded."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return not shown or (shown.keys() == real.keys() and all(resembles(shown[key], real[key]) for key in shown))
    if isinstance(shown, list) and isinstance(real, list):
        return len(shown) == len(real) and all(map(resembles, shown, real))
    if isinstance(shown, float) and isinstance(real, float):
        return round(real, 2) == shown
    return shown == real or (shown == "…" and isinstance(real, str))


def test_answer_of_a_request_without_a_stub_is_as_shown(stack):
    mapping = {"name": "create order", "request": {"method": "POST", "urlPath": "/orders"}, "response": {}}
    stack.post("/__admin/mappings", 201, json=mapping)
    real = stack.get("/http/orders", 404).json()
    shown = json.loads(only_block("docs/http.md", "json", "answer"))
    assert resembles(shown, real), json.dumps(real, indent=1)


INLINE = re.compile(r"`efsm ([a-z][^`]*)`")


@pytest.fixture(scope="module")
def helps():
    """What `--help` says, of the whole and of each command."""
    say = lambda *words: subprocess.run(
        [binary(), *words, "--help"], capture_output=True, text=True, check=True, timeout=PATIENCE
    ).stdout
    listed = lambda text: re.findall(r"^  ([a-z]+) +[A-Z]", text, re.M)
    helps = {command: say(command) for command in listed(say())}
    for command, text in helps.items():
        if "\nCommands:\n" in text:
            helps[command] += "".join(say(command, below) for below in listed(text.partition("\nCommands:\n")[2]))
    return helps


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_in_sentences_are_ones_that_there_are(page, helps):
    for match in INLINE.finditer(page.read_text()):
        command, *words = match[1].split()
        assert command in helps, match[0]
        for word in words:
            if word == "--":
                break
            if word.startswith("-"):
                assert re.search(rf"(?<!\S){re.escape(word.partition('=')[0])}\b", helps[command]), match[0]
