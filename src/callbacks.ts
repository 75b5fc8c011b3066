/*
 * Running the game's callbacks: none that throws gets in the way of the others, and what they cost is known.
 */
import type { ConnectError } from "./errors.js";
import { NAMESPACE_SIGNALS } from "./namespace-entry.js";
import type { Observers } from "./observer.js";
import type { ClientOptions } from "./options.js";
import { type MadeSignals, report, SILENT, type Signal, type SignalOwner } from "./signal.js";
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

export abstract class Callbacks implements SignalOwner {
  signals: MadeSignals<ClientSignals> = SILENT;
  readonly counters = new Counters();
  /** `null` while there are none. */
  observers: Observers | null = null;
  /** The time of the client, in seconds: it passes in polls, and is what their deadlines are measured by. */
  time = -Infinity;
  /** When the game polled last; Infinity when it need not have. */
  protected polledAt = Infinity;
  /** How many are running, one inside the other; a poll counts as one. Meanwhile time stands still, and no poll begins. */
  protected depth = 0;
  /** How many have run in this poll. */
  protected callbacks = 0;

  constructor(public options: ClientOptions) {}

  abstract expireAfter(seconds: number, expire: () => void): void;

  /** Monotonic seconds. */
  now(): number {
    if (this.depth === 0) this.advance(this.options.clock());
    return this.time;
  }

  /** Never backwards, and never to what is no time: neither NaN nor Infinity would ever pass again. */
  protected advance(time: number): void {
    if (time > this.time && time < Infinity) this.time = time;
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
    this.observers?.tell("callback_ran", event, path, args, took, failure);
    if (failure) this.listenerError(failure.thrown, event, path);
    return result;
  }

  protected listenerError(error: unknown, event: string, path: string): void {
    const signal = this.signals.listener_error;
    // A callback that throws while it is told of an error must not be told of its own.
    if (event !== "listener_error" && signal?.has_connections()) signal.emit(error, event, path);
    else report(error);
  }
}
