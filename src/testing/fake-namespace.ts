import { requireCallback, requireThat } from "../errors.js";
import type { DefaultEvents, EventData, EventName, EventNameWithoutData, EventsMap } from "../events.js";
import type { ConnectionHost, FakeConnection } from "./fake-connection.js";
import { forEach } from "./fake-line.js";
import { type FakeSession, FakeSocket } from "./fake-socket.js";
import { CONNECT_ERROR, encodePacket, type Frame, requireEvent } from "./fake-wire.js";

/** Why a client is not let in: what its `connect_error` says. */
export interface Refusal {
  readonly message: string;
  /** Sent along. */
  readonly data?: unknown;
}

/**
 * Decides whether a client may join: `next()` lets it in, `next({ message, data })` refuses it. It may call that later; until
 * then the client is connecting.
 */
export type Middleware<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents> = (
  socket: FakeSocket<L, E>,
  next: (refusal?: Refusal) => void,
) => void;

/**
 * A namespace of a `FakeServer`, made by `FakeServer.of()`. Only those that were made exist for a client.
 *
 * @example
 * server.of("/admin").use((socket, next) => {
 *   if (socket.auth.token === "secret") next();
 *   else next({ message: "not authorized", data: { hint: "log in first" } });
 * });
 */
export class FakeNamespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents> {
  readonly path: string;
  readonly #host: ConnectionHost;
  readonly #middlewares: Middleware<L, E>[] = [];
  #listeners: ((socket: FakeSocket<L, E>) => void)[] = [];
  readonly #sockets = new Set<FakeSocket<L, E>>();
  /** By `pid`, those that can be recovered when their connection is lost. */
  readonly #sessions = new Map<string, FakeSession>();
  /** Those whose connection is lost, in the order in which it was. */
  readonly #lost = new Set<FakeSession>();
  #offsets = 0;

  /** @internal */
  constructor(host: ConnectionHost, path: string) {
    this.#host = host;
    this.path = path;
  }

  /** The clients that have joined it, in that order. */
  get sockets(): readonly FakeSocket<L, E>[] {
    return [...this.#sockets];
  }

  /** Calls `callback` for every client that joins, before it can send anything. */
  on(event: "connection", callback: (socket: FakeSocket<L, E>) => void): void {
    requireThat(event === "connection", "the event of a FakeNamespace", '"connection"', event);
    requireCallback(callback);
    this.#listeners = [...this.#listeners, callback];
  }

  /** Removes that callback, or all of them. */
  off(event: "connection", callback?: (socket: FakeSocket<L, E>) => void): void {
    requireThat(event === "connection", "the event of a FakeNamespace", '"connection"', event);
    this.#listeners = callback === undefined ? [] : this.#listeners.filter((each) => each !== callback);
  }

  /** Adds a middleware: each is asked in turn. Not for a session that is recovered, as with socket.io. */
  use(middleware: Middleware<L, E>): void {
    requireCallback(middleware);
    this.#middlewares.push(middleware);
  }

  /**
   * Sends an event to every client in the namespace.
   * @throws TypeError for a reserved name, data that is no array or cannot be encoded
   */
  emit<N extends EventName<E>>(event: N, data: Readonly<EventData<E, N>>): void;
  emit(event: EventNameWithoutData<E>): void;
  emit(event: string, data: readonly unknown[] = []): void {
    this.broadcast(event, data, null);
  }

  /** @internal */
  broadcast(event: string, data: readonly unknown[], except: FakeSocket<L, E> | null): void {
    requireEvent(event, data);
    this.#forget();
    const lost = Array.from(this.#lost, ({ socket }) => socket);
    for (const socket of [...this.#sockets, ...lost] as unknown as FakeSocket[])
      if (socket !== (except as unknown)) socket.emit(event, data);
  }

  /** @internal A client wants to join. */
  join(connection: FakeConnection, { pid, offset, ...auth }: Record<string, unknown>): void {
    const { settings } = this.#host;
    this.#forget();
    const session = this.#sessions.get(pid as string);
    const seen = session?.log.findIndex((entry) => entry.offset === offset) ?? -1;
    if (session !== undefined && seen >= 0 && this.#lost.has(session)) {
      const socket = this.#make(connection, auth, session.id, session, true);
      this.#connect(
        socket,
        session.log.slice(seen + 1).map(({ frames }) => frames),
      );
      return;
    }
    const id = this.#host.nextId("socket");
    const fresh: FakeSession | null =
      settings.recovery > 0
        ? { pid: this.#host.nextId("private"), id, data: {}, log: [], socket: null, lostAt: Infinity }
        : null;
    // Whoever has no use for them may have auth of these names.
    const own =
      fresh === null ? { ...auth, ...(pid !== undefined && { pid }), ...(offset !== undefined && { offset }) } : auth;
    const socket = this.#make(connection, own, id, fresh, false);
    this.#ask(socket, 0);
  }

  /** @internal A client is in, for the first time or again. */
  joined(session: FakeSession): void {
    this.#sessions.set(session.pid, session);
    this.#lost.delete(session);
  }

  /** @internal */
  left(socket: FakeSocket<L, E>, session: FakeSession | null, isRecoverable: boolean): void {
    this.#sockets.delete(socket);
    if (session === null) return;
    if (isRecoverable) {
      session.lostAt = this.#host.clock.now;
      this.#lost.add(session);
    } else this.#sessions.delete(session.pid);
  }

  /** @internal Whether its client is gone, but not for too long. */
  canRecover(session: FakeSession): boolean {
    this.#forget();
    return this.#lost.has(session);
  }

  /** @internal Keeps an event for a recovery, and what came before it as far as one can ask for it. */
  log({ log }: FakeSession, frames: readonly Frame[], offset: string): void {
    const { clock, settings } = this.#host;
    const { recovery, ping_interval, ping_timeout } = settings;
    log.push({ offset, frames, time: clock.now });
    // When a connection is given up, its client has had all that was written before the last ping that it answered.
    const end = clock.now - (recovery + ping_interval + 2 * ping_timeout);
    // The newest of those is what it has seen last.
    while (log.length > 1 && log[1]!.time < end) log.shift();
  }

  /** @internal What a client remembers of an event, to say what it has missed. */
  nextOffset(): string {
    return `${this.path}-${++this.#offsets}`.replace("/", "N");
  }

  /** Drops the sessions that cannot be recovered any more. */
  #forget(): void {
    const { clock, settings } = this.#host;
    for (const session of this.#lost) {
      if (clock.now - session.lostAt <= settings.recovery) return;
      this.#lost.delete(session);
      this.#sessions.delete(session.pid);
    }
  }

  #make(
    connection: FakeConnection,
    auth: Record<string, unknown>,
    id: string,
    session: FakeSession | null,
    recovered: boolean,
  ): FakeSocket<L, E> {
    return new FakeSocket<L, E>(this, connection, auth, id, session, recovered);
  }

  #ask(socket: FakeSocket<L, E>, index: number): void {
    const middleware = this.#middlewares[index];
    if (middleware === undefined) {
      this.#connect(socket, []);
      return;
    }
    let isAnswered = false;
    middleware(socket, (refusal) => {
      if (isAnswered || !socket.connection.is_open) return;
      isAnswered = true;
      if (refusal === undefined) this.#ask(socket, index + 1);
      else this.#refuse(socket.connection, refusal);
    });
  }

  #refuse(connection: FakeConnection, { message, data }: Refusal): void {
    connection.left(this.path);
    const answer = data === undefined ? { message } : { message, data };
    connection.write(
      encodePacket({ type: CONNECT_ERROR, namespace: this.path, id: -1, data: answer }, this.#host.settings.codec),
    );
  }

  #connect(socket: FakeSocket<L, E>, missed: readonly (readonly Frame[])[]): void {
    this.#sockets.add(socket);
    socket.connect(missed);
    forEach(this.#listeners, (listener) => listener(socket));
  }
}
