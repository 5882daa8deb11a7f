"""Buckets and objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _native
from .base import BaseService, Record

__all__ = ["StorageService"]


class StorageService(BaseService):
    """Objects in buckets; a bucket is made when something is put into it.

    >>> storage = StorageService()
    >>> storage.put_object("docs", "a/b.txt", "text", content_type="text/plain")
    {'bucket': 'docs', 'key': 'a/b.txt', 'size': 4}
    >>> storage.get_object("docs", "a/b.txt")["data"]
    b'text'
    """

    name = "storage"
    prefix = "/storage"

    def __init__(self, *, _part: _native.Storage | None = None, _port: int | None = None) -> None:
        self._part = _part or _native.Storage()
        super().__init__(self._part, _port)

    def put_object(
        self,
        bucket: str,
        key: str,
        data: bytes | bytearray | memoryview | str,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Stores an object (text as UTF-8) in the place of an older one; ``{"bucket", "key", "size"}``."""
        size = self._part.put_object(bucket, key, data, content_type, dict(metadata or {}))
        return {"bucket": bucket, "key": key, "size": size}

    def get_object(self, bucket: str, key: str) -> dict[str, Any] | None:
        """``{"data", "content_type", "size", "metadata", "modified"}``; ``None`` when there is no such object."""
        found = self._part.get_object(bucket, key)
        return None if found is None else Record(found)

    def list_objects(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys that begin with ``prefix``, in order; empty for a bucket that is not there."""
        return self._part.list_objects(bucket, prefix)

    def list_buckets(self) -> list[str]:
        """The names of all buckets, in order."""
        return self._part.list_buckets()

    def create_bucket(self, bucket: str) -> bool:
        """Makes an empty bucket; ``False`` when it was there."""
        return self._part.create_bucket(bucket)

    def delete_bucket(self, bucket: str) -> bool:
        """Removes an empty bucket; ``False`` when there was none."""
        return self._part.delete_bucket(bucket)

    def delete_object(self, bucket: str, key: str) -> bool:
        """Removes an object; ``False`` when there was none."""
        return self._part.delete_object(bucket, key)
