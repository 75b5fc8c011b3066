/*
 * A server that owns the wire: an Engine.IO endpoint over HTTP and WebSocket that says what a test tells it to, and notes
 * literally what the client did. Left alone it behaves as the specification has it: it answers the handshake with `open`,
 * holds a GET until there is something to say, answers a POST with `ok`, lets a session move to WebSocket.
 *
 * Of several sessions it serves the newest. What its client wrote is in `received`, in order, whatever it came by.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { ClientOptionsInput, SocketIOClient } from "socketio-gameloop";
import { type WebSocket, WebSocketServer } from "ws";
import { client, listen, pollUntil } from "./real-server.js";
import { open } from "./scripted-server.js";

export type Frame = string | Uint8Array;

export const POLLING = { transports: ["polling"] } as const;
export const WEBSOCKET = { transports: ["websocket"] } as const;
/** For tests that hold for each. */
export const BOTH = [
  ["polling", POLLING],
  ["websocket", WEBSOCKET],
] as const;
/** The open packet of a session that may move to WebSocket. */
export const OFFERS_WEBSOCKET = open({ upgrades: ["websocket"] });

const SEPARATOR = "\x1e";

/** The packets of a payload as literally as a test writes them: `b` and base64 becomes the bytes. */
const fromPayload = (text: string): Frame[] =>
  text.split(SEPARATOR).map((packet) => (packet[0] === "b" ? bytes(Buffer.from(packet.slice(1), "base64")) : packet));

const toPayload = (frames: readonly Frame[]): string =>
  frames
    .map((frame) => (typeof frame === "string" ? frame : `b${Buffer.from(frame).toString("base64")}`))
    .join(SEPARATOR);

const bytes = (buffer: Buffer) => new Uint8Array(buffer);

const within = (query: URLSearchParams) => (query.has("sid") ? ` ${query.get("sid")}` : "");

/** One HTTP request, and the way to answer it. */
export class Exchange {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The number of its connection: the first that the server accepted is 1. */
  readonly connection: number;
  body = "";
  answered = false;
  /** The client hung up before the answer. */
  aborted = false;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, connection: number) {
    const url = new URL(request.url!, "http://localhost");
    this.method = request.method!;
    this.query = url.searchParams;
    this.path = url.pathname;
    this.headers = request.headers;
    this.connection = connection;
    this.#response = response;
    response.on("close", () => {
      this.aborted = !this.answered;
    });
  }

  get inFlight(): boolean {
    return !this.answered && !this.aborted;
  }

  get packets(): Frame[] {
    return fromPayload(this.body);
  }

  answer(body: string | Uint8Array, status = 200, headers: Record<string, string> = { "content-type": "text/plain" }) {
    this.answered = true;
    this.#response.writeHead(status, headers).end(body);
  }

  /** Ends the connection in the middle of an answer. */
  cutOff(body: string): void {
    this.answered = true;
    this.#response.writeHead(200, { "content-length": `${Buffer.byteLength(body) + 1}` }).write(body);
    setImmediate(() => this.#response.socket?.destroy());
  }

  /** Ends the connection without an answer. */
  reset(): void {
    this.answered = true;
    this.#response.socket?.resetAndDestroy();
  }
}

export const isPoll = ({ method, query }: Exchange) => method === "GET" && query.has("sid");
export const isPost = ({ method }: Exchange) => method === "POST";

/** A script that answers the first request that `matches`, or leaves it unanswered. */
export function once(matches: (exchange: Exchange) => boolean, answer: (exchange: Exchange) => void) {
  let isDone = false;
  return (exchange: Exchange) => {
    if (isDone || !matches(exchange)) return false;
    isDone = true;
    answer(exchange);
    return true;
  };
}

/** One WebSocket, seen from the server. */
class WireSocket {
  readonly frames: Frame[] = [];
  readonly query: URLSearchParams;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** How the client closed it, `null` while it is open: 1005 for a close frame without a code, 1006 for none. */
  closeCode: number | null = null;

  constructor(
    readonly socket: WebSocket,
    request: IncomingMessage,
  ) {
    const url = new URL(request.url!, "http://localhost");
    this.query = url.searchParams;
    this.path = url.pathname;
    this.headers = request.headers;
  }

  send(...frames: Frame[]): void {
    for (const frame of frames) this.socket.send(frame);
  }
}

export class WireServer {
  readonly http = createServer((request, response) => this.#serve(request, response));
  port = 0;
  /** What the handshake is answered with: one packet, or a payload. */
  open = open({});
  /** Sees a request first; true if it has done with it whatever the test wants. */
  script: ((exchange: Exchange) => boolean) | null = null;
  /** What a POST is answered with. */
  accepted = "ok";
  /** Sees a WebSocket's frame first. */
  socketScript: ((socket: WireSocket, frame: Frame) => boolean) | null = null;
  /** No WebSocket is accepted: the answer is 503. */
  refusesSockets = false;
  /** What a GET is released with when its session is about to move. */
  release: Frame[] = ["6"];
  readonly exchanges: Exchange[] = [];
  readonly sockets: WireSocket[] = [];
  readonly received: Frame[] = [];
  /** What happened, in order: `GET`, `GET <sid>`, `POST <sid> <body>`, `ws`, `ws <sid>`, `ws < <frame>`, `ws closed <code>`. */
  readonly log: string[] = [];
  /** The most requests of that method that were in flight at once. */
  readonly most: Record<string, number> = { GET: 0, POST: 0 };
  connections = 0;
  #all: Exchange[] = [];
  #pending: Exchange | null = null;
  #socket: WireSocket | null = null;
  #outbox: Frame[] = [];
  #releasing = false;

  get url(): string {
    return `ws://localhost:${this.port}`;
  }

  get posts(): Exchange[] {
    return this.exchanges.filter(({ method }) => method === "POST");
  }

  get gets(): Exchange[] {
    return this.exchanges.filter(({ method }) => method === "GET");
  }

  /** The newest WebSocket. */
  get socket(): WireSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no WebSocket was opened yet");
    return socket;
  }

  /** The GET that waits for something to say. */
  get poll(): Exchange | null {
    return this.#pending?.inFlight ? this.#pending : null;
  }

  async start(): Promise<this> {
    this.http.on("connection", (socket) => Object.assign(socket, { number: ++this.connections }));
    const verifyClient = (_: unknown, verdict: (accepts: boolean, status?: number) => void) =>
      verdict(!this.refusesSockets, 503);
    const sockets = new WebSocketServer({ server: this.http, verifyClient });
    sockets.on("connection", (socket, request) => this.#accept(new WireSocket(socket, request)));
    this.port = await listen(this.http);
    return this;
  }

  /** Says something to the client over what its session goes over now. */
  push(...frames: Frame[]): void {
    this.#outbox.push(...frames);
    this.#flush();
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    if (this.#socket) this.#socket.send(...this.#outbox.splice(0));
    else this.poll?.answer(toPayload(this.#outbox.splice(0)));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = new Exchange(request, response, (request.socket as unknown as { number: number }).number);
    const { method } = exchange;
    this.exchanges.push(exchange);
    // Whatever a test has forgotten.
    this.#all = [...this.#all.filter((other) => other.inFlight), exchange];
    const inFlight = this.#all.filter((other) => other.method === method).length;
    this.most[method] = Math.max(this.most[method] ?? 0, inFlight);
    request.setEncoding("utf8");
    for await (const chunk of request) exchange.body += chunk;
    this.log.push(`${method}${within(exchange.query)}${exchange.body && ` ${exchange.body}`}`);
    if (exchange.aborted || this.script?.(exchange)) return;
    if (method === "POST") {
      this.received.push(...exchange.packets);
      exchange.answer(this.accepted);
    } else if (exchange.query.has("sid")) {
      this.#pending = exchange;
      if (this.#releasing) this.#release();
      else this.#flush();
    } else {
      this.#begin(null);
      exchange.answer(this.open);
    }
  }

  #begin(socket: WireSocket | null): void {
    this.#socket = socket;
    this.#pending = null;
    this.#outbox = [];
    this.#releasing = false;
  }

  #accept(wire: WireSocket): void {
    const { socket, query } = wire;
    this.sockets.push(wire);
    this.log.push(`ws${within(query)}`);
    socket.on("close", (code) => {
      wire.closeCode = code;
      this.log.push(`ws closed ${code}`);
    });
    socket.on("message", (data, isBinary) => {
      const frame = isBinary ? bytes(data as Buffer) : String(data);
      wire.frames.push(frame);
      this.log.push(`ws < ${typeof frame === "string" ? frame : Buffer.from(frame).toString("hex")}`);
      if (this.socketScript?.(wire, frame)) return;
      if (wire === this.#socket) this.received.push(frame);
      else if (frame === "2probe") {
        wire.send("3probe");
        this.#releasing = true;
        if (this.poll) this.#release();
      } else if (frame === "5") {
        this.#releasing = false;
        this.#socket = wire;
        this.#flush();
      } else this.log.push(`not before 5: ${frame}`);
    });
    if (query.has("sid")) return;
    this.#begin(wire);
    if (this.open) wire.send(...fromPayload(this.open));
  }

  #release(): void {
    this.poll?.answer(toPayload([...this.release, ...this.#outbox.splice(0)]));
  }
}

export function wireServer(
  changes: Partial<Pick<WireServer, "open" | "script" | "accepted" | "socketScript" | "release">> = {},
) {
  return Object.assign(new WireServer(), changes).start();
}

/** A client that was told to connect, and what it told since, like `connected(a)`. */
export function connecting(server: WireServer, options: ClientOptionsInput = {}) {
  const player = client(options);
  const told: string[] = [];
  const note = (line: string) => told.push(line);
  player.connected.connect((sid) => note(`connected(${sid})`));
  player.disconnected.connect((reason) => note(`disconnected(${reason})`));
  player.connect_error.connect(({ namespace, message }) => note(`connect_error(${namespace}, ${message})`));
  player.namespace_connected.connect((path) => path !== "/" && note(`namespace_connected(${path})`));
  player.namespace_disconnected.connect((path) => path !== "/" && note(`namespace_disconnected(${path})`));
  player.event_received.connect((event, data, path) => note(`${path} ${event} ${JSON.stringify(data)}`));
  player.transport_changed.connect((name) => note(`transport_changed(${name})`));
  player.connect_to_url(server.url);
  return { player, told, main: player.get_namespace("/") };
}

/** As `connecting`, up to the main namespace, which is joined as "a"; nothing of that is left in what was noted. */
export async function connected(server: WireServer, options: ClientOptionsInput = {}) {
  const made = connecting(server, options);
  await pollUntil(made.player, () => server.received.includes("40"));
  server.push('40{"sid":"a"}');
  await pollUntil(made.player, () => made.told.includes("connected(a)"));
  // What the client still does because of that: it asks for more.
  if (made.player.get_transport() === "polling") await pollUntil(made.player, () => server.poll !== null);
  forget(server, made.told);
  return made;
}

/** Forgets what was noted. */
export function forget(server: WireServer, told: string[] = []): void {
  for (const notes of [told, server.received, server.log, server.exchanges]) notes.length = 0;
}

/** Polls until the client has written that much more. */
export async function taken(server: WireServer, player: SocketIOClient, count: number): Promise<Frame[]> {
  await pollUntil(player, () => server.received.length >= count);
  return server.received.splice(0);
}
