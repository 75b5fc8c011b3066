/*
 * Getting a connection: one attempt after the other, and in each one transport after the other.
 *
 *   step      what is there                                            leaves it by
 *   ───────   ──────────────────────────────────────────────────────   ────────────────────────────────────────────────
 *   IDLE      nothing                                                  start() → DIALLING
 *   DIALLING  a connection, whose transport has a share of the time    fallBack() → DIALLING, the next transport
 *             until its session is open, the attempt until the main    hangUp() and wait() → WAITING
 *             namespace is joined                                      stop() → IDLE
 *   WAITING   a deadline for the next attempt                          that moment, connectNow() → DIALLING; stop() → IDLE
 */
import { Attempt } from "./attempt.js";
import { Connection, type ConnectionOwner, type Route } from "./connection.js";
import type { ClientOptions } from "./options.js";
import type { Deadline } from "./protocol/deadlines.js";
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

export interface DialerHost extends ConnectionOwner {
  /** Whether the attempt has got as far as its session, and as far as it shall. */
  readonly isOpen: boolean;
  readonly isConnected: boolean;
  /** A new connection is about to be opened. */
  dialling(attempt: number): void;
  /** Time is up. */
  expired(message: string): void;
}

/** Attempts of all clients: none is ever taken for another one. */
let attempts = 0;

export class Dialer {
  connection: Connection | null = null;
  /** Stands for the attempt that is going on, or the connection that came of it; 0 between two attempts. */
  attempt = 0;
  readonly #host: DialerHost;
  #target: Target | null = null;
  /** What the attempt needs; `null` when it has got as far as it shall. */
  #current: Attempt | null = null;
  /** What opened the last session. */
  #last: TransportFactory | null = null;
  /** When a transport is given up, or the next attempt starts. */
  #deadline: Deadline | null = null;

  constructor(host: DialerHost) {
    this.#host = host;
  }

  get target(): Target | null {
    return this.#target;
  }

  start(target: Target): void {
    this.#target = target;
    this.#last = null;
    this.#connect(this.#host.now());
  }

  stop(): void {
    this.hangUp();
    this.#target = null;
  }

  /** Ends the connection without a word. */
  hangUp(): void {
    this.connection?.dispose();
    this.connection = null;
    this.attempt = 0;
    this.#cancel();
  }

  /** The next attempt comes at that moment, in seconds. */
  wait(until: number): void {
    this.#deadline = this.#host.deadlines.add(until, (now) => this.#connect(now));
  }

  /** Does not wait for the next attempt; false when none is waited for. */
  connectNow(): boolean {
    if (this.#target === null || this.attempt > 0) return false;
    this.#cancel();
    this.#connect(this.#host.now());
    return true;
  }

  /** The session is open; true when a transport that should have carried it had failed. */
  opened(): boolean {
    const { current, fellBack } = this.#current!;
    this.#last = current;
    return fellBack;
  }

  /**
   * The transport has failed before the session was open. Tries the next one, or returns what all of them said.
   * @param isCertain no other transport would get further
   */
  fallBack(message: string, isCertain: boolean): string | null {
    const current = this.#current;
    if (current === null) return message;
    current.complaints += (current.complaints && "; ") + message;
    const now = this.#host.now();
    // After a sleep the whole attempt may be over: another transport would be given up as soon as it is dialled.
    if (isCertain || now >= current.end || !current.advance()) return current.complaints;
    const { attempt } = this;
    this.hangUp();
    this.attempt = attempt;
    this.#dial(now, current);
    return null;
  }

  /** Whether such a failure leaves nothing to be tried. */
  isFinal(finality: Finality): boolean {
    return finality === "server" || (finality === "transport" && this.#target?.transports.length === 1);
  }

  /** The server has answered the CONNECT of the main namespace: the attempt has no end any more that would be missed. */
  answered(): void {
    this.#cancel();
  }

  /** The attempt has got as far as it shall. What it needed is not kept as long as the connection. */
  joined(): void {
    this.#cancel();
    this.#current = null;
  }

  /** Fails the attempt, whatever its transport. */
  fail(message: string): void {
    this.#current?.exhaust();
    this.connection?.closed("transport error", message);
  }

  #connect(now: number): void {
    const attempt = ++attempts;
    this.attempt = attempt;
    const { options } = this.#host;
    const target = this.#target!;
    const current = new Attempt(target.transports, this.#last, now + options.connect_timeout);
    this.#current = current;
    try {
      current.request = target.prepare(options);
    } catch (error) {
      current.exhaust();
      current.request = () => {
        throw error;
      };
    }
    // Whoever was asked may have ended this attempt, and begun another.
    if (attempt === this.attempt) this.#dial(now, current);
  }

  #dial(now: number, { current, left, upgrades, request, end }: Attempt): void {
    const host = this.#host;
    const { connect_timeout, upgrade } = host.options;
    // One that hangs must leave time for those that follow.
    const share = (end - now) / left;
    const expire = (late: number) => {
      if (host.isConnected) return;
      if (host.isOpen && late < end) {
        this.#deadline = host.deadlines.add(end, expire);
        return;
      }
      const what = host.isOpen
        ? `/ was not connected within ${connect_timeout} s`
        : `${engineName(current)}: no Engine.IO session was opened within ${Math.round(share * 10) / 10} s`;
      host.expired(`${what}; is it a Socket.IO v3+ server?`);
    };
    this.#deadline = host.deadlines.add(now + share, expire);
    const route = { factory: current, upgrades: upgrade ? upgrades : [], request };
    const connection = new Connection(host, route);
    this.connection = connection;
    host.dialling(this.attempt);
    if (connection === this.connection) connection.open();
  }

  #cancel(): void {
    this.#host.deadlines.cancel(this.#deadline);
    this.#deadline = null;
  }
}
