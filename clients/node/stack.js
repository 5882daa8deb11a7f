// A stack of efsm in a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// Long enough for a loaded machine; a test that needs it has failed.
const PATIENCE_MS = 30_000;

export class Stack {
    #process;

    constructor(process, up) {
        this.#process = process;
        this.up = up;
        this.url = up.url.replace(/\/$/, "");
        this.port = up.port;
        this.env = up.env;
    }

    /** Starts `efsm up --port 0 --json`, with more arguments where a test needs them. */
    static async start(...more) {
        const binary = process.env.EFSM_BIN;
        if (!binary) {
            throw new Error("set EFSM_BIN to the efsm binary: cargo build -p efsm-cli");
        }
        const child = spawn(binary, ["up", ...more, "--port", "0", "--json"], {
            stdio: ["ignore", "pipe", "pipe"],
        });
        let stderr = "";
        child.stderr.on("data", (data) => (stderr += data));
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const ended = once(child, "exit", { signal }).then(([code]) => {
            throw new Error(`efsm ended with ${code}:\n${stderr}`);
        });
        const [line] = await Promise.race([
            once(createInterface(child.stdout), "line", { signal }),
            ended,
        ]);
        ended.catch(() => {});
        return new Stack(child, JSON.parse(line));
    }

    async stop() {
        const ended = once(this.#process, "exit");
        this.#process.kill("SIGINT");
        await ended;
    }

    /** A call of the stack's control API. */
    async control(method, path, body) {
        const response = await fetch(`${this.url}/_efsm/${path}`, {
            method,
            headers: { "content-type": "application/json" },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await response.text();
        if (!response.ok) {
            throw new Error(`${method} ${path}: ${response.status} ${text}`);
        }
        return text === "" ? undefined : JSON.parse(text);
    }
}
