import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/protocol/engine-packet.js";
import { decodePayload, encodePayload, payloadLength, payloadSize } from "../../src/protocol/engine-payload.js";
import { base64 as browserBase64 } from "../../src/transport/browser-http.js";
import { base64 as nodeBase64 } from "../../src/transport/platform-http.js";

const bytes = (...values: number[]) => Uint8Array.from(values);
const bytesOnTheWire = (frames: readonly Frame[]) => Buffer.byteLength(encodePayload(frames, nodeBase64));

/** One of each kind; a text packet of a session is never empty and never holds the separator. */
const frame = fc.oneof(
  fc.string({ unit: "binary" }).map((text) => `4${text.replaceAll("\x1e", "")}`),
  fc.uint8Array({ maxLength: 40 }),
);
const payload = fc.array(frame, { minLength: 1, maxLength: 12 });

describe.each([
  ["Node's base64", nodeBase64],
  ["a browser's base64", browserBase64],
])("with %s", (_, base64) => {
  test.each<[string, Frame[], string]>([
    ["one packet is the packet", ["2"], "2"],
    ["packets are joined by \\x1e", ["40", '42["a"]', "3"], '40\x1e42["a"]\x1e3'],
    ["binary is b and base64, without the type digit", [bytes(1, 2, 3)], "bAQID"],
    ["base64 is padded", [bytes(1), bytes(1, 2)], "bAQ==\x1ebAQI="],
    ["no bytes", [bytes()], "b"],
    ["its alphabet is that of + and /", [bytes(251, 255, 190)], "b+/++"],
    ["text is not escaped", ["4€\u0000😀"], "4€\u0000😀"],
    [
      "a header and its attachments",
      ['451-["x",{"_placeholder":true,"num":0}]', bytes(255)],
      '451-["x",{"_placeholder":true,"num":0}]\x1eb/w==',
    ],
  ])("%s", (_, frames, wire) => {
    expect(encodePayload(frames, base64)).toBe(wire);
    expect(decodePayload(wire, base64)).toEqual(frames);
  });

  test("what is decoded is what was encoded", () => {
    fc.assert(
      fc.property(payload, (frames) => {
        expect(decodePayload(encodePayload(frames, base64), base64)).toEqual(frames);
      }),
    );
  });

  test("bytes that are a part of a larger buffer go alone", () => {
    const whole = bytes(9, 1, 2, 3, 9);
    expect(encodePayload([whole.subarray(1, 4)], base64)).toBe("bAQID");
  });

  test("decoded bytes have a buffer of their own, so that a game may hand it on", () => {
    const [decoded] = decodePayload("bAQID", base64) as [Uint8Array];
    expect(decoded.constructor).toBe(Uint8Array);
    expect([decoded.byteOffset, decoded.buffer.byteLength]).toEqual([0, 3]);
  });

  test("binary of many bytes", () => {
    const many = Uint8Array.from({ length: 100_001 }, (_, index) => (index * 7) % 256);
    const wire = encodePayload([many], base64);
    expect(wire).toBe(`b${Buffer.from(many).toString("base64")}`);
    expect(Buffer.from(decodePayload(wire, base64)[0] as Uint8Array).equals(many)).toBe(true);
  });

  test.each(["bA", "bAQI", "b====", "bA===", "bAQ=D", "b????", "bAQID\n", "bAQ-_", "b AQI", "bé==="])(
    "%j is no base64: it stays text, of a type that no session accepts",
    (packet) => {
      expect(decodePayload(`2\x1e${packet}`, base64)).toEqual(["2", packet]);
    },
  );

  test("nothing throws, whatever a server sends", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (garbage) => {
        expect(decodePayload(garbage, base64).length).toBe(garbage.split("\x1e").length);
        expect(decodePayload(`b${garbage}`, base64).length).toBe(garbage.split("\x1e").length);
      }),
    );
  });
});

test.each([
  ["", [""]],
  ["\x1e", ["", ""]],
  ["2\x1e", ["2", ""]],
])("an empty packet is one: %j", (wire, frames) => {
  expect(decodePayload(wire, nodeBase64)).toEqual(frames);
});

describe("payloadSize", () => {
  test.each<[Frame, number]>([
    ["2", 1],
    ["4ä", 3],
    ["4€", 4],
    ["4😀", 5],
    [bytes(), 1],
    [bytes(1), 5],
    [bytes(1, 2, 3), 5],
    [bytes(1, 2, 3, 4), 9],
  ])("the bytes of %j are %i", (packet, size) => {
    expect(payloadSize(packet)).toBe(size);
    expect(bytesOnTheWire([packet])).toBe(size);
  });

  test("is what the packet takes on the wire", () => {
    fc.assert(
      fc.property(payload, (frames) => {
        const size = frames.reduce((sum, item) => sum + payloadSize(item), frames.length - 1);
        expect(size).toBe(bytesOnTheWire(frames));
      }),
    );
  });
});

describe("payloadLength", () => {
  test.each<[string, Frame[], number, number]>([
    ["all that fit", ["4a", "4b"], 100, 2],
    ["separators count: 2 + 1 + 2 bytes are 5", ["4a", "4b"], 5, 2],
    ["and not one byte more", ["4a", "4b"], 4, 1],
    ["bytes of UTF-8, not characters", ["4€", "4€"], 8, 1],
    ["base64 is a third more: 5 + 1 + 5", [bytes(1, 2, 3), bytes(1)], 11, 2],
    ["and its padding counts", [bytes(1, 2, 3), bytes(1)], 10, 1],
    ["the first goes even if it is too large: it will never be smaller", ["4 too large", "2"], 3, 1],
    ["no limit at all", Array(20).fill("4x"), Infinity, 20],
  ])("%s", (_, frames, maxBytes, count) => {
    expect(payloadLength(frames, maxBytes)).toBe(count);
  });

  test("takes as much as it can, and never too much", () => {
    fc.assert(
      fc.property(payload, fc.integer({ min: 1, max: 200 }), (frames, bytes) => {
        const count = payloadLength(frames, bytes);
        expect(count).toBeLessThanOrEqual(frames.length);
        if (count > 1) expect(bytesOnTheWire(frames.slice(0, count))).toBeLessThanOrEqual(bytes);
        if (count < frames.length) expect(bytesOnTheWire(frames.slice(0, count + 1))).toBeGreaterThan(bytes);
      }),
    );
  });
});
