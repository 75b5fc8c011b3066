/*
 * What happens in a `poll()`: the place where I/O, time and protocol meet. `client.ts` is the public face of it and says
 * what it promises.
 *
 *   state          what is there                                        leaves it by
 *   ────────────   ──────────────────────────────────────────────────   ─────────────────────────────────────────────
 *   DISCONNECTED   nothing                                              start() → CONNECTING
 *   CONNECTING     a connection whose handshake or CONNECT is pending   established → CONNECTED; lost → waiting or end
 *   CONNECTING     no connection, but a deadline for the next           that moment → a new connection
 *   CONNECTED      an open session; `/` joined, or not wanted           lost → waiting or end; close(), kicked → end
 */
import { type Auth, askAuth, checkAuth, encodeAuth } from "./auth.js";
import { Callbacks } from "./callbacks.js";
import { Connection, type ConnectionOwner } from "./connection.js";
import type { ConnectionState } from "./connection-state.js";
import { type Err, SocketIOError } from "./errors.js";
import type { DisconnectReason, InboxItem } from "./inbox.js";
import type { AckOwner, ConnectError, NamespaceEntry, NamespaceHost } from "./namespace.js";
import type { ClientOptions } from "./options.js";
import { backoffDelay } from "./protocol/backoff.js";
import { ERR_CANT_CONNECT, ERR_CONNECTION_ERROR, ERR_INVALID_DATA, ERR_TIMEOUT, OK } from "./protocol/codes.js";
import { type Deadline, Deadlines } from "./protocol/deadlines.js";
import type { AckCode } from "./protocol/delivery.js";
import { CONNECTED, CONNECTING, DISCONNECTED, type NamespaceSession } from "./protocol/namespace-session.js";
import { ProtocolError } from "./protocol/protocol-error.js";
import { RttEstimator } from "./protocol/rtt.js";
import { type SessionSink, SocketSession } from "./protocol/socket-session.js";
import type { OutFrame, TransportFactory, TransportRequest } from "./transport/transport.js";

/** With more than this in the socket a volatile packet would be stale when it gets out. Bytes. */
const VOLATILE_BACKLOG = 16384;

/** What a connection is to be made with, again and again. */
export interface Target {
  readonly factory: TransportFactory;
  readonly request: () => TransportRequest;
}

type Core = NamespaceSession<AckOwner>;

export class Runtime extends Callbacks implements NamespaceHost, ConnectionOwner, SessionSink<AckOwner> {
  readonly rtt = new RttEstimator();
  readonly deadlines = new Deadlines();
  readonly latestEvents = new Set<string>();
  readonly entries = new Map<string, NamespaceEntry>();
  readonly session: SocketSession<AckOwner>;
  lastError = "";
  connection: Connection | null = null;
  /** The id of the open session as the game knows it; `""` before the poll that told it. */
  engineId = "";

  /** In a new object each time that an auth function is asked: the answer to an earlier question is not taken. */
  readonly #auths = new Map<Core, { readonly auth: Auth }>();
  readonly #main: Core;
  #target: Target | null = null;
  /** `connected` was emitted, and `disconnected` not since. */
  #announced = false;
  /** When the last session opened; less than 0 before the first. */
  #openedAt = -1;
  /** What the last session went over; `""` before the first. */
  #transportName = "";
  #attempt = 0;
  /** When the attempt to connect fails, or the next one starts. */
  #attemptDeadline: Deadline | null = null;
  /** Changes with every start and end: whoever called the game in between looks whether he is still wanted. */
  #epoch = 0;
  #now = -Infinity;
  #polledAt = Infinity;
  /** During a poll time stands still, so that one frame sees one moment. */
  #polling = false;

  constructor(options: ClientOptions) {
    super(options);
    this.session = new SocketSession(options, this.deadlines, this.rtt, this);
    this.#main = this.session.namespace("/");
  }

  get active(): boolean {
    return this.#target !== null;
  }

  get state(): ConnectionState {
    if (!this.active) return DISCONNECTED;
    return this.engineId === "" || this.#main.state === CONNECTING ? CONNECTING : CONNECTED;
  }

  get writable(): boolean {
    return (this.connection?.transport?.bufferedAmount ?? 0) < VOLATILE_BACKLOG;
  }

  hearsAll(): boolean {
    return this.signals.event_received.has_connections();
  }

  /** Monotonic seconds. */
  now(): number {
    if (!this.#polling) this.#advance(this.options.clock());
    return this.#now;
  }

  // Commands

  start(target: Target, auth: Auth): void {
    this.#epoch++;
    this.#target = target;
    this.#attempt = 0;
    this.#openedAt = -1;
    this.#transportName = "";
    if (this.options.main_namespace) this.#want(this.#main, auth);
    this.#connect(this.now());
  }

  join(core: Core, auth: Auth): void {
    this.#want(core, auth);
    if (this.connection) this.#ask(core, auth, this.connection);
  }

  close(): void {
    if (!this.active) return;
    this.session.sayGoodbye();
    this.flush();
    this.#end("client disconnect");
  }

  /** Writes what was sent since the last time, in one go. */
  flush(): void {
    const { connection } = this;
    // A dead connection takes nothing: what is left in the session is kept for the next one.
    if (this.session.hasOutput && connection?.writable && !connection.isDead(this.now())) this.#write(connection);
  }

  poll(now?: number): number {
    if (this.#polling || this.depth > 0) return 0;
    this.#advance(now ?? this.options.clock());
    if (this.active) {
      const gap = this.#now - this.#polledAt;
      if (gap > this.counters.longest_poll_gap) this.counters.longest_poll_gap = gap;
      this.#polledAt = this.#now;
    }
    this.#polling = true;
    this.callbacks = 0;
    try {
      this.#deliver();
      this.#expire();
      this.connection?.answerPing(this.#now);
      this.flush();
    } finally {
      this.#polling = false;
    }
    return this.callbacks;
  }

  // For namespaces and signals

  expireAfter(seconds: number, expire: () => void): void {
    this.deadlines.add(this.now() + seconds, expire);
  }

  /** Remembers why a call failed. */
  fail<Code extends Err>(code: Code, message: string): Code {
    this.lastError = message;
    return code;
  }

  // Told by the connection

  engineOpened(connection: Connection, now: number): void {
    this.session.open(now, connection.engine.handshake!.maxPayload);
    this.#write(connection);
  }

  // Told by the session

  event(core: Core, event: string, data: unknown[], ackId: number): void {
    this.counters.events_dispatched++;
    this.entries.get(core.path)?.dispatch(event, data, ackId);
    this.signals.event_received.emit(event, data, core.path);
  }

  acknowledged({ callback, event, path }: AckOwner, data: unknown[], code: AckCode): void {
    this.invoke(callback, [(code === OK ? data : ["timeout"]) as never, code], event, path);
  }

  connected(core: Core): void {
    const { path, sid, generation } = core;
    const entry = this.entries.get(path)!;
    // A callback may end the connection; then nobody is told that it is up after he was told that it is down.
    const isUp = () => generation === core.generation;
    entry.settle();
    entry.namespace.connected.emit(sid);
    if (isUp()) {
      entry.announced = true;
      this.signals.namespace_connected.emit(path);
    }
    if (core === this.#main && isUp()) {
      this.#announced = true;
      this.signals.connected.emit(sid);
    }
  }

  disconnected(core: Core, reason: string): void {
    const entry = this.entries.get(core.path)!;
    const tell = () => {
      entry.namespace.disconnected.emit(reason);
      if (entry.announced) {
        entry.announced = false;
        this.signals.namespace_disconnected.emit(core.path);
      }
      if (core === this.#main && this.#announced) {
        this.#announced = false;
        this.signals.disconnected.emit(reason);
      }
    };
    if (reason === "server disconnect") this.#shutOut(core, tell);
    else tell();
  }

  refused(core: Core, message: string, code: Err, data?: unknown): void {
    const error: ConnectError = { message, namespace: core.path, code };
    if (data !== undefined) error.data = data;
    const { namespace, settle } = this.entries.get(core.path)!;
    const tell = () => {
      this.lastError = message;
      settle(new SocketIOError(message, code, data));
      namespace.connect_error.emit(error);
      this.signals.connect_error.emit(error);
    };
    this.#shutOut(core, tell);
  }

  undeliverable({ path }: Core, message: string): void {
    this.listenerError(new Error(message), "", path);
  }

  /** The server does not want us in `core`. Without the main namespace and any other there is nothing to be connected for. */
  #shutOut(core: Core, tell: () => void): void {
    if (core === this.#main && this.active && !this.session.isWanted()) this.#end("server disconnect", tell);
    else tell();
  }

  // A connection's life

  #connect(now: number): void {
    const { factory, request } = this.#target!;
    const seconds = this.options.connect_timeout;
    this.#attemptDeadline = this.deadlines.add(now + seconds, () => {
      if (this.state === CONNECTED) return;
      const what = this.engineId === "" ? "no Engine.IO session was opened" : "the main namespace was not joined";
      this.#lost("transport error", `${what} within ${seconds} s; is it a Socket.IO v3+ server?`, ERR_TIMEOUT);
    });
    const connection = new Connection(this);
    this.connection = connection;
    for (const [core, { auth }] of this.#auths) if (core.state === CONNECTING) this.#ask(core, auth, connection);
    connection.open(factory, request());
  }

  #want(core: Core, auth: Auth): void {
    this.#auths.set(core, { auth });
    this.session.connect(core, checkAuth(auth), this.now());
  }

  /** Asks an auth function; CONNECT follows its answer. */
  #ask(core: Core, auth: Auth, connection: Connection): void {
    if (typeof auth !== "function") return;
    const { session } = this;
    session.authorize(core, null, this.now());
    const question = { auth };
    this.#auths.set(core, question);
    const isAwaited = () => connection === this.connection && core.auth === null && this.#auths.get(core) === question;
    const failed = (error: unknown) => {
      const message = `the auth function of ${core.path} failed: ${(error as Error)?.message ?? error}`;
      if (!isAwaited()) return;
      // For the main namespace it is the attempt that failed: the next one asks again. The game hears of it in a poll.
      if (core === this.#main) connection.fail("transport error", message);
      else this.deadlines.add(this.now(), () => isAwaited() && session.refuse(core, message));
    };
    const answered = (data: unknown) => {
      if (!isAwaited()) return;
      session.authorize(core, encodeAuth(data), this.now());
      // Like the CONNECT that needs no asking, it goes out when it can, not with the next frame.
      this.flush();
    };
    this.depth++;
    askAuth(auth, answered, failed);
    this.depth--;
  }

  /** The connection is gone, or never came to be. */
  #lost(reason: DisconnectReason, message: string, code: Err): void {
    const { reconnection, random } = this.options;
    const now = this.#now;
    const failed = this.state !== CONNECTED;
    const transport = this.connection?.transport?.name;
    // A server that accepts and drops at once must not be hammered: only a connection that lasted starts the backoff anew.
    if (!failed && now - this.#openedAt >= reconnection.delay_max) this.#attempt = 0;
    const attempt = ++this.#attempt;
    this.lastError = message;
    const error: ConnectError = { message, namespace: "/", code };
    if (transport) error.transport = transport;
    const { connect_error, reconnecting, reconnect_failed } = this.signals;
    if (!reconnection.enabled || attempt > reconnection.attempts) {
      this.#end(reason, () => {
        if (failed) connect_error.emit(error);
        if (reconnection.enabled) reconnect_failed.emit();
      });
      return;
    }
    const delay = backoffDelay(attempt, reconnection, random());
    this.#hangUp();
    this.#attemptDeadline = this.deadlines.add(now + delay, (late) => this.#connect(late));
    const epoch = this.#epoch;
    this.session.close(reason, false);
    if (failed && epoch === this.#epoch) connect_error.emit(error);
    if (epoch === this.#epoch) reconnecting.emit(attempt, delay);
  }

  /**
   * Back to DISCONNECTED for good. `tell` comes after what the namespaces are told, unless that started something new.
   */
  #end(reason: string, tell = () => {}): void {
    const told = this.#announced;
    this.#hangUp();
    this.#target = null;
    this.#polledAt = Infinity;
    this.#auths.clear();
    const epoch = ++this.#epoch;
    this.session.close(reason, true);
    if (epoch === this.#epoch) tell();
    if (epoch === this.#epoch && !told) this.signals.disconnected.emit(reason);
    if (epoch !== this.#epoch) return;
    const error = new SocketIOError(`disconnected: ${reason}`, ERR_CONNECTION_ERROR);
    for (const { settle } of this.entries.values()) settle(error);
  }

  #hangUp(): void {
    this.connection?.dispose();
    this.connection = null;
    this.engineId = "";
    this.deadlines.cancel(this.#attemptDeadline);
  }

  #write(connection: Connection): void {
    const frames: OutFrame[] = [];
    for (const packet of this.session.takeOutput(this.now())) {
      frames.push(...packet.frames);
      this.counters.packets_sent++;
    }
    if (frames.length > 0) connection.send(frames);
  }

  /** Never backwards, and never to what is no time: neither NaN nor Infinity would ever pass again. */
  #advance(time: number): void {
    if (time > this.#now && time < Infinity) this.#now = time;
  }

  // A poll's steps

  #deliver(): void {
    const { clock, poll_max_packets, poll_max_time } = this.options;
    const started = poll_max_time > 0 ? clock() : 0;
    let left = poll_max_packets || Infinity;
    // The connection is looked up each time: a callback may have ended it, or started another.
    for (let item = this.connection?.inbox.shift(); item; item = this.connection?.inbox.shift()) {
      this.#take(item, this.connection!);
      if (item.kind !== "packet") continue;
      if (--left <= 0 || (poll_max_time > 0 && clock() - started >= poll_max_time)) break;
    }
    this.connection?.relieve(this.#now);
  }

  #take(item: InboxItem, connection: Connection): void {
    if (item.kind === "open") {
      this.engineId = connection.engine.handshake!.sid;
      if (this.#openedAt >= 0) this.counters.reconnects++;
      this.#openedAt = this.#now;
      const { name } = connection.transport!;
      const changed = this.#transportName !== "" && this.#transportName !== name;
      this.#transportName = name;
      if (changed) this.signals.transport_changed.emit(name);
    } else if (item.kind === "close") {
      this.#lost(item.reason, item.message, item.reason === "parse error" ? ERR_INVALID_DATA : ERR_CANT_CONNECT);
    } else {
      try {
        this.session.receive(item);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        // What came behind a packet that cannot be read cannot be trusted either.
        connection.inbox.clear();
        if (connection === this.connection) this.#lost("parse error", error.message, ERR_INVALID_DATA);
      }
    }
  }

  #expire(): void {
    const { connection } = this;
    const now = this.#now;
    // It is told now, unless the budget has left packets that came before it.
    if (connection?.writable && connection.isDead(now) && connection.inbox.length === 0) this.#deliver();
    // What still waits in the inbox arrived in time. As long as it waits, time stands still for what it may answer.
    const heard = Math.min(now, connection?.inbox.oldestTime ?? now);
    if (heard >= this.deadlines.next) this.deadlines.advance(heard);
  }
}
