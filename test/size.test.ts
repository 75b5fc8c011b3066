/*
 * The size of what a page has to load: `dist/index.js` bundled for the browser by esbuild, minified, brotli. The limits only
 * ever go down. The target of the WebSocket-only client is 6,000 bytes; docs/how-it-works.md says where the bytes are.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const TARGET = 6000;

/** What is bundled, and how many bytes it may have. */
const LIMITS: readonly [name: string, source: string, limit: number][] = [
  ["the client", 'export { SocketIOClient } from "./dist/index.js"', 11_750],
  ["every export", 'export * from "./dist/index.js"', 14_000],
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

test.each(LIMITS)("%s, bundled for the browser, stays within its limit", async (name, source, limit) => {
  const code = await bundle(source);
  const size = brotliCompressSync(code, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  const verdict = size <= TARGET ? "reached" : `missed by ${size - TARGET}`;
  console.log(
    `size of ${name}: ${code.length} bytes minified, ${size} brotli; limit ${limit}; target ${TARGET} ${verdict}`,
  );
  expect(size).toBeLessThanOrEqual(limit);
});
