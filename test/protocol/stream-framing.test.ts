import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/protocol/protocol-error.js";
import { encodeFrames, StreamDecoder, type StreamFrame } from "../../src/protocol/stream-framing.js";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const text = (content: string): StreamFrame => ({ payload: utf8(content), isBinary: false });
const binary = (...bytes: number[]): StreamFrame => ({ payload: Uint8Array.from(bytes), isBinary: true });
const zeros = (length: number): StreamFrame => ({ payload: new Uint8Array(length), isBinary: true });

/** Everything that a decoder finds in `chunks`. */
function decode(chunks: Iterable<Uint8Array>, limit = 1_000_000): StreamFrame[] {
  const decoder = new StreamDecoder(limit);
  const frames: StreamFrame[] = [];
  for (const chunk of chunks) {
    decoder.add(chunk);
    for (let frame = decoder.next(); frame !== null; frame = decoder.next()) frames.push(frame);
  }
  return frames;
}

describe("encodeFrames", () => {
  test.each([
    ["the packet that opens a session", [text("0")], "01 30"],
    ["the packet that moves a session", [text('0{"sid":"ab"}')], "0d 307b22736964223a226162227d"],
    ["text counts in bytes of UTF-8", [text("4ä€")], "06 34c3a4e282ac"],
    ["binary has the top bit", [binary(1, 2, 255)], "83 0102ff"],
    ["several, one after the other", [text("2"), binary(7), text("6")], "01 32 81 07 01 36"],
    ["nothing", [], ""],
  ])("%s", (_, frames, wire) => {
    expect(hex(encodeFrames(frames))).toBe(wire.replaceAll(" ", ""));
  });

  test.each([
    [125, "fd"],
    [126, "fe 007e"],
    [65_535, "fe ffff"],
    [65_536, "ff 0000000000010000"],
    [1_048_576, "ff 0000000000100000"],
  ])("a length of %i", (length, header) => {
    const start = header.replaceAll(" ", "");
    const bytes = encodeFrames([zeros(length)]);
    expect([hex(bytes.subarray(0, start.length / 2)), bytes.length]).toEqual([start, start.length / 2 + length]);
  });

  test.each([
    [125, "7d"],
    [126, "7e 007e"],
    [65_536, "7f 0000000000010000"],
  ])("the same of text has no top bit: %i", (length, header) => {
    const start = header.replaceAll(" ", "");
    expect(hex(encodeFrames([text("4".repeat(length))])).slice(0, start.length)).toBe(start);
  });

  test("a binary packet of no bytes goes as the text b: socket.io takes a length of 0 for an error", () => {
    expect(hex(encodeFrames([zeros(0), text("2")]))).toBe("01620132");
  });

  test("what was encoded does not change with the bytes that it was made from", () => {
    const payload = Uint8Array.of(1, 2);
    const bytes = encodeFrames([{ payload, isBinary: true }]);
    payload.fill(9);
    expect(hex(bytes)).toBe("820102");
  });
});

describe("StreamDecoder", () => {
  const frames = [text("2"), binary(0, 128, 255), text(`4${"x".repeat(124)}`), text(`4${"ä".repeat(100)}`), zeros(300)];
  const wire = encodeFrames(frames);
  /** As text, which is compared faster than lists of bytes. */
  const written = (list: readonly StreamFrame[]) =>
    list.map(({ payload, isBinary }) => `${isBinary ? "binary" : "text"} ${hex(payload)}`);

  test("reads what was written", () => {
    expect(decode([wire])).toEqual(frames);
  });

  test("split in two at every byte", () => {
    for (let at = 0; at <= wire.length; at++) {
      const found = decode([wire.subarray(0, at), wire.subarray(at)]);
      expect(written(found), `split at ${at}`).toEqual(written(frames));
    }
  });

  test("in pieces of every size", () => {
    for (let size = 1; size <= wire.length; size++) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < wire.length; at += size) pieces.push(wire.subarray(at, at + size));
      expect(written(decode(pieces)), `pieces of ${size}`).toEqual(written(frames));
    }
  });

  test("around the long headers, with empty chunks between", () => {
    const large = [zeros(65_536), text("4end")];
    const bytes = encodeFrames(large);
    const nothing = new Uint8Array();
    for (const at of [0, 1, 2, 5, 8, 9, 10, 40_000, bytes.length - 5, bytes.length - 4, bytes.length - 1]) {
      const found = decode([bytes.subarray(0, at), nothing, bytes.subarray(at), nothing]);
      expect(written(found), `split at ${at}`).toEqual(written(large));
    }
  });

  test.each([
    ["01 30", [text("0")]],
    ["83 0102ff", [binary(1, 2, 255)]],
    ["7e 0001 32", [text("2")]],
    ["ff 0000000000000001 07", [binary(7)]],
    ["80", [binary()]],
    ["80 01 32", [binary(), text("2")]],
    ["fe 0000", [binary()]],
    ["7e 00", []],
    ["7f 00000000", []],
    ["", []],
  ])("%s", (bytes, expected) => {
    expect(decode([fromHex(bytes)])).toEqual(expected);
  });

  test("text of exactly the limit passes", () => {
    expect(decode([encodeFrames([text("4234")])], 4)).toEqual([text("4234")]);
  });

  test.each([
    ["05 3432333435", 5],
    ["85 0102030405", 5],
    ["7e 0005", 5],
    ["7e ffff", 65_535],
    ["ff 0000000000010000", 65_536],
    ["ff 0000000100000000", 4_294_967_296],
    ["ff ffffffffffffffff", 18_446_744_073_709_552_000],
    ["00", 0],
    ["7e 0000", 0],
    ["7f 0000000000000000", 0],
  ])("%s is no packet of 1 to 4 bytes", (bytes, length) => {
    const message = `expected a packet of 1 to 4 bytes, got "a length of ${length}"`;
    expect(() => decode([fromHex(bytes)], 4)).toThrow(new ProtocolError(message));
  });

  test("the length alone is enough to refuse it, and what came before is read", () => {
    const decoder = new StreamDecoder(4);
    decoder.add(fromHex("01 32 7e ff"));
    expect(decoder.next()).toEqual(text("2"));
    expect(decoder.next()).toBe(null);
    decoder.add(fromHex("ff"));
    expect(() => decoder.next()).toThrow(ProtocolError);
  });

  test("without a limit a length still has to be one that a number can hold", () => {
    expect(() => decode([fromHex("7f 0020000000000000")], Infinity)).toThrow(
      'expected a packet of 1 to 9007199254740991 bytes, got "a length of 9007199254740992"',
    );
    expect(decode([fromHex("7f 001fffffffffffff 34")], Infinity)).toEqual([]);
  });

  test("each packet has bytes of its own", () => {
    const chunk = fromHex("82 0102 82 0304");
    const [first, second] = decode([chunk]) as [StreamFrame, StreamFrame];
    chunk.fill(9);
    expect([first.payload.buffer.byteLength, second.payload.buffer.byteLength]).toEqual([2, 2]);
    expect([first, second]).toEqual([binary(1, 2), binary(3, 4)]);
  });

  test("a chunk with two packets gives them one by one", () => {
    const decoder = new StreamDecoder(100);
    decoder.add(fromHex("01 32 01 36"));
    expect([decoder.next(), decoder.next(), decoder.next(), decoder.next()]).toEqual([
      text("2"),
      text("6"),
      null,
      null,
    ]);
  });

  test("5,000 packets of random lengths, in random pieces", () => {
    let seed = 42;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const many = Array.from({ length: 5000 }, (_, index) => {
      const payload = new Uint8Array(1 + random(index % 100 === 0 ? 70_000 : 300)).fill(index % 256);
      return { payload, isBinary: random(2) === 1 };
    });
    const bytes = encodeFrames(many);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + random(3000);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    const found = decode(pieces);
    expect(found.length).toBe(5000);
    expect(hex(encodeFrames(found)) === hex(bytes)).toBe(true);
  });
});
