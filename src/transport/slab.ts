/** Bytes of each buffer that is shared. */
const SIZE = 16384;
/** Where a copy may start: numbers of any size may be read there. */
const ALIGNMENT = 8;

/**
 * Copies small pieces of bytes into one buffer after the other: an `ArrayBuffer` of its own costs a small one more than all the rest of
 * receiving it. A copy to send is not handed out, and gains nothing by it.
 */
export class Slab {
  #buffer = new ArrayBuffer(0);
  #used = 0;

  /** @param bytes at most a quarter of what a buffer holds, or the rest of many would be lost */
  copy(bytes: Uint8Array): Uint8Array {
    const { byteLength } = bytes;
    // It is also over when somebody has transferred it: then it has no bytes left.
    if (this.#used + byteLength >= this.#buffer.byteLength) {
      this.#buffer = new ArrayBuffer(SIZE);
      this.#used = 0;
    }
    const copy = new Uint8Array(this.#buffer, this.#used, byteLength);
    copy.set(bytes);
    this.#used += Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
    return copy;
  }
}
