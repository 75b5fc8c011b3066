import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MsgpackCursor } from "../../src/codec/msgpack-cursor.js";

const bytes = (hex: string) => Uint8Array.from(hex.match(/[\da-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Ends of the values that stand one after the other. */
function ends(of: Uint8Array): number[] {
  const cursor = new MsgpackCursor(of);
  const found: number[] = [];
  while (cursor.position < of.length) {
    cursor.take();
    found.push(cursor.position);
  }
  return found;
}

describe("take", () => {
  test.each([
    ["positive fixint", "00"],
    ["positive fixint, the last", "7f"],
    ["fixmap", "82 a161 01 a162 02"],
    ["fixmap, empty", "80"],
    ["fixarray", "93 01 02 03"],
    ["fixarray, empty", "90"],
    ["fixstr", "a3 616263"],
    ["fixstr, empty", "a0"],
    ["nil", "c0"],
    ["false", "c2"],
    ["true", "c3"],
    ["bin 8", "c4 02 ffff"],
    ["bin 16", "c5 0002 ffff"],
    ["bin 32", "c6 00000002 ffff"],
    ["ext 8", "c7 03 05 ffffff"],
    ["ext 16", "c8 0003 05 ffffff"],
    ["ext 32", "c9 00000003 05 ffffff"],
    ["float 32", "ca 00000000"],
    ["float 64", "cb 0000000000000000"],
    ["uint 8", "cc ff"],
    ["uint 16", "cd ffff"],
    ["uint 32", "ce ffffffff"],
    ["uint 64", "cf ffffffffffffffff"],
    ["int 8", "d0 ff"],
    ["int 16", "d1 ffff"],
    ["int 32", "d2 ffffffff"],
    ["int 64", "d3 ffffffffffffffff"],
    ["fixext 1", "d4 05 ff"],
    ["fixext 2", "d5 05 ffff"],
    ["fixext 4", "d6 05 ffffffff"],
    ["fixext 8", "d7 05 ffffffffffffffff"],
    ["fixext 16", "d8 05 ffffffffffffffffffffffffffffffff"],
    ["str 8", "d9 02 6161"],
    ["str 16", "da 0002 6161"],
    ["str 32", "db 00000002 6161"],
    ["array 16", "dc 0002 0102"],
    ["array 32", "dd 00000002 0102"],
    ["map 16", "de 0001 a161 01"],
    ["map 32", "df 00000001 a161 01"],
    ["negative fixint", "e0"],
    ["negative fixint, the last", "ff"],
    ["containers in one another", "91 92 82 a161 91 01 a162 80 90"],
  ])("passes %s, and with a byte less it throws", (_, hex) => {
    const value = bytes(hex);
    expect(ends(value)).toEqual([value.length]);
    expect(ends(bytes(`${hex} 01 c0`))).toEqual([value.length, value.length + 1, value.length + 2]);
    const cursor = new MsgpackCursor(bytes(`01 ${hex} 02`));
    cursor.take();
    expect(cursor.take()).toEqual(value);
    if (value.length > 1) expect(() => ends(value.subarray(0, -1))).toThrow();
  });

  test("the byte that is in no use throws", () => {
    expect(() => ends(bytes("c1"))).toThrow("no MessagePack");
    expect(() => ends(bytes("c1 00"))).toThrow("no MessagePack");
  });

  test("whatever an encoder writes is passed as one value, and no part of it is", () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4, withBigInt: false, withTypedArray: true, withDate: true }), (value) => {
        let encoded: Uint8Array;
        try {
          encoded = encode(value);
        } catch {
          return;
        }
        expect(ends(encoded)).toEqual([encoded.length]);
        for (const cut of [1, 2, 3]) {
          if (cut < encoded.length) expect(() => ends(encoded.slice(0, -cut))).toThrow();
        }
      }),
    );
  });

  test.each([
    ["an array of 2^32 - 1 items", "dd ffffffff 00"],
    ["a map of 2^32 - 1 keys", "df ffffffff 00"],
    ["binary of 2^32 - 1 bytes", "c6 ffffffff 00"],
    ["an extension of 2^32 - 1 bytes", "c9 ffffffff 00 00"],
    ["text of 2^32 - 1 bytes", "db ffffffff 00"],
    ["a map of 2 keys with one", "82 a161 01"],
  ])("%s that are not there: throws before anything is made of them", (_, hex) => {
    expect(() => ends(bytes(hex))).toThrow();
  });

  test("arrays that each have room for their items, but not all together", () => {
    expect(() => ends(bytes("93 92 01 01 01"))).toThrow("announces more than it has");
    const nested = new Uint8Array(30_000);
    for (let index = 0; index < nested.length; index += 3) nested.set([0xdc, 0x20, 0], index);
    expect(() => ends(nested)).toThrow("announces more than it has");
  });

  test("501 levels, and no more", () => {
    const nested = (levels: number) =>
      Uint8Array.from({ length: levels + 1 }, (_, index) => (index < levels ? 0x91 : 1));
    expect(ends(nested(501))).toEqual([502]);
    expect(() => ends(nested(502))).toThrow("nested too deeply");
    expect(() => ends(nested(1_000_000))).toThrow("nested too deeply");
  });

  test("says whether it has passed binary", () => {
    for (const [hex, binary] of [
      ["c4 00", true],
      ["c5 0000", true],
      ["c6 00000000", true],
      ["92 01 c4 00", true],
      ["c7 00 05", false],
      ["a1 61", false],
      ["dc 0000", false],
    ] as const) {
      const cursor = new MsgpackCursor(bytes(hex));
      cursor.take();
      expect(cursor.binary).toBe(binary);
    }
  });

  test("bytes that are a part of a buffer", () => {
    const cursor = new MsgpackCursor(bytes("ff dc 0002 0102 ff").subarray(1, 6));
    expect(cursor.take()).toEqual(bytes("dc 0002 0102"));
  });
});

describe("enter", () => {
  test.each([
    ["80", true, 0],
    ["82", true, 4],
    ["de 0003", true, 6],
    ["df 00000003", true, 6],
    ["90", false, 0],
    ["93", false, 3],
    ["dc 0003", false, 3],
    ["dd 00000003", false, 3],
    ["80", false, -1],
    ["de 0003", false, -1],
    ["df 00000003", false, -1],
    ["90", true, -1],
    ["dc 0003", true, -1],
    ["dd 00000003", true, -1],
    ["c0", true, -1],
    ["a0", false, -1],
  ])("%s as a map: %s, %i values", (hex, map, count) => {
    const cursor = new MsgpackCursor(bytes(hex));
    expect(cursor.enter(map)).toBe(count);
    expect(cursor.position).toBe(count < 0 ? 0 : bytes(hex).length);
  });

  test("nothing throws", () => {
    expect(() => new MsgpackCursor(bytes("")).enter(true)).toThrow();
  });
});

describe("readShort", () => {
  test.each([
    ["00", 0],
    ["7f", 127],
    ["a0", ""],
    ["a3 616263", "abc"],
    ["bf 61616161616161616161616161616161616161616161616161616161616161", "a".repeat(31)],
  ])("%s is %j", (hex, value) => {
    const cursor = new MsgpackCursor(bytes(hex));
    expect(cursor.readShort()).toBe(value);
    expect(cursor.position).toBe(bytes(hex).length);
  });

  test.each([
    ["nothing", ""],
    ["a larger number", "cc 80"],
    ["a negative number", "ff"],
    ["a container", "91 01"],
    ["a longer text", "d9 01 61"],
    ["text that is not ASCII", "a2 c3a9"],
    ["text that is cut", "a2 61"],
  ])("%s is left to the decoder", (_, hex) => {
    const cursor = new MsgpackCursor(bytes(hex));
    expect(cursor.readShort()).toBeUndefined();
    expect(cursor.position).toBe(0);
  });
});

test.each([
  ["a0", true],
  ["bf", true],
  ["d9", true],
  ["da", true],
  ["db", true],
  ["d8", false],
  ["dc", false],
  ["00", false],
  ["c4", false],
  ["", false],
])("isText of %s is %s", (hex, expected) => {
  expect(new MsgpackCursor(bytes(hex)).isText).toBe(expected);
});
