import { ackPromise } from "../ack-promise.js";
import { Err, OK, requireCallback, requireThat } from "../errors.js";
import type {
  AckData,
  Answer,
  DefaultEvents,
  EventData,
  EventName,
  EventNameWithAck,
  EventNameWithoutData,
  EventsMap,
} from "../events.js";
import type { FakeConnection } from "./fake-connection.js";
import { forEach } from "./fake-line.js";
import type { FakeNamespace } from "./fake-namespace.js";
import { ACK, CONNECT, DISCONNECT, EVENT, encodePacket, type Frame, type Packet, requireEvent } from "./fake-wire.js";

/** Seconds that an acknowledgement is waited for unless told otherwise; as the client's `ack_timeout`. */
const ACK_TIMEOUT = 5;

/** Answers an event that wants an acknowledgement; only the first call does anything. */
// biome-ignore lint/suspicious/noExplicitAny: who names it without an event answers any
export type FakeReply<Response extends readonly unknown[] = any> = Answer<Response, void>;

/** An event that a client has sent. */
export interface ReceivedEvent {
  readonly event: string;
  readonly data: readonly unknown[];
}

/** What stays of a session when its connection is lost, if the server has recovery. */
export interface FakeSession {
  readonly pid: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
  /** What was emitted, in order, and when. */
  readonly log: { readonly offset: string; readonly frames: readonly Frame[]; readonly time: number }[];
  socket: FakeSocket | null;
  /** When the connection was lost last; `Infinity` if it never was. */
  lostAt: number;
}

interface Listener {
  readonly callback: (data: never, reply?: FakeReply) => unknown;
  readonly once: boolean;
}

interface Pending {
  readonly settle: (response: unknown[], error: Err) => void;
  readonly cancel: () => void;
}

/**
 * A client in a namespace, as its server has it: what socket.io calls a socket. Its listeners get the event's arguments as an
 * array, as the client's do.
 *
 * @example
 * server.on("connection", (socket) => {
 *   socket.emit("welcome", [`hello ${socket.auth.name}`]);
 *   socket.on("join", ([room], reply) => reply?.([`joined ${room}`]));
 * });
 */
export class FakeSocket<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents> {
  /** The Socket.IO session id: `namespace.get_session_id()` of the client. */
  readonly id: string;
  readonly namespace: FakeNamespace<L, E>;
  readonly connection: FakeConnection;
  /** What the client gave to `connect_to_url` or `connect_to_namespace`; `{}` for nothing. */
  // biome-ignore lint/suspicious/noExplicitAny: a game knows what it has sent
  readonly auth: Readonly<Record<string, any>>;
  /** For whatever the script of a test wants to remember; kept when the session is recovered. */
  readonly data: Record<string, unknown>;
  /** Whether this is a session that had been lost. */
  readonly recovered: boolean;
  /** Every event that the client has sent, in order, listened to or not. */
  readonly received: ReceivedEvent[] = [];
  readonly #session: FakeSession | null;
  readonly #listeners = new Map<string, Listener[]>();
  readonly #pending = new Map<number, Pending>();
  #isConnected = false;
  /** Not let in yet, but written to, as by socket.io unless it has recovery: the client hears that when it is in. */
  #isEarly: boolean;
  #nextAck = 0;

  /** @internal */
  constructor(
    namespace: FakeNamespace<L, E>,
    connection: FakeConnection,
    auth: Record<string, unknown>,
    id: string,
    session: FakeSession | null,
    recovered: boolean,
  ) {
    this.namespace = namespace;
    this.connection = connection;
    this.auth = auth;
    this.id = id;
    this.#session = session;
    this.#isEarly = session === null;
    this.data = session?.data ?? {};
    this.recovered = recovered;
  }

  /** Whether it is there, as far as the server knows. */
  get connected(): boolean {
    return this.#isConnected;
  }

  /**
   * Calls `callback` for every such event, while the client writes it: inside its `poll()`, `flush()` or `close()`, or inside
   * `advance()` of the clock when a `LinkSimulator` is in between. What it throws comes out of there. `reply` is there when the
   * client wants an acknowledgement. The event `"disconnect"` comes from the server itself, with the reason.
   */
  on(event: "disconnect", callback: (data: [reason: string]) => unknown): void;
  on<N extends EventName<L>>(
    event: N,
    callback: (data: EventData<L, N>, reply?: FakeReply<AckData<L, N>>) => unknown,
  ): void;
  on(event: string, callback: Listener["callback"]): void {
    this.#listen(event, callback, false);
  }

  /** As `on`, for the next such event only. */
  once(event: "disconnect", callback: (data: [reason: string]) => unknown): void;
  once<N extends EventName<L>>(
    event: N,
    callback: (data: EventData<L, N>, reply?: FakeReply<AckData<L, N>>) => unknown,
  ): void;
  once(event: string, callback: Listener["callback"]): void {
    this.#listen(event, callback, true);
  }

  /** Removes the first listener that is `callback`, or all of the event. */
  off(event: string, callback?: (data: never, reply?: FakeReply) => unknown): void {
    const listeners = this.#of(event);
    const index = callback === undefined ? -1 : listeners.findIndex((listener) => listener.callback === callback);
    if (callback === undefined) this.#listeners.delete(event);
    else if (index >= 0) this.#listeners.set(event, listeners.toSpliced(index, 1));
  }

  /**
   * Sends an event. To a client that has gone nothing is sent, unless its session can still be recovered.
   * @throws TypeError for a reserved name, data that is no array or cannot be encoded
   */
  emit<N extends EventName<E>>(event: N, data: Readonly<EventData<E, N>>): void;
  emit(event: EventNameWithoutData<E>): void;
  emit(event: string, data: readonly unknown[] = []): void {
    requireEvent(event, data);
    const session = this.#session;
    if (session === null) this.#send(EVENT, [event, ...data]);
    else if (this.#isConnected || this.namespace.canRecover(session)) {
      const offset = this.namespace.nextOffset();
      const frames = this.#encode(EVENT, [event, ...data, offset]);
      this.namespace.log(session, frames, offset);
      if (this.#isConnected) this.connection.write(frames);
    }
  }

  /**
   * Sends an event that wants an acknowledgement. `callback` gets the array of the client's arguments and `OK`; after `timeout`
   * seconds `["timeout"]` and `ERR_TIMEOUT`; when the client goes before, `["timeout"]` and `ERR_CONNECTION_ERROR`.
   */
  emit_with_ack<N extends EventNameWithAck<E>>(
    event: N,
    data: Readonly<EventData<E, N>>,
    callback: (response: AckData<E, N>, error: Err) => void,
    timeout?: number,
  ): void;
  /** The same as a promise of the client's arguments. It rejects with an `AckError`. */
  emit_with_ack<N extends EventNameWithAck<E>>(
    event: N,
    data: Readonly<EventData<E, N>>,
    timeout?: number,
  ): Promise<AckData<E, N>>;
  emit_with_ack<N extends EventNameWithAck<E> & EventNameWithoutData<E>>(event: N): Promise<AckData<E, N>>;
  emit_with_ack(
    event: string,
    data: readonly unknown[] = [],
    callback: number | ((response: never, error: Err) => void) = ACK_TIMEOUT,
    timeout: number = ACK_TIMEOUT,
  ): unknown {
    if (typeof callback === "function") return this.#ask(event, data, callback as Pending["settle"], timeout);
    requireThat(typeof callback === "number", `emit_with_ack "${event}"`, "a callback, or a timeout", callback);
    return ackPromise<unknown[]>(
      (settle) => {
        this.#ask(event, data, settle, callback);
        return OK;
      },
      () => `no answer to "${event}"`,
    );
  }

  /** Sends an event to every client in the namespace but this one. */
  broadcast<N extends EventName<E>>(event: N, data: Readonly<EventData<E, N>>): void;
  broadcast(event: EventNameWithoutData<E>): void;
  broadcast(event: string, data: readonly unknown[] = []): void {
    this.namespace.broadcast(event, data, this);
  }

  /** Throws the client out of the namespace; its reason is `"server disconnect"`. The connection stays. */
  disconnect(): void {
    if (!this.#isConnected) return;
    this.#send(DISCONNECT, undefined);
    this.connection.left(this.namespace.path);
    this.lost("server namespace disconnect");
  }

  /** @internal The middlewares have let it in. */
  connect(missed: Iterable<readonly Frame[]>): void {
    const { connection, id } = this;
    connection.joined(this as unknown as FakeSocket);
    // Before the answer, as socket.io does.
    for (const frames of missed) connection.write(frames);
    this.#isConnected = true;
    this.#isEarly = false;
    const session = this.#session;
    if (session !== null) {
      session.socket = this as unknown as FakeSocket;
      this.namespace.joined(session);
    }
    this.#send(CONNECT, session === null ? { sid: id } : { sid: id, pid: session.pid });
  }

  /** @internal */
  take({ type, id, data }: Packet): void {
    if (type === DISCONNECT) {
      this.connection.left(this.namespace.path);
      this.lost("client namespace disconnect");
    } else if (type === ACK) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      pending?.cancel();
      pending?.settle(data as unknown[], OK);
    } else {
      const [event, ...args] = data as [string, ...unknown[]];
      this.received.push({ event, data: args });
      this.#dispatch(event, args, id < 0 ? undefined : this.#replyTo(id));
    }
  }

  /** @internal It is not there any more. */
  lost(reason: string): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.namespace.left(this as unknown as FakeSocket<L, E>, this.#session, !reason.includes("namespace"));
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    forEach([...pending, null], (each) => {
      if (each === null) this.#dispatch("disconnect", [reason]);
      else {
        each.cancel();
        each.settle(["timeout"], Err.ERR_CONNECTION_ERROR);
      }
    });
  }

  #listen(event: string, callback: Listener["callback"], once: boolean): void {
    requireThat(typeof event === "string", "the name of an event", "a string", event);
    requireCallback(callback, event);
    this.#listeners.set(event, [...this.#of(event), { callback, once }]);
  }

  #of(event: string): Listener[] {
    return this.#listeners.get(event) ?? [];
  }

  #dispatch(event: string, data: unknown[], reply?: FakeReply): void {
    forEach(this.#of(event), (listener) => {
      // Itself: the same callback may be there for good as well.
      if (listener.once)
        this.#listeners.set(
          event,
          this.#of(event).filter((other) => other !== listener),
        );
      listener.callback(data as never, reply);
    });
  }

  #replyTo(id: number): FakeReply {
    let isUsed = false;
    return (response) => {
      requireThat(Array.isArray(response), "reply: the response", "an array of arguments", response);
      if (isUsed) return;
      isUsed = true;
      this.#send(ACK, response, id);
    };
  }

  #ask(event: string, data: readonly unknown[], settle: Pending["settle"], timeout: number): void {
    requireEvent(event, data);
    const id = this.#nextAck++;
    const frames = this.#encode(EVENT, [event, ...data], id);
    const expire = () => {
      this.#pending.delete(id);
      settle(["timeout"], this.#isHeard ? Err.ERR_TIMEOUT : Err.ERR_CONNECTION_ERROR);
    };
    // Who has gone cannot answer; this is told as soon as time passes.
    const cancel = this.connection.clock.after(this.#isHeard ? timeout : 0, expire);
    if (!this.#isHeard) return;
    this.#pending.set(id, { settle, cancel });
    this.connection.write(frames);
  }

  #send(type: number, data: unknown, id = -1): void {
    if (this.#isHeard) this.connection.write(this.#encode(type, data, id));
  }

  get #isHeard(): boolean {
    return this.#isConnected || (this.#isEarly && this.connection.is_open);
  }

  #encode(type: number, data: unknown, id = -1): Frame[] {
    return encodePacket({ type, namespace: this.namespace.path, id, data }, this.connection.codec);
  }
}
