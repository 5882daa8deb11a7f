"""The Dockerfile: a small image without root, built from a base that needs no registry, and run by an engine of this test's own."""

import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import time

import httpx
import pytest

from stack import PATIENCE, REPOSITORY, binary

# An engine is slow on a loaded machine.
SLOWLY = 300


@pytest.fixture(scope="module")
def docker(tmp_path_factory):
    """A function that calls `docker` against a daemon in a private folder, which touches no network of the host."""
    for program in ["docker", "dockerd"]:
        if not shutil.which(program):
            pytest.skip(f"there is no {program} on this machine")
    if os.geteuid() != 0:
        pytest.skip("an engine of one's own needs root")
    folder = tmp_path_factory.mktemp("docker")
    socket = f"unix://{folder}/docker.sock"
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/docker.pid"]
    network = ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none"]
    with open(folder / "log", "wb") as log:
        daemon = subprocess.Popen(["dockerd", *places, *network, "-H", socket], stdout=log, stderr=log)

    def call(*arguments, check=True, **options):
        return subprocess.run(
            ["docker", "-H", socket, *map(str, arguments)],
            check=check,
            capture_output=True,
            text=True,
            timeout=SLOWLY,
            env=os.environ | {"DOCKER_BUILDKIT": "0"},
            **options,
        )

    deadline = time.monotonic() + SLOWLY
    while call("version", check=False).returncode != 0:
        if daemon.poll() is not None or time.monotonic() > deadline:
            daemon.kill()
            pytest.skip(f"an engine cannot be started here: {(folder / 'log').read_text()[-500:]}")
        time.sleep(0.2)
    try:
        yield call
    finally:
        daemon.terminate()
        daemon.wait(SLOWLY)
        # The engine leaves its namespace mounted, and with it the folder could not be removed.
        subprocess.run(["umount", folder / "exec/netns/default"], capture_output=True)


@pytest.fixture(scope="module")
def image(docker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    base = folder / "base.tar"
    with tarfile.open(base, "w") as tar:
        for library in libraries():
            tar.add(os.path.realpath(library), library)
        (folder / "tmp").mkdir()
        (folder / "tmp").chmod(0o1777)
        tar.add(folder / "tmp", "tmp")
    docker("import", base, "efsm-base:test")
    context = folder / "context"
    context.mkdir()
    shutil.copy(REPOSITORY / "Dockerfile", context)
    subprocess.run(["strip", "-o", context / "efsm", binary()], check=True)
    docker("build", "--build-arg=BASE=efsm-base:test", "--build-arg=BINARY=efsm", "-t", "efsm:test", context)
    return "efsm:test"


def libraries():
    """What the binary is linked with: the only needs of the image."""
    listed = subprocess.run(["ldd", binary()], check=True, capture_output=True, text=True).stdout
    words = [word for line in listed.splitlines() for word in line.split() if word.startswith("/")]
    return sorted({word for word in words if pathlib.Path(word).exists()})


def test_image_serves_without_root_and_ends_with_sigterm(docker, image):
    user = docker("image", "inspect", "-f", "{{.Config.User}}", image).stdout.strip()
    assert user == "65532:65532"
    held_back = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"]
    arguments = ["up", "--port", "0", "--json", "--name", "efsm"]
    container = docker("run", "-d", "--network=host", *held_back, image, *arguments).stdout.strip()
    try:
        deadline = time.monotonic() + SLOWLY
        while not (line := docker("logs", container).stdout):
            assert time.monotonic() < deadline, docker("logs", container).stderr
            time.sleep(0.1)
        up = json.loads(line)
        assert httpx.get(f"{up['url']}/health", timeout=PATIENCE).json()["status"] == "ok"
        assert docker("exec", container, "/usr/local/bin/efsm", "status", "efsm").returncode == 0
        docker("stop", container)
        assert docker("inspect", "-f", "{{.State.ExitCode}}", container).stdout.strip() == "0"
    finally:
        docker("rm", "-f", container)
