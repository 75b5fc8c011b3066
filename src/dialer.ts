/*
 * Getting a connection: one attempt after the other, and in each one transport after the other.
 *
 *   step      what is there                                            leaves it by
 *   ───────   ──────────────────────────────────────────────────────   ──────────────────────────────────────────────────
 *   IDLE      nothing                                                  dial() → DIALLING
 *   DIALLING  a connection, whose transport has a share of the time    fallBack() → DIALLING, the next transport
 *             until its session is open, the attempt until the main    hangUp() and redial() → WAITING
 *             namespace is joined                                      hangUp() → IDLE
 *   WAITING   a deadline for the next attempt                          that moment, reconnectNow() → DIALLING; hangUp() → IDLE
 */
import { Callbacks } from "./callbacks.js";
import { Connection, type ConnectionOwner, type Route } from "./connection.js";
import type { ConnectionState } from "./connection-state.js";
import type { Err } from "./errors.js";
import type { DisconnectReason } from "./inbox.js";
import type { LatestEvents } from "./latest-events.js";
import type { ClientOptions } from "./options.js";
import { ERR_TIMEOUT } from "./protocol/codes.js";
import { type Deadline, Deadlines } from "./protocol/deadlines.js";
import { CONNECTED } from "./protocol/namespace-session.js";
import { RttEstimator } from "./protocol/rtt.js";
import type { RawPacket } from "./protocol/socket-decoder.js";
import { engineName, type Finality, type TransportFactory } from "./transport/transport.js";

/** What connections are to be made with, again and again. */
export interface Target {
  /** In the order in which they are tried. */
  readonly transports: readonly TransportFactory[];
  /** Asked for each attempt; what it throws makes the attempt fail. */
  prepare(options: ClientOptions): Route["request"];
  /** Whether the server is on this machine, which can be reached without a network. */
  readonly isLocal: boolean;
}

/** One attempt to connect: the transports that it tries, one after the other. */
interface Attempt {
  /** What can still be tried. The first one is being tried; the session may move to the others, but not to what has just failed. */
  left: readonly TransportFactory[];
  /** What the transports said that have failed. */
  complaints: string;
  readonly request: Route["request"];
  /** When it has taken too long, in seconds. */
  readonly end: number;
}

/** Attempts of all clients: none is ever taken for another one. */
let attempts = 0;

export abstract class Dialer extends Callbacks implements ConnectionOwner {
  readonly rtt = new RttEstimator();
  readonly deadlines = new Deadlines();
  latestEvents: LatestEvents | null = null;
  connection: Connection | null = null;
  /** Stands for the attempt that is going on, or the connection that came of it; 0 between two attempts. */
  attempt = 0;
  /** The id of the open session as the game knows it; `""` before the poll that told it. */
  engineId = "";
  /** `null` while nobody wants to be connected. */
  protected target: Target | null = null;
  /** `null` when the attempt has got as far as it shall: what it needed is not kept as long as the connection. */
  #current: Attempt | null = null;
  /** What opened the last session. */
  #last: TransportFactory | undefined;
  /** When a transport or the attempt is given up, or the next attempt starts. */
  #deadline: Deadline | null = null;

  /** CONNECTED once the attempt has got as far as it shall. */
  abstract readonly state: ConnectionState;
  abstract engineOpened(connection: Connection, now: number): void;
  abstract engineMoved(connection: Connection): void;
  abstract skipped(packet: RawPacket): void;
  /** A new connection is about to be opened. */
  protected abstract dialling(): void;
  /** The connection is gone, or never came to be. */
  protected abstract lost(reason: DisconnectReason, message: string, finality?: Finality, code?: Err): void;

  /** Does not wait for the next attempt; false when none is waited for. */
  reconnectNow(): boolean {
    if (this.target === null || this.attempt > 0) return false;
    this.#connect();
    return true;
  }

  /** Fails the attempt, whatever its transport. */
  protected failAttempt(message: string): void {
    if (this.#current) this.#current.left = this.#current.left.slice(-1);
    this.connection?.closed("transport error", message);
  }

  protected dial(target: Target): void {
    this.target = target;
    this.#last = target.transports[0];
    this.#connect();
  }

  /** The next attempt comes after so many seconds. */
  protected redial(delay: number): void {
    this.#deadline = this.deadlines.add(this.time + delay, () => this.#connect());
  }

  /** Ends the connection without a word. */
  protected hangUp(): void {
    this.connection?.dispose();
    this.connection = null;
    this.engineId = "";
    this.attempt = 0;
    this.#cancel();
  }

  /** The session is open; true when a transport that should have carried it had failed. */
  protected opened(): boolean {
    const { left, complaints } = this.#current!;
    this.#last = left[0];
    if (this.state === CONNECTED) this.settled();
    return complaints !== "";
  }

  /** The attempt has got as far as it shall. */
  protected settled(): void {
    this.#cancel();
    this.#current = null;
  }

  /**
   * The transport has failed before the session was open. Tries the next one, or returns what all of them said.
   * @param isCertain no other transport would get further
   */
  protected fallBack(message: string, isCertain: boolean): string | null {
    const current = this.#current;
    if (current === null) return message;
    current.complaints += (current.complaints && "; ") + message;
    // After a sleep the whole attempt may be over: another transport would be given up as soon as it is dialled.
    if (isCertain || this.now() >= current.end || current.left.length < 2) return current.complaints;
    current.left = current.left.slice(1);
    this.#dial(current);
    return null;
  }

  #connect(): void {
    const attempt = ++attempts;
    this.attempt = attempt;
    const { options } = this;
    const target = this.target!;
    // What opened the session before goes first.
    let left = [...new Set([this.#last!, ...target.transports])];
    let request: Route["request"];
    try {
      request = target.prepare(options);
    } catch (error) {
      // No other transport would help.
      left = left.slice(-1);
      request = () => {
        throw error;
      };
    }
    // Whoever was asked may have ended this attempt, and begun another.
    if (attempt !== this.attempt) return;
    this.#current = { left, complaints: "", request, end: this.now() + options.connect_timeout };
    this.#dial(this.#current);
  }

  #dial({ left, request, end }: Attempt): void {
    this.connection?.dispose();
    this.#cancel();
    const [factory, ...upgrades] = left as [TransportFactory, ...TransportFactory[]];
    // One that hangs must leave time for those that follow.
    const now = this.now();
    const share = (end - now) / left.length;
    const expire = (late: number) => {
      if (this.state === CONNECTED) return;
      if (this.engineId && late < end) {
        this.#deadline = this.deadlines.add(end, expire);
        return;
      }
      const what = this.engineId
        ? `/ was not connected within ${this.options.connect_timeout} s`
        : `${engineName(factory)}: no Engine.IO session was opened within ${Math.round(share * 10) / 10} s`;
      this.lost("transport error", `${what}; is it a Socket.IO v3+ server?`, "", ERR_TIMEOUT);
    };
    this.#deadline = this.deadlines.add(now + share, expire);
    const connection = new Connection(this, { factory, upgrades: this.options.upgrade ? upgrades : [], request });
    this.connection = connection;
    this.dialling();
    if (connection === this.connection) connection.open();
  }

  #cancel(): void {
    this.deadlines.cancel(this.#deadline);
    this.#deadline = null;
  }
}
