// Prisma by its libSQL adapter, over HTTP and over WebSocket.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { PrismaLibSql } from "@prisma/adapter-libsql";

import { Stack } from "../node/stack.js";
import { PrismaClient } from "./generated/index.js";

// As Prisma's migrations would make it; the engine that writes them is not in a package.
const SCHEMA = `
    CREATE TABLE "Author" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "email" TEXT NOT NULL,
        "born" DATETIME,
        "wealth" DECIMAL,
        "views" BIGINT NOT NULL DEFAULT 0,
        "score" REAL,
        "portrait" BLOB,
        "notes" JSONB,
        "isActive" BOOLEAN NOT NULL DEFAULT true
    );
    CREATE UNIQUE INDEX "Author_email_key" ON "Author"("email");
    CREATE TABLE "Post" (
        "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        "title" TEXT NOT NULL,
        "authorId" INTEGER NOT NULL,
        CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId")
            REFERENCES "Author" ("id") ON DELETE CASCADE ON UPDATE CASCADE
    );
    CREATE TABLE "Tag" ("name" TEXT NOT NULL PRIMARY KEY);
    CREATE TABLE "_PostToTag" (
        "A" INTEGER NOT NULL REFERENCES "Post" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
        "B" TEXT NOT NULL REFERENCES "Tag" ("name") ON DELETE CASCADE ON UPDATE CASCADE
    );
    CREATE UNIQUE INDEX "_PostToTag_AB_unique" ON "_PostToTag"("A", "B");
    CREATE INDEX "_PostToTag_B_index" ON "_PostToTag"("B");
`;

let stack;
before(async () => {
    stack = await Stack.start();
});
after(() => stack.stop());

for (const [way, url] of Object.entries({
    http: () => `${stack.url}/db/`,
    ws: () => `ws://127.0.0.1:${stack.port}/db`,
})) {
    describe(`Prisma over ${way}`, () => {
        let prisma;
        beforeEach(async () => {
            await stack.control("POST", "reset", { services: ["database"], depth: "all" });
            const loaded = await fetch(`${stack.url}/db/load`, { method: "POST", body: SCHEMA });
            assert.equal(loaded.status, 200, await loaded.text());
        });
        const it = (name, run) =>
            test(name, async () => {
                prisma = new PrismaClient({ adapter: new PrismaLibSql({ url: url() }) });
                try {
                    await run();
                } finally {
                    await prisma.$disconnect();
                }
            });

        it("keeps values of every type", async () => {
            const data = {
                email: "ada@example.com",
                born: new Date("1815-12-10T00:00:00.123Z"),
                wealth: "12345.6789",
                views: 9007199254740991n,
                score: 0.1,
                portrait: Uint8Array.from([0, 1, 254, 255]),
                notes: { tags: ["a", { b: null }], n: 1.5 },
                isActive: false,
            };
            await prisma.author.create({ data });
            const found = await prisma.author.findUniqueOrThrow({ where: { email: "ada@example.com" } });
            assert.equal(found.id, 1);
            assert.deepEqual(found.born, data.born);
            assert.equal(found.wealth.toString(), "12345.6789");
            assert.equal(found.views, data.views);
            assert.equal(found.score, 0.1);
            assert.deepEqual(Uint8Array.from(found.portrait), data.portrait);
            assert.deepEqual(found.notes, data.notes);
            assert.equal(found.isActive, false);
        });

        it("writes and reads along relations", async () => {
            await prisma.author.create({
                data: {
                    email: "ada@example.com",
                    posts: {
                        create: [
                            { title: "one", tags: { connectOrCreate: { where: { name: "x" }, create: { name: "x" } } } },
                            { title: "two", tags: { connectOrCreate: { where: { name: "x" }, create: { name: "x" } } } },
                        ],
                    },
                },
            });
            const tag = await prisma.tag.findUnique({
                where: { name: "x" },
                include: { posts: { include: { author: true }, orderBy: { title: "desc" } } },
            });
            assert.deepEqual(tag.posts.map((post) => post.title), ["two", "one"]);
            assert.equal(tag.posts[0].author.email, "ada@example.com");
            const counted = await prisma.author.findFirst({ include: { _count: { select: { posts: true } } } });
            assert.equal(counted._count.posts, 2);
            await prisma.author.delete({ where: { id: counted.id } });
            assert.equal(await prisma.post.count(), 0);
        });

        it("filters, groups, updates and upserts", async () => {
            await prisma.author.createMany({
                data: Array.from({ length: 20 }, (_, n) => ({ email: `${n}@example.com`, score: n, isActive: n % 2 === 0 })),
            });
            const some = await prisma.author.findMany({
                where: { OR: [{ score: { gte: 18 } }, { email: { startsWith: "1@" } }] },
                orderBy: { score: "desc" },
                take: 2,
                skip: 1,
            });
            assert.deepEqual(some.map((author) => author.score), [18, 1]);
            const groups = await prisma.author.groupBy({
                by: ["isActive"],
                _sum: { score: true },
                orderBy: { isActive: "asc" },
            });
            assert.deepEqual(groups.map((group) => group._sum.score), [100, 90]);
            const { count } = await prisma.author.updateMany({ where: { isActive: true }, data: { views: { increment: 5 } } });
            assert.equal(count, 10);
            const { _sum } = await prisma.author.aggregate({ _sum: { views: true } });
            assert.equal(_sum.views, 50n);
            const upsert = () =>
                prisma.author.upsert({
                    where: { email: "new@example.com" },
                    create: { email: "new@example.com", score: 1 },
                    update: { score: 2 },
                });
            assert.deepEqual([(await upsert()).score, (await upsert()).score], [1, 2]);
        });

        // The adapter reads the kind of a constraint from SQLite's number, which no libSQL server sends.
        it("says which constraint was broken", async () => {
            await prisma.author.create({ data: { email: "a" } });
            await assert.rejects(prisma.author.create({ data: { email: "a" } }), /UNIQUE constraint failed: Author\.email/);
            await assert.rejects(prisma.post.create({ data: { title: "t", authorId: 99 } }), /FOREIGN KEY constraint failed/);
            await assert.rejects(prisma.author.delete({ where: { id: 99 } }), { code: "P2025" });
            await assert.rejects(prisma.$queryRaw`SELECT * FROM nowhere`, /nowhere/);
        });

        it("has transactions, interactive and in a row", async () => {
            const [, count] = await prisma.$transaction([
                prisma.author.create({ data: { email: "a" } }),
                prisma.author.count(),
            ]);
            assert.equal(count, 1);
            await prisma.$transaction(async (transaction) => {
                const author = await transaction.author.create({ data: { email: "b" } });
                await transaction.post.create({ data: { title: "t", authorId: author.id } });
                assert.equal(await transaction.author.count(), 2);
            });
            await assert.rejects(
                prisma.$transaction(async (transaction) => {
                    await transaction.author.deleteMany();
                    throw new Error("changed my mind");
                }),
                /changed my mind/,
            );
            await assert.rejects(
                prisma.$transaction([
                    prisma.author.create({ data: { email: "c" } }),
                    prisma.author.create({ data: { email: "a" } }),
                ]),
                /UNIQUE constraint failed/,
            );
            assert.equal(await prisma.author.count(), 2);
        });

        it("runs raw SQL", async () => {
            assert.equal(await prisma.$executeRaw`INSERT INTO Author(email, score) VALUES (${"raw"}, ${1.5})`, 1);
            const rows = await prisma.$queryRaw`SELECT id, email, score FROM Author WHERE email = ${"raw"}`;
            assert.equal(rows.length, 1);
            assert.equal(rows[0].score, 1.5);
        });

        it("reads what a restore brought back", async () => {
            await prisma.author.create({ data: { email: "kept" } });
            const { id } = await stack.control("POST", "snapshots", {});
            await prisma.author.create({ data: { email: "lost" } });
            await stack.control("POST", `snapshots/${id}/restore`);
            assert.deepEqual((await prisma.author.findMany()).map((author) => author.email), ["kept"]);
        });
    });
}
