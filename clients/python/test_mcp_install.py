"""`efsm mcp install`: an entry in a client's configuration, beside all that is there."""

import json
import os
import subprocess
import tomllib

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


# What a client's file may hold that cannot be added to: broken, cut off, of another kind, in another encoding.
BROKEN_JSON = [b"{", b'{"a": 1,}', b"[]", b"5", b"null", b'{"a": 1} x', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"{ // mine\n}"]
BROKEN_TOML = [b"[mcp_servers", b"a =", b"{}", b"mcp_servers = 5\n", b"a = 1\na = 2\n", b"\xff\xfe"]


@pytest.mark.parametrize("client", [*CLIENTS, "codex"])
def test_a_file_that_cannot_be_read_is_refused_and_untouched(client, install, tmp_path):
    place, name, _ = CLIENTS.get(client, ("home", ".codex/config.toml", None))
    file = tmp_path / place / name
    file.parent.mkdir(parents=True, exist_ok=True)
    for content in BROKEN_TOML if client == "codex" else BROKEN_JSON:
        file.write_bytes(content)
        before = file.stat()
        for arguments in [[], ["--force"]]:
            refused = install(client, *arguments)
            assert refused.returncode != 0, content
            assert name in refused.stderr and "panicked" not in refused.stderr, refused.stderr
            assert refused.stdout == ""
        after = file.stat()
        assert file.read_bytes() == content
        assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
        assert files(tmp_path) == [file]


def test_servers_of_another_kind_are_not_replaced(install, tmp_path):
    for client, (place, name, key) in CLIENTS.items():
        file = tmp_path / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({key: ["mine"]}))
        refused = install(client, "--force")
        assert refused.returncode != 0 and f"`{key}` is not an object" in refused.stderr
        assert json.loads(file.read_text()) == {key: ["mine"]}


def test_codex_has_a_table(install, tmp_path):
    file = tmp_path / "home/.codex/config.toml"
    printed = install("codex", "--print")
    assert printed.returncode == 0 and "[mcp_servers.efsm]" in printed.stdout
    assert files(tmp_path) == []
    file.parent.mkdir()
    mine = 'model = "x" # mine\n\n[mcp_servers.other]\ncommand = "y"\n'
    file.write_text(mine)
    assert install("codex").returncode == 0
    text = file.read_text()
    assert text.startswith(mine)
    servers = tomllib.loads(text)["mcp_servers"]
    assert servers == {"other": {"command": "y"}, "efsm": {"command": binary(), "args": ["mcp"]}}
    assert "has it already" in install("codex").stdout
    assert file.read_text() == text
    # However it is written, another entry of the name is nobody's to take.
    for other in ['[mcp_servers.efsm]\ncommand = "mine"\n', 'mcp_servers = { efsm = { command = "mine" } }\n']:
        file.write_text(other)
        refused = install("codex")
        assert refused.returncode != 0 and "--force" in refused.stderr
        assert file.read_text() == other
        assert install("codex", "--force").returncode == 0
        assert tomllib.loads(file.read_text())["mcp_servers"] == {"efsm": servers["efsm"]}


def test_a_link_goes_on_to_lead_where_it_leads(install, tmp_path):
    kept = tmp_path / "dotfiles.json"
    kept.write_text("{}")
    link = tmp_path / "home/.gemini/settings.json"
    link.parent.mkdir()
    link.symlink_to(kept)
    assert install("gemini").returncode == 0
    assert link.is_symlink() and "efsm" in json.loads(kept.read_text())["mcpServers"]


def test_another_file_can_be_named(install, tmp_path):
    file = tmp_path / "elsewhere/settings.json"
    assert install("cursor", "--file", file).returncode == 0
    assert files(tmp_path) == [file]
