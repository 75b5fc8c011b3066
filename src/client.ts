/*
 * The public face of a client (`runtime.ts` is where I/O, time and protocol meet). What it promises:
 *
 *  1. Callbacks run only inside the user's own calls: `poll()` (not re-entrant), with events that are pulled `take_event()`, and what
 *     ends something: `close()`, `disconnect_from_namespace()`, `clear_buffer()`. A callback may call anything, `close()` and
 *     `connect_to_url()` too.
 *     Functions for the URL, auth, query and headers are asked by `poll()`, and by the call that starts to connect.
 *  2. A frame is handed to the core when it arrives, stamped with its arrival time; pong and CONNECT are answered then
 *     (`connection.ts`). Events wait in the inbox undecoded; JSON is parsed in `poll()`, inside the budget.
 *  3. Input before time: `poll()` takes what arrived before it checks deadlines, so a paused loop reports no false timeout.
 *  4. What arrived before `poll()` is dispatched in that `poll()`, unless the budget ends it.
 *  5. `now` is monotonic; going backwards is clamped. Nothing reads the wall clock.
 *  6. Deadlines cost nothing while nothing is due: before which moment none is due is known, and until then nothing is scanned.
 *  7. Dequeue first, call second: a throwing listener loses no later packet and leaves no half-state.
 *  8. A late callback of an old socket is ignored: a `Connection` is used once. What arrived before a close is delivered
 *     before it is reported.
 *  9. Public state changes only inside `poll()` or the user's own call: one frame sees one state.
 * 10. Reconnecting joins every namespace again that was connected or connecting, each with its own auth; listeners stay.
 */
import { Address } from "./address.js";
import { type Auth, keepAuth, NO_AUTH } from "./auth.js";
import { type ClientSignals, SIGNALS } from "./callbacks.js";
import type { ConnectionState } from "./connection-state.js";
import { type Err, requireThat } from "./errors.js";
import type { DefaultEvents, EventsMap } from "./events.js";
import { requirePath, SocketIONamespace } from "./namespace.js";
import type { TakenEvent } from "./namespace-entry.js";
import type { ClientObserver } from "./observer.js";
import {
  type ClientOptions,
  type ClientOptionsInput,
  changesConnection,
  makeOptions,
  mergeOptions,
} from "./options.js";
import { ERR_ALREADY_IN_USE, ERR_INVALID_PARAMETER, ERR_UNAVAILABLE, OK } from "./protocol/codes.js";
import { CONNECTED, CONNECTING, DISCONNECTED } from "./protocol/namespace-session.js";
import { isObject } from "./protocol/protocol-error.js";
import { Runtime } from "./runtime.js";
import { defineSignals } from "./signal.js";
import type { ClientStats } from "./stats.js";
import { isTlsOptions, type TLSOptions } from "./tls-options.js";
import { canHonour } from "./transport/platform-socket.js";
import type { TransportFactory } from "./transport/transport.js";
import { websocket } from "./transport/websocket.js";

/** For `PollGroup`, which limits polls, and for the recorder, which has to know what there is. */
export let runtimeOf: (client: SocketIOClient) => Runtime;

/**
 * A Socket.IO client that does nothing between your calls: `poll()` it once a frame. Godot class: `SocketIOClient`.
 *
 * @example
 * const client = SocketIOClient.get_singleton();
 * client.connected.connect((session_id) => console.log("connected as", session_id));
 * client.get_namespace("/").on("welcome", ([message]) => console.log(message));
 * client.connect_to_url("ws://localhost:3000");
 * function frame() { client.poll(); requestAnimationFrame(frame); }
 * frame();
 */
export class SocketIOClient {
  static readonly STATE_DISCONNECTED = DISCONNECTED;
  static readonly STATE_CONNECTING = CONNECTING;
  static readonly STATE_CONNECTED = CONNECTED;

  /** The transports that have a name here. */
  protected static readonly builtIn: Readonly<Record<string, TransportFactory>> = { websocket };
  /** @internal what works behind it */
  protected static readonly runtime: new (options: ClientOptions) => Runtime = Runtime;
  static #singleton: SocketIOClient | null = null;

  static {
    runtimeOf = (client) => client.#runtime;
    defineSignals<SocketIOClient, ClientSignals>(SocketIOClient.prototype, SIGNALS, (client) => [
      client.#runtime,
      client.#runtime,
      "/",
    ]);
  }

  /** The main namespace is connected, for the first time or again; `session_id` is its Socket.IO id. */
  declare readonly connected: ClientSignals["connected"];
  /**
   * The main namespace went down, or the state returned to DISCONNECTED. `reason`: `"client disconnect"`, `"server disconnect"`,
   * `"ping timeout"`, `"transport close"`, `"transport error"`, `"parse error"` or `"inbound overflow"`; `get_last_error()` says more.
   */
  declare readonly disconnected: ClientSignals["disconnected"];
  /** An attempt to connect failed, or a namespace was refused. */
  declare readonly connect_error: ClientSignals["connect_error"];
  /** Any namespace was joined, the main one too. */
  declare readonly namespace_connected: ClientSignals["namespace_connected"];
  /** A namespace that was joined is not any more. */
  declare readonly namespace_disconnected: ClientSignals["namespace_disconnected"];
  /** Every event of every namespace, after the namespace's own listeners. */
  declare readonly event_received: ClientSignals["event_received"];
  /** The connection was lost, or could not be made, and is tried again after `delay` seconds; `attempt` counts from 1. */
  declare readonly reconnecting: ClientSignals["reconnecting"];
  /** All attempts that the option `reconnection` allows have failed. */
  declare readonly reconnect_failed: ClientSignals["reconnect_failed"];
  /** The session has moved to another transport, or one that was preferred has failed. `name` as from `get_transport()`. */
  declare readonly transport_changed: ClientSignals["transport_changed"];
  /** A callback of yours threw. With nobody connected the error goes to `reportError` or `console.error`. */
  declare readonly listener_error: ClientSignals["listener_error"];

  readonly #runtime: Runtime;
  #address: Address | null = null;

  /** The one shared client of the page or process. */
  static get_singleton(): SocketIOClient {
    // Not by name: the class with more transports is derived from this one.
    SocketIOClient.#singleton ??= new this();
    return SocketIOClient.#singleton;
  }

  /**
   * An independent client: for bots, tests, several servers.
   * @throws TypeError for an option that does not exist or a value that cannot be
   */
  constructor(options: ClientOptionsInput = {}) {
    this.#runtime = new new.target.runtime(makeOptions(options));
    this.create_namespace("/");
  }

  /**
   * Starts connecting and returns at once; `poll()` does the rest.
   * @param url `ws:`, `wss:`, `http:` or `https:`; `/socket.io/` and the Engine.IO query are added, your own query stays. A function
   * is asked for it at each attempt to connect; what it throws the first time comes out of here
   * @param auth for the main namespace: a dictionary, or a function (sync or async) that is asked again at every reconnect
   * @param tls_options for `wss:`; see `TLSOptions`
   * @returns `OK`, `ERR_ALREADY_IN_USE` unless the client is DISCONNECTED, `ERR_INVALID_PARAMETER` for a URL it cannot use,
   * `ERR_UNAVAILABLE` when the platform cannot honour `tls_options` or has none of the transports
   * @throws TypeError when an argument has the wrong type
   */
  connect_to_url(url: string | (() => string), auth: Auth = NO_AUTH, tls_options: TLSOptions | null = null): Err {
    const isAsked = typeof url === "function";
    requireThat(isAsked || typeof url === "string", "the URL", "a string, or a function for one", url);
    const kept = keepAuth(auth);
    requireThat(isTlsOptions(tls_options), "tls_options", "made by TLSOptions.client()", tls_options);
    const runtime = this.#runtime;
    if (runtime.active)
      return runtime.fail(ERR_ALREADY_IN_USE, `connected to ${this.get_connection_url()} already; call close() first`);
    const transports = this.#transports();
    const address = new Address(url, tls_options, transports, runtime.options);
    if (!address.read()) return runtime.fail(ERR_INVALID_PARAMETER, address.complaint);
    // A function for the URL may have connected as well.
    if (runtime.active) return ERR_ALREADY_IN_USE;
    if (!canHonour(tls_options))
      return runtime.fail(ERR_UNAVAILABLE, "a browser has its own trust store; pass null as tls_options");
    if (transports.length === 0) return runtime.fail(ERR_UNAVAILABLE, 'for "polling" import from "socketio-gameloop"');
    this.#address = address;
    runtime.start(address, kept);
    return OK;
  }

  /**
   * Disconnects: sends what waits and a DISCONNECT for each connected namespace, closes the transport, fails pending
   * acknowledgements, empties the offline buffers. Signals are emitted before it returns, once. No reconnection follows.
   * Does nothing when disconnected. May be called from inside any callback.
   */
  close(): void {
    this.#runtime.close();
  }

  /**
   * One step: takes what has arrived, runs callbacks within the budget, fires due timeouts, writes what was sent. Never
   * blocks, never waits. Called from inside a callback it does nothing and returns 0.
   * @param now seconds, of the same clock as the option `clock`; saves reading it, and lets a fixed tick own time
   * @returns how many callbacks it ran
   * @throws TypeError when `now` is given and no number
   */
  poll(now?: number): number {
    return this.#runtime.poll(now);
  }

  /**
   * While paused, `poll()` delivers nothing and lets no deadline expire: events, acknowledgements, signals and attempts to
   * reconnect wait. The connection is kept, and what was emitted is sent. For a loading screen, behind which the listeners of the
   * next scene are not there yet. What waits is bounded as ever (`max_queued_packets`).
   * @throws TypeError for anything but a boolean
   */
  set_dispatch_paused(paused: boolean): void {
    requireThat(typeof paused === "boolean", "paused", "boolean", paused);
    this.#runtime.dispatchPaused = paused;
  }

  /** What `set_dispatch_paused` was called with last. */
  is_dispatch_paused(): boolean {
    return this.#runtime.dispatchPaused;
  }

  /**
   * Writes what was emitted since the last poll without waiting for the next one, in one go. Runs no callback. Call it after
   * your game has emitted its input, if that happens after `poll()` in your frame.
   */
  flush(): void {
    this.#runtime.flush();
  }

  /**
   * With the option `event_delivery: "pull"`: takes the next event, for a game that loops over its input instead of being called.
   * What came before it and is no event (connections, acknowledgements) calls back on the way, so everything keeps its order. Call it
   * after `poll()` until it returns `null`: what waits here, waits with everything behind it. Budgets do not count. `close()`, and
   * leaving its namespace, drop what was not taken.
   * @returns `null` when nothing waits, dispatch is paused, or events are delivered to listeners
   * @example
   * client.configure({ event_delivery: "pull" });
   * client.poll();
   * for (let taken = client.take_event(); taken; taken = client.take_event()) console.log(taken.event, taken.data);
   */
  take_event(): TakenEvent | null {
    return this.#runtime.takeEvent();
  }

  /**
   * Lets `observer` see what the client does: statistics by event, an overlay, a recording. Several can.
   * @returns false when it observes already
   * @throws TypeError for anything but an object
   */
  add_observer(observer: ClientObserver): boolean {
    requireThat(isObject(observer), "the observer", "an object", observer);
    const runtime = this.#runtime;
    if (runtime.observers.includes(observer)) return false;
    runtime.observers = [...runtime.observers, observer];
    return true;
  }

  /** Ends `add_observer`; false when it does not observe. */
  remove_observer(observer: ClientObserver): boolean {
    const runtime = this.#runtime;
    const { length } = runtime.observers;
    runtime.observers = runtime.observers.filter((other) => other !== observer);
    return runtime.observers.length < length;
  }

  /**
   * Makes the next attempt to connect now rather than after its delay.
   * @returns `OK`, or `ERR_UNAVAILABLE` when no attempt is waited for
   */
  reconnect_now(): Err {
    const runtime = this.#runtime;
    if (runtime.reconnectNow()) return OK;
    return runtime.fail(ERR_UNAVAILABLE, "no attempt to connect is waited for");
  }

  /**
   * Changes options; those that are not named stay.
   * @returns `OK`, or `ERR_ALREADY_IN_USE` (and nothing has changed) for one that cannot change while connected
   * @throws TypeError for an option that does not exist or a value that cannot be
   */
  configure(options: ClientOptionsInput): Err {
    const runtime = this.#runtime;
    const merged = mergeOptions(runtime.options, options);
    if (runtime.active && changesConnection(runtime.options, merged)) {
      return runtime.fail(ERR_ALREADY_IN_USE, "these options cannot change while connected; call close() first");
    }
    if (merged.clock !== runtime.options.clock) runtime.restart(merged.clock);
    runtime.options = runtime.session.options = merged;
    return OK;
  }

  /**
   * The namespace of that path, made on first use. Does not connect it: see `SocketIONamespace.connect_to_namespace`.
   * @throws TypeError unless `path` starts with `/` and has no `?`, `,` or control character
   */
  create_namespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents>(
    path: string,
  ): SocketIONamespace<L, E> {
    requirePath(path);
    const entry = this.#runtime.session.namespace(path);
    entry.face ??= new SocketIONamespace(entry);
    return entry.face as unknown as SocketIONamespace<L, E>;
  }

  /** The namespace of that path, or `null` when it was not created. `/` always exists. */
  get_namespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents>(
    path?: "/",
  ): SocketIONamespace<L, E>;
  get_namespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents>(
    path: string,
  ): SocketIONamespace<L, E> | null;
  get_namespace(path = "/"): SocketIONamespace | null {
    return this.#runtime.session.find(path)?.face ?? null;
  }

  /** True when the namespace was created; it need not be connected. */
  has_namespace(path: string): boolean {
    return !!this.#runtime.session.find(path);
  }

  /** True while an Engine.IO session is open, as of the last `poll()`. */
  is_socket_connected(): boolean {
    return this.#runtime.engineId !== "";
  }

  /** As of the last `poll()`. CONNECTING while reconnecting. */
  get_connection_state(): ConnectionState {
    return this.#runtime.state;
  }

  /** The URL as given to `connect_to_url`, or as its function said last; `""` before. */
  get_connection_url(): string {
    return this.#address?.given ?? "";
  }

  /** The Engine.IO session id; `""` when not connected. Never a Socket.IO id: those belong to namespaces. */
  get_engine_io_session_id(): string {
    return this.#runtime.engineId;
  }

  /** `"websocket"`, `"polling"`, `"webtransport"`, or `""` when not connected. As of the last `poll()`. */
  get_transport(): string {
    const { engineId, transportName } = this.#runtime;
    return engineId && transportName;
  }

  /** Received packets that wait for a later `poll()`. */
  get_pending_count(): number {
    const { connection, pulled } = this.#runtime;
    return (connection?.inbox.length ?? 0) + (pulled ? 1 : 0);
  }

  /**
   * A sentence about what failed last: a call on this client that returned an error code, the connection, or a namespace that was
   * refused; of what a namespace returns, `ERR_UNAVAILABLE` of `connect_to_namespace()` and `ERR_PARAMETER_RANGE_ERROR`. `""` if nothing
   * did.
   */
  get_last_error(): string {
    return this.#runtime.lastError;
  }

  /** What the client has counted and measured: plain numbers, in a new object each time. */
  get_stats(): ClientStats {
    const { counters, oldestTime, rtt, session } = this.#runtime;
    return {
      ...counters,
      ...rtt,
      packets_sent: session.packetsSent,
      inbox_length: this.get_pending_count(),
      inbox_age: Math.max(0, this.#runtime.now() - oldestTime),
      acks_pending: session.acksPending,
    };
  }

  #transports(): readonly TransportFactory[] {
    const { transport_factory, transports } = this.#runtime.options;
    if (transport_factory) return [transport_factory];
    const { builtIn } = this.constructor as typeof SocketIOClient;
    return transports.flatMap((item) => (typeof item === "string" ? builtIn[item] : item) ?? []);
  }
}
