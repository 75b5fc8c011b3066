import { isBlob, type OutFrame, type Transport, type TransportHandler } from "../transport/transport.js";
import type { Frame } from "./fake-wire.js";

/** What hears the client's end of a line. */
interface LineListener {
  /** What was written in one go. */
  received(frames: readonly Frame[]): void;
  /** The client has closed it. */
  ended(): void;
}

/**
 * A connection in memory, as the client has it. What one end writes, the other has heard when the call returns; only a Blob
 * takes until it is read.
 */
export class FakeLine implements Transport {
  readonly name = "websocket";
  readonly bufferedAmount = 0;
  #client: TransportHandler | null;
  #server: LineListener | null = null;
  /** What the client has not read, because it has paused. */
  #unread: (() => void)[] = [];
  #isPaused = false;
  /** Settled when the Blobs that were sent have been read. */
  #blobs: Promise<void> | null = null;

  constructor(client: TransportHandler) {
    this.#client = client;
  }

  // The server's end

  /** @returns false when the client does not want the connection any more */
  accept(server: LineListener): boolean {
    if (this.#client === null) return false;
    this.#server = server;
    return true;
  }

  write(frames: readonly Frame[]): void {
    for (const frame of frames) this.#tell(() => this.#client?.received(frame));
  }

  end(reason: "transport close" | "transport error", message: string): void {
    this.#server = null;
    this.#tell(() => {
      const client = this.#client;
      this.#client = null;
      client?.closed(reason, message);
    });
  }

  /** Nothing passes any more, and nobody is told. */
  hang(): void {
    this.#client = this.#server = null;
  }

  // The client's end

  send(frames: readonly OutFrame[]): void {
    // The first that has to be read, or to wait for one that has.
    const first = this.#blobs === null ? frames.findIndex(isBlob) : 0;
    const ready = (first < 0 ? frames : frames.slice(0, first)) as readonly Frame[];
    for (const frame of frames.slice(ready.length)) {
      this.#later(async () => {
        const read = isBlob(frame) ? new Uint8Array(await frame.arrayBuffer()) : frame;
        this.#server?.received([read]);
      });
    }
    if (ready.length > 0) this.#server?.received(ready);
  }

  close(): void {
    this.#client = null;
    this.#unread = [];
    const end = () => {
      const server = this.#server;
      this.#server = null;
      server?.ended();
    };
    if (this.#blobs === null) end();
    else this.#later(async () => end());
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.#unread.length > 0) this.#unread.shift()!();
  }

  #tell(tell: () => void): void {
    if (this.#isPaused) this.#unread.push(tell);
    else tell();
  }

  /** After the Blobs that were sent before. */
  #later(action: () => Promise<void>): void {
    const done = (this.#blobs ?? Promise.resolve()).then(action).finally(() => {
      if (this.#blobs === done) this.#blobs = null;
    });
    this.#blobs = done;
  }
}

/** Calls `action` for every item, whatever it throws for one of them; then throws the first of that. */
export function forEach<T>(items: Iterable<T>, action: (item: T) => void): void {
  const errors: unknown[] = [];
  for (const item of items) {
    try {
      action(item);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
