/*
 * Getting a connection: one attempt after the other, and in each one transport after the other. With it go the namespaces that are
 * wanted: auth functions are asked anew for each attempt.
 *
 *   step      what is there                                            leaves it by
 *   ───────   ──────────────────────────────────────────────────────   ──────────────────────────────────────────────────
 *   IDLE      nothing                                                  dial() → DIALLING
 *   DIALLING  a connection, whose transport has a share of the time    fallBack() → DIALLING, the next transport
 *             until its session is open, the attempt until the main    hangUp() and redial() → WAITING
 *             namespace is joined                                      hangUp() → IDLE
 *   WAITING   a deadline for the next attempt                          that moment, reconnectNow() → DIALLING; hangUp() → IDLE
 */
import { encodeAuth, type KeptAuth } from "./auth.js";
import { Callbacks } from "./callbacks.js";
import { Connection, type ConnectionOwner, type RequestMaker } from "./connection.js";
import type { ConnectionState } from "./connection-state.js";
import type { Err } from "./errors.js";
import type { DisconnectReason } from "./inbox.js";
import type { LatestEvents } from "./latest-events.js";
import type { NamespaceEntry } from "./namespace-entry.js";
import type { ClientOptions } from "./options.js";
import { ERR_TIMEOUT } from "./protocol/codes.js";
import { type Deadline, Deadlines } from "./protocol/deadlines.js";
import { CONNECTED, CONNECTING } from "./protocol/namespace-session.js";
import { RttEstimator } from "./protocol/rtt.js";
import { SocketSession } from "./protocol/socket-session.js";
import { engineName, type Finality, type TransportFactory } from "./transport/transport.js";

/** What connections are to be made with, again and again. */
export interface Target {
  /** In the order in which they are tried. */
  readonly transports: readonly TransportFactory[];
  /** Asked for each attempt; what it throws makes the attempt fail. */
  prepare(options: ClientOptions): RequestMaker;
  /** Whether the server is on this machine, which can be reached without a network. */
  readonly isLocal: boolean;
}

/** One attempt to connect: the transports that it tries, one after the other. */
interface Attempt {
  /** What can still be tried. The first one is being tried; the session may move to the others, but not to what has just failed. */
  readonly left: TransportFactory[];
  /** What the transports said that have failed. */
  complaints: string;
  readonly request: RequestMaker;
  /** When it has taken too long, in seconds. */
  readonly end: number;
}

export abstract class Dialer extends Callbacks implements ConnectionOwner {
  readonly rtt = new RttEstimator();
  readonly deadlines = new Deadlines();
  readonly session = new SocketSession<NamespaceEntry>(this.options, this.deadlines, this.rtt, this);
  protected readonly main = this.session.namespace("/");
  latestEvents: LatestEvents | null = null;
  /** That of the attempt that is going on, or what came of it; `null` between two attempts. */
  connection: Connection | null = null;
  /** The id of the open session as the game knows it; `""` before the poll that told it. */
  engineId = "";
  /** `null` while nobody wants to be connected. */
  protected target: Target | null = null;
  /** `null` when the attempt has got as far as it shall: what it needed is not kept as long as the connection. */
  protected attempt: Attempt | null = null;
  /** What opened the last session. */
  #last: TransportFactory | undefined;
  /** When a transport or the attempt is given up, or the next attempt starts. */
  #deadline: Deadline | null = null;

  /** CONNECTED once the attempt has got as far as it shall. */
  abstract readonly state: ConnectionState;
  abstract engineOpened(connection: Connection, now: number): void;
  /** Writes what was sent since the last time. */
  abstract flush(): void;
  abstract opened(name: string): void;
  /** The connection is gone, or never came to be. */
  abstract lost(reason: DisconnectReason, message: string, finality?: Finality, code?: Err): void;

  // Connections

  /** Does not wait for the next attempt; false when none is waited for. */
  reconnectNow(): boolean {
    if (this.connection || !this.#deadline) return false;
    this.#connect();
    return true;
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
    this.connection?.inbox.forget();
    this.connection = null;
    this.engineId = "";
    this.settled();
  }

  /** The session is open. */
  protected arrived(): void {
    const { left, end } = this.attempt!;
    this.#last = left[0];
    if (this.state === CONNECTED) this.settled();
    else {
      // Its CONNECT has no time of its own.
      this.deadlines.cancel(this.main.wait);
      this.#failAt(end, `/ was not connected within ${this.options.connect_timeout} s`);
    }
  }

  /** The attempt has got as far as it shall, and nothing is waited for. */
  protected settled(): void {
    this.deadlines.cancel(this.#deadline);
    this.#deadline = this.attempt = null;
  }

  /**
   * The transport has failed before the attempt got as far as it shall. Tries the next one, or returns what all of them said.
   * @param isCertain no other transport would get further
   */
  protected fallBack(reason: DisconnectReason, message: string, isCertain: boolean): string | null {
    const { attempt } = this;
    if (!attempt) return message;
    const { left, end } = attempt;
    attempt.complaints += (attempt.complaints && "; ") + message;
    // After a sleep the whole attempt may be over: another transport would be given up as soon as it is dialled.
    if (isCertain || left.length < 2 || this.now() >= end) return attempt.complaints;
    left.shift();
    this.engineId = "";
    this.session.close(reason, false);
    // What this told may have ended the attempt.
    if (attempt === this.attempt) this.#dial(attempt);
    return null;
  }

  #connect(): void {
    this.settled();
    const { options } = this;
    const target = this.target!;
    let { transports } = target;
    let request: RequestMaker;
    try {
      request = target.prepare(options);
    } catch (error) {
      // No other transport would help.
      transports = [];
      request = () => {
        throw error;
      };
    }
    // Whoever was asked may have ended this attempt, and begun another.
    if (target !== this.target) return;
    // What opened the session before goes first.
    const left = [...new Set([this.#last!, ...transports])];
    this.attempt = { left, complaints: "", request, end: this.now() + options.connect_timeout };
    const connection = this.#dial(this.attempt);
    // Those that are wanted by whoever is asked are asked by `want`.
    const wanted = [...this.session.namespaces()].filter(({ state }) => state === CONNECTING);
    for (const entry of wanted) if (connection === this.connection) this.#ask(entry);
  }

  #dial({ left, request, end }: Attempt): Connection {
    this.connection?.dispose();
    const factory = left[0]!;
    // One that hangs must leave time for those that follow.
    const now = this.now();
    const share = (end - now) / left.length;
    this.#failAt(now + share, `${engineName(factory)}: no Engine.IO session was opened within ${+share.toFixed(1)} s`);
    const connection = new Connection(this);
    this.connection = connection;
    connection.open(factory, request);
    return connection;
  }

  /** Unless the attempt has got further by then, it has taken too long. */
  #failAt(at: number, what: string): void {
    this.deadlines.cancel(this.#deadline);
    this.#deadline = this.deadlines.add(at, () => {
      if (this.state !== CONNECTED)
        this.lost("transport error", `${what}; is it a Socket.IO v3+ server?`, "", ERR_TIMEOUT);
    });
  }

  // Namespaces

  join(entry: NamespaceEntry, auth: KeptAuth): void {
    entry.keptAuth = auth;
    this.want(entry);
  }

  /** @param delay seconds before auth is asked for and CONNECT is sent */
  protected want(entry: NamespaceEntry, delay = 0): void {
    const { keptAuth: auth } = entry;
    entry.question = null;
    // A join of the main namespace that comes later has its own time.
    if (this.state === CONNECTED) this.settled();
    this.session.connect(entry, typeof auth === "string" ? auth : null, this.now(), delay);
    this.#ask(entry, delay);
  }

  /**
   * CONNECT waits for the answer; one to an earlier question is not taken. Without a connection it is asked when there is one.
   * @param delay seconds before it is asked: whom it asks in turn must not be hammered either
   */
  #ask(entry: NamespaceEntry, delay = 0): void {
    const { keptAuth: auth } = entry;
    if (typeof auth !== "function") return;
    const question = {};
    entry.question = question;
    entry.auth = null;
    const isAwaited = () => entry.question === question && entry.state === CONNECTING && this.connection;
    const failed = (error: unknown) => {
      const message = `the auth function of ${entry.path} failed: ${(error as Error)?.message ?? error}`;
      // The game hears of it in a poll.
      this.expireAfter(0, () => {
        if (!isAwaited()) return;
        const { attempt } = this;
        if (entry === this.main && attempt) {
          // It is the attempt that failed, whatever its transport: the next one asks again.
          attempt.left.length = 1;
          this.lost("transport error", message);
        } else this.session.refuse(entry, message);
      });
    };
    const answered = (data: unknown) => {
      if (!isAwaited()) return;
      this.session.authorize(entry, encodeAuth(data), this.now());
      // Like the CONNECT that needs no asking, it goes out when it can, not with the next frame.
      this.flush();
    };
    const ask = () => {
      if (!isAwaited()) return;
      // It is no callback, but must not poll either.
      this.depth++;
      try {
        const answer = auth();
        // Through a promise of our own: a foreign one may lack `catch`.
        if (typeof (answer as Promise<unknown> | null | undefined)?.then === "function")
          Promise.resolve(answer).then(answered).catch(failed);
        else answered(answer);
      } catch (error) {
        failed(error);
      }
      this.depth--;
    };
    if (delay > 0) this.expireAfter(delay, ask);
    else ask();
  }
}
