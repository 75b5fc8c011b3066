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

import { Announcer } from "./announcer.js";
import type { Auth } from "./auth.js";
import type { Connection } from "./connection.js";
import type { ConnectionState } from "./connection-state.js";
import { Dialer, type DialerHost, type Target } from "./dialer.js";
import { type ConnectError, type Err, SocketIOError } from "./errors.js";
import { type ConnectionNews, type DisconnectReason, isPacket } from "./inbox.js";
import { askAll, type JoinsHost, want, wantAgain } from "./joins.js";
import { LatestEvents } from "./latest-events.js";
import { type AckOwner, entryOf, type NamespaceHost, type TakenEvent } from "./namespace-entry.js";
import { watchNetwork } from "./network-hints.js";
import type { ClientOptions } from "./options.js";
import { UNLIMITED } from "./poll-limit.js";
import { PollTime } from "./poll-time.js";
import type { Frames } from "./protocol/attachments.js";
import { backoffDelay } from "./protocol/backoff.js";
import { ERR_CANT_CONNECT, ERR_CONNECTION_ERROR, ERR_INVALID_DATA, ERR_TIMEOUT } from "./protocol/codes.js";
import { Deadlines } from "./protocol/deadlines.js";
import { CONNECTED, CONNECTING, DISCONNECTED, type NamespaceSession } from "./protocol/namespace-session.js";
import { ProtocolError } from "./protocol/protocol-error.js";
import { RttEstimator } from "./protocol/rtt.js";
import { packetSize, type RawPacket } from "./protocol/socket-decoder.js";
import { SocketSession } from "./protocol/socket-session.js";
import type { Finality } from "./transport/transport.js";

/** With more than this in the socket a volatile packet would be stale when it gets out. Bytes. */
const VOLATILE_BACKLOG = 16384;

/** With a budget for time, how many packets are written before the clock is looked at. */
const FLUSHED_AT_ONCE = 512;

/** A packet from this size on is decoded for so long that it counts. Bytes. */
const LARGE = 4096;

type Core = NamespaceSession<AckOwner>;

export class Runtime extends Announcer implements NamespaceHost, DialerHost, JoinsHost {
  readonly rtt = new RttEstimator();
  readonly time = new PollTime();
  readonly deadlines = new Deadlines();
  readonly latestEvents = new LatestEvents();
  readonly session: SocketSession<AckOwner>;
  /** The id of the open session as the game knows it; `""` before the poll that told it. */
  engineId = "";
  /** Nothing is told to the game while it is. */
  dispatchPaused = false;
  /** What the open session goes over as the game knows it. */
  transportName = "";

  readonly #dialer = new Dialer(this);
  readonly #main: Core;
  /** When the last session opened; less than 0 before the first. */
  #openedAt = -1;
  /** How many attempts in a row have failed. */
  #failures = 0;
  #unwatchNetwork = () => {};
  #isBackOnline = false;
  /** Changes with every start and end: whoever called the game in between looks whether he is still wanted. */
  #epoch = 0;

  /** During a poll time stands still, so that one frame sees one moment. */
  #polling = false;

  constructor(options: ClientOptions) {
    super(options);
    this.session = new SocketSession(options, this.deadlines, this.rtt, this);
    this.#main = this.session.namespace("/");
  }

  get connection(): Connection | null {
    return this.#dialer.connection;
  }

  get attempt(): number {
    return this.#dialer.attempt;
  }

  get active(): boolean {
    return this.#dialer.target !== null;
  }

  get isOpen(): boolean {
    return this.engineId !== "";
  }

  get isConnected(): boolean {
    return this.state === CONNECTED;
  }

  get state(): ConnectionState {
    if (!this.active) return DISCONNECTED;
    return !this.isOpen || this.#main.state === CONNECTING ? CONNECTING : CONNECTED;
  }

  /** Bytes that wait in the transport. */
  get backlog(): number {
    return this.connection?.transport?.bufferedAmount ?? 0;
  }

  get writable(): boolean {
    return this.backlog < VOLATILE_BACKLOG;
  }

  traffic(): { readonly sent: number; readonly waiting: number } {
    return { sent: this.counters.bytes_sent, waiting: this.backlog };
  }

  hearsAll(): boolean {
    return this.options.event_delivery === "pull" || this.signals.has_connections("event_received");
  }

  /** Monotonic seconds. */
  now(): number {
    if (!this.#polling) this.time.advance(this.options.clock());
    return this.time.now;
  }

  // Commands

  start(target: Target, auth: Auth): void {
    this.#epoch++;
    this.deadlines.wake();
    this.#failures = 0;
    this.#openedAt = -1;
    this.transportName = "";
    this.#isBackOnline = false;
    this.#unwatchNetwork = watchNetwork((online) => {
      this.#isBackOnline = online;
      this.deadlines.wake();
      if (!online && !target.isLocal) this.connection?.fail("transport close", "the browser is offline");
    });
    if (this.options.main_namespace) want(this, this.#main, auth);
    this.#dialer.start(target);
  }

  join(core: Core, auth: Auth): void {
    want(this, core, auth);
  }

  /** Does not wait for the next attempt; false when none is waited for. */
  reconnectNow(): boolean {
    return this.#dialer.connectNow();
  }

  close(): void {
    if (!this.active) return;
    // By themselves: a server may drop events that come together with the end of their namespace.
    this.flush();
    this.session.sayGoodbye();
    this.flush();
    this.#end("client disconnect");
  }

  /** Writes what was sent since the last time, in one go, or until that moment of the option `clock` has come. */
  flush(until = Infinity): void {
    const { connection } = this;
    // A dead connection takes nothing: what is left in the session is kept for the next one.
    if (!this.session.hasOutput || !connection?.writable || connection.isDead(this.now())) return;
    do this.#write(connection, until < Infinity ? FLUSHED_AT_ONCE : Infinity);
    while (this.session.hasOutput && connection.writable && this.options.clock() < until);
  }

  poll(now?: number, limit = UNLIMITED): number {
    if (this.#polling || this.depth > 0) return 0;
    const time = this.time;
    time.advance(now ?? this.options.clock());
    if (this.active) time.polled();
    if (this.deadlines.isQuiet(time.now)) return 0;
    this.#polling = true;
    this.callbacks = 0;
    this.mark = NaN;
    this.observers?.tell("poll_started", now);
    try {
      const { clock, poll_max_packets, poll_max_time } = this.options;
      const end = poll_max_time > 0 ? clock() + poll_max_time : Infinity;
      if (this.dispatchPaused) this.connection?.relieve(this.time.now);
      else {
        const until = Math.min(limit.until, end);
        limit.packets -= this.#deliver(Math.min(limit.packets, poll_max_packets || Infinity), until);
        this.#expire();
      }
      this.connection?.answerPing(this.time.now);
      this.flush(end);
    } finally {
      this.#polling = false;
      this.mark = NaN;
    }
    this.#rest();
    this.observers?.tell("poll_ended", this.callbacks);
    return this.callbacks;
  }

  /** Most polls of most games find nothing to do. If that can be foreseen, they need not look. */
  #rest(): void {
    const { connection } = this;
    const isStill = connection?.isIdle && !this.session.hasOutput && !this.dispatchPaused && this.observers === null;
    if (isStill) this.deadlines.rest(connection.engine.deadline);
  }

  /** With the option `event_delivery: "pull"`: the next event. What came before it and is none is delivered on the way. */
  takeEvent(): TakenEvent | null {
    if (!this.#polling && this.depth === 0) {
      this.#polling = true;
      try {
        this.#deliver(Infinity, Infinity);
      } finally {
        this.#polling = false;
        this.mark = NaN;
      }
    }
    return (!this.dispatchPaused && this.pulled.length > 0 && this.pulled.shift()) || null;
  }

  // For namespaces, their joins, and signals

  expireAfter(seconds: number, expire: () => void): void {
    this.deadlines.add(this.now() + seconds, expire);
  }

  runGuarded(run: () => void): void {
    this.depth++;
    run();
    this.depth--;
  }

  skipped(packet: RawPacket): void {
    this.counters.events_skipped++;
    this.observers?.tellOf("packet_skipped", packet);
  }

  failAttempt(message: string): void {
    this.#dialer.fail(message);
  }

  /** Remembers why a call failed. */
  fail<Code extends Err>(code: Code, message: string): Code {
    this.lastError = message;
    return code;
  }

  // Told by the dialer and its connection

  dialling(attempt: number): void {
    askAll(this, attempt);
  }

  expired(message: string): void {
    this.#lost("transport error", message, ERR_TIMEOUT);
  }

  engineOpened(connection: Connection, now: number): void {
    this.engineMoved(connection);
    this.session.open(now, connection.engine.handshake!.maxPayload);
    this.#write(connection);
  }

  engineMoved({ transport }: Connection): void {
    this.session.base64 = transport!.textOnly === true;
  }

  override connected(core: Core): void {
    if (core === this.#main) this.#dialer.joined();
    super.connected(core);
  }

  /** The server does not want us in `core`. Without the main namespace and any other there is nothing to be connected for. */
  protected override shutOut(core: Core, reason: string, error: ConnectError, tell: () => void): void {
    const { reconnection, random } = this.options;
    const entry = entryOf(core);
    const epoch = this.#epoch;
    if (this.time.now - entry.joinedAt >= reconnection.delay_max) entry.refusals = 0;
    entry.joinedAt = Infinity;
    const retry = this.active && this.shallRetry(reason, error, false);
    // The filter may have ended the connection, or joined the namespace by itself.
    if (epoch !== this.#epoch || core.state !== DISCONNECTED) tell();
    else if (retry) {
      const delay = backoffDelay(++entry.refusals, reconnection, random());
      if (core === this.#main) this.#dialer.answered();
      wantAgain(this, core, delay);
      tell();
    } else if (core === this.#main && this.active && !this.session.isWanted()) this.#end("server disconnect", tell);
    else tell();
  }

  // A connection's life

  /** The connection is gone, or never came to be. */
  #lost(reason: DisconnectReason, message: string, code: Err, finality: Finality = ""): void {
    const { reconnection, random } = this.options;
    const now = this.time.now;
    const failed = !this.isConnected;
    const transport = this.connection?.transport?.name;
    const epoch = this.#epoch;
    // A balancer that gives the second request to another server ends a session that was hardly open.
    if (failed && (!this.isOpen || reason === "transport error")) {
      // What has answered, but is no such server or lets nobody in, is no better over another transport.
      const isCertain = reason === "parse error" || finality === "server" || (this.isOpen && code === ERR_TIMEOUT);
      this.engineId = "";
      this.session.close(reason, false);
      if (epoch !== this.#epoch) return;
      const complaints = this.#dialer.fallBack(message, isCertain);
      if (complaints === null) return;
      message = complaints;
    }
    // A server that accepts and drops at once must not be hammered: only a connection that lasted starts the backoff anew.
    if (!failed && now - this.#openedAt >= reconnection.delay_max) this.#failures = 0;
    const attempt = ++this.#failures;
    this.lastError = message;
    const error: ConnectError = { message, namespace: "/", code };
    if (transport) error.transport = transport;
    const retry = this.shallRetry(failed ? "connect_error" : reason, error, !this.#dialer.isFinal(finality));
    if (epoch !== this.#epoch) return;
    if (!retry || attempt > reconnection.attempts) {
      this.#end(reason, () => {
        if (failed) this.signals.emit("connect_error", error);
        if (reconnection.enabled) this.signals.emit("reconnect_failed");
      });
      return;
    }
    const delay = backoffDelay(attempt, reconnection, random());
    this.#dialer.hangUp();
    this.#dialer.wait(now + delay);
    this.engineId = "";
    this.session.close(reason, false);
    if (failed && epoch === this.#epoch) this.signals.emit("connect_error", error);
    // One of them may have called reconnect_now().
    if (epoch === this.#epoch) this.signals.emit("reconnecting", attempt, this.connection ? 0 : delay);
  }

  /**
   * Back to DISCONNECTED for good. `tell` comes after what the namespaces are told, unless that started something new.
   */
  #end(reason: string, tell = () => {}): void {
    const told = this.announced;
    this.deadlines.wake();
    this.#dialer.stop();
    this.engineId = "";
    this.time.pause();
    for (const core of this.session.namespaces()) entryOf(core).auth = null;
    this.#unwatchNetwork();
    const epoch = ++this.#epoch;
    this.session.close(reason, true);
    if (epoch === this.#epoch) tell();
    if (epoch === this.#epoch && !told) this.signals.emit("disconnected", reason);
    if (epoch !== this.#epoch) return;
    const error = new SocketIOError(`disconnected: ${reason}`, ERR_CONNECTION_ERROR);
    for (const core of this.session.namespaces()) entryOf(core).settle(error);
  }

  #write(connection: Connection, most = Infinity): void {
    const { observers } = this;
    const tell = observers === null ? null : (sent: Frames) => observers.tellSent(sent, this.options.codec);
    const frames = this.session.outbox.write(this.now(), most, tell);
    if (frames.length > 0) connection.send(frames);
  }

  // A poll's steps

  /** Delivers up to so many packets until that moment of the option `clock`; returns how many it were. */
  #deliver(packets: number, until: number): number {
    const { clock } = this.options;
    let taken = 0;
    // The connection is looked up each time: a callback may have ended it, or started another.
    while (!this.dispatchPaused && this.pulled.length === 0 && (taken < packets || !this.connection?.inbox.length)) {
      const { connection } = this;
      const item = connection?.inbox.shift();
      if (!item) break;
      if (!isPacket(item)) {
        this.#hear(item, connection!);
        continue;
      }
      const { callbacks } = this;
      this.#receive(item, connection!);
      // The clock was read after the last callback, if there was one.
      const now = until === Infinity ? 0 : this.callbacks === callbacks ? clock() : this.mark;
      const isSpent = ++taken >= packets || now >= until;
      // News costs nothing: what is left of it after the last packet is told now, before any deadline.
      if (isSpent && this.connection?.inbox.length) break;
    }
    this.connection?.relieve(this.time.now);
    return taken;
  }

  #hear(item: ConnectionNews, connection: Connection): void {
    const { signals } = this;
    if (item.kind === "open") {
      this.engineId = connection.engine.handshake!.sid;
      if (this.#openedAt >= 0) this.counters.reconnects++;
      this.#openedAt = this.time.now;
      const fellBack = this.#dialer.opened();
      if (this.isConnected) this.#dialer.joined();
      const before = this.transportName;
      this.transportName = item.name;
      if (before === "" ? fellBack : before !== item.name) signals.emit("transport_changed", item.name);
    } else if (item.kind === "moved") {
      this.transportName = item.name;
      signals.emit("transport_changed", item.name);
    } else {
      const code = item.reason === "parse error" ? ERR_INVALID_DATA : ERR_CANT_CONNECT;
      this.#lost(item.reason, item.message, code, item.finality);
    }
  }

  #receive(packet: RawPacket, connection: Connection): void {
    // Decoding this takes time that is not the callback's.
    if (packetSize(packet) > LARGE) this.mark = NaN;
    try {
      this.observers?.tellOf("packet_received", packet);
      this.session.receive(packet, connection.inbox.time);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // What came behind a packet that cannot be read cannot be trusted either.
      connection.inbox.clear();
      if (connection === this.connection) this.#lost("parse error", error.message, ERR_INVALID_DATA);
    }
  }

  #expire(): void {
    const now = this.time.now;
    if (this.#isBackOnline) {
      this.#isBackOnline = false;
      this.reconnectNow();
    }
    const { connection } = this;
    // It is told now, unless the budget has left packets that came before it.
    if (connection?.writable && connection.isDead(now) && connection.inbox.length === 0) this.#deliver(0, Infinity);
    const heard = this.time.heardUntil(this.connection?.inbox.oldestTime ?? Infinity);
    if (heard >= this.deadlines.next) this.deadlines.advance(heard);
  }
}
