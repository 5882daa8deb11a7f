"""Users and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _native
from ..errors import InvalidTokenError
from .base import BaseService

__all__ = ["AuthService", "InvalidTokenError"]

#: Of a service that stands alone; that of a stack is its address.
_ISSUER = "sin-code-efsm"


class AuthService(BaseService):
    """Issues and checks HS256 JSON Web Tokens (RFC 7519).

    ``secret`` is drawn anew for each service when it is missing. ``ttl_seconds`` is 3,600 without it, and may be 0 or
    negative, for tokens that have expired when they are issued. ``issuer`` is the claim ``iss``.

    >>> auth = AuthService(secret="s3cret")
    >>> auth.validate_jwt(auth.issue_jwt("alice", extra={"role": "admin"}))["role"]
    'admin'
    """

    name = "auth"
    prefix = "/auth"

    def __init__(
        self,
        secret: str | None = None,
        ttl_seconds: int | None = None,
        *,
        issuer: str | None = None,
        _part: _native.Auth | None = None,
        _port: int | None = None,
    ) -> None:
        is_living = ttl_seconds is None or ttl_seconds > 0
        self._part = _part or _native.Auth(secret or None, ttl_seconds if is_living else None, issuer or _ISSUER)
        self._ttl = self._part.ttl_seconds if ttl_seconds is None else ttl_seconds
        super().__init__(self._part, _port)

    @property
    def secret(self) -> str:
        """The HS256 secret: what a backend needs to verify tokens by itself."""
        return self._part.secret

    @property
    def issuer(self) -> str:
        """The claim ``iss`` of every token."""
        return self._part.issuer

    def add_user(self, username: str | None = None, password: str | None = None, **claims: Any) -> dict[str, Any]:
        """Registers a user, in place of one of that name; claims go into the user's tokens and userinfo.

        ``add_user("ada", name="Ada L.")`` gives a claim ``name``; alone, ``add_user(name="ada")`` is the user's name.
        """
        if username is None:
            username = claims.pop("name", None)
        if not isinstance(username, str):
            raise TypeError("add_user() takes the user's name first")
        self._part.add_user(username, password, claims)
        return {"username": username, **claims}

    def get_user(self, username: str) -> dict[str, Any] | None:
        """``{"username", ..claims}``, or ``None``."""
        return self._part.user(username)

    def remove_user(self, username: str) -> bool:
        """``False`` when there was no such user."""
        return self._part.remove_user(username)

    def users(self) -> list[dict[str, Any]]:
        """Every registered user, by name."""
        return self._part.users()

    def issue_jwt(
        self,
        subject: str = "user",
        extra: Mapping[str, Any] | None = None,
        ttl: int | None = None,
    ) -> str:
        """Signs a token for ``subject``. ``extra`` adds to the claims and replaces them; ``None`` takes one away."""
        claims = dict(extra or {})
        seconds = self._ttl if ttl is None else ttl
        if seconds != self._part.ttl_seconds:
            claims.setdefault("exp", self._part.now() + seconds)
        return self._part.issue_jwt(subject, claims)

    def validate_jwt(self, token: str) -> dict[str, Any]:
        """The claims of a token that this service signed and that is alive, else :class:`InvalidTokenError`."""
        if not isinstance(token, str):
            raise InvalidTokenError("invalid JWT format", f"a token is text, and {type(token).__name__} was given")
        return self._part.validate_jwt(token)

    @property
    def issued_tokens(self) -> list[str]:
        """The newest issued tokens, oldest first: at most 10,000."""
        return self._part.issued_tokens()
