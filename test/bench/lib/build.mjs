/** The library as a user has it: built by esbuild into a folder of its own, so that nothing that is edited meanwhile counts. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
export const cache = join(root, "test/.cache/bench");
/** The package as it would be installed; of each run of the bench a copy of its own, which its processes are told of. */
process.env.BENCH_PROJECT ??= join(cache, `project-${process.pid}`);
export const project = process.env.BENCH_PROJECT;
export const installed = join(project, "node_modules/socketio-gameloop");

/** @param source the folder of the sources: another one to see what a change has brought */
export async function buildOurs(source = join(root, "src")) {
  process.on("exit", () => rmSync(project, { recursive: true, force: true }));
  mkdirSync(installed, { recursive: true });
  // Without a name of its own the folder would be part of this package, whose name would then mean its `dist`.
  writeFileSync(join(project, "package.json"), '{ "name": "user", "private": true }');
  copyFileSync(join(root, "package.json"), join(installed, "package.json"));
  // Here, because the clients' processes need it not, and their memory is measured.
  const { build } = await import("esbuild");
  const sources = readdirSync(source, { recursive: true }).filter((name) => name.endsWith(".ts"));
  await build({
    entryPoints: sources.map((name) => join(source, name)),
    outbase: source,
    outdir: join(installed, "dist"),
    format: "esm",
    target: "es2022",
    // Not the settings of the folder that the sources lie in.
    tsconfigRaw: { compilerOptions: { target: "es2022", useDefineForClassFields: true } },
    logLevel: "warning",
  });
}

/** A module of ours by its path in `dist`. */
export const ours = (path = "index.js") => import(pathToFileURL(join(installed, "dist", path)).href);

const require = createRequire(import.meta.url);

function readPackage(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** The folder of an installed package, as somebody who asks with `from` gets it. */
function packageFolder(name, from = require) {
  // A folder inside may have a package.json of its own, which says no more than what kind of modules it has.
  const isRoot = (folder) => existsSync(join(folder, "package.json")) && "version" in readPackage(folder);
  let folder = dirname(from.resolve(name));
  while (!isRoot(folder)) folder = dirname(folder);
  return folder;
}

/** The file that an ES module of a Node program gets. */
function entryOf(folder) {
  const { exports } = readPackage(folder);
  const { import: entry } = exports["."] ?? exports;
  return join(folder, typeof entry === "string" ? entry : (entry.node ?? entry.default));
}

export const versionOf = (name) => readPackage(packageFolder(name)).version;
export const peerFolder = () => packageFolder("socket.io-client");
export const peerEntry = () => entryOf(peerFolder());

/** The peer, as an ES module of a Node program gets it. */
export const peer = () => import(pathToFileURL(peerEntry()).href);

/** A package that the peer brings, in its own version. */
export const peerModule = (name) =>
  import(pathToFileURL(entryOf(packageFolder(name, createRequire(peerEntry())))).href);
