import { ackPromise } from "./ack-promise.js";
import { type Auth, keepAuth, NO_AUTH } from "./auth.js";
import type { ConnectionState } from "./connection-state.js";
import { type ConnectError, type Err, requireCallback, requireThat, requireTimeout, SocketIOError } from "./errors.js";
import type {
  AckData,
  DefaultEvents,
  EventData,
  EventName,
  EventNameWithAck,
  EventNameWithoutData,
  EventsMap,
} from "./events.js";
import { LatestEvents } from "./latest-events.js";
import {
  type EventCallback,
  NAMESPACE_SIGNALS,
  type NamespaceEntry,
  type NamespaceSignals,
  requireData,
} from "./namespace-entry.js";
import {
  ERR_ALREADY_IN_USE,
  ERR_CONNECTION_ERROR,
  ERR_TIMEOUT,
  ERR_UNAVAILABLE,
  ERR_UNCONFIGURED,
  OK,
} from "./protocol/codes.js";
import { CONNECTED, CONNECTING, DISCONNECTED } from "./protocol/namespace-session.js";
import type { AckHandler } from "./protocol/out-packet.js";
import { isNamespacePath, RESERVED_EVENTS } from "./protocol/socket-packet.js";
import { defineSignals, type Signal } from "./signal.js";

/** With more than this in the transport a volatile packet would be stale when it gets out. Bytes. */
const VOLATILE_BACKLOG = 16384;

/** Whether all waiting packets of an event are delivered or only the newest. */
export const EventMode = /* @__PURE__ */ Object.freeze({ EVENT_QUEUE: 0, EVENT_LATEST: 1 });
export type EventMode = (typeof EventMode)[keyof typeof EventMode];

/**
 * A namespace of the server, with listeners and emits of its own. Made by `SocketIOClient.create_namespace()`; the main one,
 * `/`, always exists. Godot class: `SocketIONamespace`.
 *
 * Objects and their listeners survive `close()`, reconnection and `connect_to_url()`.
 *
 * @example
 * interface ServerEvents { welcome: (message: string) => void }
 * interface ClientEvents { chat: (message: string) => void }
 * const ns = client.get_namespace<ServerEvents, ClientEvents>("/");
 * ns.on("welcome", ([message]) => console.log(message));
 * ns.emit("chat", ["hello"]);
 */
export class SocketIONamespace<
  ListenEvents extends EventsMap<ListenEvents> = DefaultEvents,
  EmitEvents extends EventsMap<EmitEvents> = DefaultEvents,
> {
  static readonly STATE_DISCONNECTED = DISCONNECTED;
  static readonly STATE_CONNECTING = CONNECTING;
  static readonly STATE_CONNECTED = CONNECTED;
  /** Every packet of the event is delivered, in order. */
  static readonly EVENT_QUEUE = 0;
  /** Of several waiting packets of the event only the newest is delivered. */
  static readonly EVENT_LATEST = 1;

  /** The namespace is joined; `session_id` is its Socket.IO id, a new one each time unless the session was recovered. */
  declare readonly connected: Signal<[session_id: string]>;
  /** It was joined and is not any more. `reason` as in `SocketIOClient.disconnected`. */
  declare readonly disconnected: Signal<[reason: string]>;
  /** Every event of this namespace, after the listeners of that event. */
  declare readonly event_received: Signal<[event: string, data: unknown[]]>;
  /** The server refused the namespace, or did not answer. */
  declare readonly connect_error: Signal<[error: ConnectError]>;

  readonly #entry: NamespaceEntry;

  static {
    defineSignals<SocketIONamespace, NamespaceSignals>(SocketIONamespace.prototype, NAMESPACE_SIGNALS, (namespace) => {
      const entry = namespace.#entry;
      return [entry, entry.host, entry.path];
    });
  }

  /** @internal */
  constructor(entry: NamespaceEntry) {
    this.#entry = entry;
  }

  // Listening

  /**
   * Adds a listener. It is called with the array of the event's arguments, and with `reply` when the server asked for an
   * acknowledgement. The same callback may be added twice. Binary arguments are `Uint8Array`, yours to keep and to write to. In Node
   * those of up to 1 KB share a buffer of 16 KB: mind their `byteOffset` (a multiple of 8), and transfer a `slice()` of them.
   * @throws TypeError when `event` is not a free name or `callback` not a function
   */
  on<E extends EventName<ListenEvents>>(event: E, callback: EventCallback<ListenEvents, E>): void {
    requireListener(event, callback);
    this.#entry.listen(event, callback, false);
  }

  /** As `on`, for the next such event only. */
  once<E extends EventName<ListenEvents>>(event: E, callback: EventCallback<ListenEvents, E>): void {
    requireListener(event, callback);
    this.#entry.listen(event, callback, true);
  }

  /** Removes the first listener that is `callback`, or all of the event. One that is removed is not called any more. */
  off<E extends EventName<ListenEvents>>(event: E, callback?: EventCallback<ListenEvents, E>): void {
    requireEvent(event);
    if (callback !== undefined) requireCallback(callback, event);
    this.#entry.unlisten(event, callback);
  }

  /**
   * Chooses what happens when several packets of an event wait: `EVENT_QUEUE` delivers all, `EVENT_LATEST` the newest only,
   * and the others are not even parsed. For state snapshots. A packet that asks for an acknowledgement is never skipped.
   * It counts for packets that arrive from now on.
   * @throws TypeError for another mode
   */
  set_event_mode(event: EventName<ListenEvents>, mode: EventMode): void {
    requireEvent(event);
    requireThat(mode === 0 || mode === 1, "the event mode", "EVENT_QUEUE or EVENT_LATEST", mode);
    const { host, path } = this.#entry;
    host.latestEvents ??= new LatestEvents();
    host.latestEvents.set(path, event, mode === 1);
  }

  // Sending

  /**
   * Sends an event with an array of arguments (Socket.IO 5, "Sending and receiving data"). Binary anywhere inside goes as
   * an attachment; it is copied, so the caller's buffer can be used again at once.
   * @returns `OK` when it was sent or buffered (or dropped, if the option `offline` says so), `ERR_OUT_OF_MEMORY` when the offline
   * buffer is full, `ERR_UNCONFIGURED` when the namespace was never asked to connect, `ERR_UNAVAILABLE` under the offline policy
   * `"error"`, `ERR_PARAMETER_RANGE_ERROR` when it is larger than the server takes, or has more attachments than `max_attachments`
   * @throws TypeError when `event` is reserved, `data` is not an array or cannot be encoded
   */
  emit<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit(event: EventNameWithoutData<EmitEvents>): Err;
  emit(event: string, data: readonly unknown[] = [], more?: unknown): Err {
    requireEmit(event, data, more);
    return this.#entry.host.session.emit(this.#entry, event, data, 0);
  }

  /**
   * Sends an event if it can be written now; otherwise it is lost and `ERR_BUSY` returned. For what is stale a moment
   * later.
   * @throws TypeError as `emit`
   */
  emit_volatile<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit_volatile(event: EventNameWithoutData<EmitEvents>): Err;
  emit_volatile(event: string, data: readonly unknown[] = [], more?: unknown): Err {
    requireEmit(event, data, more);
    const entry = this.#entry;
    const { host } = entry;
    return host.session.emitVolatile(entry, event, data, host.backlog < VOLATILE_BACKLOG);
  }

  /**
   * Sends an event and waits for the server's acknowledgement (Socket.IO 5, "Acknowledgement"). `callback` gets the array
   * of the server's arguments and `OK`; on timeout `["timeout"]` and `ERR_TIMEOUT`; when the connection ends first
   * `["timeout"]` and `ERR_CONNECTION_ERROR`. It is called exactly once if this returns `OK`, and never otherwise.
   * @param timeout seconds, by default the option `ack_timeout`
   * @throws TypeError as `emit`, and when `callback` or `timeout` cannot be used
   */
  emit_with_ack<E extends EventNameWithAck<EmitEvents>>(
    event: E,
    data: Readonly<EventData<EmitEvents, E>>,
    callback: (response: AckData<EmitEvents, E>, error: Err) => void,
    timeout?: number,
  ): Err;
  /** The same as a promise of the server's arguments. It rejects with an `AckError`. */
  emit_with_ack<E extends EventNameWithAck<EmitEvents>>(
    event: E,
    data: Readonly<EventData<EmitEvents, E>>,
    timeout?: number,
  ): Promise<AckData<EmitEvents, E>>;
  emit_with_ack<E extends EventNameWithAck<EmitEvents> & EventNameWithoutData<EmitEvents>>(
    event: E,
  ): Promise<AckData<EmitEvents, E>>;
  emit_with_ack<Response extends unknown[]>(
    event: string,
    data: readonly unknown[] = [],
    callback?: number | ((response: Response, error: Err) => void),
    timeout = this.#entry.host.options.ack_timeout,
  ): Err | Promise<Response> {
    requireEmit(event, data);
    // With a callback in its place it would never be called.
    requireTimeout(timeout);
    if (callback !== undefined && typeof callback !== "number") {
      requireCallback(callback, event);
      return this.#ask(event, data, callback, timeout);
    }
    return ackPromise<Response>(
      (settle) => this.#ask(event, data, settle, callback ?? timeout),
      (error) => `"${event}" ${ACK_PROBLEMS[error] ?? `was not sent (error ${error})`}`,
    );
  }

  #ask(event: string, data: readonly unknown[], callback: (response: never, error: Err) => void, timeout: number): Err {
    requireTimeout(timeout);
    const entry = this.#entry;
    const { host, path } = entry;
    const ack: AckHandler = (response, code) =>
      host.invoke(callback, [(code === OK ? response : ["timeout"]) as never, code], event, path);
    return host.session.emit(entry, event, data, host.now(), ack, timeout);
  }

  /**
   * Drops the emits that wait to be sent: those of the time without a connection, and with the option `retries` those that wait
   * for the one before them. Their acknowledgements fail with `ERR_CONNECTION_ERROR` before this returns.
   * @returns how many packets it were
   */
  clear_buffer(): number {
    return this.#entry.host.session.clearBuffer(this.#entry);
  }

  // Joining and leaving

  /**
   * Joins the namespace at the server. The main one is joined by `connect_to_url` unless the option `main_namespace` says
   * otherwise. `auth` is kept for reconnection; a function is asked again each time.
   * @returns `OK` when it was started or waits for the session to open, `ERR_ALREADY_IN_USE` when it is joined or being
   * joined, `ERR_UNAVAILABLE` when the client is DISCONNECTED
   * @throws TypeError when `auth` is no dictionary
   */
  connect_to_namespace(auth: Auth = NO_AUTH): Err {
    const kept = keepAuth(auth);
    if (!this.#entry.host.active) return this.#entry.host.fail(ERR_UNAVAILABLE, "call connect_to_url() first");
    if (this.#entry.state !== DISCONNECTED) return ERR_ALREADY_IN_USE;
    this.#entry.host.join(this.#entry, kept);
    return OK;
  }

  /**
   * Leaves the namespace; the others stay. Pending acknowledgements fail and `disconnected` is emitted before this returns.
   */
  disconnect_from_namespace(): void {
    // First: what is told next may join it again, and wait for that.
    this.#entry.settle(new SocketIOError("the namespace was left", ERR_CONNECTION_ERROR));
    this.#entry.host.session.disconnect(this.#entry);
  }

  /** True while the namespace is joined. */
  is_namespace_connected(): boolean {
    return this.#entry.state === CONNECTED;
  }

  /** CONNECTING also while the connection is lost and will be made again. */
  get_connection_state(): ConnectionState {
    return this.#entry.state;
  }

  /** Such as `"/"` or `"/chat"`. */
  get_namespace_path(): string {
    return this.#entry.path;
  }

  /** The Socket.IO id that the server gave to this namespace; `""` when it is not connected. */
  get_session_id(): string {
    return this.#entry.sid;
  }

  /** True when the last connect resumed the session that was lost before it (connection state recovery). */
  is_recovered(): boolean {
    return this.#entry.recovered;
  }

  /**
   * Resolves with the session id once the namespace is connected, at once if it is. Time passes in `poll()`.
   * @param timeout seconds
   * @returns a promise that rejects with a `SocketIOError`: the refusal, `ERR_TIMEOUT`, or `ERR_CONNECTION_ERROR` after `close()` or
   * `disconnect_from_namespace()`
   */
  ready(timeout = 5): Promise<string> {
    requireTimeout(timeout);
    const entry = this.#entry;
    return new Promise((resolve, reject) => {
      const finish = (error?: SocketIOError) => {
        entry.waiting = entry.waiting.filter((other) => other !== finish);
        if (error) reject(error);
        else resolve(entry.sid);
      };
      entry.waiting = [...entry.waiting, finish];
      // When the answer comes first this changes nothing any more.
      entry.host.expireAfter(timeout, () => {
        const hint = entry.state === DISCONNECTED ? ": nobody joined it" : "";
        finish(new SocketIOError(`${entry.path} was not connected within ${timeout} s${hint}`, ERR_TIMEOUT));
      });
      if (entry.state === CONNECTED) finish();
    });
  }
}

const ACK_PROBLEMS: Partial<Record<Err, string>> = {
  [ERR_UNCONFIGURED]: "was not sent: nobody joined its namespace",
  [ERR_TIMEOUT]: "was not acknowledged in time",
  [ERR_CONNECTION_ERROR]: "was not acknowledged: the connection ended",
};

export function requirePath(path: unknown): void {
  requireThat(isNamespacePath(path), "a namespace path", 'like "/chat", without "?", "," and control characters', path);
}

export function requireEvent(event: unknown): void {
  const isFree = typeof event === "string" && !RESERVED_EVENTS.has(event);
  requireThat(
    isFree,
    "the event's name",
    "a free string: use the signals connected, disconnected and connect_error",
    event,
  );
}

/** @param more what socket.io-client's `emit` would take as well */
export function requireEmit(event: unknown, data: unknown, more?: unknown): void {
  requireEvent(event);
  requireData(event as string, data, more);
}

export function requireListener(event: unknown, callback: unknown): void {
  requireEvent(event);
  requireCallback(callback, event as string);
}
