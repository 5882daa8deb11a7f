// A mocked GraphQL API seen by graphql-js, graphql-ws, graphql-sse and graphql-http's audits.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import {
    buildClientSchema,
    buildSchema,
    getIntrospectionQuery,
    introspectionFromSchema,
    lexicographicSortSchema,
    parse,
    printSchema,
    validate,
    validateSchema,
} from "graphql";
import { serverAudits } from "graphql-http";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import WebSocket from "ws";

import { Stack } from "./stack.js";

const SDL = `
directive @cached(seconds: Int = 60) repeatable on FIELD | QUERY
scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time")
interface Node { id: ID! }
"Who buys."
type User implements Node {
    id: ID!
    name: String!
    role: Role!
    createdAt: DateTime!
    friends(first: Int = 3): [User!]!
    orders(first: Int, after: String): OrderConnection!
    old: String @deprecated(reason: "use name")
    nick(upper: Boolean @deprecated, style: Style = { bold: true, size: 1, names: [] }): String
}
type Order implements Node { id: ID! total: Float! lines: [Line!] buyer: User }
type Line { quantity: Int! }
type OrderConnection { edges: [OrderEdge!]! nodes: [Order] totalCount: Int! pageInfo: PageInfo! }
type OrderEdge { cursor: String! node: Order }
type PageInfo { hasNextPage: Boolean! endCursor: String }
enum Role { ADMIN GUEST MEMBER @deprecated }
union SearchResult = User | Order
input Style { bold: Boolean = false size: Int! = 12 names: [String!] = ["a", "b"] }
input By @oneOf { id: ID name: String }
input Filter { text: String! roles: [Role!] = [ADMIN] also: Filter }
type Query {
    me: User!
    user(id: ID!): User
    users(ids: [ID!], role: Role): [User!]!
    find(by: By!): User
    node(id: ID!): Node
    search(filter: Filter!): [SearchResult!]!
    number(value: Int = 5, float: Float, flag: Boolean, text: String): Int
}
type Mutation { rename(id: ID!, name: String!): User! }
type Subscription { renamed(id: ID): User! tick: Int! }
`;

let stack;
let spec;
let url;

async function add(text, options) {
    const response = await fetch(`${stack.url}/__admin/specs`, {
        method: "POST",
        body: JSON.stringify({ spec: text, name: "schema.graphql", options }),
    });
    assert.equal(response.status, 201, await response.clone().text());
    return response.json();
}

async function ask(query, variables, at = url) {
    const response = await fetch(at, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
    });
    return response.json();
}

async function push(event, subscribers = 1) {
    // A subscription is there some time after its client asked for it.
    for (;;) {
        const response = await fetch(`${stack.url}/__admin/specs/${spec.id}/events`, {
            method: "POST",
            body: JSON.stringify(event),
        });
        const told = await response.json();
        assert.equal(response.status, 200, JSON.stringify(told));
        if (told.delivered >= subscribers) return;
        assert.equal(told.delivered, 0);
        await new Promise(setImmediate);
    }
}

before(async () => {
    stack = await Stack.start();
    spec = await add(SDL, { graphql: { eventIntervalMs: 0 } });
    url = `${stack.url}/graphql`;
});
after(() => stack.stop());

const ALL = {
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
};

describe("graphql-js", () => {
    test("builds a client's schema from introspection with all options", async () => {
        const { data, errors } = await ask(getIntrospectionQuery(ALL));
        assert.equal(errors, undefined);
        const schema = buildClientSchema(data);
        assert.deepEqual(validateSchema(schema), []);
        const own = lexicographicSortSchema(buildSchema(SDL));
        assert.equal(printSchema(lexicographicSortSchema(schema)), printSchema(own));
    });

    test("tells the same of the schema", async () => {
        const { data } = await ask(getIntrospectionQuery(ALL));
        const own = introspectionFromSchema(buildSchema(SDL), ALL);
        const types = (result) =>
            new Map(
                result.__schema.types
                    // The words about built-in types are ours.
                    .filter((type) => !type.name.startsWith("__") && !/^(Int|Float|String|Boolean|ID)$/.test(type.name))
                    .map((type) => [type.name, type]),
            );
        assert.deepEqual(types(data), types(JSON.parse(JSON.stringify(own))));
    });

    test("answers older introspection queries", async () => {
        const { data, errors } = await ask(getIntrospectionQuery());
        assert.equal(errors, undefined);
        assert.ok(buildClientSchema(data).getType("User"));
    });

    // The verdicts, places and words of graphql-js's validation are those that clients know.
    const QUERIES = [
        "{ me { id } }",
        "{ me }",
        "{ me { id { x } } }",
        "{ me { nam } }",
        "{ nothing }",
        "{ search(filter: {text: \"\"}) { total } }",
        "{ node(id: 1) { name } }",
        "{ user { id } }",
        "{ user(id: 1, i: 2) { id } }",
        "{ user(id: 1, id: 1) { id } }",
        "{ user(id: null) { id } }",
        "{ user(id: 1.5) { id } }",
        "{ users(role: ADMI) { id } }",
        "{ users(role: \"ADMIN\") { id } }",
        "{ users(ids: 1) { id } users(ids: 1) { name } }",
        "{ users(ids: [1, null]) { id } }",
        "{ number(value: \"1\") }",
        "{ number(value: 2147483648) }",
        "{ number(float: \"1\") }",
        "{ number(flag: 1) }",
        "{ number(text: 1) }",
        "{ search(filter: 1) { __typename } }",
        "{ search(filter: {}) { __typename } }",
        "{ search(filter: {text: \"\", txt: 1}) { __typename } }",
        "{ search(filter: {text: \"\", also: {text: 1, roles: [X]}}) { __typename } }",
        "{ search(filter: {text: \"\", text: \"\"}) { __typename } }",
        "{ find(by: {}) { id } }",
        "{ find(by: {id: 1, name: \"\"}) { id } }",
        "{ find(by: {id: null}) { id } }",
        "query ($a: ID!) { find(by: {id: $a}) { id } }",
        "query A { me { id } } query A { me { id } }",
        "{ me { id } } query A { me { id } }",
        "{ ...F }",
        "{ ...F } fragment F on Nothing { id }",
        "{ ... on Role { id } }",
        "{ me { id } } fragment F on User { id }",
        "{ me { ...F } } fragment F on User { id ...F }",
        "{ me { ...A } } fragment A on User { id friends { ...B } } fragment B on User { ...A }",
        "{ me { ...A } } fragment A on User { ...B } fragment B on User { ...C } fragment C on User { ...A id }",
        "{ me { ... on Order { id } } }",
        "{ me { ...F } } fragment F on Order { id }",
        "{ me { ... on Node { id } } }",
        "{ me { a: id a: name } }",
        "{ number(value: 1) number }",
        "{ me { id } me { id: name } }",
        "{ me { friends { a: id } } me { friends { a: name } } }",
        "{ search(filter: {text: \"\"}) { ... on User { x: name } ... on Order { x: total } } }",
        "{ search(filter: {text: \"\"}) { ... on User { x: id } ... on Order { x: id } } }",
        "{ search(filter: {text: \"\"}) { ... on User { x: friends { id } } ... on Order { x: buyer { id } } } }",
        "{ me @nothing { id } }",
        "{ me @deprecated { id } }",
        "{ me @skip(if: true) @skip(if: false) { id } }",
        "{ me @skip { id } }",
        "{ me @cached @cached(seconds: 1) { id } }",
        "{ me @cached(second: 1) { id } }",
        "query ($a: ID!, $a: ID!) { user(id: $a) { id } }",
        "query ($a: User) { number(value: $a) }",
        "query ($a: Nothing) { number(value: $a) }",
        "query ($a: Int = \"x\") { number(value: $a) }",
        "{ user(id: $a) { id } }",
        "query Q { ...F } fragment F on Query { user(id: $a) { id } }",
        "query Q($a: ID) { me { id } }",
        "query ($a: ID) { user(id: $a) { id } }",
        "query ($a: ID = 1) { user(id: $a) { id } }",
        "query ($a: ID = null) { user(id: $a) { id } }",
        "query ($a: [Int]) { number(value: $a) }",
        "query ($a: [ID]) { users(ids: $a) { id } }",
        "query ($a: ID!) { users(ids: [$a]) { id } }",
        "subscription { tick renamed { id } }",
        "subscription S { ...F } fragment F on Subscription { tick t: tick }",
        "subscription { __typename }",
        "mutation { rename(id: 1) { id } }",
        "{ __schema { types { nam } } __type(name: 1) { name } }",
    ];

    test("finds the same faults in queries", async () => {
        const schema = buildSchema(SDL);
        const ordered = (errors) =>
            errors
                .map(({ message, locations }) => ({ message, locations: locations?.map(({ line, column }) => `${line}:${column}`) }))
                .sort((a, b) => a.message.localeCompare(b.message));
        for (const query of QUERIES) {
            const expected = validate(schema, parse(query), undefined, { maxErrors: 100 });
            // Variables that are missing are no fault of the query.
            const { errors = [] } = await ask(query);
            const found = errors.filter(({ extensions }) => extensions.code === "GRAPHQL_VALIDATION_FAILED");
            assert.deepEqual(ordered(found), ordered(expected), query);
        }
    });

    test("finds the same faults in texts", async () => {
        for (const text of ["{", "{ me { id }", "{ me {} }", "{ me ? }", "{ a(b: 01) }", "{ a(b: 1x) }", "{ a(b: 1.) }", "{ a(b: \"x }", "{ a(b: \"\\x\") }", "{ a(b: \"\\uD800\") }", "quer { a }", "fragment on on A { a }", "query ($a: Int = $b) { a }", "{ a(b: 'x') }", "{ é }"]) {
            let expected;
            assert.throws(() => parse(text), (error) => {
                expected = error;
                return true;
            });
            const { errors } = await ask(text);
            assert.equal(errors[0].message, expected.message, text);
            assert.deepEqual(errors[0].locations, JSON.parse(JSON.stringify(expected.locations)), text);
        }
    });

    test("data is the same in every answer and carries the id that was asked for", async () => {
        const query = "query ($id: ID!) { user(id: $id) { id name createdAt friends { id } } }";
        const first = await ask(query, { id: "u1" });
        assert.equal(first.data.user.id, "u1");
        assert.deepEqual(await ask(query, { id: "u1" }), first);
        assert.equal(new Date(first.data.user.createdAt).toISOString().slice(0, 10), first.data.user.createdAt.slice(0, 10));
    });
});

describe("graphql-http", () => {
    for (const audit of serverAudits({ url: () => url, fetchFn: fetch })) {
        test(`${audit.id} ${audit.name}`, async () => {
            const result = await audit.fn();
            assert.equal(result.status, "ok", result.reason);
        });
    }
});

const received = async (iterator, count) => {
    const results = [];
    for await (const result of iterator) {
        results.push(result);
        if (results.length === count) break;
    }
    return results;
};

describe("graphql-sse", () => {
    test("queries and subscriptions come as events", async () => {
        const client = createSseClient({ url, retryAttempts: 0 });
        const [answer] = await received(client.iterate({ query: "{ user(id: 5) { id } }" }), 1);
        assert.deepEqual(answer, { data: { user: { id: "5" } } });

        const events = received(client.iterate({ query: "subscription { renamed { id name } }" }), 9);
        await push({ field: "renamed", data: { id: "1", name: "Ada" } });
        await push({ field: "renamed", error: "lost" });
        await push({ complete: true });
        assert.deepEqual(await events, [
            { data: { renamed: { id: "1", name: "Ada" } } },
            { data: null, errors: [{ message: "lost" }] },
        ]);
        client.dispose();
    });

    test("faults of a query are its only event", async () => {
        const client = createSseClient({ url, retryAttempts: 0 });
        const [answer] = await received(client.iterate({ query: "{ nothing }" }), 1);
        assert.match(answer.errors[0].message, /Cannot query field/);
        client.dispose();
    });
});

describe("graphql-ws", () => {
    const connect = () =>
        createWsClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0, lazy: true });

    test("queries, mutations and subscriptions run over one socket", async () => {
        const client = connect();
        const events = received(client.iterate({ query: "subscription R { renamed { name } }" }), 2);
        const [answer] = await received(client.iterate({ query: "mutation { rename(id: 5, name: \"Bo\") { id name } }" }), 1);
        assert.deepEqual(answer, { data: { rename: { id: "5", name: "Bo" } } });
        await push({ field: "renamed", data: { name: "Ada" } });
        await push({ field: "renamed", data: { name: "Bob" } });
        assert.deepEqual(await events, [{ data: { renamed: { name: "Ada" } } }, { data: { renamed: { name: "Bob" } } }]);
        await client.dispose();

        const { entries } = await stack.control("GET", "journal?service=http");
        const operations = entries.filter(({ kind }) => kind === "graphql").map(({ graphql }) => graphql);
        assert.deepEqual(operations.find(({ operationName }) => operationName === "R"), {
            operationName: "R",
            operationType: "subscription",
            errors: [],
        });
    });

    test("faults of a query come as an error message", async () => {
        const client = connect();
        await assert.rejects(received(client.iterate({ query: "{ nothing }" }), 1), (errors) => {
            assert.match(errors[0].message, /Cannot query field/);
            return true;
        });
        await client.dispose();
    });

    const closed = (protocol, ...messages) =>
        new Promise((resolve, reject) => {
            const socket = new WebSocket(url.replace("http", "ws"), protocol);
            socket.on("open", () => messages.forEach((message) => socket.send(JSON.stringify(message))));
            socket.on("close", (code) => resolve(code));
            socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
            socket.on("error", reject);
        });

    test("what breaks the protocol is told by the code of the close", async () => {
        const init = { type: "connection_init" };
        const subscribe = { id: "1", type: "subscribe", payload: { query: "subscription { tick }" } };
        assert.equal(await closed("graphql-transport-ws", { type: "start" }), 4400);
        assert.equal(await closed("graphql-transport-ws", subscribe), 4401);
        assert.equal(await closed("graphql-transport-ws", init, subscribe, subscribe), 4409);
        assert.equal(await closed("graphql-transport-ws", init, init), 4429);
        assert.equal(await closed("graphql-ws"), 400);
    });

    test("a WebSocket that does not greet is closed when the stack's clock says so", async () => {
        const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
        await once(socket, "open");
        const closed = once(socket, "close");
        await stack.control("PUT", "clock", { advance: "11s" });
        const [code, reason] = await closed;
        assert.deepEqual([code, reason.toString()], [4408, "Connection initialisation timeout"]);
    });

    test("pings are answered", async () => {
        const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
        const pong = new Promise((resolve) => socket.on("message", (data) => resolve(JSON.parse(data))));
        socket.on("open", () => socket.send(JSON.stringify({ type: "ping", payload: { a: 1 } })));
        assert.deepEqual(await pong, { type: "pong", payload: { a: 1 } });
        socket.close();
    });
});

describe("stacks", () => {
    test("events are made up as the stack's clock moves", async () => {
        const other = await add(SDL, { graphql: { mount: "/clocked", eventIntervalMs: 60_000, events: 3 } });
        await stack.control("PUT", "clock", { freeze: true });
        const client = createSseClient({ url: `${stack.url}/clocked`, retryAttempts: 0 });
        const events = received(client.iterate({ query: "subscription { tick }" }), 9);
        // An event that is pushed says that the subscription is there.
        spec = [other, (other.kept = spec)][0];
        await push({ field: "tick", data: 7 });
        spec = other.kept;
        await stack.control("PUT", "clock", { advance: "10m" });
        const ticks = (await events).map(({ data }) => data.tick);
        assert.equal(ticks.length, 3);
        assert.equal(ticks[0], 7);
        assert.notEqual(ticks[1], ticks[2]);
        await stack.control("PUT", "clock", { resume: true });
        client.dispose();
    });

    test("events that fit nothing are refused", async () => {
        const refused = async (event, id = spec.id) => {
            const path = `${stack.url}/__admin/specs/${id}/events`;
            const response = await fetch(path, { method: "POST", body: event });
            const text = await response.text();
            return [response.status, text && JSON.parse(text).errors[0].title];
        };
        assert.match((await refused("x"))[1], /no JSON object/);
        assert.deepEqual(await refused('{"field": "nothing", "data": 1}'), [422, "the schema has no subscription nothing"]);
        assert.match((await refused('{"data": 1}'))[1], /no `field`/);
        assert.match((await refused('{"field": "tick"}'))[1], /either `data`, or `error`/);
        assert.equal((await refused("{}", "00000000-0000-0000-0000-000000000000"))[0], 404);
    });

    test("schemas and options that are wrong are refused", async () => {
        const refused = async (spec, options) => {
            const body = JSON.stringify({ spec, name: "schema.graphql", options });
            const response = await fetch(`${stack.url}/__admin/specs`, { method: "POST", body });
            assert.equal(response.status, 422);
            return (await response.json()).errors[0].title;
        };
        assert.match(await refused("type Query {\n  a: A\n}"), /line 2, column 6: Unknown type "A"/);
        assert.match(await refused(SDL, { graphql: { mount: "graphql" } }), /graphql\.mount: expected a path/);
        assert.match(await refused(SDL, { graphql: { overrides: { Usr: {} } } }), /no type "Usr". Did you mean "User"/);
        assert.match(await refused(SDL, { graphql: { nothing: 1 } }), /no such option of GraphQL/);
        assert.match(await refused(SDL, { upstream: "http://127.0.0.1:1" }), /requests are not passed on/);
    });

    test("overrides and stubs win", async () => {
        await add(SDL, { graphql: { mount: "/said", overrides: { "User.name": "Ada", "Query.number": { $error: "no" } } } });
        const { data, errors } = await ask("{ me { name } number }", undefined, `${stack.url}/said`);
        assert.deepEqual(data, { me: { name: "Ada" }, number: null });
        assert.deepEqual(errors[0].path, ["number"]);
        await fetch(`${stack.url}/__admin/mappings`, {
            method: "POST",
            body: JSON.stringify({
                request: { urlPath: "/said", bodyPatterns: [{ contains: "special" }] },
                response: { jsonBody: { data: "stubbed" } },
            }),
        });
        assert.deepEqual(await ask("{ special }", undefined, `${stack.url}/said`), { data: "stubbed" });
    });

    test("GitHub's schema answers introspection and is mocked", async () => {
        const path = new URL("node_modules/@octokit/graphql-schema/schema.graphql", import.meta.url);
        await add(readFileSync(path, "utf8"), { graphql: { mount: "/github" } });
        const at = `${stack.url}/github`;
        const { data } = await ask(getIntrospectionQuery(ALL), undefined, at);
        const schema = buildClientSchema(data);
        assert.ok(Object.keys(schema.getTypeMap()).length > 1_600);
        const query = `query ($owner: String!, $name: String!) {
            repository(owner: $owner, name: $name) {
                name nameWithOwner
                issues(first: 5, states: [OPEN]) {
                    totalCount nodes { id title state author { __typename login } } pageInfo { hasNextPage }
                }
            }
        }`;
        assert.deepEqual(validate(schema, parse(query)), []);
        const answer = await ask(query, { owner: "octocat", name: "hello" }, at);
        assert.equal(answer.errors, undefined);
        const { repository } = answer.data;
        assert.equal(repository.name, "hello");
        assert.equal(repository.issues.nodes.length, 5);
        assert.equal(repository.issues.totalCount, 5);
        assert.equal(repository.issues.pageInfo.hasNextPage, false);
    });
});
