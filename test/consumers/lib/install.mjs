/*
 * The engines, installed once into test/.cache/consumers: 680 MB that have no business in the root's node_modules.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const WAIT_SECONDS = 180;

/**
 * Installs `source`'s package-lock.json into `target`, unless it is there. One process at a time: the others wait.
 * @returns what it did, for the log
 * @throws Error when npm fails, or another process does not come to an end
 */
export async function install(source, target) {
  mkdirSync(target, { recursive: true });
  const unlock = await lock(join(target, "lock"));
  try {
    // Copied when npm has succeeded, so that an installation that was interrupted is made again.
    const stamp = join(target, "installed-lock.json");
    const wanted = readFileSync(join(source, "package-lock.json"), "utf8");
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return "nothing to install";
    for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(source, name), join(target, name));
    const started = performance.now();
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status } = spawnSync("npm", args, {
      cwd: target,
      stdio: ["ignore", "ignore", "inherit"],
      shell: process.platform === "win32",
    });
    if (status !== 0) throw new Error(`npm ci failed in ${target}; its messages are above. Is the network there?`);
    copyFileSync(join(source, "package-lock.json"), stamp);
    return `installed in ${((performance.now() - started) / 1000).toFixed(0)} s`;
  } finally {
    unlock();
  }
}

/** Making a folder either works or fails, for exactly one process. */
async function lock(folder) {
  const deadline = Date.now() + WAIT_SECONDS * 1000;
  for (;;) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isAbandoned(folder)) rmSync(folder, { recursive: true, force: true });
    else if (Date.now() > deadline) throw new Error(`another process installs for ${WAIT_SECONDS} s; remove ${folder}`);
    else await sleep(250);
  }
  writeFileSync(join(folder, "pid"), String(process.pid));
  return () => rmSync(folder, { recursive: true, force: true });
}

/** True when the process that made it was killed. */
function isAbandoned(folder) {
  try {
    process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), 0);
    return false;
  } catch (error) {
    // No such process. Without a file it is only just being made, or gone again.
    return error.code === "ESRCH";
  }
}
