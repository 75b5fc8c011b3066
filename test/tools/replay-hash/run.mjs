/**
 * `npm run test:replay`: the recording of this folder is played on several JavaScript engines, and has to come to the same hashes on
 * each. The last line says `N passed, N failed`; the exit code is 1 unless nothing failed.
 *
 *     npm run test:replay                   this Node, Node 20, 22 and 24, Chromium
 *     npm run test:replay -- node chromium  some of: node node20 node22 node24 chromium
 *     npm run test:replay -- --write        makes the recording and the hashes anew
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { findChromium } from "../../programs.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const cache = join(root, "test/.cache/replay-hash");
const versions = join(root, "test/.cache/node-versions");
const expectedFile = join(here, "expected.json");
const SECONDS = 30;

const ENGINES = {
  node: () => inNode(process.execPath),
  node20: () => inNode(nodeOf(20)),
  node22: () => inNode(nodeOf(22)),
  node24: () => inNode(nodeOf(24)),
  chromium: inChromium,
};

const given = process.argv.slice(2);
const shallWrite = given.includes("--write");
const wanted = given.filter((name) => name !== "--write");
const unknown = wanted.filter((name) => !(name in ENGINES));
if (unknown.length > 0) stop(`No such engine: ${unknown.join(", ")}. There are: ${Object.keys(ENGINES).join(", ")}`);
const names = wanted.length > 0 ? wanted : Object.keys(ENGINES);
if (!existsSync(join(root, "node_modules/esbuild")))
  stop("The dependencies are not installed. Install them with:\n\n    npm ci\n");

const { build } = await import("esbuild");
const { ENTRY_POINTS } = await import("../../entry-points.mjs");
const alias = Object.fromEntries(
  ENTRY_POINTS.map(({ find, replacement }) => [find.source.slice(1, -1).replaceAll("\\/", "/"), replacement]),
);

if (shallWrite) {
  const outfile = join(cache, "record.mjs");
  await bundle("record.ts", outfile, "node", "esm");
  const { recordArena } = await import(pathToFileURL(outfile).href);
  writeFileSync(join(here, "session.jsonl"), recordArena().text);
}
mkdirSync(cache, { recursive: true });
const script = join(cache, "replay.cjs");
const page = join(cache, "replay.html");
await bundle("replay.ts", script, "node", "cjs", "console.log(replay());");
const text = await bundle(
  "replay.ts",
  join(cache, "replay.js"),
  "browser",
  "iife",
  "document.body.textContent = replay();",
);
writeFileSync(
  page,
  `<!doctype html><meta charset="utf-8"><body><script>${text.replaceAll("</script", "<\\/script")}</script>`,
);

if (shallWrite) writeFileSync(expectedFile, `${JSON.stringify(JSON.parse(inNode(process.execPath).text), null, 2)}\n`);
const expected = JSON.parse(readFileSync(expectedFile, "utf8"));
const totals = { passed: 0, failed: 0 };
for (const name of names) {
  let problem = "";
  let engine = name;
  try {
    const run = ENGINES[name]();
    engine = run.engine;
    const got = JSON.parse(run.text);
    const other = Object.keys(expected).filter((key) => JSON.stringify(got[key]) !== JSON.stringify(expected[key]));
    problem = other.map((key) => `${key} ${JSON.stringify(got[key])}, not ${JSON.stringify(expected[key])}`).join("; ");
  } catch (error) {
    problem = error.stderr?.toString() || error.message;
  }
  totals[problem === "" ? "passed" : "failed"]++;
  const { callbacks, callback_hash, state_hash } = expected;
  const result = problem || `${callbacks} callbacks, hash ${callback_hash}, state ${state_hash}`;
  console.log(`${problem === "" ? "same " : "OTHER"}  ${engine.padEnd(22)} ${result}`);
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exit(totals.failed > 0 ? 1 : 0);

/** Bundles a source of this folder and returns the text; `call` is what the bundle does with `replay`. */
async function bundle(entry, outfile, platform, format, call = "") {
  const source = join(here, entry);
  const options = call
    ? { stdin: { contents: `import { replay } from ${JSON.stringify(source)};\n${call}`, resolveDir: here } }
    : { entryPoints: [source] };
  await build({
    ...options,
    outfile,
    platform,
    format,
    bundle: true,
    alias,
    target: "es2022",
    // What makes recordings runs in this repository; what plays them runs anywhere.
    packages: call ? "bundle" : "external",
    loader: { ".jsonl": "text" },
    logLevel: "warning",
    // Nothing of it runs without a network.
    logOverride: { "empty-import-meta": "silent" },
  });
  return readFileSync(outfile, "utf8");
}

function inNode(node) {
  const engine = `Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`;
  return { engine, text: execFileSync(node, [script], { encoding: "utf8", timeout: SECONDS * 1000 }) };
}

/** The path of a Node of that version, which is installed into the cache if it is not there. */
function nodeOf(version) {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = join(versions, String(version));
  const node = join(folder, "node_modules", name, process.platform === "win32" ? "bin/node.exe" : "bin/node");
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    // A folder of its own, or npm would look for a project above it.
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    const install = ["install", "--no-audit", "--no-fund", "--no-save", "--no-package-lock", `${name}@${version}`];
    execFileSync("npm", install, {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    });
  }
  return node;
}

function inChromium() {
  const browser = findChromium();
  if (browser === null) throw new Error("no Chromium or Chrome was found; put the path of one into CHROMIUM");
  const profile = mkdtempSync(join(tmpdir(), "gameloop-replay-"));
  const sandbox = process.platform === "linux" && process.getuid() === 0 ? ["--no-sandbox"] : [];
  const flags = ["--headless=new", "--disable-gpu", "--no-first-run", ...sandbox, `--user-data-dir=${profile}`];
  const options = { encoding: "utf8", timeout: SECONDS * 1000, stdio: ["ignore", "pipe", "ignore"] };
  try {
    const [, version = "?"] = /(\d+\.\S*)/.exec(execFileSync(browser, ["--version", ...sandbox], options)) ?? [];
    const dom = execFileSync(browser, [...flags, "--dump-dom", pathToFileURL(page).href], options);
    const [, body = ""] = /<body>(.*?)<\/body>/s.exec(dom) ?? [];
    return {
      engine: `Chromium ${version}`,
      text: body.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
    };
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function stop(message) {
  console.error(message);
  process.exit(1);
}
