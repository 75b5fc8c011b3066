// Makes `npm run demo` and `npm test` work on a fresh clone: installs the dependencies when they are missing or older
// than the lock file. Plain JavaScript without imports from packages, because none may be there yet.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Runs `npm ci` unless `node_modules` already matches `package-lock.json`. Exits the process when that fails. */
export async function ensureInstalled() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
      `This project needs Node.js 20.19 or newer; this is ${process.versions.node}. Install a newer one from nodejs.org.`,
    );
    process.exit(1);
  }
  const installed = `${root}node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs) return;
  console.log("Installing the dependencies (npm ci) …");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    console.error(
      "npm ci failed: its messages are above. Check the network connection, then run the same command again.",
    );
    process.exit(1);
  }
}
