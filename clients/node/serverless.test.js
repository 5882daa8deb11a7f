// @tursodatabase/serverless: version 3 over HTTP in JSON, each statement by a cursor.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connect } from "@tursodatabase/serverless";
import { createClient } from "@tursodatabase/serverless/compat";

import { Stack } from "./stack.js";

let stack;
before(async () => {
    stack = await Stack.start();
});
after(() => stack.stop());

for (const path of ["/", "/db/", "/db/shop"]) {
    test(`a connection at ${path} prepares, runs and iterates`, async () => {
        const connection = connect({ url: `${stack.url}${path}`, authToken: "any" });
        await connection.exec("DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b)");
        const insert = await connection.prepare("INSERT INTO t(a, b) VALUES (?, ?)");
        assert.deepEqual(await insert.run(["x", 1.5]), { changes: 1, lastInsertRowid: 1 });
        await insert.run(["y", null]);
        await assert.rejects(insert.run(["x", 0]), { code: "SQLITE_CONSTRAINT", message: /UNIQUE constraint failed: t\.a/ });
        const select = await connection.prepare("SELECT a, b FROM t ORDER BY id");
        assert.deepEqual(await select.all(), [{ a: "x", b: 1.5 }, { a: "y", b: null }]);
        assert.deepEqual(await select.get(), { a: "x", b: 1.5 });
        const seen = [];
        for await (const row of select.iterate()) {
            seen.push(row.a);
        }
        assert.deepEqual(seen, ["x", "y"]);
        await assert.rejects(connection.prepare("SELECT * FROM nowhere"), /no such table: nowhere/);
        await connection.close();
    });
}

test("a client in the manner of @libsql/client takes batches and names", async () => {
    const client = createClient({ url: `${stack.url}/db/`, authToken: "any" });
    await client.batch(["DROP TABLE IF EXISTS t", "CREATE TABLE t (a UNIQUE)", "INSERT INTO t VALUES (1)"]);
    const { rows } = await client.execute({ sql: "SELECT a, :b AS b FROM t", args: { b: "named" } });
    assert.deepEqual(Array.from(rows[0]), [1, "named"]);
    await assert.rejects(client.execute("INSERT INTO t VALUES (1)"), { code: "SQLITE_CONSTRAINT" });
    client.close();
});
