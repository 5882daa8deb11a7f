"""The same as `python_start.py` with FastAPI and uvicorn, whose socket listens before the server is there."""

import time

began = time.perf_counter()
import socket  # noqa: E402
import threading  # noqa: E402

import uvicorn  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from first_200 import first_200  # noqa: E402

app = FastAPI()


@app.get("/hello")
def hello() -> dict[str, str]:
    return {"msg": "world"}


listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
thread.start()
first_200(listener.getsockname()[1], "/hello")
print((time.perf_counter() - began) * 1000)
server.should_exit = True
thread.join()
