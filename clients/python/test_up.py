"""`efsm up` as people and programs run it."""

import json
import os
import signal
import socket
import subprocess

import httpx
import pytest

from stack import PATIENCE, Refused, Stack, binary


def run(*arguments, **options):
    return subprocess.run(
        [binary(), *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, **options
    )


def test_json_line_says_where_everything_is(stack):
    up = stack.up
    assert up["url"] == f"http://127.0.0.1:{up['port']}"
    assert up["pid"] == stack.process.pid
    assert list(up["services"]) == ["http", "database", "auth", "queue", "storage"]
    for service in up["services"].values():
        assert service["url"].startswith(up["url"])
    assert up["env"]["EFSM_URL"] == up["url"]


def test_table_fits_a_terminal():
    process = subprocess.Popen([binary(), "up", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline() for _ in range(8)]
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE)
    text = "".join(lines) + rest
    for word in ["http", "database", "auth", "queue", "storage", "/storage/", "ms"]:
        assert word in text
    assert max(map(len, text.splitlines())) <= 80, text
    assert "\x1b[" not in text


def test_taken_port_falls_back_unless_strict(start):
    first = start(None, port=0)
    second = start(None, port=first.port)
    assert second.port != first.port
    with pytest.raises(Refused) as refused:
        Stack("--strict-port", port=first.port)
    assert str(first.port) in refused.value.stderr
    assert refused.value.code != 0


def test_strict_port_is_taken_when_it_is_free(start):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert start(None, "--strict-port", port=port).port == port


def test_only_loopback_is_listened_to(stack):
    hostname = socket.gethostbyname(socket.gethostname())
    if hostname.startswith("127."):
        pytest.skip("this machine has no other address by name")
    with pytest.raises(OSError):
        socket.create_connection((hostname, stack.port), timeout=2)


def test_services_are_chosen(start):
    stack = start(None, "--services", "queue,storage")
    assert stack.get("/health").json()["services"] == ["queue", "storage"]
    stack.put("/storage/b/k", content=b"x")
    stack.get("/db/tables", 404)


def test_seed_sql_is_run(start, tmp_path):
    (tmp_path / "a.sql").write_text("CREATE TABLE t (x); INSERT INTO t VALUES (1);")
    (tmp_path / "b.sql").write_text("INSERT INTO t VALUES (2);")
    stack = start(None, "--seed-sql", tmp_path / "a.sql", "--seed-sql", tmp_path / "b.sql")
    assert stack.rows("SELECT x FROM t ORDER BY x") == [{"x": 1}, {"x": 2}]


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_and_leaves_nothing(with_signal, tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    before = set(os.listdir(tmp_path))
    process = subprocess.Popen(
        [binary(), "up", "--port", "0", "--json"], stdout=subprocess.PIPE, env=environment, text=True
    )
    up = json.loads(process.stdout.readline())
    httpx.put(f"{up['url']}/storage/b/k", content=b"x")
    process.send_signal(with_signal)
    assert process.wait(PATIENCE) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", up["port"]), timeout=2)
    assert set(os.listdir(tmp_path)) == before


def test_request_under_way_is_finished_before_the_end(stack):
    with stack.connect() as sock:
        sock.sendall(b"PUT /storage/b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab")
        stack.get("/health")
        stack.process.send_signal(signal.SIGINT)
        sock.sendall(b"cd")
        answer = sock.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200"), answer
    assert stack.process.wait(PATIENCE) == 0


def test_second_signal_ends_at_once(stack):
    with stack.connect() as sock:
        sock.sendall(b"PUT /storage/b/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab")
        stack.get("/health")
        stack.process.send_signal(signal.SIGINT)
        with pytest.raises(OSError):
            for _ in range(1000):
                stack.connect().close()
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(3) != 0


class TestConfiguration:
    def refusal(self, tmp_path, text, name="efsm.yaml"):
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(Refused) as refused:
            Stack(path)
        assert refused.value.code != 0
        return refused.value.stderr

    def test_unknown_key_is_told_with_its_place_and_the_nearest(self, tmp_path):
        told = self.refusal(tmp_path, "port: 0\nqueue:\n  topcis: [orders]\n")
        assert "efsm.yaml" in told and "topcis" in told and "topics" in told
        assert "3" in told

    def test_wrong_type_is_told_with_its_place(self, tmp_path):
        told = self.refusal(tmp_path, "limits:\n  body: a lot\n")
        assert "body" in told and "efsm.yaml" in told

    def test_malformed_yaml_is_told(self, tmp_path):
        assert "efsm.yaml" in self.refusal(tmp_path, "queue: [unclosed\n")

    def test_missing_file_is_told(self, tmp_path):
        done = run("up", tmp_path / "nowhere.yaml")
        assert done.returncode != 0
        assert "nowhere.yaml" in done.stderr

    def test_bad_sql_is_told_with_its_file(self, tmp_path):
        (tmp_path / "schema.sql").write_text("CREATE TABLE a (x);\nCREATE TABEL b (x);\n")
        told = self.refusal(tmp_path, "database: {schema: schema.sql}\n")
        assert "schema.sql" in told and "TABEL" in told

    def test_every_error_is_told_at_once(self, tmp_path):
        told = self.refusal(tmp_path, "prot: 1\nqueue: {topcis: []}\nstorage: {buckets: 7}\n")
        assert "prot" in told and "topcis" in told and "buckets" in told

    def test_folder_stands_for_its_configuration(self, tmp_path, start):
        (tmp_path / "efsm.yaml").write_text("queue: {topics: [from-the-folder]}\n")
        assert start(None, tmp_path).get("/queue/topics").json() == {"topics": ["from-the-folder"]}


def test_help_is_for_newcomers():
    done = run("--help")
    assert done.returncode == 0
    assert "efsm up" in done.stdout
    assert run("up", "--help").returncode == 0


def test_wrong_command_line_is_a_usage_error():
    for arguments in [["upp"], ["up", "--prot", "1"], ["up", "--port", "70000"], ["up", "--services", "htp"], []]:
        done = run(*arguments)
        assert done.returncode == 2, arguments
        assert done.stderr or done.stdout
