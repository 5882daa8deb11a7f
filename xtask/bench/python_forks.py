"""Fork and teardown of the fixture `efsm`, for `cargo xtask bench python`: milliseconds of each, a line."""

import sys
import time

from sin_code_efsm import EphemeralMockServer

CONFIG = {
    "queue": {"topics": ["orders"]},
    "database": {"schema": {"sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);"}},
    "auth": {"users": {"ada": {"claims": {"role": "admin"}}}},
}

with EphemeralMockServer(port=0, config=CONFIG) as stack:
    for n in range(100):
        stack.add_endpoint("GET", f"/users/{n}", {"id": n})
    stack.database.executemany("INSERT INTO users (name) VALUES (?)", [(f"user {n}",) for n in range(1000)])
    for _ in range(int(sys.argv[1])):
        began = time.perf_counter()
        stack.fork().stop()
        print((time.perf_counter() - began) * 1000)
