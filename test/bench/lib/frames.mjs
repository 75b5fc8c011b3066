/** The messages that the cases send, and the same as bytes on a WebSocket. Numbers have a fixed width, so that all are equally long. */

/** Sequence numbers start here: seven digits for up to nine million messages. */
export const FIRST = 1_000_000;

/** The argument of the small event, whose packet is 54 bytes long. */
export const small = (n) => ({ n: FIRST + n, x: 12.5, y: 33.25, d: "left" });

/** The argument of an event of about 1 KB: a snapshot of 15 players. */
export function state(n) {
  const players = Array.from({ length: 15 }, (_, id) => ({
    id: 10 + id,
    x: 120.5 + id,
    y: 33.25,
    vx: -1.5,
    vy: 0.25,
    hp: 95,
  }));
  return { n: FIRST + n, players };
}

/** Binary of `size` bytes that starts with its number. */
export function bytes(n, size) {
  const data = new Uint8Array(size).fill(7);
  new DataView(data.buffer).setUint32(0, FIRST + n);
  return data;
}

export const readNumber = (data) => new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0);

/** The header of an event whose one argument is binary. */
export const BINARY_EVENT = '451-["bytes",{"_placeholder":true,"num":0}]';

/** The kinds of messages by name: what the packets of message `n` are. */
export const KINDS = {
  small: (n) => [`42${JSON.stringify(["move", small(n)])}`],
  state: (n) => [`42${JSON.stringify(["state", state(n)])}`],
  bytes64: (n) => [BINARY_EVENT, bytes(n, 64)],
  bytes1k: (n) => [BINARY_EVENT, bytes(n, 1024)],
};

/** The event that each kind is sent as, and its argument. */
export const EVENTS = {
  small: { event: "move", make: small },
  state: { event: "state", make: state },
  bytes64: { event: "bytes", make: (n) => bytes(n, 64) },
  bytes1k: { event: "bytes", make: (n) => bytes(n, 1024) },
};

/** A frame as a server writes it: not masked (RFC 6455, 5.2). */
export function wireFrame(message) {
  const body = Buffer.from(message);
  const opcode = typeof message === "string" ? 0x81 : 0x82;
  if (body.length < 126) return Buffer.concat([Buffer.from([opcode, body.length]), body]);
  const head = Buffer.from([opcode, 126, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** `count` messages of a kind as they go over a WebSocket, in pieces of about 64 KB. */
export function wireFlood(kind, count) {
  const pieces = [];
  let frames = [];
  let size = 0;
  for (let n = 0; n < count; n++) {
    for (const message of KINDS[kind](n)) {
      const frame = wireFrame(message);
      frames.push(frame);
      size += frame.length;
    }
    if (size < 65536 && n < count - 1) continue;
    pieces.push(Buffer.concat(frames));
    frames = [];
    size = 0;
  }
  return pieces;
}

/** The same as answers to GETs of long-polling, `perAnswer` packets each. */
export function pollingFlood(kind, count, perAnswer) {
  const answers = [];
  for (let n = 0; n < count; n += perAnswer) {
    const packets = [];
    for (let k = n; k < Math.min(count, n + perAnswer); k++)
      for (const message of KINDS[kind](k))
        packets.push(typeof message === "string" ? message : `b${Buffer.from(message).toString("base64")}`);
    answers.push(packets.join("\x1e"));
  }
  return answers;
}

/** Notes each message's number, and whether none is missing, comes twice or too early. */
export class Tally {
  received = 0;
  faults = 0;
  first = "";
  constructor(onProgress = () => {}) {
    this.onProgress = onProgress;
  }
  /** To be called with the number that a message carries. */
  take(number) {
    if (number !== FIRST + this.received) {
      if (this.faults++ === 0) this.first = `message ${number - FIRST} came where ${this.received} was due`;
    }
    this.received++;
  }
  /** @throws Error unless exactly `count` messages came, in order */
  prove(count) {
    if (this.faults > 0 || this.received !== count)
      throw new Error(`of ${count} messages ${this.received} came, ${this.faults} not in order ${this.first}`);
  }
}
