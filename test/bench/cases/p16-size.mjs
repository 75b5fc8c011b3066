/* P16: what a page has to load, and how long a Node program takes to load it. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { installed, peerEntry, peerFolder, project } from "../lib/build.mjs";

export const title = "bundle for the browser, minified, brotli; import in Node";

const MAIN = 'export { SocketIOClient } from "socketio-gameloop"';
/** What a page has to load beside the main entry. */
const beside = (name) => ({ source: `${MAIN}; export * from "socketio-gameloop${name}"`, base: MAIN, atMost: 1 });

const ENTRIES = {
  "main entry": { source: MAIN, atMost: 8 },
  "WebSocket only": { source: 'export { SocketIOClient } from "socketio-gameloop/websocket"', atMost: 6 },
  "/loop, beside it": beside("/loop"),
  "/phaser, beside it": beside("/phaser"),
  "/pixi, beside it": beside("/pixi"),
};

export async function run({ quick, rounds: wanted, onRound }) {
  const theirs = await bundleSize('export { io } from "socket.io-client"', join(peerFolder(), "..", ".."));
  const samples = {};
  for (const [name, { source, base }] of Object.entries(ENTRIES)) {
    const size = (await bundleSize(source, project)) - (base ? await bundleSize(base, project) : 0);
    samples[name] = [{ ours: { size }, ...(name === "main entry" ? { sio: { size: theirs } } : {}) }];
  }
  const rounds = quick ? 3 : (wanted ?? 25);
  const entries = { ours: join(installed, "dist/index.js"), sio: peerEntry(), limit: import.meta.resolve("ws") };
  samples.import = [];
  for (let round = 0; round < rounds; round++) {
    const names = Object.keys(entries);
    const figures = {};
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length];
      figures[name] = { time: importTime(entries[name]) };
    }
    samples.import.push(figures);
    onRound("import", round + 1, rounds);
  }
  return samples;
}

async function bundleSize(contents, resolveDir) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    tsconfigRaw: {},
    write: false,
    logLevel: "silent",
  });
  return (
    brotliCompressSync(outputFiles[0].contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length / 1000
  );
}

/** Milliseconds, in a process of its own. */
function importTime(entry) {
  const url = entry.startsWith("file:") ? entry : pathToFileURL(entry).href;
  const script = `const start = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - start)`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }));
}

export const lines = [
  ...Object.entries(ENTRIES).map(([name, { atMost }]) => ({
    name,
    unit: "kB",
    part: name,
    figure: "size",
    // A size has no noise.
    checks: [{ atMost, exact: true }],
  })),
  { name: "import in Node", unit: "ms", part: "import", figure: "time", checks: [{ ratio: "sio/ours", atLeast: 1.8 }] },
];
