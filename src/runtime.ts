/*
 * What happens in a `poll()`: the place where I/O, time and protocol meet. `client.ts` is the public face of it and says
 * what it promises.
 *
 *   state          what is there                                        leaves it by
 *   ────────────   ──────────────────────────────────────────────────   ─────────────────────────────────────────────
 *   DISCONNECTED   nothing                                              start() → CONNECTING
 *   CONNECTING     a connection whose handshake or CONNECT is pending   established → CONNECTED; lost → waiting or end
 *   CONNECTING     no connection, but `reconnectAt`                     that moment → a new connection
 *   CONNECTED      an open session; `/` joined, or not wanted           lost → waiting or end; close(), kicked → end
 */
import type { Auth } from "./auth.js";
import { encodeAuth } from "./auth.js";
import { Connection } from "./connection.js";
import { ConnectionState } from "./connection-state.js";
import { Err, OK } from "./errors.js";
import type { DisconnectReason, InboxItem } from "./inbox.js";
import type { AckOwner, ConnectError, NamespaceHost, NamespaceInput } from "./namespace.js";
import type { ClientOptions } from "./options.js";
import { backoffDelay } from "./protocol/backoff.js";
import { DeadlineHeap, type Expiring } from "./protocol/deadline-heap.js";
import type { Handshake } from "./protocol/engine-packet.js";
import { type NamespaceSession, NamespaceState } from "./protocol/namespace-session.js";
import { ProtocolError } from "./protocol/protocol-error.js";
import { type SocketEvent, SocketSession } from "./protocol/socket-session.js";
import { report, Signal } from "./signal.js";
import { Counters } from "./stats.js";
import type { OutFrame, TransportFactory, TransportRequest } from "./transport/transport.js";

/** With more than this in the socket a volatile packet would be stale when it gets out. Bytes. */
const VOLATILE_BACKLOG = 16384;

interface Wait extends Expiring {
  readonly expire: () => void;
}

/** What a connection is to be made with, again and again. */
export interface Target {
  readonly factory: TransportFactory;
  readonly request: () => TransportRequest;
}

export class Runtime implements NamespaceHost {
  readonly connected = new Signal<[session_id: string]>(this, "connected", "/");
  readonly disconnected = new Signal<[reason: string]>(this, "disconnected", "/");
  readonly connect_error = new Signal<[error: ConnectError]>(this, "connect_error", "/");
  readonly namespace_connected = new Signal<[path: string]>(this, "namespace_connected", "/");
  readonly namespace_disconnected = new Signal<[path: string]>(this, "namespace_disconnected", "/");
  readonly event_received = new Signal<[event: string, data: unknown[], path: string]>(this, "event_received", "/");
  readonly reconnecting = new Signal<[attempt: number, delay: number]>(this, "reconnecting", "/");
  readonly reconnect_failed = new Signal<[]>(this, "reconnect_failed", "/");
  readonly transport_changed = new Signal<[name: string]>(this, "transport_changed", "/");
  readonly listener_error = new Signal<[error: unknown, event: string, path: string]>(this, "listener_error", "/");

  options: ClientOptions;
  readonly session: SocketSession<AckOwner>;
  readonly counters = new Counters();
  readonly latestEvents = new Set<string>();
  readonly inputs = new Map<string, NamespaceInput>();
  lastError = "";

  readonly #waits = new DeadlineHeap<Wait>();
  readonly #auths = new Map<NamespaceSession<AckOwner>, Auth>();
  readonly #main: NamespaceSession<AckOwner>;
  #target: Target | null = null;
  #connection: Connection | null = null;
  /** The id of the open session as the game knows it; `""` before the poll that told it. */
  #engineId = "";
  /** The session is open and the main namespace joined or not wanted; until then `#attemptDeadline` counts. */
  #established = false;
  #establishedAt = 0;
  #everEstablished = false;
  #attempt = 0;
  #attemptDeadline = Infinity;
  #reconnectAt = Infinity;
  /** Changes with every start and end: whoever called the game in between looks whether he is still wanted. */
  #epoch = 0;
  #now = Number.NEGATIVE_INFINITY;
  #polledAt = Number.NaN;
  #polling = false;
  /** Callbacks of the game that are running, one inside the other. */
  #depth = 0;
  #callbacks = 0;

  constructor(options: ClientOptions) {
    this.options = options;
    this.session = new SocketSession(options);
    this.#main = this.session.namespace("/");
  }

  // Getters

  get active(): boolean {
    return this.#target !== null;
  }

  get state(): ConnectionState {
    if (this.#target === null) return ConnectionState.STATE_DISCONNECTED;
    const joined = this.#engineId !== "" && this.#main.state !== NamespaceState.CONNECTING;
    return joined ? ConnectionState.STATE_CONNECTED : ConnectionState.STATE_CONNECTING;
  }

  get engineId(): string {
    return this.#engineId;
  }

  get transportName(): string {
    return this.#engineId === "" ? "" : (this.#connection?.transportName ?? "");
  }

  get pendingCount(): number {
    return this.#connection?.inbox.length ?? 0;
  }

  /** Seconds that the oldest waiting packet has waited. */
  get inboxAge(): number {
    const oldest = this.#connection?.inbox.oldestTime ?? Infinity;
    return oldest === Infinity ? 0 : Math.max(0, this.now() - oldest);
  }

  get writable(): boolean {
    return (this.#connection?.bufferedAmount ?? 0) < VOLATILE_BACKLOG;
  }

  get rtt() {
    return this.session.rtt;
  }

  hearsAll(): boolean {
    return this.event_received.has_connections();
  }

  /** Monotonic seconds. During a poll time stands still, so that one frame sees one moment. */
  now(): number {
    if (!this.#polling) this.#now = Math.max(this.#now, this.options.clock());
    return this.#now;
  }

  // Commands

  start(target: Target, auth: Auth): void {
    this.#epoch++;
    this.#target = target;
    this.#attempt = 0;
    this.#everEstablished = false;
    const now = this.now();
    if (this.options.main_namespace) this.#want(this.#main, auth, now);
    this.#connect(now);
  }

  join(core: NamespaceSession<AckOwner>, auth: Auth): void {
    this.#want(core, auth, this.now());
    if (typeof auth === "function" && this.#connection !== null) this.#ask(core, auth);
  }

  close(): void {
    if (this.#target === null) return;
    this.session.sayGoodbye();
    this.flush();
    const told = this.#main.state === NamespaceState.CONNECTED;
    const epoch = this.#end();
    this.session.close("client disconnect", true);
    this.drain();
    if (!told && epoch === this.#epoch) this.disconnected.emit("client disconnect");
    for (const input of this.inputs.values()) input.gaveUp();
  }

  /** Writes what was sent since the last time, in one go. */
  flush(): void {
    const connection = this.#connection;
    if (connection?.writable !== true || !this.session.hasOutput) return;
    const now = this.now();
    // A dead connection takes nothing: what is left in the session is kept for the next one.
    if (now < connection.deadline) this.#write(connection, now);
  }

  poll(now: number | undefined): number {
    if (this.#polling || this.#depth > 0) return 0;
    const time = now ?? this.options.clock();
    // Not `Math.max`: it would let a NaN in.
    if (time > this.#now) this.#now = time;
    if (this.#target !== null) {
      const gap = this.#now - this.#polledAt;
      if (gap > this.counters.longest_poll_gap) this.counters.longest_poll_gap = gap;
      this.#polledAt = this.#now;
    }
    this.#polling = true;
    this.#callbacks = 0;
    try {
      this.drain();
      this.#deliver();
      this.#expire(this.#now);
      this.#connection?.answerPing(this.#now);
      this.flush();
    } finally {
      this.#polling = false;
    }
    return this.#callbacks;
  }

  // For namespaces and signals

  invoke<Args extends unknown[]>(callback: (...args: Args) => unknown, args: Args, event: string, path: string): void {
    const { clock } = this.options;
    const { counters } = this;
    const started = clock();
    this.#depth++;
    this.#callbacks++;
    try {
      callback(...args);
    } catch (error) {
      this.#listenerError(error, event, path);
    } finally {
      this.#depth--;
    }
    const took = clock() - started;
    if (took > counters.longest_callback) {
      counters.longest_callback = took;
      counters.longest_callback_event = event;
    }
  }

  expireAfter(seconds: number, expire: () => void): () => void {
    const wait: Wait = { deadline: this.now() + seconds, settled: false, expire };
    this.#waits.add(wait);
    return () => {
      this.#waits.settle(wait);
    };
  }

  fail(code: Err, message: string): Err {
    this.lastError = message;
    return code;
  }

  drain(): void {
    for (let event = this.session.nextEvent(); event !== null; event = this.session.nextEvent()) this.#tell(event);
  }

  // For the connection

  engineOpened(connection: Connection, handshake: Handshake, now: number): void {
    this.session.open(now, handshake.maxPayload, this.#attemptDeadline);
    this.#write(connection, now);
  }

  // Inside: a connection's life

  #connect(now: number): void {
    const { factory, request } = this.#target as Target;
    this.#reconnectAt = Infinity;
    this.#established = false;
    this.#attemptDeadline = now + this.options.connect_timeout;
    const connection = new Connection(this, this.latestEvents);
    this.#connection = connection;
    for (const [core, auth] of this.#auths) {
      if (typeof auth === "function" && core.state === NamespaceState.CONNECTING) this.#ask(core, auth);
    }
    connection.open(factory, request());
  }

  #want(core: NamespaceSession<AckOwner>, auth: Auth, now: number): void {
    this.#auths.set(core, auth);
    this.session.connect(core, typeof auth === "function" ? null : encodeAuth(auth), now);
  }

  /** Asks an auth function; CONNECT follows its answer. */
  #ask(core: NamespaceSession<AckOwner>, auth: () => unknown): void {
    const connection = this.#connection as Connection;
    const { now } = this;
    this.session.authorize(core, null, now.call(this));
    const current = () => connection === this.#connection && core.auth === null;
    const failed = (error: unknown) => {
      if (!current()) return;
      const message = `the auth function of ${core.path} failed: ${(error as Error)?.message ?? error}`;
      // For the main namespace it is the attempt that failed: the next one asks again.
      if (core === this.#main) connection.fail("transport error", message);
      else this.session.refuse(core, message);
    };
    const answered = (data: unknown) => {
      if (!current()) return;
      try {
        this.session.authorize(core, encodeAuth(data), this.now());
      } catch (error) {
        failed(error);
        return;
      }
      // Like the CONNECT that needs no asking, it goes out when it can, not with the next frame.
      if (connection.writable) this.#write(connection, this.now());
    };
    this.#depth++;
    try {
      const answer = auth();
      if (typeof (answer as PromiseLike<unknown> | null)?.then === "function") {
        (answer as PromiseLike<unknown>).then(answered, failed);
      } else answered(answer);
    } catch (error) {
      failed(error);
    } finally {
      this.#depth--;
    }
  }

  /** The connection is gone, or never came to be. */
  #lost(reason: DisconnectReason, message: string, code: Err): void {
    const connection = this.#connection as Connection;
    const now = this.#now;
    const { reconnection } = this.options;
    const failed = !this.#established;
    const told = this.#main.state === NamespaceState.CONNECTED;
    // A server that accepts and drops at once must not be hammered: only a connection that lasted starts the backoff anew.
    if (!failed && now - this.#establishedAt >= reconnection.delay_max) this.#attempt = 0;
    this.#attempt++;
    const retry = reconnection.enabled && this.#attempt <= reconnection.attempts;
    const delay = backoffDelay(this.#attempt, reconnection, this.options.random());
    const attempt = this.#attempt;
    this.lastError = message;
    const transport = connection.transportName;
    let epoch = this.#epoch;
    if (retry) {
      this.#drop();
      this.#reconnectAt = now + delay;
    } else epoch = this.#end();
    this.session.close(reason, !retry);
    if (failed)
      this.connect_error.emit({ message, namespace: "/", code, ...(transport === "" ? null : { transport }) });
    this.drain();
    if (epoch !== this.#epoch) return;
    if (retry) {
      this.reconnecting.emit(attempt, delay);
      return;
    }
    if (reconnection.enabled) this.reconnect_failed.emit();
    if (!told && epoch === this.#epoch) this.disconnected.emit(reason);
    if (epoch === this.#epoch) for (const input of this.inputs.values()) input.gaveUp();
  }

  #drop(): void {
    this.#connection?.dispose();
    this.#connection = null;
    this.#engineId = "";
    this.#attemptDeadline = Infinity;
  }

  /** Back to DISCONNECTED; returns the new epoch. */
  #end(): number {
    this.#drop();
    this.#target = null;
    this.#reconnectAt = Infinity;
    this.#polledAt = Number.NaN;
    this.#auths.clear();
    return ++this.#epoch;
  }

  #write(connection: Connection, now: number): void {
    const frames: OutFrame[] = [];
    for (const { text, attachments } of this.session.takeOutput(now)) {
      frames.push(text);
      for (const attachment of attachments) frames.push(attachment);
      this.counters.packets_sent++;
    }
    if (frames.length > 0) connection.send(frames, now);
  }

  // Inside: a poll's steps

  #deliver(): void {
    const { clock, poll_max_packets, poll_max_time } = this.options;
    const started = poll_max_time > 0 ? clock() : 0;
    let packets = 0;
    // The connection is looked up each time: a callback may have ended it, or started another.
    for (let item = this.#connection?.inbox.shift(); item !== undefined; item = this.#connection?.inbox.shift()) {
      this.#take(item);
      if (item.kind !== "packet") continue;
      packets++;
      if (packets === poll_max_packets || (poll_max_time > 0 && clock() - started >= poll_max_time)) break;
    }
    this.#connection?.relieve(this.#now);
  }

  #take(item: InboxItem): void {
    const connection = this.#connection as Connection;
    if (item.kind === "open") {
      this.#engineId = connection.handshake?.sid ?? "";
      if (this.#main.state === NamespaceState.DISCONNECTED) this.#establish();
      this.transport_changed.emit(connection.transportName);
      return;
    }
    if (item.kind === "close") {
      this.#lost(
        item.reason,
        item.message,
        item.reason === "parse error" ? Err.ERR_INVALID_DATA : Err.ERR_CANT_CONNECT,
      );
      return;
    }
    try {
      this.session.receive(item);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // What came behind a packet that cannot be read cannot be trusted either.
      connection.inbox.clear();
      connection.fail("parse error", error.message);
    }
    this.drain();
  }

  #establish(): void {
    if (this.#everEstablished && !this.#established) this.counters.reconnects++;
    this.#established = this.#everEstablished = true;
    this.#establishedAt = this.#now;
    this.#attemptDeadline = Infinity;
  }

  #expire(now: number): void {
    if (now >= this.#attemptDeadline) {
      const seconds = this.options.connect_timeout;
      const what = this.#engineId === "" ? "no Engine.IO session was opened" : "the main namespace was not connected";
      this.#lost(
        "transport error",
        `${what} within ${seconds} s; is a Socket.IO v3+ server listening there?`,
        Err.ERR_TIMEOUT,
      );
    }
    const connection = this.#connection;
    // What still waits in the inbox arrived in time. As long as it waits, time stands still for what it may answer.
    const heard = connection === null ? now : Math.min(now, connection.inbox.oldestTime);
    if (connection?.writable && now >= connection.deadline) {
      connection.fail("ping timeout", "no ping came from the server in time");
      // It is told now, unless the budget has left packets that came before it.
      if (connection.inbox.length === 0) this.#deliver();
    }
    if (heard >= this.session.deadline) {
      this.session.advance(heard);
      this.drain();
    }
    if (now >= this.#waits.deadline) {
      for (let wait = this.#waits.takeDue(now); wait !== null; wait = this.#waits.takeDue(now)) wait.expire();
    }
    if (now >= this.#reconnectAt) this.#connect(now);
  }

  #tell(event: SocketEvent<AckOwner>): void {
    if (event.type === "event") {
      this.counters.events_dispatched++;
      const { path } = event.namespace;
      this.inputs.get(path)?.dispatch(event.event, event.data, event.ackId);
      if (this.event_received.has_connections()) this.event_received.emit(event.event, event.data, path);
    } else if (event.type === "ack") {
      const { callback, event: name, path } = event.owner;
      const code = event.outcome === "timeout" ? Err.ERR_TIMEOUT : Err.ERR_CONNECTION_ERROR;
      const args = event.outcome === "answered" ? [event.data, OK] : [["timeout"], code];
      this.invoke(callback as (...args: unknown[]) => void, args, name, path);
    } else if (event.type === "undeliverable") {
      this.#listenerError(new Error(event.message), "", event.namespace.path);
    } else {
      this.#tellChange(event);
    }
  }

  #tellChange(event: Extract<SocketEvent<AckOwner>, { type: "connected" | "refused" | "disconnected" }>): void {
    const { namespace } = event;
    const { path } = namespace;
    const input = this.inputs.get(path);
    const isMain = namespace === this.#main;
    if (event.type === "connected") {
      if (isMain) this.#establish();
      input?.connected();
      this.namespace_connected.emit(path);
      if (isMain) this.connected.emit(namespace.sid);
      return;
    }
    // Without the main namespace and any other there is nothing left to be connected for.
    const byServer = event.type === "refused" || event.reason === "server disconnect";
    const ends = isMain && byServer && this.#target !== null && !this.session.isWanted();
    const epoch = ends ? this.#end() : this.#epoch;
    if (ends) this.session.close("server disconnect", true);
    const wasConnected = event.type === "disconnected" && event.wasConnected;
    if (event.type === "refused") {
      const { message, data, timeout } = event;
      this.lastError = message;
      const code = timeout ? Err.ERR_TIMEOUT : Err.ERR_UNAUTHORIZED;
      const error: ConnectError = { message, namespace: path, code, ...(data === undefined ? null : { data }) };
      input?.refused(error);
      this.connect_error.emit(error);
    } else if (wasConnected) {
      input?.disconnected(event.reason);
      this.namespace_disconnected.emit(path);
      if (isMain) this.disconnected.emit(event.reason);
    }
    if (ends && !wasConnected && epoch === this.#epoch) this.disconnected.emit("server disconnect");
  }

  #listenerError(error: unknown, event: string, path: string): void {
    // A callback that throws while it is told of an error must not be told of its own.
    if (event !== "listener_error" && this.listener_error.has_connections())
      this.listener_error.emit(error, event, path);
    else report(error);
  }
}
