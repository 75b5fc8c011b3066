/*
 * What a WebSocket client writes (RFC 6455, 5.2 and 5.3), many messages at a time: one buffer and one write for all that a game emits in a
 * frame. `ws` makes two or three buffers for each message. Nothing of Node is imported: browsers without a bundler load this file, too.
 */
const TEXT = 0x81;
const BINARY = 0x82;
const MASKED = 0x80;
const MASK_SIZE = 4;
/** From this size on it pays to mask four bytes at a time. */
const LARGE = 128;

/** Random bytes for masks: asking for four at a time costs more than all the rest. */
const pool = new Uint8Array(8192);
let used = pool.length;

/** Bytes of a header without its mask. */
function headerSize(length: number): number {
  return length < 126 ? 2 : length < 65536 ? 4 : 10;
}

/** The frames of these messages, each in one piece. */
export function maskedFrames(messages: readonly (string | Uint8Array)[]): Uint8Array {
  // To count first is less work than a view of the part that was needed, and a small event is nearly all that is ever written.
  let size = 0;
  for (const message of messages) {
    const length = byteLength(message);
    size += headerSize(length) + MASK_SIZE + length;
  }
  const batch = Buffer.allocUnsafe(size);
  let end = 0;
  for (const message of messages) {
    const length = byteLength(message);
    const header = headerSize(length);
    const start = end + header + MASK_SIZE;
    if (typeof message === "string") batch.write(message, start);
    else batch.set(message, start);
    batch[end] = typeof message === "string" ? TEXT : BINARY;
    if (header === 2) batch[end + 1] = MASKED | length;
    else if (header === 4) {
      batch[end + 1] = MASKED | 126;
      batch.writeUInt16BE(length, end + 2);
    } else {
      batch[end + 1] = MASKED | 127;
      batch.writeUInt32BE(Math.floor(length / 2 ** 32), end + 2);
      batch.writeUInt32BE(length % 2 ** 32, end + 6);
    }
    end = start + length;
    mask(batch, start, end);
  }
  return batch;
}

function byteLength(message: string | Uint8Array): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.length;
}

/** Puts a new mask in front of `start` and masks what is between it and `end`. */
function mask(bytes: Uint8Array, start: number, end: number): void {
  if (used === pool.length) {
    crypto.getRandomValues(pool);
    used = 0;
  }
  const a = pool[used++]!;
  const b = pool[used++]!;
  const c = pool[used++]!;
  const d = pool[used++]!;
  bytes[start - 4] = a;
  bytes[start - 3] = b;
  bytes[start - 2] = c;
  bytes[start - 1] = d;
  let index = start;
  if (end - start >= LARGE) {
    const key = [a, b, c, d];
    // Words have to be aligned in memory, so the key is turned to where the first of them falls.
    const lead = -(bytes.byteOffset + start) & 3;
    for (; index < start + lead; index++) bytes[index]! ^= key[(index - start) & 3]!;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + index, (end - index) >> 2);
    const turned = new Uint32Array(Uint8Array.of(...[0, 1, 2, 3].map((place) => key[(place + lead) & 3]!)).buffer)[0]!;
    for (let word = 0; word < words.length; word++) words[word]! ^= turned;
    index += 4 * words.length;
    for (; index < end; index++) bytes[index]! ^= key[(index - start) & 3]!;
    return;
  }
  for (; index + 3 < end; index += 4) {
    bytes[index]! ^= a;
    bytes[index + 1]! ^= b;
    bytes[index + 2]! ^= c;
    bytes[index + 3]! ^= d;
  }
  // Up to three are left.
  if (index < end) bytes[index]! ^= a;
  if (index + 1 < end) bytes[index + 1]! ^= b;
  if (index + 2 < end) bytes[index + 2]! ^= c;
}
