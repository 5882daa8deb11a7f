"""What can go wrong. Every exception is a built-in of its kind, too."""

from __future__ import annotations

import sqlite3

__all__ = [
    "ConfigError",
    "DatabaseError",
    "EfsmError",
    "IntegrityError",
    "InvalidTokenError",
    "PortError",
    "ProgrammingError",
    "VerificationError",
]


class EfsmError(Exception):
    """The parent of this package's exceptions."""


class ConfigError(EfsmError, ValueError):
    """A configuration that cannot be taken. The message names every error, one a line.

    ``file``, ``line``, ``column`` and ``key`` are the place of the first one.
    """

    def __init__(self, message: str, file: str = "", line: int = 0, column: int = 0, key: str = "") -> None:
        super().__init__(message)
        self.file = file
        self.line = line
        self.column = column
        self.key = key


class PortError(EfsmError, OSError):
    """The port cannot be had: it is taken and ``strict_port=True``, or this user may not listen on it."""


class DatabaseError(EfsmError, sqlite3.OperationalError):
    """A statement that was refused or failed. ``code`` is SQLite's name of the reason."""

    def __init__(self, message: str, code: str = "SQLITE_ERROR", offset: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        #: Where in the statement, in bytes, when that is known.
        self.offset = offset


class IntegrityError(DatabaseError, sqlite3.IntegrityError):
    """A constraint that does not hold."""


class ProgrammingError(DatabaseError, sqlite3.ProgrammingError):
    """Parameters that are not those of the statement, or several statements where one is taken."""


class InvalidTokenError(EfsmError, ValueError):
    """A token that is not believed.

    ``reason`` says why in a few words that stay the same: ``invalid JWT format``, ``malformed header``, ``malformed
    payload``, ``malformed signature``, ``algorithm not accepted``, ``signature mismatch``, ``token expired``, ``token not
    yet valid``, or another. The message says more.
    """

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason if detail is None else f"{reason}: {detail}")
        self.reason = reason


class VerificationError(EfsmError, AssertionError):
    """Calls did not come as often as expected; the message explains the nearest miss."""
