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
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../../.ci/ensure-install.mjs";
import { runVitest } from "../run-vitest.mjs";
import { loadBrowsers } from "./load.mjs";

const cache = fileURLToPath(new URL("../.cache/browser", import.meta.url));

await ensureInstalled();
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
  // CI: a browser that is missing all the same is a failure.
  const env = { BROWSER: name, CI: "true" };
  const result = runVitest(`${cache}/${name}.json`, ["--config", "test/browser/vitest.config.ts"], { env });
  passed += result.passed;
  failed += result.failed;
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

function stop(message) {
  console.error(message);
  process.exit(2);
}
