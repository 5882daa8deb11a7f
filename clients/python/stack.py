"""A stack of efsm in a process of its own."""

import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import threading
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).resolve().parents[2]
# Long enough for a loaded machine; a test that needs it has failed.
PATIENCE = 30


def binary():
    path = os.environ.get("EFSM_BIN")
    if not path:
        raise RuntimeError("set EFSM_BIN to the efsm binary: cargo build -p efsm-cli")
    return str(Path(path).resolve())


class Refused(Exception):
    """The command ended before the stack was up."""

    def __init__(self, code, stderr):
        super().__init__(f"efsm ended with {code}:\n{stderr}")
        self.code = code
        self.stderr = stderr


class Stack:
    """`efsm up --port 0 --json`, with more arguments where a test needs them."""

    def __init__(self, *arguments, port=0, cwd=None):
        command = [binary(), "up", *map(str, arguments), "--json"]
        if port is not None:
            command += ["--port", str(port)]
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self._first_line()
        if not line:
            _, stderr = self.process.communicate(timeout=PATIENCE)
            raise Refused(self.process.returncode, stderr)
        self.up = json.loads(line)
        self.url = self.up["url"]
        self.port = self.up["port"]
        self.env = self.up["env"]
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE)

    def _first_line(self):
        lines = queue.Queue()
        reader = threading.Thread(
            target=lambda: lines.put(self.process.stdout.readline()), daemon=True
        )
        reader.start()
        try:
            return lines.get(timeout=PATIENCE)
        except queue.Empty:
            self.process.kill()
            raise TimeoutError(f"efsm printed nothing for {PATIENCE} seconds") from None

    def stop(self, with_signal=signal.SIGINT):
        """Stops the process and returns its exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
            self.process.stderr.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # Requests, with what most tests expect of them.

    def call(self, method, path, status=200, **options):
        answer = self.client.request(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def get(self, path, status=200, **options):
        return self.call("GET", path, status, **options)

    def put(self, path, status=200, **options):
        return self.call("PUT", path, status, **options)

    def post(self, path, status=200, **options):
        return self.call("POST", path, status, **options)

    def delete(self, path, status=200, **options):
        return self.call("DELETE", path, status, **options)

    def sql(self, sql, params=None):
        body = {"sql": sql} if params is None else {"sql": sql, "params": params}
        return self.post("/db/execute", json=body).json()

    def rows(self, sql, params=None):
        return self.sql(sql, params)["rows"]

    def stub(self, method, url_path, response, **request):
        mapping = {"request": {"method": method, "urlPath": url_path, **request}, "response": response}
        return self.post("/__admin/mappings", 201, json=mapping).json()

    def journal(self, **query):
        return self.get("/_efsm/journal", params=query).json()["entries"]

    def clock(self, **change):
        return self.put("/_efsm/clock", json=change).json()

    def token(self, username, **more):
        form = {"grant_type": "password", "username": username, **more}
        return self.post("/auth/oauth/token", data=form).json()["access_token"]

    # Bytes, for what no client would send.

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def raw(self, request):
        """Sends bytes and returns the answer's status, headers and body."""
        with self.connect() as sock:
            sock.sendall(request)
            return answer_of(sock)


def answer_of(sock):
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    body = answer.read()
    return answer.status, answer.headers, body
