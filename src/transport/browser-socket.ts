/*
 * The platform's WebSocket as every platform has it. In browser bundles this file takes the place of `platform-socket.ts`;
 * the two are all that imports isomorphic-ws, whose types stay inside them.
 */
import WebSocketImplementation from "isomorphic-ws";
import type { TLSOptions } from "../tls-options.js";
import { OPEN } from "./ready-state.js";
import type { Finality, OutFrame, Transport, TransportHandler, TransportRequest } from "./transport.js";

export type SocketRequest = Pick<
  TransportRequest,
  | "url"
  | "tls"
  | "cookies"
  | "extra_headers"
  | "protocols"
  | "per_message_deflate"
  | "max_payload"
  | "max_queued_bytes"
  | "agent"
>;

/** What a socket of a peer tells, when it happens. Nothing after `closed`, or after it was told to close for good. */
export interface SocketHandler {
  opened?(): void;
  received(frame: string | Uint8Array): void;
  /**
   * Told once. `code` is the peer's, 1006 when it sent none; `error` is what went wrong as far as the platform tells, else
   * `""`; `opened` is false when there never was a connection.
   */
  closed(code: number, reason: string, error: string, opened: boolean): void;
}

/** Whether the platform can honour these TLS settings: a browser has its own trust store. */
export function canHonour(tls: TLSOptions | null): boolean {
  return tls === null || tls.is_default();
}

/** One WebSocket connection, with one packet a frame (Engine.IO 4, "WebSocket"). */
export class PlatformSocket<Handler extends Pick<SocketHandler, "opened" | "received"> = TransportHandler>
  implements Transport
{
  get name(): string {
    return "websocket";
  }

  /** @internal so that the types of isomorphic-ws are in no declaration file. */
  protected readonly socket: WebSocketImplementation;
  /** `null` once nothing more is to be told. */
  protected handler: Handler | null;

  /** @throws when the platform refuses the URL, a protocol or a header at once */
  constructor(request: SocketRequest, handler: Handler) {
    this.handler = handler;
    this.socket = this.open(request);
  }

  /**
   * Opens the socket and listens to it.
   * @internal so that the types of isomorphic-ws are in no declaration file
   */
  protected open({ url, protocols }: SocketRequest): WebSocketImplementation {
    const socket = new WebSocketImplementation(url, [...protocols]);
    let opened = false;
    let error = "";
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      opened = true;
      this.handler?.opened?.();
    };
    socket.onmessage = ({ data }) =>
      this.handler?.received(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
    socket.onerror = ({ message }) => {
      error = message || "the connection failed";
      // Chromium tells no more of a socket that a Content-Security-Policy forbids.
      if (!opened) this.ended(1006, "", error, opened);
    };
    socket.onclose = ({ code, reason }) => this.ended(code, reason, error, opened);
    return socket;
  }

  /** Tells of the end. Who is told of it in another way has a class of his own, rather than an object between the two for each socket. */
  protected ended(code: number, reason: string, error: string, opened: boolean, finality?: Finality): void {
    const handler = this.handler as TransportHandler | null;
    this.handler = null;
    const detail = error || reason || `WebSocket close code ${code}`;
    handler?.closed(
      opened && !error ? "transport close" : "transport error",
      opened ? detail : `no WebSocket connection to ${this.socket.url}: ${detail}`,
      finality,
    );
  }

  get bufferedAmount(): number {
    return this.socket.bufferedAmount;
  }

  /** Stops reading. Both or neither are there: a browser cannot. */
  pause?(): void;
  resume?(): void;

  /** Writes frames, in one go where the platform can; what a socket that is not open is given is lost, as it would be anyway. */
  send(frames: readonly OutFrame[]): void {
    const { socket } = this;
    // Browsers complain in their console about what is sent to a socket that is closing.
    if (socket.readyState === OPEN) for (const frame of frames) socket.send(frame as Uint8Array);
  }

  /**
   * Ends the connection after what was sent; the handler hears nothing more.
   * @param _dead the peer is known to be gone: drop the connection without a farewell, where the platform leaves the choice
   */
  close(_dead = false): void {
    this.handler = null;
    this.socket.close(1000);
  }
}
