"""`efsm diff`: what it prints, and with which exit code."""

import json
import subprocess

import pytest

from stack import PATIENCE, binary

OLD = """\
openapi: 3.0.3
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      responses:
        "200":
          description: pets
          content:
            application/json:
              schema:
                type: array
                items:
                  type: object
                  properties:
                    name: {type: string}
                    age: {type: integer}
"""
BREAKING = OLD.replace("                    name: {type: string}\n", "").replace(
    "      responses:",
    "      parameters:\n        - {name: kind, in: query, required: true, schema: {type: string}}\n      responses:",
)


@pytest.fixture
def diff(tmp_path):
    def diff(new, *arguments, code=0):
        (tmp_path / "old.yaml").write_text(OLD)
        (tmp_path / "new.yaml").write_text(new)
        run = subprocess.run(
            [binary(), "diff", "old.yaml", "new.yaml", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert run.returncode == code, run.stdout + run.stderr
        return run

    return diff


def test_breaking_changes_are_told_with_their_lines(diff):
    text = diff(BREAKING, code=1).stdout
    assert "new.yaml:7" in text and "the query parameter `kind` is new and required" in text
    assert "old.yaml:16" in text and "the property `name`" in text
    assert "GET /pets" in text
    assert text.endswith("2 breaking, 0 warnings, 0 safe\n")


def test_json_says_the_same(diff):
    found = json.loads(diff(BREAKING, "--json", code=1).stdout)
    assert (found["breaking"], found["warnings"], found["safe"]) == (2, 0, 0)
    places = {(change["code"], change["file"], change["line"]) for change in found["changes"]}
    assert places == {("parameter-added-required", "new.yaml", 7), ("property-removed", "old.yaml", 16)}
    assert found["changes"][0]["operations"] == ["GET /pets"]


def test_what_only_grows_breaks_nothing(diff):
    grown = OLD + "  /owners:\n    get:\n      responses: {'200': {description: owners}}\n"
    assert diff(grown).stdout.endswith("0 breaking, 0 warnings, 1 safe\n")
    assert diff(OLD).stdout == "0 breaking, 0 warnings, 0 safe\n"


def test_what_is_no_description_is_refused(diff):
    run = diff("a: 1\n", code=125)
    assert "new.yaml is no description" in run.stderr and run.stdout == ""
