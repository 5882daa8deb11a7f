"""`efsm mcp install`: an entry in a client's configuration, beside all that is there."""

import json
import os
import subprocess

import pytest

from stack import PATIENCE, binary

# Where each client looks, below the home folder or the current one, and under which key it lists servers.
CLIENTS = {
    "claude-code": ("folder", ".mcp.json", "mcpServers"),
    "claude-desktop": ("home", ".config/Claude/claude_desktop_config.json", "mcpServers"),
    "cursor": ("folder", ".cursor/mcp.json", "mcpServers"),
    "vscode": ("folder", ".vscode/mcp.json", "servers"),
    "windsurf": ("home", ".codeium/windsurf/mcp_config.json", "mcpServers"),
    "gemini": ("home", ".gemini/settings.json", "mcpServers"),
    "opencode": ("folder", "opencode.json", "mcp"),
    "zed": ("home", ".config/zed/settings.json", "context_servers"),
}


@pytest.fixture
def install(tmp_path):
    for folder in ["home", "folder"]:
        (tmp_path / folder).mkdir()
    env = {**os.environ, "HOME": str(tmp_path / "home"), "PATH": ""}
    env.pop("XDG_CONFIG_HOME", None)

    def install(client, *arguments):
        command = [binary(), "mcp", "install", "--client", client, *map(str, arguments)]
        return subprocess.run(
            command, cwd=tmp_path / "folder", env=env, capture_output=True, text=True, timeout=PATIENCE
        )

    return install


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("client", CLIENTS)
def test_writes_keeps_and_refuses(client, install, tmp_path):
    place, name, key = CLIENTS[client]
    file = tmp_path / place / name
    printed = install(client, "--print")
    assert printed.returncode == 0 and printed.stdout.splitlines()[0].endswith(f"{name}:")
    assert files(tmp_path) == []

    done = install(client)
    assert done.returncode == 0 and name in done.stdout
    assert files(tmp_path) == [file]
    written = json.loads(file.read_text())
    command = written[key]["efsm"]["command"]
    # Not on the PATH: the binary's own place.
    assert command in (binary(), [binary(), "mcp"])
    assert "has it already" in install(client).stdout

    # What is there stays, and another entry of the name is nobody's to take.
    other = {"theme": "dark", key: {"other": {"command": "x"}, "efsm": {"command": "mine"}}}
    file.write_text(json.dumps(other))
    refused = install(client)
    assert refused.returncode != 0 and "--force" in refused.stderr
    assert json.loads(file.read_text()) == other
    assert install(client, "--force").returncode == 0
    after = json.loads(file.read_text())
    assert after == {"theme": "dark", key: {"other": {"command": "x"}, "efsm": written[key]["efsm"]}}

    # A file with comments would lose them.
    file.write_text("{ // mine\n}")
    assert install(client, "--force").returncode != 0
    assert file.read_text() == "{ // mine\n}"
    assert '"efsm"' in install(client, "--print").stdout


def test_codex_has_a_table(install, tmp_path):
    file = tmp_path / "home/.codex/config.toml"
    file.parent.mkdir()
    file.write_text('model = "x" # mine\n')
    assert install("codex").returncode == 0
    text = file.read_text()
    assert text.startswith('model = "x" # mine\n') and "[mcp_servers.efsm]" in text
    assert "has it already" in install("codex").stdout
    file.write_text('[mcp_servers.efsm]\ncommand = "mine"\n')
    refused = install("codex")
    assert refused.returncode != 0 and "by hand" in refused.stderr
    assert file.read_text() == '[mcp_servers.efsm]\ncommand = "mine"\n'


def test_another_file_can_be_named(install, tmp_path):
    file = tmp_path / "elsewhere/settings.json"
    assert install("cursor", "--file", file).returncode == 0
    assert files(tmp_path) == [file]
