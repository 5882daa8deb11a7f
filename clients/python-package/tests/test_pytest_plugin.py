"""The fixtures, in pytest runs of their own."""

from __future__ import annotations

import pytest

CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def efsm_config():
    return {"queue": {"topics": ["orders"]}}
"""

TESTS = """
import os, urllib.request, pytest

@pytest.mark.parametrize("n", range(8))
def test_each_has_its_own(efsm, n):
    assert efsm.queue.topics() == ["orders"]
    assert efsm.queue.publish("orders", n) == 1

def test_env(efsm_env, efsm):
    assert efsm_env is efsm
    assert os.environ["EFSM_URL"] == efsm.url
"""


def test_every_test_gets_a_fork_of_its_own(pytester: pytest.Pytester):
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess().assert_outcomes(passed=9)


def test_it_works_under_xdist(pytester: pytest.Pytester):
    pytest.importorskip("xdist")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess("-n", "4").assert_outcomes(passed=9)


def test_efsm_yaml_of_the_root_is_taken(pytester: pytest.Pytester):
    pytester.makefile(".yaml", efsm="queue:\n  topics: [found]\n")
    pytester.makepyfile("def test_it(efsm): assert efsm.queue.topics() == ['found']")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


FAILING = """
import urllib.request, urllib.error, pytest

def test_it(efsm):
    efsm.add_endpoint("POST", "/orders", {})
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(efsm.url + "/orders")
    assert False

def test_next(efsm):
    assert list(efsm.journal) == []
"""


def test_a_failure_shows_the_journal_and_the_nearest_stub(pytester: pytest.Pytester):
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*efsm journal of http://127.0.0.1:*", "*GET /orders*", "*efsm requests without a stub*", "*expected POST, got GET*"]
    )


LAST = """
import pathlib, urllib.request, pytest

@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter):
    for line in pathlib.Path("urls").read_text().split():
        try:
            terminalreporter.write_line(f"{line} answers {urllib.request.urlopen(line + '/health').status}")
        except OSError:
            terminalreporter.write_line(f"{line} is gone")

@pytest.fixture(autouse=True)
def url_is_noted(efsm):
    with open("urls", "a") as file:
        print(efsm.url, file=file)
"""


def test_keep_leaves_the_failed_tests_stack_up(pytester: pytest.Pytester):
    pytester.makepyfile(FAILING)
    pytester.makeconftest(LAST)
    result = pytester.runpytest_subprocess("--efsm-keep")
    result.stdout.fnmatch_lines(["*efsm stacks that are still up*", "http://127.0.0.1:*::test_it"])
    result.stdout.fnmatch_lines(["http://127.0.0.1:* answers 200", "http://127.0.0.1:* is gone"])


def test_without_keep_every_fork_is_gone(pytester: pytest.Pytester):
    pytester.makepyfile(FAILING)
    pytester.makeconftest(LAST)
    result = pytester.runpytest_subprocess()
    result.stdout.fnmatch_lines(["http://127.0.0.1:* is gone", "http://127.0.0.1:* is gone"])
    result.stdout.no_fnmatch_line("*answers 200*")


def test_the_report_comes_through_xdist(pytester: pytest.Pytester):
    pytest.importorskip("xdist")
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess("-n", "2")
    result.stdout.fnmatch_lines(["*efsm journal of http://127.0.0.1:*", "*efsm requests without a stub*"])


def test_a_prepared_stack_is_what_forks_begin_with(pytester: pytest.Pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def prepared(efsm_stack):
            efsm_stack.database.create_table("CREATE TABLE t (n)")

        @pytest.mark.parametrize("n", range(3))
        def test_it(efsm, n):
            assert efsm.database.execute("SELECT * FROM t") == []
            efsm.database.execute("INSERT INTO t VALUES (1)")
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=3)


def test_a_bad_configuration_fails_with_its_place(pytester: pytest.Pytester):
    pytester.makefile(".yaml", efsm="queue:\n  topcs: [a]\n")
    pytester.makepyfile("def test_it(efsm): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ConfigError*efsm.yaml*"])


def test_the_fixtures_are_documented(pytester: pytest.Pytester):
    result = pytester.runpytest_subprocess("--fixtures")
    result.stdout.fnmatch_lines(["*efsm_stack*", "*efsm_env*"])
