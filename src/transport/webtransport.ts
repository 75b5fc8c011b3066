/*
 * Engine.IO over WebTransport (Engine.IO 4, "WebTransport"): one bidirectional stream of an HTTP/3 session.
 *
 *   state     what is there                                  leaves it by
 *   ───────   ────────────────────────────────────────────   ─────────────────────────────────────────────────────
 *   OPENING   the session, then its stream; the open packet  it is written → OPEN; the session fails → OVER
 *   OPEN      the stream, read and written                   the session ends, the stream breaks → OVER
 *   OVER      nobody who listens                             -
 *
 * A session that ends rejects several promises in no particular order, and each platform others. Every one of them is heard,
 * and the first that knows the reason tells it.
 */
import { requireThat } from "../errors.js";
import { encodeFrames, StreamDecoder, type StreamFrame } from "../protocol/stream-framing.js";
import {
  engineTransport,
  isBlob,
  largest,
  type OutFrame,
  type Transport,
  type TransportFactory,
  type TransportHandler,
  type TransportRequest,
} from "./transport.js";

/** What is used of a W3C `WebTransport`: https://www.w3.org/TR/webtransport/ */
export interface WebTransportSession {
  readonly ready: Promise<unknown>;
  readonly closed: Promise<unknown>;
  createBidirectionalStream(): Promise<{
    readonly readable: {
      getReader(): {
        readonly closed: Promise<unknown>;
        read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
      };
    };
    readonly writable: {
      getWriter(): {
        readonly closed: Promise<unknown>;
        write(chunk: Uint8Array): Promise<void>;
        close(): Promise<void>;
      };
    };
  }>;
  close(): void;
}

/** The constructor of sessions; what else `webtransport()` is given is its second argument. */
export type WebTransportConstructor = new (url: string, options?: never) => WebTransportSession;

/** What `webtransport()` takes: two settings of its own, and those of the platform's constructor, which are passed on. */
export interface WebTransportFactoryOptions {
  /** Default: the platform's. */
  readonly WebTransport?: WebTransportConstructor;
  /** Where HTTP/3 is served, if not at the host and port of the URL: `"host"` or `"host:port"`. */
  readonly host?: string;
  readonly allowPooling?: boolean;
  readonly congestionControl?: "default" | "throughput" | "low-latency";
  readonly protocols?: readonly string[];
  readonly requireUnreliable?: boolean;
  /** The certificates to trust instead of the platform's authorities, by their SHA-256: for ones that nobody signed. */
  readonly serverCertificateHashes?: readonly {
    readonly algorithm: string;
    readonly value: ArrayBuffer | ArrayBufferView;
  }[];
}

type Stream = Awaited<ReturnType<WebTransportSession["createBidirectionalStream"]>>;
type Writer = ReturnType<Stream["writable"]["getWriter"]>;
type Blob = Exclude<OutFrame, string | Uint8Array>;
type Ending = readonly [reason: "transport close" | "transport error", message: string];

const MISSING =
  "this platform has no WebTransport (browsers show it to pages from https: and localhost alone, Deno with --unstable-net): " +
  "pass an implementation as webtransport({ WebTransport }), or use another transport";
const NO_TLS_OPTIONS =
  "TLSOptions cannot be honoured by a WebTransport: pass null, and webtransport({ serverCertificateHashes }) for a certificate of your own";
const UNREACHED =
  "is HTTP/3 served there, by UDP, with a certificate that the platform trusts or serverCertificateHashes names?";
const UNANSWERED =
  "it had answered nothing, as socket.io does when it has a middleware for HTTP requests: its option cors is one";

/**
 * Milliseconds between the end of the stream and that of the session. A browser waits until the server has got everything. Deno
 * does not, and ends the connection with what the server has not read yet.
 */
const FAREWELL_TIME = 200;

/** The packet that opens a session, or names the one that moves to this transport. */
const OPEN = "0";
/** The query of the other transports: here the first packet says it. */
const ENGINE_QUERY = ["EIO", "transport", "sid"];

/**
 * Engine.IO over WebTransport, for the option `transports`.
 * @throws TypeError when an option cannot be
 *
 * @example
 * new SocketIOClient({ transports: [webtransport(), "websocket"] })
 */
export function webtransport(options: WebTransportFactoryOptions = {}): TransportFactory {
  requireThat(typeof options === "object" && options !== null, "webtransport(options)", "an object", options);
  const { WebTransport: injected, host, ...settings } = options;
  const isClass = injected === undefined || typeof injected === "function";
  requireThat(isClass, "webtransport({ WebTransport })", "the constructor of sessions", injected);
  const isHost =
    host === undefined || (typeof host === "string" && /^[^\s/?#@\\]+$/.test(host) && URL.canParse(`https://${host}`));
  requireThat(isHost, "webtransport({ host })", 'a host like "game.example" or "127.0.0.1:4433"', host);
  return engineTransport("webtransport", (request, handler) => {
    const url = sessionUrl(request.url, host);
    return new StreamTransport(request, handler, url, () => {
      const implementation = injected ?? (globalThis.WebTransport as WebTransportConstructor | undefined);
      if (implementation === undefined) throw new Error(MISSING);
      const { tls } = request;
      if (tls !== null && !tls.is_default() && settings.serverCertificateHashes === undefined)
        throw new Error(NO_TLS_OPTIONS);
      return new implementation(url, settings as never);
    });
  });
}

/** The address of the endpoint for this transport, which is `https:` always. The user's own query stays. */
function sessionUrl(url: string, host: string | undefined): string {
  const result = new URL(url);
  result.protocol = "https:";
  if (host !== undefined) result.host = host;
  for (const name of ENGINE_QUERY) result.searchParams.delete(name);
  return result.href;
}

class StreamTransport implements Transport {
  readonly name = "webtransport";
  bufferedAmount = 0;
  readonly #request: TransportRequest;
  readonly #url: string;
  /** `null` when it is over. */
  #handler: TransportHandler | null;
  #session: WebTransportSession | null = null;
  /** There is a server, with a certificate that is trusted. */
  #isReached = false;
  /** `null` until the transport is open. */
  #writer: Writer | null = null;
  #heard = false;
  /** Settles when the Blobs before what is sent now have been read and written; `null` when there are none. */
  #blobs: Promise<void> | null = null;
  /** Settles when reading goes on; `null` while it does. */
  #paused: Promise<void> | null = null;
  #resume: () => void = ignore;

  constructor(request: TransportRequest, handler: TransportHandler, url: string, connect: () => WebTransportSession) {
    this.#request = request;
    this.#handler = handler;
    this.#url = url;
    void this.#run(connect);
  }

  send(frames: readonly OutFrame[]): void {
    if (this.#handler === null || this.#writer === null) return;
    let size = 0;
    const parts = frames.map((frame) => {
      const part = isBlob(frame) ? frame : toStreamFrame(frame);
      size += "payload" in part ? part.payload.length : part.size;
      return part;
    });
    this.bufferedAmount += size;
    const isRead = (part: StreamFrame | Blob): part is StreamFrame => "payload" in part;
    if (this.#blobs === null && parts.every(isRead)) this.#write(parts, size);
    else this.#writeLater(parts, size);
  }

  close(dead = false): void {
    this.#handler = null;
    if (dead || this.#writer === null) this.#shut();
    else void this.#finish(this.#writer);
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#paused = null;
    this.#resume();
  }

  /** Never rejects. */
  async #run(connect: () => WebTransportSession): Promise<void> {
    try {
      const session = connect();
      this.#session = session;
      session.closed
        .then(
          (info): Ending => ["transport close", `the server closed the WebTransport session${describe(info)}`],
          lost,
        )
        .then((ending) => this.#ended(ending, 1));
      await session.ready;
      this.#isReached = true;
      if (this.#handler === null) return this.#shut();
      const { readable, writable } = await session.createBidirectionalStream();
      const writer = writable.getWriter();
      const reader = readable.getReader();
      for (const { closed } of [writer, reader]) closed.catch(ignore);
      const { sid } = this.#request;
      await writer.write(encodeFrames([toStreamFrame(sid === "" ? OPEN : OPEN + JSON.stringify({ sid }))]));
      if (this.#handler === null) return this.#shut();
      this.#writer = writer;
      this.#handler.opened?.();
      await this.#ended(await this.#read(reader), 2);
    } catch (error) {
      await null;
      this.#end(["transport error", textOf(error)]);
    }
  }

  /** @returns how the stream ended */
  async #read(reader: ReturnType<Stream["readable"]["getReader"]>): Promise<Ending> {
    const decoder = new StreamDecoder(largest(this.#request));
    const decode = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    for (;;) {
      let chunk: Uint8Array | undefined;
      try {
        chunk = (await reader.read()).value;
      } catch (error) {
        return lost(error);
      }
      if (chunk === undefined) return ["transport close", "the server ended the stream"];
      decoder.add(chunk);
      for (;;) {
        while (this.#paused !== null) await this.#paused;
        if (this.#handler === null) return ["transport close", ""];
        const frame = decoder.next();
        if (frame === null) break;
        this.#heard = true;
        this.#handler.received(frame.isBinary ? frame.payload : decode.decode(frame.payload));
      }
    }
  }

  #write(frames: readonly StreamFrame[], size: number): void {
    this.#writer!.write(encodeFrames(frames)).then(
      () => {
        this.bufferedAmount -= size;
      },
      (error) => this.#ended(lost(error), 2),
    );
  }

  /** After the Blobs among `parts`, and what was sent before, have been read. */
  #writeLater(parts: readonly (StreamFrame | Blob)[], size: number): void {
    const before = this.#blobs;
    const read = parts.map(async (part): Promise<StreamFrame> => {
      if ("payload" in part) return part;
      return { payload: new Uint8Array(await part.arrayBuffer()), isBinary: true };
    });
    const written = Promise.all(read)
      .then(async (frames) => {
        await before;
        this.#write(frames, size);
      })
      .catch((error) => this.#end(["transport error", `a Blob could not be read: ${textOf(error)}`]))
      .then(() => {
        if (this.#blobs === written) this.#blobs = null;
      });
    this.#blobs = written;
  }

  /**
   * What was read before is handed over first, in `count` turns of the event loop: fewer for the session, which knows
   * more about its end than its stream.
   */
  async #ended(ending: Ending, count: 1 | 2): Promise<void> {
    do {
      while (this.#paused !== null) await this.#paused;
      await turns(count);
      // What was read in them may have filled the inbox.
    } while (this.#paused !== null);
    this.#end(ending);
  }

  #end([reason, message]: Ending): void {
    const handler = this.#handler;
    if (handler === null) return;
    this.close(true);
    const failure = `no WebTransport connection to ${this.#url}: ${message}`;
    // What keeps a session from being made here will do so the next time.
    if (this.#session === null) handler.closed("transport error", failure, "transport");
    else if (this.#writer === null)
      handler.closed("transport error", `${failure}; ${this.#isReached ? UNANSWERED : UNREACHED}`);
    else handler.closed(reason, reason === "transport error" || this.#heard ? message : `${message}; ${UNANSWERED}`);
  }

  /** Ends the session when the peer has got all that was sent. */
  async #finish(writer: Writer): Promise<void> {
    await this.#blobs;
    await writer.close().catch(ignore);
    setTimeout(() => this.#shut(), FAREWELL_TIME);
  }

  #shut(): void {
    try {
      this.#session?.close();
    } catch {
      // There is no connection yet. It is closed when there is.
    }
  }
}

function toStreamFrame(frame: string | Uint8Array): StreamFrame {
  return typeof frame === "string"
    ? { payload: new TextEncoder().encode(frame), isBinary: false }
    : { payload: frame, isBinary: true };
}

/** What it means that a read or a write failed: the stream alone was reset, or it went with its session. */
function lost(error: unknown): Ending {
  const isStream = (error as { source?: unknown } | null)?.source === "stream";
  return isStream
    ? ["transport error", `the server reset the WebTransport stream: ${textOf(error)}`]
    : ["transport close", `the WebTransport session ended: ${textOf(error)}`];
}

/** What the server said when it closed the session, if anything. */
function describe(info: unknown): string {
  const { closeCode = 0, reason = "" } = (info ?? {}) as { closeCode?: number; reason?: string };
  return closeCode === 0 && reason === "" ? "" : ` with code ${closeCode}${reason && `: ${reason}`}`;
}

function textOf(error: unknown): string {
  return ((error as Error | null)?.message || String(error)).replace(/\.$/, "");
}

/** Some turns of the event loop, in which everybody hears of the promises that are settled. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise<void>((resolve) => {
      // A new one each time: of one and the same, several messages may be heard in one turn.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
  }
}

function ignore(): void {}
