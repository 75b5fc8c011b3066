/*
 * The platform's WebSocket. Where it is `ws`, that is in Node, it can do more than a browser's, and all of that is here:
 * headers, TLS, compression, a limit of size, one write for many frames, pause, an end without a farewell.
 * In browser bundles `browser-socket.ts` takes the place of this file.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import WebSocketImplementation from "isomorphic-ws";
import type { TLSOptions } from "../tls-options.js";
import {
  PlatformSocket as BrowserSocket,
  canHonour as browserCanHonour,
  type SocketHandler,
  type SocketRequest,
} from "./browser-socket.js";
import { FrameReader } from "./frame-reader.js";
import { maskedFrames } from "./masked-frames.js";
import { CLOSE_TIMEOUT, explain, type NodeError, tlsSettings, withCookies } from "./node-request.js";
import { OPEN } from "./ready-state.js";
import { finalityOf } from "./refusal.js";
import { type Finality, largest, type OutFrame, type TransportHandler } from "./transport.js";

export type { SocketHandler, SocketRequest } from "./browser-socket.js";

/** Close codes that `ws` sends when the peer breaks the protocol; anything else of its own is 1002, a protocol error. */
const CLOSE_CODES: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

/** Milliseconds that a server which refuses the handshake may be silent before it has said why. Meanwhile no other transport is tried. */
const REFUSAL_TIMEOUT = 1000;
/** How much of that is read, and how much is told, in characters. */
const MOST_READ = 4096;
const MOST_TOLD = 200;

// Not every platform whose bundlers take the Node version has `ws`: React Native, for one.
const isNode = typeof WebSocketImplementation?.prototype?.terminate === "function";

/** Whether the platform can honour these TLS settings. */
export function canHonour(tls: TLSOptions | null): boolean {
  return isNode || browserCanHonour(tls);
}

/** What a `ws` tells. */
interface SocketEvents {
  /** Whether that did anything. */
  happened(event: string, first: unknown, second: unknown): boolean;
  /** The closing handshake begins, whoever has asked for it. */
  closing(): void;
}

/**
 * A `ws` that tells its events to one object. Listeners of its own (or properties like `onmessage`, for each of which it makes an object,
 * and one for each message) are a table and five functions: a tenth of all that an idle client keeps.
 */
class DirectSocket extends ((WebSocketImplementation ?? Object) as typeof WebSocketImplementation) {
  hears: SocketEvents | null = null;

  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    return this.hears?.happened(event as string, first, second) ?? false;
  }

  override close(code?: number, reason?: string): void {
    this.hears?.closing();
    super.close(code, reason);
  }
}

class NodeSocket<Handler extends Pick<SocketHandler, "opened" | "received">>
  extends BrowserSocket<Handler>
  implements SocketEvents
{
  /** The TCP or TLS socket below. */
  #stream: Duplex | null = null;
  #reader: FrameReader | null = null;
  #failure: NodeError | null = null;
  #finality: Finality = "";
  /** Where the cookies of the handshake go. */
  #cookies: SocketRequest["cookies"] = null;
  #maxPayload = 0;
  /** With compression only `ws` can read and write. */
  #isPlain = false;
  /** `ws` still reads a Blob, behind which everything else has to queue. */
  #hasBlobs = false;

  constructor(request: SocketRequest, handler: Handler) {
    super(request, handler);
    this.#cookies = request.cookies;
    this.#maxPayload = largest(request);
  }

  protected override open(request: SocketRequest): WebSocketImplementation {
    const socket = new DirectSocket(request.url, [...request.protocols], nodeOptions(request));
    socket.hears = this;
    return socket;
  }

  happened(event: string, first: unknown, second: unknown): boolean {
    if (event === "message") {
      if (this.#reader !== null) this.#reader.told = true;
      // A private copy: `ws` lends a part of what it has read.
      this.take(second ? new Uint8Array(first as Uint8Array) : (first as Buffer).toString());
    } else if (event === "upgrade") {
      const { socket, headers } = first as IncomingMessage;
      this.#stream = socket;
      this.#cookies?.store(this.socket.url, headers["set-cookie"] ?? []);
      this.#cookies = null;
    } else if (event === "unexpected-response") this.#refused(second as IncomingMessage);
    else if (event === "open") {
      this.#isPlain = this.socket.extensions === "";
      if (this.#isPlain && this.#stream !== null)
        this.#reader = new FrameReader(this.socket, this.#stream, this.#maxPayload, this);
      this.handler?.opened?.();
    } else if (event === "error") {
      this.#failure ??= first as NodeError;
      // A peer that broke the protocol is not waited for.
      if (isBreach(this.#failure)) {
        this.#reader?.stop();
        this.#closed(1006, "");
      }
    } else if (event === "close") this.#closed(first as number, (second as Buffer).toString());
    else return false;
    return true;
  }

  /** `ws` waits for half a minute, and would keep a process that is done. As long as anything moves, what was sent has that time. */
  closing(): void {
    // An agent may have made a stream that knows no time.
    const stream = this.#stream as Partial<Socket> | null;
    stream?.setTimeout?.(CLOSE_TIMEOUT, () => stream.destroy?.());
  }

  #closed(code: number, reason: string): void {
    const failure = this.#failure;
    const opened = this.#stream !== null;
    const error = failure === null ? "" : explain(failure, this.socket.url.startsWith("wss:"), !opened);
    const isOurs = code === 1006 && failure !== null && isBreach(failure);
    // The code of such an end is the one that was sent to the peer.
    this.ended(isOurs ? (CLOSE_CODES[failure.code!] ?? 1002) : code, reason, error, opened, this.#finality);
  }

  /** The server answers, and does not switch to WebSocket. Whoever hears that leaves it to us to end the request. */
  #refused(response: IncomingMessage): void {
    const status = response.statusCode!;
    let text = "";
    // Also when the socket was closed meanwhile: then there is nothing left to be ended, and nothing changes.
    const end = () => {
      this.#failure ??= new Error(`Unexpected server response: ${status}${text && `: ${text.slice(0, MOST_TOLD)}`}`);
      this.#finality = finalityOf(status, text);
      this.socket.terminate();
    };
    // An agent may have made a stream that knows no time.
    (response.socket as Partial<Socket>).setTimeout?.(REFUSAL_TIMEOUT, end);
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text = (text + chunk).slice(0, MOST_READ);
      if (text.length === MOST_READ) end();
    });
    // "close" comes last, and alone when the connection breaks.
    response
      .on("end", end)
      .on("close", end)
      .on("error", () => {});
  }

  take(message: string | Uint8Array): void {
    this.handler?.received(message);
  }

  override send(frames: readonly OutFrame[]): void {
    const stream = this.#stream;
    if (this.socket.readyState !== OPEN || stream === null) return;
    if (this.#canWrite(frames)) {
      stream.write(maskedFrames(frames));
      return;
    }
    stream.cork();
    try {
      super.send(frames);
    } finally {
      stream.uncork();
    }
  }

  /** Whether frames can go past `ws`: with compression or a Blob they cannot, nor behind one that it still reads. */
  #canWrite(frames: readonly OutFrame[]): frames is readonly (string | Uint8Array)[] {
    if (this.#hasBlobs && this.bufferedAmount === 0) this.#hasBlobs = false;
    for (const frame of frames) if (typeof frame !== "string" && !(frame instanceof Uint8Array)) this.#hasBlobs = true;
    return this.#isPlain && !this.#hasBlobs;
  }

  override pause(): void {
    if (this.socket.readyState === OPEN) this.socket.pause();
  }

  override resume(): void {
    if (this.socket.isPaused) this.socket.resume();
  }

  override close(dead = false): void {
    if (dead) {
      this.handler = null;
      this.socket.terminate();
      return;
    }
    super.close();
    // A paused socket would not read the peer's answer.
    this.resume();
  }
}

export type PlatformSocket<Handler extends Pick<SocketHandler, "opened" | "received"> = TransportHandler> =
  BrowserSocket<Handler>;
export const PlatformSocket: typeof BrowserSocket = isNode ? NodeSocket : BrowserSocket;

function nodeOptions(request: SocketRequest): object {
  return {
    ...tlsSettings(request.tls),
    headers: withCookies(request, request.url),
    perMessageDeflate: request.per_message_deflate,
    maxPayload: largest(request),
    agent: request.agent ?? undefined,
  };
}

/** @param failure that of a Blob which cannot be read is a DOMException, whose code is a number */
function isBreach({ code }: { readonly code?: unknown }): boolean {
  return String(code).startsWith("WS_ERR_");
}
