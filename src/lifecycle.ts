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
import type { KeptAuth } from "./auth.js";
import type { ConnectionState } from "./connection-state.js";
import { Dialer, type Target } from "./dialer.js";
import { type ConnectError, type Err, SocketIOError, safely } from "./errors.js";
import type { DisconnectReason } from "./inbox.js";
import type { NamespaceEntry } from "./namespace-entry.js";
import { watchNetwork } from "./network-hints.js";
import { backoffDelay } from "./protocol/backoff.js";
import { ERR_CANT_CONNECT, ERR_CONNECTION_ERROR, ERR_INVALID_DATA, ERR_TIMEOUT } from "./protocol/codes.js";
import type { Deadline } from "./protocol/deadlines.js";
import { CONNECTED, CONNECTING, DISCONNECTED } from "./protocol/namespace-session.js";
import type { Finality } from "./transport/transport.js";

export abstract class Lifecycle extends Dialer {
  /** What the last session went over as the game knows it; `""` before the first. */
  transportName = "";

  /** When the last session opened. */
  #openedAt = NaN;
  /** How many attempts in a row have failed. */
  #failures = 0;
  /** When an attempt need not wait any longer, because the browser has its network back. */
  #hint: Deadline | null = null;
  /** The generation in which the main namespace was left by the server's will: it is so until that changes. */
  #shutOutIn = -1;
  /** Changes with every start and end: whoever called the game in between looks whether he is still wanted. */
  #epoch = 0;

  get active(): boolean {
    return this.target !== null;
  }

  get state(): ConnectionState {
    if (!this.active) return DISCONNECTED;
    return this.engineId === "" || this.main.state === CONNECTING ? CONNECTING : CONNECTED;
  }

  // Commands

  start(target: Target, auth: KeptAuth): void {
    this.#epoch++;
    this.#failures = 0;
    this.#shutOutIn = -1;
    this.transportName = "";
    watchNetwork(this, true);
    if (this.options.main_namespace) this.join(this.main, auth);
    this.dial(target);
  }

  close(): void {
    if (!this.active) return;
    // By themselves: a server may drop events that come together with the end of their namespace.
    this.flush();
    this.session.sayGoodbye();
    this.flush();
    this.#end("client disconnect");
  }

  /** Told by the browser: it has its network back, or has lost it. */
  handleEvent({ type }: Event): void {
    this.deadlines.cancel(this.#hint);
    const { target } = this;
    if (type === "online")
      this.#hint = this.deadlines.add(this.now(), () => target === this.target && this.reconnectNow());
    else if (!target!.isLocal) this.connection?.closed("transport close", "the browser is offline");
  }

  /**
   * The server does not want us in `entry`. When it has thrown us out of the main namespace and of all others, there is nothing to be
   * connected for; a game that has left the main one by itself may try again with another.
   */
  protected override shutOut(entry: NamespaceEntry, reason: string, error: ConnectError, tell: () => void): void {
    const { reconnection } = this.options;
    const epoch = this.#epoch;
    if (entry === this.main) this.#shutOutIn = entry.generation;
    // A server that lets in and throws out at once must not be hammered: the delays start anew after a join that lasted.
    if (reason === "server disconnect" && this.time - entry.connectSentAt >= reconnection.delay_max) entry.refusals = 0;
    const retry = this.shallRetry(reason, error, false);
    // The filter may have ended the connection, or joined the namespace by itself.
    if (epoch === this.#epoch && entry.state === DISCONNECTED) {
      if (retry) this.want(entry, this.#delay(++entry.refusals));
      else if (this.#shutOutIn === this.main.generation && !this.session.isWanted()) {
        this.#end("server disconnect", tell);
        return;
      }
    }
    tell();
  }

  // A connection's news, when a poll comes to it

  opened(name: string): void {
    const before = this.transportName;
    this.transportName = name;
    const hasChanged = before === "" ? this.attempt!.complaints : before !== name;
    this.engineId = this.connection!.handshake!.sid;
    this.#openedAt = this.time;
    this.arrived();
    if (before !== "") this.counters.reconnects++;
    if (hasChanged) this.signals.transport_changed?.emit(name);
  }

  /** The connection is gone, or never came to be. */
  lost(
    reason: DisconnectReason,
    message: string,
    finality: Finality = "",
    code: Err = reason === "parse error" ? ERR_INVALID_DATA : ERR_CANT_CONNECT,
  ): void {
    const { reconnection } = this.options;
    const failed = this.state !== CONNECTED;
    const transport = this.connection?.transport?.name;
    const epoch = this.#epoch;
    // A balancer that gives the second request to another server ends a session that was hardly open.
    if (failed && (!this.engineId || reason === "transport error")) {
      // What has answered, but is no such server or lets nobody in, is no better over another transport.
      const isCertain =
        reason === "parse error" || finality === "server" || (this.engineId !== "" && code === ERR_TIMEOUT);
      const complaints = this.fallBack(reason, message, isCertain);
      if (complaints === null) return;
      message = complaints;
    }
    // A server that accepts and drops at once must not be hammered: only a connection that lasted starts the backoff anew.
    if (!failed && this.time - this.#openedAt >= reconnection.delay_max) this.#failures = 0;
    const attempt = ++this.#failures;
    this.lastError = message;
    const error: ConnectError = { message, namespace: "/", code };
    if (transport) error.transport = transport;
    // Such a failure may leave nothing to be tried.
    const isFinal = finality === "server" || (finality === "transport" && this.target!.transports.length === 1);
    const retry = this.shallRetry(failed ? "connect_error" : reason, error, !isFinal);
    if (epoch !== this.#epoch) return;
    const tell = () => failed && this.failed(this.main, error);
    if (!retry || attempt > reconnection.attempts)
      this.#end(reason, tell, () => reconnection.enabled && this.signals.reconnect_failed?.emit());
    else {
      const delay = this.#delay(attempt);
      this.hangUp();
      this.redial(delay);
      this.#tell(
        () => this.session.close(reason, false),
        tell,
        // One of them may have called reconnect_now().
        () => this.signals.reconnecting?.emit(attempt, this.connection ? 0 : delay),
      );
    }
  }

  /** How long attempt number `attempt` is waited for. */
  #delay(attempt: number): number {
    const { reconnection, random } = this.options;
    let drawn = 0;
    safely(() => {
      drawn = random();
    });
    return backoffDelay(attempt, reconnection, drawn);
  }

  /** Back to DISCONNECTED for good. `news` comes after what the namespaces are told. */
  #end(reason: string, ...news: (() => unknown)[]): void {
    const told = this.announced;
    this.hangUp();
    this.target = null;
    watchNetwork(this, false);
    this.polledAt = Infinity;
    this.#epoch++;
    this.#tell(
      () => this.session.close(reason, true),
      ...news,
      () => told || this.signals.disconnected?.emit(reason),
      () => {
        const error = new SocketIOError(`disconnected: ${reason}`, ERR_CONNECTION_ERROR);
        for (const entry of this.session.namespaces()) entry.settle(error);
      },
    );
  }

  /** Tells the game one thing after the other, unless that ends or starts something. */
  #tell(...news: (() => unknown)[]): void {
    const epoch = this.#epoch;
    for (const tell of news) if (epoch === this.#epoch) tell();
  }
}
