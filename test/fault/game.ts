/*
 * A game on the real client: it emits, asks, answers, leaves and comes back, throws now and then, and keeps a book of all it
 * was told, which `properties.ts` audits.
 */
import { type ClientOptionsInput, Err, OK, type OutFrame, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import type { ModelServer } from "./model-server.js";
import type { Chain } from "./model-socket.js";
import { bytesFor, isSame, numberOf } from "./wire.js";

export const PATHS = ["/", "/a", "/b"] as const;
export type Path = (typeof PATHS)[number];
type EmitKind = "plain" | "blob" | "volatile" | "asked" | "asked-blob";

/** An emit that the client has accepted or refused. */
export interface Emit {
  readonly number: number;
  readonly path: Path;
  readonly kind: EmitKind;
  readonly code: Err;
  /** The client's clock then. */
  readonly at: number;
  readonly timeout: number;
  readonly retried: boolean;
  /** How often the namespace had come to an end then. */
  readonly ends: number;
  readonly connected: boolean;
  /** How often it was handed to a transport. */
  writes: number;
  /** The last poll before the client got the answer. */
  polledAt: number;
  readonly results: Err[];
  response: unknown[];
}

/** What the game does when it is told something: the next of the plan. */
export type Act = () => void;

export class Game {
  readonly client: SocketIOClient;
  readonly namespaces: Record<Path, SocketIONamespace>;
  readonly emits: Emit[] = [];
  readonly violations: string[] = [];
  /** `+` and `-` of each namespace and of the client, as the signals told it. */
  readonly ups: Record<string, string> = {};
  readonly wanted: Record<Path, boolean> = { "/": true, "/a": false, "/b": false };
  /** The time of the last poll. */
  polledAt = Number.NEGATIVE_INFINITY;
  plan: Act[] = [];
  readonly lateReplies: Act[] = [];
  thrown = 0;
  listenerErrors = 0;
  callbacks = 0;
  readyOpen = 0;
  recoveries = 0;
  readonly disconnects: Record<string, number> = {};
  readonly #server: ModelServer;
  readonly #clock: () => number;
  readonly #options: ClientOptionsInput;
  readonly #asksAuth: "value" | "function" | "promise";
  readonly #ends: Record<Path, number> = { "/": 0, "/a": 0, "/b": 0 };
  /** When the game left a namespace for the last time, in the counting of what the client writes. */
  readonly #leftAt: Record<Path, number> = { "/": -1, "/a": -1, "/b": -1 };
  #stamp = 0;
  #heardByAll = 0;
  #heardByListeners = 0;

  constructor(
    server: ModelServer,
    options: ClientOptionsInput,
    auth: "value" | "function" | "promise",
    clock: () => number,
  ) {
    this.#server = server;
    this.#clock = clock;
    this.#options = options;
    this.#asksAuth = auth;
    this.client = new SocketIOClient(options);
    this.namespaces = {
      "/": this.client.create_namespace("/"),
      "/a": this.client.create_namespace("/a"),
      "/b": this.client.create_namespace("/b"),
    };
    // A CONNECT that was on its way then may be written with the next frames.
    server.joinIsStale = (path, stamp) => this.#leftAt[path as Path] >= stamp;
    server.ackHanded = (number) => {
      const emit = this.emits[number]!;
      emit.polledAt = Math.min(emit.polledAt, this.polledAt);
    };
    this.#listen();
  }

  // What it does

  connect(): void {
    this.client.connect_to_url("ws://model", this.#auth("/"));
    if (this.#options.main_namespace === false && this.wanted["/"]) this.join("/");
    for (const path of PATHS) if (this.wanted[path] && path !== "/") this.join(path);
  }

  join(path: Path): void {
    this.wanted[path] = true;
    this.namespaces[path].connect_to_namespace(this.#auth(path));
  }

  leave(path: Path): void {
    this.wanted[path] = false;
    this.#end(path, true);
    this.namespaces[path].disconnect_from_namespace();
  }

  close(): void {
    for (const path of PATHS) this.#end(path, true);
    this.client.close();
  }

  emit(path: Path, kind: EmitKind, size = 0, asPromise = false, timeout?: number): void {
    const namespace = this.namespaces[path];
    const number = this.emits.length;
    const { retries = 0, ack_timeout = 5, offline } = this.#options;
    const asks = kind === "asked" || kind === "asked-blob";
    const connected = namespace.is_namespace_connected();
    const emit: Emit = {
      number,
      path,
      kind,
      code: OK,
      at: this.#clock(),
      timeout: timeout ?? ack_timeout,
      // By that policy an emit is lost while the namespace is not joined, and nobody sends it again.
      retried: asks && retries > 0 && (connected || offline !== "drop"),
      ends: this.#ends[path],
      connected,
      writes: 0,
      polledAt: Number.POSITIVE_INFINITY,
      results: [],
      response: [],
    };
    this.emits.push(emit);
    const data: unknown[] = [number];
    if (kind.endsWith("blob")) data.push(bytesFor(number));
    if (size > 0) data.push("x".repeat(size));
    const settle = (response: unknown[], error: Err) => {
      emit.results.push(error);
      emit.response = response;
    };
    let code: Err = OK;
    if (kind === "volatile") code = namespace.emit_volatile(kind, data);
    else if (!asks) code = namespace.emit(kind, data);
    else if (asPromise) {
      namespace.emit_with_ack(kind, data, emit.timeout).then(
        (response) => settle(response, OK),
        (error) => settle(["timeout"], error.code),
      );
    } else {
      const told = (response: unknown[], error: Err) => {
        settle(response, error);
        this.#auditSettling(emit, error);
        this.#act();
      };
      code = namespace.emit_with_ack(kind, data, told, timeout);
    }
    Object.assign(emit, { code });
  }

  replyLate(): void {
    this.lateReplies.shift()?.();
  }

  awaitReady(path: Path): void {
    this.readyOpen++;
    const done = () => {
      this.readyOpen--;
    };
    this.namespaces[path].ready(3).then(done, done);
  }

  /** Called by the transports with what the client writes. */
  written(frames: readonly OutFrame[]): void {
    for (const frame of frames) {
      const number = numberOf(frame);
      if (number < 0) continue;
      const emit = this.emits[number];
      if (emit === undefined) {
        this.violations.push(`wrote ${String(frame)}, which nobody has emitted`);
        continue;
      }
      emit.writes++;
      // Who leaves is told at once; what he had emitted before goes out ahead of his DISCONNECT.
      const last = emit.results[0] === Err.ERR_CONNECTION_ERROR && this.hasEndedSince(emit);
      if (emit.results.length > 0 && !last) this.violations.push(`wrote ${number} after its end (${emit.results})`);
    }
    this.#stamp++;
  }

  get stamp(): number {
    return this.#stamp;
  }

  /** True if a namespace has come to an end since an emit. */
  hasEndedSince({ path, ends }: Emit): boolean {
    return this.#ends[path] > ends;
  }

  // What it is told

  #listen(): void {
    const { client } = this;
    client.connected.connect((sid) => {
      this.#mark("client", "+");
      if (sid !== this.namespaces["/"].get_session_id()) this.violations.push(`connected(${sid}) is not the id of /`);
      this.#act();
    });
    client.disconnected.connect((reason) => {
      this.disconnects[reason] = (this.disconnects[reason] ?? 0) + 1;
      this.#mark("client", "-");
      if (client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED)
        for (const path of PATHS) this.#end(path);
      this.#act();
    });
    client.namespace_connected.connect((path) => this.#mark(`namespace ${path}`, "+"));
    client.namespace_disconnected.connect((path) => this.#mark(`namespace ${path}`, "-"));
    client.connect_error.connect(({ code }) => {
      if (code !== Err.ERR_TIMEOUT) return;
      // With a budget the answer may have come after the time was up and before that was told: it is too late, with all behind it.
      for (const chain of this.#server.chains) if (!chain.announced) chain.excused = true;
    });
    client.reconnecting.connect(() => this.#act());
    client.reconnect_failed.connect(() => {
      for (const path of PATHS) this.#end(path);
    });
    client.listener_error.connect(() => {
      this.listenerErrors++;
    });
    client.event_received.connect((_event, _data, path) => {
      this.#heardByAll++;
      if (!PATHS.includes(path as Path)) this.violations.push(`an event of ${path}`);
    });
    for (const path of PATHS) this.#listenTo(path);
  }

  #listenTo(path: Path): void {
    const { client } = this;
    const namespace = this.namespaces[path];
    namespace.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    for (const kind of ["said", "raw", "question", "snapshot", "volatile"]) {
      namespace.on(kind, (data, reply) => {
        this.callbacks++;
        this.#heardByListeners++;
        this.#hear(path, kind, data);
        const [, seq] = data;
        // Some answers come late, when the connection may be another.
        if (reply && seq % 3 === 0) this.lateReplies.push(() => reply([seq]));
        else reply?.([seq]);
        this.#act();
      });
    }
    namespace.on("said", ([, seq]) => {
      if (seq % 6 !== 0) return;
      this.thrown++;
      throw new Error("a listener that throws");
    });
    namespace.connected.connect((sid) => {
      this.#mark(path, "+");
      if (sid !== namespace.get_session_id()) this.violations.push(`${path} connected as ${sid}, another id`);
      const chain = this.#chain(path);
      if (chain === undefined) this.violations.push(`${path} connected as ${sid}, which the server has not given`);
      else chain.announced = true;
      if (chain !== undefined && namespace.is_recovered()) {
        this.recoveries++;
        if (chain.heard.length === 0) this.violations.push(`${path} recovered a session that it had heard nothing of`);
      }
      this.#act();
    });
    namespace.disconnected.connect((reason) => {
      this.#mark(path, "-");
      const isWill = reason === "client disconnect" || reason === "server disconnect";
      if (isWill) this.#end(path);
      else if (client.is_socket_connected()) this.violations.push(`${path} lost by ${reason}, and the session is open`);
      this.#act();
    });
    namespace.connect_error.connect(({ code }) => {
      // It was given up: an answer that comes later is for nobody.
      this.#end(path, code === Err.ERR_TIMEOUT);
      this.#act();
    });
  }

  #hear(path: Path, kind: string, data: unknown[]): void {
    const [number, seq, bytes] = data as [number, number, unknown];
    const chain = this.#server.chains.find((other) => other.number === number);
    const said = chain?.said[seq];
    if (chain === undefined || said?.kind !== kind || chain.path !== path || data.length !== (kind === "raw" ? 3 : 2)) {
      this.violations.push(`${path} heard ${kind} ${JSON.stringify(data)}, which was not said`);
      return;
    }
    if (kind === "raw" && !isSame(bytes, bytesFor(seq))) this.violations.push(`other bytes in ${kind} ${seq}`);
    const sid = this.namespaces[path].get_session_id();
    if (sid !== chain.sid) this.violations.push(`${path} heard an event of ${chain.sid} as ${sid}`);
    if (seq <= (chain.heard.at(-1) ?? -1)) {
      this.violations.push(`${path} heard ${seq} after ${chain.heard.at(-1)} of session ${chain.sid}`);
    }
    chain.heard.push(seq);
  }

  /** No listener may be forgotten. */
  get isEveryoneHeard(): boolean {
    return this.#heardByAll === this.#heardByListeners;
  }

  #auditSettling({ number, at, timeout, polledAt, retried }: Emit, error: Err): void {
    const now = this.#clock();
    if (error !== Err.ERR_TIMEOUT || retried) return;
    if (now < at + timeout - 1e-9) this.violations.push(`${number} timed out after ${now - at} of ${timeout} s`);
    // Input before time: what came before a poll could find it late is told.
    if (polledAt < at + timeout) this.violations.push(`${number} timed out, though its answer was there`);
  }

  #chain(path: Path): Chain | undefined {
    const sid = this.namespaces[path].get_session_id();
    return this.#server.chains.find((chain) => chain.sid === sid);
  }

  #act(): void {
    this.callbacks++;
    // What is over is over, though the signal of it may come later, or not at all if this callback starts anew.
    for (const path of PATHS) if (this.namespaces[path].get_connection_state() === 0) this.#end(path);
    this.plan.shift()?.();
  }

  #mark(who: string, sign: "+" | "-"): void {
    this.ups[who] = (this.ups[who] ?? "") + sign;
  }

  /** A namespace comes to an end: what waited for it is lost, and rightly so. */
  #end(path: Path, byGame = false): void {
    this.#ends[path]++;
    if (!byGame) return;
    this.#leftAt[path] = this.#stamp;
    const chains = this.#server.chains.filter((chain) => chain.path === path);
    for (const chain of chains) if (chain === chains.at(-1) || !chain.isSettled) chain.excused = true;
  }

  #auth(path: Path): Record<string, unknown> | (() => Record<string, unknown> | Promise<Record<string, unknown>>) {
    // A user's own pid must not get in the way of recovery.
    const auth = { token: `token ${path}` };
    if (this.#asksAuth === "value") return auth;
    return this.#asksAuth === "function" ? () => auth : async () => auth;
  }
}
