/*
 * A namespace as its client knows it: the listeners, the signals, and what waits for it to be connected. `SocketIONamespace` is the
 * public face of it.
 */
import type { KeptAuth } from "./auth.js";
import { type ConnectError, type Err, requireThat, type SocketIOError } from "./errors.js";
import type { AckData, Answer, EventData } from "./events.js";
import type { LatestEvents } from "./latest-events.js";
import type { SocketIONamespace } from "./namespace.js";
import type { ClientOptions } from "./options.js";
import { ERR_ALREADY_IN_USE, OK } from "./protocol/codes.js";
import { NamespaceSession, NOTHING } from "./protocol/namespace-session.js";
import type { SocketSession } from "./protocol/socket-session.js";
import { type MadeSignals, SILENT, type Signal, type SignalOwner } from "./signal.js";

/**
 * Answers an event for which the server asked for an acknowledgement. Only the first call sends: it returns `OK`, later
 * ones `ERR_ALREADY_IN_USE`. After the connection on which the event came it returns `ERR_UNAVAILABLE` and does nothing.
 */
// biome-ignore lint/suspicious/noExplicitAny: who names it without an event answers any
export type Reply<Response extends readonly unknown[] = any> = Answer<Response, Err>;

/** A listener of the event `E` of the map `M`. */
export type EventCallback<M, E extends keyof M> = (data: EventData<M, E>, reply?: Reply<AckData<M, E>>) => unknown;

/** An event as `SocketIOClient.take_event()` returns it. */
export interface TakenEvent {
  readonly event: string;
  readonly data: unknown[];
  /** Of the namespace. */
  readonly path: string;
  /** `null` unless the server asked for an acknowledgement. */
  readonly reply: Reply | null;
}

/** The signals of a namespace; it says itself what they mean. */
export interface NamespaceSignals {
  readonly connected: Signal<[session_id: string]>;
  readonly disconnected: Signal<[reason: string]>;
  readonly event_received: Signal<[event: string, data: unknown[]]>;
  readonly connect_error: Signal<[error: ConnectError]>;
}

/** What is told of a namespace, by itself and by its client. */
export const NAMESPACE_SIGNALS = ["connected", "disconnected", "event_received", "connect_error"] as const;

/** What a namespace needs of its client. */
export interface NamespaceHost extends SignalOwner {
  readonly session: SocketSession<NamespaceEntry>;
  readonly options: ClientOptions;
  latestEvents: LatestEvents | null;
  /** True unless the client is DISCONNECTED. */
  readonly active: boolean;
  /** Bytes that wait in the transport. */
  readonly backlog: number;
  now(): number;
  /** True when somebody wants the events of all namespaces. */
  hearsAll(): boolean;
  join(entry: NamespaceEntry, auth: KeptAuth): void;
  /** Remembers why a call failed. */
  fail<Code extends Err>(code: Code, message: string): Code;
}

export type Callback = (data: never, reply?: Reply) => unknown;

interface Listener {
  readonly callback: Callback;
  readonly once: boolean;
  active: boolean;
}

export class NamespaceEntry extends NamespaceSession {
  signals: MadeSignals<NamespaceSignals> = SILENT;
  /** `null` until the game asks for it. */
  face: SocketIONamespace | null = null;
  /** `namespace_connected` was emitted, and `namespace_disconnected` not since. */
  announced = false;
  /** How often in a row the server has refused it, or thrown us out soon after. */
  refusals = 0;
  /** What it is to be joined with; `null` before it was wanted. */
  keptAuth: KeptAuth | null = null;
  /** Stands for the last time that `keptAuth` was asked. */
  question: object | null = null;
  // Made when they are needed: thousands of bots have few of them.
  /** What waits in `ready()`: called once, when the namespace is connected or will not be because of an error. */
  waiting: readonly ((error?: SocketIOError) => void)[] = NOTHING;
  #listeners: Map<string, readonly Listener[]> | null = null;

  constructor(
    readonly host: NamespaceHost,
    path: string,
  ) {
    super(path);
  }

  isListening(event: string): boolean {
    return this.#listeners?.has(event) || this.signals.event_received?.has_connections() || this.host.hearsAll();
  }

  listen(event: string, callback: Callback, once: boolean): void {
    this.#listeners ??= new Map();
    // A new array each time: an emission that is under way goes on with the old one.
    this.#listeners.set(event, [...this.#of(event), { callback, once, active: true }]);
  }

  /** Removes a listener of the event, or the first one with that callback, or all. */
  unlisten(event: string, which?: Callback | Listener): void {
    const listeners = this.#of(event);
    const first = listeners.find((listener) => listener === which || listener.callback === which);
    for (const listener of listeners) listener.active = which !== undefined && listener !== first;
    const left = listeners.filter((listener) => listener.active);
    if (left.length > 0) this.#listeners?.set(event, left);
    else this.#listeners?.delete(event);
  }

  /** Runs the listeners of an event. */
  dispatch(event: string, data: unknown[], reply: Reply | null): void {
    const { host } = this;
    const args: unknown[] = reply ? [data, reply] : [data];
    for (const listener of this.#of(event)) {
      if (!listener.active) continue;
      if (listener.once) this.unlisten(event, listener);
      host.invoke(listener.callback as (...args: unknown[]) => unknown, args, event, this.path);
    }
    this.signals.event_received?.emit(event, data);
  }

  /** What answers the event that has this acknowledgement id; `null` for -1. */
  replyTo(event: string, ackId: number): Reply | null {
    if (ackId < 0) return null;
    const { generation } = this;
    let used = false;
    return (response) => {
      requireData(event, response);
      if (used) return ERR_ALREADY_IN_USE;
      const error = this.host.session.reply(this, generation, ackId, response);
      used = error === OK;
      return error;
    };
  }

  /** Ends what waits for the namespace to be connected. */
  settle(error?: SocketIOError): void {
    for (const finish of this.waiting) finish(error);
  }

  #of(event: string): readonly Listener[] {
    return this.#listeners?.get(event) ?? NOTHING;
  }
}

/** @throws TypeError unless `data` is the array of an event's or an answer's arguments, and `more` is nothing */
export function requireData(event: string, data: unknown, more?: unknown): void {
  const isArray = Array.isArray(data) && more === undefined;
  requireThat(isArray, `the data of "${event}"`, "one array of arguments, like [data]", more ?? data);
}
