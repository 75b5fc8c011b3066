/*
 * The platform's WebSocket: `ws` in Node, the global one in browsers. The only file that imports isomorphic-ws, whose types
 * stay inside it.
 */

import WebSocketImplementation from "isomorphic-ws";
import type { TLSOptions } from "../tls-options.js";
import type { OutFrame } from "./transport.js";

export interface SocketSettings {
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TLSOptions | null;
  readonly perMessageDeflate: boolean;
  readonly maxPayload: number;
}

export interface SocketHandler {
  opened(): void;
  received(frame: string | Uint8Array): void;
  /** `error` is what went wrong as far as the platform tells, else `""`. */
  closed(code: number, reason: string, error: string): void;
}

/** True where the implementation is `ws`, which can do more than a browser's: headers, TLS, pause, cork. */
export const isNodeSocket = typeof WebSocketImplementation?.prototype?.terminate === "function";

/** Whether the platform can honour these TLS settings. */
export function canHonour(tls: TLSOptions | null): boolean {
  return isNodeSocket || tls === null || tls.is_default();
}

/** The options of `ws`; a browser's constructor takes none. */
function nodeOptions(settings: SocketSettings): object {
  const { tls } = settings;
  const identity = tls?.get_identity();
  const name = tls?.get_common_name_override();
  const chain = tls?.get_trusted_ca_chain();
  return {
    headers: settings.headers,
    perMessageDeflate: settings.perMessageDeflate,
    maxPayload: settings.maxPayload,
    ...(chain ? { ca: chain } : null),
    ...(name ? { servername: name } : null),
    ...(identity ? { cert: identity.certificate, key: identity.private_key, passphrase: identity.passphrase } : null),
    // Unsafe with a chain still verifies the signature, only not the name.
    ...(tls?.is_unsafe_client()
      ? chain
        ? { checkServerIdentity: () => undefined }
        : { rejectUnauthorized: false }
      : null),
  };
}

export class PlatformSocket {
  readonly #socket: WebSocketImplementation;
  #handler: SocketHandler | null;
  /** The TCP socket below, in Node. */
  #stream: { cork(): void; uncork(): void } | null = null;
  #error = "";

  /** @throws when the platform refuses the URL, a protocol or a certificate at once. */
  constructor(url: string, settings: SocketSettings, handler: SocketHandler) {
    this.#handler = handler;
    const protocols = [...settings.protocols];
    const socket = isNodeSocket
      ? new WebSocketImplementation(url, protocols, nodeOptions(settings))
      : new WebSocketImplementation(url, protocols);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#handler?.opened();
    socket.onmessage = ({ data }) =>
      this.#handler?.received(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
    // Never taken off again: with `ws` an error that nobody hears is thrown.
    socket.onerror = (event) => {
      this.#error ||= event.message || "the connection failed";
    };
    socket.onclose = ({ code, reason }) => {
      const closing = this.#handler;
      this.#handler = null;
      closing?.closed(code, reason, this.#error);
    };
    if (isNodeSocket)
      socket.on("upgrade", (response) => {
        this.#stream = response.socket;
      });
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  get canPause(): boolean {
    return isNodeSocket;
  }

  /** Writes frames with one system call where the platform allows it. */
  send(frames: readonly OutFrame[]): void {
    const socket = this.#socket;
    if (socket.readyState !== 1) return;
    this.#stream?.cork();
    for (const frame of frames) socket.send(frame as Uint8Array);
    this.#stream?.uncork();
  }

  /** Starts the closing handshake; `forget` when its end is of no interest any more. */
  close(code: number, reason: string, forget: boolean): void {
    if (forget) this.#handler = null;
    this.#socket.close(code, reason);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
