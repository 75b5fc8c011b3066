/**
 * `npm run test:nodes`: the unit tests with other versions of Node than the one that runs this. They come from npm into test/.cache/nodes.
 *
 *     npm run test:nodes               22, 24 and 26
 *     npm run test:nodes -- 24         one or more
 *
 * The last line says `N passed, N failed`; the exit code is 1 unless nothing failed.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../.ci/ensure-install.mjs";
import { runVitest } from "./run-vitest.mjs";

const VERSIONS = ["22", "24", "26"];

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : VERSIONS;
if (!wanted.every((version) => /^\d+(\.\d+)*$/.test(version))) {
  console.error(`Versions of Node are numbers, like ${VERSIONS.join(", ")}; these are ${wanted.join(", ")}.`);
  process.exit(2);
}

await ensureInstalled();
let passed = 0;
let failed = 0;
for (const version of wanted) {
  const folder = install(version);
  const bin = join(folder, "node_modules/node/bin");
  const node = join(bin, process.platform === "win32" ? "node.exe" : "node");
  console.log(`\n▶ Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
  // What the tests start is to be this version too.
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  const result = runVitest(join(folder, "report.json"), ["--config", "test/vitest.config.ts"], { node, env });
  passed += result.passed;
  failed += result.failed;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function install(version) {
  const folder = join(root, "test/.cache/nodes", version);
  mkdirSync(folder, { recursive: true });
  const flags = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
  execFileSync("npm", ["install", ...flags, "--prefix", folder, `node@${version}`], {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  return folder;
}
