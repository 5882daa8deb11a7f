"""Import, start and first 200 of the package in one process, for `cargo xtask bench python`: milliseconds."""

import sys
import time

began = time.perf_counter()
from first_200 import first_200  # noqa: E402

from sin_code_efsm import EphemeralMockServer  # noqa: E402

server = EphemeralMockServer(port=0).start()
server.add_endpoint("GET", "/hello", {"msg": "world"})
first_200(server.port or 0, "/hello")
print((time.perf_counter() - began) * 1000)
server.stop()
if "fastapi" in sys.modules:
    raise SystemExit("the package imports FastAPI")
