import { describe, expect, test } from "vitest";
import { decodeValue, encodeValue, hashValue, SessionHash } from "../../src/tools/session-values.js";

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  1.5e300,
  Number.NaN,
  Number.NEGATIVE_INFINITY,
  "",
  "é ✨ \u0000 \ud800",
  12n,
  undefined,
  new Uint8Array([0, 1, 254, 255]),
  new Uint8Array(20_000).fill(7),
  new Date(5),
  [],
  [1, [undefined, [new Uint8Array()]]],
  {},
  { $b: "no bytes", $o: { $n: 1 } },
  JSON.parse('{"__proto__":{"a":1},"constructor":2}'),
];

describe("a value in a recording", () => {
  test.each(VALUES.map((value) => [value]))("%o is itself again", (value) => {
    const text = JSON.stringify(encodeValue(value));
    expect(decodeValue(JSON.parse(text))).toStrictEqual(value);
  });

  test("is a copy: what is written into the original changes nothing", () => {
    const original = { list: [1], bytes: new Uint8Array([1]) };
    const encoded = encodeValue(original);
    original.list.push(2);
    original.bytes[0] = 9;
    expect(decodeValue(encoded)).toEqual({ list: [1], bytes: new Uint8Array([1]) });
  });

  test("any view of bytes is bytes, and what has a toJSON is what that says", () => {
    expect(encodeValue(new Uint16Array([258]))).toEqual({ $b: "AgE=" });
    expect(encodeValue(new Uint8Array([1, 2, 3]).buffer)).toEqual({ $b: "AQID" });
    expect(encodeValue({ toJSON: () => ({ x: 1 }) })).toEqual({ x: 1 });
    expect(encodeValue(new Blob(["four"]))).toEqual({ $blob: 4 });
    expect((decodeValue({ $blob: 4 }) as Blob).size).toBe(4);
  });

  test("that contains itself, by however many ways, is none", () => {
    const once: unknown[] = [];
    once.push({ once });
    expect(encodeValue(once)).toEqual({ $u: 1 });
    expect(hashValue(once)).toMatch(/^[0-9a-f]{8}$/);
    const scene = { title: "arena", sprites: [] as object[] };
    for (let x = 0; x < 20; x++) scene.sprites.push({ x, scene });
    expect(encodeValue([scene.sprites[0]])).toEqual({ $u: 1 });
  });

  test("is written out wherever it stands, unless there is no end to that", () => {
    const shared = { x: 1 };
    expect(encodeValue([shared, { shared }])).toEqual([{ x: 1 }, { shared: { x: 1 } }]);
    let tower: unknown = [];
    for (let level = 0; level < 100; level++) tower = [tower, tower];
    expect(encodeValue(tower)).toEqual({ $u: 1 });
  });

  test("whose own code throws lets that through", () => {
    const toJSON = () => {
      throw new Error("not now");
    };
    expect(() => encodeValue([{ toJSON }])).toThrow("not now");
  });
});

describe("the hash", () => {
  test("is FNV-1a of the canonical text, and never changes", () => {
    expect(hashValue([])).toBe(fnv("a0:", 32));
    const text = "a5:n1;s1:ao1:1:ba2:true;null;b2:\u0001\u0002n-0;";
    expect(hashValue([1, "a", { b: [true, null] }, new Uint8Array([1, 2]), -0])).toBe(fnv(text, 32));
    const session = new SessionHash();
    expect(String(session)).toBe("cbf29ce484222325");
    session.add("a");
    expect(String(session)).toBe("af63dc4c8601ec8c");
    session.add("bcdefghijklmnopqrstuvwxyz");
    expect(String(session)).toBe(fnv("abcdefghijklmnopqrstuvwxyz", 64));
  });

  test("is the same whatever the order of keys and the kind of view", () => {
    expect(hashValue({ a: 1, b: 2 })).toBe(hashValue({ b: 2, a: 1 }));
    expect(hashValue(new Uint8Array([1, 2]))).toBe(hashValue(new DataView(new Uint8Array([1, 2]).buffer)));
    expect(hashValue(new TypeError("one"))).toBe(hashValue(new TypeError("other")));
  });

  test("is another for values that are another", () => {
    const hashes = new Set([...VALUES, "0", [[]], [0], ["ab", "c"], ["a", "bc"]].map((value) => hashValue(value)));
    expect(hashes.size).toBe(VALUES.length + 5);
  });
});

/** FNV-1a as its authors write it, with integers that have no bounds. */
function fnv(text: string, bits: 32 | 64): string {
  let hash = bits === 32 ? 0x811c9dc5n : 0xcbf29ce484222325n;
  const prime = bits === 32 ? 0x01000193n : 0x100000001b3n;
  for (const character of text) hash = BigInt.asUintN(bits, (hash ^ BigInt(character.charCodeAt(0))) * prime);
  return hash.toString(16).padStart(bits / 4, "0");
}
