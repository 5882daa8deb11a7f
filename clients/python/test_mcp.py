"""`efsm mcp` and `/mcp` of `efsm up`, as agents use them."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from contextlib import asynccontextmanager

import httpx
import pytest
from mcp import MCPError

from agent import HANDSHAKE, STATELESS, Failed, connected, over_stdio
from stack import PATIENCE, Stack, binary

pytestmark = pytest.mark.anyio

PETS = textwrap.dedent("""\
    openapi: 3.1.0
    info: {title: Pets, version: "1"}
    paths:
      /pets/{id}:
        get:
          parameters:
            - {name: id, in: path, required: true, schema: {type: integer}}
          responses:
            "200":
              description: one
              content:
                application/json:
                  schema:
                    type: object
                    required: [id, name]
                    properties: {id: {type: integer}, name: {type: string}}
                  example: {id: 1, name: Rex}
    """)
GREETING = {
    "request": {"method": "GET", "urlPath": "/greeting"},
    "response": {"jsonBody": {"hello": "agent"}},
}
# A test of somebody's code that calls what no stub answers.
FAILING_TEST = textwrap.dedent("""\
    import os
    import urllib.request

    def get(path):
        with urllib.request.urlopen(os.environ["EFSM_URL"] + path) as answer:
            return answer.read()

    def test_greets():
        assert b"agent" in get("/greeting")

    def test_says_goodbye():
        get("/greetings")
    """)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(params=[HANDSHAKE, STATELESS])
def revision(request):
    return request.param


@pytest.fixture(params=["stdio", "http"])
def open_agent(request, start, revision):
    """Opens an agent that may run commands."""

    @asynccontextmanager
    async def open_agent():
        if request.param == "stdio":
            opened = over_stdio(revision)
        else:
            opened = connected(start(None, "--allow-run").url + "/mcp", revision)
        async with opened as agent:
            yield agent

    return open_agent


def get(url, path="", status=200):
    answer = httpx.get(url + path, timeout=PATIENCE)
    assert answer.status_code == status, answer.text
    return answer


async def test_full_story(open_agent, tmp_path):
    async with open_agent() as agent:
        # An API from its description.
        pets = await agent.call("generate_mock", service_spec=PETS, format="openapi")
        assert (pets["title"], pets["operations"]) == ("Pets", 1)
        assert pets["routes"] == ["GET /pets/{id}"]
        assert get(pets["base_url"], "/pets/1").json() == {"id": 1, "name": "Rex"}

        # A whole backend.
        started = await agent.call("orchestrate_mock", name="shop")
        url = started["url"]
        assert started["services"] == ["http", "database", "auth", "queue", "storage"]
        assert started["env"]["EFSM_URL"] == url
        stubs = await agent.call("set_stubs", stack="shop", mappings=[GREETING])
        assert (len(stubs["added"]), stubs["removed"], stubs["base_url"]) == (1, 0, url)
        assert get(url, "/greeting").json() == {"hello": "agent"}

        await agent.call("query_database", stack="shop", sql="CREATE TABLE pets (name TEXT, age INTEGER)")
        added = await agent.call(
            "query_database", stack="shop", sql="INSERT INTO pets VALUES (:name, :age)", params={"name": "Rex", "age": 2**53 + 1}
        )
        assert added["changes"] == 1
        # An integer that JSON's readers would round is text.
        found = await agent.call("query_database", stack="shop", sql="SELECT * FROM pets")
        assert found["rows"] == [{"name": "Rex", "age": "9007199254740993"}]

        await agent.call("use_queue", stack="shop", action="publish", topic="orders", message={"id": 7})
        orders = await agent.call("use_queue", stack="shop", action="read", topic="orders")
        assert (orders["messages"], orders["count"]) == ([{"id": 7}], 1)
        assert (await agent.call("use_queue", stack="shop", action="topics"))["topics"] == ["orders"]

        await agent.call("use_storage", stack="shop", action="put", bucket="files", key="a.bin", base64="AP8=")
        stored = await agent.call("use_storage", stack="shop", action="get", bucket="files", key="a.bin")
        assert (stored["base64"], stored["size_bytes"]) == ("AP8=", 2)
        assert (await agent.call("use_storage", stack="shop", action="list"))["buckets"] == ["files"]
        assert (await agent.call("use_storage", stack="shop", action="list", bucket="files"))["keys"] == ["a.bin"]

        token = await agent.call("issue_token", stack="shop", subject="ada", claims={"email": "ada@example.org"})
        who = httpx.get(url + "/auth/oauth/userinfo", headers={"Authorization": token["authorization"]}, timeout=PATIENCE)
        assert who.status_code == 200 and who.json()["sub"] == "ada"

        # State is a value: taken, lost, brought back, forked.
        taken = await agent.call("snapshot", stack="shop", action="take", snapshot="seeded")
        assert taken["snapshots"] == ["seeded"]
        await agent.call("query_database", stack="shop", sql="DELETE FROM pets")
        await agent.call("snapshot", stack="shop", action="restore", snapshot="seeded")
        counted = await agent.call("query_database", stack="shop", sql="SELECT count(*) AS n FROM pets")
        assert counted["rows"] == [{"n": 1}]
        fork = await agent.call("fork_stack", stack="shop", name="shop-copy")
        await agent.call("query_database", stack="shop-copy", sql="DELETE FROM pets")
        counted = await agent.call("query_database", stack="shop", sql="SELECT count(*) AS n FROM pets")
        assert counted["rows"] == [{"n": 1}]
        assert get(fork["url"], "/greeting").json() == {"hello": "agent"}
        again = await agent.call("orchestrate_mock", scenario="shop/seeded", name="shop-seeded")
        assert get(again["url"], "/greeting").json() == {"hello": "agent"}

        clock = await agent.call("set_clock", stack="shop", now="2030-01-01T00:00:00Z", freeze=True)
        assert clock == {"now": "2030-01-01T00:00:00Z", "is_frozen": True}
        clock = await agent.call("set_clock", stack="shop", advance="1h30m")
        assert clock["now"] == "2030-01-01T01:30:00Z"
        rule = {"service": "http", "match": {"path": "/greet*"}, "effect": {"status": 503}, "times": 1}
        assert len((await agent.call("set_faults", stack="shop", rules=[rule]))["rules"]) == 1
        get(url, "/greeting", 503)
        get(url, "/greeting")
        assert (await agent.call("set_faults", stack="shop", rules=[]))["rules"] == []

        # The user's tests, one of which asks for what is not there.
        (tmp_path / "test_shop.py").write_text(FAILING_TEST)
        ran = await agent.call(
            "run_tests", stack="shop", workspace=str(tmp_path), command=f"{sys.executable} -m pytest -q -p no:cacheprovider"
        )
        assert not ran["passed"] and ran["exit_code"] == 1, ran
        assert ran["failed_tests"] == ["test_shop.py::test_says_goodbye"]
        assert "1 failed, 1 passed" in ran["output_tail"]
        assert ran["isolation"]["isolation"] in ("docker", "namespaces", "none")
        (miss,) = ran["unmatched"]
        assert miss["request"] == "GET /greetings"
        explained = await agent.call("explain_request", stack="shop")
        assert explained["count"] == 1
        nearest = explained["unmatched"][0]["nearest"]
        assert stubs["added"][0] in json.dumps(nearest)
        assert miss["nearest"] == nearest
        tried = await agent.call("explain_request", stack="shop", request={"method": "POST", "url": "/greeting"})
        assert tried["unmatched"][0]["request"] == "POST /greeting"
        assert stubs["added"][0] in json.dumps(tried["unmatched"][0]["nearest"])

        journal = await agent.call("read_journal", stack="shop", service="http", text="greetings")
        assert [entry["service"] for entry in journal["entries"]] == ["http"]

        # Mended, they pass.
        mended = {"request": {"method": "GET", "urlPath": "/greetings"}, "response": {"body": "bye"}}
        await agent.call("set_stubs", stack="shop", mappings=[mended])
        ran = await agent.call(
            "run_tests", stack="shop", workspace=str(tmp_path), command=f"{sys.executable} -m pytest -q -p no:cacheprovider"
        )
        assert ran["passed"] and ran["unmatched"] == [], ran

        listed = await agent.call("list_stacks")
        own = {entry["stack"]: entry["url"] for entry in listed["stacks"] if entry["is_own"]}
        assert set(own) == {pets["stack"], "shop", "shop-copy", "shop-seeded"}
        # The forks of a stack end with it.
        assert (await agent.call("stop_stack", stack="shop"))["stopped"] == "shop"
        await agent.call("stop_stack", stack=pets["stack"])
        listed = await agent.call("list_stacks")
        assert not any(entry["is_own"] for entry in listed["stacks"])
        for gone in own.values():
            with pytest.raises(httpx.TransportError):
                httpx.get(gone, timeout=PATIENCE)


async def test_tools_are_listed_in_one_order_with_schemas_and_annotations(open_agent):
    async with open_agent() as agent:
        tools = (await agent.client.list_tools()).tools
        assert [tool.name for tool in tools] == [
            "generate_mock", "orchestrate_mock", "list_stacks", "set_stubs", "explain_request", "query_database",
            "use_queue", "use_storage", "issue_token", "snapshot", "fork_stack", "set_clock", "set_faults",
            "read_journal", "run_tests", "stop_stack",
        ]  # fmt: skip
        for tool in tools:
            assert tool.output_schema["type"] == "object"
            assert tool.annotations.title and tool.annotations.read_only_hint is not None
        by_name = {tool.name: tool.annotations for tool in tools}
        assert by_name["stop_stack"].destructive_hint and not by_name["set_stubs"].destructive_hint
        assert by_name["read_journal"].read_only_hint and by_name["run_tests"].open_world_hint
        # A model reads all of this before the first word of its user.
        assert sum(len(tool.description) for tool in tools) < 4000
        assert agent.client.server_info.name == "efsm"
        assert "orchestrate_mock" in agent.client.instructions


async def test_resources_and_prompt(open_agent):
    async with open_agent() as agent:
        await agent.call("orchestrate_mock", name="shop")
        await agent.call("set_stubs", stack="shop", mappings=[GREETING])
        await agent.call("query_database", stack="shop", sql="CREATE TABLE pets (name TEXT)")
        listed = {str(resource.uri) for resource in (await agent.client.list_resources()).resources}
        wanted = {f"efsm://shop/{name}" for name in ["journal", "stubs", "tables", "openapi"]}
        assert wanted <= listed
        templates = (await agent.client.list_resource_templates()).resource_templates
        assert {template.uri_template for template in templates} == {uri.replace("shop", "{stack}") for uri in wanted}
        assert (await agent.read("efsm://shop/stubs"))["mappings"][0]["request"]["urlPath"] == "/greeting"
        assert [table["name"] for table in (await agent.read("efsm://shop/tables"))["tables"]] == ["pets"]
        assert (await agent.read("efsm://shop/journal"))["entries"]
        assert "/_efsm/clock" in (await agent.read("efsm://shop/openapi"))["paths"]
        for unknown in ["efsm://nowhere/stubs", "efsm://shop/nothing", "file:///etc/passwd", "efsm://results/99"]:
            with pytest.raises(MCPError) as refused:
                await agent.read(unknown)
            expected = -32602 if agent.revision == STATELESS else -32002
            assert refused.value.error.code == expected, unknown
            assert "Next: " in refused.value.error.message

        (prompt,) = (await agent.client.list_prompts()).prompts
        got = await agent.client.get_prompt(prompt.name, {"folder": "repository/shop"})
        text = got.messages[0].content.text
        assert "repository/shop" in text and "database.schema" in text
        with pytest.raises(MCPError) as refused:
            await agent.client.get_prompt("other")
        assert refused.value.error.code == -32602 and prompt.name in refused.value.error.message


async def test_mistakes_say_what_to_do_next(open_agent):
    async with open_agent() as agent:
        assert "start one with orchestrate_mock" in await agent.failure("read_journal", stack="nowhere")
        await agent.call("orchestrate_mock", name="small", services=["http"])
        assert "`nowhere`" in (unknown := await agent.failure("read_journal", stack="nowhere"))
        assert "small" in unknown
        assert "missing field `sql`" in (missing := await agent.failure("query_database", stack="small"))
        assert "call again with" in missing and "params" in missing
        assert "stak" in await agent.failure("read_journal", stak="small")
        assert "no database service" in await agent.failure("query_database", stack="small", sql="SELECT 1")
        assert "already" in await agent.failure("orchestrate_mock", name="small")
        assert "`mail`" in await agent.failure("orchestrate_mock", services=["mail"])
        assert "scenario:2" in await agent.failure("orchestrate_mock", scenario="name: x\nservics: [http]\n")
        assert "/no/such/file" in await agent.failure("generate_mock", service_spec="/no/such/file.yaml")
        assert "mappings[0]" in await agent.failure("set_stubs", stack="small", mappings=[{"request": {"method": 5}}])
        assert "no stub's id" in await agent.failure("set_stubs", stack="small", remove=["x"])
        assert "2031" in await agent.failure("set_clock", stack="small", now="2031")
        assert "no snapshot" in await agent.failure("fork_stack", stack="small", snapshot="s")
        assert "no `snapshot`" in await agent.failure("snapshot", stack="small", action="restore")
        assert "effect" in await agent.failure("set_faults", stack="small", rules=[{"service": "http"}])
        assert "cannot be a stack's name" in await agent.failure("orchestrate_mock", name="a/b")
        with pytest.raises(MCPError) as refused:
            await agent.client.call_tool("reset_everything", {})
        assert refused.value.error.code == -32602 and "orchestrate_mock" in refused.value.error.message
        # A stack that could not be started is not there.
        assert [s["stack"] for s in (await agent.call("list_stacks"))["stacks"] if s["is_own"]] == ["small"]


async def test_long_results_keep_both_ends_and_link_to_the_whole(open_agent):
    async with open_agent() as agent:
        await agent.call("orchestrate_mock", name="big", services=["database", "storage"])
        count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) SELECT i FROM n"
        result = await agent.result("query_database", stack="big", sql=count)
        rows = [row["i"] for row in result.structured_content["rows"]]
        assert len(json.dumps(result.structured_content, separators=(",", ":"))) < 26_000
        assert (rows[0], rows[-1], result.structured_content["row_count"]) == (1, 9000, 9000)
        assert len(rows) + result.structured_content["left_out"]["rows"] == 9000
        summary, link = result.content
        assert "9000" in summary.text and link.type == "resource_link"
        whole = await agent.read(link.uri)
        assert [row["i"] for row in whole["rows"]] == list(range(1, 9001))
        # One long text.
        text = "begin" + "x" * 200_000 + "end"
        await agent.call("use_storage", stack="big", action="put", bucket="b", key="k", text=text)
        result = await agent.result("use_storage", stack="big", action="get", bucket="b", key="k")
        kept = result.structured_content["text"]
        assert kept.startswith("beginx") and kept.endswith("xend") and "characters left out" in kept
        assert (await agent.read(result.content[1].uri))["text"] == text


async def test_graphql_text_and_documents_beside_files(open_agent, tmp_path):
    async with open_agent() as agent:
        schema = "type Query {\n  hello: String!\n}\n"
        mock = await agent.call("generate_mock", service_spec=schema, format="graphql")
        assert mock["kind"] == "graphql" and mock["operations"] == 1
        answer = httpx.post(mock["base_url"] + "/graphql", json={"query": "{hello}"}, timeout=PATIENCE)
        assert isinstance(answer.json()["data"]["hello"], str)
        file = tmp_path / "pets.yaml"
        file.write_text(PETS)
        more = await agent.call("generate_mock", service_spec=str(file), stack=mock["stack"])
        assert more["stack"] == mock["stack"] and more["title"] == "Pets"
        assert get(more["base_url"], "/pets/1").json()["name"] == "Rex"
        broken = await agent.failure("generate_mock", service_spec="openapi: 3.1.0\npaths: [")
        assert "spec.yaml" in broken
        # What was started for a document that cannot be served is gone.
        own = [s["stack"] for s in (await agent.call("list_stacks"))["stacks"] if s["is_own"]]
        assert own == [mock["stack"]]


async def test_commands_run_over_http_only_when_allowed(stack, revision):
    async with connected(stack.url + "/mcp", revision) as agent:
        (listed,) = (await agent.call("list_stacks"))["stacks"]
        refusal = await agent.failure("run_tests", stack=listed["stack"], command="true")
        assert "--allow-run" in refusal
        # A stack that an agent starts there refuses as well, at its own port too.
        inner = await agent.call("orchestrate_mock", name="inner")
        assert "--allow-run" in await agent.failure("run_tests", stack="inner", command="true")
        async with connected(inner["url"] + "/mcp", revision) as beside:
            assert "--allow-run" in await beside.failure("run_tests", stack="inner", command="true")


async def test_agents_end_only_what_agents_started(stack, revision):
    async with connected(stack.url + "/mcp", revision) as agent:
        (listed,) = (await agent.call("list_stacks"))["stacks"]
        assert not listed["is_own"]
        assert "was not started by an agent" in await agent.failure("stop_stack", stack=listed["stack"])
        fork = await agent.call("fork_stack", stack=listed["stack"], name="copy")
        get(fork["url"], "/health")
        await agent.call("stop_stack", stack="copy")
        get(stack.url, "/health")


# Bytes, for what no client would send.

PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": HANDSHAKE,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def call_message(id, tool, /, **arguments):
    return {"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def speak(lines, timeout=PATIENCE, **options):
    """What the process answers to these lines before its input ends, and how it ends."""
    text = "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)
    done = subprocess.run(
        [binary(), "mcp"], input=text, capture_output=True, text=True, timeout=timeout, **options
    )
    assert "panicked" not in done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("lines", [
    [],
    ["\n"],
    ["{"],
    ["not json\n"],
    ["[]\n", "5\n", "null\n", "{}\n"],
    [INITIALIZE],
    [INITIALIZED],
    [PING],
    [INITIALIZE, INITIALIZED],
    [INITIALIZE, INITIALIZED, "{\"jsonrpc\": \"2.0\", \"id\": 3, \"meth"],
    [INITIALIZE, INITIALIZED, call_message(3, "orchestrate_mock")],
    [INITIALIZE, INITIALIZED, call_message(3, "nothing"), "x\n"],
    ["{\"a\":" * 5000 + "\n"],
], ids=str)  # fmt: skip
def test_input_may_end_at_any_moment(lines):
    code, _ = speak(lines)
    assert code == 0


def test_nothing_is_left_when_the_input_ends_in_a_call(tmp_path):
    marker = tmp_path / "marker"
    process = subprocess.Popen([binary(), "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        for message in [INITIALIZE, INITIALIZED, call_message(2, "orchestrate_mock", name="shop")]:
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        url = json.loads(process.stdout.readline())["result"]["structuredContent"]["url"]
        command = f"echo $$ > {marker}; cat /dev/zero > /dev/null"
        call = call_message(3, "run_tests", stack="shop", command=command, workspace=str(tmp_path))
        process.stdin.write(json.dumps(call) + "\n")
        process.stdin.flush()
        # The stack's own journal tells nothing of commands: the file is there when the command runs.
        fifo_free = httpx.Client(timeout=PATIENCE)
        while not (marker.exists() and marker.read_text()):
            fifo_free.get(url + "/health")
        fifo_free.close()
        process.stdin.close()
        assert process.wait(timeout=PATIENCE) == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(url, timeout=PATIENCE)
    left = subprocess.run(["pgrep", "-f", str(marker)], capture_output=True, text=True).stdout
    assert left == ""


def test_a_line_beyond_all_limits_is_dropped_and_the_next_is_answered():
    huge = json.dumps(call_message(7, "orchestrate_mock", scenario="x" * (17 << 20))) + "\n"
    code, answers = speak([INITIALIZE, INITIALIZED, huge, {**PING, "id": 8}])
    assert code == 0
    assert answers[-1] == {"jsonrpc": "2.0", "id": 8, "result": {}}


def test_what_is_not_understood_is_said_to_be_and_the_next_is_answered():
    lines = ["x\n", "{\n", "[1]\n", "{}\n", {"jsonrpc": "2.0", "id": 3, "method": "tools/destroy"}, call_message(4, "list_stacks", all=True), {**PING, "id": 5}]
    code, answers = speak([INITIALIZE, INITIALIZED, *lines])
    assert code == 0
    by_id = {answer["id"]: answer for answer in answers if answer.get("id") is not None}
    assert by_id[3]["error"]["code"] == -32601
    assert by_id[4]["result"]["isError"] and "`all`" in by_id[4]["result"]["content"][0]["text"]
    assert by_id[5]["result"] == {}
    # What has no id of its own is answered with an error or not at all.
    assert all(answer["error"]["code"] in (-32700, -32600) for answer in answers if answer.get("id") is None)


async def test_progress_is_told_while_a_command_runs(open_agent, tmp_path):
    async with open_agent() as agent:
        await agent.call("orchestrate_mock", name="shop", services=["http"])
        os.mkfifo(tmp_path / "go")
        told = []

        async def progress(done, total, message):
            told.append((done, message))
            if message == "before":
                # The command waits for it.
                with open(tmp_path / "go", "w") as go:
                    go.write("went")

        arguments = {"stack": "shop", "workspace": str(tmp_path), "command": "echo before; cat go; echo; echo after"}
        result = await agent.client.call_tool("run_tests", arguments, progress_callback=progress)
        assert result.structured_content["output_tail"] == "before\nwent\nafter\n"
        assert [done for done, _ in told] == sorted({done for done, _ in told})


def post(url, body=PING, **headers):
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json", **headers}
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return httpx.post(url + "/mcp", content=content, headers=headers, timeout=PATIENCE)


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:80"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
], ids=str)  # fmt: skip
def test_other_hosts_and_origins_are_refused(stack, headers):
    assert post(stack.url).status_code == 200
    answer = post(stack.url, **headers)
    assert answer.status_code == 403, answer.text
    assert post(stack.url, INITIALIZE, **headers).status_code == 403


def test_bodies_that_are_no_message_are_refused(stack):
    for body in ["", "{", "[]", "5", "{}", b"\xff\xfe", "{\"a\":" * 5000]:
        assert 400 <= post(stack.url, body).status_code < 500, body
    huge = json.dumps(call_message(1, "orchestrate_mock", scenario="x" * (17 << 20)))
    assert post(stack.url, huge).status_code == 413
    assert post(stack.url).status_code == 200
    for method in ["GET", "DELETE", "PUT"]:
        answer = httpx.request(method, stack.url + "/mcp", headers={"Accept": "text/event-stream"}, timeout=PATIENCE)
        assert answer.status_code == 405


def test_a_stack_that_others_can_reach_asks_for_its_token(start):
    stack = start(None, "--bind", "0.0.0.0")
    url = f"http://127.0.0.1:{stack.port}"
    refused = post(url)
    assert refused.status_code == 401, refused.text
    assert post(url, Authorization="Bearer other").status_code == 401
    assert post(url, Authorization=f"Bearer {stack.up['token']}").status_code == 200
