import { describe, expect, test } from "vitest";
import * as ws from "ws";
import { maskedFrames } from "../src/transport/masked-frames.js";

/** What the receiver of `ws`, as a server has it, makes of these bytes; it fails on frames that are not masked or not well-formed. */
function read(bytes: Uint8Array): (string | Uint8Array)[] {
  // It has no types.
  const { Receiver } = ws as unknown as { Receiver: new (options: object) => NodeJS.WritableStream };
  const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true });
  const messages: (string | Uint8Array)[] = [];
  receiver.on("message", (data: Buffer, isBinary: boolean) =>
    messages.push(isBinary ? new Uint8Array(data) : data.toString()),
  );
  receiver.on("error", (error: Error) => {
    throw error;
  });
  receiver.write(bytes as Buffer);
  return messages;
}

const SIZES = [
  0, 1, 2, 3, 4, 5, 41, 42, 43, 62, 63, 64, 124, 125, 126, 127, 128, 129, 130, 131, 1000, 21845, 65535, 65536, 70_001,
];

describe("maskedFrames", () => {
  test.each(SIZES)("%i units of text: ASCII, two, three and four bytes each", (size) => {
    const texts = ["a", "é", "€", "😀"].map((letter) => letter.repeat(size));
    expect(read(maskedFrames(texts))).toEqual(texts);
  });

  test.each(SIZES)("%i bytes of binary, wherever they fall in memory", (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index);
    for (const lead of ["", "1", "12", "123"])
      expect(read(maskedFrames([lead, bytes, bytes]))).toEqual([lead, bytes, bytes]);
  });

  test("many at once keep their order", () => {
    const messages = Array.from({ length: 500 }, (_, n) => (n % 3 === 0 ? new Uint8Array(n).fill(n) : `42["n",${n}]`));
    expect(read(maskedFrames(messages))).toEqual(messages);
  });

  test("the header is as short as RFC 6455 asks, and the mask is there", () => {
    const [small, medium, large] = [125, 126, 65536].map((size) => maskedFrames([new Uint8Array(size)]));
    expect([...small!.subarray(0, 2)]).toEqual([0x82, 0x80 | 125]);
    expect([...medium!.subarray(0, 4)]).toEqual([0x82, 0x80 | 126, 0, 126]);
    expect([...large!.subarray(0, 10)]).toEqual([0x82, 0x80 | 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    expect([small, medium, large].map((frame) => frame!.length)).toEqual([131, 134, 65550]);
  });

  test("each frame has a mask of its own, and they do not repeat", () => {
    const frames = maskedFrames(Array.from({ length: 3000 }, () => ""));
    const masks = new Set<number>();
    for (let at = 2; at < frames.length; at += 6)
      masks.add(new DataView(frames.buffer, frames.byteOffset).getUint32(at));
    // Of 3000 random ones two may be the same, some time.
    expect(masks.size).toBeGreaterThan(2990);
  });

  test("what the caller gave is not touched", () => {
    const bytes = new Uint8Array(300).fill(7);
    maskedFrames([bytes]);
    expect(bytes.every((byte) => byte === 7)).toBe(true);
  });

  test("nothing is no bytes", () => expect(maskedFrames([])).toHaveLength(0));
});
