/**
 * `npm run test:bots`: 2,000 bots at 20 Hz for a minute, in one process, on a plain socket.io server in another one. None may be
 * lost, and the loop of the bots never more than one tick behind. It wants two cores for itself.
 *
 *     node test/bots/full.mjs [--count N] [--rate HZ] [--duration S] [--ramp N] [--profile FOLDER]
 *
 * `--profile` writes a CPU profile of the bots' process there.
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { ensureInstalled } from "../../.ci/ensure-install.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "test/.cache/bots-full");

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    rate: { type: "string", default: "20" },
    duration: { type: "string", default: "60" },
    ramp: { type: "string", default: "100" },
    profile: { type: "string" },
  },
});

await ensureInstalled();
const { build } = await import("esbuild");
rmSync(cache, { recursive: true, force: true });
mkdirSync(cache, { recursive: true });
await build({
  entryPoints: ["cli", "cli-worker", "index"].map((name) => join(root, `src/bots/${name}.ts`)),
  outdir: cache,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  external: ["ws", "isomorphic-ws", "mitt", "tough-cookie"],
});

// What thousands of connections leave behind dies young. With room for it V8 hardly ever collects the old: that takes threads of its own,
// and on two cores these keep the loops waiting.
const HEAP = ["--min-semi-space-size=64", "--max-semi-space-size=64"];

const server = spawn(process.execPath, [...HEAP, join(root, "test/bots/server.mjs")], {
  stdio: ["pipe", "pipe", "inherit"],
});
let said = "";
server.stdout.on("data", (chunk) => {
  said += chunk;
});
while (!said.includes("\n")) await new Promise((resolve) => server.stdout.once("data", resolve));
const url = `ws://127.0.0.1:${said.trim().slice("port ".length)}`;

const flags = values.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${values.profile}`];
const { count, rate, duration, ramp } = values;
const wanted = [`--count=${count}`, `--rate=${rate}`, `--duration=${duration}`, `--ramp=${ramp}`, "--json"];
const bots = spawn(process.execPath, [...HEAP, ...flags, join(cache, "cli.js"), "bots", url, ...wanted], {
  stdio: ["ignore", "pipe", "inherit"],
});
let json = "";
bots.stdout.on("data", (chunk) => {
  json += chunk;
});
const code = await new Promise((resolve) => bots.once("close", resolve));
server.stdin.end();
await new Promise((resolve) => server.once("close", resolve));

if (json === "") {
  console.error(`The bots' process ended with ${code} and no report.`);
  process.exit(1);
}
const report = JSON.parse(json);
const counted = JSON.parse(said.trim().split("\n")[1]);
const { report_table } = await import(pathToFileURL(join(cache, "index.js")).href);
console.log(report_table(report));
const cores = (seconds) => (seconds / report.seconds).toFixed(2);
console.log(`\nCores: bots ${report.cpu_cores.toFixed(2)}, server ${cores(counted.cpu_seconds)}, over the whole run.`);

const checks = {
  "every bot got in": report.joined === Number(count) && report.connected === Number(count),
  "none was lost": report.lost === 0,
  "nothing went wrong": report.ok && Object.keys(report.errors).length === 0,
  "the server got every emit": counted.events === report.emits,
  "every acknowledgement came": report.acks_unanswered === 0,
  "no tick was skipped": report.ticks_skipped === 0,
  "never more than one tick behind": report.ticks_behind <= 1,
};
for (const [what, isSo] of Object.entries(checks)) console.log(`${isSo ? "ok  " : "NOT "} ${what}`);
process.exit(Object.values(checks).every(Boolean) ? 0 : 1);
