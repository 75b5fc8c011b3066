import type { Namespace } from "socket.io";
import { type Err, OK, requireCallback, requireThat } from "../errors.js";
import type { AckData, DefaultEvents, EventData, EventName, EventNameWithoutData, EventsMap } from "../events.js";
import { type EventMode, requireEvent, requireListener } from "../namespace.js";
import { Signal, type SignalOwner } from "../signal.js";
import { encoded, requireSendable } from "./sending.js";
import type { ServerClient, ServerReply } from "./server-client.js";

type Callback = (client: never, data: never, reply?: ServerReply) => unknown;

/** What a socket.io server tells in events. Here nobody would ever be called for the first one, which a client may send. */
const COMING_AND_GOING: ReadonlySet<string> = new Set(["connection", "connect", "disconnect"]);

interface Listener {
  readonly callback: Callback;
  readonly once: boolean;
}

/**
 * A namespace of a `PolledServer`. Made by `create_namespace()`; the main one, `/`, always exists. No counterpart in Godot.
 *
 * @example
 * interface ClientEvents { move: (x: number, y: number) => void }
 * interface ServerEvents { moved: (id: string, x: number, y: number) => void }
 * const arena = server.create_namespace<ClientEvents, ServerEvents>("/arena");
 * arena.on("move", (client, [x, y]) => arena.emit("moved", [client.get_session_id(), x, y]));
 */
export class ServerNamespace<
  ListenEvents extends EventsMap<ListenEvents> = DefaultEvents,
  EmitEvents extends EventsMap<EmitEvents> = DefaultEvents,
> {
  /** Every packet of the event is delivered, in order. */
  static readonly EVENT_QUEUE = 0;
  /** Of several waiting packets of the event from one client only the newest is delivered. */
  static readonly EVENT_LATEST = 1;

  /** A client has joined. */
  readonly client_connected: Signal<[client: ServerClient<EmitEvents>]>;
  /** It has left, or was lost: socket.io's reason, `"server disconnect"` or `"inbound overflow"`. */
  readonly client_disconnected: Signal<[client: ServerClient<EmitEvents>, reason: string]>;
  /** Every event of this namespace, after the listeners of that event. */
  readonly event_received: Signal<[client: ServerClient<EmitEvents>, event: string, data: unknown[]]>;

  /** @internal socket.io's own. It drops a dynamic namespace that is empty, and makes another of its name for who comes next. */
  io: Namespace;
  readonly #owner: SignalOwner;
  readonly #listeners = new Map<string, readonly Listener[]>();
  readonly #latest = new Set<string>();
  readonly #clients = new Set<ServerClient<EmitEvents>>();

  /** @internal */
  constructor(owner: SignalOwner, io: Namespace) {
    this.io = io;
    this.#owner = owner;
    const path = io.name;
    this.client_connected = new Signal(owner, "client_connected", path);
    this.client_disconnected = new Signal(owner, "client_disconnected", path);
    this.event_received = new Signal(owner, "event_received", path);
  }

  /** Such as `"/"` or `"/arena"`. */
  get_namespace_path(): string {
    return this.io.name;
  }

  /** Those that are connected, in the order in which they came. */
  get_clients(): ServerClient<EmitEvents>[] {
    return [...this.#clients];
  }

  /**
   * Adds a listener: it is called with the client that the event came from, the array of its arguments, and `reply` when the client
   * asked for an acknowledgement. The same callback may be added twice.
   * @throws TypeError when `event` is not a free name or `callback` not a function
   */
  on<E extends EventName<ListenEvents>>(
    event: E,
    callback: (
      client: ServerClient<EmitEvents>,
      data: EventData<ListenEvents, E>,
      reply?: ServerReply<AckData<ListenEvents, E>>,
    ) => unknown,
  ): void {
    this.#listen(event, callback, false);
  }

  /** As `on`, for the next such event only, whoever it comes from. */
  once<E extends EventName<ListenEvents>>(
    event: E,
    callback: (
      client: ServerClient<EmitEvents>,
      data: EventData<ListenEvents, E>,
      reply?: ServerReply<AckData<ListenEvents, E>>,
    ) => unknown,
  ): void {
    this.#listen(event, callback, true);
  }

  /** Removes the first listener that is `callback`, or all of the event. */
  off<E extends EventName<ListenEvents>>(
    event: E,
    callback?: (
      client: ServerClient<EmitEvents>,
      data: EventData<ListenEvents, E>,
      reply?: ServerReply<AckData<ListenEvents, E>>,
    ) => unknown,
  ): void {
    requireEvent(event);
    if (callback !== undefined) requireCallback(callback, event);
    const listeners = this.#of(event);
    const first = listeners.find((listener) => listener.callback === callback);
    if (callback === undefined) this.#listeners.delete(event);
    else if (first) this.#remove(event, first);
  }

  /**
   * Chooses what happens when several packets of an event from the same client wait: `EVENT_QUEUE` delivers all, `EVENT_LATEST` the
   * newest only. For inputs that say how things are, like the direction of a stick. A packet that asks for an acknowledgement is never
   * skipped.
   * @throws TypeError for another mode
   */
  set_event_mode(event: EventName<ListenEvents>, mode: EventMode): void {
    requireEvent(event);
    requireThat(mode === 0 || mode === 1, "the event mode", "EVENT_QUEUE or EVENT_LATEST", mode);
    if (mode === 1) this.#latest.add(event);
    else this.#latest.delete(event);
  }

  /**
   * Sends an event to every client of the namespace. For some of them, use rooms: `client.socket.join(room)`, `io.to(room).emit(…)`.
   * @throws TypeError when `event` is reserved or `data` is not an array, ends with a function, or cannot be encoded
   */
  emit<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit(event: EventNameWithoutData<EmitEvents>): Err;
  emit(event: string, data: readonly unknown[] = []): Err {
    requireSendable(event, data);
    encoded(event, () => this.io.emit(event, ...data));
    return OK;
  }

  /** As `emit`, but for a client to which it cannot be written at once it is lost. For state snapshots. */
  emit_volatile<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit_volatile(event: EventNameWithoutData<EmitEvents>): Err;
  emit_volatile(event: string, data: readonly unknown[] = []): Err {
    requireSendable(event, data);
    encoded(event, () => this.io.volatile.emit(event, ...data));
    return OK;
  }

  /** @internal */
  isLatest(event: string): boolean {
    return this.#latest.has(event);
  }

  /** @internal */
  entered(client: ServerClient<EmitEvents>): void {
    this.#clients.add(client);
    this.client_connected.emit(client);
  }

  /** @internal True if it was in. */
  left(client: ServerClient<EmitEvents>, reason: string): boolean {
    const wasIn = this.#clients.delete(client);
    if (wasIn) this.client_disconnected.emit(client, reason);
    return wasIn;
  }

  /** @internal Runs the listeners of an event. */
  dispatch(client: ServerClient<EmitEvents>, event: string, data: unknown[], reply: ServerReply | null): void {
    for (const listener of this.#of(event)) {
      // One that was removed by another is not called any more.
      if (!this.#of(event).includes(listener)) continue;
      if (listener.once) this.#remove(event, listener);
      const args = reply === null ? [client, data] : [client, data, reply];
      this.#owner.invoke(listener.callback as (...args: unknown[]) => unknown, args, event, this.io.name);
    }
    this.event_received.emit(client, event, data);
  }

  #listen(event: string, callback: Callback, once: boolean): void {
    const expected = "one that clients send: use the signals client_connected and client_disconnected";
    requireThat(!COMING_AND_GOING.has(event), "the event's name", expected, event);
    requireListener(event, callback);
    // A new array each time: an emission that is under way goes on with the old one.
    this.#listeners.set(event, [...this.#of(event), { callback, once }]);
  }

  #of(event: string): readonly Listener[] {
    return this.#listeners.get(event) ?? [];
  }

  #remove(event: string, listener: Listener): void {
    const left = this.#of(event).filter((other) => other !== listener);
    if (left.length > 0) this.#listeners.set(event, left);
    else this.#listeners.delete(event);
  }
}
