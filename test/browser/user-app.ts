/*
 * A user's project around the library: the package as it is published, in a node_modules folder of its own, a page that
 * imports it by its name, and a bundle of that page for the browser.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Server } from "socket.io";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = fileURLToPath(new URL("./pages/", import.meta.url));

/** Makes the project `test/.cache/browser/<name>` anew and returns its folder. The library is built first. */
export function makeProject(name: string): string {
  const project = join(root, "test/.cache/browser", name);
  const installed = join(project, "node_modules/socketio-gameloop");
  rmSync(project, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  execFileSync("npm", ["run", "--silent", "build:js"], { cwd: root, shell: process.platform === "win32" });
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  for (const file of ["package.json", ...files.filter((file) => existsSync(join(root, file)))]) {
    cpSync(join(root, file), join(installed, file), { recursive: true });
  }
  return project;
}

/** Puts a page of `pages/` into the project and returns its path. */
export function copyPage(project: string, page: string): string {
  const source = join(project, `${page}.ts`);
  cpSync(join(pages, `${page}.ts`), source);
  return source;
}

/** Bundles a page for the browser, as a user of the project would; `external` packages stay imports. */
export async function bundlePage(project: string, page: string, external: string[] = []): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [copyPage(project, page)],
    bundle: true,
    external,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    // The settings of this repository would point the package's name at its sources.
    tsconfigRaw: {},
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}

/** Writes a file into the project. */
export function writeProjectFile(project: string, name: string, text: string): void {
  writeFileSync(join(project, name), text);
}

/** A page with one script. The icon keeps the browser from asking the server for one. */
export function html(script: string, head = ""): string {
  return `<!doctype html><meta charset="utf-8"><title>page</title><link rel="icon" href="data:,">${head}
<script type="module"${script}</script>`;
}

/** Serves `files`, by their paths; a file is its type and its text. */
export function serve(files: Readonly<Record<string, readonly [type: string, text: string]>>): HttpServer {
  return createServer((request, response) => {
    const file = files[new URL(request.url ?? "/", "http://localhost").pathname];
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": `${file[0]}; charset=utf-8` }).end(file[1]);
  });
}

/** Listens and returns the port; 0 for any. */
export function listen(server: HttpServer, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "localhost", () => resolve((server.address() as AddressInfo).port));
  });
}

/** A port at which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Ends a server and all its connections, those too over which a browser has not asked for anything yet. */
export async function closeServer(io: Server | undefined, http: HttpServer | undefined): Promise<void> {
  const closed = io?.close();
  http?.closeAllConnections();
  await closed;
}
