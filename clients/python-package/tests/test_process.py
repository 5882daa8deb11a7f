"""What a server leaves behind: nothing. And what it does at a fork, at Ctrl-C, at the end of the interpreter."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from sin_code_efsm import EphemeralMockServer

linux_only = pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts in /proc")


def _held() -> tuple[int, int]:
    gc.collect()
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def _python(code: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


@linux_only
def test_stop_leaves_no_thread_socket_or_file(fetch):
    before = _held()
    server = EphemeralMockServer(port=0).start()
    server.database.create_table("CREATE TABLE t (n)")
    server.add_endpoint("GET", "/x", lambda _: 1)
    forks = [server.fork() for _ in range(5)]
    for fork in forks:
        fetch(f"{fork.url}/x")
    assert _held() > before
    for fork in forks:
        fork.stop()
    server.stop()
    del fork, forks, server
    assert _held() == before


@linux_only
def test_a_forgotten_server_is_stopped_when_it_is_collected():
    before = _held()
    EphemeralMockServer(port=0).start()
    assert _held() == before


def test_a_thousand_forks_in_one_session(fetch):
    with EphemeralMockServer(port=0) as server:
        server.database.create_table("CREATE TABLE t (n)")
        for n in range(1000):
            with server.fork() as fork:
                fork.database.execute("INSERT INTO t VALUES (?)", (n,))
                if n % 100 == 0:
                    assert fetch(f"{fork.url}/db/tables").json() == {"tables": ["t"]}
                assert fork.database.execute("SELECT n FROM t") == [{"n": n}]
        assert server.database.execute("SELECT * FROM t") == []


def test_a_child_of_os_fork_is_refused_and_may_start_its_own():
    done = _python(
        """
        import os, urllib.request
        from sin_code_efsm import EphemeralMockServer
        server = EphemeralMockServer(port=0).start()
        queue = server.queue
        child = os.fork()
        if child == 0:
            for touch in (lambda: server.url, lambda: server.fork(), lambda: queue.topics()):
                try:
                    touch()
                    os._exit(1)
                except RuntimeError as error:
                    assert "os.fork" in str(error)
            with EphemeralMockServer(port=0) as own:
                assert urllib.request.urlopen(own.url + "/health").status == 200
            del server, queue
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert urllib.request.urlopen(server.url + "/health").status == 200
        server.stop()
        """
        if sys.version_info >= (3, 9)
        else ""
    )
    assert done.returncode == 0, done.stderr


def test_the_interpreter_ends_with_a_running_server():
    done = _python("from sin_code_efsm import EphemeralMockServer; s = EphemeralMockServer(port=0).start()")
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_reaches_the_program():
    code = """
        import signal, time
        from sin_code_efsm import EphemeralMockServer
        with EphemeralMockServer(port=0) as server:
            try:
                print(server.port, flush=True)
                while True:
                    time.sleep(60)
            except KeyboardInterrupt:
                print("interrupted", flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert (out, process.returncode) == ("interrupted\n", 0)


def test_servers_run_side_by_side_in_threads(fetch):
    from concurrent.futures import ThreadPoolExecutor

    def story(n: int) -> int:
        with EphemeralMockServer(port=0) as server:
            server.add_endpoint("GET", "/n", n)
            return fetch(f"{server.url}/n").json()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(story, range(32))) == list(range(32))


def _interrupted(code: str) -> subprocess.CompletedProcess[str]:
    """The program, with Ctrl-C once it has said `ready`."""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@linux_only
def test_ctrl_c_ends_a_command_in_the_sandbox():
    done = _interrupted(
        """
        import threading, time
        from sin_code_efsm.sandbox import run_command
        threading.Timer(0.5, print, ["ready"]).start()
        try:
            run_command("sleep 600", sandbox="limits")
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_ctrl_c_ends_a_stop_that_waits():
    done = _interrupted(
        """
        import threading, urllib.request
        from sin_code_efsm import EphemeralMockServer
        server = EphemeralMockServer(port=0).start()
        asked, never = threading.Event(), threading.Event()
        server.add_endpoint("GET", "/x", lambda _: asked.set() or never.wait(5))
        threading.Thread(target=urllib.request.urlopen, args=[server.url + "/x"], daemon=True).start()
        asked.wait()
        threading.Timer(0.5, print, ["ready"]).start()
        try:
            server.stop()
            print("not interrupted")
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert done.stdout == "interrupted\n", done.stderr


@linux_only
def test_the_lock_of_the_interpreter_is_released_while_a_command_runs(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from sin_code_efsm.sandbox import run_command

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(run_command, "touch here; until [ -e go ]; do sleep 0.05; done", cwd=tmp_path, timeout=120)
        # With the lock held none of this would run before the command's end, which waits for it.
        while not (tmp_path / "here").exists() and not waits.done():
            pass
        (tmp_path / "go").touch()
        assert waits.result(120).exit_code == 0


def test_the_lock_of_the_interpreter_is_released_while_a_server_stops():
    done = _python(
        """
        import threading, urllib.request
        from sin_code_efsm import EphemeralMockServer
        server = EphemeralMockServer(port=0).start()
        asked, go = threading.Event(), threading.Event()
        server.add_endpoint("GET", "/x", lambda _: asked.set() or go.wait(60))
        answers = []
        client = threading.Thread(target=lambda: answers.append(urllib.request.urlopen(server.url + "/x").read()))
        client.start()
        asked.wait()
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        # The function that is under way needs the lock to end, and the stop waits for it.
        go.set()
        client.join()
        stopping.join()
        print(answers)
        """
    )
    assert (done.returncode, done.stdout) == (0, "[b'true']\n"), done.stderr
