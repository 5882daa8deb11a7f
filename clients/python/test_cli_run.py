"""`efsm run` and `efsm setup`: exit codes, variables, output, signals, and that nothing is left."""

import json
import os
import pathlib
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import httpx
import pytest

from stack import PATIENCE, binary

# The tier under test, as arguments: what is promised here holds for each of them.
SANDBOX = ["--sandbox", "limits"]
ISOLATION = {"limits": "none", "namespaces": "namespaces"}


@pytest.fixture(autouse=True, scope="module", params=["limits", "namespaces"])
def tier(request):
    done = subprocess.run([binary(), "doctor", "--json"], capture_output=True, timeout=PATIENCE)
    [report] = [report for report in json.loads(done.stdout)["sandboxes"] if report["tier"] == request.param]
    if not report["available"]:
        pytest.skip(f"no {request.param} here: {report['why_not']}")
    SANDBOX[:] = ["--sandbox", request.param]
    return request.param


class World:
    """Everything that a run could leave: processes, listening ports, files."""

    def __init__(self, *folders):
        self.folders = folders

    def count(self):
        return {
            "processes": sorted(processes_of_efsm()),
            "files": [str(path) for folder in self.folders for path in sorted(folder.rglob("*"))],
        }


def processes_of_efsm():
    """Ids of the processes whose executable is the binary under test."""
    own = os.path.realpath(binary())
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.path.realpath(os.readlink(f"/proc/{entry}/exe")) == own:
                    yield int(entry)
            except OSError:
                continue


def running(*command):
    """Ids of the processes with exactly this command line, in any namespace."""
    line = b"".join(word.encode() + b"\0" for word in command)
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if entry.read_bytes() == line:
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to run in; afterwards the runtime folder and the folder for temporary files are as they were."""
    folders = {name: tmp_path / name for name in ["work", "runtime", "tmp"]}
    for folder in folders.values():
        folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folders["runtime"]))
    monkeypatch.setenv("TMPDIR", str(folders["tmp"]))
    monkeypatch.chdir(folders["work"])
    world = World(folders["runtime"], folders["tmp"])
    before = world.count()
    yield folders["work"]
    subprocess.run([binary(), "down", "--all"], capture_output=True, timeout=60)
    deadline = time.monotonic() + PATIENCE
    while world.count() != before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert world.count() == before


def efsm(*arguments, code=0, **options):
    options = {"stdin": subprocess.DEVNULL, "timeout": PATIENCE, "text": True} | options
    done = subprocess.run([binary(), *map(str, arguments)], capture_output=True, **options)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def run(*command, options=(), code=0, **more):
    return efsm("run", *SANDBOX, *options, "--", *command, code=code, **more)


def python(script, options=(), code=0, **more):
    return run(sys.executable, "-c", script, options=options, code=code, **more)


def start(*arguments, **options):
    return subprocess.Popen([binary(), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


class TestExitCodes:
    @pytest.mark.parametrize("code", [0, 1, 3, 42, 125, 255])
    def test_the_commands_own(self, place, code):
        run("sh", "-c", f"exit {code}", code=code)

    @pytest.mark.parametrize(("name", "code"), [("TERM", 143), ("KILL", 137), ("SEGV", 139)])
    def test_of_a_signal(self, place, name, code):
        run("sh", "-c", f"kill -{name} $$", code=code)

    def test_of_a_timeout(self, place):
        told = run("sleep", "60", options=["--timeout", "300ms"], code=124).stderr
        assert "--timeout" in told

    def test_of_a_command_that_is_not_there(self, place):
        assert "no-such-command" in run("no-such-command", code=127).stderr

    def test_of_a_file_that_cannot_be_run(self, place):
        (place / "script").write_text("#!/bin/sh\nexit 0\n")
        assert "script" in run("./script", code=126).stderr

    def test_of_a_missing_interpreter(self, place):
        script = place / "script"
        script.write_text("#!/no/such/interpreter\n")
        script.chmod(0o755)
        assert "interpreter" in run("./script", code=126).stderr

    def test_of_efsm_itself(self, place):
        (place / "efsm.yaml").write_text("prot: 1\n")
        assert "prot" in run("true", code=125).stderr
        assert "postgres" in run("true", options=["--db", "postgres", "/dev/null"], code=125).stderr

    def test_of_a_wrong_command_line(self, place):
        for arguments in [["run"], ["run", "--"], ["run", "--timeout", "soon", "--", "true"], ["setup"]]:
            efsm(*arguments, code=2)

    def test_of_an_unknown_command_says_what_is_meant(self, place):
        assert "'snapshot'" in efsm("snapshto", code=2).stderr
        assert "--summary" in run("true", options=["--sumary"], code=2).stderr


class TestVariables:
    def variables(self, *options):
        return json.loads(python("import json, os; print(json.dumps(dict(os.environ)))", options).stdout)

    def test_point_at_a_stack_that_is_up(self, place):
        script = """
import json, os, urllib.request
url = os.environ["EFSM_URL"]
print(urllib.request.urlopen(url + "/health").status)
body = json.dumps({"sql": "SELECT 1 AS one"}).encode()
print(urllib.request.urlopen(os.environ["DATABASE_URL"] + "execute", body).read().decode())
"""
        assert python(script).stdout.splitlines() == ["200", '{"rows":[{"one":1}],"row_count":1}']

    def test_are_for_the_command_alone_and_hide_the_callers(self, place, monkeypatch):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
        monkeypatch.setenv("AWS_PROFILE", "prod")
        monkeypatch.setenv("GITHUB_TOKEN", "real")
        monkeypatch.setenv("PYTHONUTF8", "1")
        seen = self.variables()
        assert seen["AWS_SECRET_ACCESS_KEY"] == "test"
        assert not {"AWS_PROFILE", "GITHUB_TOKEN", "PYTHONUTF8", "XDG_RUNTIME_DIR"} & set(seen)
        seen = self.variables("--pass-env", "GITHUB_TOKEN", "--pass-env", "PYTHON*")
        assert seen["GITHUB_TOKEN"] == "real" and seen["PYTHONUTF8"] == "1"

    def test_of_apis(self, place):
        seen = self.variables("--api", "stripe", "--api", "https://api.example.com")
        assert seen["STRIPE_BASE_URL"] == seen["EFSM_URL"] + "/http/stripe"
        assert seen["API_EXAMPLE_COM_BASE_URL"] == seen["EFSM_URL"] + "/http/api.example.com"

    def test_under_own_names(self, place):
        (place / "efsm.yaml").write_text("env: {DB_URI: '${DATABASE_URL}'}\n")
        seen = self.variables("--env", "MODE=test", "-e", "HEALTH=${EFSM_URL}/health", "-e", "DATABASE_URL=mine")
        assert seen["DB_URI"] == seen["LIBSQL_URL"]
        assert seen["MODE"] == "test"
        assert seen["HEALTH"] == seen["EFSM_URL"] + "/health"
        assert seen["DATABASE_URL"] == "mine"

    def test_mistakes_are_told(self, place):
        assert "DATABSE_URL" in run("true", options=["--env", "A=${DATABSE_URL}"], code=125).stderr
        run("true", options=["--env", "1A=x"], code=2)
        run("true", options=["--env", "A"], code=2)

    def test_interception_is_for_those_who_call_hosts(self, place):
        names = {"HTTP_PROXY", "https_proxy", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE"}
        assert not names & set(self.variables())
        assert not names & set(self.variables("--api", "stripe"))
        assert names <= set(self.variables("--intercept"))
        assert names <= set(self.variables("--api", "https://api.example.com"))
        assert not names & set(self.variables("--api", "https://api.example.com", "--no-intercept"))

    def test_https_call_of_an_unchanged_client_is_answered(self, place):
        (place / "efsm.yaml").write_text(
            """
stubs:
  - request: {method: GET, urlPath: /v1/charges, host: {equalTo: api.example.com}}
    response: {jsonBody: {data: []}}
"""
        )
        script = "import urllib.request as u; print(u.urlopen('https://api.example.com/v1/charges').read().decode())"
        assert python(script).stdout.strip() == '{"data":[]}'


class TestDatabaseFile:
    def test_is_filled_before_and_read_back_after(self, place):
        (place / "efsm.yaml").write_text(
            "database: {schema: {sql: 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);'}, seed: {sql: \"INSERT INTO item (name) VALUES ('tea');\"}}\n"
        )
        script = """
import os, sqlite3
url = os.environ["DATABASE_URL"]
assert url == "sqlite:///" + os.environ["DATABASE_FILE"] and url.startswith("sqlite:////"), url
db = sqlite3.connect(os.environ["DATABASE_FILE"])
print(db.execute("SELECT name FROM item").fetchall())
db.execute("PRAGMA journal_mode=WAL")
db.execute("INSERT INTO item (name) VALUES ('salt')")
db.commit()
os._exit(0)
"""
        (place / "script.py").write_text(script)
        command = f"{sys.executable} script.py"
        efsm("setup", "shop", *SANDBOX, "--db", "file", "--serve-mock", "--test-cmd", command)
        env = json.loads(efsm("env", "shop", "--format", "json").stdout)
        rows = httpx.post(env["DATABASE_URL"] + "execute", json={"sql": "SELECT name FROM item"}).json()["rows"]
        assert rows == [{"name": "tea"}, {"name": "salt"}]

    def test_that_is_spoilt_is_told(self, place):
        told = run("sh", "-c", 'echo nonsense > "$DATABASE_FILE"', options=["--db", "file"], code=125).stderr
        assert "read back" in told

    def test_that_is_removed_is_no_failure(self, place):
        assert "removed" in run("sh", "-c", 'rm "$DATABASE_FILE"', options=["--db", "file"]).stderr

    def test_needs_the_service(self, place):
        told = run("true", options=["--db", "--services", "http"], code=125).stderr
        assert "database" in told


class TestOutput:
    def test_is_passed_on_byte_by_byte(self, place):
        script = "import sys; sys.stdout.buffer.write(bytes(range(256)) * 1000); sys.stderr.buffer.write(b'\\xff\\x00')"
        done = python(script, text=False)
        assert done.stdout == bytes(range(256)) * 1000
        assert done.stderr.endswith(b"\xff\x00")

    def test_comes_while_the_command_runs(self, place):
        script = "print('first', flush=True); input()"
        process = start("run", *SANDBOX, "--", sys.executable, "-c", script, stdin=subprocess.PIPE)
        assert process.stdout.readline() == b"first\n"
        process.communicate(b"\n", timeout=PATIENCE)
        assert process.returncode == 0

    def test_input_reaches_the_command(self, place):
        done = run("cat", stdin=None, input="hello")
        assert done.stdout == "hello"

    def test_command_that_never_reads_is_no_obstacle(self, place):
        run("true", stdin=None, input="x" * 1_000_000)

    def test_that_nobody_reads_ends_the_command(self, place):
        done = subprocess.run(
            ["bash", "-c", '"$0" run --sandbox limits -- yes | head -n 1; echo "${PIPESTATUS[0]}"', binary()],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.stdout == "y\n141\n"

    def test_on_a_full_disk_is_told(self, place):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [binary(), "run", *SANDBOX, "--", "yes"], stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE
            )
        assert done.returncode == 125 and b"disk" in done.stderr

    def test_is_cut_at_its_limit(self, place):
        done = run("sh", "-c", "head -c 5000 /dev/zero", options=["--output", "1kB"])
        assert len(done.stdout) == 1000 and "4000 bytes" in done.stderr


class TestEnd:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_signal_is_forwarded_and_awaited(self, place, number):
        script = """
import os, signal, sys, time
def end(number, frame):
    os.write(1, b"got %d\\n" % number)
    sys.exit(7)
for number in (1, 2, 15):
    signal.signal(number, end)
os.write(1, b"ready\\n")
time.sleep(60)
"""
        process = start("run", *SANDBOX, "--", sys.executable, "-c", script)
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=PATIENCE)
        assert stdout == b"got %d\n" % number
        assert process.returncode == 7

    def test_signal_that_kills_the_command_is_its_code(self, place):
        process = start("run", *SANDBOX, "--", "sh", "-c", "echo ready; exec sleep 60")
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 143

    def test_command_that_ignores_signals_ends_with_the_third(self, place):
        process = start("run", *SANDBOX, "--", "sh", "-c", "trap '' INT TERM; echo ready; while :; do sleep 1; done")
        process.stdout.readline()
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        process.communicate(timeout=PATIENCE)
        assert process.returncode in (130, 137)

    def test_nothing_outlives_the_command(self, place):
        script = "(setsid sh -c 'touch orphan; exec sleep 6011' &) ; while ! test -e orphan; do sleep 0.01; done"
        told = run("sh", "-c", script).stderr
        assert running("sleep", "6011") == []
        assert "outlived" in told

    def test_nothing_outlives_efsm_when_it_is_killed(self, place):
        process = start("run", *SANDBOX, "--", "sh", "-c", "echo ready; exec sleep 6012")
        process.stdout.readline()
        while not running("sleep", "6012"):
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while running("sleep", "6012") and time.monotonic() < deadline:
            time.sleep(0.02)
        assert running("sleep", "6012") == []

    @pytest.mark.parametrize("next_command", ["run", "status"])
    def test_private_folder_of_a_killed_run_goes_with_the_next_command(self, place, next_command):
        process = start("run", *SANDBOX, "--intercept", "--", "sh", "-c", "echo ready; exec sleep 60")
        process.stdout.readline()
        process.kill()
        process.communicate(timeout=PATIENCE)
        runtime = pathlib.Path(os.environ["XDG_RUNTIME_DIR"])
        assert list(runtime.rglob("ca.pem"))
        if next_command == "run":
            run("true")
        else:
            efsm(next_command)
        assert list(runtime.iterdir()) == []


    def test_port_is_given_back(self, place):
        url = run("sh", "-c", "echo $EFSM_URL").stdout.strip()
        port = int(url.rpartition(":")[2])
        socket.create_server(("127.0.0.1", port)).close()
        process = start("run", *SANDBOX, "--", "sh", "-c", "echo $EFSM_URL; exec sleep 60")
        port = int(process.stdout.readline().decode().rpartition(":")[2])
        with pytest.raises(OSError):
            socket.create_server(("127.0.0.1", port))
        process.kill()
        process.communicate(timeout=PATIENCE)
        socket.create_server(("127.0.0.1", port)).close()


def test_ten_at_once_do_not_clash(place):
    (place / "efsm.yaml").write_text("name: same\nport: 18931\n")
    processes = [
        start("run", *SANDBOX, "--db", "file", "--intercept", "--", "sh", "-c", "echo $EFSM_URL $DATABASE_FILE; sleep 1")
        for _ in range(10)
    ]
    seen = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 10
    assert len({url for url, _ in seen}) == len({path for _, path in seen}) == 10


def test_configuration_that_changes_while_the_command_runs_does_not_matter(place):
    (place / "efsm.yaml").write_text("queue: {topics: [a]}\n")
    script = """
import os, urllib.request
open("efsm.yaml", "w").write("nonsense: [")
print(urllib.request.urlopen(os.environ["EFSM_URL"] + "/queue/topics").read().decode())
"""
    assert python(script).stdout.strip() == '{"topics":["a"]}'


class TestResults:
    JUNIT = '<testsuite><testcase name="a"/><testcase name="b"><failure message="no"/></testcase></testsuite>'

    def test_junit_report_is_summed_up_and_left(self, place):
        command = ["sh", "-c", f"echo '{self.JUNIT}' > \"$EFSM_JUNIT\"; exit 1"]
        told = run(*command, options=["--junit", "report.xml"], code=1).stderr
        assert "2 tests, 1 failed" in told and "failed: b: no" in told
        assert (place / "report.xml").read_text().strip() == self.JUNIT

    def test_junit_report_that_was_not_written_is_told(self, place):
        assert "did not write" in run("true", options=["--junit", "report.xml"]).stderr
        (place / "report.xml").write_text(self.JUNIT)
        assert "older" in run("true", options=["--junit", "report.xml"]).stderr

    def test_summary_says_which_requests_no_stub_matched(self, place):
        (place / "efsm.yaml").write_text(
            "stubs:\n  - {name: list orders, request: {method: GET, urlPath: /orders}, response: {status: 200}}\n"
        )
        script = """
import os, urllib.request, sys
try:
    urllib.request.urlopen(os.environ["EFSM_URL"] + "/http/order")
except Exception as e:
    print(e)
sys.exit(1)
"""
        told = python(script, options=["--summary"], code=1).stderr
        assert "GET" in told and "/order" in told and "list orders" in told
        # The same of a stack in another process.
        (place / "script.py").write_text(script)
        command = f"{sys.executable} script.py"
        setup = ["setup", "shop", *SANDBOX, "--summary", "--report", "run.json", "--serve-mock", "--test-cmd", command]
        told_of_other = efsm(*setup, code=1).stderr
        assert self.summary(told_of_other) == self.summary(told) != ""
        [unmatched] = json.loads((place / "run.json").read_text())["unmatched"]
        assert unmatched["nearest"] == {"stub": "list orders", "differences": ["wants [path] /orders, got /order"]}

    def summary(self, told):
        """What is said of the stack, without its port; requests before everything else."""
        _, found, rest = told.partition("efsm: requests that no stub matched: 1\n")
        return found + re.sub(r"127.0.0.1:\d+", "HOST", rest)

    def test_summary_tells_unmatched_requests_before_what_else_was_refused(self, place):
        script = """
import os, urllib.request, sys
for path in ["/db/execute", "/http/nowhere"]:
    try:
        urllib.request.urlopen(os.environ["EFSM_URL"] + path, b'{"sql": "SELECT nothing FROM nowhere"}')
    except Exception as e:
        print(e)
sys.exit(1)
"""
        told = python(script, options=["--summary"], code=1).stderr
        unmatched, nearest, refused = (told.index(text) for text in ["/nowhere", "no stubs", "refused by other"])
        assert unmatched < nearest < refused
        assert "efsm:" not in python(script, options=[], code=1).stderr

    def test_summary_of_a_stack_that_refused_nothing_says_so(self, place):
        assert "refused nothing" in run("false", options=["--summary"], code=1).stderr

    def test_report_says_everything(self, place, tier):
        run("sh", "-c", "exit 3", options=["--report", "report.json"], code=3)
        report = json.loads((place / "report.json").read_text())
        assert (report["exit_code"], report["isolation"], report["end"]) == (3, ISOLATION[tier], {"code": 3})
        assert report["command"] == ["sh", "-c", "exit 3"] and report["duration_ms"] >= 0
        assert "timeout" in [enforced["measure"] for enforced in report["enforced"]]

    def test_limits_alone_are_called_no_boundary(self, place, tier):
        assert ("not a security boundary" in run("true").stderr) == (tier == "limits")

    def test_isolation_can_be_required(self, place, tier):
        told = run("true", options=["--require-isolation"], code=125 if tier == "limits" else 0).stderr
        assert ("isolat" in told) == (tier == "limits")


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk of one's own needs root")
class TestFullDisk:
    @pytest.fixture
    def full(self, place, monkeypatch):
        """A runtime folder on a disk without room."""
        folder = place.parent / "full"
        folder.mkdir()
        options = ["-t", "tmpfs", "-o", "size=16k,mode=0700", "none", str(folder)]
        if subprocess.run(["mount", *options], capture_output=True).returncode != 0:
            pytest.skip("nothing can be mounted here")
        try:
            monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    def fill(self, folder):
        with open(folder / "full", "wb") as file:
            with pytest.raises(OSError):
                while True:
                    os.write(file.fileno(), b"x" * 4096)

    def test_is_told_before_the_command_runs(self, full):
        self.fill(full)
        done = run("sh", "-c", "echo ran", options=["--db", "file", "--intercept"], code=125)
        assert done.stdout == "" and "No space left" in done.stderr

    def test_is_told_by_the_database_file(self, full):
        told = run("true", options=["--db", "file", "--seed-sql", self.large(full)], code=125).stderr
        assert "main.db" in told and "No space left" in told

    def large(self, full):
        path = full.parent / "large.sql"
        path.write_text("CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(100000));")
        return path

    def test_is_told_by_up(self, full):
        self.fill(full)
        assert "No space left" in efsm("up", "--detach", "--port", "0", code=125).stderr


class TestProgress:
    SLOW = "CREATE TABLE t (x); INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT max(i) FROM n;"

    def test_is_for_terminals_and_for_what_takes_long(self, place):
        # As long as it needs to be on this machine.
        for rows in [1_000_000, 4_000_000, 16_000_000]:
            (place / "slow.sql").write_text(self.SLOW.format(rows))
            arguments = ["run", *SANDBOX, "--seed-sql", "slow.sql", "--", "true"]
            watch = time.monotonic()
            done = efsm(*arguments, timeout=120)
            assert "preparing" not in done.stderr
            if time.monotonic() - watch > 4:
                break
        else:
            pytest.skip("this machine is too fast for it")
        leader, follower = pty.openpty()
        try:
            process = subprocess.Popen([binary(), *arguments], stderr=follower, stdin=subprocess.DEVNULL)
            assert process.wait(120) == 0
            assert b"preparing the stack: 1 s" in os.read(leader, 100_000)
        finally:
            os.close(leader)
            os.close(follower)


class TestWatch:
    def test_change_runs_it_again_from_the_prepared_stack(self, place):
        (place / "efsm.yaml").write_text("queue: {topics: {a: [1]}}\n")
        script = """
import json, os, urllib.request
url = os.environ["EFSM_URL"]
count = json.load(urllib.request.urlopen(url + "/queue/consume/a"))["count"]
urllib.request.urlopen(url + "/queue/publish/a", b"2")
print(open("input.txt").read(), count, flush=True)
"""
        (place / "input.txt").write_text("one")
        process = start("run", *SANDBOX, "--watch", "--", sys.executable, "-c", script)

        def until_waiting():
            for line in process.stderr:
                if b"waiting" in line:
                    return

        assert process.stdout.readline() == b"one 1\n"
        until_waiting()
        # Some file systems keep times in whole ticks.
        time.sleep(0.1)
        (place / "input.txt").write_text("three")
        assert process.stdout.readline() == b"three 1\n"
        until_waiting()
        time.sleep(0.1)
        (place / "efsm.yaml").write_text("queue: [\n")
        until_waiting()
        time.sleep(0.1)
        (place / "efsm.yaml").write_text("queue: {topics: {a: [1, 1, 1]}}\n")
        assert process.stdout.readline() == b"three 3\n"
        until_waiting()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0

    def watched(self, script, *options):
        """What the command says until efsm waits for a change, and what efsm itself says by then."""
        process = start("run", *SANDBOX, "--watch", *options, "--", sys.executable, "-c", script)
        told = []
        for line in process.stderr:
            told.append(line.decode())
            if "waiting" in told[-1]:
                break
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, "".join(told)
        return said.decode().split(), "".join(told)

    def test_edit_during_a_run_runs_it_again_at_once(self, place):
        (place / "efsm.yaml").write_text("queue: {topics: {a: [1]}}\n")
        (place / "input.txt").write_text("edited")
        script = """
import json, os, urllib.request
url = os.environ["EFSM_URL"]
count = json.load(urllib.request.urlopen(url + "/queue/consume/a"))["count"]
urllib.request.urlopen(url + "/queue/publish/a", b"2")
text = open("input.txt").read()
print(text, count, flush=True)
if text == "edited":
    # As somebody would, who saves while the tests run.
    open("new", "w").write("saved")
    os.replace("new", "input.txt")
"""
        said, _ = self.watched(script)
        assert said == ["edited", "1", "saved", "1"]

    def test_stack_that_is_edited_during_a_run_is_prepared_anew(self, place):
        (place / "efsm.yaml").write_text("queue: {topics: {a: [1]}}\n")
        script = """
import json, os, urllib.request
count = json.load(urllib.request.urlopen(os.environ["EFSM_URL"] + "/queue/consume/a"))["count"]
print(count, flush=True)
if count == 1:
    open("efsm.yaml", "w").write("queue: {topics: {a: [1, 1, 1]}}")
"""
        said, _ = self.watched(script)
        assert said == ["1", "3"]

    def test_command_that_writes_in_each_run_does_not_run_without_end(self, place):
        (place / "log.txt").write_text("")
        script = """
import time
open("log.txt", "a").write("run\\n")
open(f"result-{time.time_ns()}", "w")
print("ran", flush=True)
"""
        said, told = self.watched(script)
        assert said == ["ran", "ran"]
        assert "log.txt" in told and "new files" in told

    def test_reports_are_no_edits(self, place):
        script = f"import os; open(os.environ['EFSM_JUNIT'], 'w').write('{self.JUNIT}'); print('ran', flush=True)"
        said, told = self.watched(script, "--junit", "report.xml", "--report", "run.json")
        assert said == ["ran"] and "2 tests" in told
        assert json.loads((place / "run.json").read_text())["junit"]["tests"] == 2

    JUNIT = '<testsuite><testcase name="a"/><testcase name="b"/></testsuite>'


class TestSetup:
    def test_prints_the_environment_and_runs_the_tests(self, place, tier):
        done = efsm(
            *["setup", "checkout", "--api", "stripe", "--api", "https://api.example.com", "--db", *SANDBOX],
            *["--test-cmd", 'echo "$STRIPE_BASE_URL"; exit 4'],
            code=4,
        )
        first, second = done.stdout.splitlines()
        line = json.loads(first)
        assert line["name"] == "checkout" and line["isolation"] == ISOLATION[tier]
        assert second == line["env"]["STRIPE_BASE_URL"]
        assert line["env"]["DATABASE_URL"] == f"{line['url']}/db/"
        assert "API_EXAMPLE_COM_BASE_URL" in line["env"]
        with pytest.raises(httpx.ConnectError):
            httpx.get(line["url"])

    def test_leaves_the_mocks_up_when_asked(self, place):
        line = json.loads(efsm("setup", "checkout", "--api", "stripe", "--serve-mock").stdout)
        assert httpx.post(line["env"]["STRIPE_BASE_URL"] + "/charges", json={"a": 1}).status_code == 201
        assert json.loads(efsm("status", "--json").stdout)[0]["name"] == "checkout"
        refused = efsm("setup", "checkout", "--serve-mock", code=125)
        assert "efsm down checkout" in refused.stderr
        efsm("down", "checkout")

    def test_leaves_them_up_after_the_tests(self, place):
        done = efsm("setup", "checkout", "--api", "stripe", *SANDBOX, "--serve-mock", "--test-cmd", "exit 9", code=9)
        line = json.loads(done.stdout)
        assert httpx.get(line["url"] + "/health").status_code == 200

    def test_without_anything_to_do_says_so(self, place):
        done = efsm("setup", "checkout", "--api", "stripe")
        assert "STRIPE_BASE_URL" in json.loads(done.stdout)["env"]
        assert "--test-cmd" in done.stderr

    @pytest.mark.parametrize("option", [["--watch"], ["--db", "file"], ["--junit", "a.xml"], ["--report", "a.json"]])
    def test_options_about_a_command_need_one(self, place, option):
        assert option[0] in efsm("setup", "checkout", *option, code=125).stderr
