"""Agents: the official client of the Model Context Protocol, over standard input and output and over HTTP."""

import json
from contextlib import asynccontextmanager

from mcp import Client, StdioServerParameters

from stack import PATIENCE, binary

HANDSHAKE = "2025-11-25"
STATELESS = "2026-07-28"
# How the client is told to speak a revision: `auto` asks the server what it speaks and takes the newest.
MODES = {HANDSHAKE: "legacy", STATELESS: "auto"}


class Failed(Exception):
    """A tool's own failure."""


class Agent:
    def __init__(self, client):
        self.client = client

    @property
    def revision(self):
        return self.client.protocol_version

    async def call(self, tool, /, **arguments):
        """The structured result, which the client has held against the tool's output schema."""
        return (await self.result(tool, **arguments)).structured_content

    async def result(self, tool, /, **arguments):
        result = await self.client.call_tool(tool, arguments)
        if result.is_error:
            raise Failed(result.content[0].text)
        assert "\n" not in result.content[0].text, "the text is one line"
        return result

    async def failure(self, tool, /, **arguments):
        """What the tool says when it fails, with what to do next."""
        try:
            done = await self.call(tool, **arguments)
        except Failed as failed:
            text = str(failed)
            assert "\nNext: " in text
            return text
        raise AssertionError(f"{tool} did not fail: {done}")

    async def read(self, uri):
        (content,) = (await self.client.read_resource(str(uri))).contents
        assert content.mime_type == "application/json"
        return json.loads(content.text)


@asynccontextmanager
async def over_stdio(revision=STATELESS, *arguments, cwd=None, env=None):
    parameters = StdioServerParameters(
        command=binary(), args=["mcp", *arguments], cwd=cwd, env=env
    )
    async with connected(parameters, revision) as agent:
        yield agent


@asynccontextmanager
async def connected(server, revision=STATELESS):
    async with Client(server, mode=MODES[revision], read_timeout_seconds=4 * PATIENCE) as client:
        agent = Agent(client)
        assert agent.revision == revision
        yield agent
