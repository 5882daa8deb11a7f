"""The five services, each usable on its own without a port."""

from .auth import AuthService, InvalidTokenError
from .base import BaseService
from .database import DatabaseService
from .http import HTTPService, Request, Response
from .queue import QueueService
from .storage import StorageService

__all__ = [
    "AuthService",
    "BaseService",
    "DatabaseService",
    "HTTPService",
    "InvalidTokenError",
    "QueueService",
    "Request",
    "Response",
    "StorageService",
]
