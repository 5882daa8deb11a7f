// The official conformance suite: all that a revision requires against the fixture on our HTTP stack
// (crates/efsm-mcp/examples/conformance), and what needs no fixture against `efsm up` itself. The official inspector
// against `efsm mcp` and `efsm up`.
import assert from "node:assert/strict";
import { spawn, execFile } from "node:child_process";
import { createInterface } from "node:readline";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, "node_modules");
// The suite needs node 22, which an npm package brings.
const node = path.join(modules, ".bin", "node");
const suite = path.join(modules, "@modelcontextprotocol/conformance/dist/index.js");
const inspector = path.join(modules, "@modelcontextprotocol/inspector/clients/launcher/build/index.js");
const efsm = process.env.EFSM_BIN;
const fixture = process.env.EFSM_MCP_FIXTURE;
// What the suite runs beside the requirements and does not score: tasks are an extension that efsm does not serve, and a
// server need not close a stream in a call.
const LEFT_OUT = /^server-(tasks-|server-sse-polling)/;

/** A process that says where it is in its first line, and ends when its input does or when it is asked to. */
async function started(command, args, stop) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [line] = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).once("line", (text) => resolve([text]))),
    ended.then((code) => Promise.reject(new Error(`${command} ended with ${code}`))),
  ]);
  return {
    line,
    async during(work) {
      try {
        await work();
      } finally {
        stop(child);
      }
      assert.equal(await ended, 0);
    },
  };
}

/** Runs the suite and gives every check of every scenario that it saved. */
async function conforms(url, ...args) {
  const out = await mkdtemp(path.join(tmpdir(), "efsm-mcp-"));
  try {
    // Its exit code counts what it could not test, too: the checks that it saves tell more.
    const told = await promisify(execFile)(
      node,
      [suite, "server", "--url", url, "-o", out, ...args],
      { maxBuffer: 64 << 20 },
    ).catch((error) => error);
    const results = new Map();
    for (const folder of (await readdir(out)).filter((name) => !LEFT_OUT.test(name))) {
      const checks = JSON.parse(await readFile(path.join(out, folder, "checks.json"), "utf8"));
      results.set(folder.replace(/^server-|-\d{4}-\d{2}-\d{2}T.*$/g, ""), checks);
    }
    const bad = [...results].flatMap(([scenario, checks]) =>
      checks
        .filter((check) => (check.status === "FAILURE" || check.status === "WARNING") && !check.details?.untestable)
        .map((check) => `${scenario}: ${check.id}: ${check.errorMessage ?? check.description}`),
    );
    assert.deepEqual(bad, []);
    assert.ok(results.size > 0, `no scenario ran:\n${told.stdout}\n${told.stderr}`);
    return results;
  } finally {
    await rm(out, { recursive: true });
  }
}

const passed = (results) =>
  [...results.values()].flat().filter((check) => check.status === "SUCCESS").length;

for (const [revision, scenarios, checks] of [
  ["2025-11-25", 32, 81],
  ["2026-07-28", 40, 150],
]) {
  test(`the fixture meets everything that ${revision} requires`, async () => {
    const server = await started(fixture, [], (child) => child.stdin.end());
    await server.during(async () => {
      const results = await conforms(server.line, "--requirements", revision);
      // A suite that ran less than it should proves nothing.
      assert.ok(results.size >= scenarios, `${results.size} scenarios ran`);
      assert.ok(passed(results) >= checks, `${passed(results)} checks passed`);
    });
  });
}

test("the real server meets what needs no fixture", async () => {
  const server = await started(efsm, ["up", "--port", "0", "--json"], (child) => child.kill("SIGINT"));
  const url = `${JSON.parse(server.line).url}/mcp`;
  await server.during(async () => {
    for (const [revision, scenarios] of [
      ["2025-11-25", ["server-initialize", "ping", "tools-list", "dns-rebinding-protection"]],
      ["2026-07-28", ["server-stateless", "tools-list", "dns-rebinding-protection", "caching", "http-header-validation", "server-sse-multiple-streams"]],
    ]) {
      for (const scenario of scenarios) {
        const results = await conforms(url, "--scenario", scenario, "--spec-version", revision);
        assert.ok(passed(results) > 0, `${scenario} at ${revision} checked nothing`);
      }
    }
  });
});

const SERVERS = [
  ["efsm mcp", async (work) => work([efsm, "mcp"])],
  ["efsm up", async (work) => {
    const server = await started(efsm, ["up", "--port", "0", "--json"], (child) => child.kill("SIGINT"));
    await server.during(() => work([`${JSON.parse(server.line).url}/mcp`]));
  }],
];

for (const [name, serving] of SERVERS) {
  test(`the inspector lists the tools of ${name}, finds nothing to complain about, and calls one`, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "efsm-inspector-"));
    // Its catalogue of servers and its keys are not the user's.
    const env = { ...process.env, HOME: folder };
    const inspect = (target, ...args) =>
      promisify(execFile)(node, [inspector, "--cli", ...target, ...args], { env, maxBuffer: 64 << 20 });
    try {
      await serving(async (target) => {
        const listed = await inspect(target, "--method", "tools/list", "--strict");
        const names = JSON.parse(listed.stdout).tools.map((tool) => tool.name);
        assert.equal(names.length, 16);
        assert.equal(names[0], "generate_mock");
        assert.equal(listed.stderr, "");
        const called = await inspect(target, "--method", "tools/call", "--tool-name", "list_stacks");
        assert.ok(Array.isArray(JSON.parse(called.stdout).structuredContent.stacks));
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
