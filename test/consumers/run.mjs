/**
 * The guides, checked with the engines they are for, and with the package as npm would publish it: each recipe and each
 * project becomes a fresh Vite project, is type-checked, built, and played in a real Chromium against a socket.io server.
 * The last line says `N passed, N failed`; the exit code is 1 unless nothing failed.
 *
 *     node test/consumers/run.mjs                      everything
 *     node test/consumers/run.mjs threejs phaser4      some of it
 *
 * The engines are installed into test/.cache/consumers when test/consumers/package-lock.json has changed. In the environment,
 * TARBALL is the path of a package to check instead of one made of this tree, and KEEP=1 leaves the projects where they were
 * made and says where that is.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "../programs.mjs";
import { Arena } from "./lib/arena.mjs";
import { install } from "./lib/install.mjs";
import { pack, unpack } from "./lib/pack.mjs";
import { play, startBrowser } from "./lib/play.mjs";
import { Project } from "./lib/project.mjs";
import { examplesOf, recipesOf } from "./lib/recipes.mjs";
import { targets } from "./targets.mjs";

/** A run takes a minute or two; one that hangs ends by itself. */
const LIMIT_SECONDS = 400;
const AT_ONCE = 2;

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "test/.cache/consumers");
const packages = join(cache, "node_modules");

const names = process.argv.slice(2);
const unknown = names.filter((name) => !targets.some((target) => target.name === name));
if (unknown.length > 0) {
  console.error(`No such target: ${unknown.join(", ")}. There are: ${targets.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}
if (!["esbuild", "playwright-core", "socket.io"].every((name) => existsSync(join(root, "node_modules", name)))) {
  console.error("The dependencies are not installed. Install them with:\n\n    npm ci\n");
  process.exit(2);
}
const executable = findChromium();
if (executable === null) {
  console.error(
    "There is no Chromium. Install it with `apt-get install chromium`, or put the path of one into CHROMIUM",
  );
  process.exit(2);
}

const totals = { passed: 0, failed: 0 };
const started = performance.now();
const folder = mkdtempSync(join(tmpdir(), "consumers-"));
const limit = setTimeout(() => {
  report("everything", "ends", `not within ${LIMIT_SECONDS} s`);
  finish();
}, LIMIT_SECONDS * 1000);

let browser;
try {
  console.log(`engines: ${await install(here, cache)}`);
  const unpacked = unpack(process.env.TARBALL || pack(root, folder), folder);
  console.log(`package: ready after ${seconds()} s`);
  browser = await startBrowser(executable);
  const waiting = targets.filter(({ name }) => names.length === 0 || names.includes(name));
  const worker = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) await visit(target, unpacked);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
} catch (error) {
  report("everything", "runs", error.stack);
}
finish();

/** One fresh project, from its files to a game that is played. */
async function visit(target, unpacked) {
  const { name, world } = target;
  let arena;
  try {
    const project = new Project(join(folder, name), packages);
    arena = new Arena(join(project.folder, "dist"), world);
    const port = await arena.listen();
    project.write(filesOf(target, port));
    project.install(unpacked, target.packages);
    report(name, "is right for TypeScript", await project.check());
    const problem = await project.build(target.mode);
    report(name, "is built by Vite", problem);
    if (problem !== "") return;
    for await (const what of play(browser, `http://localhost:${port}/`, arena, world)) report(name, what, "");
  } catch (error) {
    report(name, "works", error.message);
  } finally {
    await arena?.close();
  }
}

/** What the project consists of, with the port of its own server. */
function filesOf({ name, page, template, main }, port) {
  const files = examplesOf(root, page);
  if (template !== undefined) files[main] = readFileSync(join(here, "projects", template, main), "utf8");
  else {
    Object.assign(files, recipesOf(root, page)[name]);
    if (!(main in files)) throw new Error(`${page} has no block for ${name}/${main}`);
    files[main] += readFileSync(join(here, "recipes", main.replace("main", `${name}.check`)), "utf8");
  }
  files[main] = files[main].replaceAll("localhost:3000", `localhost:${port}`);
  files["probe.ts"] = readFileSync(join(here, "probe.ts"), "utf8");
  files["package.json"] = JSON.stringify({ name, private: true, type: "module" });
  files["index.html"] = `<!doctype html><meta charset="utf-8"><title>${name}</title><link rel="icon" href="data:,">
<style>body { margin: 0 } canvas { display: block; width: 100vw; height: 100vh }</style>
<body><script type="module" src="/probe.ts"></script><script type="module" src="/${main}"></script></body>`;
  return files;
}

function report(name, what, problem) {
  totals[problem === "" ? "passed" : "failed"]++;
  const text = problem === "" ? "" : `\n    ${problem.trim().split("\n").slice(0, 20).join("\n    ")}`;
  console.log(`${problem === "" ? "✓" : "✗"} ${name}: ${what}${text}`);
}

function seconds() {
  return ((performance.now() - started) / 1000).toFixed(0);
}

async function finish() {
  clearTimeout(limit);
  // A browser that does not end must not keep this from ending.
  await Promise.race([browser?.close(), new Promise((resolve) => setTimeout(resolve, 5000))]);
  if (process.env.KEEP === "1") console.log(`left: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  console.log(`\n${totals.passed} passed, ${totals.failed} failed (${seconds()} s)`);
  process.exit(totals.failed === 0 ? 0 : 1);
}
