"""Stacks that other commands find: up --detach, status, logs, env, snapshot, restore, fork, reset, down."""

import json
import os
import signal
import stat
import subprocess
import time

import httpx
import pytest

from stack import PATIENCE, REPOSITORY, binary


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    folder = tmp_path / "runtime"
    folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    efsm("down", "--all")
    assert list(folder.iterdir()) == []


def efsm(*arguments, code=0, **options):
    done = subprocess.run(
        [binary(), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        **options,
    )
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def detach(*arguments, **options):
    return json.loads(efsm("up", "--detach", "--port", "0", "--json", *arguments, **options).stdout)


def status(*arguments):
    return json.loads(efsm("status", "--json", *arguments).stdout)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_stack_is_left_in_the_background_and_ended(runtime):
    up = detach("--name", "shop")
    assert httpx.get(f"{up['url']}/health").status_code == 200
    assert os.getsid(up["pid"]) == up["pid"]
    [stack] = status()
    assert (stack["name"], stack["pid"], stack["url"]) == ("shop", up["pid"], up["url"])
    assert stack["state"] == "up" and stack["age_ms"] >= 0 and stack["memory_bytes"] >= 0
    assert list(stack["services"]) == ["http", "database", "auth", "queue", "storage"]
    assert (stack["stacks"], stack["forks"], stack["detached"]) == (1, [], True)
    assert "shop is down" in efsm("down", "shop").stdout
    assert not is_running(up["pid"])
    assert status() == []


def test_table_for_people_says_how_to_go_on(runtime):
    text = efsm("up", "--detach", "--port", "0", "--name", "shop").stdout
    assert "efsm down shop" in text and "efsm env shop" in text
    lines = efsm("status").stdout.splitlines()
    assert lines[0].split() == ["NAME", "URL", "PID", "AGE", "FORKS", "MEMORY", "SERVICES"]
    assert lines[1].startswith("shop")
    efsm("down")
    assert "no stack is running" in efsm("status").stdout


def test_files_are_the_owners_alone_and_vanish(runtime):
    detach("--name", "shop")
    folder = runtime / "efsm"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    efsm("down", "shop")
    assert list(runtime.iterdir()) == []


def test_second_stack_of_a_name_is_refused_with_the_way_out(runtime, tmp_path):
    up = detach("--name", "shop")
    for arguments in [["--detach"], []]:
        refused = efsm("up", *arguments, "--port", "0", "--name", "shop", code=125)
        assert "shop" in refused.stderr and str(up["pid"]) in refused.stderr and up["url"] in refused.stderr
        assert "efsm down shop" in refused.stderr and "--name" in refused.stderr
    (tmp_path / "efsm.yaml").write_text("name: shop\n")
    assert "efsm down shop" in efsm("up", tmp_path, "--port", "0", code=125).stderr
    assert detach(tmp_path, "--name", "other")["name"] == "other"


def test_stacks_without_a_name_do_not_clash(runtime):
    names = {detach()["name"] for _ in range(3)}
    assert names == {"default", "default-2", "default-3"}
    told = efsm("down", code=125).stderr
    assert "default-2" in told
    efsm("down", "--all")
    assert status() == []


def test_foreground_stack_is_listed_until_its_signal(runtime):
    for with_signal in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
        process = subprocess.Popen(
            [binary(), "up", "--port", "0", "--json", "--name", "front"], stdout=subprocess.PIPE, text=True
        )
        up = json.loads(process.stdout.readline())
        assert [stack["pid"] for stack in status()] == [up["pid"]]
        process.send_signal(with_signal)
        assert process.wait(PATIENCE) == 0
        process.stdout.close()
        assert list(runtime.iterdir()) == []


def test_foreground_stack_is_ended_by_down(runtime):
    process = subprocess.Popen([binary(), "up", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    efsm("down", "default")
    assert process.wait(PATIENCE) == 0
    process.stdout.close()


def test_leftover_of_a_killed_process_is_noticed_and_removed(runtime):
    up = detach("--name", "shop")
    os.kill(up["pid"], signal.SIGKILL)
    while is_running(up["pid"]):
        time.sleep(0.01)
    told = efsm("status")
    assert "shop" in told.stderr and "removed" in told.stderr
    assert "no stack is running" in told.stdout
    assert list(runtime.iterdir()) == []


def test_name_of_a_killed_process_can_be_taken(runtime):
    up = detach("--name", "shop")
    os.kill(up["pid"], signal.SIGKILL)
    while is_running(up["pid"]):
        time.sleep(0.01)
    assert detach("--name", "shop")["pid"] != up["pid"]


def test_record_of_another_process_under_the_same_id_is_a_leftover(runtime):
    detach("--name", "shop")
    record = runtime / "efsm" / "shop.json"
    forged = json.loads(record.read_text()) | {"name": "old", "pid": os.getpid()}
    (runtime / "efsm" / "old.json").write_text(json.dumps(forged))
    assert [stack["name"] for stack in status()] == ["shop"]
    assert not (runtime / "efsm" / "old.json").exists()


def test_stuck_process_is_killed(runtime):
    up = detach("--name", "shop")
    os.kill(up["pid"], signal.SIGSTOP)
    # SIGTERM waits until the process goes on: only SIGKILL ends it now.
    done = subprocess.run([binary(), "down", "shop"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "killed" in done.stdout, done
    assert not is_running(up["pid"])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "-x", "a b", "x" * 65])
def test_bad_names_are_refused(runtime, name):
    done = efsm("up", f"--name={name}", "--port", "0", code=2)
    assert "name" in done.stderr
    assert list(runtime.iterdir()) == []


def test_failed_start_in_the_background_tells_why_and_leaves_nothing(runtime, tmp_path):
    (tmp_path / "efsm.yaml").write_text("queue:\n  topcis: [orders]\n")
    told = efsm("up", "--detach", tmp_path, code=125)
    assert "topcis" in told.stderr and "topics" in told.stderr
    assert list(runtime.iterdir()) == []


def test_warnings_of_a_background_stack_are_shown(runtime, tmp_path):
    (tmp_path / "efsm.yaml").write_text("services: [http]\nqueue: {topics: [a]}\n")
    assert "queue" in efsm("up", "--detach", "--port", "0", tmp_path).stderr


def test_output_can_be_captured_without_waiting_for_the_stack(runtime):
    done = subprocess.run(
        ["sh", "-c", 'echo "got $("$EFSM" up -d --port 0 --json | cut -c1-2)"'],
        env=os.environ | {"EFSM": binary()},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.stdout == 'got {"\n'


def test_runtime_folder_of_others_is_refused(runtime):
    folder = runtime / "efsm"
    folder.mkdir(mode=0o755)
    assert "yours alone" in efsm("up", "--detach", code=125).stderr
    folder.rmdir()


def test_foreground_stack_runs_where_nothing_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")
    monkeypatch.setenv("TMPDIR", "/nowhere")
    process = subprocess.Popen(
        [binary(), "up", "--port", "0", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    up = json.loads(process.stdout.readline())
    assert httpx.get(f"{up['url']}/health").status_code == 200 and not up["listed"]
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and "note:" in stderr


class TestState:
    @pytest.fixture
    def stack(self, runtime):
        return detach("--name", "shop")

    def publish(self, stack, topic="orders"):
        httpx.post(f"{stack['url']}/queue/publish/{topic}", json={"id": 1}).raise_for_status()

    def count(self, url, topic="orders"):
        return httpx.get(f"{url}/queue/consume/{topic}").json()["count"]

    def test_snapshot_and_restore(self, stack):
        self.publish(stack)
        assert "seeded" in efsm("snapshot", "seeded").stdout
        self.publish(stack)
        assert json.loads(efsm("snapshot", "--json").stdout)["id"] == "snap-2"
        efsm("restore", "seeded", "--stack", "shop")
        assert self.count(stack["url"]) == 1
        listed = json.loads(efsm("snapshot", "--list", "--json").stdout)
        assert [snapshot["name"] for snapshot in listed] == ["seeded", None]
        efsm("snapshot", "--delete", "seeded")
        told = efsm("restore", "seeded", code=125).stderr
        assert "seeded" in told

    def test_fork_is_a_stack_by_its_name(self, stack):
        self.publish(stack)
        fork = json.loads(efsm("fork", "--name", "test-7", "--json").stdout)
        self.publish(stack)
        assert self.count(fork["url"]) == 1
        assert fork["url"] in efsm("env", "test-7").stdout
        efsm("reset", "test-7", "--services", "queue")
        assert (self.count(fork["url"]), self.count(stack["url"])) == (0, 2)
        assert "test-7" in efsm("status").stdout
        assert status("test-7")[0]["url"] == fork["url"]
        assert status("shop")[0]["forks"][0]["name"] == "test-7"
        efsm("down", "test-7")
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{fork['url']}/health")
        assert httpx.get(f"{stack['url']}/health").status_code == 200

    def test_fork_of_a_snapshot_on_a_port(self, stack):
        efsm("snapshot", "empty")
        self.publish(stack)
        told = efsm("fork", "--snapshot", "empty").stdout
        url = told.split(" is up at ")[1].strip()
        assert self.count(url) == 0
        assert str(stack["port"]) in efsm("fork", "--port", stack["port"], code=125).stderr

    def test_reset_says_what_it_emptied(self, stack):
        self.publish(stack)
        httpx.put(f"{stack['url']}/storage/b/k", content=b"x").raise_for_status()
        assert "storage" in efsm("reset", "--services", "storage").stdout
        assert self.count(stack["url"]) == 1
        efsm("reset", "shop", "--all")
        assert httpx.get(f"{stack['url']}/queue/topics").json()["topics"] == []

    def test_environment_in_every_format(self, stack):
        as_json = json.loads(efsm("env", "--format", "json").stdout)
        assert as_json["EFSM_URL"] == stack["url"]
        assert as_json == stack["env"]
        in_shell = subprocess.run(
            ["sh", "-c", 'eval "$("$0" env shop)"; printf %s "$DATABASE_URL"', binary()],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert in_shell.stdout == as_json["DATABASE_URL"]
        assert f'EFSM_URL="{stack["url"]}"' in efsm("env", "--format", "dotenv").stdout
        assert f"EFSM_URL={stack['url']}" in efsm("env", "--format", "github").stdout.splitlines()

    def test_logs_are_the_journal(self, stack):
        self.publish(stack, "first")
        httpx.get(f"{stack['url']}/http/nowhere")
        text = efsm("logs").stdout
        assert "first" in text and "/nowhere" in text
        assert "first" not in efsm("logs", "--service", "http").stdout
        assert "first" in efsm("logs", "--grep", "FIRST").stdout
        assert len(efsm("logs", "--tail", 1).stdout.splitlines()) == 1
        entries = [json.loads(line) for line in efsm("logs", "--json").stdout.splitlines()]
        assert [entry["seq"] for entry in entries] == sorted(entry["seq"] for entry in entries)

    def test_logs_follow_until_the_stack_ends(self, stack):
        self.publish(stack, "before")
        process = subprocess.Popen([binary(), "logs", "-f"], stdout=subprocess.PIPE, text=True)
        assert "before" in process.stdout.readline()
        self.publish(stack, "after")
        assert "after" in process.stdout.readline()
        efsm("down", "shop")
        assert process.wait(PATIENCE) == 0
        process.stdout.close()

    def test_output_that_nobody_reads_is_no_error(self, stack):
        for _ in range(50):
            self.publish(stack)
        done = subprocess.run(
            ["sh", "-c", '"$0" logs | head -n 1', binary()], capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.stderr == "" and len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("command", ["down", "logs", "env", "snapshot", "fork", "reset", ["restore", "x"]])
def test_commands_without_a_stack_say_how_to_start_one(runtime, command):
    command = command if isinstance(command, list) else [command]
    told = efsm(*command, code=3).stderr
    assert "no stack is running" in told and "efsm up" in told
    named = efsm(*command, *(["--stack"] if command[0] in ["snapshot", "restore", "fork"] else []), "shop", code=3)
    assert "`shop`" in named.stderr


def test_status_of_a_stack_that_does_not_run(runtime):
    assert "`shop`" in efsm("status", "shop", code=3).stderr


def test_stack_on_the_network_is_steered_with_its_token(runtime):
    up = detach("--bind", "0.0.0.0", "--name", "open")
    assert httpx.get(f"{up['url']}/_efsm/status").status_code == 401
    assert up["url"] in efsm("env", "open").stdout
    efsm("snapshot", "a")
    assert status("open")[0]["state"] == "up"
    efsm("down", "open")


def test_proxy_variables_of_the_shell_do_not_mislead(runtime, monkeypatch):
    detach("--name", "shop")
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]:
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert status("shop")[0]["state"] == "up"


def test_stack_of_a_configuration_keeps_its_folder(runtime):
    up = detach("checkout", cwd=REPOSITORY / "examples")
    [stack] = status()
    assert stack["config"] == str(REPOSITORY / "examples/checkout/efsm.yaml") or stack["config"].endswith("checkout")
    assert stack["folder"] == str(REPOSITORY / "examples")
    assert httpx.get(f"{up['url']}/db/tables").json()["tables"]


def test_many_start_at_once(runtime):
    processes = [
        subprocess.Popen([binary(), "up", "-d", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    ups = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in processes]
    assert len({up["name"] for up in ups}) == 10 and len({up["port"] for up in ups}) == 10
    assert len(status()) == 10
    efsm("down", "--all")
    assert not any(is_running(up["pid"]) for up in ups)
