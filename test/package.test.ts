/*
 * The package as its users get it: built, packed, installed into an empty project.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "test/.cache");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "package-"));
const installed = join(folder, "node_modules/socketio-gameloop");

const npm = (args: string[], cwd: string) =>
  execFileSync("npm", args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });

beforeAll(() => {
  npm(["run", "--silent", "build"], root);
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root));
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components=1"]);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("holds what it needs and nothing else", () => {
  const top = readdirSync(installed).sort();
  expect(top).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist", "docs", "package.json"]);
  const dist = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" });
  expect(dist.filter((name) => !/^[\w/-]+$|\.js$|\.d\.ts$/.test(name))).toEqual([]);
  const docs = readdirSync(join(installed, "docs"), { recursive: true, encoding: "utf8" });
  expect(docs.filter((name) => !/^[\w-]+$|\.(md|svg)$/.test(name))).toEqual([]);
});

test("its pages lead to pages that are in it", () => {
  const pages = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  const dead = pages.flatMap((page) => {
    const text = readFileSync(join(installed, page), "utf8");
    // The demo is in the repository alone.
    const targets = [...text.matchAll(/\]\((?![a-z]+:|#|[./]*demo\/)([^)\s#]+)/g)].map(([, target = ""]) => target);
    return targets.filter((target) => !existsSync(join(installed, dirname(page), target)));
  });
  expect(pages).toContain(join("docs", "reference", "options.md"));
  expect(dead).toEqual([]);
});

test("is imported by its name in Node, with every public class", () => {
  const script = `import * as all from "socketio-gameloop"; console.log(Object.keys(all).sort().join())`;
  writeFileSync(join(folder, "all.mjs"), script);
  const names = execFileSync(process.execPath, ["all.mjs"], { cwd: folder, encoding: "utf8" }).trim();
  expect(names).toBe(
    "AckError,ConnectionState,Err,EventMode,OK,PollGroup,Signal,SocketIOClient,SocketIOError,SocketIONamespace,TLSOptions,WebSocketPeer,polling,websocket",
  );
});

test("has its subpaths, and none of them needs more than it says", () => {
  const script = `
    const all = await import("socketio-gameloop");
    const small = await import("socketio-gameloop/websocket");
    const lacking = Object.keys(all).filter((name) => !(name in small));
    const { webtransport } = await import("socketio-gameloop/webtransport");
    const { worker_websocket } = await import("socketio-gameloop/worker");
    const { msgpack } = await import("socketio-gameloop/msgpack");
    const { FixedTickLoop } = await import("socketio-gameloop/loop");
    const { FakeServer } = await import("socketio-gameloop/testing");
    const { SocketIOPlugin } = await import("socketio-gameloop/phaser");
    const { attach_to_ticker } = await import("socketio-gameloop/pixi");
    const { NetGraph } = await import("socketio-gameloop/tools");
    const { BotSwarm } = await import("socketio-gameloop/bots");
    console.log(lacking.join(), typeof webtransport, typeof worker_websocket, typeof msgpack().encode, FixedTickLoop.name, FakeServer.name);
    const { PolledServer } = await import("socketio-gameloop/server");
    console.log(SocketIOPlugin.name, typeof attach_to_ticker, NetGraph.name, BotSwarm.name, PolledServer.name);
  `;
  writeFileSync(join(folder, "subpaths.mjs"), script);
  const printed = execFileSync(process.execPath, ["subpaths.mjs"], { cwd: folder, encoding: "utf8" }).trim();
  expect(printed).toBe(
    "polling function function function FixedTickLoop FakeServer\nSocketIOPlugin function NetGraph BotSwarm PolledServer",
  );
});

/** What TypeScript says of a program that uses the package, of its declarations too. */
function problemsOf(source: string, lib: string[], types: string[]): string[] {
  const file = join(folder, "user.mts");
  writeFileSync(file, source);
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib,
    types,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  });
  return ts.getPreEmitDiagnostics(program).map((one) => ts.flattenDiagnosticMessageText(one.messageText, " "));
}

test("its types need neither those of ws nor those of Node", () => {
  const source = `
    import { SocketIOClient, OK, type Reply } from "socketio-gameloop";
    interface Events { welcome: (text: string) => void }
    const client = new SocketIOClient({ poll_max_time: 0.004, reconnection: { delay: 1 } });
    client.get_namespace<Events, Events>("/").on("welcome", ([text], reply?: Reply) => reply?.([text.length]));
    export const ok: boolean = client.connect_to_url("ws://localhost:3000") === OK;
  `;
  expect(problemsOf(source, ["lib.es2023.d.ts", "lib.dom.d.ts"], [])).toEqual([]);
  const declarations = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".d.ts"))
    .map((name) => readFileSync(join(installed, "dist", name), "utf8"));
  expect(declarations.filter((text) => /from "(ws|isomorphic-ws|mitt|node:)/.test(text))).toEqual([]);
}, 60_000);

test("in a program for Node its types need none of a page", () => {
  const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const names = Object.keys(exports).filter((name) => !name.endsWith(".json"));
  const source = names.map((name, at) => `export * as all${at} from "socketio-gameloop${name.slice(1)}";`).join("\n");
  expect(problemsOf(source, ["lib.es2023.d.ts"], ["node"])).toEqual([]);
}, 60_000);
