/*
 * A W3C WebTransport in memory: the constructor to inject, and the server's end of each session that it made. The streams are
 * the platform's own, so that their promises settle and reject as they do for real.
 */
import { encodeFrames, StreamDecoder } from "../../src/protocol/stream-framing.js";
import type { WebTransportConstructor } from "../../src/transport/webtransport.js";

/** What WebTransport errors have beyond the others. */
export class FakeWebTransportError extends Error {
  constructor(
    message: string,
    readonly source: "session" | "stream" = "session",
  ) {
    super(message);
  }
}

const toStreamFrame = (frame: string | Uint8Array) =>
  typeof frame === "string"
    ? { payload: new TextEncoder().encode(frame), isBinary: false }
    : { payload: frame, isBinary: true };

export const wire = (...frames: (string | Uint8Array)[]): Uint8Array => encodeFrames(frames.map(toStreamFrame));

export class FakeSession {
  readonly ready: Promise<void>;
  readonly closed: Promise<unknown>;
  /** What the client did: "close" for the session, "fin" for its half of the stream. */
  readonly did: string[] = [];
  /** The bytes of each write. */
  readonly writes: Uint8Array[] = [];
  /** While true, writes are not finished. */
  stalled = false;
  #accept!: () => void;
  #refuse!: (error: unknown) => void;
  #settleClosed!: (info: unknown) => void;
  #failClosed!: (error: unknown) => void;
  #readable: ReadableStreamDefaultController<Uint8Array> | null = null;
  #writable: WritableStreamDefaultController | null = null;
  #release = (): void => {};
  /** As in Deno, where a session that has no connection yet cannot be closed. */
  closeThrows = false;
  noStream: Error | null = null;

  constructor(
    readonly url: string,
    readonly options: unknown,
  ) {
    this.ready = new Promise((accept, refuse) => {
      this.#accept = accept;
      this.#refuse = refuse;
    });
    this.closed = new Promise((settle, fail) => {
      this.#settleClosed = settle;
      this.#failClosed = fail;
    });
  }

  // For the client

  async createBidirectionalStream() {
    if (this.noStream !== null) throw this.noStream;
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#readable = controller;
      },
    });
    const writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writable = controller;
      },
      write: async (chunk) => {
        if (this.stalled) {
          await new Promise<void>((release) => {
            this.#release = release;
          });
        }
        this.writes.push(chunk);
      },
      close: () => {
        this.did.push("fin");
      },
    });
    // Derived promises: of the platform's own nobody hears when they reject unheard, but not all platforms are like that.
    return {
      readable: {
        getReader() {
          const reader = readable.getReader();
          return { read: () => reader.read(), closed: reader.closed.then(() => {}) };
        },
      },
      writable: {
        getWriter() {
          const writer = writable.getWriter();
          const closed = writer.closed.then(() => {});
          return { write: (chunk: Uint8Array) => writer.write(chunk), close: () => writer.close(), closed };
        },
      },
    };
  }

  close(): void {
    this.did.push("close");
    if (this.closeThrows) throw new FakeWebTransportError("WebTransport is not connected");
    this.#settleClosed({ closeCode: 0, reason: "" });
    this.breakStreams(new FakeWebTransportError("The session is closed."));
  }

  // For the server

  accept(): void {
    this.#accept();
  }

  refuse(error: unknown): void {
    this.#refuse(error);
    this.#failClosed(error);
  }

  /** The frames that the client has written, the first included. */
  get received(): (string | number[])[] {
    const decoder = new StreamDecoder(Infinity);
    const frames: (string | number[])[] = [];
    for (const chunk of this.writes) {
      decoder.add(chunk);
      for (let frame = decoder.next(); frame !== null; frame = decoder.next())
        frames.push(frame.isBinary ? [...frame.payload] : new TextDecoder().decode(frame.payload));
    }
    return frames;
  }

  send(...frames: (string | Uint8Array)[]): void {
    this.sendBytes(wire(...frames));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#readable?.enqueue(bytes);
  }

  /** Finishes the writes. */
  release(): void {
    this.stalled = false;
    this.#release();
  }

  /** Ends its half of the stream. */
  end(): void {
    this.#readable?.close();
  }

  /** Resets both halves of the stream; the session stays. */
  reset(): void {
    this.breakStreams(new FakeWebTransportError("Stream was aborted by server.", "stream"));
  }

  /** Wants no more of what the client writes. */
  stopReading(): void {
    this.#writable?.error(new FakeWebTransportError("Stop sending.", "stream"));
  }

  /** Closes the session; streams fail before it tells why. */
  closeSession(info: unknown = { closeCode: 0, reason: "" }): void {
    this.breakStreams(new FakeWebTransportError("The session is closed."));
    this.#settleClosed(info);
  }

  /** The connection is gone. */
  lose(message = "Connection lost."): void {
    this.breakStreams(new FakeWebTransportError(message));
    this.#failClosed(new FakeWebTransportError(message));
  }

  /** The session is over for `closed` alone. */
  settleClosed(info: unknown): void {
    this.#settleClosed(info);
  }

  breakStreams(error: Error): void {
    try {
      this.#readable?.error(error);
    } catch {
      // It has ended.
    }
    this.#writable?.error(error);
  }
}

/** A platform on which sessions are kept in `sessions`, the newest last. */
export function fakePlatform(setup: (session: FakeSession) => void = (session) => session.accept()) {
  const sessions: FakeSession[] = [];
  class Platform extends FakeSession {
    constructor(url: string, options?: unknown) {
      super(url, options);
      sessions.push(this);
      setup(this);
    }
  }
  return { WebTransport: Platform as unknown as WebTransportConstructor, sessions };
}
