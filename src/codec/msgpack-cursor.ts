/*
 * A way through MessagePack that decodes nothing: where a value ends, and whether it may be decoded at all.
 *
 * A decoder believes what a message says of itself. Three bytes that announce an array of 65,535 items are enough for it to
 * make room for them, and a thousand of these in one another for 500 MB; no limit for one container helps against that. Here
 * all items that are announced and still to come must fit into the bytes that are left, so the room that is made for them
 * grows with the message only. MessagePack, "Formats": https://github.com/msgpack/msgpack/blob/master/spec.md
 */
import { MAX_DEPTH } from "../protocol/constants.js";

/**
 * For the first bytes 0xc0 to 0xdf: how many bytes follow. Less than 0: so many bytes follow, and hold the length of what
 * follows them. NaN: it is not in use.
 */
const FOLLOWING: readonly number[] = [
  ...[0, NaN, 0, 0], // nil, -, false, true
  ...[-1, -2, -4], // bin
  ...[-1, -2, -4], // ext, and a byte with its type
  ...[4, 8], // float
  ...[1, 2, 4, 8], // uint
  ...[1, 2, 4, 8], // int
  ...[2, 3, 5, 9, 17], // fixext, with a byte of type
  ...[-1, -2, -4], // str
  ...[-2, -4], // array
  ...[-2, -4], // map
];

export class MsgpackCursor {
  readonly bytes: Uint8Array;
  position = 0;
  /** Whether it has passed binary. */
  binary = false;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Goes into an array, or a map if `map` is true. Returns how many values are in it (two for each key of a map), or -1 if this
   * is something else.
   * @throws Error when nothing is left
   */
  enter(map: boolean): number {
    const first = this.#view.getUint8(this.position);
    const isMap = first === 0xde || first === 0xdf || (first & 0xf0) === 0x80;
    const isArray = first === 0xdc || first === 0xdd || (first & 0xf0) === 0x90;
    return (map ? isMap : isArray) ? this.#head() : -1;
  }

  /** Whether a string comes next. */
  get isText(): boolean {
    const first = this.bytes[this.position] as number;
    return (first & 0xe0) === 0xa0 || (first > 0xd8 && first < 0xdc);
  }

  /**
   * Reads a number below 128, or up to 31 ASCII characters: what the head of a packet is made of, and for which a decoder takes
   * many times as long. `undefined` if something else comes next, which is not passed then.
   */
  readShort(): number | string | undefined {
    const { bytes, position } = this;
    const first = bytes[position] as number;
    if (first < 0x80) {
      this.position++;
      return first;
    }
    // Nothing, at the end of the bytes, is not more than anything.
    if (!(first > 0x9f && first < 0xc0)) return undefined;
    const end = position + 1 + (first & 31);
    let text = "";
    for (let index = position + 1; index < end; index++) {
      const code = bytes[index] as number;
      if (!(code < 0x80)) return undefined;
      text += String.fromCharCode(code);
    }
    this.position = end;
    return text;
  }

  /**
   * Passes one value, with all that is in it, and returns its bytes.
   * @throws Error when it is incomplete, malformed, nested too deeply, or announces more than there is
   */
  take(): Uint8Array {
    const start = this.position;
    /** How many values are still to come, in the innermost container, in those around it, and in all. */
    let left = 1;
    const outer: number[] = [];
    let pending = 1;
    for (;;) {
      left--;
      const inside = this.#head();
      pending += inside - 1;
      if (pending > this.bytes.length - this.position) throw new Error("it announces more than it has");
      if (inside > 0) {
        if (outer.push(left) > MAX_DEPTH + 1) throw new Error("it is nested too deeply");
        left = inside;
      }
      while (left === 0) {
        const next = outer.pop();
        if (next === undefined) return this.bytes.subarray(start, this.position);
        left = next;
      }
    }
  }

  /** Passes a value, of an array or a map only its head; returns how many values are in that. */
  #head(): number {
    const view = this.#view;
    const first = view.getUint8(this.position++);
    if (first < 0x80 || first > 0xdf) return 0;
    if (first < 0xa0) return (first & 15) * (first < 0x90 ? 2 : 1);
    let length = first & 31;
    if (first > 0xbf) {
      const following = FOLLOWING[length] as number;
      length = following;
      if (following < 0) {
        const { position } = this;
        if (following === -1) length = view.getUint8(position);
        else length = following === -2 ? view.getUint16(position) : view.getUint32(position);
        this.position -= following;
        if (first > 0xdb) return length * (first > 0xdd ? 2 : 1);
        if (first < 0xc7) this.binary = true;
        else if (first < 0xca) length++;
      }
    }
    this.position += length;
    // Not in use is NaN, which is not less than anything.
    if (!(this.position <= this.bytes.length)) throw new Error("it is incomplete, or no MessagePack");
    return 0;
  }
}
