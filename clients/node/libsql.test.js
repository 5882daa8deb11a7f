// @libsql/client over HTTP and over WebSocket.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { createClient } from "@libsql/client";

import { Stack } from "./stack.js";

let stack;
before(async () => {
    stack = await Stack.start();
});
after(() => stack.stop());

const ways = {
    "http, default database at the prefix": () => `${stack.url}/db/`,
    "http, prefix dropped by the client": () => `${stack.url}/db`,
    "http, named database": () => `${stack.url}/db/shop/`,
    "libsql without TLS": () => `libsql://127.0.0.1:${stack.port}?tls=0`,
    "ws, default database": () => `ws://127.0.0.1:${stack.port}/db`,
    "ws, named database": () => `ws://127.0.0.1:${stack.port}/db/shop`,
};

for (const [way, url] of Object.entries(ways)) {
    describe(way, () => {
        let client;
        const connect = (options = {}) => createClient({ url: url(), ...options });
        const one = async (sql, args = []) => (await client.execute({ sql, args })).rows[0][0];

        beforeEach(async () => {
            client = connect();
            await client.batch(
                ["DROP TABLE IF EXISTS child", "DROP TABLE IF EXISTS t", "CREATE TABLE t (a UNIQUE, b TEXT)"],
                "write",
            );
        });

        const it = (name, run, options) =>
            test(name, async () => {
                if (options) {
                    client.close();
                    client = connect(options);
                }
                try {
                    await run();
                } finally {
                    client.close();
                }
            });

        it("gives rows by position and by name", async () => {
            const set = await client.execute("SELECT 1 AS one, 'two' AS two, 0.5 AS three, NULL AS four");
            assert.deepEqual(set.columns, ["one", "two", "three", "four"]);
            assert.deepEqual(set.columnTypes, ["", "", "", ""]);
            assert.deepEqual(Array.from(set.rows[0]), [1, "two", 0.5, null]);
            assert.equal(set.rows[0].two, "two");
            const typed = await client.execute("SELECT b, a FROM t");
            assert.deepEqual(typed.columnTypes, ["TEXT", ""]);
        });

        it("counts changes and gives the last rowid", async () => {
            const inserted = await client.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
            assert.equal(inserted.rowsAffected, 2);
            assert.equal(inserted.lastInsertRowid, 2n);
            const json = (await client.execute("INSERT INTO t(rowid) VALUES (9223372036854775807)")).toJSON();
            assert.equal(json.lastInsertRowid, "9223372036854775807");
            const deleted = await client.execute("DELETE FROM t WHERE a >= 1");
            assert.equal(deleted.rowsAffected, 2);
            const with_insert = await client.execute(
                "WITH x(a) AS (VALUES (5), (6), (7)) INSERT INTO t(a) SELECT a FROM x",
            );
            assert.equal(with_insert.rowsAffected, 3);
            const returning = await client.execute("INSERT INTO t VALUES (1, 'z') RETURNING a, b AS letter");
            assert.deepEqual(returning.columns, ["a", "letter"]);
            assert.deepEqual(Array.from(returning.rows[0]), [1, "z"]);
        });

        for (const [name, value] of Object.entries({
            text: "a\n\r\t\0žluťoučký 🐎",
            integer: -2023,
            real: 12.345,
            "largest real": Number.MAX_VALUE,
            "smallest real": Number.MIN_VALUE,
            null: null,
        })) {
            it(`takes and gives ${name}`, async () => {
                assert.deepEqual(await one("SELECT ?", [value]), value);
            });
        }

        it("takes and gives blobs, booleans and dates", async () => {
            const bytes = Uint8Array.from({ length: 256 }, (_, n) => n ^ 0xab);
            assert.deepEqual(new Uint8Array(await one("SELECT ?", [bytes])), bytes);
            assert.deepEqual(new Uint8Array(await one("SELECT ?", [bytes.buffer])), bytes);
            assert.equal(await one("SELECT ?", [true]), 1);
            assert.equal(await one("SELECT ?", [new Date("2023-01-02T12:34:56Z")]), 1672662896000);
        });

        it(
            "takes and gives every 64-bit integer as a bigint",
            async () => {
                for (const n of [0n, -42n, 9223372036854775807n, -9223372036854775808n]) {
                    assert.equal(await one("SELECT ?", [n]), n);
                }
            },
            { intMode: "bigint" },
        );

        it(
            "gives integers as strings on request",
            async () => {
                assert.equal(await one("SELECT ?", [-9223372036854775808n]), "-9223372036854775808");
            },
            { intMode: "string" },
        );

        it("refuses what a number cannot hold", async () => {
            await assert.rejects(client.execute("SELECT 9007199254740992"), RangeError);
            await assert.rejects(client.execute({ sql: "SELECT ?", args: [NaN] }), RangeError);
        });

        it("binds arguments by position, number and name", async () => {
            const row = async (sql, args) => Array.from((await client.execute({ sql, args })).rows[0]);
            assert.deepEqual(await row("SELECT ?, ?", ["one", "two"]), ["one", "two"]);
            assert.deepEqual(await row("SELECT ?3, ?1", ["one", "two", "three"]), ["three", "one"]);
            assert.deepEqual(await row("SELECT ?2, ?, ?3", ["a", "b", "c"]), ["b", "c", "c"]);
            for (const sign of [":", "@", "$"]) {
                assert.deepEqual(
                    await row(`SELECT ${sign}b, ${sign}a, ${sign}b || ${sign}a, ?1`, {
                        a: "one",
                        [`${sign}b`]: "two",
                    }),
                    ["two", "one", "twoone", "two"],
                );
            }
            for (const args of [[], [1, 2], { b: 1 }, { a: 1, b: 2 }]) {
                await assert.rejects(client.execute({ sql: "SELECT :a", args }), { code: "ARGS_INVALID" });
            }
        });

        it("fails with SQLite's code", async () => {
            await client.execute("INSERT INTO t VALUES (1, 'x')");
            await assert.rejects(client.execute("INSERT INTO t VALUES (1, 'y')"), {
                name: "LibsqlError",
                code: "SQLITE_CONSTRAINT",
                message: /UNIQUE constraint failed: t\.a/,
            });
            await assert.rejects(client.execute("SELECT foobar"), { message: /no such column: foobar/ });
            await assert.rejects(client.execute("NOT A VALID SQL"), { message: /syntax error/ });
            assert.equal(await one("SELECT count(*) FROM t"), 1);
        });

        it("runs a batch in a transaction", async () => {
            const sets = await client.batch(
                [
                    "INSERT INTO t VALUES (1, 'one')",
                    { sql: "INSERT INTO t VALUES (?, ?)", args: [2, "two"] },
                    "SELECT b FROM t ORDER BY a",
                ],
                "write",
            );
            assert.deepEqual(sets[2].rows.map((row) => row.b), ["one", "two"]);
            await assert.rejects(
                client.batch(["INSERT INTO t(a) VALUES (3)", "SELECT foobar", "INSERT INTO t(a) VALUES (4)"], "write"),
            );
            assert.equal(await one("SELECT count(*) FROM t"), 2);
        });

        it("runs a batch of a thousand statements, stored once or not at all", async () => {
            const different = await client.batch(
                Array.from({ length: 1000 }, (_, n) => `SELECT ${n}`),
                "read",
            );
            assert.deepEqual(different.map((set) => set.rows[0][0]), Array.from({ length: 1000 }, (_, n) => n));
            const same = Array.from({ length: 1000 }, (_, n) => ({ sql: `SELECT ?, ${n % 40}`, args: [n] }));
            const sets = await client.batch(same, "read");
            sets.forEach((set, n) => assert.deepEqual(Array.from(set.rows[0]), [n, n % 40]));
        });

        it("keeps concurrent batches apart", async () => {
            await client.batch(["DROP TABLE IF EXISTS sum", "CREATE TABLE sum (n)"], "write");
            const batch = async (n) => {
                const sets = await client.batch(
                    [
                        { sql: "INSERT INTO t(a) VALUES (?)", args: [n] },
                        { sql: "INSERT INTO sum VALUES (?)", args: [n * 10] },
                        "SELECT sum(a) FROM t",
                        "SELECT sum(n) FROM sum",
                    ],
                    "write",
                );
                assert.equal(sets[3].rows[0][0], sets[2].rows[0][0] * 10);
            };
            await Promise.all(Array.from({ length: 100 }, (_, n) => batch(n)));
            assert.equal(await one("SELECT sum(a) FROM t"), 4950);
        });

        it("commits, rolls back and closes interactive transactions", async () => {
            let transaction = await client.transaction("write");
            await transaction.execute("INSERT INTO t(a) VALUES (1)");
            assert.equal((await transaction.execute("SELECT count(*) FROM t")).rows[0][0], 1);
            await transaction.commit();
            assert.equal(transaction.closed, true);
            await assert.rejects(transaction.execute("SELECT 1"), { code: "TRANSACTION_CLOSED" });
            transaction = await client.transaction("write");
            await transaction.execute("INSERT INTO t(a) VALUES (2)");
            await transaction.rollback();
            transaction = await client.transaction("write");
            await transaction.batch(["INSERT INTO t(a) VALUES (3)", "INSERT INTO t(a) VALUES (4)"]);
            transaction.close();
            assert.equal(await one("SELECT count(*) FROM t"), 1);
            transaction = await client.transaction("read");
            await transaction.commit();
        });

        it("goes on in a transaction after an error", async () => {
            const transaction = await client.transaction("write");
            await assert.rejects(transaction.execute("SELECT foo"));
            await transaction.execute("INSERT INTO t(a) VALUES (1)");
            await assert.rejects(
                transaction.batch(["INSERT INTO t(a) VALUES (2)", "INSERT INTO t(a) VALUES (2)", "INSERT INTO t(a) VALUES (8)"]),
            );
            await assert.rejects(
                transaction.executeMultiple("INSERT INTO t(a) VALUES (4); INSERT INTO t(a) VALUES (4); DELETE FROM t"),
            );
            await transaction.commit();
            assert.equal(await one("SELECT sum(a) FROM t"), 7);
        });

        it("rolls a transaction back for a statement that says so", async () => {
            await client.execute("INSERT INTO t(a) VALUES (1)");
            const transaction = await client.transaction("write");
            await assert.rejects(transaction.execute("INSERT OR ROLLBACK INTO t(a) VALUES (1)"));
            await assert.rejects(transaction.commit());
            transaction.close();
            assert.equal(await one("SELECT count(*) FROM t"), 1);
        });

        it("shows a transaction to nobody before it is committed", async () => {
            const writer = await client.transaction("write");
            await writer.execute("INSERT INTO t(a) VALUES (1)");
            const reader = await client.transaction("read");
            assert.equal((await reader.execute("SELECT count(*) FROM t")).rows[0][0], 0);
            await writer.commit();
            assert.equal((await reader.execute("SELECT count(*) FROM t")).rows[0][0], 0);
            await reader.commit();
            assert.equal(await one("SELECT count(*) FROM t"), 1);
        });

        it("lets a second writer wait for the first", async () => {
            const first = await client.transaction("write");
            await first.execute("INSERT INTO t(a) VALUES (1)");
            const second = client.batch(["INSERT INTO t(a) VALUES (2)"], "write");
            await first.execute("INSERT INTO t(a) VALUES (3)");
            await first.commit();
            await second;
            assert.equal(await one("SELECT count(*) FROM t"), 3);
        });

        it("runs scripts, with transactions of their own or without", async () => {
            await client.executeMultiple(`
                INSERT INTO t(a) VALUES (1), (2);
                BEGIN; INSERT INTO t(a) VALUES (4); COMMIT;
                -- and no more
            `);
            assert.equal(await one("SELECT sum(a) FROM t"), 7);
            await assert.rejects(
                client.executeMultiple("BEGIN; INSERT INTO t(a) VALUES (8); INSERT INTO t(a) VALUES (foo()); COMMIT"),
            );
            assert.equal(await one("SELECT sum(a) FROM t"), 7);
        });

        it("migrates with foreign keys off", async () => {
            await client.migrate([
                "CREATE TABLE child (t REFERENCES t(a))",
                "INSERT INTO child VALUES (99)",
            ]);
            assert.equal(await one("SELECT count(*) FROM child"), 1);
        });
    });
}

test("a stack's fork answers the client with the stack's rows, and goes its own way", async () => {
    const parent = createClient({ url: `${stack.url}/db/` });
    await parent.executeMultiple("DROP TABLE IF EXISTS f; CREATE TABLE f(a); INSERT INTO f VALUES (1)");
    // A transaction that is open is not in the fork.
    const open = await parent.transaction("write");
    await open.execute("INSERT INTO f VALUES (2)");
    const fork = await stack.control("POST", "fork", {});
    const child = createClient({ url: fork.env.DATABASE_URL ?? `${fork.url}/db/` });
    await child.execute("INSERT INTO f VALUES (10)");
    await open.commit();
    const sum = async (client) => (await client.execute("SELECT sum(a) FROM f")).rows[0][0];
    assert.equal(await sum(parent), 3);
    assert.equal(await sum(child), 11);
    parent.close();
    child.close();
    await stack.control("DELETE", `stacks/${fork.id}`);
});

test("a fork that is deleted ends its sockets", async () => {
    const fork = await stack.control("POST", "fork", {});
    const client = createClient({ url: `ws://127.0.0.1:${fork.port}/db` });
    await client.execute("SELECT 1");
    await stack.control("DELETE", `stacks/${fork.id}`);
    await assert.rejects(client.execute("SELECT 1"));
    client.close();
});

test("DATABASE_URL is one that the client takes", async () => {
    const client = createClient({ url: stack.env.DATABASE_URL });
    assert.equal((await client.execute("SELECT 42")).rows[0][0], 42);
    client.close();
});
