/**
 * `npm test`: installs what is missing, then checks everything: lint, types, build, unit tests with coverage, tests in a real
 * browser. The last line says `N passed, N failed`; the exit code is 1 unless nothing failed.
 *
 *     npm test                 everything
 *     npm test -- unit         one or more of: lint types build unit browser
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../.ci/ensure-install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = `${root}test/.cache`;
const totals = { passed: 0, failed: 0, skipped: 0 };

/** A command of the toolchain; it counts as one check. */
const check = (script) => () => {
  const { status } = run("npm", ["run", "--silent", script]);
  count(script, { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 });
};

/** A run of vitest; each of its tests counts, and a failure outside of them (a coverage threshold, a crash) as one more. */
const vitest = (name, ...args) => {
  return () => {
    const report = `${cache}/${name}.json`;
    rmSync(report, { force: true });
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const { status } = run("npx", ["--no-install", "vitest", "run", ...args, ...reporters]);
    const result = read(report);
    const failed = result.numFailedTests;
    count(name, {
      passed: result.numPassedTests,
      failed: failed === 0 && status !== 0 ? 1 : failed,
      skipped: result.numPendingTests + result.numTodoTests,
    });
  };
};

const STEPS = {
  lint: check("lint"),
  types: check("typecheck"),
  build: check("build"),
  unit: vitest("unit", "--config", "test/vitest.config.ts", "--coverage"),
  browser: vitest("browser", "--config", "test/browser/vitest.config.ts"),
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
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : "";
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exit(totals.failed === 0 ? 0 : 1);

function run(command, args) {
  console.log(`\n▶ ${command} ${args.join(" ")}`);
  return spawnSync(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0 };
  }
}

function count(name, result) {
  for (const key of Object.keys(totals)) totals[key] += result[key];
  console.log(`${name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
}
