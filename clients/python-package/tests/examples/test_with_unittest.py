"""The same with unittest, with asyncio, and without a port."""

from __future__ import annotations

import asyncio
import unittest
from datetime import timedelta

from sin_code_efsm import EphemeralMockServer, FullStack, InvalidTokenError, Snapshot
from sin_code_efsm.services.auth import AuthService


class OrderTest(unittest.TestCase):
    stack: EphemeralMockServer
    efsm: EphemeralMockServer

    @classmethod
    def setUpClass(cls) -> None:
        cls.stack = EphemeralMockServer(port=0, services=["queue", "auth"]).start()
        cls.addClassCleanup(cls.stack.stop)

    def setUp(self) -> None:
        self.efsm = self.stack.fork()
        self.addCleanup(self.efsm.stop)

    def test_a_message_is_there(self) -> None:
        self.assertEqual(self.efsm.queue.publish("orders", {"id": 1}), 1)
        before: Snapshot = self.efsm.snapshot()
        self.efsm.queue.publish("orders", {"id": 2})
        self.efsm.restore(before)
        self.assertEqual(self.efsm.queue.consume("orders", limit=5), [{"id": 1}])

    def test_a_token_expires(self) -> None:
        token = self.efsm.auth.issue_jwt("ada", extra={"role": "admin"})
        self.assertEqual(self.efsm.auth.validate_jwt(token)["role"], "admin")
        self.efsm.clock.advance(timedelta(hours=2))
        with self.assertRaises(InvalidTokenError) as caught:
            self.efsm.auth.validate_jwt(token)
        self.assertEqual(caught.exception.reason, "token expired")


class AsyncTest(unittest.IsolatedAsyncioTestCase):
    async def test_servers_side_by_side(self) -> None:
        async with EphemeralMockServer(port=0) as one, EphemeralMockServer(port=0) as other:
            self.assertNotEqual(one.port, other.port)

    def test_in_a_loop_of_its_own(self) -> None:
        async def story() -> int | None:
            server = await EphemeralMockServer(port=0).start_async()
            try:
                return server.port
            finally:
                await server.stop_async()

        self.assertIsNotNone(asyncio.run(story()))


class WithoutPortTest(unittest.TestCase):
    def test_services_alone(self) -> None:
        stack = FullStack()
        stack.storage.put_object("docs", "a.txt", "text", content_type="text/plain")
        found = stack.storage.get_object("docs", "a.txt")
        assert found is not None
        self.assertEqual(found["data"], b"text")
        stack.reset_all()
        self.assertEqual(stack.storage.list_buckets(), [])
        self.assertEqual(AuthService(secret="s", ttl_seconds=60).secret, "s")
