/*
 * The platform's WebSocket. Where it is `ws`, that is in Node, it can do more than a browser's, and all of that is here:
 * headers, TLS, compression, a limit of size, one write for many frames, pause, an end without a farewell.
 * In browser bundles `browser-socket.ts` takes the place of this file.
 */
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
import { explain, type NodeError, tlsSettings, withCookies } from "./node-request.js";
import type { OutFrame } from "./transport.js";

export type { SocketHandler, SocketRequest } from "./browser-socket.js";

/**
 * Milliseconds that a peer has to answer a close. The 30 s of `ws` would keep a process alive that is done with a dead server.
 */
const CLOSE_TIMEOUT = 3000;

/** Close codes that `ws` sends when the peer breaks the protocol; anything else of its own is 1002, a protocol error. */
const CLOSE_CODES: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

// Not every platform whose bundlers take the Node version has `ws`: React Native, for one.
const isNode = typeof WebSocketImplementation?.prototype?.terminate === "function";

/** Whether the platform can honour these TLS settings. */
export function canHonour(tls: TLSOptions | null): boolean {
  return isNode || browserCanHonour(tls);
}

class NodeSocket extends BrowserSocket {
  /** The TCP or TLS socket below. */
  #stream: Duplex | null = null;
  #reader: FrameReader | null = null;
  #failure: NodeError | null = null;
  /** `ws` still reads a Blob, behind which everything else has to queue. */
  #hasBlobs = false;

  constructor(request: SocketRequest, handler: SocketHandler) {
    super(request, handler, nodeOptions(request));
  }

  // By the events of `ws` itself: in the manner of browsers it makes an object for each listener and for each message.
  protected override listen({ cookies, url, maxPayload }: SocketRequest): void {
    const { socket } = this;
    socket.on("upgrade", ({ socket: stream, headers }) => {
      this.#stream = stream;
      cookies?.store(url, headers["set-cookie"] ?? []);
    });
    socket.on("open", () => {
      const stream = this.#stream;
      if (stream !== null && socket.extensions === "") this.#reader = new FrameReader(socket, stream, maxPayload, this);
      this.handler?.opened?.();
    });
    socket.on("message", (data, isBinary) => {
      if (this.#reader !== null) this.#reader.told = true;
      // A private copy: `ws` lends a part of what it has read.
      this.take(isBinary ? new Uint8Array(data as Uint8Array) : (data as Buffer).toString());
    });
    // Never taken off again: an error that nobody hears is thrown.
    socket.on("error", (error) => {
      this.#failure ??= error;
    });
    socket.on("close", (code, reason) => {
      const failure = this.#failure;
      const opened = this.#stream !== null;
      const error = failure === null ? "" : explain(failure, url.startsWith("wss:"), !opened);
      this.ended(code === 1006 ? closeCode(failure?.code) : code, reason.toString(), error, opened);
    });
  }

  take(message: string | Uint8Array): void {
    this.handler?.received(message);
  }

  override send(frames: readonly OutFrame[]): void {
    const stream = this.#stream;
    if (this.socket.readyState !== 1 || stream === null) return;
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
    return !this.#hasBlobs && this.socket.extensions === "";
  }

  override pause(): void {
    if (this.socket.readyState === 1) this.socket.pause();
  }

  override resume(): void {
    if (this.socket.isPaused) this.socket.resume();
  }

  protected override end(dead: boolean): void {
    if (dead) {
      this.socket.terminate();
      return;
    }
    super.end(dead);
    // A paused socket would not read the peer's answer.
    this.resume();
  }
}

export type PlatformSocket = BrowserSocket;
export const PlatformSocket: new (request: SocketRequest, handler: SocketHandler) => BrowserSocket = isNode
  ? NodeSocket
  : BrowserSocket;

function nodeOptions({ url, headers, perMessageDeflate, maxPayload, tls, agent, cookies }: SocketRequest): object {
  return {
    ...tlsSettings(tls),
    headers: withCookies(headers, cookies, url),
    perMessageDeflate,
    maxPayload,
    closeTimeout: CLOSE_TIMEOUT,
    agent: agent ?? undefined,
  };
}

/** A peer that broke the protocol is not waited for: the code of such an end is the one that was sent to it. */
function closeCode(error = ""): number {
  return error.startsWith("WS_ERR_") ? (CLOSE_CODES[error] ?? 1002) : 1006;
}
