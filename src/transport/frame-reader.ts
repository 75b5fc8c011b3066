/*
 * What a WebSocket server writes (RFC 6455, 5.2), many messages at a time. `ws` makes four buffers of a message, or eight of an event with
 * an attachment, and asks Node thrice about it. A message that came whole, in one frame and in one piece, needs none of that and is read
 * here.
 *
 * Everything else goes on to `ws`, byte for byte: a frame that ends in another piece, fragments, pings. It tells its messages at once, so
 * all stay in order. What ends a connection, a close frame or a breach of the protocol, gives the stream back to `ws` for good.
 */
import type { Duplex } from "node:stream";
import { Slab } from "./slab.js";

/** The first bytes of frames that are a whole message. */
const TEXT = 0x81;
const BINARY = 0x82;
const PING = 0x89;
const PONG = 0x8a;

const FINAL = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const LARGEST_HEADER = 10;

/** What is larger has a buffer of its own. Bytes. */
const LARGEST_IN_SLAB = 1024;
const slab = /* @__PURE__ */ new Slab();

/**
 * After so many messages the event loop gets its turn. Node reads up to 2 MB before it looks at a timer, and a game
 * would miss a frame or two while that is taken in.
 */
const STEP = 256;

const NONE = /* @__PURE__ */ new Uint8Array(0);

/** Where the payload of the frame at `at` starts. */
function payloadOf(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1]!;
  return at + (length < 126 ? 2 : length === 126 ? 4 : LARGEST_HEADER);
}

/** Where the frame at `at` ends: `NaN` if its header is not all there, `Infinity` if it has a mask, which no server may use. */
function endOf(bytes: Uint8Array, at: number): number {
  const length = bytes[at + 1]!;
  if (length < 126) return at + 2 + length;
  if (length > 127) return Infinity;
  const start = payloadOf(bytes, at);
  let size = 0;
  // What is not there is no number.
  for (let index = at + 2; index < start; index++) size = size * 256 + bytes[index]!;
  return start + size;
}

/** A copy of these bytes, which the game may keep and write to. */
function copyOf(chunk: Uint8Array, start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset + start, end - start);
  return bytes.length > LARGEST_IN_SLAB ? new Uint8Array(bytes) : slab.copy(bytes);
}

/** Whether `ws` goes on behind a frame with this header. */
function isOrderly(first: number, length: number): boolean {
  if (first === PING || first === PONG) return length < 126;
  return (first & RESERVED) === 0 && (first & OPCODE) < 3 && length < 128;
}

/** A socket of `ws`. */
type Pausable = { readonly isPaused: boolean };

function goOn(socket: Pausable, stream: Duplex): void {
  if (!socket.isPaused) stream.resume();
}

/** Who gets the messages. An object that is there anyway costs thousands of clients less than a function for each. */
interface MessageOwner {
  take(message: string | Uint8Array): void;
}

/** Where a stream keeps its reader: a listener of its own would cost each of thousands of clients a function and its context. */
const READER = Symbol("reader");

type ReadStream = Duplex & { [READER]?: FrameReader };

function onData(this: ReadStream, chunk: Buffer): void {
  this[READER]!.read(chunk);
}

/** Takes what a stream brings in the place of `ws`, which listens to it already. A `maxPayload` of 0 is none. */
export class FrameReader {
  /** `ws` has told a message; set by who hears it. */
  told = false;
  readonly #socket: Pausable;
  readonly #stream: ReadStream;
  readonly #owner: MessageOwner;
  readonly #maxPayload: number;
  readonly #ws: (chunk: Uint8Array) => void;
  /** How much of its frame `ws` has still to get. */
  #left = 0;
  /** The first byte of that frame. */
  #first = 0;
  /** What `ws` has of a header that goes on in the next piece. */
  #head = NONE;
  #isFragmented = false;
  /** Messages since the event loop had its turn for their sake. */
  #taken = 0;

  /** @internal so that the types of Node are in no declaration file. */
  constructor(socket: Pausable, stream: Duplex, maxPayload: number, owner: MessageOwner) {
    this.#socket = socket;
    this.#stream = stream;
    this.#maxPayload = maxPayload || Infinity;
    this.#owner = owner;
    const [ws, ...others] = stream.listeners("data") as ((chunk: Uint8Array) => void)[];
    this.#ws = ws!;
    // Not where it works in another way.
    if (ws === undefined || others.length > 0) return;
    stream.off("data", ws);
    this.#stream[READER] = this;
    stream.on("data", onData);
  }

  /** @internal so that the types of Node are in no declaration file. */
  read(chunk: Buffer): void {
    const stream = this.#stream;
    // What is left in a stream that is destroyed `ws` reads by itself.
    if (stream.destroyed) return;
    let at = 0;
    while (at < chunk.length && this.#taken < STEP && !this.#socket.isPaused) {
      const end = this.#left > 0 || this.#isFragmented || this.#head.length > 0 ? NaN : this.#take(chunk, at);
      if (end > at) this.#taken++;
      at = end > at ? end : this.#pass(chunk, at);
    }
    const isStep = this.#taken >= STEP;
    if (!isStep && at === chunk.length) return;
    // An answer that could not be written ends the stream before the rest of what it brought is read, and then it takes nothing back.
    if (stream.errored || stream.destroyed) {
      this.#giveBack(chunk, at);
      return;
    }
    // Before the rest is put back: a stream that flows would tell of it at once.
    stream.pause();
    if (at < chunk.length) stream.unshift(chunk.subarray(at));
    if (!isStep) return;
    this.#taken = 0;
    setImmediate(goOn, this.#socket, stream);
  }

  /**
   * `ws` has found a breach of the protocol, and listens no more either: it waits for the end, which it would not see
   * behind what is left.
   */
  stop(): void {
    this.#stream.off("data", onData);
  }

  /** Reads the frame at `at` if it is a whole message, and returns where it ends; otherwise `NaN`. */
  #take(chunk: Buffer, at: number): number {
    const first = chunk[at];
    if (first !== TEXT && first !== BINARY) return NaN;
    const end = endOf(chunk, at);
    const start = payloadOf(chunk, at);
    if (!(end <= chunk.length && end - start <= this.#maxPayload)) return NaN;
    if (first === TEXT) {
      const text = chunk.toString("utf8", start, end);
      // Either the server sent it, or it stands for what is no UTF-8: `ws` knows.
      if (text.includes("\ufffd")) return NaN;
      this.#owner.take(text);
    } else this.#owner.take(copyOf(chunk, start, end));
    return end;
  }

  /** Hands what is there of the frame at `at` on to `ws`, and returns where the next one starts. */
  #pass(chunk: Buffer, at: number): number {
    if (this.#left === 0) {
      const seen = this.#head.length;
      const head = Buffer.concat([this.#head, chunk.subarray(at, at + LARGEST_HEADER)]);
      const [first, length = 0] = head;
      if (!isOrderly(first!, length)) return this.#giveBack(chunk, at);
      const size = endOf(head, 0);
      this.#head = Number.isNaN(size) ? head : NONE;
      this.#left = Number.isNaN(size) ? 0 : size - seen;
      this.#first = first!;
    }
    const isHead = this.#head.length > 0;
    const end = isHead ? chunk.length : Math.min(chunk.length, at + this.#left);
    this.told = false;
    this.#forward(chunk.subarray(at, end));
    if (isHead) return end;
    this.#left -= end - at;
    if (this.#left > 0 || (this.#first & OPCODE) > 2) return end;
    this.#isFragmented = (this.#first & FINAL) === 0;
    // It is not to be trusted, then: `ws` has found something wrong, or works in another way.
    return this.#isFragmented || this.told ? end : this.#giveBack(chunk, end);
  }

  #forward(bytes: Uint8Array): void {
    this.#ws.call(this.#stream, bytes);
  }

  #giveBack(chunk: Buffer, at: number): number {
    this.#stream.off("data", onData);
    this.#stream.on("data", this.#ws);
    if (at < chunk.length) this.#forward(chunk.subarray(at));
    return chunk.length;
  }
}
