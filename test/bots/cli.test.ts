/*
 * The command line as a user has it: in processes of its own, on a socket.io server in another one. What is counted is asserted,
 * never how long it took.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { readArguments } from "../../src/bots/cli-arguments.js";
import { startSwarm } from "../../src/bots/cli-swarm.js";
import type { SwarmReport } from "../../src/bots/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "test/.cache/bots");
/** Of one test, in milliseconds. */
const PATIENCE = 40_000;

beforeAll(async () => {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  await build({
    entryPoints: ["cli", "cli-worker"].map((name) => join(root, `src/bots/${name}.ts`)),
    outdir: cache,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    external: ["ws", "isomorphic-ws", "mitt", "tough-cookie"],
    logLevel: "silent",
  });
  writeFileSync(
    join(cache, "script.mjs"),
    `export default (bot) => {
      if (bot.index === 1) bot.namespace.connected.connect(() => bot.namespace.emit("kick_me"));
      return () => bot.emit_with_ack("bot", [bot.index]);
    };`,
  );
  writeFileSync(
    join(cache, "awaiting-script.mjs"),
    `export default (bot) => {
      bot.namespace.connected.connect(async () => {
        await bot.namespace.emit_with_ack("to nobody", [], 0.2);
      });
      // One that waits when all is over.
      return () => void bot.namespace.emit_with_ack("to nobody", [], 60);
    };`,
  );
  writeFileSync(
    join(cache, "odd-script.mjs"),
    "export default (bot) => () => { if (bot.index === 0) throw Object.create(null); };",
  );
  writeFileSync(join(cache, "odd-start.mjs"), "export default () => { throw Object.create(null); };");
  writeFileSync(join(cache, "no-script.mjs"), "export const script = () => {};");
  writeFileSync(join(cache, "broken-script.mjs"), "export default () => { throw new Error('out of ideas'); };");
}, PATIENCE);

/** Collects what a process says. */
function listen(child: ChildProcess) {
  const said = { out: "", err: "" };
  child.stdout?.on("data", (chunk) => {
    said.out += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    said.err += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(() => void child.kill("SIGKILL"));
  return { said, ended };
}

function bots(...args: string[]) {
  const child = spawn(process.execPath, [join(cache, "cli.js"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const { said, ended } = listen(child);
  return { child, said, ended: ended.then((code) => ({ code, ...said })) };
}

async function serve() {
  const child = spawn(process.execPath, [join(root, "test/bots/server.mjs")], { stdio: ["pipe", "pipe", "inherit"] });
  const { said, ended } = listen(child);
  while (!said.out.includes("\n")) await new Promise((resolve) => child.stdout.once("data", resolve));
  const url = `ws://127.0.0.1:${said.out.trim().slice("port ".length)}`;
  /** Ends it; what it has counted. */
  const count = async (): Promise<{ connections: number; events: number; most: number }> => {
    child.stdin.end();
    await ended;
    return JSON.parse(said.out.trim().split("\n")[1] as string);
  };
  return { url, child, count };
}

const parse = (text: string): SwarmReport & { cpu_cores: number } => JSON.parse(text);

test("the work of the process before they start is none of theirs", async () => {
  const { task } = readArguments(["bots", "ws://localhost:1", "--count=1"])!;
  const { user, system } = process.cpuUsage();
  const crowd = await startSwarm(task);
  expect(crowd.cpuSeconds()).toBeLessThan((user + system) / 1e6);
  crowd.stop();
});

describe("bots on a real server", { timeout: PATIENCE }, () => {
  test("a hundred of them play, none is lost, and the server has got what they have sent", async () => {
    const { url, count } = await serve();
    const { code, out, err } = await bots("bots", url, "--count=100", "--duration=3", "--json").ended;
    const report = parse(out);
    expect(report.errors).toEqual({});
    expect(report).toMatchObject({
      ok: true,
      count: 100,
      started: 100,
      joined: 100,
      connected: 100,
      lost: 0,
      failed: 0,
    });
    expect([report.connect.count, report.acks_unanswered, report.emits]).toEqual([100, 0, report.ticks]);
    expect(report.acks).toBeGreaterThanOrEqual(200);
    expect(report.rtt.count).toBeGreaterThanOrEqual(100);
    const counted = await count();
    expect(counted).toMatchObject({ connections: 100, most: 100, events: report.emits });
    expect(err).toBe(`100 bots to ${url} …\n`);
    expect(code).toBe(0);
  });

  test("in several processes it is one crowd, and one table", async () => {
    const { url, count } = await serve();
    const args = ["--count=31", "--duration=2", "--processes=3", "--namespace=/game", "--ramp=1s", "--quiet"];
    const { code, out, err } = await bots("bots", url, ...args).ended;
    expect(out).toMatch(/^bots {6}31 of 31 started, 31 connected, 0 not let in, 0 lost, 0 back again$/m);
    expect(out).toMatch(/^The bots took [\d.]+ of the \d+ cores of this machine\.$/m);
    expect(await count()).toMatchObject({ connections: 31 });
    expect([code, err]).toEqual([0, ""]);
  });

  test("a script decides what they do, and a lost bot is told by the exit code", async () => {
    const { url } = await serve();
    const script = `--script=${join(cache, "script.mjs")}`;
    const { code, out } = await bots("bots", url, "--count=3", "--duration=1", "--rate=10", "--json", script).ended;
    const report = parse(out);
    expect(report).toMatchObject({ ok: false, joined: 3, connected: 2, lost: 1, tick_rate: 10 });
    expect(report.errors).toEqual({ "lost: server disconnect": 1 });
    expect(report.acks).toBeGreaterThan(10);
    expect(code).toBe(1);
  });

  test.each([1, 2])(
    "a promise that a script did not catch is counted and printed, in %d processes",
    async (processes) => {
      const { url } = await serve();
      const args = ["--count=4", "--duration=1", "--json", `--script=${cache}/awaiting-script.mjs`];
      const { code, out, err } = await bots("bots", url, `--processes=${processes}`, ...args).ended;
      const report = parse(out);
      expect(report).toMatchObject({ ok: false, joined: 4, connected: 4, lost: 0, script_errors: 4 });
      expect(report.errors).toEqual({ 'script: "to nobody" was not acknowledged in time': 4 });
      expect(err).toMatch(/^The script of a bot, in a promise: \w*Error: "to nobody" was not acknowledged in time$/m);
      expect(code).toBe(1);
    },
  );

  test("a script may throw what cannot be made text", async () => {
    const { url } = await serve();
    const script = `--script=${cache}/odd-script.mjs`;
    const { code, out, err } = await bots("bots", url, "--count=2", "--duration=0.5", "--json", script).ended;
    expect(parse(out)).toMatchObject({ connected: 2, errors: { "script: object": expect.any(Number) } });
    expect(err).toContain("The script of bot 0: object\n");
    expect(code).toBe(1);
  });

  test("Ctrl-C ends them with the report", async () => {
    const { url, count } = await serve();
    for (const processes of [1, 2]) {
      const args = ["--count=4", "--duration=inf", "--json", `--processes=${processes}`];
      const { child, ended } = bots("bots", url, ...args);
      child.stderr.once("data", () => setTimeout(() => child.kill("SIGINT"), 1500));
      const { code, out } = await ended;
      expect(parse(out)).toMatchObject({ ok: true, count: 4, lost: 0, failed: 0 });
      expect(code).toBe(0);
    }
    expect(await count()).toMatchObject({ most: 4 });
  });

  test("those who are not let in are told at once", async () => {
    const { url } = await serve();
    const { code, out } = await bots("bots", url, "--count=5", "--namespace=/closed").ended;
    expect(out).toContain("5 × connect: members only");
    expect(out).toContain(`Gave up: no bot could connect to ${url} (members only)`);
    expect(code).toBe(1);
  });

  test.each([1, 2])("a server that is not there, with %d processes, is told after a while", async (processes) => {
    const args = ["--count=10", "--patience=1", "--json", `--processes=${processes}`];
    const { code, out } = await bots("bots", "ws://127.0.0.1:1", ...args).ended;
    const report = parse(out);
    expect(report).toMatchObject({ ok: false, joined: 0, failed: 10 });
    expect(report.failure).toMatch(/^no bot could connect to ws:\/\/127\.0\.0\.1:1 within 1 s \(.*ECONNREFUSED/);
    expect(code).toBe(1);
  });
});

describe("the command line", { timeout: PATIENCE }, () => {
  test("explains itself", async () => {
    const { code, out, err } = await bots("--help").ended;
    expect(out).toMatch(/^Usage: socketio-gameloop bots <url> \[options\]\n/);
    expect([code, err]).toEqual([0, ""]);
  });

  test.each<[string[], string]>([
    [["bots", "nonsense://x"], 'cannot use the URL "nonsense://x"; write one like ws://localhost:3000'],
    [
      ["bots", "nonsense://x", "--processes=2"],
      'cannot use the URL "nonsense://x"; write one like ws://localhost:3000',
    ],
    [["bots", "ws://127.0.0.1:1", "--script=none.mjs"], "--script none.mjs: Cannot find module"],
    [["bots", "ws://127.0.0.1:1", `--script=${cache}/no-script.mjs`], "the default export has to be a function"],
    [["bots", "ws://127.0.0.1:1", `--script=${cache}/broken-script.mjs`], "broken-script.mjs: out of ideas"],
    [["bots", "ws://127.0.0.1:1", `--script=${cache}/odd-start.mjs`], "odd-start.mjs: object"],
    [["bots", "ws://127.0.0.1:1", "--event=connect"], "the event's name must be a free string"],
    [["bots", "ws://127.0.0.1:1", "--payload=1e10"], 'option "payload" must be a whole number from 0 to'],
    [["bots", "ws://127.0.0.1:1", "--namespace=/a?b"], "a namespace path must be"],
  ])("%j ends with 2 and a sentence", async (args, message) => {
    const { code, out, err } = await bots(...args).ended;
    expect(err).toContain(message);
    expect(err).toMatch(/\nsocketio-gameloop --help says more\.\n$/);
    expect([code, out]).toEqual([2, ""]);
  });
});
