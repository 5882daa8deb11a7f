"""HTTP mocks."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, Union

from .. import _native
from .base import BaseService, Record

__all__ = ["HTTPService", "Request", "Response"]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY")

#: A dict, or pairs where a name stands more than once. Numbers become text.
Headers = Union[Mapping[str, Any], Iterable["tuple[str, Any]"]]


class Request:
    """What a callable gets of the request that it answers."""

    __slots__ = ("body", "headers", "method", "path", "query", "url")

    def __init__(
        self,
        method: str,
        path: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> None:
        self.method = method
        #: Without the query, and without ``/http`` in front.
        self.path = path
        self.url = url
        #: The last value of each name.
        self.query = query
        #: By name in lower case; the last value of each.
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.url}>"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body's JSON; ``None`` when there is no body, :class:`ValueError` when it is no JSON."""
        # Imported where it is needed, as are others here: it takes longer to load than this module.
        import json

        return json.loads(self.body) if self.body else None


class Response:
    """A whole answer: for a callable, or in the place of a body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, body: Any = None, status: int | None = None, headers: Headers | None = None) -> None:
        #: Any JSON value, or bytes as they are.
        self.body = body
        self.status = status
        self.headers: Headers = headers or {}

    def __repr__(self) -> str:
        return f"Response({self.body!r}, {self.status!r}, {self.headers!r})"

    @classmethod
    def text(cls, text: str, status: int | None = None, headers: Mapping[str, str] | None = None) -> Response:
        """Plain text, where a bare ``str`` would be sent as JSON."""
        return cls(text.encode(), status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})})


class HTTPService(BaseService):
    """Endpoints that answer at ``/http/PATH`` and at ``/PATH``, and WireMock's stubs.

    >>> http = HTTPService()
    >>> http.add_endpoint("GET", "/hello", {"msg": "world"})
    >>> http.endpoints()
    [('GET', '/hello')]
    """

    name = "http"
    prefix = "/http"

    def __init__(self, *, _part: _native.Http | None = None, _port: int | None = None) -> None:
        self._part = _part or _native.Http()
        super().__init__(self._part, _port)

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
        """Answers ``method`` (``ANY`` for every one) at ``path`` with ``response``; what was there before goes.

        ``response`` is any JSON value (text is sent as JSON text), ``bytes``, a :class:`Response`, or a callable that
        gets a :class:`Request` and returns one of these or ``(body, status)`` or ``(body, status, headers)``; it may be
        ``async``. ``path`` may hold ``{name}``. ``delay`` is in seconds, on the stack's clock. ``status_code`` is another
        name for ``status``.
        """
        status = status if status_code is None else status_code
        if not isinstance(status, int):
            raise TypeError(f"status must be an int, not {type(status).__name__}")
        if not 100 <= status <= 999:
            raise ValueError(f"status must be between 100 and 999: {status!r}")
        pairs = _pairs(headers)
        if isinstance(response, Response):
            status = response.status or status
            own = _pairs(response.headers)
            replaced = {name.lower() for name, _ in own}
            pairs = [pair for pair in pairs if pair[0].lower() not in replaced] + own
            response = response.body
        answer = _answering(response) if callable(response) else response
        self._part.add_endpoint(_checked(method), _normal(path), answer, status, pairs, _milliseconds(delay))

    def get_endpoint(self, method: str, path: str) -> dict[str, Any] | None:
        """``{"method", "path", "response", "status_code", "status", "headers", "delay", "stub"}``, or ``None``.

        ``stub`` is the endpoint as WireMock's stub mapping; ``response`` is ``None`` for a callable.
        """
        stub = self._part.get_endpoint(method.upper(), _normal(path))
        if stub is None:
            return None
        answer = stub["response"]
        status = answer.get("status", 200)
        milliseconds = answer.get("fixedDelayMilliseconds")
        return Record(
            method=method.upper(),
            path=_normal(path),
            response=a2b_base64(answer["base64Body"]) if "base64Body" in answer else answer.get("jsonBody"),
            status_code=status,
            status=status,
            headers=answer.get("headers", {}),
            delay=None if milliseconds is None else milliseconds / 1000,
            stub=stub,
        )

    def remove_endpoint(self, method: str, path: str) -> bool:
        """``False`` when there was none."""
        return self._part.remove_endpoint(method.upper(), _normal(path))

    def endpoints(self) -> list[tuple[str, str]]:
        """``(method, path)`` of every endpoint and stub, in the order in which they were added."""
        return [_place(stub["request"]) for stub in reversed(self._part.stubs())]

    def add_stub(self, mapping: Mapping[str, Any]) -> str:
        """Adds a stub mapping of WireMock's and returns its id."""
        return self._part.add_stub(mapping if isinstance(mapping, dict) else dict(mapping))

    def stubs(self) -> list[dict[str, Any]]:
        """Every stub mapping, in the order in which stubs are tried."""
        return self._part.stubs()

    def add_file(self, name: str, content: bytes | str) -> None:
        """Content that ``bodyFileName`` can name."""
        self._part.put_file(name, content.encode() if isinstance(content, str) else bytes(content))

    def calls(self) -> list[dict[str, Any]]:
        """Every request that was answered and is still in the journal, those without a stub too, oldest first.

        Each is ``{"method", "path", "url", "query", "headers", "body", "raw", "matched", "status", "seq"}``; ``body`` is
        its JSON or ``None``, ``raw`` its bytes.
        """
        return [Record(call) for call in self._part.calls()]

    def unmatched(self) -> list[dict[str, Any]]:
        """The calls that met no stub, oldest first: ``{"method", "url", "nearest"}``.

        ``nearest`` is the stub that came nearest and a line for everything that kept it from matching.
        """
        return [
            {"method": method, "url": url, "nearest": nearest} for method, url, nearest in self._part.unmatched()
        ]

    def clear_calls(self) -> None:
        """Forgets the calls."""
        self._part.clear_calls()

    def verify(
        self,
        method: str | Mapping[str, Any],
        path: str | None = None,
        times: int | None = None,
        *,
        at_least: int | None = None,
        at_most: int | None = None,
    ) -> bool:
        """Asserts how often a request came: ``times`` exactly, or between bounds, or at least once.

        The request is a method and a path, or WireMock's request pattern. When it does not hold,
        :class:`~sin_code_efsm.errors.VerificationError` explains the nearest miss field by field; else it is ``True``.
        """
        if times is not None:
            at_least = at_most = times
        elif at_least is None and at_most is None:
            at_least = 1
        self._part.verify(_pattern(method, path), at_least, at_most)
        return True


def _pattern(method: str | Mapping[str, Any], path: str | None) -> dict[str, Any]:
    if isinstance(method, Mapping):
        return dict(method)
    if path is None:
        raise TypeError("verify() takes a method and a path, or a request pattern")
    path = _normal(path)
    kind = "url" if "?" in path else "urlPathTemplate" if "{" in path else "urlPath"
    return {"method": _checked(method), kind: path}


def _place(request: Mapping[str, Any]) -> tuple[str, str]:
    kinds = ("url", "urlPath", "urlPathTemplate", "urlPattern", "urlPathPattern")
    return request.get("method", "ANY"), next((request[kind] for kind in kinds if kind in request), "/")


def _checked(method: str) -> str:
    if not isinstance(method, str):
        raise TypeError(f"the HTTP method must be a str, not {type(method).__name__}")
    name = method.upper()
    if name not in _METHODS:
        raise ValueError(f"unsupported HTTP method: {method}: use one of {', '.join(_METHODS)}")
    return name


def _normal(path: str) -> str:
    if not isinstance(path, str):
        raise TypeError(f"the path must be a str, not {type(path).__name__}")
    return path if path.startswith("/") else f"/{path}"


def _pairs(headers: Headers | None) -> list[tuple[str, str]]:
    """Names and values as text."""
    if headers is None:
        return []
    given: Any = headers.items() if isinstance(headers, Mapping) else headers
    pairs: list[tuple[str, str]] = []
    try:
        for name, value in given:
            pairs.append((name, str(value) if isinstance(value, (int, float)) else value))
    except (TypeError, ValueError):
        raise TypeError(f"headers must be a dict, or pairs of names and values, not {headers!r}") from None
    for pair in pairs:
        if not all(isinstance(part, str) for part in pair):
            raise TypeError(f"a header is text: {pair!r}")
    return pairs


def _milliseconds(delay: float | None) -> int | None:
    if delay is None:
        return None
    if not isinstance(delay, (int, float)):
        raise TypeError(f"delay is in seconds, an int or float, not {type(delay).__name__}")
    if delay < 0:
        raise ValueError(f"delay must not be negative: {delay}")
    return round(delay * 1000)


def _answering(function: Callable[[Request], Any]) -> Callable[[dict[str, Any]], Any]:
    """`function` as the native half calls it: a dict in, `(body, status, headers)` out."""

    def answer(request: dict[str, Any]) -> tuple[Any, int | None, list[tuple[str, str]]]:
        pairs = {**request, "query": dict(request["query"]), "headers": dict(request["headers"])}
        result = function(Request(**pairs))
        if isinstance(result, Coroutine):
            import asyncio

            result = asyncio.run(result)
        status: int | None = None
        headers: Headers = {}
        if isinstance(result, Response):
            result, status, headers = result.body, result.status, result.headers
        elif isinstance(result, tuple):
            if len(result) not in (2, 3):
                raise TypeError(f"a callable returns (body, status) or (body, status, headers), not {len(result)} values")
            headers = result[2] if len(result) == 3 else {}
            result, status = result[0], result[1]
        return result, status, _pairs(headers)

    return answer
