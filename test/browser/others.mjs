/**
 * `npm run test:browsers`: what holds in every browser, in Firefox and in WebKit, which is what Safari is made of. `npm test` has Chromium.
 * A browser that is missing is installed where this may be done, or named with the command that brings it.
 *
 *     npm run test:browsers              both
 *     npm run test:browsers -- webkit    one
 *
 * The last line says `N passed, N failed`; the exit code is 1 unless nothing failed.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../../.ci/ensure-install.mjs";
import { loadBrowsers } from "./load.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = `${root}test/.cache/browser`;

await ensureInstalled();
mkdirSync(cache, { recursive: true });
const kinds = await loadBrowsers();
const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(kinds);
for (const name of names) {
  if (!(name in kinds)) stop(`No such browser: ${name}. There are: ${Object.keys(kinds).join(", ")}`);
  if (!install(kinds[name])) stop(`There is no ${name}. Install it with:\n\n    ${kinds[name].howToInstall()}\n`);
}

let passed = 0;
let failed = 0;
for (const name of names) {
  console.log(`\n▶ ${name}`);
  const report = `${cache}/${name}.json`;
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const config = ["--config", "test/browser/vitest.config.ts"];
  const { status } = spawnSync("npx", ["--no-install", "vitest", "run", ...config, ...reporters], {
    cwd: root,
    stdio: "inherit",
    // CI: a browser that is missing all the same is a failure.
    env: { ...process.env, BROWSER: name, CI: "true" },
  });
  const { numPassedTests, numFailedTests } = read(report);
  passed += numPassedTests;
  failed += numFailedTests || (status === 0 ? 0 : 1);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function install(kind) {
  const command = kind.howToInstall();
  const isDebianRoot = command.startsWith("apt-get") && process.getuid?.() === 0;
  if (!kind.isInstalled() && isDebianRoot) {
    console.log(`▶ ${command}`);
    spawnSync(`apt-get update && ${command}`, {
      shell: true,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }
  return kind.isInstalled();
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1 };
  }
}

function stop(message) {
  console.error(message);
  process.exit(2);
}
