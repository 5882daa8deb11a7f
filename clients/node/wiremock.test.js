// wiremock-captain, a client of WireMock's admin API.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import {
    BodyType,
    EndpointFeature,
    MatchingAttributes,
    WireMock,
    WireMockAPI,
    WireMockFault,
} from "wiremock-captain";

import { Stack } from "./stack.js";

let stack;
let mock;
before(async () => {
    stack = await Stack.start();
    mock = new WireMock(stack.url);
});
after(() => stack.stop());
beforeEach(() => mock.clearAll());

const call = (path, options = {}) => fetch(`${stack.url}${path}`, options);
const post = (path, body, headers = {}) =>
    call(path, { method: "POST", body: JSON.stringify(body), headers });
const statusOf = async (answer) => (await answer).status;
const textOf = async (answer) => (await answer).text();
const get = (endpoint, more = {}) => ({ method: "GET", endpoint, ...more });

describe("mocks", () => {
    test("a registered mock answers and is read by its id", async () => {
        const made = await mock.register(get("/hello"), {
            status: 201,
            body: { msg: "world" },
            headers: { "X-A": "b" },
        });
        const answer = await call("/hello");
        assert.equal(answer.status, 201);
        assert.equal(answer.headers.get("x-a"), "b");
        assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
        assert.deepEqual(await answer.json(), { msg: "world" });

        const read = await mock.getMapping(made.id);
        assert.equal(read.id, made.id);
        assert.deepEqual(read.request, { method: "GET", url: "/hello" });
        assert.deepEqual(read.response.jsonBody, { msg: "world" });
    });

    test("all mocks are listed and a deleted one is gone", async () => {
        const gone = await mock.register(get("/gone"), { status: 200 });
        const kept = await mock.register(get("/kept"), { status: 200 });
        assert.deepEqual((await mock.getAllMappings()).map(({ id }) => id), [kept.id, gone.id]);
        assert.equal(await statusOf(mock.deleteMapping(gone.id)), 200);
        assert.deepEqual((await mock.getAllMappings()).map(({ id }) => id), [kept.id]);
        assert.equal(await statusOf(call("/gone")), 404);
        assert.equal(await statusOf(call("/kept")), 200);
        assert.equal(await statusOf(mock.deleteMapping(gone.id)), 404);
    });

    test("mocks are found and removed by metadata", async () => {
        await mock.register(get("/a", { metadata: { team: "red", n: 1 } }), { status: 200 });
        const blue = await mock.register(get("/b", { metadata: { team: "blue" } }), { status: 200 });
        const found = await mock.findMappingByMetadata({ team: "blue" }, MatchingAttributes.EqualToJson);
        assert.deepEqual(found.map(({ id }) => id), [blue.id]);
        await mock.removeMappingByMetadata({ team: "blue" }, MatchingAttributes.EqualToJson);
        assert.deepEqual((await mock.getAllMappings()).map(({ request }) => request.url), ["/a"]);
    });

    test("a mock of one endpoint answers by default and by its body", async () => {
        const orders = new WireMockAPI(stack.url, "/orders", "POST");
        await orders.registerDefaultResponse({ status: 400, body: { error: "sku" } }, { stubPriority: 9 });
        await orders.register({ body: { sku: "a" } }, { status: 201, body: { id: 7 } }, { stubPriority: 1 });
        assert.equal(await statusOf(post("/orders", { sku: "b" })), 400);
        assert.deepEqual(await (await post("/orders", { sku: "a" })).json(), { id: 7 });
        const requests = await orders.getRequestsForAPI();
        assert.deepEqual(requests.map(({ request }) => request.body), ['{"sku":"a"}', '{"sku":"b"}']);
    });

    test("the lower priority number wins though registered first", async () => {
        const text = { responseBodyType: BodyType.Body };
        await mock.register(get("/p"), { status: 200, body: "first" }, { ...text, stubPriority: 1 });
        await mock.register(get("/p"), { status: 200, body: "second" }, { ...text, stubPriority: 2 });
        assert.equal(await textOf(call("/p")), "first");
    });

    test("base64 bodies give their bytes", async () => {
        const bytes = Buffer.from([0, 255, 128, 10]);
        await mock.register(
            get("/bytes"),
            { status: 200, body: bytes.toString("base64") },
            { responseBodyType: BodyType.Base64Body },
        );
        assert.deepEqual(Buffer.from(await (await call("/bytes")).arrayBuffer()), bytes);
    });

    test("an empty response closes the connection", async () => {
        await mock.register(get("/fault"), { status: 200 }, { fault: WireMockFault.EMPTY_RESPONSE });
        await assert.rejects(call("/fault"), { name: "TypeError" });
        await mock.clearAllMappings();
        assert.equal(await statusOf(call("/fault")), 404);
    });
});

describe("request patterns", () => {
    const paths = {
        [EndpointFeature.Default]: ["/u/1?a=1", "/u/1?a=1", "/u/1"],
        [EndpointFeature.UrlPath]: ["/u/1", "/u/1?a=1", "/u/2"],
        [EndpointFeature.UrlPattern]: ["/u/\\d\\?a=\\d", "/u/1?a=1", "/u/1"],
        [EndpointFeature.UrlPathPattern]: ["/u/\\d", "/u/1?a=1", "/u/12"],
    };
    for (const [feature, [endpoint, matching, other]] of Object.entries(paths)) {
        test(`${feature} matches the endpoint`, async () => {
            await mock.register(get(endpoint), { status: 200 }, { requestEndpointFeature: feature });
            assert.equal(await statusOf(call(matching)), 200);
            assert.equal(await statusOf(call(other)), 404);
        });
    }

    test("headers, cookies and query parameters must all match", async () => {
        await mock.register(
            get("/all", {
                headers: { "X-A": "b+" },
                cookies: { session: "abc" },
                queryParameters: { q: "ee" },
            }),
            { status: 200 },
            {
                requestEndpointFeature: EndpointFeature.UrlPath,
                requestHeaderFeatures: { "X-A": MatchingAttributes.Matches },
                requestQueryParamFeatures: { q: MatchingAttributes.Contains },
            },
        );
        const headers = { "x-a": "bbb", cookie: "session=abc" };
        assert.equal(await statusOf(call("/all?q=beer", { headers })), 200);
        assert.equal(await statusOf(call("/all?q=wine", { headers })), 404);
        assert.equal(await statusOf(call("/all?q=beer", { headers: { ...headers, "x-a": "c" } })), 404);
        assert.equal(await statusOf(call("/all?q=beer", { headers: { ...headers, cookie: "session=x" } })), 404);
    });

    test("form parameters are matched", async () => {
        await mock.register(
            { method: "POST", endpoint: "/form", formParameters: { name: "ann b" } },
            { status: 200 },
        );
        const form = (name) => call("/form", { method: "POST", body: new URLSearchParams({ name }) });
        assert.equal(await statusOf(form("ann b")), 200);
        assert.equal(await statusOf(form("bob")), 404);
    });

    test("JSON bodies are matched strictly or loosely", async () => {
        const body = { sku: "a", n: [1, 2] };
        await mock.register({ method: "POST", endpoint: "/strict", body }, { status: 200 });
        await mock.register(
            { method: "POST", endpoint: "/loose", body },
            { status: 200 },
            { requestIgnoreArrayOrder: true, requestIgnoreExtraElements: true },
        );
        const other = { n: [2, 1], sku: "a", more: true };
        assert.equal(await statusOf(post("/strict", { n: [1, 2], sku: "a" })), 200);
        assert.equal(await statusOf(post("/strict", other)), 404);
        assert.equal(await statusOf(post("/loose", other)), 200);
        assert.equal(await statusOf(post("/loose", { ...other, sku: "b" })), 404);
    });

    test("bodies are matched by JSON path", async () => {
        await mock.register(
            { method: "POST", endpoint: "/path", body: "$.items[?(@.n > 2)]" },
            { status: 200 },
            { requestBodyFeature: MatchingAttributes.MatchesJsonPath },
        );
        assert.equal(await statusOf(post("/path", { items: [{ n: 1 }, { n: 3 }] })), 200);
        assert.equal(await statusOf(post("/path", { items: [{ n: 1 }, { n: 2 }] })), 404);
    });
});

describe("requests", () => {
    test("requests of an API are verified, newest first", async () => {
        await mock.register({ method: "POST", endpoint: "/orders" }, { status: 201 });
        await post("/orders", { n: 1 }, { "x-trace": "t1" });
        await post("/orders", { n: 2 });
        await call("/orders");
        await call("/orders?page=1");

        const posted = await mock.getRequestsForAPI("POST", "/orders");
        assert.deepEqual(posted.map(({ request }) => request.body), ['{"n":2}', '{"n":1}']);
        const trace = Object.entries(posted[1].request.headers).find(([name]) => name.toLowerCase() === "x-trace");
        assert.equal(trace?.[1], "t1");
        assert.equal(posted[1].response.status, 201);
        assert.equal((await mock.getRequestsForAPI("GET", "/orders")).length, 1);
        assert.equal((await mock.getRequestsForAPI("GET", "/orders?page=1")).length, 1);
        assert.deepEqual(await mock.getRequestsForAPI("DELETE", "/orders"), []);
        assert.equal((await mock.getAllRequests()).length, 4);
    });

    test("unmatched requests are those without a mock", async () => {
        await mock.register(get("/known"), { status: 200 });
        await call("/known");
        await call("/unknown");
        assert.deepEqual((await mock.getUnmatchedRequests()).map(({ url }) => url), ["/unknown"]);
    });
});

describe("scenarios", () => {
    const step = (required, next, body) =>
        mock.register(
            get("/step"),
            { status: 200, body },
            {
                responseBodyType: BodyType.Body,
                scenario: {
                    scenarioName: "steps",
                    requiredScenarioState: required,
                    ...(next && { newScenarioState: next }),
                },
            },
        );
    const state = async () => (await mock.getAllScenarios()).map(({ name, state }) => [name, state]);
    const steps = async (count) => {
        const seen = [];
        for (let i = 0; i < count; i += 1) {
            seen.push(await textOf(call("/step")));
        }
        return seen;
    };

    test("a scenario goes through its states and starts again", async () => {
        await step("Started", "middle", "one");
        await step("middle", "end", "two");
        await step("end", undefined, "three");
        assert.deepEqual(await state(), [["steps", "Started"]]);
        assert.deepEqual(await steps(4), ["one", "two", "three", "three"]);
        assert.deepEqual(await state(), [["steps", "end"]]);
        const [{ possibleStates }] = await mock.getAllScenarios();
        assert.deepEqual([...possibleStates].sort(), ["Started", "end", "middle"]);

        assert.equal(await statusOf(mock.resetAllScenarios()), 200);
        assert.deepEqual(await state(), [["steps", "Started"]]);
        assert.deepEqual(await steps(2), ["one", "two"]);
    });

    test("scenarios end with their mocks", async () => {
        await step("Started", undefined, "one");
        await mock.clearAllMappings();
        assert.deepEqual(await mock.getAllScenarios(), []);
    });
});

describe("clearing", () => {
    beforeEach(async () => {
        await mock.register(get("/known"), { status: 200 });
        await call("/known");
    });
    const left = async () => [(await mock.getAllMappings()).length, (await mock.getAllRequests()).length];

    const ways = {
        clearAll: [0, 0],
        clearAllExceptDefault: [0, 0],
        clearAllMappings: [0, 1],
        clearAllRequests: [1, 0],
        resetMappings: [0, 0],
    };
    for (const [way, expected] of Object.entries(ways)) {
        test(`${way} leaves ${expected[0]} mocks and ${expected[1]} requests`, async () => {
            assert.deepEqual(await left(), [1, 1]);
            await mock[way]();
            assert.deepEqual(await left(), expected);
            assert.equal(await statusOf(call("/known")), expected[0] === 1 ? 200 : 404);
        });
    }
});
