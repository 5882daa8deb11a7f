"""A running stack."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Any, TypeVar, Union

from . import _native
from .services import AuthService, BaseService, DatabaseService, HTTPService, QueueService, StorageService
from .services.base import Record
from .services.http import Headers

__all__ = ["Clock", "Config", "EphemeralMockServer", "Faults", "Journal", "Snapshot"]

#: A path to an efsm.yaml (or the folder that holds one), its text, or the same as a dict.
Config = Union[str, "os.PathLike[str]", Mapping[str, Any]]

_T = TypeVar("_T")

_SERVICES = ("http", "database", "auth", "queue", "storage")
_STOPPED = "Server is not running: call start() first"

#: What is up when the interpreter ends is stopped while it still can be.
_running: weakref.WeakSet[EphemeralMockServer] = weakref.WeakSet()


class Snapshot:
    """A stack's whole state at one instant: a value, cheap to take and to keep."""

    def __init__(self, native: _native.Snapshot) -> None:
        self._native = native


class EphemeralMockServer:
    """A stack of five services on one port.

    ``port`` is taken if it is free, else any free one (:attr:`port` says which); with ``strict_port=True`` a taken port
    raises :class:`~sin_code_efsm.errors.PortError`, and ``port=0`` asks for any. ``services`` names those that are
    wanted, all without it. ``config`` is an efsm.yaml: a path, its text, or a dict. ``seed`` makes ids and random
    values follow from a number.

    >>> with EphemeralMockServer(port=0) as server:
    ...     server.queue.publish("orders", {"id": 1})
    ...     before = server.snapshot()
    ...     server.queue.publish("orders", {"id": 2})
    ...     server.restore(before)
    ...     server.queue.message_count("orders")
    1
    2
    1

    Any number run side by side in one process. A server is used from any thread, and belongs to the process that
    started it: a child of ``os.fork`` is refused with :class:`RuntimeError` and may start servers of its own.
    """

    def __init__(
        self,
        port: int | None = None,
        services: Iterable[str] | None = None,
        config: Config | None = None,
        *,
        strict_port: bool = False,
        seed: int | None = None,
        name: str | None = None,
    ) -> None:
        if port is not None and not isinstance(port, int):
            raise TypeError(f"port must be an int, not {type(port).__name__}")
        if port is not None and not 0 <= port <= 65535:
            raise ValueError(f"a port is between 0 and 65535: {port}")
        if isinstance(services, str):
            raise TypeError("services is a list of names, not one text")
        # Without a word 8888 is tried; a configuration may name another.
        self._wanted_port = port if port is not None or config is not None else 8888
        self._wanted_services = list(services or []) or None
        self._config = config
        self._strict_port = strict_port
        self._seed = seed
        self._name = name
        self._native: _native.Server | None = None
        self._initial: Snapshot | None = None

    # Lifecycle

    def start(self) -> EphemeralMockServer:
        """Starts the stack, whose port is ready when this returns. A running server raises :class:`RuntimeError`."""
        if self._native is not None:
            raise RuntimeError(f"Server is already running at {self._native.url}: stop it first")
        for name in self._wanted_services or []:
            if name not in _SERVICES:
                raise ValueError(f"Unknown service: {name}: the services are {', '.join(_SERVICES)}")
        path, text = _config_source(self._config)
        self._native = _native.Server.start(
            self._wanted_port, self._strict_port, self._wanted_services, path, text, self._seed, self._name
        )
        if self._config is not None:
            self._initial = self.snapshot()
        _running.add(self)
        return self

    def stop(self) -> None:
        """Lets what is under way finish, closes the port and forgets everything. A stopped server stays stopped."""
        native, self._native = self._native, None
        self._initial = None
        _running.discard(self)
        if native is not None:
            native.stop()

    def __enter__(self) -> EphemeralMockServer:
        return self if self._native is not None else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def start_async(self) -> EphemeralMockServer:
        """:meth:`start` on a thread that may block."""
        return await _in_thread(self.start)

    async def stop_async(self) -> None:
        """:meth:`stop` on a thread that may block."""
        await _in_thread(self.stop)

    async def __aenter__(self) -> EphemeralMockServer:
        return self if self._native is not None else await self.start_async()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_async()

    def __repr__(self) -> str:
        return f"<EphemeralMockServer {self._native.url if self._native else 'stopped'}>"

    @property
    def _up(self) -> _native.Server:
        if self._native is None:
            raise RuntimeError(_STOPPED)
        return self._native

    # Where it is

    @property
    def url(self) -> str:
        """``http://127.0.0.1:8888``; :class:`RuntimeError` when it is stopped."""
        return self._up.url

    @property
    def port(self) -> int | None:
        """The port that it really has; ``None`` when it is stopped."""
        return self._native.port if self._native is not None else None

    @property
    def status(self) -> dict[str, dict[str, Any]]:
        """By service ``{"status", "port", "name"}`` and its counts; empty when the server is stopped."""
        if self._native is None:
            return {}
        known = {"status": "up", "port": self._native.port}
        return {name: Record({**known, "name": name, **counts}) for name, counts in self._native.status().items()}

    def env(self) -> dict[str, str]:
        """Every variable that a client needs: ``EFSM_URL``, ``DATABASE_URL``, ``AWS_ENDPOINT_URL`` and so on."""
        return self._up.env()

    def ca_pem(self) -> str:
        """The certificate that clients must trust to speak TLS to the stack, or through it to other hosts."""
        return self._up.ca_pem()

    # Services

    def _enabled(self, name: str, title: str) -> _native.Server:
        if self._native is None:
            raise RuntimeError(f"Server is not running, so its {title} service is not enabled: call start() first")
        if name not in self._native.services:
            raise RuntimeError(f"{title} service is not enabled: name it in services=")
        return self._native

    @property
    def http(self) -> HTTPService:
        """The HTTP mocks."""
        return HTTPService(_part=self._enabled("http", "HTTP").http(), _port=self.port)

    @property
    def database(self) -> DatabaseService:
        """The SQL database."""
        return DatabaseService(_part=self._enabled("database", "database").database(), _port=self.port)

    @property
    def auth(self) -> AuthService:
        """Users and tokens."""
        return AuthService(_part=self._enabled("auth", "auth").auth(), _port=self.port)

    @property
    def queue(self) -> QueueService:
        """Topics and messages."""
        return QueueService(_part=self._enabled("queue", "queue").queue(), _port=self.port)

    @property
    def storage(self) -> StorageService:
        """Buckets and objects."""
        return StorageService(_part=self._enabled("storage", "storage").storage(), _port=self.port)

    @property
    def services(self) -> dict[str, BaseService]:
        """The enabled services by name; none when the server is stopped."""
        names = self._native.services if self._native is not None else []
        return {name: getattr(self, name) for name in names}

    # By this name the package's earlier implementation kept them, and tests of that time reach for it.
    _service_map = services

    def add_endpoint(
        self,
        method: str,
        path: str,
        response: Any = None,
        status: int = 200,
        headers: Headers | None = None,
        delay: float | None = None,
        *,
        status_code: int | None = None,
    ) -> None:
        """See :meth:`HTTPService.add_endpoint`."""
        self.http.add_endpoint(method, path, response, status, headers, delay, status_code=status_code)

    def get_endpoint(self, method: str, path: str) -> dict[str, Any] | None:
        """See :meth:`HTTPService.get_endpoint`."""
        return self.http.get_endpoint(method, path)

    def remove_endpoint(self, method: str, path: str) -> bool:
        """See :meth:`HTTPService.remove_endpoint`."""
        return self.http.remove_endpoint(method, path)

    # The stack as a value

    def snapshot(self) -> Snapshot:
        """The whole state as a value: data, clock, journal, faults, counters. Copies nothing."""
        return Snapshot(self._up.snapshot())

    def restore(self, snapshot: Snapshot) -> None:
        """Puts everything back where the snapshot found it, whole or not at all."""
        self._up.restore(_taken(snapshot)._native)

    def fork(
        self, snapshot: Snapshot | None = None, *, port: int | None = None, name: str | None = None
    ) -> EphemeralMockServer:
        """Another running server with everything of this one (or of a snapshot), on a free port or on ``port``.

        Neither sees the other afterwards. Stopping the server that was started stops its forks, too.
        """
        fork = EphemeralMockServer(port, self._wanted_services, self._config, seed=self._seed, name=name)
        state = None if snapshot is None else _taken(snapshot)._native
        fork._native = self._up.fork(state, port, name)
        fork._initial = self._initial
        _running.add(fork)
        return fork

    def reset(self, depth: str | None = None) -> None:
        """Back to the beginning.

        Without ``depth``: a server with a configuration is as the configuration made it, whole; one without is empty, but
        for the tables of its database, which lose their rows. ``"data"`` drops what tests made and keeps what prepares a
        stack (stubs, tables, users, topics, buckets); ``"all"`` drops everything.
        """
        if depth is not None:
            self._up.reset(None, depth)
        elif self._initial is not None:
            self.restore(self._initial)
        else:
            names = self._up.services
            self._up.reset([name for name in names if name != "database"], "all")
            self._up.reset([name for name in names if name == "database"], "data")
            self._up.clear_journal()

    @property
    def clock(self) -> Clock:
        """The stack's clock."""
        return Clock(self._up)

    @property
    def faults(self) -> Faults:
        """The fault rules."""
        return Faults(self._up)

    @property
    def journal(self) -> Journal:
        """Everything that happened, across services."""
        return Journal(self._up)


class Clock:
    """The stack's clock, which every service obeys."""

    def __init__(self, native: _native.Server) -> None:
        self._native = native

    def now(self) -> datetime:
        """The stack's time, in UTC."""
        text = self._native.clock()[0].rstrip("Z")
        whole, _, fraction = text.partition(".")
        moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0") or 0))

    @property
    def frozen(self) -> bool:
        """Whether it stands."""
        return self._native.clock()[1]

    def set(self, now: datetime | str, *, freeze: bool = False) -> None:
        """Sets it to a moment: a ``datetime`` with a time zone, or text in RFC 3339."""
        self._native.change_clock(_moment(now), None, freeze, False)

    def advance(self, by: timedelta | float | str) -> None:
        """Moves it on: a ``timedelta``, seconds, or text such as ``1h30m``. Whoever waits for that time wakes."""
        self._native.change_clock(None, _duration(by), False, False)

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stops it, now or at a moment."""
        self._native.change_clock(None if at is None else _moment(at), None, True, False)

    def resume(self) -> None:
        """Lets it run again from where it stands."""
        self._native.change_clock(None, None, False, True)

    def __repr__(self) -> str:
        return f"<Clock {self.now().isoformat()}{' frozen' if self.frozen else ''}>"


class Faults:
    """What breaks on purpose: rules ``{"service", "match", "effect", "times", "probability"}``, the first that fits."""

    def __init__(self, native: _native.Server) -> None:
        self._native = native

    def rules(self) -> list[dict[str, Any]]:
        """The rules, in order."""
        return self._native.faults()

    def set(self, rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Replaces all rules and returns them with their ids."""
        return self._native.set_faults([dict(rule) for rule in rules])

    def add(
        self,
        service: str | None = None,
        *,
        match: Mapping[str, str] | None = None,
        delay: float | None = None,
        status: int | None = None,
        body: Any = None,
        reset: bool = False,
        drop: bool = False,
        truncate: int | None = None,
        times: int | None = None,
        probability: float | None = None,
    ) -> dict[str, Any]:
        """Adds a rule behind the others. ``delay`` is in seconds, on the stack's clock; ``truncate`` is in bytes."""
        effect = {
            "delay_ms": None if delay is None else round(delay * 1000),
            "status": status,
            "body": body,
            "reset": reset or None,
            "drop": drop or None,
            "truncate": truncate,
        }
        rule = {
            "service": service,
            "match": dict(match) if match else None,
            "effect": _without_none(effect),
            "times": times,
            "probability": probability,
        }
        return self.set([*self.rules(), _without_none(rule)])[-1]

    def clear(self) -> None:
        """Removes every rule."""
        self._native.set_faults([])


class Journal:
    """Everything that happened, oldest first. Iterating gives every entry that is held."""

    def __init__(self, native: _native.Server) -> None:
        self._native = native

    def entries(
        self, service: str | None = None, *, since: int = 0, limit: int | None = None, q: str | None = None
    ) -> list[dict[str, Any]]:
        """The entries ``{"seq", "at", "service", "kind", "summary", ..}`` that fit; ``limit`` keeps the newest.

        ``since`` is a sequence number that they come after, ``q`` a text that they contain.
        """
        return self._native.journal(service, since, limit, q)

    def clear(self) -> None:
        """Empties it; sequence numbers go on."""
        self._native.clear_journal()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.entries())

    def __len__(self) -> int:
        return len(self.entries())


async def _in_thread(work: Callable[[], _T]) -> _T:
    # Imported where it is needed: it takes longer to load than the rest of the package.
    import asyncio

    return await asyncio.get_running_loop().run_in_executor(None, work)


def _taken(snapshot: Snapshot) -> Snapshot:
    if not isinstance(snapshot, Snapshot):
        raise TypeError(f"a snapshot is what snapshot() returns, not {type(snapshot).__name__}")
    return snapshot


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _moment(moment: datetime | str) -> str:
    if isinstance(moment, str):
        return moment
    if moment.tzinfo is None:
        raise ValueError("the time has no time zone: use datetime.now(timezone.utc) or the like")
    return moment.isoformat()


def _duration(by: timedelta | float | str) -> str:
    if isinstance(by, str):
        return by
    seconds = by.total_seconds() if isinstance(by, timedelta) else by
    sign = "-" if seconds < 0 else ""
    return f"{sign}PT{abs(seconds):.9f}S"


def _config_source(config: Config | None) -> tuple[str | None, tuple[str, str] | None]:
    """The path of a configuration, or its name and text."""
    if config is None:
        return None, None
    if isinstance(config, Mapping):
        import json

        return None, ("config.json", json.dumps(dict(config), indent=1))
    if not isinstance(config, (str, os.PathLike)):
        raise TypeError(f"config is a path, a text or a dict, not {type(config).__name__}")
    path = os.fspath(config)
    if isinstance(config, str) and ("\n" in path or ": " in path) and not os.path.exists(path):
        return None, ("config.yaml", path)
    return path, None


@atexit.register
def _stop_all() -> None:
    for server in list(_running):
        server.stop()


def _forget_all() -> None:
    """In a child of `os.fork`: the parent's servers are the parent's."""
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
