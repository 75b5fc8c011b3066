import type { Namespace, Server, Socket } from "socket.io";
import { report, requireThat } from "../errors.js";
import type { DefaultEvents, EventsMap } from "../events.js";
import { requirePath } from "../namespace.js";
import { DEFAULT_OPTIONS } from "../options.js";
import { Signal, type SignalOwner, UNOWNED } from "../signal.js";
import { type Arrival, Arrivals, type EventArrival } from "./arrivals.js";
import { type ClientHost, ServerClient } from "./server-client.js";
import { ServerNamespace } from "./server-namespace.js";

/**
 * How many clients may have come and gone since the last poll. More than come in any tick, and little to keep: a socket with its
 * request takes 13 KB.
 */
const MOST_PASSING = 100;

interface Served {
  readonly namespace: ServerNamespace;
  /** Hears who comes to it. */
  readonly enter: (socket: Socket) => void;
}

/** How a `PolledServer` works. */
export interface PolledServerOptions {
  /** Events that one `poll()` delivers; default 0, all that wait. */
  readonly poll_max_packets?: number;
  /** Seconds after which a `poll()` delivers no further event; default 0, no limit. At least one always goes. */
  readonly poll_max_time?: number;
  /** Events of one client that may wait; default 1024. A client with more is thrown out, with `"inbound overflow"`. */
  readonly max_queued_packets?: number;
  /** Seconds, for `poll_max_time`. Default `performance.now() / 1000`. */
  readonly clock?: () => number;
}

/** What `PolledServer.get_stats()` returns. */
export interface ServerStats {
  /** Clients that are connected, in all namespaces. */
  clients: number;
  /** What waits for the next poll. */
  inbox_length: number;
  events_dispatched: number;
  /** Events left out because a newer one of the same `EVENT_LATEST` event came from the same client. */
  events_skipped: number;
}

/**
 * A socket.io `Server` that is stepped by a fixed tick: what its clients do waits, and callbacks run in `poll()`, in the order of
 * arrival over all clients and namespaces. The server itself, its transports, middleware, rooms and adapters stay what they are. No
 * counterpart in Godot.
 *
 * @example
 * const server = new PolledServer(new Server(3000));
 * const arena = server.get_namespace();
 * arena.on("move", (client, [x, y]) => world.move(client.get_session_id(), x, y));
 * const loop = new FixedTickLoop(server, () => arena.emit("state", [world.snapshot()]), { tick_rate: 30 });
 * loop.start();
 */
export class PolledServer {
  /** A client has joined a namespace. */
  readonly client_connected: Signal<[client: ServerClient]>;
  /** A client has left a namespace, or was lost. */
  readonly client_disconnected: Signal<[client: ServerClient, reason: string]>;
  /** Every event of every namespace, after the namespace's own listeners. */
  readonly event_received: Signal<[client: ServerClient, event: string, data: unknown[]]>;
  /** A callback of yours threw. With nobody connected the error goes to `reportError` or `console.error`. */
  readonly listener_error: Signal<[error: unknown, event: string, path: string]>;

  /** The socket.io server. */
  readonly io: Server;
  readonly #options: Required<PolledServerOptions>;
  readonly #arrivals = new Arrivals();
  /** Those who have gone before the game was told of them. */
  readonly #passing = new Set<ServerClient>();
  readonly #namespaces = new Map<string, Served>();
  readonly #owner: SignalOwner;
  #stats = { events_dispatched: 0, events_skipped: 0 };
  #callbacks = 0;
  #polls = 0;
  /** How many callbacks are running, one inside the other. */
  #depth = 0;

  /**
   * @param io a socket.io `Server`; those who are connected already are not heard
   * @throws TypeError for anything else, or an option that cannot be
   */
  constructor(io: Server, options: PolledServerOptions = {}) {
    requireThat(typeof io?.of === "function", "new PolledServer(io)", "a socket.io Server", io);
    requireThat(Object(options) === options, "the options of a PolledServer", "an object", options);
    const { poll_max_packets = 0, poll_max_time = 0, max_queued_packets = 1024, ...others } = options;
    const { clock = DEFAULT_OPTIONS.clock, ...unknown } = others;
    const [stranger] = Object.keys(unknown);
    const names = "poll_max_packets, poll_max_time, max_queued_packets or clock";
    requireThat(stranger === undefined, "an option of a PolledServer", names, stranger);
    for (const [name, limit] of Object.entries({ poll_max_packets, poll_max_time }))
      requireThat(typeof limit === "number" && limit >= 0, `option "${name}"`, "a number of 0 or more", limit);
    const isBound = typeof max_queued_packets === "number" && max_queued_packets >= 1;
    requireThat(isBound, 'option "max_queued_packets"', "a number of 1 or more", max_queued_packets);
    requireThat(typeof clock === "function", 'option "clock"', "a function", clock);
    this.io = io;
    this.#options = { poll_max_packets, poll_max_time, max_queued_packets, clock };
    this.#owner = {
      invoke: (callback, args, event, path) => this.#invoke(() => callback(...args), event, path),
      expireAfter: UNOWNED.expireAfter,
    };
    this.client_connected = new Signal(this.#owner, "client_connected");
    this.client_disconnected = new Signal(this.#owner, "client_disconnected");
    this.event_received = new Signal(this.#owner, "event_received");
    this.listener_error = new Signal(this.#owner, "listener_error");
    this.create_namespace("/");
    io.on("new_namespace", this.#renewed);
  }

  /**
   * The namespace of that path, made on first use.
   * @throws TypeError unless `path` starts with `/` and has no `?`, `,` or control character
   */
  create_namespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents>(
    path: string,
  ): ServerNamespace<L, E> {
    requirePath(path);
    if (!this.#namespaces.has(path)) this.#namespaces.set(path, this.#serve(path));
    return this.#namespaces.get(path)!.namespace as unknown as ServerNamespace<L, E>;
  }

  /** The namespace of that path, or `null` when it was not created. `/` always exists. */
  get_namespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents>(
    path?: "/",
  ): ServerNamespace<L, E>;
  get_namespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents>(
    path: string,
  ): ServerNamespace<L, E> | null;
  get_namespace(path = "/"): ServerNamespace | null {
    return this.#namespaces.get(path)?.namespace ?? null;
  }

  /** True when the namespace was created here. */
  has_namespace(path: string): boolean {
    return this.#namespaces.has(path);
  }

  /**
   * One step: runs the callbacks for what has arrived, within the budget. Called from inside a callback it does nothing and returns 0.
   * @returns how many callbacks it ran
   */
  poll(): number {
    if (this.#depth > 0) return 0;
    this.#callbacks = 0;
    this.#polls++;
    const { clock, poll_max_packets, poll_max_time } = this.#options;
    const until = poll_max_time > 0 ? clock() + poll_max_time : Infinity;
    let events = 0;
    const most = poll_max_packets || Infinity;
    // What comes while these callbacks run is for the next poll. One of them may close the server.
    for (let left = this.#arrivals.length; left > 0 && this.#arrivals.length > 0; left--) {
      // Events use it up, but not one that nobody hears: a newer one came, or its client was thrown out.
      if (!this.#deliver(this.#arrivals.shift()!)) continue;
      if (++events >= most || (until < Infinity && clock() >= until)) break;
    }
    return this.#callbacks;
  }

  /** What waits for the next `poll()`. */
  get_pending_count(): number {
    return this.#arrivals.length;
  }

  /** What was counted so far, in a new object each time. */
  get_stats(): ServerStats {
    let clients = 0;
    for (const { namespace } of this.#namespaces.values()) clients += namespace.get_clients().length;
    return { clients, inbox_length: this.#arrivals.length, ...this.#stats };
  }

  /**
   * Throws every client out, of which `client_disconnected` tells before this returns, and hears no others. The socket.io server
   * goes on; close it yourself.
   */
  close(): void {
    this.io.off("new_namespace", this.#renewed);
    for (const { namespace, enter } of this.#namespaces.values()) namespace.io.off("connection", enter);
    for (const { namespace } of this.#namespaces.values())
      for (const client of namespace.get_clients()) client.disconnect_client(true);
    // Those of whom nobody has heard, too. Who is told of it may close it as well.
    for (let next = this.#arrivals.shift(); next; next = this.#arrivals.shift()) next.client.disconnect_client(true);
  }

  readonly #renewed = (io: Namespace): void => {
    const served = this.#namespaces.get(io.name);
    if (served === undefined) return;
    served.namespace.io = io;
    io.on("connection", served.enter);
  };

  #serve(path: string): Served {
    const io = this.io.of(path);
    const namespace = new ServerNamespace(this.#owner, io);
    const polls = () => this.#polls;
    const host: ClientHost = {
      get polls() {
        return polls();
      },
      maxQueuedPackets: this.#options.max_queued_packets,
      isLatest: (event) => namespace.isLatest(event),
      arrived: (arrival) => this.#arrivals.push(arrival),
      skipped: () => this.#stats.events_skipped++,
      invoke: (run, event) => this.#invoke(run, event, path),
      passed: (client) => {
        const isKept = this.#passing.size < MOST_PASSING;
        if (isKept) this.#passing.add(client);
        else this.#arrivals.drop(client);
        return isKept;
      },
      left: (client, reason) => {
        this.#passing.delete(client);
        if (namespace.left(client, reason)) this.client_disconnected.emit(client, reason);
      },
    };
    const enter = (socket: Socket) => {
      // A listener that was asked before may have thrown it out.
      if (socket.connected) new ServerClient(host, socket);
    };
    io.on("connection", enter);
    return { namespace, enter };
  }

  /** @returns whether it was an event, and delivered */
  #deliver(arrival: Arrival): boolean {
    const { client } = arrival;
    const { namespace } = this.#namespaces.get(client.get_namespace_path())!;
    if (arrival.kind === "event") return this.#dispatch(namespace, arrival);
    if (arrival.kind === "answer") arrival.settle();
    else if (arrival.kind === "disconnected") client.end(arrival.reason, null);
    else if (client.entered()) {
      namespace.entered(client);
      // One of them may have thrown it out.
      if (client.is_client_connected()) this.client_connected.emit(client);
    }
    return false;
  }

  #dispatch(namespace: ServerNamespace, arrival: EventArrival): boolean {
    const { client, event, data, answer } = arrival;
    if (!client.take(arrival)) return false;
    this.#stats.events_dispatched++;
    namespace.dispatch(client, event, data, answer === null ? null : client.replyTo(arrival));
    this.event_received.emit(client, event, data);
    return true;
  }

  #invoke(run: () => void, event: string, path: string): void {
    this.#callbacks++;
    this.#depth++;
    try {
      run();
    } catch (error) {
      // A callback that throws while it is told of an error must not be told of its own.
      if (event !== "listener_error" && this.listener_error.has_connections())
        this.listener_error.emit(error, event, path);
      else report(error);
    } finally {
      this.#depth--;
    }
  }
}
