/*
 * Running the game's callbacks: none that throws gets in the way of the others, and what they cost is known.
 */
import { type ConnectError, report } from "./errors.js";
import { NAMESPACE_SIGNALS } from "./namespace-entry.js";
import { type ClientObserver, tell } from "./observer.js";
import type { ClientOptions } from "./options.js";
import { NOTHING } from "./protocol/namespace-session.js";
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

export abstract class Callbacks implements SignalOwner {
  signals: MadeSignals<ClientSignals> = SILENT;
  readonly counters = new Counters();
  observers: readonly ClientObserver[] = NOTHING;
  /** The time of the client, in seconds: it passes in polls, and is what their deadlines are measured by. */
  time = -Infinity;
  /** When the game polled last; Infinity when it need not have. */
  protected polledAt = Infinity;
  /** When the last callback ended, unless something else has taken time since; then NaN. */
  protected mark = NaN;
  /** How many are running, one inside the other. */
  protected depth = 0;
  /** How many have run in this poll. */
  protected callbacks = 0;

  constructor(public options: ClientOptions) {}

  abstract expireAfter(seconds: number, expire: () => void): void;

  invoke<Args extends unknown[]>(callback: (...args: Args) => unknown, args: Args, event: string, path: string): void {
    const { counters, mark } = this;
    const { clock } = this.options;
    // Reading the clock costs as much as a small callback, so the end of one is the start of the next.
    const started = this.depth > 0 || Number.isNaN(mark) ? clock() : mark;
    this.depth++;
    this.callbacks++;
    let failure: { thrown: unknown } | null = null;
    try {
      callback(...args);
    } catch (error) {
      failure = { thrown: error };
    }
    this.mark = clock();
    const took = this.mark - started;
    if (took > counters.longest_callback) {
      counters.longest_callback = took;
      counters.longest_callback_event = event;
    }
    try {
      if (this.observers.length > 0) tell(this.observers, "callback_ran", event, path, args, took, failure);
      if (failure !== null) this.listenerError(failure.thrown, event, path);
    } finally {
      this.depth--;
    }
  }

  protected listenerError(error: unknown, event: string, path: string): void {
    const signal = this.signals.listener_error;
    // A callback that throws while it is told of an error must not be told of its own.
    if (event !== "listener_error" && signal?.has_connections()) signal.emit(error, event, path);
    else report(error);
  }
}
