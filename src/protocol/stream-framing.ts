/*
 * Packets on a byte stream (Engine.IO 4, "WebTransport"): a stream keeps no boundaries, so before each packet stands its length.
 *
 *   first byte     then                  means
 *   ────────────   ───────────────────   ─────────────────────────────────────
 *   + 128          -                     the packet is binary, otherwise text
 *   0 to 125       -                     its length in bytes
 *   126            2 bytes, big-endian   its length in bytes
 *   127            8 bytes, big-endian   its length in bytes
 *
 * A text packet has one byte at least, its type. An empty binary one is legal data, though not for every server: socket.io's
 * writes it as a length of 0, and takes a length of 0 for an error. So that is read, and written is `b`, which is what binary
 * of no bytes is over HTTP long-polling and what every server takes over any transport.
 */
import { violation } from "./protocol-error.js";

/** A packet as bytes; those of a text packet are UTF-8. */
export interface StreamFrame {
  readonly payload: Uint8Array;
  readonly isBinary: boolean;
}

const BINARY = 0x80;
const LENGTH = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

const EMPTY_BINARY: StreamFrame = { payload: Uint8Array.of("b".charCodeAt(0)), isBinary: false };

/** The bytes of `frames`, one after the other. */
export function encodeFrames(frames: readonly StreamFrame[]): Uint8Array {
  const written = frames.map((frame) => (frame.payload.length > 0 ? frame : EMPTY_BINARY));
  const size = written.reduce((sum, { payload: { length } }) => sum + headerSize(length) + length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { payload, isBinary } of written) {
    const { length } = payload;
    const size = headerSize(length);
    view.setUint8(offset, (isBinary ? BINARY : 0) | (size === 1 ? length : size === 3 ? LENGTH_16 : LENGTH_64));
    if (size === 3) view.setUint16(offset + 1, length);
    if (size === 9) view.setBigUint64(offset + 1, BigInt(length));
    bytes.set(payload, offset + size);
    offset += size + length;
  }
  return bytes;
}

function headerSize(length: number): 1 | 3 | 9 {
  return length < LENGTH_16 ? 1 : length <= 0xffff ? 3 : 9;
}

/** Cuts a stream into packets again, however it was split or joined on its way. */
export class StreamDecoder {
  readonly #limit: number;
  #chunk = new Uint8Array();
  /** How far `#chunk` has been read. */
  #offset = 0;
  readonly #header = new Uint8Array(9);
  #headerSize = 0;
  /** Of the packet whose payload is being read; less than 0 while its header is. */
  #length = -1;
  /** Grows with what arrives, so that a length alone costs the peer's bytes and not our memory. */
  #payload = new Uint8Array();
  #filled = 0;

  /** @param limit the most bytes that a packet may have */
  constructor(limit: number) {
    this.#limit = Math.min(limit, Number.MAX_SAFE_INTEGER);
  }

  /** Takes what has arrived. The decoder keeps it, and wants no more until `next` has returned `null`. */
  add(chunk: Uint8Array): void {
    this.#chunk = chunk as Uint8Array<ArrayBuffer>;
    this.#offset = 0;
  }

  /**
   * The next complete packet, whose bytes are its own; `null` when more has to arrive first.
   * @throws ProtocolError for a length that cannot be; nothing that follows it makes sense.
   */
  next(): StreamFrame | null {
    while (this.#length < 0) {
      if (this.#offset === this.#chunk.length) return null;
      this.#header[this.#headerSize++] = this.#chunk[this.#offset++]!;
      this.#length = this.#readLength();
    }
    const end = Math.min(this.#chunk.length, this.#offset + this.#length - this.#filled);
    this.#append(this.#chunk.subarray(this.#offset, end));
    this.#offset = end;
    if (this.#filled < this.#length) return null;
    const frame = { payload: this.#payload, isBinary: this.#isBinary };
    this.#headerSize = this.#filled = 0;
    this.#length = -1;
    this.#payload = new Uint8Array();
    return frame;
  }

  get #isBinary(): boolean {
    return this.#header[0]! >= BINARY;
  }

  /** -1 while the header is not complete. */
  #readLength(): number {
    const view = new DataView(this.#header.buffer);
    const short = view.getUint8(0) & LENGTH;
    if (this.#headerSize < (short < LENGTH_16 ? 1 : short === LENGTH_16 ? 3 : 9)) return -1;
    const long = () => view.getUint32(1) * 2 ** 32 + view.getUint32(5);
    const length = short < LENGTH_16 ? short : short === LENGTH_16 ? view.getUint16(1) : long();
    if (length > this.#limit || (length === 0 && !this.#isBinary))
      violation(`a packet of 1 to ${this.#limit} bytes`, `a length of ${length}`);
    return length;
  }

  #append(bytes: Uint8Array): void {
    const size = this.#filled + bytes.length;
    if (size > this.#payload.length) {
      const payload = new Uint8Array(Math.min(this.#length, Math.max(size, 2 * this.#payload.length)));
      payload.set(this.#payload);
      this.#payload = payload;
    }
    this.#payload.set(bytes, this.#filled);
    this.#filled = size;
  }
}
