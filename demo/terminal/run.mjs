/**
 * `npm run demo:bots`: Gem Heist in the terminal, played by bots. Installs what is missing, builds, starts the game's server and
 * shows the arena.
 *
 *     node demo/terminal/run.mjs [url] [--bots N] [--seconds N]
 *
 * With an address it takes the server there (that of `npm run demo`, say) and starts none. Where the output is no terminal it prints
 * a line a second, for ten seconds unless told otherwise. Ctrl-C ends it, with a report.
 */
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureInstalled } from "../../.ci/ensure-install.mjs";

const SECONDS_WITHOUT_TERMINAL = 10;
const MOST_BOTS = 200;

const demo = join(dirname(fileURLToPath(import.meta.url)), "..");
const settings = readSettings();

await ensureInstalled();
const { buildFolder, cleanUp } = await import("../build.mjs");
await buildTerminal();

let server = null;
let code = 1;
// For the terminal Ctrl-C is for the bots: they say how it was, and the server stays until they have.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
try {
  code = await run(settings.url ?? (await startServer()));
} catch (error) {
  console.error(error.message);
} finally {
  server?.kill("SIGTERM");
  await cleanUp();
}
process.exit(code);

function readSettings() {
  try {
    const options = {
      bots: { type: "string", default: "12" },
      seconds: { type: "string" },
    };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length > 1) throw new Error(`${positionals[1]}: one address is enough`);
    const bots = wholeNumber("--bots", values.bots, MOST_BOTS);
    const seconds = values.seconds === undefined ? null : wholeNumber("--seconds", values.seconds, 86_400);
    const forEver = process.stdout.isTTY ? "Infinity" : String(SECONDS_WITHOUT_TERMINAL);
    return { url: positionals[0], bots: String(bots), seconds: seconds === null ? forEver : String(seconds) };
  } catch (error) {
    console.error(`${error.message}\nUsage: node demo/terminal/run.mjs [url] [--bots N] [--seconds N]`);
    process.exit(2);
  }
}

function wholeNumber(flag, text, most) {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`${flag} ${text}: a whole number from 1 to ${most} is expected`);
  return value;
}

/** The server and the bots alone; the page is of no use here, and takes longer than all the rest. */
async function buildTerminal() {
  const { build, stop } = await import("esbuild");
  await cleanUp();
  await mkdir(buildFolder, { recursive: true });
  const source = join(demo, "../src");
  await build({
    entryPoints: { server: join(demo, "server/main.ts"), terminal: join(demo, "terminal/main.ts") },
    outdir: buildFolder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    sourcemap: true,
    alias: {
      "socketio-gameloop": join(source, "index.ts"),
      ...Object.fromEntries(
        ["bots", "loop", "testing", "tools"].map((name) => [
          `socketio-gameloop/${name}`,
          join(source, `${name}/index.ts`),
        ]),
      ),
    },
    external: ["socket.io", "ws", "isomorphic-ws", "mitt", "tough-cookie"],
    logLevel: "warning",
  });
  await stop();
}

function start(name, environment, output, detached) {
  return spawn(process.execPath, ["--enable-source-maps", join(buildFolder, `${name}.mjs`)], {
    // The channel tells a child when its launcher is gone, and tells the launcher the server's port.
    stdio: ["ignore", output, "inherit", "ipc"],
    env: { ...process.env, ...environment },
    detached,
  });
}

/** On any free port; in a process group of its own, which Ctrl-C does not reach. Its address. */
function startServer() {
  return new Promise((resolve, reject) => {
    server = start("server", { PORT: "0" }, "ignore", true);
    server.on("message", (message) => {
      if (message?.type === "listening") resolve(`http://localhost:${message.port}`);
    });
    server.on("exit", (exit, signal) =>
      reject(new Error(`The server did not start (${signal ?? `exit code ${exit}`}).`)),
    );
  });
}

function run(url) {
  const { bots, seconds } = settings;
  const child = start("terminal", { SERVER_URL: url, BOTS: bots, SECONDS: seconds }, "inherit", false);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve) => child.on("exit", (exit) => resolve(exit ?? 1)));
}
