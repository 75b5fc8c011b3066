import { requireOptions, requireThat, withoutUndefined } from "../errors.js";
import type { DefaultEvents, EventData, EventName, EventNameWithoutData, EventsMap } from "../events.js";
import { requirePath } from "../namespace.js";
import type { TransportFactory } from "../transport/transport.js";
import { type ConnectionHost, FakeConnection, type FakeServerSettings } from "./fake-connection.js";
import { FakeLine, forEach } from "./fake-line.js";
import { FakeNamespace, type Middleware } from "./fake-namespace.js";
import type { FakeSocket } from "./fake-socket.js";
import { ManualClock } from "./manual-clock.js";

/** What `new FakeServer()` takes. */
export interface FakeServerOptions extends Partial<FakeServerSettings> {
  /** In which it lives; the client needs its `read` as the option `clock`. Default: one of its own. */
  readonly clock?: ManualClock;
}

const DEFAULTS: FakeServerSettings = {
  ping_interval: 25,
  ping_timeout: 20,
  max_payload: 1_000_000,
  recovery: 0,
  codec: null,
};

/**
 * A Socket.IO server in memory, for the tests of a game: no network, no port, no waiting. It speaks the protocol with the
 * client frame by frame, and is scripted as a server of socket.io is written. No counterpart in Godot.
 *
 * A connection is made when its clock is advanced, be it by 0. After that what one side writes the other has at once.
 *
 * @example
 * const clock = new ManualClock();
 * const server = new FakeServer({ clock });
 * server.on("connection", (socket) => socket.emit("welcome", ["hi"]));
 * const client = new SocketIOClient({ clock: clock.read, transport_factory: server.transport_factory });
 * client.connect_to_url("ws://test");
 * clock.advance(0);
 * client.poll(); // connected, and welcomed
 */
export class FakeServer<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents> {
  readonly clock: ManualClock;
  /** For the client's option of that name, or for `LinkSimulator.wrap()`. */
  readonly transport_factory: TransportFactory;
  readonly #host: ConnectionHost;
  readonly #namespaces = new Map<string, FakeNamespace>();
  readonly #connections = new Set<FakeConnection>();
  readonly #main: FakeNamespace<L, E>;
  #isRunning = true;

  /** @throws TypeError for an option that does not exist or a value that cannot be */
  constructor(options: FakeServerOptions = {}) {
    const { clock = new ManualClock(), ...settings } = { ...DEFAULTS, ...checkOptions(options) };
    this.clock = clock;
    const counts = new Map<string, number>();
    this.#host = {
      clock,
      settings,
      findNamespace: (path) => this.#namespaces.get(path),
      nextId(kind) {
        const count = (counts.get(kind) ?? 0) + 1;
        counts.set(kind, count);
        return `${kind}-${count}`;
      },
      closed: (connection) => this.#connections.delete(connection),
    };
    this.transport_factory = (request, handler) => {
      const line = new FakeLine(handler);
      // Not at once: the client does not have its end of the line before this returns.
      clock.after(0, () => {
        if (!this.#isRunning) line.end("transport error", `no connection to ${request.url}: nobody listens`);
        else {
          const connection = new FakeConnection(this.#host, this.#host.nextId("engine"), request, line);
          if (!line.accept(connection)) return;
          this.#connections.add(connection);
          connection.start();
        }
      });
      return line;
    };
    this.#main = this.of<L, E>("/");
  }

  /** Open connections, in the order in which they were made. */
  get connections(): readonly FakeConnection[] {
    return [...this.#connections];
  }

  /** The clients in the main namespace. */
  get sockets(): readonly FakeSocket<L, E>[] {
    return this.#main.sockets;
  }

  /** Whether it takes connections. */
  get is_running(): boolean {
    return this.#isRunning;
  }

  /**
   * The namespace of that path, made on first use. A client that asks for one that was not made is refused: `"Invalid namespace"`.
   * @throws TypeError unless `path` starts with `/` and has no `?`, `,` or control character
   */
  of<NL extends EventsMap<NL> = DefaultEvents, NE extends EventsMap<NE> = DefaultEvents>(
    path: string,
  ): FakeNamespace<NL, NE> {
    requirePath(path);
    let namespace = this.#namespaces.get(path);
    if (namespace === undefined) {
      namespace = new FakeNamespace(this.#host, path);
      this.#namespaces.set(path, namespace);
    }
    return namespace as unknown as FakeNamespace<NL, NE>;
  }

  /** `of("/").on(…)`: calls `callback` for every client that joins the main namespace. */
  on(event: "connection", callback: (socket: FakeSocket<L, E>) => void): void {
    this.#main.on(event, callback);
  }

  /** `of("/").off(…)` */
  off(event: "connection", callback?: (socket: FakeSocket<L, E>) => void): void {
    this.#main.off(event, callback);
  }

  /** `of("/").use(…)` */
  use(middleware: Middleware<L, E>): void {
    this.#main.use(middleware);
  }

  /** `of("/").emit(…)`: sends an event to every client in the main namespace. */
  emit<N extends EventName<E>>(event: N, data: Readonly<EventData<E, N>>): void;
  emit(event: EventNameWithoutData<E>): void;
  emit(event: string, data: readonly unknown[] = []): void {
    this.#main.broadcast(event, data, null);
  }

  /** Closes every connection and takes no other. */
  stop(): void {
    this.#isRunning = false;
    forEach(this.connections, (connection) => connection.shutDown());
  }

  /** Takes connections again. */
  start(): void {
    this.#isRunning = true;
  }
}

function checkOptions(options: FakeServerOptions): FakeServerOptions {
  requireOptions(options, ["clock", ...Object.keys(DEFAULTS)], "a FakeServer");
  const given = withoutUndefined(options);
  for (const [name, value] of Object.entries(given)) {
    if (name === "clock") requireThat(value instanceof ManualClock, 'option "clock"', "a ManualClock", value);
    else if (name === "codec") {
      const isCodec = value === null || typeof value?.decode === "function";
      requireThat(isCodec, 'option "codec"', "a codec like msgpack(), or null", value);
    } else {
      const [least, bound] = name === "recovery" ? [0, "of 0 or more"] : [Number.MIN_VALUE, "above 0"];
      const isAmount = Number.isFinite(value) && value >= least;
      requireThat(isAmount, `option "${name}"`, `a finite number ${bound}`, value);
    }
  }
  return given;
}
