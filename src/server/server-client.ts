import type { Socket } from "socket.io";
import { ackPromise } from "../ack-promise.js";
import {
  ERR_ALREADY_IN_USE,
  ERR_CONNECTION_ERROR,
  ERR_TIMEOUT,
  ERR_UNAVAILABLE,
  type Err,
  OK,
  requireCallback,
  requireTimeout,
} from "../errors.js";
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
import { requireData } from "../namespace-entry.js";
import type { Arrival, EventArrival } from "./arrivals.js";
import { encoded, requireSendable } from "./sending.js";

/**
 * Answers an event for which the client asked for an acknowledgement. Only the first call sends: it returns `OK`, later ones
 * `ERR_ALREADY_IN_USE`. When the client is gone it returns `ERR_UNAVAILABLE` and does nothing.
 */
// biome-ignore lint/suspicious/noExplicitAny: who names it without an event answers any
export type ServerReply<Response extends readonly unknown[] = any> = Answer<Response, Err>;

/** What a client needs of the server that polls it. */
export interface ClientHost {
  /** Of one client, how many of its packets may wait. */
  readonly maxQueuedPackets: number;
  /** How many polls there have been. */
  readonly polls: number;
  /** True for events of which only the newest packet counts. */
  isLatest(event: string): boolean;
  arrived(arrival: Arrival): void;
  /** An `EVENT_LATEST` packet was left out. */
  skipped(): void;
  /** Runs a callback of the game's; what it throws does not come out. */
  invoke(run: () => void, event: string): void;
  /** One is gone of whom the game was not told yet. False when that is not kept for the game. */
  passed(client: ServerClient): boolean;
  left(client: ServerClient, reason: string): void;
}

/** What a timer of Node can hold, in milliseconds; with more it goes off at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

type Callback = (response: never, error: Err) => void;
type Middleware = Parameters<Socket["use"]>[0];

/**
 * One client of a `PolledServer` in one namespace: what socket.io calls a `Socket`, polled. Made by the server; see its signal
 * `client_connected`. No counterpart in Godot.
 *
 * @example
 * server.client_connected.connect((client) => client.emit("welcome", [client.get_session_id()]));
 */
export class ServerClient<EmitEvents extends EventsMap<EmitEvents> = DefaultEvents> {
  /**
   * The socket.io `Socket` itself, for rooms, the request and what else this class does not have. What is registered on it is called
   * between ticks.
   */
  readonly socket: Socket;
  /** Yours: the player that this client is, say. */
  data: unknown = null;
  readonly #host: ClientHost;
  /** Of its packets, as socket.io has them: `socket.use`. */
  readonly #middlewares: Middleware[] = [];
  #isConnected = false;
  /** The game has not been told of it yet. */
  #isNew = true;
  /** Nothing more is told of it. */
  #isOver = false;
  /** How many of its packets wait. */
  #waiting = 0;
  /** The newest packet of each `EVENT_LATEST` event that waits. */
  #newest: Map<string, EventArrival> | null = null;
  #acks: Set<(response: unknown[], error: Err) => void> | null = null;

  /** @internal */
  constructor(host: ClientHost, socket: Socket) {
    this.#host = host;
    this.socket = socket;
    host.arrived({ kind: "connected", client: this.#self, reason: "" });
    socket.on("disconnect", this.#gone);
    socket.use(this.#filter);
    // What is added after this comes before it all the same: what a middleware refuses is not received.
    socket.use = (middleware) => {
      this.#middlewares.push(middleware);
      return socket;
    };
  }

  /** The Socket.IO id, the same as `get_session_id()` of the client's own namespace object. */
  get_session_id(): string {
    return this.socket.id;
  }

  /** That of the namespace which it is in. */
  get_namespace_path(): string {
    return this.socket.nsp.name;
  }

  /** What the client gave as `auth`. */
  get_auth(): Readonly<Record<string, unknown>> {
    return this.socket.handshake.auth;
  }

  /** True from `client_connected` to `client_disconnected`. */
  is_client_connected(): boolean {
    return this.#isConnected;
  }

  /**
   * Sends an event to this client.
   * @returns `OK`, or `ERR_UNAVAILABLE` when it is gone, of which the game may not have heard yet
   * @throws TypeError when `event` is reserved or `data` is not an array, ends with a function, or cannot be encoded
   */
  emit<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit(event: EventNameWithoutData<EmitEvents>): Err;
  emit(event: string, data: readonly unknown[] = []): Err {
    requireSendable(event, data);
    if (!this.socket.connected) return ERR_UNAVAILABLE;
    encoded(event, () => this.socket.emit(event, ...data));
    return OK;
  }

  /** As `emit`, but what cannot be written at once is lost. */
  emit_volatile<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit_volatile(event: EventNameWithoutData<EmitEvents>): Err;
  emit_volatile(event: string, data: readonly unknown[] = []): Err {
    requireSendable(event, data);
    if (!this.socket.connected) return ERR_UNAVAILABLE;
    encoded(event, () => this.socket.volatile.emit(event, ...data));
    return OK;
  }

  /**
   * Sends an event and waits for the client's acknowledgement. `callback` gets the array of its arguments and `OK`; on timeout
   * `["timeout"]` and `ERR_TIMEOUT`; when the client goes first `["timeout"]` and `ERR_CONNECTION_ERROR`. It is called in a
   * `poll()`, exactly once if this returns `OK`, and never otherwise.
   * @param timeout seconds
   * @throws TypeError as `emit`, and when `callback` or `timeout` cannot be used
   */
  emit_with_ack<E extends EventNameWithAck<EmitEvents>>(
    event: E,
    data: Readonly<EventData<EmitEvents, E>>,
    callback: (response: AckData<EmitEvents, E>, error: Err) => void,
    timeout?: number,
  ): Err;
  /** The same as a promise of the client's arguments. It rejects with an `AckError`. */
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
    timeout = 5,
  ): Err | Promise<Response> {
    requireSendable(event, data);
    if (callback !== undefined && typeof callback !== "number") {
      requireCallback(callback, event);
      return this.#ask(event, data, callback, timeout);
    }
    return ackPromise<Response>(
      (settle) => this.#ask(event, data, settle, callback ?? timeout),
      () => `"${event}" was not acknowledged by ${this.get_session_id()}`,
    );
  }

  /**
   * Throws the client out of the namespace. What it has sent and was not delivered is dropped; its acknowledgements fail and
   * `client_disconnected` is emitted, with `"server disconnect"`, before this returns.
   * @param close ends the whole connection, with all its namespaces
   */
  disconnect_client(close = false): void {
    if (!this.#isOver) this.end("server disconnect", close);
  }

  /** @internal The game is told of it. */
  entered(): boolean {
    this.#isNew = false;
    this.#isConnected = !this.#isOver;
    return this.#isConnected;
  }

  /** @internal The game takes a packet; false when it is not wanted any more. */
  take(arrival: EventArrival): boolean {
    if (!arrival.isSkipped) this.#waiting--;
    if (this.#newest?.get(arrival.event) === arrival) this.#newest.delete(arrival.event);
    return !this.#isOver && !arrival.isSkipped;
  }

  /** @internal */
  replyTo({ event, answer }: EventArrival): ServerReply {
    let used = false;
    return (response) => {
      requireData(event, response);
      if (used) return ERR_ALREADY_IN_USE;
      if (!this.socket.connected) return ERR_UNAVAILABLE;
      encoded(event, () => answer!(...response));
      used = true;
      return OK;
    };
  }

  /** @internal It is over: says so, after what this fails. */
  end(reason: string, close: boolean | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.socket.off("disconnect", this.#gone);
    if (close !== null) this.socket.disconnect(close);
    this.#isConnected = false;
    for (const settle of this.#acks ?? []) settle(["timeout"], ERR_CONNECTION_ERROR);
    this.#host.left(this.#self, reason);
  }

  /** Of whatever events: a queue has clients of all of them. */
  get #self(): ServerClient {
    return this as unknown as ServerClient;
  }

  #ask(event: string, data: readonly unknown[], callback: Callback, timeout: number): Err {
    requireTimeout(timeout);
    if (typeof this.socket.timeout !== "function") throw new TypeError("emit_with_ack needs socket.io 4.4 or later");
    if (this.#isOver || !this.socket.connected) return ERR_UNAVAILABLE;
    this.#acks ??= new Set();
    const acks = this.#acks;
    const settle = (response: unknown[], error: Err) => {
      if (acks.delete(settle)) this.#host.invoke(() => callback(response as never, error), event);
    };
    const answered = (late: unknown, ...response: unknown[]) => {
      const [answer, error] = late ? [["timeout"], ERR_TIMEOUT as Err] : [response, OK as Err];
      if (acks.has(settle))
        this.#host.arrived({ kind: "answer", client: this.#self, settle: () => settle(answer, error) });
    };
    // The timer is socket.io's: it forgets the acknowledgement with it.
    const asking = this.socket.timeout(Math.min(timeout * 1000, LONGEST_TIMEOUT));
    encoded(event, () => asking.emit(event, ...data, answered));
    acks.add(settle);
    return OK;
  }

  readonly #filter: Middleware = (packet, next) => {
    const pass = (index: number): void => {
      const middleware = this.#middlewares[index];
      if (middleware) middleware(packet, (error) => (error ? next(error) : pass(index + 1)));
      else {
        // One that takes its time may pass a packet of a client that is gone.
        if (this.socket.connected) this.#received(...packet);
        next();
      }
    };
    pass(0);
  };

  /** @param name a client may also send a number, which socket.io's own listeners hear as text */
  #received(name: string | number, ...args: unknown[]): void {
    const event = `${name}`;
    const isAsked = typeof args.at(-1) === "function";
    const answer = isAsked ? (args.pop() as (...response: unknown[]) => void) : null;
    const { polls: poll } = this.#host;
    const arrival: EventArrival = {
      kind: "event",
      client: this.#self,
      event,
      poll,
      data: args,
      answer,
      isSkipped: false,
    };
    if (answer === null && this.#host.isLatest(event)) {
      this.#newest ??= new Map();
      const older = this.#newest.get(event);
      if (older) {
        this.#host.skipped();
        // A budget has ended the poll before its turn: with a place at the end of the line it might never come to it.
        if (older.poll < poll) {
          older.data = args;
          return;
        }
        older.isSkipped = true;
        older.data = [];
        this.#waiting--;
      }
      this.#newest.set(event, arrival);
    }
    if (++this.#waiting > this.#host.maxQueuedPackets) {
      this.socket.off("disconnect", this.#gone);
      this.#gone("inbound overflow");
      this.socket.disconnect(true);
      return;
    }
    this.#host.arrived(arrival);
  }

  readonly #gone = (reason: string): void => {
    if (this.#isNew && !this.#host.passed(this.#self)) return;
    this.#host.arrived({ kind: "disconnected", client: this.#self, reason });
  };
}
