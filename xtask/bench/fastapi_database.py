"""What one would write for a test in an afternoon: FastAPI before sqlite3, for `cargo xtask bench database`.

Prints its port, as the other servers under measurement do.
"""

import socket
import sqlite3
import threading

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
connection.row_factory = sqlite3.Row
lock = threading.Lock()


class Call(BaseModel):
    sql: str
    params: list | dict = []


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/db/execute")
def execute(call: Call):
    with lock:
        try:
            rows = [dict(row) for row in connection.execute(call.sql, call.params)]
        except sqlite3.Error as error:
            raise HTTPException(400, str(error)) from error
    return {"rows": rows, "row_count": len(rows)}


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])
