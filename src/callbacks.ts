/*
 * Calling the game: what has become of its namespaces, its events and its acknowledgements. No callback that throws gets in the way of
 * the others, and what they cost is known.
 */
import { type ConnectError, type Err, report, SocketIOError } from "./errors.js";
import { NAMESPACE_SIGNALS, type NamespaceEntry } from "./namespace-entry.js";
import { type ClientObserver, tellAll } from "./observer.js";
import type { ClientOptions } from "./options.js";
import { ERR_CONNECTION_ERROR } from "./protocol/codes.js";
import { NOTHING } from "./protocol/namespace-session.js";
import type { RawPacket } from "./protocol/socket-decoder.js";
import type { SessionSink } from "./protocol/socket-session.js";
import { type MadeSignals, SILENT, type Signal, type SignalOwner } from "./signal.js";
import { Counters } from "./stats.js";

/** The signals of a client; it says itself what they mean. */
export interface ClientSignals {
  readonly connected: Signal<[session_id: string]>;
  readonly disconnected: Signal<[reason: string]>;
  readonly connect_error: Signal<[error: ConnectError]>;
  readonly namespace_connected: Signal<[path: string]>;
  readonly namespace_disconnected: Signal<[path: string]>;
  readonly event_received: Signal<[event: string, data: unknown[], path: string]>;
  readonly reconnecting: Signal<[attempt: number, delay: number]>;
  readonly reconnect_failed: Signal<[]>;
  readonly transport_changed: Signal<[name: string]>;
  readonly listener_error: Signal<[error: unknown, event: string, path: string]>;
}

export const SIGNALS: readonly (keyof ClientSignals)[] = [
  ...NAMESPACE_SIGNALS,
  "namespace_connected",
  "namespace_disconnected",
  "reconnecting",
  "reconnect_failed",
  "transport_changed",
  "listener_error",
];

export abstract class Callbacks implements SessionSink, SignalOwner {
  signals: MadeSignals<ClientSignals> = SILENT;
  readonly counters = new Counters();
  observers: readonly ClientObserver[] = NOTHING;
  /** The time of the client, in seconds: it passes in polls, and is what their deadlines are measured by. */
  time = -Infinity;
  /** When the game polled last; Infinity when it need not have. */
  protected polledAt = Infinity;
  /** How many are running, one inside the other; a poll counts as one. Meanwhile time stands still, and no poll begins. */
  protected depth = 0;
  /** How many have run in this poll. */
  protected callbacks = 0;

  /** The event that waits for `take_event()`. */
  pulled: Parameters<Callbacks["event"]> | null = null;
  /** A sentence about what failed last. */
  lastError = "";
  /** `connected` was emitted, and `disconnected` not since. */
  protected announced = false;

  constructor(public options: ClientOptions) {}

  abstract expireAfter(seconds: number, expire: () => void): void;
  abstract makeNamespace(path: string): NamespaceEntry;
  abstract readonly backlog: number;
  abstract taken(packet: RawPacket): void;
  abstract released(held: readonly RawPacket[]): void;

  /** The attempt to connect has got as far as it shall. */
  protected abstract settled(): void;

  /** The server does not want us in `entry`; `tell` says so to the game. */
  protected abstract shutOut(entry: NamespaceEntry, reason: string, error: ConnectError, tell: () => void): void;

  /** Monotonic seconds. */
  now(): number {
    if (this.depth === 0) this.advance(this.options.clock());
    return this.time;
  }

  /** Never backwards, and never to what is no time: neither NaN nor Infinity would ever pass again. */
  protected advance(time: number): void {
    // Text would be strung together with what is added to it.
    if (time > this.time && time < Infinity) this.time = +time;
  }

  /** Returns what the callback did, `undefined` if it threw. */
  invoke<Args extends unknown[], Result>(
    callback: (...args: Args) => Result,
    args: Args,
    event: string,
    path: string,
  ): Result | undefined {
    const { counters } = this;
    const { clock } = this.options;
    const started = clock();
    if (this.depth++ === 0) this.advance(started);
    this.callbacks++;
    let result: Result | undefined;
    let failure: { thrown: unknown } | null = null;
    try {
      result = callback(...args);
    } catch (error) {
      failure = { thrown: error };
    }
    const took = clock() - started;
    if (took > counters.longest_callback) {
      counters.longest_callback = took;
      counters.longest_callback_event = event;
    }
    this.depth--;
    tellAll(this.observers, "callback_ran", event, path, args, took, failure);
    if (failure) this.listenerError(failure.thrown, event, path);
    return result;
  }

  protected listenerError(error: unknown, event: string, path: string): void {
    const signal = this.signals.listener_error;
    // A callback that throws while it is told of an error must not be told of its own.
    if (event !== "listener_error" && signal?.has_connections()) signal.emit(error, event, path);
    else report(error);
  }

  // What a session tells

  /** Asks the game, if it wants to be asked, whether to try again. */
  protected shallRetry(reason: string, error: ConnectError, byDefault: boolean): boolean {
    const { enabled, filter } = this.options.reconnection;
    if (!enabled || !filter) return enabled && byDefault;
    return this.invoke(filter, [reason, error, byDefault], "reconnection.filter", error.namespace) ?? byDefault;
  }

  event(entry: NamespaceEntry, event: string, data: unknown[], ackId: number): void {
    if (this.options.event_delivery === "pull") this.pulled = [entry, event, data, ackId];
    else {
      this.counters.events_dispatched++;
      entry.dispatch(event, data, entry.replyTo(event, ackId));
      this.signals.event_received?.emit(event, data, entry.path);
    }
  }

  connected(entry: NamespaceEntry): void {
    const { path, sid, generation } = entry;
    // A callback may end the connection; then nobody is told that it is up after he was told that it is down.
    const isUp = () => generation === entry.generation;
    if (path === "/") this.settled();
    entry.settle();
    entry.signals.connected?.emit(sid);
    if (isUp()) {
      entry.announced = true;
      this.signals.namespace_connected?.emit(path);
    }
    if (path === "/" && isUp()) {
      this.announced = true;
      this.signals.connected?.emit(sid);
    }
  }

  disconnected(entry: NamespaceEntry, reason: string): void {
    // It goes with what is not decoded yet.
    if (this.pulled?.[0] === entry) this.pulled = null;
    const tell = () => {
      entry.signals.disconnected?.emit(reason);
      if (entry.announced) {
        entry.announced = false;
        this.signals.namespace_disconnected?.emit(entry.path);
      }
      if (entry.path === "/" && this.announced) {
        this.announced = false;
        this.signals.disconnected?.emit(reason);
      }
    };
    if (reason !== "server disconnect") tell();
    else {
      const message = "the server disconnected the namespace";
      this.shutOut(entry, reason, { message, namespace: entry.path, code: ERR_CONNECTION_ERROR }, tell);
    }
  }

  refused(entry: NamespaceEntry, message: string, code: Err, data?: unknown): void {
    const error: ConnectError = { message, namespace: entry.path, code };
    if (data !== undefined) error.data = data;
    const tell = () => {
      this.lastError = message;
      entry.settle(new SocketIOError(message, code, data));
      this.failed(entry, error);
    };
    this.shutOut(entry, "connect_error", error, tell);
  }

  /** Tells that a namespace was refused, or that a connection failed, which is the main one's. */
  protected failed(entry: NamespaceEntry, error: ConnectError): void {
    entry.signals.connect_error?.emit(error);
    this.signals.connect_error?.emit(error);
  }

  undeliverable({ path }: NamespaceEntry, message: string): void {
    this.listenerError(new Error(message), "", path);
  }
}
