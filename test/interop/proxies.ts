/*
 * nginx and haproxy in front of two servers, as they are set up well, and as they are set up by mistake.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, Program } from "./program.js";
import { type Outcome, type Running, type Target, whatIsMissing } from "./targets.js";

interface Proxy {
  readonly name: string;
  readonly template: string;
  readonly start: (file: string, folder: string) => readonly string[];
  /** How it keeps a client at one server. */
  readonly sticky: string;
  /** What a client that asks for WebSocket is answered when it does not let it through. */
  readonly refusal: RegExp;
  readonly options: Target["options"];
}

const PROXIES: readonly Proxy[] = [
  {
    name: "nginx",
    template: "nginx.conf",
    start: (file, folder) => ["nginx", "-p", folder, "-c", file],
    sticky: "ip_hash",
    // Without its headers the request is no WebSocket handshake any more, and the server says so.
    refusal: /400/,
    options: {},
  },
  {
    name: "haproxy",
    template: "haproxy.cfg",
    start: (file) => ["haproxy", "-db", "-f", file],
    sticky: "cookie",
    refusal: /403/,
    options: { with_credentials: true },
  },
];

const POLLED: Outcome = { stays: "polling" };
const UPGRADED: Outcome = { stays: "websocket" };
/** Polling fails as soon as a request gets to the other server, and WebSocket is next. */
const RESCUED: Outcome = { stays: "websocket", unsteady: true };
const NOT_STICKY: Outcome = { refused: /sticky/ };

/** Every proxy with and without WebSocket, with and without sticky sessions, in front of two of `server`. */
export function findProxies(folder: string, cache: string, server: Target): Target[] {
  return PROXIES.flatMap((proxy) =>
    [true, false].flatMap((websocket) => [true, false].map((sticky) => behind(proxy, websocket, sticky))),
  );

  function behind(proxy: Proxy, websocket: boolean, sticky: boolean): Target {
    const id = [proxy.name, websocket ? "websocket" : "closed", sticky ? "sticky" : "spread"].join("-");
    const polling = sticky ? POLLED : NOT_STICKY;
    return {
      id,
      title: `${proxy.name}, ${websocket ? "WebSocket" : "no WebSocket"}, ${sticky ? `sticky (${proxy.sticky})` : "not sticky"}`,
      version: version(proxy.name),
      // Each of the two servers keeps the sessions of its own.
      has: { ...server.has, recovery: server.has.recovery && sticky },
      outcomes: {
        websocket: websocket ? UPGRADED : { refused: proxy.refusal },
        polling,
        upgrade: websocket && !sticky ? RESCUED : websocket ? UPGRADED : polling,
        fallback: websocket ? UPGRADED : polling,
      },
      options: sticky ? proxy.options : {},
      missing: whatIsMissing([proxy.name], "apt-get update && apt-get install -y nginx haproxy") || server.missing,
      build: () => server.build(),
      async launch(env): Promise<Running> {
        const servers = await Promise.all([server.launch(env), server.launch(env)]);
        const port = await freePort();
        const place = join(cache, id);
        mkdirSync(place, { recursive: true });
        const file = join(place, proxy.template);
        const words = new Set([websocket ? "websocket" : "closed", sticky ? "sticky" : "spread"]);
        const values: Record<string, string> = {
          FOLDER: place,
          PORT: String(port),
          FIRST: String(servers[0].port),
          SECOND: String(servers[1].port),
        };
        writeFileSync(file, fill(readFileSync(join(folder, proxy.template), "utf8"), words, values));
        const stopServers = async () => {
          for (const each of servers) await each.stop();
        };
        try {
          const program = await Program.start(proxy.start(file, place), { cwd: place, probe: () => accepts(port) });
          return { port, stop: () => program.stop().then(stopServers) };
        } catch (error) {
          await stopServers();
          throw error;
        }
      },
    };
  }
}

function fill(template: string, words: ReadonlySet<string>, values: Readonly<Record<string, string>>): string {
  const lines = template.split("\n").flatMap((line) => {
    const [, word, rest = ""] = /^([a-z]+):(.*)/.exec(line) ?? [];
    return word === undefined ? [line] : words.has(word) ? [rest] : [];
  });
  return lines.join("\n").replaceAll(/@([A-Z]+)@/g, (_, name: string) => values[name] ?? "");
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function version(name: string): string {
  const { stdout, stderr } = spawnSync(name, ["-v"], { encoding: "utf8" });
  return /\d+\.\d+\.\d+/.exec(`${stdout}${stderr}`)?.[0] ?? "";
}
