import type { TLSOptions } from "../tls-options.js";

/** What a transport can write: text, bytes, or a Blob where the platform can send one. */
export type OutFrame =
  | string
  | Uint8Array
  | { readonly size: number; readonly type: string; arrayBuffer(): Promise<ArrayBuffer> };

/** How a connection is to be opened. */
export interface TransportRequest {
  /** Complete: scheme, path and query are those of the Engine.IO endpoint. */
  readonly url: string;
  readonly tls: TLSOptions | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocols: readonly string[];
  readonly perMessageDeflate: boolean;
  /** The largest message to take in, bytes, where the platform can enforce it. */
  readonly maxPayload: number;
}

/** What a transport tells. Everything is told when it happens; nothing is told after `closed`. */
export interface TransportHandler {
  /** A text frame, or the bytes of a binary one (a private copy). */
  received(frame: string | Uint8Array): void;
  /** The connection could not be made, or is gone. Told once, and not after `close()`. */
  closed(reason: "transport close" | "transport error", message: string): void;
}

/**
 * A connection that carries frames in order, or loses all of them. It owns its I/O and knows nothing of Socket.IO.
 *
 * To play back recordings or simulate a network, implement this and pass a factory as the `transport_factory` option.
 */
export interface Transport {
  /** `"websocket"`, or what `get_transport()` shall say. */
  readonly name: string;
  /** Bytes that were accepted by `send` and not yet by the network. */
  readonly bufferedAmount: number;
  /** Writes frames, together if it can. Called only after the first frame was received. */
  send(frames: readonly OutFrame[]): void;
  /**
   * Ends the connection after what was sent; the handler hears nothing more.
   * @param dead the peer is known to be gone: do not wait for its answer
   */
  close(dead?: boolean): void;
  /** Stops reading, so that the peer is slowed down; both or neither are there. */
  pause?(): void;
  resume?(): void;
}

/** Starts connecting at once. What goes wrong is told to the handler, or thrown if it is known at once. */
export type TransportFactory = (request: TransportRequest, handler: TransportHandler) => Transport;
