import { type Auth, encodeAuth } from "./auth.js";
import { ConnectionState } from "./connection-state.js";
import { AckError, Err, OK, requireCallback, SocketIOError, typeName } from "./errors.js";
import type { AckData, DefaultEvents, EventData, EventName, EventsMap } from "./events.js";
import type { ClientOptions } from "./options.js";
import { type NamespaceSession, NamespaceState } from "./protocol/namespace-session.js";
import { eventKey, RESERVED_EVENTS } from "./protocol/socket-packet.js";
import type { EmitOutcome, SocketSession } from "./protocol/socket-session.js";
import { Signal, type SignalOwner } from "./signal.js";

/** Whether all waiting packets of an event are delivered or only the newest. */
export const EventMode = Object.freeze({ EVENT_QUEUE: 0, EVENT_LATEST: 1 });
export type EventMode = (typeof EventMode)[keyof typeof EventMode];

/**
 * What a `connect_error` signal carries. `code` is `ERR_UNAUTHORIZED` when the server refused the namespace, `ERR_TIMEOUT`,
 * `ERR_CANT_CONNECT` or `ERR_INVALID_DATA` otherwise; `data` is what the server sent along.
 */
export interface ConnectError {
  message: string;
  namespace: string;
  code: Err;
  data?: unknown;
  transport?: string;
}

/**
 * Answers an event for which the server asked for an acknowledgement. Only the first call sends: it returns `OK`, later
 * ones `ERR_ALREADY_IN_USE`. After the connection on which the event came it returns `ERR_UNAVAILABLE` and does nothing.
 */
export type Reply = (response_array: readonly unknown[]) => Err;

/** Who gets the answer to an acknowledged emit. */
export interface AckOwner {
  readonly callback: (response: never, error: Err) => void;
  readonly event: string;
  readonly path: string;
}

/** What the client tells a namespace; only the client has it. */
export interface NamespaceInput {
  dispatch(event: string, data: unknown[], ackId: number): void;
  connected(): void;
  disconnected(reason: string): void;
  refused(error: ConnectError): void;
  /** No connection is going to come any more. */
  gaveUp(): void;
}

/** What a namespace needs of its client. */
export interface NamespaceHost extends SignalOwner {
  readonly session: SocketSession<AckOwner>;
  readonly options: ClientOptions;
  readonly latestEvents: Set<string>;
  /** True unless the client is DISCONNECTED. */
  readonly active: boolean;
  /** True when little enough waits in the socket for a volatile packet to be fresh when it gets out. */
  readonly writable: boolean;
  now(): number;
  /** True when somebody listens to the events of all namespaces. */
  hearsAll(): boolean;
  /** Tells the game what the session has to tell. */
  drain(): void;
  join(core: NamespaceSession<AckOwner>, auth: Auth): void;
  /** Remembers why a call failed; returns `code`. */
  fail(code: Err, message: string): Err;
}

interface Listener {
  readonly callback: (data: never, reply?: Reply) => unknown;
  readonly once: boolean;
  active: boolean;
}

const FREE_NAMES = "use the signals connected, disconnected and connect_error for that";

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
  static readonly STATE_DISCONNECTED = ConnectionState.STATE_DISCONNECTED;
  static readonly STATE_CONNECTING = ConnectionState.STATE_CONNECTING;
  static readonly STATE_CONNECTED = ConnectionState.STATE_CONNECTED;
  /** Every packet of the event is delivered, in order. */
  static readonly EVENT_QUEUE = EventMode.EVENT_QUEUE;
  /** Of several waiting packets of the event only the newest is delivered. */
  static readonly EVENT_LATEST = EventMode.EVENT_LATEST;

  /** The namespace is joined; `session_id` is its Socket.IO id, a new one each time unless the session was recovered. */
  readonly connected: Signal<[session_id: string]>;
  /** It was joined and is not any more. `reason` as in `SocketIOClient.disconnected`. */
  readonly disconnected: Signal<[reason: string]>;
  /** Every event of this namespace, after the listeners of that event. */
  readonly event_received: Signal<[event: string, data: unknown[]]>;
  /** The server refused the namespace, or did not answer. */
  readonly connect_error: Signal<[error: ConnectError]>;

  readonly #host: NamespaceHost;
  readonly #core: NamespaceSession<AckOwner>;
  readonly #listeners = new Map<string, readonly Listener[]>();
  #waiting: { resolve: (session_id: string) => void; reject: (error: Error) => void }[] = [];

  /** @internal */
  constructor(host: NamespaceHost, core: NamespaceSession<AckOwner>, attach: (input: NamespaceInput) => void) {
    this.#host = host;
    this.#core = core;
    const { path } = core;
    this.connected = new Signal(host, "connected", path);
    this.disconnected = new Signal(host, "disconnected", path);
    this.event_received = new Signal(host, "event_received", path);
    this.connect_error = new Signal(host, "connect_error", path);
    core.isListening = (event) =>
      this.#listeners.has(event) || this.event_received.has_connections() || host.hearsAll();
    attach({
      dispatch: (event, data, ackId) => this.#dispatch(event, data, ackId),
      connected: () => {
        this.connected.emit(core.sid);
        for (const { resolve } of this.#waiting.splice(0)) resolve(core.sid);
      },
      disconnected: (reason) => this.disconnected.emit(reason),
      refused: (error) => {
        this.connect_error.emit(error);
        this.#reject(new SocketIOError(error.message, error.code, error.data));
      },
      gaveUp: () => this.#reject(new SocketIOError(`${path} is not connected any more`, Err.ERR_CONNECTION_ERROR)),
    });
  }

  // Listening

  /**
   * Adds a listener. It is called with the array of the event's arguments, and with `reply` when the server asked for an
   * acknowledgement. The same callback may be added twice. Binary arguments are `Uint8Array`.
   * @throws TypeError when `event` is not a free name or `callback` not a function
   */
  on<E extends EventName<ListenEvents>>(
    event: E,
    callback: (data: EventData<ListenEvents, E>, reply?: Reply) => unknown,
  ): void {
    this.#listen("on", event, callback, false);
  }

  /** As `on`, for the next such event only. */
  once<E extends EventName<ListenEvents>>(
    event: E,
    callback: (data: EventData<ListenEvents, E>, reply?: Reply) => unknown,
  ): void {
    this.#listen("once", event, callback, true);
  }

  /** Removes the first listener that is `callback`, or all of the event. One that is removed is not called any more. */
  off<E extends EventName<ListenEvents>>(
    event: E,
    callback?: (data: EventData<ListenEvents, E>, reply?: Reply) => unknown,
  ): void {
    requireEvent("off", event);
    const listeners = this.#listeners.get(event) ?? [];
    if (callback === undefined) this.#remove(event, listeners);
    else {
      requireCallback(callback, `off("${event}", callback)`);
      this.#remove(event, listeners.filter((listener) => listener.callback === callback).slice(0, 1));
    }
  }

  /**
   * Chooses what happens when several packets of an event wait: `EVENT_QUEUE` delivers all, `EVENT_LATEST` the newest only,
   * and the others are not even parsed. For state snapshots. A packet that asks for an acknowledgement is never skipped.
   * It counts for packets that arrive from now on.
   * @throws TypeError for another mode
   */
  set_event_mode(event: EventName<ListenEvents>, mode: EventMode): void {
    requireEvent("set_event_mode", event);
    const key = eventKey(this.#core.path, event);
    if (mode === EventMode.EVENT_LATEST) this.#host.latestEvents.add(key);
    else if (mode === EventMode.EVENT_QUEUE) this.#host.latestEvents.delete(key);
    else
      throw new TypeError(
        `set_event_mode("${event}"): the mode must be EVENT_QUEUE (0) or EVENT_LATEST (1), got ${mode}`,
      );
  }

  // Sending

  /**
   * Sends an event with an array of arguments (Socket.IO 5, "Sending and receiving data"). Binary anywhere inside goes as
   * an attachment; it is copied, so the caller's buffer can be used again at once.
   * @returns `OK` when it was sent or buffered, `ERR_OUT_OF_MEMORY` when the offline buffer is full, `ERR_UNCONFIGURED` when the
   * namespace was never asked to connect, `ERR_UNAVAILABLE` under the offline policy `"error"`, `ERR_PARAMETER_RANGE_ERROR` when
   * it is larger than the server takes
   * @throws TypeError when `event` is reserved, `data` is not an array or cannot be encoded
   */
  emit<E extends EventName<EmitEvents>>(event: E, data: EventData<EmitEvents, E> | [] = []): Err {
    requireEmit("emit", event, data);
    return this.#result(this.#host.session.emit(this.#core, event, data), event);
  }

  /**
   * Sends an event if it can be written now; otherwise it is lost and `ERR_BUSY` returned. For what is stale a moment
   * later.
   * @throws TypeError as `emit`
   */
  emit_volatile<E extends EventName<EmitEvents>>(event: E, data: EventData<EmitEvents, E> | [] = []): Err {
    requireEmit("emit_volatile", event, data);
    const outcome = this.#host.session.emitVolatile(this.#core, event, data, this.#host.writable);
    if (outcome !== "dropped") return this.#result(outcome, event);
    return this.#host.fail(Err.ERR_BUSY, `emit_volatile("${event}"): it could not be written at once and was dropped`);
  }

  /**
   * Sends an event and waits for the server's acknowledgement (Socket.IO 5, "Acknowledgement"). `callback` gets the array
   * of the server's arguments and `OK`; on timeout `["timeout"]` and `ERR_TIMEOUT`; when the connection ends first
   * `["timeout"]` and `ERR_CONNECTION_ERROR`. It is called exactly once if this returns `OK`, and never otherwise.
   * @param timeout seconds, by default the option `ack_timeout`
   * @throws TypeError as `emit`, and when `callback` or `timeout` cannot be used
   */
  emit_with_ack<E extends EventName<EmitEvents>>(
    event: E,
    data: EventData<EmitEvents, E> | [],
    callback: (response: AckData<EmitEvents, E>, error: Err) => void,
    timeout?: number,
  ): Err;
  /** The same as a promise of the server's arguments. It rejects with an `AckError`. */
  emit_with_ack<E extends EventName<EmitEvents>>(
    event: E,
    data?: EventData<EmitEvents, E> | [],
    timeout?: number,
  ): Promise<AckData<EmitEvents, E>>;
  emit_with_ack<E extends EventName<EmitEvents>>(
    event: E,
    data: EventData<EmitEvents, E> | [] = [],
    callback?: number | ((response: AckData<EmitEvents, E>, error: Err) => void),
    timeout?: number,
  ): Err | Promise<AckData<EmitEvents, E>> {
    requireEmit("emit_with_ack", event, data);
    if (typeof callback === "function") return this.#emitWithAck(event, data, callback, timeout);
    if (callback !== undefined && typeof callback !== "number") {
      throw new TypeError(
        `emit_with_ack("${event}"): after the data comes a callback or a timeout, got ${typeName(callback)}`,
      );
    }
    requireTimeout("emit_with_ack", callback);
    return new Promise((resolve, reject) => {
      const settle = (response: AckData<EmitEvents, E>, error: Err) => {
        if (error === OK) resolve(response);
        else reject(new AckError(`emit_with_ack("${event}"): ${ACK_PROBLEMS[error] ?? this.#problem}`, error));
      };
      const refused = this.#emitWithAck(event, data, settle, callback);
      if (refused !== OK) settle([] as never, refused);
    });
  }

  // Joining and leaving

  /**
   * Joins the namespace at the server. The main one is joined by `connect_to_url` unless the option `main_namespace` says
   * otherwise. `auth` is kept for reconnection; a function is asked again each time.
   * @returns `OK` when it was started or waits for the session to open, `ERR_ALREADY_IN_USE` when it is joined or being
   * joined, `ERR_UNAVAILABLE` when the client is DISCONNECTED
   * @throws TypeError when `auth` is no dictionary
   */
  connect_to_namespace(auth: Auth = {}): Err {
    if (typeof auth !== "function") encodeAuth(auth);
    const { path, state } = this.#core;
    if (!this.#host.active) {
      return this.#host.fail(Err.ERR_UNAVAILABLE, `${path}: the client is disconnected; call connect_to_url() first`);
    }
    if (state !== NamespaceState.DISCONNECTED) {
      return this.#host.fail(
        Err.ERR_ALREADY_IN_USE,
        `${path} is connected or connecting; call disconnect_from_namespace() first`,
      );
    }
    this.#host.join(this.#core, auth);
    return OK;
  }

  /**
   * Leaves the namespace; the others stay. Pending acknowledgements fail and `disconnected` is emitted before this returns.
   */
  disconnect_from_namespace(): void {
    this.#host.session.disconnect(this.#core);
    this.#host.drain();
  }

  is_namespace_connected(): boolean {
    return this.#core.state === NamespaceState.CONNECTED;
  }

  get_connection_state(): ConnectionState {
    return this.#core.state;
  }

  get_namespace_path(): string {
    return this.#core.path;
  }

  /** The Socket.IO id that the server gave to this namespace; `""` when it is not connected. */
  get_session_id(): string {
    return this.#core.sid;
  }

  /** True when the last connect resumed the session that was lost before it (connection state recovery). */
  is_recovered(): boolean {
    return this.#core.recovered;
  }

  /**
   * Resolves with the session id once the namespace is connected, at once if it is. Time passes in `poll()`.
   * @param timeout seconds
   * @returns a promise that rejects with a `SocketIOError`: the refusal, `ERR_TIMEOUT`, or `ERR_CONNECTION_ERROR` after `close()`
   */
  ready(timeout = 5): Promise<string> {
    requireTimeout("ready", timeout);
    if (this.is_namespace_connected()) return Promise.resolve(this.#core.sid);
    return new Promise((resolve, reject) => {
      const waiter = {
        resolve: (session_id: string) => {
          cancel();
          resolve(session_id);
        },
        reject: (error: Error) => {
          cancel();
          reject(error);
        },
      };
      const cancel = this.#host.expireAfter(timeout, () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(new SocketIOError(`${this.#core.path} was not connected within ${timeout} s`, Err.ERR_TIMEOUT));
      });
      this.#waiting.push(waiter);
    });
  }

  // Inside

  #listen(method: string, event: string, callback: Listener["callback"], once: boolean): void {
    requireEvent(method, event);
    requireCallback(callback, `${method}("${event}", callback)`);
    // A new array each time: an emission that is under way goes on with the old one.
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), { callback, once, active: true }]);
  }

  #remove(event: string, removed: readonly Listener[]): void {
    for (const listener of removed) listener.active = false;
    const left = (this.#listeners.get(event) ?? []).filter((listener) => listener.active);
    if (left.length > 0) this.#listeners.set(event, left);
    else this.#listeners.delete(event);
  }

  #dispatch(event: string, data: unknown[], ackId: number): void {
    const listeners = this.#listeners.get(event);
    if (listeners !== undefined) {
      const args: unknown[] = ackId < 0 ? [data] : [data, this.#replyTo(event, ackId)];
      for (const listener of listeners) {
        if (!listener.active) continue;
        if (listener.once) this.#remove(event, [listener]);
        this.#host.invoke(listener.callback as (...args: unknown[]) => unknown, args, event, this.#core.path);
      }
    }
    this.event_received.emit(event, data);
  }

  #replyTo(event: string, ackId: number): Reply {
    const { generation } = this.#core;
    let used = false;
    return (response) => {
      requireData("reply", event, response);
      if (used) return this.#host.fail(Err.ERR_ALREADY_IN_USE, `reply to "${event}": it was answered before`);
      const outcome = this.#host.session.reply(this.#core, generation, ackId, response);
      used = outcome === "sent";
      return this.#result(outcome, event);
    };
  }

  #emitWithAck(event: string, data: readonly unknown[], callback: AckOwner["callback"], timeout?: number): Err {
    const { session, options } = this.#host;
    const seconds = requireTimeout("emit_with_ack", timeout) ?? options.ack_timeout;
    const owner = { callback, event, path: this.#core.path };
    return this.#result(session.emitWithAck(this.#core, event, data, owner, seconds, this.#host.now()), event);
  }

  #problem = "";

  #result(outcome: EmitOutcome, event: string): Err {
    const refusal = REFUSALS[outcome];
    if (refusal === undefined) return OK;
    this.#problem = refusal[1];
    return this.#host.fail(refusal[0], `"${event}" on ${this.#core.path}: ${refusal[1]}`);
  }

  #reject(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

const REFUSALS: Partial<Record<EmitOutcome, readonly [Err, string]>> = {
  full: [Err.ERR_OUT_OF_MEMORY, "the offline buffer is full (max_buffered_packets)"],
  offline: [Err.ERR_UNAVAILABLE, "the namespace is not connected"],
  unconfigured: [
    Err.ERR_UNCONFIGURED,
    "the namespace was not asked to connect; call connect_to_url() or connect_to_namespace()",
  ],
  "too large": [Err.ERR_PARAMETER_RANGE_ERROR, "the packet is larger than the server's maxPayload; send it in parts"],
};

const ACK_PROBLEMS: Partial<Record<Err, string>> = {
  [Err.ERR_TIMEOUT]: "the server did not acknowledge it in time",
  [Err.ERR_CONNECTION_ERROR]: "the connection ended before it was acknowledged",
};

function requireEvent(method: string, event: unknown): void {
  if (typeof event !== "string")
    throw new TypeError(`${method}(event): the event's name must be a string, got ${typeName(event)}`);
  if (RESERVED_EVENTS.has(event)) throw new TypeError(`${method}("${event}"): this name is reserved; ${FREE_NAMES}`);
}

function requireEmit(method: string, event: unknown, data: unknown): void {
  requireEvent(method, event);
  requireData(method, event as string, data);
}

function requireData(method: string, event: string, data: unknown): void {
  if (Array.isArray(data)) return;
  throw new TypeError(
    `${method}("${event}"): the data must be an array of arguments, got ${typeName(data)}; write [data]`,
  );
}

function requireTimeout(method: string, timeout: unknown): number | undefined {
  if (timeout === undefined || (typeof timeout === "number" && timeout >= 0 && timeout < Infinity)) return timeout;
  throw new TypeError(
    `${method}: the timeout must be a number of seconds, got ${typeof timeout === "number" ? timeout : typeName(timeout)}`,
  );
}
