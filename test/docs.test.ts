/*
 * The documentation is checked as code is: every block is compiled, those that can run are run against a real server, every
 * link leads somewhere, and everything public has its place in the reference.
 *
 * Blocks are ```ts, ```typescript and ```js (compiled as TypeScript too). They are compiled under the settings of
 * tsconfig.json, except that a block may leave a name unused. HTML comments on the lines before a block steer what happens to it:
 *
 *     <!-- check: declare const game: Game -->   declarations put in front of this block, not shown to the reader
 *     <!-- check-page: … -->                     the same for every block of the page that has no import of its own
 *     <!-- run -->                               runs, although the convention below says that it does not
 *     <!-- norun: why -->                        does not run, although the convention says that it does
 *     <!-- prints: a | b -->                     runs, and prints these texts in this order; it is ended then
 *     <!-- recipe: name/file.ts -->              left to test/consumers, which has the engine that it needs
 *
 * By convention a block runs when it imports something, nothing but socketio-gameloop, socket.io and node:, and has no
 * declarations put in front of it. A block that talks to port 3000 finds the server of this test there; one that opens a server
 * of its own gets a port of its own. It passes when it ends by itself without an error, or is still in good health after RUN_SECONDS.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Server, type Socket } from "socket.io";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";

const RUN_SECONDS = 2;
const PRINT_SECONDS = 10;
const AT_ONCE = 3;

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "test/.cache/docs");
const REFERENCE = "docs/reference";
const LANGUAGES = new Set(["ts", "typescript", "js"]);
const RUNNABLE = /^(socketio-gameloop(\/loop|\/testing|\/tools|\/bots)?|socket\.io|node:.*)$/;

interface Block {
  /** File and line of its first line of code, for messages. */
  readonly file: string;
  readonly line: number;
  readonly code: string;
  readonly preamble: string;
  readonly runs: boolean;
  readonly prints: readonly string[];
  /** Where it is written for the compiler. */
  readonly path: string;
}

interface Page {
  readonly file: string;
  readonly text: string;
  /** The text without its code blocks and comments. */
  readonly prose: string;
  readonly blocks: readonly Block[];
}

function markdownFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

function importsOf(code: string): string[] {
  return ts.preProcessFile(code, true, true).importedFiles.map((file) => file.fileName);
}

function readPage(file: string): Page {
  const text = readFileSync(join(root, file), "utf8");
  const lines = text.split("\n");
  const blocks: Block[] = [];
  const prose: string[] = [];
  let comments: string[] = [];
  let pagePreamble = "";
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string;
    if (line.startsWith("<!--")) {
      let comment = line;
      while (!comment.trimEnd().endsWith("-->") && index + 1 < lines.length) comment += `\n${lines[++index]}`;
      const inner = comment.trim().slice(4, -3).trim();
      if (inner.startsWith("check-page:")) pagePreamble = inner.slice("check-page:".length).trim();
      else comments.push(inner);
      continue;
    }
    const fence = /^(\s*)(```+)(\w*)/.exec(line);
    if (fence === null) {
      if (line.trim() !== "") comments = [];
      prose.push(line);
      continue;
    }
    const [, indent = "", ticks = "", language = ""] = fence;
    const start = index + 2;
    const code: string[] = [];
    for (index++; index < lines.length && !(lines[index] as string).startsWith(indent + ticks); index++)
      code.push((lines[index] as string).slice(indent.length));
    if (LANGUAGES.has(language) && !comments.some((comment) => comment.startsWith("recipe:"))) {
      const name = `${file.replaceAll(/[^\w]/g, "_")}_${start}.ts`;
      blocks.push(makeBlock(file, start, code.join("\n"), comments, pagePreamble, join(cache, name)));
    }
    comments = [];
  }
  return { file, text, prose: prose.join("\n"), blocks };
}

function makeBlock(
  file: string,
  line: number,
  code: string,
  comments: readonly string[],
  page: string,
  path: string,
): Block {
  const argument = (name: string) =>
    comments
      .filter((comment) => comment.startsWith(`${name}:`))
      .map((comment) => comment.slice(name.length + 1).trim());
  const imports = importsOf(code);
  const own = argument("check").join("\n");
  const preamble = imports.length === 0 && page !== "" ? `${page}\n${own}` : own;
  const prints = argument("prints").flatMap((texts) => texts.split("|").map((part) => part.trim()));
  const conventional = imports.length > 0 && imports.every((name) => RUNNABLE.test(name)) && preamble === "";
  const wanted = comments.includes("run") || prints.length > 0;
  const runs = wanted || (conventional && argument("norun").length === 0);
  return { file, line, code, preamble, runs, prints, path };
}

const pages = ["README.md", "CHANGELOG.md", ...markdownFiles("docs")].map(readPage);
const blocks = pages.flatMap((page) => page.blocks);

function compilerOptions(): ts.CompilerOptions {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config.config, include: [], files: [] }, ts.sys, root);
  return { ...options, noUnusedLocals: false, noUnusedParameters: false, noEmit: true };
}

let program: ts.Program;
let checker: ts.TypeChecker;

beforeAll(() => {
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  for (const { path, preamble, code } of blocks) {
    // Without an import it would be a script, whose names are everybody's.
    writeFileSync(path, `${preamble}${preamble === "" ? "" : "\n"}${code}\nexport {};\n`);
  }
  program = ts.createProgram([join(root, "src/index.ts"), ...blocks.map((block) => block.path)], compilerOptions());
  checker = program.getTypeChecker();
}, 60_000);

describe("code blocks", () => {
  it("compile under the settings of this repository", () => {
    const problems: string[] = [];
    for (const { path, file, line, preamble } of blocks) {
      const source = program.getSourceFile(path) as ts.SourceFile;
      const hidden = preamble === "" ? 0 : preamble.split("\n").length;
      for (const diagnostic of [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ]) {
        const at = source.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line - hidden;
        const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
        problems.push(`${file}:${line + at}${at < 0 ? " (in its check: comment)" : ""}: ${message}`);
      }
    }
    expect(problems).toEqual([]);
    console.log(`${blocks.length} blocks compiled, ${blocks.filter((block) => block.runs).length} of them run`);
  }, 60_000);

  it("open and close their fences", () => {
    const odd = pages.filter(({ text }) => (text.match(/^\s*```/gm) ?? []).length % 2 === 1).map(({ file }) => file);
    expect(odd).toEqual([]);
  });
});

describe("runnable blocks", () => {
  let http: HttpServer;
  let io: Server;
  let port = 0;

  beforeAll(async () => {
    http = createServer();
    io = new Server(http, { cors: { origin: "*" }, connectionStateRecovery: {} });
    serve(io);
    echo(http);
    http.listen(0);
    await new Promise((done) => http.once("listening", done));
    port = (http.address() as AddressInfo).port;
  });

  afterAll(async () => {
    await io.close();
  });

  it("run against a socket.io server", async () => {
    const waiting = blocks.filter((block) => block.runs);
    const problems: string[] = [];
    const worker = async () => {
      for (let block = waiting.shift(); block !== undefined; block = waiting.shift()) {
        const problem = await runBlock(block, port).catch((error: Error) => error.message);
        if (problem !== "") problems.push(`${block.file}:${block.line}: ${problem}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    expect(problems).toEqual([]);
  }, 120_000);
});

/** The server that the examples have in mind. */
function serve(io: Server): void {
  const listen = (socket: Socket) => {
    socket.emit("welcome", "hello from the server");
    socket.on("chat_message", (text: string) => socket.emit("message", text));
    socket.on("get_user_data", (id: number, answer?: (user: object) => void) => answer?.({ id, name: `Player ${id}` }));
    socket.on("join", (room: string, answer?: (result: string) => void) => answer?.(`joined ${room}`));
    socket.on("upload", (bytes: Uint8Array, answer?: (size: number) => void) => answer?.(bytes.byteLength));
    socket.on("watch", () => {
      for (let tick = 1; tick <= 5; tick++) socket.emit("snapshot", { tick });
    });
    socket.on("ask_me", () => socket.emit("question", "ready?", (answer: string) => socket.emit("thanks", answer)));
    socket.on("drop_me", () => socket.conn.close());
  };
  io.on("connection", listen);
  const others = io.of(/^\/.+/);
  others.use((socket, next) => {
    if (socket.nsp.name !== "/admin" || socket.handshake.auth["token"] === "secret123") return next();
    next(Object.assign(new Error("not authorized"), { data: { hint: "log in first" } }));
  });
  others.on("connection", listen);
}

/** A plain WebSocket at `/echo`, which sends back what it gets. */
function echo(http: HttpServer): void {
  const sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, stream, head) => {
    if (request.url !== "/echo") return;
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
  });
}

async function freePort(): Promise<number> {
  const probe = createTcpServer().listen(0);
  await new Promise((done) => probe.once("listening", done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

/** Runs one block in a process of its own; returns what went wrong, `""` if nothing. */
async function runBlock(block: Block, serverPort: number): Promise<string> {
  const port = importsOf(block.code).includes("socket.io") ? await freePort() : serverPort;
  const outfile = block.path.replace(/\.ts$/, ".mjs");
  await build({
    stdin: { contents: block.code.replaceAll("3000", String(port)), loader: "ts", resolveDir: root },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outfile,
    external: ["ws", "isomorphic-ws", "mitt", "socket.io"],
    banner: { js: "globalThis.requestAnimationFrame ??= (f) => setTimeout(() => f(performance.now()), 16);" },
    logLevel: "silent",
  });
  const child = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  const seconds = block.prints.length > 0 ? PRINT_SECONDS : RUN_SECONDS;
  const printed = () => {
    let from = 0;
    return block.prints.every((text) => {
      const at = output.indexOf(text, from);
      from = at + text.length;
      return at >= 0;
    });
  };
  const ended = await new Promise<number | string | null>((resolveEnd) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (block.prints.length > 0 && printed()) child.kill("SIGKILL");
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolveEnd(code ?? signal);
    });
  });
  if (errors !== "") return `wrote to stderr: ${errors}`;
  if (ended !== 0 && ended !== "SIGKILL") return `ended with ${ended}`;
  return printed() ? "" : `printed ${JSON.stringify(output)}, expected ${JSON.stringify(block.prints)} in that order`;
}

describe("the import map for a page without a bundler", () => {
  const page = pages.find(({ file }) => file === "docs/getting-started.md") as Page;
  const [, map = "{}"] = /<script type="importmap">([\s\S]*?)<\/script>/.exec(page.text) ?? [];
  const { imports } = JSON.parse(map) as { imports: Record<string, string> };
  const names = Object.keys(imports);
  // The package's own files as they are before they are built.
  const source = (path: string) => path.replace(/^.*\/socketio-gameloop\/dist\/(.*)\.js$/, "src/$1.ts");

  it("names files that there are", () => {
    const paths = [...names.filter((name) => name.startsWith(".")), ...Object.values(imports)].map(source);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("has every package that a page loads, and replaces what a bundler would replace", async () => {
    const { metafile } = await build({
      entryPoints: [join(root, "src/index.ts")],
      absWorkingDir: root,
      bundle: true,
      packages: "external",
      format: "esm",
      platform: "browser",
      metafile: true,
      write: false,
    });
    const packages = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    expect(names.filter((name) => !name.startsWith(".")).sort()).toEqual(["socketio-gameloop", ...packages].sort());
    const { browser } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const replaced = Object.entries<string>(browser).filter(([from]) => from.startsWith("./dist/"));
    const inModules = (path: string) => path.replace("./", "./node_modules/socketio-gameloop/");
    expect(
      Object.fromEntries(names.filter((name) => name.startsWith(".")).map((name) => [name, imports[name]])),
    ).toEqual(Object.fromEntries(replaced.map((paths) => paths.map(inModules))));
  });
});

describe("links", () => {
  it("lead to files and headings that exist", () => {
    const problems: string[] = [];
    for (const { file, prose } of pages) {
      for (const [, target = ""] of prose.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = "", anchor] = target.split("#");
        const absolute = path === "" ? join(root, file) : resolve(join(root, dirname(file)), path);
        if (!existsSync(absolute)) problems.push(`${file}: ${target}: no such file`);
        else if (anchor !== undefined && !anchorsOf(absolute).has(anchor))
          problems.push(`${file}: ${target}: no such heading`);
      }
    }
    expect(problems).toEqual([]);
  });

  it("reach every page from the index", () => {
    const index = pages.find(({ file }) => file === "docs/README.md") as Page;
    const missing = pages
      .map(({ file }) => file)
      .filter((file) => file.startsWith("docs/") && file !== "docs/README.md")
      .filter((file) => !index.prose.includes(`](${relative("docs", file)})`));
    expect(missing).toEqual([]);
  });
});

const anchorCache = new Map<string, ReadonlySet<string>>();

/** The anchors that GitHub gives to the headings of a file. */
function anchorsOf(absolute: string): ReadonlySet<string> {
  let anchors = anchorCache.get(absolute);
  if (anchors === undefined) {
    const text = readFileSync(absolute, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
    const seen = new Map<string, number>();
    anchors = new Set(
      [...text.matchAll(/^#+\s+(.+)$/gm)].map(([, heading = ""]) => {
        const plain = heading
          .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
          .trim()
          .toLowerCase();
        const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
        const count = seen.get(slug) ?? 0;
        seen.set(slug, count + 1);
        return count === 0 ? slug : `${slug}-${count}`;
      }),
    );
    anchorCache.set(absolute, anchors);
  }
  return anchors;
}

/** Where each public type with members is described. */
const PAGES: Readonly<Record<string, string>> = {
  SocketIOClient: "socketioclient.md",
  SocketIONamespace: "socketionamespace.md",
  ConnectError: "socketionamespace.md",
  EventMode: "socketionamespace.md",
  Signal: "signal.md",
  WebSocketPeer: "websocketpeer.md",
  TLSOptions: "tlsoptions.md",
  TLSIdentity: "tlsoptions.md",
  Err: "err.md",
  SocketIOError: "err.md",
  AckError: "err.md",
  ConnectionState: "socketioclient.md",
  ClientOptions: "options.md",
  ReconnectionOptions: "options.md",
  TakenEvent: "socketioclient.md",
  ClientObserver: "socketioclient.md",
  ClientStats: "statistics.md",
  Transport: "transport.md",
  TransportHandler: "transport.md",
  TransportRequest: "transport.md",
  TransportFactory: "transport.md",
  CookieStore: "transport.md",
  PollGroup: "pollgroup.md",
  PollGroupOptions: "pollgroup.md",
  Codec: "msgpack.md",
  IncomingPacket: "msgpack.md",
  OutgoingPacket: "msgpack.md",
  PacketParts: "msgpack.md",
};

/** Classes whose page has a heading for each method, named after it. */
const WITH_HEADINGS = ["SocketIOClient", "SocketIONamespace", "Signal", "WebSocketPeer", "TLSOptions"];

interface PublicName {
  readonly name: string;
  readonly members: readonly string[];
  readonly methods: readonly string[];
}

/** Every name that the package exports, with the public members that are declared in this repository. */
function publicNames(): PublicName[] {
  const index = program.getSourceFile(join(root, "src/index.ts")) as ts.SourceFile;
  const module = checker.getSymbolAtLocation(index) as ts.Symbol;
  return checker.getExportsOfModule(module).map((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const members: ts.Symbol[] = [];
    if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) {
      members.push(...checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)));
    }
    if (symbol.flags & ts.SymbolFlags.Class)
      members.push(...checker.getPropertiesOfType(checker.getTypeOfSymbol(symbol)));
    else if (symbol.flags & ts.SymbolFlags.Variable && symbol.valueDeclaration !== undefined) {
      const type = checker.getTypeOfSymbol(symbol);
      if (type.flags & ts.TypeFlags.Object && type.getCallSignatures().length === 0)
        members.push(...checker.getPropertiesOfType(type));
    }
    const open = members.filter(isPublic);
    return {
      name: exported.name,
      members: open.map((member) => member.name),
      methods: open.filter((member) => member.flags & ts.SymbolFlags.Method).map((member) => member.name),
    };
  });
}

function isPublic(member: ts.Symbol): boolean {
  const declaration = member.declarations?.[0];
  if (declaration === undefined || member.name.startsWith("__")) return false;
  const file = declaration.getSourceFile().fileName;
  if (file.includes("/node_modules/") || member.getJsDocTags(checker).some((tag) => tag.name === "internal"))
    return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (
    (ts.getCombinedModifierFlags(declaration) & hidden) === 0 &&
    ts.isIdentifier(ts.getNameOfDeclaration(declaration) as ts.Node)
  );
}

function referencePage(name: string): string {
  const path = join(root, REFERENCE, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** True when `text` has the name as code: `name`, `name(…)`, `name: …`. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`\`(?:[\\w.]+\\.|static )?${name}(?![\\w])[^\`]*\``).test(text);
}

describe("the reference", () => {
  it("mentions everything that the package exports", () => {
    const text = markdownFiles(REFERENCE)
      .map((file) => readFileSync(join(root, file), "utf8"))
      .join("\n");
    expect(
      publicNames()
        .map(({ name }) => name)
        .filter((name) => !mentions(text, name)),
    ).toEqual([]);
  });

  it("has every member of every public type on its page", () => {
    const problems: string[] = [];
    for (const { name, members } of publicNames()) {
      if (members.length === 0) continue;
      const page = PAGES[name];
      if (page === undefined) problems.push(`${name}: say in PAGES where it is described`);
      else {
        const text = referencePage(page);
        for (const member of members) if (!mentions(text, member)) problems.push(`${page} lacks ${name}.${member}`);
      }
    }
    expect(problems).toEqual([]);
  });

  it("describes every method under a heading of its own, and none that is gone", () => {
    const problems: string[] = [];
    for (const { name, members, methods } of publicNames()) {
      if (!WITH_HEADINGS.includes(name)) continue;
      const page = PAGES[name] as string;
      const headings = [...referencePage(page).matchAll(/^### `?(\w+)/gm)].map(([, heading = ""]) => heading);
      for (const method of methods) if (!headings.includes(method)) problems.push(`${page}: no heading for ${method}`);
      for (const heading of headings) {
        if (heading !== name && !members.includes(heading)) problems.push(`${page}: ${name} has no ${heading}`);
      }
    }
    expect(problems).toEqual([]);
  });

  it("has the numbers of Err", async () => {
    const { Err } = await import("../src/index.js");
    const text = referencePage("err.md");
    const missing = Object.entries(Err).filter(([name, code]) => !text.includes(`| \`${name}\` | ${code} |`));
    expect(missing).toEqual([]);
  });

  it("has the defaults of the options", async () => {
    const { DEFAULT_OPTIONS } = await import("../src/options.js");
    const rows = new Map(
      [...referencePage("options.md").matchAll(/^\| \[?`([\w.]+)`[^|]*\| `([^`]+)`/gm)].map(([, name, value]) => [
        name as string,
        (value as string).replaceAll("_", ""),
      ]),
    );
    const problems: string[] = [];
    const compare = (name: string, value: unknown) => {
      if (typeof value === "function") return;
      if (name === "reconnection") {
        for (const [key, inner] of Object.entries(value as object)) compare(`reconnection.${key}`, inner);
        return;
      }
      const text = typeof value === "number" ? String(value) : JSON.stringify(value);
      if (rows.get(name) !== text) problems.push(`${name}: the page says ${rows.get(name)}, the code ${text}`);
    };
    for (const [name, value] of Object.entries(DEFAULT_OPTIONS)) compare(name, value);
    expect(problems).toEqual([]);
  });
});
