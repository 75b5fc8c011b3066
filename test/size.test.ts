/*
 * The size of what a page has to load: bundled for the browser by esbuild, minified, brotli. The limits only ever go down.
 * docs/how-it-works.md says where the bytes are, and what was tried to get to the targets.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
/** What is bundled, how many bytes it may have, and how many it should. */
const LIMITS: readonly [name: string, source: string, limit: number, target: number][] = [
  ["the WebSocket-only client", 'export { SocketIOClient } from "./dist/websocket.js"', 14_500, 6000],
  ["the client", 'export { SocketIOClient } from "./dist/index.js"', 15_900, 8000],
  ["every export", 'export * from "./dist/index.js"', 18_500, 8000],
];

beforeAll(() => {
  execFileSync("npm", ["run", "--silent", "build:js"], { cwd: root, shell: process.platform === "win32" });
});

async function bundle(contents: string): Promise<Uint8Array> {
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
  return outputFiles[0]!.contents;
}

test.each(LIMITS)("%s, bundled for the browser, stays within its limit", async (name, source, limit, target) => {
  const code = await bundle(source);
  const size = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  const verdict = size <= target ? "reached" : `missed by ${size - target}`;
  console.log(
    `size of ${name}: ${code.length} bytes minified, ${size} brotli; limit ${limit}; target ${target} ${verdict}`,
  );
  expect(size).toBeLessThanOrEqual(limit);
});
