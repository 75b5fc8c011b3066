/** `npm run test:fault`: the tests of faults with as many schedules as they are meant to have. Environment as in each of them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const env = { FAULT_REAL_RUNS: "200", ...process.env };
const args = ["--no-install", "vitest", "run", "--config", "test/vitest.config.ts", "test/fault"];
const { status } = spawnSync("npx", args, { cwd: root, env, stdio: "inherit", shell: process.platform === "win32" });
process.exit(status ?? 1);
