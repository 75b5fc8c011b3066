/*
 * The server's side of one Engine.IO 4 session: open packet, heartbeat, the namespaces that were joined over it. As socket.io
 * does, it ends the whole connection when the client writes what it must not.
 */
import type { Codec } from "../index.js";
import type { TransportRequest } from "../transport/transport.js";
import { type FakeLine, forEach } from "./fake-line.js";
import type { FakeNamespace } from "./fake-namespace.js";
import type { FakeSocket } from "./fake-socket.js";
import { CONNECT, CONNECT_ERROR, encodePacket, type Frame, type Packet, PacketReader, WireError } from "./fake-wire.js";
import type { TimeSource } from "./time-source.js";

/** What a `FakeServer` can be told to be. */
export interface FakeServerSettings {
  /** Seconds between two pings; 25 as socket.io's. */
  readonly ping_interval: number;
  /** Seconds that a client has to answer one; 20 as socket.io's. */
  readonly ping_timeout: number;
  /** The most bytes that it takes in one frame; 1,000,000 as socket.io's. */
  readonly max_payload: number;
  /** For how many seconds a session that was lost can be recovered; 0, the default: not at all. */
  readonly recovery: number;
  /** The same as the client's option `codec`; `null`, the default, for the usual packets. */
  readonly codec: Codec | null;
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly clock: TimeSource;
  readonly settings: FakeServerSettings;
  findNamespace(path: string): FakeNamespace | undefined;
  /** Ids are counted, so that a test can say them. */
  nextId(kind: string): string;
  closed(connection: FakeConnection): void;
}

/** One connection of a client to a `FakeServer`. */
export class FakeConnection {
  /** The Engine.IO session id: `client.get_engine_io_session_id()`. */
  readonly id: string;
  /** With what the client has asked for it: `url` has its query, `extra_headers` its headers. */
  readonly request: TransportRequest;
  readonly #host: ConnectionHost;
  readonly #line: FakeLine;
  readonly #reader: PacketReader;
  /** By path; `null` while a middleware has not decided. */
  readonly #sockets = new Map<string, FakeSocket | null>();
  #isOpen = true;
  #cancelPing = () => {};
  #cancelTimeout = () => {};

  /** @internal */
  constructor(host: ConnectionHost, id: string, request: TransportRequest, line: FakeLine) {
    this.#host = host;
    this.id = id;
    this.request = request;
    this.#line = line;
    this.#reader = new PacketReader(host.settings.codec);
  }

  /** Whether it is there, as far as the server knows. */
  get is_open(): boolean {
    return this.#isOpen;
  }

  /** Those of this connection, one for each namespace that was joined. */
  get sockets(): readonly FakeSocket[] {
    return [...this.#sockets.values()].filter((socket) => socket !== null);
  }

  /** Closes it properly; the client's reason is `"transport close"`. */
  close(): void {
    this.#end("forced server close", () => this.#line.end("transport close", "the server closed the connection"));
  }

  /** Closes it abruptly, as a crash or a reset does; the client's reason is `"transport error"`. */
  cut(): void {
    this.#end("transport error", () => this.#line.end("transport error", "the connection was reset"));
  }

  /**
   * From now on nothing passes in either direction and nobody is told, as if a cable had been pulled. Both ends find out when
   * the heartbeat fails to come: `"ping timeout"`.
   */
  hang(): void {
    this.#line.hang();
  }

  /** @internal */
  get clock(): TimeSource {
    return this.#host.clock;
  }

  /** @internal */
  get codec(): Codec | null {
    return this.#host.settings.codec;
  }

  /** @internal The first word of a session, and its heartbeat. */
  start(): void {
    const { ping_interval, ping_timeout, max_payload } = this.#host.settings;
    const handshake = {
      sid: this.id,
      upgrades: [],
      pingInterval: ping_interval * 1000,
      pingTimeout: ping_timeout * 1000,
      maxPayload: max_payload,
    };
    this.#schedulePing();
    this.#line.write([`0${JSON.stringify(handshake)}`]);
  }

  /** @internal */
  received(frames: readonly Frame[]): void {
    const joined = new Set(this.sockets.map(({ namespace }) => namespace.path));
    forEach(frames, (frame) => this.#take(frame, joined));
  }

  /** @internal The client has closed it. */
  ended(): void {
    this.#end("transport close", () => this.#line.end("transport close", ""));
  }

  /** @internal The server stops. */
  shutDown(): void {
    this.#end("server shutting down", () => this.#line.end("transport close", "the server is shutting down"));
  }

  /** @internal */
  write(frames: readonly Frame[]): void {
    if (this.#isOpen) this.#line.write(frames);
  }

  /** @internal */
  joined(socket: FakeSocket): void {
    this.#sockets.set(socket.namespace.path, socket);
  }

  /** @internal The namespace is left, or was not joined. */
  left(path: string): void {
    this.#sockets.delete(path);
  }

  /** @param joined the namespaces that were joined when it came */
  #take(frame: Frame, joined: ReadonlySet<string>): void {
    if (!this.#isOpen) return;
    const size = typeof frame === "string" ? new TextEncoder().encode(frame).length : frame.length;
    if (size > this.#host.settings.max_payload) {
      this.#end("transport error", () => this.#line.end("transport close", "the frame is too large (1009)"));
      return;
    }
    try {
      if (typeof frame !== "string" || frame[0] === "4") this.#message(frame, joined);
      else if (frame === "3") this.#ponged();
      else if (frame === "1") this.ended();
      else throw new WireError(`no Engine.IO packet that a client sends: ${frame}`);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#end("parse error", () => this.#line.end("transport close", error.message));
    }
  }

  #message(frame: Frame, joined: ReadonlySet<string>): void {
    const packet = this.#reader.read(frame);
    if (packet === null) return;
    const { namespace: path, type } = packet;
    const socket = this.#sockets.get(path);
    if (type === CONNECT) {
      if (socket !== undefined) throw new WireError(`a second CONNECT to ${path}`);
      this.#join(path, (packet.data ?? {}) as Record<string, unknown>);
    } else if (socket) socket.take(packet);
    // Whoever has gone since it came does not hear it: as with socket.io, whose it is was settled before anybody was called.
    else if (!joined.has(path)) throw new WireError(`a packet for ${path}, which is not joined`);
  }

  #join(path: string, auth: Record<string, unknown>): void {
    const namespace = this.#host.findNamespace(path);
    if (namespace === undefined) {
      const refusal: Packet = { type: CONNECT_ERROR, namespace: path, id: -1, data: { message: "Invalid namespace" } };
      this.write(encodePacket(refusal, this.#host.settings.codec));
      return;
    }
    this.#sockets.set(path, null);
    namespace.join(this, auth);
  }

  /** As engine.io: the next ping comes one interval after the answer to the last. */
  #schedulePing(): void {
    const { clock, settings } = this.#host;
    this.#cancelPing = clock.after(settings.ping_interval, () => {
      this.#cancelTimeout = clock.after(settings.ping_timeout, () => {
        this.#end("ping timeout", () => this.#line.end("transport close", "the client did not answer a ping"));
      });
      this.#line.write(["2"]);
    });
  }

  #ponged(): void {
    this.#cancelPing();
    this.#cancelTimeout();
    this.#schedulePing();
  }

  #end(reason: string, tell: () => void): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#cancelPing();
    this.#cancelTimeout();
    this.#host.closed(this);
    const { sockets } = this;
    this.#sockets.clear();
    tell();
    forEach(sockets, (socket) => socket.lost(reason));
  }
}
