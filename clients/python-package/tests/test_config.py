"""Configurations, and what is said of bad ones."""

from __future__ import annotations

import pytest

from sin_code_efsm import ConfigError, EphemeralMockServer

TEXT = """\
port: 0
queue:
  topics: [orders]
auth:
  users:
    ada:
      claims: {role: admin}
"""


@pytest.fixture(params=["path", "folder", "text", "dict"])
def config(request, tmp_path):
    (tmp_path / "efsm.yaml").write_text(TEXT)
    return {
        "path": tmp_path / "efsm.yaml",
        "folder": str(tmp_path),
        "text": TEXT,
        "dict": {"port": 0, "queue": {"topics": ["orders"]}, "auth": {"users": {"ada": {"claims": {"role": "admin"}}}}},
    }[request.param]


def test_a_configuration_prepares_the_stack(config):
    with EphemeralMockServer(config=config) as server:
        assert server.queue.topics() == ["orders"]
        assert server.auth.get_user("ada") == {"username": "ada", "role": "admin"}


def test_an_error_names_file_line_and_key(tmp_path):
    path = tmp_path / "efsm.yaml"
    path.write_text("port: 0\nlimits:\n  bdy: 1MiB\n")
    with pytest.raises(ConfigError, match="did you mean `body`") as caught:
        EphemeralMockServer(config=path).start()
    error = caught.value
    assert (error.file, error.line, error.key) == (str(path), 3, "limits.bdy")
    assert isinstance(error, ValueError)


def test_a_missing_file_is_told():
    with pytest.raises(ConfigError, match="nowhere.yaml"):
        EphemeralMockServer(config="nowhere.yaml").start()


def test_arguments_win_over_the_configuration(fetch):
    with EphemeralMockServer(port=0, services=["queue"], config=TEXT) as server:
        assert list(server.status) == ["queue"]
