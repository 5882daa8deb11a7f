// Drizzle ORM on @libsql/client.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { createClient } from "@libsql/client";
import { eq, gt, relations, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/libsql";
import { blob, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

import { Stack } from "./stack.js";

const customers = sqliteTable("customers", {
    id: integer("id").primaryKey({ autoIncrement: true }),
    email: text("email").notNull().unique(),
    settings: text("settings", { mode: "json" }),
    isActive: integer("is_active", { mode: "boolean" }).notNull().default(true),
    since: integer("since", { mode: "timestamp_ms" }),
    photo: blob("photo", { mode: "buffer" }),
});
const orders = sqliteTable("orders", {
    id: integer("id").primaryKey(),
    customerId: integer("customer_id")
        .notNull()
        .references(() => customers.id),
    total: real("total").notNull(),
});
const schema = {
    customers,
    orders,
    customersRelations: relations(customers, ({ many }) => ({ orders: many(orders) })),
    ordersRelations: relations(orders, ({ one }) => ({
        customer: one(customers, { fields: [orders.customerId], references: [customers.id] }),
    })),
};

let stack;
before(async () => {
    stack = await Stack.start();
});
after(() => stack.stop());

for (const scheme of ["http", "ws"]) {
    describe(scheme, () => {
        let client;
        let db;
        before(async () => {
            client = createClient({ url: `${scheme}://127.0.0.1:${stack.port}/db/${scheme}/` });
            await client.executeMultiple(`
                CREATE TABLE customers (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, settings TEXT,
                    is_active INTEGER NOT NULL DEFAULT 1, since INTEGER, photo BLOB
                );
                CREATE TABLE orders (
                    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers(id), total REAL NOT NULL
                );
            `);
            db = drizzle(client, { schema });
        });
        after(() => client.close());

        test("rows go in and come out with their types", async () => {
            const since = new Date("2026-01-02T03:04:05.678Z");
            const [made] = await db
                .insert(customers)
                .values({ email: "a@x.org", settings: { theme: "dark" }, since, photo: Buffer.from([0, 1, 255]) })
                .returning();
            const [found] = await db.select().from(customers).where(eq(customers.id, made.id));
            assert.deepEqual(found, made);
            assert.deepEqual(
                [found.settings, found.isActive, found.since],
                [{ theme: "dark" }, true, since],
            );
            assert.deepEqual([...found.photo], [0, 1, 255]);
        });

        test("joins and relations are read", async () => {
            const [{ id }] = await db.insert(customers).values({ email: "b@x.org" }).returning({ id: customers.id });
            await db.insert(orders).values([
                { customerId: id, total: 10.5 },
                { customerId: id, total: 20 },
            ]);
            const joined = await db
                .select({ email: customers.email, total: orders.total })
                .from(orders)
                .innerJoin(customers, eq(customers.id, orders.customerId))
                .where(gt(orders.total, 15));
            assert.deepEqual(joined, [{ email: "b@x.org", total: 20 }]);
            const found = await db.query.customers.findFirst({
                where: eq(customers.id, id),
                with: { orders: { orderBy: orders.total } },
            });
            assert.deepEqual(found.orders.map((order) => order.total), [10.5, 20]);
        });

        test("transactions commit, roll back and nest", async () => {
            const count = async () => (await db.select({ n: sql`count(*)` }).from(customers))[0].n;
            const before = await count();
            await assert.rejects(
                db.transaction(async (tx) => {
                    await tx.insert(customers).values({ email: "c@x.org" });
                    tx.rollback();
                }),
            );
            assert.equal(await count(), before);
            await db.transaction(async (tx) => {
                await tx.insert(customers).values({ email: "d@x.org" });
                await assert.rejects(
                    tx.transaction(async (inner) => {
                        await inner.insert(customers).values({ email: "e@x.org" });
                        inner.rollback();
                    }),
                );
            });
            assert.equal(await count(), before + 1);
        });

        test("a batch is one transaction", async () => {
            const results = await db.batch([
                db.insert(customers).values({ email: "f@x.org" }).returning({ email: customers.email }),
                db.select().from(customers).where(eq(customers.email, "f@x.org")),
            ]);
            assert.equal(results[0][0].email, results[1][0].email);
            await assert.rejects(
                db.batch([
                    db.insert(customers).values({ email: "g@x.org" }),
                    db.insert(customers).values({ email: "f@x.org" }),
                ]),
                (error) => (error.cause ?? error).code === "SQLITE_CONSTRAINT",
            );
            const gone = await db.select().from(customers).where(eq(customers.email, "g@x.org"));
            assert.deepEqual(gone, []);
        });

        test("prepared statements take their values by name", async () => {
            const byEmail = db
                .select()
                .from(customers)
                .where(eq(customers.email, sql.placeholder("email")))
                .prepare();
            assert.equal((await byEmail.all({ email: "a@x.org" }))[0].email, "a@x.org");
            assert.deepEqual(await byEmail.all({ email: "nobody" }), []);
        });
    });
}
