/*
 * The size of what a page has to load: bundled for the browser by esbuild, minified, brotli. A limit goes up only when a target of speed, or
 * the mending of something that was wrong, is worth the bytes.
 * docs/how-it-works.md says where the bytes are, and what was tried to get to the targets.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const CLIENT = 'export { SocketIOClient } from "./dist/index.js"';
/** What is bundled, how many bytes it may have, and how many it should. */
const LIMITS: readonly [name: string, source: string, limit: number, target: number][] = [
  ["the WebSocket-only client", 'export { SocketIOClient } from "./dist/websocket.js"', 15_110, 6000],
  ["the client", CLIENT, 16_895, 8000],
  ["every export", 'export * from "./dist/index.js"', 19_575, 8000],
  ["what /loop adds to the client", `${CLIENT}; export * from "./dist/loop/index.js"`, 1410, 1000],
  ["what /phaser adds to the client", `${CLIENT}; export * from "./dist/loop/phaser.js"`, 1500, 1000],
  ["what /pixi adds to the client", `${CLIENT}; export * from "./dist/loop/pixi.js"`, 850, 1000],
  // No target speaks of it.
  ["what /worker adds to the client", `${CLIENT}; export * from "./dist/transport/worker-websocket.js"`, 1280, 1280],
];

beforeAll(() => {
  execFileSync("npm", ["run", "--silent", "build:js"], { cwd: root, shell: process.platform === "win32" });
});

async function bundle(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    write: false,
  });
  const { contents: code } = outputFiles[0]!;
  return brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}

test.each(LIMITS)("%s, bundled for the browser, stays within its limit", async (name, source, limit, target) => {
  const size = (await bundle(source)) - (name.endsWith("adds to the client") ? await bundle(CLIENT) : 0);
  const verdict = size <= target ? "reached" : `missed by ${size - target}`;
  console.log(`size of ${name}: ${size} bytes minified and brotli; limit ${limit}; target ${target} ${verdict}`);
  expect(size).toBeLessThanOrEqual(limit);
});
