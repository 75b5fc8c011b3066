/* In each case `ws` alone says what should come: the same bytes, in the same pieces, with the reader before it and without. */
import { Duplex } from "node:stream";
import { describe, expect, test } from "vitest";
import * as ws from "ws";
import { FrameReader } from "../src/transport/frame-reader.js";

type Told = string | Uint8Array | { readonly [event: string]: unknown };

// It has no types.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => NodeJS.WritableStream };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A stream to which the receiver of `ws` listens as its client does, and what both tell. */
function open(maxPayload: number, isRead: boolean) {
  const stream = new Duplex({ read() {}, write() {} });
  const told: Told[] = [];
  let passed = 0;
  const receiver = new Receiver({ maxPayload });
  const listener = (chunk: Uint8Array): void => {
    passed += chunk.length;
    receiver.write(chunk);
  };
  stream.on("data", listener);
  const socket = { isPaused: false };
  const owner = {
    take(message: Told & (string | Uint8Array)) {
      told.push(message);
      line.onTold();
    },
  };
  const reader = isRead ? new FrameReader(socket, stream, maxPayload, owner) : null;
  receiver.on("message", (data: Buffer, isBinary: boolean) => {
    if (reader) reader.told = true;
    told.push(isBinary ? new Uint8Array(data) : data.toString());
  });
  for (const event of ["ping", "pong"]) receiver.on(event, (data: Buffer) => told.push({ [event]: data.toString() }));
  receiver.on("conclude", (code: number, reason: Buffer) => {
    stream.off("data", listener);
    told.push({ code, reason: reason.toString() });
  });
  receiver.on("error", ({ message }: Error) => {
    stream.off("data", listener);
    told.push({ error: message });
  });
  const heard = (chunk: Uint8Array) => stream.push(chunk);
  const line = { socket, stream, told, passed: () => passed, heard, onTold: () => {} };
  return line;
}

async function tell(pieces: readonly Uint8Array[], maxPayload: number, isRead: boolean) {
  const line = open(maxPayload, isRead);
  await turn();
  for (const piece of pieces) {
    line.heard(piece);
    while (line.stream.readableLength > 0) await turn();
  }
  // The receiver tells of an error some ticks later.
  await turn();
  return { told: line.told, passed: line.passed(), isGivenBack: line.stream.listenerCount("data") };
}

/** What is told, in a form that is quick to compare. */
async function compare(pieces: readonly Uint8Array[], maxPayload = 0): Promise<unknown[]> {
  const [told, alone] = [await tell(pieces, maxPayload, true), await tell(pieces, maxPayload, false)].map((line) =>
    line.told.map((what) => (what instanceof Uint8Array ? { bytes: Buffer.from(what).toString("latin1") } : what)),
  );
  expect(told).toEqual(alone);
  return told!;
}

/** A frame as a server writes it, its length in `wide` bytes or as few as possible. */
function frame(first: number, payload: string | Uint8Array, wide = 0): Buffer {
  const body = Buffer.from(payload);
  const { length } = body;
  const head = Buffer.alloc(wide === 8 || length > 65535 ? 10 : wide === 2 || length > 125 ? 4 : 2);
  head[0] = first;
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, body]);
}

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;

/** Every way to get these bytes in two pieces, and one by one. */
function splits(bytes: Uint8Array): Uint8Array[][] {
  const ways = Array.from(bytes, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  ways.push(Array.from(bytes, (byte) => Uint8Array.of(byte)));
  return ways.map((pieces) => pieces.filter(({ length }) => length > 0));
}

const ORDERLY = {
  "text and bytes": [frame(TEXT, '42["a",1]'), frame(BINARY, Uint8Array.of(1, 2, 255)), frame(TEXT, "2")],
  "nothing inside": [frame(TEXT, ""), frame(BINARY, ""), frame(PING, ""), frame(TEXT, "")],
  "text of two, three and four bytes a character": [frame(TEXT, "é€😀"), frame(TEXT, "\ufeffa")],
  "the character that stands for what is none": [frame(TEXT, "a"), frame(TEXT, "\ufffd"), frame(TEXT, "b")],
  "a ping and a pong between": [frame(TEXT, "a"), frame(PING, "p"), frame(PONG, ""), frame(BINARY, "b")],
  "lengths in more bytes than they need": [frame(TEXT, "a", 2), frame(BINARY, "b", 8), frame(TEXT, "c")],
  fragments: [
    frame(TEXT, "a"),
    frame(0x01, Buffer.from("€").subarray(0, 1)),
    frame(PING, "p"),
    frame(0x00, ""),
    frame(0x80, Buffer.from("€c").subarray(1)),
    frame(0x02, Uint8Array.of(1)),
    frame(0x80, Uint8Array.of(2)),
    frame(TEXT, "d"),
  ],
  "a close, and what is behind it": [frame(TEXT, "a"), frame(CLOSE, "\x0f\xa0bye"), frame(TEXT, "b"), frame(PING, "")],
};

const DISORDERLY = {
  "a mask": [frame(TEXT, "a"), Uint8Array.of(TEXT, 0x81, 1, 2, 3, 4, 5)],
  "a reserved bit": [frame(TEXT, "a"), frame(0xc1, "b")],
  "an unknown type": [frame(0x83, "a")],
  "an unknown type of control": [frame(0x8b, "a")],
  "a ping in fragments": [frame(0x09, "a")],
  "a ping that is too long": [frame(PING, "a".repeat(126))],
  "a fragment of nothing": [frame(TEXT, "a"), frame(0x80, "b")],
  "a fragment of nothing, to be continued": [frame(0x00, "b"), frame(0x80, "c")],
  "a message inside another": [frame(0x01, "a"), frame(TEXT, "b")],
  "text that is no UTF-8": [frame(TEXT, "a"), frame(TEXT, Uint8Array.of(0xc3, 0x28))],
  "fragments of text that is no UTF-8": [frame(0x01, Uint8Array.of(0xc3)), frame(0x80, "(")],
  "a message that is too long": [frame(BINARY, "12345678"), frame(BINARY, "123456789")],
  "fragments that are too long": [frame(0x02, "12345678"), frame(0x80, "9")],
  "a close without a whole code": [frame(CLOSE, "a")],
};

describe("FrameReader", () => {
  test.each(Object.entries(ORDERLY))("%s, in all kinds of pieces", async (_, frames) => {
    const bytes = Buffer.concat(frames);
    const whole = await compare([bytes]);
    for (const pieces of splits(bytes)) expect(await compare(pieces)).toEqual(whole);
  });

  test.each(Object.entries(DISORDERLY))("%s ends it as `ws` does, and nothing behind it is told", async (_, frames) => {
    const bytes = Buffer.concat([...frames, frame(TEXT, "late"), frame(CLOSE, ""), frame(BINARY, "later")]);
    for (const pieces of [[bytes], ...splits(bytes)]) {
      const told = await compare(pieces, 8);
      expect(told).not.toContain("late");
      expect(told.at(-1)).toHaveProperty("error");
    }
  });

  test.each([0, 1, 125, 126, 127, 1023, 1024, 1025, 8191, 8192, 65535, 65536, 200_000])("%i bytes", async (size) => {
    const body = Uint8Array.from({ length: size }, (_, index) => index * 7);
    const frames = [
      frame(BINARY, body),
      frame(TEXT, "a".repeat(size)),
      frame(TEXT, "€".repeat(size / 3)),
      frame(TEXT, ""),
    ];
    const bytes = Buffer.concat(frames);
    for (const length of [bytes.length, 65536, 16384, 1000].filter((most) => bytes.length / most < 300)) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.subarray(at, at + length));
      await compare(pieces);
    }
  });

  test("`ws` gets nothing of messages that came whole, and all that it needs of others", async () => {
    const whole = [frame(TEXT, "a"), frame(BINARY, "b"), frame(TEXT, "€".repeat(100))];
    expect(await tell([Buffer.concat(whole)], 0, true)).toMatchObject({ passed: 0 });
    const long = frame(BINARY, new Uint8Array(100));
    const pieces = [Buffer.concat([...whole, long.subarray(0, 1)]), Buffer.concat([long.subarray(1), ...whole])];
    expect(await tell(pieces, 0, true)).toMatchObject({ passed: long.length });
  });

  test("bytes are a copy of their own, where numbers of any size may start", async () => {
    const frames = Array.from({ length: 1500 }, (_, n) => frame(BINARY, new Uint8Array(n % 1100).fill(n)));
    const chunk = Buffer.concat(frames);
    const { stream, told, heard } = open(0, true);
    heard(chunk);
    do await turn();
    while (stream.readableLength > 0);
    chunk.fill(0);
    const messages = told as Uint8Array[];
    expect(messages.length).toBe(1500);
    for (const [n, bytes] of messages.entries()) {
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      expect(bytes.byteOffset % 8).toBe(0);
      // A small message keeps no more than this in memory, a larger one itself alone.
      expect(bytes.buffer.byteLength).toBe(bytes.length > 1024 ? bytes.length : 16384);
      expect(bytes.every((byte) => byte === n % 256)).toBe(true);
      bytes.fill(255);
    }
    expect(messages.every((bytes) => bytes.every((byte) => byte === 255))).toBe(true);
  });

  test("bytes that the game has transferred take no others along", async () => {
    const { heard, told } = open(0, true);
    await turn();
    for (let n = 0; n < 3; n++) {
      for (let size = 0; size < 3; size++) heard(frame(BINARY, new Uint8Array(size).fill(n)));
      expect(told.splice(0)).toEqual([0, 1, 2].map((size) => new Uint8Array(size).fill(n)));
      heard(frame(BINARY, "b"));
      const { buffer } = told.pop() as Uint8Array<ArrayBuffer>;
      structuredClone(buffer, { transfer: [buffer] });
    }
  });

  test("what `ws` reads of a destroyed stream by itself is not told twice", () => {
    const { stream, told } = open(0, true);
    stream.emit("data", frame(TEXT, "a"));
    stream.destroy();
    stream.emit("data", frame(TEXT, "b"));
    expect(told).toEqual(["a"]);
  });

  test("the rest of a piece goes to `ws` when the stream has ended while it was read: it would take nothing back", () => {
    const line = open(0, true);
    line.onTold = () => {
      // As if the socket were full, and the answer to a ping could not be written.
      line.socket.isPaused = true;
      line.stream.on("error", () => {}).destroy(new Error("broken pipe"));
    };
    line.stream.emit("data", Buffer.concat(["a", "b", "c"].map((text) => frame(TEXT, text))));
    expect(line.told).toEqual(["a", "b", "c"]);
    expect(line.passed()).toBe(6);
  });

  test("every 256 messages the event loop has its turn, so that a burst does not hold up the game", async () => {
    const { stream, told, heard } = open(0, true);
    await turn();
    const frames = Array.from({ length: 1000 }, (_, n) => frame(TEXT, `${n}`.padStart(62)));
    heard(Buffer.concat(frames));
    const turns = [told.length];
    while (stream.readableLength > 0) {
      await turn();
      turns.push(told.length);
    }
    expect(turns).toEqual([256, 512, 768, 1000]);
    expect(told.map(Number)).toEqual(frames.map((_, n) => n));
  });

  test("it does not go on while the socket is paused", async () => {
    const line = open(0, true);
    const { socket, stream, told, heard } = line;
    await turn();
    // As a client does whose inbox is full.
    line.onTold = () => {
      if (told.length % 100 > 0) return;
      socket.isPaused = true;
      stream.pause();
    };
    heard(Buffer.concat(Array.from({ length: 350 }, () => frame(BINARY, new Uint8Array(62)))));
    for (const count of [100, 200, 300, 350]) {
      for (let n = 0; n < 3; n++) await turn();
      expect(told.length).toBe(count);
      socket.isPaused = false;
      stream.resume();
    }
  });

  test("nothing is told of what arrives while the socket is paused", async () => {
    const { socket, stream, told, heard } = open(0, true);
    await turn();
    socket.isPaused = true;
    heard(Buffer.concat(Array.from({ length: 300 }, () => frame(TEXT, "late"))));
    for (let n = 0; n < 3; n++) await turn();
    expect(told).toEqual([]);
    socket.isPaused = false;
    stream.resume();
    for (let n = 0; n < 3; n++) await turn();
    expect(told.length).toBe(300);
  });

  test("where others listen to the stream as well, or nobody, it leaves it alone", () => {
    for (const count of [0, 2]) {
      const stream = new Duplex({ read() {} });
      for (let n = 0; n < count; n++) stream.on("data", () => n);
      const before = stream.listeners("data");
      new FrameReader({ isPaused: false }, stream, 0, { take() {} });
      expect(stream.listeners("data")).toEqual(before);
    }
  });

  test("a receiver that tells its messages later gets the stream back", async () => {
    const stream = new Duplex({ read() {} });
    const told: unknown[] = [];
    stream.on("data", (chunk) => told.push(chunk.length));
    new FrameReader({ isPaused: false }, stream, 0, { take: (message) => told.push(message) });
    stream.emit("data", Buffer.concat([frame(TEXT, "a"), frame(0x01, "b"), frame(0x80, "c"), frame(TEXT, "d")]));
    stream.emit("data", frame(TEXT, "e"));
    expect(told).toEqual(["a", 3, 3, 3, 3]);
  });
});
