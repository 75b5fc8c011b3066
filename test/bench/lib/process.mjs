/** Processes of the bench: one server for a case, one process for each client and round. */
import { fork, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(new URL("../server.mjs", import.meta.url));
const WORKER = fileURLToPath(new URL("../worker.mjs", import.meta.url));
/** Seconds; what takes longer hangs. */
const LIMIT = 180;

/** The program of a server that is socket.io's own. */
export const SOCKET_IO_SERVER = fileURLToPath(new URL("../socket-io-server.mjs", import.meta.url));

/** Gives a process a core of its own, on a system that can: for what would be decided by where the scheduler puts client and server. */
function pin(child, core) {
  if (availableParallelism() > 1) spawnSync("taskset", ["-acp", `${core}`, `${child.pid}`]);
}

/** Starts a server; `stop` ends it. */
export function startServer(program = SERVER, isPinned = false) {
  const child = fork(program, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  if (isPinned) pin(child, 0);
  return new Promise((resolve, reject) => {
    child.once("message", ({ port }) => resolve({ port, stop: () => child.kill() }));
    child.once("exit", () => reject(new Error("the server ended")));
  });
}

/** Runs `client(...)` of a case in a process of its own and returns what it returned. */
export function runClient(job, flags = [], isPinned = false) {
  const child = fork(WORKER, [JSON.stringify(job)], {
    execArgv: ["--expose-gc", ...flags],
    stdio: ["ignore", "inherit", "pipe", "ipc"],
    env: { ...process.env, NODE_ENV: "production" },
  });
  if (isPinned) pin(child, 1);
  let result = null;
  let complaints = "";
  child.stderr.on("data", (text) => {
    complaints = (complaints + text).slice(-2000);
  });
  const deadline = setTimeout(() => child.kill("SIGKILL"), LIMIT * 1000);
  return new Promise((resolve, reject) => {
    child.on("message", (message) => {
      result = message;
    });
    child.on("close", (code, signal) => {
      clearTimeout(deadline);
      if (result?.figures) resolve(result.figures);
      else reject(new Error(result?.error ?? `the client ended with ${signal ?? code}: ${complaints.trim()}`));
    });
  });
}
