"""All five services, without a port."""

from __future__ import annotations

from .services import AuthService, BaseService, DatabaseService, HTTPService, QueueService, StorageService

__all__ = ["FullStack"]


class FullStack:
    """One of each service, standing alone: for code that is given a service rather than an address."""

    def __init__(self) -> None:
        self.http = HTTPService()
        self.database = DatabaseService()
        self.auth = AuthService()
        self.queue = QueueService()
        self.storage = StorageService()

    def as_dict(self) -> dict[str, BaseService]:
        """The services by name."""
        services: list[BaseService] = [self.http, self.database, self.auth, self.queue, self.storage]
        return {service.name: service for service in services}

    def reset_all(self) -> None:
        """Empties every service; the database loses its tables, too."""
        self.database.hard_reset()
        for service in (self.http, self.auth, self.queue, self.storage):
            service.reset()
