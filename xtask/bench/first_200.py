"""The first answer of a server, read over a plain socket: no client's import is measured with it."""

import socket


def first_200(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        line = connection.makefile("rb").readline()
    if b" 200 " not in line:
        raise SystemExit(f"{path} was answered with {line!r}")
