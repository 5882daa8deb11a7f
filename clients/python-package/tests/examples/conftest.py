"""What the examples' stack is prepared with, once for all their tests."""

from __future__ import annotations

import pytest

from sin_code_efsm import EphemeralMockServer


@pytest.fixture(scope="session")
def efsm_config() -> dict[str, object]:
    return {
        "queue": {"topics": ["orders"]},
        "database": {"schema": {"sql": "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)"}},
    }


@pytest.fixture(scope="session")
def shop(efsm_stack: EphemeralMockServer) -> EphemeralMockServer:
    efsm_stack.add_endpoint("GET", "/prices/tea", {"cents": 350})
    return efsm_stack
