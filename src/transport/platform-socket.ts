/*
 * The platform's WebSocket. Where it is `ws`, that is in Node, it can do more than a browser's, and all of that is here:
 * headers, TLS, compression, a limit of size, one write for many frames, pause, an end without a farewell.
 * In browser bundles `browser-socket.ts` takes the place of this file.
 */
import WebSocketImplementation from "isomorphic-ws";
import type { TLSOptions } from "../tls-options.js";
import {
  PlatformSocket as BrowserSocket,
  canHonour as browserCanHonour,
  type SocketHandler,
  type SocketRequest,
} from "./browser-socket.js";
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
  #stream: { cork(): void; uncork(): void } | null = null;

  constructor(request: SocketRequest, handler: SocketHandler) {
    let failure: NodeError | null = null;
    const listener: SocketHandler = {
      opened: () => handler.opened?.(),
      received: (frame) => handler.received(frame),
      closed(code, reason, error, opened) {
        const text = failure === null ? error : explain(failure, request.url.startsWith("wss:"), !opened);
        handler.closed(code === 1006 ? closeCode(failure?.code) : code, reason, text, opened);
      },
    };
    super(request, listener, nodeOptions(request));
    this.socket.on("error", (error) => {
      failure ??= error;
    });
    this.socket.on("upgrade", ({ socket, headers }) => {
      this.#stream = socket;
      request.cookies?.store(request.url, headers["set-cookie"] ?? []);
    });
  }

  override send(frames: readonly OutFrame[]): void {
    const stream = this.#stream;
    stream?.cork();
    try {
      super.send(frames);
    } finally {
      stream?.uncork();
    }
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
