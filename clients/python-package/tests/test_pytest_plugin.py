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


def test_keep_leaves_the_failed_tests_stack_up(pytester: pytest.Pytester):
    pytester.makepyfile(FAILING)
    result = pytester.runpytest_subprocess("--efsm-keep")
    result.stdout.fnmatch_lines(["*efsm stacks that are still up*", "http://127.0.0.1:*::test_it"])


def test_the_fixtures_are_documented(pytester: pytest.Pytester):
    result = pytester.runpytest_subprocess("--fixtures")
    result.stdout.fnmatch_lines(["*efsm_stack*", "*efsm_env*"])
