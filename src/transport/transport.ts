import type { TLSOptions } from "../tls-options.js";

/** What a transport can write: text, bytes, or a Blob where the platform can send one. */
export type OutFrame =
  | string
  | Uint8Array
  | { readonly size: number; readonly type: string; arrayBuffer(): Promise<ArrayBuffer> };

/** The cookies of one client, where the platform leaves them to us: kept between its requests and connections. */
export interface CookieStore {
  /** The value of the `Cookie` header for a request to `url`; `""` for none. */
  header(url: string): string;
  /** Takes the `Set-Cookie` headers of an answer from `url`. */
  store(url: string, headers: readonly string[]): void;
}

/** The options of a client that concern transports, by their own names. */
export interface TransportOptions {
  readonly protocols: readonly string[];
  readonly per_message_deflate: boolean;
  readonly max_payload: number;
  readonly max_queued_bytes: number;
  readonly with_credentials: boolean;
  readonly agent: object | null;
  readonly polling_max_packets: number;
}

/** How a connection is to be opened: the options, and what is for this attempt alone. */
export interface TransportRequest extends TransportOptions {
  /** Complete: scheme, path and query are those of the Engine.IO endpoint, for this transport and session. */
  readonly url: string;
  /** The session that shall move to this transport; `""` to open a new one. It is in the query of `url` as well. */
  readonly sid: string;
  readonly tls: TLSOptions | null;
  /** The option, or what it has answered for this attempt. */
  readonly extra_headers: Readonly<Record<string, string>>;
  /** `null` where the platform keeps cookies, or they are not wanted. */
  readonly cookies: CookieStore | null;
}

/** The largest message to take in, bytes, where the platform can enforce it: the server may announce more than `max_payload`. */
export function largest({ max_payload, max_queued_bytes }: SizeOptions): number {
  return Math.max(max_payload, max_queued_bytes);
}

type SizeOptions = Pick<TransportOptions, "max_payload" | "max_queued_bytes">;

/** How far a failure is final: this transport will never do, this server will never take us, or (`""`) it may do better. */
export type Finality = "" | "transport" | "server";

/** What a transport tells. Everything is told when it happens; nothing is told after `closed`. */
export interface TransportHandler {
  /** Frames can be written, though none was received. Only a transport that a session moves to is waited for like that. */
  opened?(): void;
  /** A text frame, or the bytes of a binary one (a private copy). */
  received(frame: string | Uint8Array): void;
  /** The connection could not be made, or is gone. Told once, and not after `close()`. */
  closed(reason: "transport close" | "transport error", message: string, finality?: Finality): void;
}

/**
 * A connection that carries frames in order, or loses all of them. It owns its I/O and knows nothing of Socket.IO.
 *
 * To play back recordings or simulate a network, implement this and pass a factory as the `transport_factory` option.
 */
export interface Transport {
  /** `"websocket"`, or what `get_transport()` shall say. */
  readonly name: string;
  /** True where binary travels as base64, and so takes a third more of what a message may have. */
  readonly textOnly?: boolean;
  /** Bytes that were accepted by `send` and not yet by the network. */
  readonly bufferedAmount: number;
  /** Writes frames, together if it can. Called only after `opened`, or after the first frame was received. */
  send(frames: readonly OutFrame[]): void;
  /**
   * Ends the connection after what was sent; the handler hears nothing more.
   * @param dead the peer is known to be gone: do not wait for its answer
   */
  close(dead?: boolean): void;
  /** Stops reading, so that the peer is slowed down; both or neither are there. */
  pause?(): void;
  resume?(): void;
  /**
   * The session is open: for a transport that needs to know its id, and the most bytes that the server takes in one message.
   */
  established?(sid: string, maxPayload: number): void;
  /**
   * Asked at each ping of the server: whether what was being written at the ping before still is. The session ends when that has been so
   * for the server's `pingTimeout`.
   */
  isStuck?(): boolean;
  /**
   * The session is about to move to another transport: finishes what is in flight (of which the handler is told as usual),
   * starts nothing more, then calls `done` with what was not written. After that only `close(true)` follows.
   */
  leave?(done: (unsent: readonly OutFrame[]) => void): void;
  /** The session does not move after all: goes on as if `leave` had not been called. */
  stay?(): void;
}

/** Starts connecting at once. What goes wrong is told to the handler, or thrown if it is known at once. */
export interface TransportFactory {
  (request: TransportRequest, handler: TransportHandler): Transport;
  /** The Engine.IO name of its transport, as in the query and in the server's `upgrades`; `"websocket"` if not said. */
  readonly engineName?: string;
}

/** A factory with the Engine.IO name of its transport. */
export function engineTransport(
  engineName: string,
  factory: (request: TransportRequest, handler: TransportHandler) => Transport,
): TransportFactory {
  return Object.assign(factory, { engineName });
}

/** The Engine.IO name of a factory's transport. */
export function engineName({ engineName = "websocket" }: TransportFactory): string {
  return engineName;
}

/**
 * Reads what a user gives to `connect_to_url`. `null` unless it is an absolute `ws:`, `wss:`, `http:` or `https:` URL with
 * a host.
 */
export function parseUrl(url: string): URL | null {
  try {
    const parsed = new URL(url);
    return /^(ws|http)s?:$/.test(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}

/** The address of `url`, which it changes, for that scheme, with or without TLS as it was. A fragment is refused by a WebSocket. */
export function addressOf(url: URL, scheme: "ws" | "http"): string {
  url.hash = "";
  return url.href.replace(/^(ws|http)/, scheme);
}

export function isBlob(frame: OutFrame): frame is Exclude<OutFrame, string | Uint8Array> {
  return typeof frame === "object" && "size" in frame;
}
