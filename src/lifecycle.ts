/*
 * The life of a client: attempts, connections, what follows when one is lost, and the end. A poll tells what of it has happened.
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
import type { ConnectionNews, DisconnectReason } from "./inbox.js";
import { askAll, type JoinsHost, want, wantAgain } from "./joins.js";
import type { LatestEvents } from "./latest-events.js";
import { type AckOwner, entryOf } from "./namespace-entry.js";
import { watchNetwork } from "./network-hints.js";
import type { ClientOptions } from "./options.js";
import { PollTime } from "./poll-time.js";
import { backoffDelay } from "./protocol/backoff.js";
import { ERR_CANT_CONNECT, ERR_CONNECTION_ERROR, ERR_INVALID_DATA, ERR_TIMEOUT } from "./protocol/codes.js";
import { Deadlines } from "./protocol/deadlines.js";
import { CONNECTED, CONNECTING, DISCONNECTED, type NamespaceSession } from "./protocol/namespace-session.js";
import { RttEstimator } from "./protocol/rtt.js";
import type { RawPacket } from "./protocol/socket-decoder.js";
import { SocketSession } from "./protocol/socket-session.js";
import type { Finality } from "./transport/transport.js";

type Core = NamespaceSession<AckOwner>;

export abstract class Lifecycle extends Announcer implements DialerHost, JoinsHost {
  readonly rtt = new RttEstimator();
  readonly time = new PollTime();
  readonly deadlines = new Deadlines();
  latestEvents: LatestEvents | null = null;
  readonly session: SocketSession<AckOwner>;
  /** The id of the open session as the game knows it; `""` before the poll that told it. */
  engineId = "";
  /** What the open session goes over as the game knows it. */
  transportName = "";

  readonly #dialer = new Dialer(this);
  readonly #main: Core;
  /** When the last session opened; less than 0 before the first. */
  #openedAt = -1;
  /** How many attempts in a row have failed. */
  #failures = 0;
  #unwatchNetwork: (() => void) | null = null;
  #isBackOnline = false;
  /** Changes with every start and end: whoever called the game in between looks whether he is still wanted. */
  #epoch = 0;

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

  /** Writes what was sent since the last time. */
  abstract flush(): void;
  abstract runGuarded(run: () => void): void;
  abstract engineOpened(connection: Connection, now: number): void;
  abstract skipped(packet: RawPacket): void;

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
      if (!online && !target.isLocal) this.connection?.closed("transport close", "the browser is offline");
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

  failAttempt(message: string): void {
    this.#dialer.fail(message);
  }

  // Told by the dialer and its connection

  dialling(attempt: number): void {
    askAll(this, attempt);
  }

  expired(message: string): void {
    this.lost("transport error", message, ERR_TIMEOUT);
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

  // A connection's news, when a poll comes to it

  protected hear(item: ConnectionNews, connection: Connection): void {
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
      this.lost(item.reason, item.message, code, item.finality);
    }
  }

  /** The browser has its network back: does not wait any longer. */
  protected heedNetwork(): void {
    if (!this.#isBackOnline) return;
    this.#isBackOnline = false;
    this.reconnectNow();
  }

  /** The connection is gone, or never came to be. */
  protected lost(reason: DisconnectReason, message: string, code: Err, finality: Finality = ""): void {
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
    this.#unwatchNetwork?.();
    const epoch = ++this.#epoch;
    this.session.close(reason, true);
    if (epoch === this.#epoch) tell();
    if (epoch === this.#epoch && !told) this.signals.emit("disconnected", reason);
    if (epoch !== this.#epoch) return;
    const error = new SocketIOError(`disconnected: ${reason}`, ERR_CONNECTION_ERROR);
    for (const core of this.session.namespaces()) entryOf(core).settle(error);
  }
}
