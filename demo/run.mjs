/**
 * `npm run demo`: installs what is missing, builds, starts the server and the bots, and says where to look.
 *
 *     node demo/run.mjs [--port N] [--bots N] [--no-bots]
 *
 * Ctrl-C stops everything. When the server process dies by itself (try it: `kill` its pid) it is started again after a
 * second on the same port, and everybody comes back without touching the page.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureInstalled } from "../.ci/ensure-install.mjs";

const RESTART_SECONDS = 1;
/** A server that dies this often within QUICK_SECONDS of its start has a reason that a restart does not cure. */
const QUICK_DEATHS = 5;
const QUICK_SECONDS = 5;
/** How often to look whether npm is still there. */
const PARENT_SECONDS = 1;

const settings = readSettings();
let stopping = false;
let server = null;
let bots = null;
let port = 0;
let quickDeaths = 0;

await ensureInstalled();
const { buildDemo, buildFolder, cleanUp } = await import("./build.mjs");
console.log("Building the demo …");
await buildDemo();
process.on("SIGINT", () => stop(0));
process.on("SIGTERM", () => stop(0));
if (process.env.npm_lifecycle_event === "demo") watchParent();
startServer();

function readSettings() {
  const options = {
    port: { type: "string", default: process.env.PORT ?? "3000" },
    bots: { type: "string", default: process.env.BOTS ?? "12" },
    "no-bots": { type: "boolean", default: false },
  };
  try {
    const { values } = parseArgs({ options });
    const wanted = wholeNumber("--port", values.port, 65535);
    const count = values["no-bots"] ? 0 : wholeNumber("--bots", values.bots, 200);
    return { port: wanted, bots: count };
  } catch (error) {
    console.error(`${error.message}\nUsage: node demo/run.mjs [--port N] [--bots N] [--no-bots]`);
    process.exit(2);
  }
}

function wholeNumber(flag, text, most) {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0 || value > most) {
    throw new Error(`${flag} ${text}: a whole number from 0 to ${most} is expected`);
  }
  return value;
}

function start(name, environment) {
  return spawn(process.execPath, ["--enable-source-maps", join(buildFolder, `${name}.mjs`)], {
    // The channel tells a child when its launcher is gone, and tells the launcher the server's port.
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...environment },
  });
}

function startServer() {
  const startedAt = performance.now();
  const restarted = port !== 0;
  server = start("server", { PORT: String(restarted ? port : settings.port), PORT_STRICT: restarted ? "1" : "" });
  server.on("message", (message) => {
    if (message?.type !== "listening") return;
    port = message.port;
    announce(restarted);
    if (bots === null && settings.bots > 0) startBots();
  });
  server.on("exit", (code, signal) => {
    server = null;
    if (stopping) return;
    if (port === 0) {
      console.error(`The server did not start (${signal ?? `exit code ${code}`}).`);
      stop(1);
      return;
    }
    quickDeaths = performance.now() - startedAt < QUICK_SECONDS * 1000 ? quickDeaths + 1 : 0;
    if (quickDeaths >= QUICK_DEATHS) {
      console.error("The server keeps dying; giving up.");
      stop(1);
      return;
    }
    console.log(
      `The server process ended (${signal ?? `exit code ${code}`}); starting it again in ${RESTART_SECONDS} s`,
    );
    setTimeout(() => stopping || startServer(), RESTART_SECONDS * 1000);
  });
}

function startBots() {
  bots = start("bots", { SERVER_URL: `http://localhost:${port}`, BOTS: String(settings.bots) });
  bots.on("exit", (code, signal) => {
    bots = null;
    if (!stopping)
      console.error(`The bots process ended (${signal ?? `exit code ${code}`}); the game goes on without.`);
  });
}

/**
 * npm ends without telling us when somebody ends it by a signal other than Ctrl-C, and nobody would know what to stop then. Only
 * under npm: who starts this file in the background and leaves wants it to go on.
 */
function watchParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop(0);
    if (stopping) clearInterval(watch);
  }, PARENT_SECONDS * 1000);
  watch.unref();
}

function announce(restarted) {
  if (restarted) {
    console.log(`The server is back on http://localhost:${port} (pid ${server.pid}).`);
    return;
  }
  console.log(`
  Gem Heist is running.   Open http://localhost:${port}   (twice, to play against yourself)
  All demos, another game among them:  http://localhost:${port}/gallery/

  Stop it with Ctrl-C.   To see the reconnection:  kill ${server.pid}
`);
}

/** Ends the children, and this process once they are gone. */
function stop(code) {
  if (stopping) return;
  stopping = true;
  process.exitCode = code;
  const children = [bots, server].filter((child) => child !== null);
  const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  Promise.all(ended).then(cleanUp);
  for (const child of children) {
    child.kill("SIGTERM");
    const deadline = setTimeout(() => child.kill("SIGKILL"), 3000);
    child.once("exit", () => clearTimeout(deadline));
  }
}
