"""SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union

from .. import _native
from .base import BaseService

__all__ = ["DatabaseService", "Params"]

#: Values in order for ``?``, or by name for ``:name``, ``@name`` and ``$name``.
Params = Union[Sequence[Any], Mapping[str, Any]]


class DatabaseService(BaseService):
    """A SQLite database in memory. Values are ``None``, ``int`` (64 bits), ``float``, ``str`` and ``bytes``.

    Each call is a transaction of its own. Errors are :class:`~sin_code_efsm.errors.DatabaseError`, which is a
    ``sqlite3.Error``.

    >>> db = DatabaseService()
    >>> db.create_table("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
    >>> db.execute("INSERT INTO users (name) VALUES (?) RETURNING id", ("Ada",))
    [{'id': 1}]
    """

    name = "database"
    prefix = "/db"

    def __init__(
        self,
        *,
        _part: _native.Database | None = None,
        _port: int | None = None,
        _database: str = "main",
    ) -> None:
        self._part = _part or _native.Database()
        self._database = _database
        super().__init__(self._part, _port)

    def database(self, name: str) -> DatabaseService:
        """Another database of the same service by its name, made if there is none."""
        return DatabaseService(_part=self._part, _port=self._port, _database=name)

    def databases(self) -> list[str]:
        """The names of all databases."""
        return self._part.databases()

    def execute(self, sql: str, params: Params | None = None) -> list[dict[str, Any]]:
        """Runs one statement and returns its rows as dicts; none for a statement without rows."""
        return self._part.execute(self._database, sql, params)

    def executemany(self, sql: str, seq: Iterable[Params]) -> int:
        """Runs one statement for each set of parameters, all or none; returns how many rows were changed."""
        return self._part.execute_many(self._database, sql, seq)

    def executescript(self, sql: str) -> None:
        """Runs several statements, all or none."""
        self._part.load(self._database, sql)

    def create_table(self, ddl: str) -> None:
        """Runs a ``CREATE`` statement; what it makes survives :meth:`reset`."""
        self._part.execute(self._database, ddl, None)

    def tables(self) -> list[str]:
        """The names of the tables, alphabetical."""
        return self._part.tables(self._database)

    def dump(self) -> str:
        """The database as SQL text which makes it anew."""
        return self._part.dump(self._database)

    def export(self) -> bytes:
        """The database as the bytes of a SQLite file."""
        return self._part.export(self._database)

    def load(self, image: bytes) -> None:
        """Puts the bytes of a SQLite file in the place of the database."""
        self._part.import_image(self._database, image)

    def reset(self) -> None:
        """Drops the rows of every database and keeps the tables."""
        self._part.reset()

    def hard_reset(self) -> None:
        """Drops everything, tables too."""
        self._part.hard_reset()
