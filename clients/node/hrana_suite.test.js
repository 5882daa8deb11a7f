// What the reference clients expect of a server, over every version, encoding and transport: @libsql/hrana-client
// driven to the corners of the protocol, and @libsql/client as applications use it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createClient } from "@libsql/client";
import * as hrana from "@libsql/hrana-client";

import { Stack } from "./stack.js";

let stack;
before(async () => {
    stack = await Stack.start();
});
after(() => stack.stop());

const http = (path = "/") => `${stack.url}${path}`;
const ws = (path = "/") => `ws://127.0.0.1:${stack.port}${path}`;

const transports = {
    "ws, version 1": { open: () => hrana.openWs(ws(), undefined, 1), version: 1 },
    "ws, version 2": { open: () => hrana.openWs(ws(), "jwt", 2), version: 2 },
    "ws, version 3": { open: () => hrana.openWs(ws("/db"), "jwt", 3), version: 3 },
    "http, version 2": { open: () => hrana.openHttp(http(), "jwt", undefined, undefined, 2), version: 2 },
    "http, version 3": { open: () => hrana.openHttp(http("/db/"), undefined, undefined, undefined, 3), version: 3 },
};

for (const [transport, { open, version }] of Object.entries(transports)) {
    const isWs = transport.startsWith("ws");

    describe(`hrana-client over ${transport}`, () => {
        const since = (least, name, run) =>
            (version >= least ? test : test.skip)(name, async () => {
                const client = open();
                try {
                    if (version >= 2) {
                        assert.ok((await client.getVersion()) >= version);
                    }
                    await run(client.openStream(), client);
                } finally {
                    client.close();
                }
            });
        const it = (name, run) => since(1, name, run);

        for (const [mode, expected] of [["number", 42], ["bigint", 42n], ["string", "42"]]) {
            it(`gives integers as ${mode}`, async (stream) => {
                stream.intMode = mode;
                assert.equal((await stream.queryValue("SELECT 42")).value, expected);
                const unsafe = stream.queryValue("SELECT 9007199254740992");
                if (mode === "number") {
                    await assert.rejects(unsafe, RangeError);
                } else {
                    assert.equal(String((await unsafe).value), "9007199254740992");
                }
            });
        }

        it("takes bigints, dates, regular expressions and bytes", async (stream) => {
            const value = async (argument) => (await stream.queryValue(["SELECT ?", [argument]])).value;
            assert.equal(await value(-123n), -123);
            assert.equal(await value(new Date("2023-01-01Z")), 1672531200000);
            assert.equal(await value(/.*/), "/.*/");
            assert.equal((await stream.queryValue(["SELECT length(?)", [new ArrayBuffer(42)]])).value, 42);
            const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
            assert.deepEqual(new Uint8Array(await value(bytes)), bytes);
            assert.equal((await stream.queryValue("SELECT randomblob(38)")).value.byteLength, 38);
            assert.equal((await stream.queryValue("SELECT zeroblob(0)")).value.byteLength, 0);
        });

        it("keeps the smallest differences of reals", async (stream) => {
            for (const real of [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -1e18, 1e300, 123456789.12345678]) {
                assert.equal((await stream.queryValue(["SELECT ?", [real]])).value, real);
            }
            assert.equal((await stream.queryValue("SELECT 9e999")).value, Infinity);
            assert.equal((await stream.queryValue("SELECT -9e999")).value, -Infinity);
        });

        it("counts what statements change", async (stream) => {
            const changes = async (sql) => (await stream.run(sql)).affectedRowCount;
            assert.equal(await changes("BEGIN"), 0);
            assert.equal(await changes("DROP TABLE IF EXISTS t"), 0);
            assert.equal(await changes("CREATE TABLE t (num, word)"), 0);
            const inserted = await stream.run("INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')");
            assert.equal(inserted.affectedRowCount, 3);
            assert.ok(inserted.lastInsertRowid > 0n);
            assert.equal((await stream.query("SELECT * FROM t ORDER BY num")).affectedRowCount, 0);
            assert.equal(await changes("DELETE FROM t WHERE num >= 2"), 2);
            assert.equal(await changes("UPDATE t SET num = 4, word = 'four'"), 1);
            assert.equal(await changes("DROP TABLE t"), 0);
            assert.equal(await changes("COMMIT"), 0);
        });

        it("remembers the last rowid to its ends", async (stream) => {
            await stream.run("BEGIN");
            await stream.run("DROP TABLE IF EXISTS t");
            await stream.run("CREATE TABLE t (id INTEGER PRIMARY KEY)");
            for (const id of [123n, 9223372036854775807n, -9223372036854775808n]) {
                assert.equal((await stream.run(`INSERT INTO t VALUES (${id})`)).lastInsertRowid, id);
            }
        });

        it("says why a statement failed", async (stream) => {
            for (const [sql, code, message] of [
                ["SELECT", "SQL_PARSE_ERROR", /incomplete input/],
                ["spam", "SQL_PARSE_ERROR", /syntax error/],
                ["SELECT foobar", "SQL_INPUT_ERROR", /no such column: foobar/],
                ["SELECT * FROM nowhere", "SQLITE_ERROR", /no such table: nowhere/],
                ["", "SQL_NO_STATEMENT", /any statement/],
                ["  -- only a comment", "SQL_NO_STATEMENT", /any statement/],
                ["/* only a comment */ ;", "SQL_NO_STATEMENT", /any statement/],
                ["SELECT 1; SELECT 2", "SQL_MANY_STATEMENTS", /more than one statement/],
                ["ATTACH 'other.db' AS other", "SQLITE_AUTH", /not allowed/],
            ]) {
                await assert.rejects(stream.queryValue(sql), (error) => {
                    assert.ok(error instanceof hrana.ResponseError, sql);
                    assert.equal(error.code, code, sql);
                    assert.match(error.message, message, sql);
                    return true;
                });
            }
            for (const sql of ["SELECT 1;", " SELECT 1 ; ", "SELECT 1; -- done", "/* a */ SELECT 1 /* b */;;"]) {
                assert.equal((await stream.queryValue(sql)).value, 1, sql);
            }
        });

        it("has as many rows as there are, and columns when there are none", async (stream) => {
            const none = await stream.query("SELECT 1 AS one WHERE 0");
            assert.deepEqual([none.columnNames, none.rows.length], [["one"], 0]);
            const many = await stream.query(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i FROM n",
            );
            assert.equal(many.rows.length, 3000);
            assert.equal(many.rows[2999].i, 3000);
        });

        it("answers a hundred requests in order, however they come", async (stream) => {
            const pauses = [
                async () => {},
                () => Promise.resolve(),
                () => new Promise((resolve) => setTimeout(resolve, 0)),
            ];
            for (const pause of pauses) {
                const pending = [];
                for (let n = 0; n < 100; n++) {
                    pending.push(stream.queryValue(["SELECT ?", [n]]));
                    await pause();
                }
                const values = (await Promise.all(pending)).map(({ value }) => value);
                assert.deepEqual(values, Array.from({ length: 100 }, (_, n) => n));
            }
        });

        it("closes streams once, twice, or unused", async (stream, client) => {
            await stream.queryValue("SELECT 1");
            stream.close();
            stream.close();
            assert.equal(stream.closed, true);
            await assert.rejects(async () => stream.queryValue("SELECT 1"), hrana.ClosedError);
            client.openStream().close();
            client.openStream().closeGracefully();
        });

        for (const useCursor of [false, true]) {
            const batches = (name, run) =>
                since(useCursor ? 3 : 1, `${name}, ${useCursor ? "by a cursor" : "as a whole"}`, (stream, client) =>
                    run(stream, () => stream.batch(useCursor), client),
                );

            batches("runs an empty batch", async (_, begin) => {
                await begin().execute();
            });

            batches("goes on after a statement of a batch failed", async (_, begin) => {
                const batch = begin();
                const one = batch.step().queryValue("SELECT 1");
                const failed = assert.rejects(batch.step().queryValue("SELECT foobar"), hrana.ClientError);
                const two = batch.step().queryRow("SELECT 'one', 'two'");
                await batch.execute();
                assert.equal((await one).value, 1);
                await failed;
                assert.deepEqual(Array.from((await two).row), ["one", "two"]);
            });

            batches("combines conditions", async (_, begin) => {
                for (const [statements, and, or] of [
                    [[], true, false],
                    [["SELECT 1"], true, true],
                    [["SELECT barfoo"], false, false],
                    [["SELECT 1", "SELECT foobaz"], false, true],
                ]) {
                    for (const [combine, expected] of [[hrana.BatchCond.and, and], [hrana.BatchCond.or, or]]) {
                        const batch = begin();
                        const steps = statements.map((sql) => {
                            const step = batch.step();
                            step.queryValue(sql).catch(() => {});
                            return step;
                        });
                        const condition = combine(batch, steps.map((step) => hrana.BatchCond.ok(step)));
                        const asked = batch.step().condition(condition).queryValue("SELECT 'yes'");
                        await batch.execute();
                        assert.equal((await asked) !== undefined, expected);
                    }
                }
            });

            batches("runs a thousand statements and many rows", async (_, begin) => {
                const batch = begin();
                const values = Array.from({ length: 1000 }, (_, n) => batch.step().queryValue(["SELECT 10*?", [n]]));
                const sql = "WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a+1 FROM t) SELECT a FROM t LIMIT 10*?";
                const sets = Array.from({ length: 100 }, (_, n) => batch.step().query([sql, [n]]));
                await batch.execute();
                for (let n = 0; n < 1000; n++) {
                    assert.equal((await values[n]).value, 10 * n);
                }
                for (let n = 0; n < 100; n++) {
                    assert.equal((await sets[n]).rows.length, 10 * n);
                }
            });

            batches("ends a batch before the stream is closed", async (stream, begin) => {
                const batch = begin();
                const values = Array.from({ length: 100 }, (_, n) => batch.step().queryValue(["SELECT ?", [n]]));
                const executed = batch.execute();
                stream.closeGracefully();
                for (let n = 0; n < 100; n++) {
                    assert.equal((await values[n]).value, n);
                }
                await executed;
            });

            batches("runs batches in the order in which they were begun", async (stream, begin) => {
                await stream.run("DROP TABLE IF EXISTS t");
                await stream.run("CREATE TABLE t (a)");
                await stream.run("INSERT INTO t VALUES (0)");
                const updates = [];
                const executed = [];
                for (let n = 0; n < 30; n++) {
                    const batch = begin();
                    for (let m = 0; m < 20; m++) {
                        updates.push(batch.step().queryValue("UPDATE t SET a = a + 1 RETURNING a"));
                    }
                    executed.push(batch.execute());
                }
                await Promise.all(executed);
                for (let n = 0; n < updates.length; n++) {
                    assert.equal((await updates[n]).value, n + 1);
                }
            });

            since(3, `sees a rollback inside of a batch${useCursor ? ", by a cursor" : ""}`, async (stream) => {
                await stream.run("DROP TABLE IF EXISTS t");
                await stream.run("CREATE TABLE t (a UNIQUE)");
                await stream.run("INSERT INTO t VALUES (1)");
                const batch = stream.batch(useCursor);
                batch.step().run("BEGIN");
                const inside = batch.step().condition(hrana.BatchCond.isAutocommit(batch)).queryValue("SELECT 1");
                const failed = assert.rejects(batch.step().run("INSERT OR ROLLBACK INTO t VALUES (1)"), {
                    code: "SQLITE_CONSTRAINT",
                });
                const after = batch.step().condition(hrana.BatchCond.isAutocommit(batch)).queryValue("SELECT 2");
                await batch.execute();
                assert.equal(await inside, undefined);
                await failed;
                assert.equal((await after).value, 2);
            });
        }

        since(2, "describes statements of every kind", async (stream) => {
            await stream.run("BEGIN");
            await stream.run("DROP TABLE IF EXISTS t");
            await stream.run("CREATE TABLE t (a TEXT, b int NOT NULL, c FURRY BUNNY)");
            assert.deepEqual((await stream.describe("SELECT a, b, c, a + b AS sum FROM t")).columns, [
                { name: "a", decltype: "TEXT" },
                { name: "b", decltype: "INT" },
                { name: "c", decltype: "FURRY BUNNY" },
                { name: "sum", decltype: undefined },
            ]);
            for (const [sql, isExplain, isReadonly] of [
                ["SELECT 1", false, true],
                ["EXPLAIN SELECT 1", true, true],
                ["EXPLAIN QUERY PLAN SELECT 1", true, true],
                ["INSERT INTO t(b) VALUES (1)", false, false],
                ["UPDATE t SET a = 'foo'", false, false],
                ["DELETE FROM t", false, false],
                ["DROP TABLE t", false, false],
                ["CREATE INDEX i ON t(a)", false, false],
                ["COMMIT", false, true],
                ["VALUES (1)", false, true],
            ]) {
                const described = await stream.describe(sql);
                assert.deepEqual([described.isExplain, described.isReadonly], [isExplain, isReadonly], sql);
            }
            await assert.rejects(stream.describe("SELECT FROM"), { code: "SQL_PARSE_ERROR" });
            await assert.rejects(stream.describe(""), { code: "SQL_NO_STATEMENT" });
        });

        since(2, "runs sequences", async (stream) => {
            await stream.sequence("  \n-- this is a comment\n");
            await stream.sequence("BEGIN; DROP TABLE IF EXISTS t; CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3);");
            assert.equal((await stream.queryValue("SELECT count(*) FROM t")).value, 3);
        });

        since(2, "uses stored texts everywhere", async (stream, client) => {
            const owner = isWs ? client : stream;
            const [plain, withArgument] = [owner.storeSql("SELECT 42"), owner.storeSql("SELECT ?")];
            assert.equal((await stream.queryValue(plain)).value, 42);
            assert.equal((await stream.queryValue([withArgument, [7]])).value, 7);
            for (const useCursor of version >= 3 ? [false, true] : [false]) {
                const batch = stream.batch(useCursor);
                const values = [batch.step().queryValue(plain), batch.step().queryValue([withArgument, ["x"]])];
                await batch.execute();
                assert.deepEqual((await Promise.all(values)).map(({ value }) => value), [42, "x"]);
            }
            const sequence = owner.storeSql("SELECT 1; SELECT 2");
            await stream.sequence(sequence);
            for (const sql of [plain, withArgument, sequence]) {
                sql.close();
                assert.equal(sql.closed, true);
            }
            // An id that was given back is used again.
            assert.equal((await stream.queryValue(owner.storeSql("SELECT 'again'"))).value, "again");
        });

        since(3, "says whether a transaction is open", async (stream) => {
            const seen = [await stream.getAutocommit()];
            for (const sql of ["BEGIN", "SAVEPOINT a", "RELEASE a", "COMMIT", "SAVEPOINT b", "ROLLBACK TO b", "RELEASE b"]) {
                await stream.run(sql);
                seen.push(await stream.getAutocommit());
            }
            assert.deepEqual(seen, [true, false, false, false, true, false, false, true]);
        });
    });
}

for (const [transport, url] of Object.entries({
    http: () => http("/db/"),
    ws: () => ws("/db"),
    "libsql without TLS": () => `libsql://127.0.0.1:${stack.port}?tls=0`,
})) {
    describe(`@libsql/client over ${transport}`, () => {
        const it = (name, run, options = {}) =>
            test(name, async () => {
                const client = createClient({ url: url(), authToken: "any", ...options });
                try {
                    await run(client);
                } finally {
                    client.close();
                }
            });
        const remake = (client, columns) =>
            client.batch(["DROP TABLE IF EXISTS t", `CREATE TABLE t (${columns})`], "write");
        const one = async (client, sql) => (await client.execute(sql)).rows[0][0];

        it("has the base code for every constraint", async (client) => {
            await client.execute("DROP TABLE IF EXISTS child");
            await remake(client, "id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, n CHECK (n > 0)");
            await client.execute("INSERT INTO t VALUES (1, 'first', 1)");
            for (const [values, message] of [
                ["(1, 'second', 1)", /UNIQUE constraint failed: t\.id/],
                ["(2, 'first', 1)", /UNIQUE constraint failed: t\.name/],
                ["(2, NULL, 1)", /NOT NULL constraint failed: t\.name/],
                ["(2, 'second', 0)", /CHECK constraint failed/],
            ]) {
                await assert.rejects(client.execute(`INSERT INTO t VALUES ${values}`), (error) => {
                    assert.equal(error.name, "LibsqlError");
                    assert.equal(error.code, "SQLITE_CONSTRAINT");
                    assert.match(error.message, message);
                    return true;
                });
            }
        });

        it("tells which statement of a batch failed", async (client) => {
            await remake(client, "a UNIQUE");
            await client.execute("INSERT INTO t VALUES (1)");
            for (const [index, statements] of [
                [0, ["SELECT nothing", "SELECT 1"]],
                [1, ["SELECT 1", "SELECT nothing", "SELECT 2"]],
                [2, ["INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)", "INSERT INTO t VALUES (1)", "SELECT 1"]],
            ]) {
                await assert.rejects(client.batch(statements, "write"), { name: "LibsqlBatchError", statementIndex: index });
            }
            assert.equal(await one(client, "SELECT count(*) FROM t"), 1);
            const transaction = await client.transaction("write");
            await assert.rejects(
                transaction.batch(["INSERT INTO t VALUES (8)", "SELECT nothing", "INSERT INTO t VALUES (9)"]),
                { name: "LibsqlBatchError", statementIndex: 1 },
            );
            assert.equal((await transaction.execute("SELECT sum(a) FROM t")).rows[0][0], 9);
            await transaction.commit();
        });

        it("stops a batch that rolls back", async (client) => {
            await remake(client, "a");
            await assert.rejects(client.batch(["INSERT INTO t VALUES (1)", "ROLLBACK", "SELECT 1"], "write"));
            await remake(client, "a UNIQUE");
            await client.execute("INSERT INTO t VALUES (1), (2), (3)");
            const transaction = await client.transaction("write");
            await assert.rejects(transaction.execute("INSERT OR ROLLBACK INTO t VALUES (1)"), {
                code: "SQLITE_CONSTRAINT",
            });
            await assert.rejects(transaction.commit());
            transaction.close();
            assert.equal(await one(client, "SELECT count(*) FROM t"), 3);
        });

        it("has the modes of transactions", async (client) => {
            await remake(client, "a");
            for (const mode of ["deferred", "write"]) {
                const transaction = await client.transaction(mode);
                await transaction.execute("INSERT INTO t VALUES (1)");
                await transaction.commit();
            }
            const reading = await client.transaction("read");
            await reading.execute("SELECT * FROM t");
            await reading.rollback();
            const sets = await client.batch(
                ["SELECT 1+1", "DROP TABLE t", "CREATE TABLE t (a)", "INSERT INTO t VALUES (21) RETURNING 2*a"],
                "deferred",
            );
            assert.deepEqual([sets[0].rows[0][0], sets[3].rows[0][0]], [2, 42]);
        });

        it("writes results as JSON", async (client) => {
            await remake(client, "i INTEGER, f FLOAT, t TEXT, b BLOB");
            await client.execute("INSERT INTO t VALUES (42, 0.5, 'foo', X'626172')");
            const json = (await client.execute("SELECT i, f, t, b, NULL AS n FROM t")).toJSON();
            assert.deepEqual(json.columns, ["i", "f", "t", "b", "n"]);
            assert.deepEqual(json.columnTypes, ["INTEGER", "FLOAT", "TEXT", "BLOB", ""]);
            assert.deepEqual(json.rows, [[42, 0.5, "foo", "YmFy", null]]);
            assert.equal(json.rowsAffected, 0);
        });

        it("rolls a script's own transaction back", async (client) => {
            await assert.rejects(
                client.executeMultiple(`
                    DROP TABLE IF EXISTS t; CREATE TABLE t (a); INSERT INTO t VALUES (0);
                    BEGIN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (foo()); COMMIT;
                `),
            );
            assert.equal(await one(client, "SELECT sum(a) FROM t"), 0);
        });

        if (transport === "ws") {
            for (const sql of [".close_ws", ".close_tcp"]) {
                it(`survives ${sql}`, async (client) => {
                    const lost = { code: "HRANA_WEBSOCKET_ERROR" };
                    await assert.rejects(client.execute(sql), lost);
                    assert.equal(await one(client, "SELECT 42"), 42);
                    await assert.rejects(client.batch(["SELECT 42", sql, "SELECT 24"], "read"), lost);
                    assert.equal(await one(client, "SELECT 42"), 42);
                    const transaction = await client.transaction("read");
                    await assert.rejects(transaction.execute(sql), lost);
                    await assert.rejects(transaction.commit(), { code: "TRANSACTION_CLOSED" });
                    transaction.close();
                    assert.equal(await one(client, "SELECT 42"), 42);
                });
            }
        }
    });
}
