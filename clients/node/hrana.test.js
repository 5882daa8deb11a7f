// @libsql/hrana-client: every version and both encodings of the protocol, by hand.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import * as hrana from "@libsql/hrana-client";

import { Stack } from "./stack.js";

let stack;
before(async () => {
    stack = await Stack.start();
});
after(() => stack.stop());

const ways = {
    "http, version 2 in JSON": { open: () => hrana.openHttp(`${stack.url}/`), version: 2 },
    "http, version 3 in Protobuf": {
        open: () => hrana.openHttp(`${stack.url}/`, undefined, undefined, undefined, 3),
        version: 3,
    },
    "ws, version 2 in JSON": { open: () => hrana.openWs(`ws://127.0.0.1:${stack.port}/`, "token"), version: 2 },
    "ws, version 3 in Protobuf": {
        open: () => hrana.openWs(`ws://127.0.0.1:${stack.port}/`, undefined, 3),
        version: 3,
    },
};

for (const [way, { open, version }] of Object.entries(ways)) {
    describe(way, () => {
        const it = (name, run) =>
            test(name, async () => {
                const client = open();
                try {
                    assert.equal(await client.getVersion(), version);
                    await run(client, client.openStream());
                } finally {
                    client.close();
                }
            });
        const from3 = version >= 3 ? it : (name, run) => test.skip(name, run);

        it("queries values, rows and statements without rows", async (_, stream) => {
            assert.equal((await stream.queryValue("SELECT 1 AS one")).value, 1);
            assert.equal((await stream.queryValue("SELECT 1 WHERE 0")).value, undefined);
            const { row, columnNames } = await stream.queryRow("SELECT 'elephant' AS animal, 42.5 AS weight");
            assert.deepEqual([row.animal, row[1]], ["elephant", 42.5]);
            assert.deepEqual(columnNames, ["animal", "weight"]);
            const run = await stream.run("SELECT 1 AS one");
            assert.deepEqual([run.columnNames, run.affectedRowCount], [["one"], 0]);
        });

        it("binds arguments", async (_, stream) => {
            const { row } = await stream.queryRow(["SELECT ?, ?3, ?2", ["one", null, 3]]);
            assert.deepEqual(Array.from(row), ["one", 3, null]);
            const named = await stream.queryRow(["SELECT :one, @two, $three", { ":one": 1, two: 2, $three: 3 }]);
            assert.deepEqual(Array.from(named.row), [1, 2, 3]);
            const second = await stream.queryRow(new hrana.Stmt("SELECT ?, ?").bindIndex(2, "b"));
            assert.deepEqual(Array.from(second.row), [null, "b"]);
            const { value } = await stream.queryValue(["SELECT ?", [new Uint8Array([0, 255])]]);
            assert.deepEqual(new Uint8Array(value), new Uint8Array([0, 255]));
        });

        it("gives declared types and the last rowid", async (_, stream) => {
            await stream.run("BEGIN");
            await stream.run("DROP TABLE IF EXISTS t");
            await stream.run("CREATE TABLE t (a TEXT, b int NOT NULL, c FURRY BUNNY)");
            const rows = await stream.query("SELECT a, b, c, a + b AS sum FROM t");
            assert.deepEqual(rows.columnDecltypes, ["TEXT", "INT", "FURRY BUNNY", undefined]);
            const inserted = await stream.run("INSERT INTO t(rowid, b) VALUES (-9223372036854775808, 1)");
            assert.equal(inserted.lastInsertRowid, -9223372036854775808n);
        });

        it("fails with a code and goes on", async (_, stream) => {
            await assert.rejects(stream.queryValue("SELECT foobar"), (error) => {
                assert.ok(error instanceof hrana.ResponseError);
                assert.equal(error.code, "SQL_INPUT_ERROR");
                return true;
            });
            assert.equal((await stream.queryValue("SELECT 1")).value, 1);
        });

        it("keeps streams apart", async (client, one) => {
            await one.sequence("DROP TABLE IF EXISTS t; CREATE TABLE t (n); INSERT INTO t VALUES (1)");
            const two = client.openStream();
            await one.run("BEGIN");
            await two.run("BEGIN");
            await two.run("INSERT INTO t VALUES (10)");
            assert.equal((await one.queryValue("SELECT sum(n) FROM t")).value, 1);
            assert.equal((await two.queryValue("SELECT sum(n) FROM t")).value, 11);
        });

        it("orders what streams do at the same time", async (client, stream) => {
            await stream.sequence("DROP TABLE IF EXISTS t; CREATE TABLE t (stream, value)");
            const append = async (id) => {
                const stream = client.openStream();
                let expected = `s${id}`;
                await stream.run(["INSERT INTO t VALUES (?, ?)", [id, expected]]);
                const pending = [];
                for (let n = 0; n < 10; n++) {
                    pending.push(
                        stream.queryValue(["UPDATE t SET value = value || ? WHERE stream = ? RETURNING value", [`_${n}`, id]]),
                    );
                }
                for (let n = 0; n < 10; n++) {
                    expected += `_${n}`;
                    assert.equal((await pending[n]).value, expected);
                }
                stream.close();
            };
            await Promise.all(Array.from({ length: 10 }, (_, id) => append(id)));
        });

        it("closes a stream after what was asked before", async (_, stream) => {
            const pending = stream.queryValue("SELECT 1");
            stream.closeGracefully();
            assert.equal((await pending).value, 1);
            await assert.rejects(async () => stream.queryValue("SELECT 1"), hrana.ClosedError);
        });

        it("obeys the conditions of a batch", async (_, stream) => {
            const batch = stream.batch();
            const ok = batch.step();
            const first = ok.queryValue("SELECT 1");
            const failing = batch.step();
            const failed = assert.rejects(failing.queryValue("SELECT foobar"), hrana.ClientError);
            const asked = {};
            for (const [name, condition] of Object.entries({
                ok: hrana.BatchCond.ok(ok),
                notOk: hrana.BatchCond.ok(failing),
                error: hrana.BatchCond.error(failing),
                notError: hrana.BatchCond.error(ok),
                and: hrana.BatchCond.and(batch, [hrana.BatchCond.ok(ok), hrana.BatchCond.error(failing)]),
                or: hrana.BatchCond.or(batch, []),
                not: hrana.BatchCond.not(hrana.BatchCond.ok(failing)),
            })) {
                asked[name] = batch.step().condition(condition).queryValue("SELECT 'yes'");
            }
            await batch.execute();
            assert.equal((await first).value, 1);
            await failed;
            const ran = [];
            for (const [name, answer] of Object.entries(asked)) {
                if ((await answer) !== undefined) {
                    ran.push(name);
                }
            }
            assert.deepEqual(ran, ["ok", "error", "and", "not"]);
        });

        it("describes statements", async (_, stream) => {
            const described = await stream.describe("SELECT ?, ?3, :one, $two, @three");
            assert.deepEqual(described.paramNames, [undefined, undefined, "?3", ":one", "$two", "@three"]);
            assert.equal(described.isReadonly, true);
            assert.equal((await stream.describe("EXPLAIN SELECT 1")).isExplain, true);
            assert.equal((await stream.describe("CREATE TABLE never (a)")).isReadonly, false);
        });

        it("stores texts", async (client, stream) => {
            const owner = way.startsWith("ws") ? client : stream;
            const sql = owner.storeSql("SELECT :a, $b");
            assert.deepEqual((await stream.describe(sql)).paramNames, [":a", "$b"]);
            const { row } = await stream.queryRow([sql, { a: 1, b: 2 }]);
            assert.deepEqual(Array.from(row), [1, 2]);
            sql.close();
            assert.equal((await stream.queryValue("SELECT 3")).value, 3);
        });

        it("runs a hundred statements sent at once", async (_, stream) => {
            const pending = Array.from({ length: 100 }, (_, n) => stream.queryValue(["SELECT ?", [n]]));
            const values = (await Promise.all(pending)).map((result) => result.value);
            assert.deepEqual(values, Array.from({ length: 100 }, (_, n) => n));
        });

        from3("knows whether a transaction is open", async (_, stream) => {
            assert.equal(await stream.getAutocommit(), true);
            await stream.run("BEGIN");
            assert.equal(await stream.getAutocommit(), false);
            const batch = stream.batch();
            const skipped = batch.step().condition(hrana.BatchCond.isAutocommit(batch)).queryValue("SELECT 1");
            await batch.execute();
            assert.equal(await skipped, undefined);
        });

        from3("reads a batch by a cursor", async (_, stream) => {
            const batch = stream.batch(true);
            const rows = batch
                .step()
                .query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n");
            const failed = assert.rejects(batch.step().query("SELECT foobar"), hrana.ClientError);
            const last = batch.step().queryValue("SELECT 'last'");
            await batch.execute();
            assert.equal((await rows).rows.length, 5000);
            assert.equal((await rows).rows[4999].i, 5000);
            await failed;
            assert.equal((await last).value, "last");
            assert.equal((await stream.queryValue("SELECT 1")).value, 1);
        });
    });
}

test("an idle stream over HTTP expires on the stack's clock", async () => {
    const client = hrana.openHttp(`${stack.url}/`);
    const stream = client.openStream();
    await stream.run("BEGIN");
    await stack.control("PUT", "clock", { advance: "11s" });
    await assert.rejects(stream.run("COMMIT"), (error) => error.code === "STREAM_EXPIRED");
    client.close();
});

test("a fault rule fails the statements that it names", async () => {
    const client = hrana.openWs(`ws://127.0.0.1:${stack.port}/`);
    const stream = client.openStream();
    await stack.control("PUT", "faults", [
        {
            service: "database",
            match: { sql: "*orders*" },
            effect: { body: { message: "database is locked", code: "SQLITE_BUSY" } },
        },
    ]);
    await assert.rejects(stream.queryValue("SELECT 'orders'"), { code: "SQLITE_BUSY", message: /locked/ });
    assert.equal((await stream.queryValue("SELECT 1")).value, 1);
    await stack.control("DELETE", "faults");
    assert.equal((await stream.queryValue("SELECT 'orders'")).value, "orders");
    client.close();
});

test("a probe says which versions are spoken", async () => {
    for (const path of ["v2", "v3", "v3-protobuf", "db/v2", "db/v3", "db/v3-protobuf"]) {
        const response = await fetch(`${stack.url}/${path}`);
        assert.equal(response.status, 200, path);
    }
});
