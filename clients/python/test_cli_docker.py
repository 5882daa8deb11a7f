"""`efsm run --sandbox docker`: the command line against a real engine, with an image of this machine's own programs.

An engine is there under `.ci/with-engine cargo xtask test`; without one everything here is left out, and says so.
"""

import http.client
import io
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tarfile
import time
import urllib.parse

import pytest

from stack import PATIENCE, binary

# An engine is slow on a loaded machine.
SLOWLY = 300
IMAGE = "efsm-test-cli:latest"
TOOLS = ["bash", "cat", "grep", "id", "ls", "sleep", "setsid", "touch", "head"]


class Engine(http.client.HTTPConnection):
    """The engine's API on its socket."""

    def __init__(self, path):
        super().__init__("engine", timeout=SLOWLY)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def call(self, method, path, body=None):
        self.request(method, path, body)
        answer = self.getresponse()
        said = answer.read()
        self.close()
        assert answer.status < 300, f"{method} {path}: {answer.status} {said}"
        return said

    def containers(self):
        """Those that efsm made."""
        filters = urllib.parse.quote(json.dumps({"label": ["efsm.owner"]}))
        return [container["Id"] for container in json.loads(self.call("GET", f"/containers/json?all=1&filters={filters}"))]


@pytest.fixture(scope="module")
def engine():
    said = os.environ.get("DOCKER_HOST", "")
    usual = ["/var/run/docker.sock", "/run/podman/podman.sock"]
    places = [said.removeprefix("unix://")] if said.startswith("unix://") else usual
    for path in places:
        if os.path.exists(path):
            engine = Engine(path)
            try:
                engine.call("GET", "/_ping")
            except OSError as e:
                pytest.skip(f"the engine at {path} does not answer: {e}")
            yield engine
            return
    pytest.skip("no engine's socket is there: `.ci/with-engine cargo xtask test` starts one for root")


def libraries(program):
    listed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return {word for word in listed.split() if word.startswith("/") and pathlib.Path(word).exists()}


@pytest.fixture(scope="module")
def image(engine):
    programs = {tool: os.path.realpath(shutil.which(tool, path="/bin:/usr/bin")) for tool in TOOLS}
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        for tool, program in programs.items():
            tar.add(program, f"bin/{tool}")
        for library in sorted(set().union(*map(libraries, programs.values()))):
            tar.add(os.path.realpath(library), library)
        shell = tarfile.TarInfo("bin/sh")
        shell.type, shell.linkname = tarfile.SYMTYPE, "bash"
        tar.addfile(shell)
    repo, tag = IMAGE.split(":")
    path = urllib.parse.quote("ENV PATH=/bin")
    engine.call("POST", f"/images/create?fromSrc=-&repo={repo}&tag={tag}&changes={path}", layer.getvalue())
    yield IMAGE
    engine.call("DELETE", f"/images/{IMAGE}?force=1")


@pytest.fixture
def place(engine, image, tmp_path, monkeypatch):
    """A folder to run in, which the user of a container may write to. Afterwards no container and no file is left."""
    folders = {name: tmp_path / name for name in ["work", "runtime", "tmp"]}
    for folder in folders.values():
        folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folders["work"], 65534, 65534)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folders["runtime"]))
    monkeypatch.setenv("TMPDIR", str(folders["tmp"]))
    monkeypatch.chdir(folders["work"])

    def world():
        files = [str(path) for name in ["runtime", "tmp"] for path in sorted(folders[name].rglob("*"))]
        return {"containers": sorted(engine.containers()), "files": files}

    before = world()
    yield folders["work"]
    subprocess.run([binary(), "down", "--all"], capture_output=True, timeout=SLOWLY)
    deadline = time.monotonic() + SLOWLY
    while world() != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert world() == before


def arguments(script, options):
    return [binary(), "run", "--sandbox", "docker", "--image", IMAGE, *options, "--", "sh", "-c", script]


def run(script, *options, code=0):
    done = subprocess.run(
        arguments(script, options), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=SLOWLY
    )
    assert done.returncode == code, f"{script}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def start(script, *options):
    return subprocess.Popen(arguments(script, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


# A request, by the shell alone.
GET = r"""
get() {
  exec 3<>"/dev/tcp/127.0.0.1/${EFSM_URL##*:}" || return 1
  printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" "${EFSM_URL#http://}" >&3
  cat <&3
}
"""


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 0", 0), ("exit 42", 42), ("kill -TERM $$", 143), ("kill -KILL $$", 137)],
)
def test_exit_code_is_the_commands_own(place, script, code):
    run(script, code=code)


def test_refusals_are_those_of_a_shell(place):
    for command, code in [("no-such-command", 127), ("/bin", 126)]:
        line = [binary(), "run", "--sandbox", "docker", "--image", IMAGE, "--", command]
        done = subprocess.run(line, capture_output=True, text=True, timeout=SLOWLY)
        assert done.returncode == code and command in done.stderr, done
    assert "--timeout" in run("exec sleep 60", "--timeout", "1s", code=124).stderr


def test_command_reaches_its_stack_and_nothing_else(place):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = run(
            f"""{GET}
get /health | grep -o '"status":"ok"'
test "$DATABASE_URL" = "$EFSM_URL/db/" && echo variables
test -z "$SECRET" && echo no secret
(exec 4<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null || echo no other port
(exec 4<>/dev/tcp/192.0.2.1/80) 2>/dev/null || echo no network
touch /bin/planted 2>/dev/null || echo read-only
id -u
echo made > made
""",
            "--db",
        ).stdout.splitlines()
    owner = str(place.stat().st_uid or 65534)
    assert said == ['"status":"ok"', "variables", "no secret", "no other port", "no network", "read-only", owner]
    assert (place / "made").read_text() == "made\n"


def test_result_says_what_was_enforced(place, monkeypatch):
    # A folder that the command could not write to: the report is efsm's own.
    report = place.parent / "report.json"
    run("exit 3", "--report", report, "--require-isolation", "--memory", "256MiB", "--processes", "64", code=3)
    told = json.loads(report.read_text())
    assert (told["exit_code"], told["isolation"], told["sandbox"]["tier"]) == (3, "docker", "docker")
    measures = {enforced["measure"]: enforced["by"] for enforced in told["enforced"]}
    assert {"filesystem", "network", "privileges", "system_calls", "survivors"} <= measures.keys()
    assert "control group" in measures["memory"] and "control group" in measures["process_count"]
    report.unlink()


def test_setup_in_a_container_reaches_a_stack_in_another_process(place):
    line = [binary(), "setup", "shop", "--api", "stripe", "--db", "--serve-mock", "--summary"]
    sandbox = ["--sandbox", "docker", "--image", IMAGE, "--test-cmd", f"{GET}\nget /http/nowhere; exit 9"]
    done = subprocess.run([*line, *sandbox], capture_output=True, text=True, timeout=SLOWLY)
    assert done.returncode == 9, done
    first, answer = done.stdout.split("\n", 1)
    told = json.loads(first)
    assert told["isolation"] == "docker" and "STRIPE_BASE_URL" in told["env"]
    assert "404" in answer.splitlines()[0]
    assert "efsm: requests that no stub matched: 1" in done.stderr and "/nowhere" in done.stderr


def test_junit_report_passes_through(place):
    script = """echo '<testsuite><testcase name="a"/><testcase name="b"><failure message="no"/></testcase></testsuite>' > "$EFSM_JUNIT" """
    told = run(script, "--junit", "report.xml").stderr
    assert "2 tests, 1 failed" in told and (place / "report.xml").exists()


def test_signal_is_forwarded_and_awaited(place):
    process = start("trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.1; done")
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=SLOWLY)
    assert (process.returncode, stdout) == (7, b"cleaned\n"), stderr


def test_killed_efsm_leaves_no_container_and_no_file(place, engine):
    # With a file of the run's own, which the next run removes.
    process = start("setsid sleep 600 & echo ready; exec sleep 600", "--intercept")
    assert process.stdout.readline() == b"ready\n"
    assert len(engine.containers()) == 1
    temporary = pathlib.Path(os.environ["TMPDIR"])
    # The socket of the container went when it was connected.
    assert list(temporary.iterdir()) == []
    process.kill()
    process.communicate(timeout=SLOWLY)
    deadline = time.monotonic() + SLOWLY
    while engine.containers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert engine.containers() == []
    run("true")
    assert list(pathlib.Path(os.environ["XDG_RUNTIME_DIR"]).iterdir()) == []


def test_what_is_missing_is_named(place, monkeypatch):
    line = [binary(), "run", "--sandbox", "docker"]
    for options, says in [([], "--image"), (["--image", "efsm-no-such:1"], "docker pull efsm-no-such:1")]:
        done = subprocess.run([*line, *options, "--", "true"], capture_output=True, text=True, timeout=SLOWLY)
        assert done.returncode == 125 and says in done.stderr, done
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such.sock")
    done = subprocess.run([*line, "--image", IMAGE, "--", "true"], capture_output=True, text=True, timeout=SLOWLY)
    assert done.returncode == 125 and "/no/such.sock" in done.stderr, done
    # Whoever leaves the choice open gets the next tier, and is told.
    auto = [binary(), "run", "--image", IMAGE, "--", "true"]
    done = subprocess.run(auto, capture_output=True, text=True, timeout=SLOWLY)
    assert done.returncode == 0 and "the docker sandbox was not used" in done.stderr, done


def test_doctor_finds_the_engine(place):
    done = subprocess.run([binary(), "doctor", "--json", "--image", IMAGE], capture_output=True, timeout=SLOWLY)
    [report] = [report for report in json.loads(done.stdout)["sandboxes"] if report["tier"] == "docker"]
    assert report["available"], report
