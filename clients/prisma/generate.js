// Generates Prisma's client from schema.prisma. The client needs no engine, but the command fetches the one that
// writes migrations from Prisma's own host before it does anything: it is told that there is one already.

import { spawnSync } from "node:child_process";

const { status } = spawnSync("npx", ["--no-install", "prisma", "generate", "--schema", "schema.prisma"], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
        ...process.env,
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        CHECKPOINT_DISABLE: "1",
        PRISMA_HIDE_UPDATE_MESSAGE: "1",
    },
});
process.exit(status ?? 1);
