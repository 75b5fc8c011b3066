/**
 * `npm test`: installs what is missing, then checks everything: lint, types, build, unit tests with coverage, tests in a real
 * browser, the packed package in fresh projects with the engines, one recording on several engines, a quick run of the
 * bench. The last line says `N passed, N failed`; the exit code is 1 unless nothing failed.
 *
 *     npm test                 everything
 *     npm test -- unit         one or more of: lint types build unit browser consumers replay bench
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../.ci/ensure-install.mjs";
import { runVitest } from "./run-vitest.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = `${root}test/.cache`;
const totals = { passed: 0, failed: 0, skipped: 0 };
/** What failed, to be said again at the end: where it happened is far up by then. */
const failures = [];

/** A command of the toolchain; it counts as one check. */
const check = (script) => () => {
  const { status } = run("npm", ["run", "--silent", script]);
  if (status !== 0) failures.push(`npm run ${script}`);
  count(script, { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 });
};

/** A program that says at its end how many checks passed and failed; one that dies before counts as one more that failed. */
const program = (name, ...args) => {
  return () => {
    const { status, stdout } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: "utf8",
      stdio: ["inherit", "pipe", "inherit"],
      maxBuffer: 2 ** 28,
    });
    process.stdout.write(stdout);
    const [, passed, failed] = /(\d+) passed, (\d+) failed[^\n]*\s*$/.exec(stdout) ?? [0, status === 0 ? 1 : 0, 0];
    const isUntold = status !== 0 && Number(failed) === 0;
    failures.push(...[...stdout.matchAll(/^✗ .*/gm)].map(([line]) => `${name} ${line}`));
    if (isUntold) failures.push(`${name}: exit code ${status}`);
    count(name, { passed: Number(passed), failed: isUntold ? 1 : Number(failed), skipped: 0 });
  };
};

const vitest = (name, ...args) => {
  return () => {
    console.log(`\n▶ vitest run ${args.join(" ")}`);
    const { failures: told, ...result } = runVitest(`${cache}/${name}.json`, args);
    failures.push(...told.map((failure) => `${name}: ${failure}`));
    count(name, result);
  };
};

const STEPS = {
  lint: check("lint"),
  types: check("typecheck"),
  build: check("build"),
  unit: vitest("unit", "--config", "test/vitest.config.ts", "--coverage"),
  browser: vitest("browser", "--config", "test/browser/vitest.config.ts"),
  consumers: program("consumers", "test/consumers/run.mjs"),
  replay: program("replay", "test/tools/replay-hash/run.mjs"),
  // Whether it runs, and loses and reorders nothing; its times are no gate.
  bench: program("bench", "test/bench/run.mjs", "--quick"),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(", ")}. There are: ${Object.keys(STEPS).join(", ")}`);
  process.exit(2);
}
await ensureInstalled();
mkdirSync(cache, { recursive: true });
for (const [name, step] of Object.entries(STEPS)) if (wanted.length === 0 || wanted.includes(name)) step();
for (const failure of failures) console.log(`\nfailed: ${failure}`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exit(totals.failed === 0 ? 0 : 1);

function run(command, args) {
  console.log(`\n▶ ${command} ${args.join(" ")}`);
  return spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
}

function count(name, result) {
  for (const key of Object.keys(totals)) totals[key] += result[key];
  console.log(`${name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
}
