/* The MessagePack codec alone, beside the parser of socket.io with which it has to get along. */
import { Buffer } from "node:buffer";
import { ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { Decoder, Encoder } from "socket.io-msgpack-parser";
import { describe, expect, test, vi } from "vitest";
import { msgpack } from "../../src/codec/msgpack.js";
import type { IncomingPacket, OutgoingPacket } from "../../src/protocol/codec.js";
import { chooseSeed, Random } from "../property/random.js";

const codec = msgpack();

test("a version of its package that takes its options in another way is refused before a packet is lost", async () => {
  vi.resetModules();
  vi.doMock("@msgpack/msgpack", () => ({
    Encoder: class {
      encode() {
        throw new TypeError("this.extensionCodec.tryToEncode is not a function");
      }
    },
  }));
  const older = await import("../../src/codec/msgpack.js");
  vi.doUnmock("@msgpack/msgpack");
  vi.resetModules();
  expect(() => older.msgpack()).toThrow(
    "msgpack() needs version 3 of @msgpack/msgpack: npm install @msgpack/msgpack@3",
  );
});

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

function packet(data: unknown, parts: Partial<OutgoingPacket> = {}): OutgoingPacket {
  return { type: 2, namespace: "/", id: -1, data, ...parts };
}

/** What goes out for an event with these arguments, as socket.io's parser reads it. */
function sent(...args: unknown[]): unknown[] {
  return parse(codec.encode(packet(["x", ...args])) as Uint8Array)["data"].slice(1);
}

/** What socket.io's parser reads. */
function parse(message: Uint8Array) {
  const decoder = new Decoder();
  const packets: Record<string, unknown>[] = [];
  decoder.on("decoded", (decoded) => packets.push(decoded));
  decoder.add(Buffer.from(message));
  return packets[0] as { data: unknown[] } & Record<string, unknown>;
}

/** What socket.io's parser writes. */
function written(of: Record<string, unknown>): Uint8Array {
  return new Uint8Array((new Encoder().encode(of) as unknown as [Uint8Array])[0]);
}

/** What comes in when a server emits these arguments. */
function received(...args: unknown[]): unknown[] {
  const { event, data } = codec.decode(written({ type: 2, data: ["x", ...args], nsp: "/" }));
  expect(event).toBe("x");
  return (data() as unknown[]).slice(1);
}

describe("the parts of a packet", () => {
  test.each([
    [{ type: 0, data: undefined }, "82 a474797065 00 a36e7370 a12f"],
    [{ type: 0, data: { token: "t" } }, "83 a474797065 00 a464617461 81a5746f6b656ea174 a36e7370 a12f"],
    [{ type: 1, data: undefined, namespace: "/a" }, "82 a474797065 01 a36e7370 a22f61"],
    [{ type: 2, data: ["x", 1] }, "83 a474797065 02 a464617461 92a17801 a36e7370 a12f"],
    [{ type: 2, data: ["x"], id: 0 }, "84 a474797065 02 a464617461 91a178 a26964 00 a36e7370 a12f"],
    [{ type: 3, data: [], id: 300 }, "84 a474797065 03 a464617461 90 a26964 cd012c a36e7370 a12f"],
  ])("%j is written as %s, and read again", (parts, expected) => {
    const message = codec.encode(packet(undefined, parts)) as Uint8Array;
    expect(hex(message)).toBe(expected.replaceAll(" ", ""));
    expect(message.buffer.byteLength).toBe(message.length);
    const { namespace: nsp = "/", id, ...rest } = parts as Partial<OutgoingPacket>;
    expect(parse(message)).toEqual({ ...rest, nsp, ...(id === undefined ? {} : { id }) });
    const read = codec.decode(message);
    expect(read).toMatchObject({ type: parts.type, namespace: nsp, id: id ?? -1 });
    expect(read.data()).toEqual(parts.data);
  });

  test.each([
    [{ type: 2, data: ["move", 1], nsp: "/" }, "move"],
    [{ nsp: "/", data: ["move", 1], type: 2 }, "move"],
    [{ type: 2, data: ["é", 1], nsp: "/" }, "é"],
    [{ type: 2, data: ["x".repeat(40)], nsp: "/" }, "x".repeat(40)],
    [{ type: 2, data: [""], nsp: "/" }, ""],
    [{ type: 2, data: [7, 1], nsp: "/" }, null],
    [{ type: 2, data: [["x"]], nsp: "/" }, null],
    [{ type: 2, data: [], nsp: "/" }, null],
    [{ type: 2, data: { 0: "x" }, nsp: "/" }, null],
    [{ type: 2, data: null, nsp: "/" }, null],
    [{ type: 2, nsp: "/" }, null],
    [{ type: 3, data: ["x"], nsp: "/", id: 1 }, null],
    [{ type: 0, data: { sid: "a" }, nsp: "/" }, null],
  ])("the event's name of %j is %j, without decoding the rest", (of, name) => {
    expect(codec.decode(written(of)).event).toBe(name);
  });

  test("keys that are not known, and more than fifteen of them", () => {
    const extra = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`key${index}`, { a: [index] }]));
    expect(
      codec.decode(written({ ...extra, type: 2, data: ["x"], nsp: "/é", options: { compress: true } })),
    ).toMatchObject({
      type: 2,
      namespace: "/é",
      event: "x",
    });
  });

  test("an id and data that are there and say nothing", () => {
    for (const nothing of [undefined, null]) {
      const read = codec.decode(written({ type: 1, data: nothing, nsp: "/", id: nothing }));
      expect(read).toMatchObject({ type: 1, id: -1 });
      expect(read.data()).toBe(nothing);
    }
  });

  test.each([
    ["nothing", ""],
    ["no map", "91 01"],
    ["an empty map", "80"],
    ["a number", "02"],
    ["text", "a3 616263"],
    ["a map that is cut", "82 a474797065 02 a36e7370"],
    ["a byte more", `${hex(written({ type: 1, nsp: "/" }))} 00`],
    ["another packet behind it", hex(written({ type: 1, nsp: "/" })).repeat(2)],
  ])("%s is no packet", (_, bytes) => {
    expect(() => codec.decode(unhex(bytes))).toThrow();
  });

  test.each([
    [{ nsp: "/" }],
    [{ type: 5, nsp: "/" }],
    [{ type: -1, nsp: "/" }],
    [{ type: 1.5, nsp: "/" }],
    [{ type: "2", nsp: "/" }],
    [{ type: null, nsp: "/" }],
    [{ type: 2 }],
    [{ type: 2, nsp: null }],
    [{ type: 2, nsp: 1 }],
    [{ type: 2, nsp: ["/"] }],
    [{ type: 2, nsp: "/", id: "1" }],
    [{ type: 2, nsp: "/", id: 1.5 }],
    [{ type: 2, nsp: "/", id: -2 }],
    [{ type: 2, nsp: "/", id: [1] }],
    [{ ...Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`key${index}`, 1])), type: 2, nsp: "/" }],
  ])("%j is no packet", (of) => {
    expect(() => codec.decode(written(of))).toThrow();
  });

  test("a text message is no packet: the error says what the server may lack", () => {
    expect(() => codec.decode('2["x"]')).toThrow("socket.io-msgpack-parser");
  });
});

describe("data, both ways as socket.io's parser has it", () => {
  test.each([
    [0],
    [-1],
    [127],
    [128],
    [-33],
    [65_536],
    [2 ** 31],
    [2 ** 32],
    [-(2 ** 31) - 1],
    [Number.MAX_SAFE_INTEGER],
    [Number.MIN_SAFE_INTEGER],
    [0.1],
    [-1e-300],
    [Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY],
    [Number.NaN],
    [true],
    [false],
    [null],
    [""],
    ["plain"],
    ["é漢😀\u0000\u2028"],
    ["x".repeat(70_000)],
    [[]],
    [{}],
    [[1, [2, [3]]]],
    [{ a: { b: { c: [1] } }, "": 0, constructor: 1, toString: 2 }],
    [Array.from({ length: 70_000 }, (_, index) => index)],
    [{ _placeholder: true, num: 0 }],
    [new Date(0)],
    [new Date(1_700_000_000_123)],
    [new Date(-1)],
    [new Date(8.64e15)],
    [new Date(-8.64e15)],
  ])("%j", (value) => {
    expect(sent(value)).toEqual([value]);
    expect(received(value)).toEqual([value]);
  });

  test.each([0, 1, 2, 4, 8, 16, 17, 212, 215, 255, 256, 65_536])("%i bytes of binary in each form", (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index + 1);
    // Byte by byte the matcher would take seconds.
    const isSame = (value: unknown) => Buffer.from(bytes).equals(value as Uint8Array);
    for (const form of [bytes, bytes.buffer, Buffer.from(bytes), new DataView(bytes.buffer)]) {
      expect(sent(form).map(isSame)).toEqual([true]);
      if (form instanceof DataView) continue;
      const into = received(form);
      expect(into.map(isSame)).toEqual([true]);
      expect((into[0] as object).constructor).toBe(Uint8Array);
    }
  });

  test("a view writes what it shows, not the buffer behind it", () => {
    const floats = new Float32Array([1, 2, 3, 4]).subarray(1, 3);
    const [out] = sent(floats) as [Buffer];
    expect(new Float32Array(new Uint8Array(out).buffer)).toEqual(Float32Array.of(2, 3));
  });

  test("binary that came in has a buffer of its own, from its first byte on", () => {
    const floats = new Float32Array([1, 2, 3]);
    const forms = [Buffer.from(floats.buffer), floats.buffer, { deep: [Buffer.from(floats.buffer)] }];
    const [a, b, c] = received(...forms) as [Uint8Array, Uint8Array, { deep: [Uint8Array] }];
    for (const bytes of [a, b, c.deep[0]]) {
      expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, 12]);
      expect(new Float32Array(bytes.buffer)).toEqual(floats);
    }
    a[0] = 99;
    expect(b[0]).toBe(0);
  });

  test("the caller's buffer can be written again at once", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const message = codec.encode(packet(["x", bytes])) as Uint8Array;
    bytes.fill(9);
    codec.encode(packet(["y", 1, 2, 3]));
    expect(parse(message).data[1]).toEqual(Buffer.from([1, 2, 3]));
  });

  test("undefined comes in as undefined; out it goes as JSON would: no key, or null in an array", () => {
    expect(received(undefined, [undefined], { a: undefined })).toEqual([undefined, [undefined], { a: undefined }]);
    expect(sent(undefined, [undefined, 1], { a: undefined, b: 1 })).toEqual([null, [null, 1], { b: 1 }]);
  });

  test("the timestamp of the standard is a date", () => {
    for (const time of [0, 1_700_000_000_000, 1_700_000_000_123, -1000, 2 ** 35 * 1000]) {
      const { data } = codec.decode(encode({ type: 2, nsp: "/", data: ["x", new Date(time)] }));
      expect(data()).toEqual(["x", new Date(time)]);
    }
  });

  test("an extension that nobody knows keeps its type and its bytes", () => {
    const ext = new ExtData(7, Uint8Array.of(1, 2, 3));
    const { data } = codec.decode(encode({ type: 2, nsp: "/", data: ["x", ext] }));
    expect(data()).toEqual(["x", ext]);
    expect(sent(ext)).toEqual([[7, Buffer.from([1, 2, 3])]]);
  });

  test("a number beyond 2^53 goes out as it is; an integer that comes in loses what a number cannot hold", () => {
    expect(sent(1e300, 2 ** 60)).toEqual([1e300, 2 ** 60]);
    const { data } = codec.decode(unhex("83 a474797065 02 a36e7370 a12f a464617461 92 a178 cf ffffffffffffffff"));
    expect(data()).toEqual(["x", 2 ** 64]);
  });

  test("any data that JSON can hold comes out the same on both sides", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 4 })), (args) => {
        let large = false;
        const plain = JSON.parse(JSON.stringify(args).replaceAll(/\\ud[89a-f][\da-f]{2}/g, "?"), (key, value) => {
          large ||= typeof value === "number" && Math.abs(value) >= 2 ** 53;
          return key === "__proto__" ? undefined : value;
        });
        expect(sent(...plain)).toEqual(plain);
        // Integers that are too large for 64 bits are more than notepack can write.
        if (!large) expect(received(...plain)).toEqual(plain);
      }),
    );
  });
});

describe("what goes out as JSON would have it", () => {
  test("objects with a toJSON, also inside others; a date is a date all the same", () => {
    class Vector {
      constructor(
        readonly x: number,
        readonly y: number,
      ) {}
      toJSON() {
        return [this.x, this.y];
      }
    }
    expect(sent(new Vector(1, 2), { at: new Vector(3, 4) })).toEqual([[1, 2], { at: [3, 4] }]);
    expect(sent({ toJSON: (key: string) => `key ${key}` })).toEqual(["key 1"]);
    expect(sent(Object.assign(new Date(5), { toJSON: () => "text" }))).toEqual([new Date(5)]);
    const again = { toJSON: () => again, a: 1 };
    expect(sent(again)).toEqual([{ a: 1 }]);
    expect(sent({ toJSON: () => new Uint8Array(1) })).toEqual([Buffer.alloc(1)]);
  });

  test("functions and symbols are left out, in an array they are null", () => {
    expect(sent({ a: () => {}, b: Symbol("b"), c: 1 }, [() => {}, Symbol("b")])).toEqual([{ c: 1 }, [null, null]]);
  });

  test("a date that is none is null", () => {
    expect(sent(new Date(Number.NaN))).toEqual([null]);
  });

  test("half of a surrogate pair is U+FFFD: a server may close the connection for text that is no UTF-8", () => {
    expect(sent("😀".slice(0, 1), "a\udc00", `${"x".repeat(100)}\ud800`, "😀")).toEqual([
      "\ufffd",
      "a\ufffd",
      `${"x".repeat(100)}\ufffd`,
      "😀",
    ]);
  });

  test("in keys, too", () => {
    expect(sent({ "a\ud83d": 1, b: { "😀": [{ "\udc00": "c" }] } })).toEqual([
      { "a\ufffd": 1, b: { "😀": [{ "\ufffd": "c" }] } },
    ]);
  });

  test("what is boxed is its value, as in JSON", () => {
    expect(sent(new String("ab"), [new Number(5)], { a: new Boolean(false) })).toEqual(["ab", [5], { a: false }]);
    expect(() => sent(Object(1n))).toThrow("it holds a BigInt");
  });

  test("the key __proto__ is left out, for no decoder takes it for a key", () => {
    expect(sent(JSON.parse('{"__proto__":{"x":1},"a":1}'))).toEqual([{ a: 1 }]);
    expect(sent({ list: [JSON.parse('{"__proto__":1,"b":"\\ud800"}')] })).toEqual([{ list: [{ b: "\ufffd" }] }]);
    // The parser above would not show it as a key.
    const message = codec.encode(packet(["x", JSON.parse('{"__proto__":{"x":1},"a":1}')])) as Uint8Array;
    expect(Buffer.from(message).includes("__proto__")).toBe(false);
  });

  test("nothing of the caller's is changed", () => {
    const data = { a: [undefined, "\ud800", { f() {} }], b: new ArrayBuffer(1), c: new Date(Number.NaN) };
    const copy = structuredClone({ ...data, a: data.a.slice(0, 2) });
    sent(data);
    expect({ ...data, a: data.a.slice(0, 2) }).toEqual(copy);
    expect(data.a[2]).toHaveProperty("f");
  });

  test("holes, and arrays with more than items", () => {
    // biome-ignore lint/suspicious/noSparseArray: it is what is tested
    expect(sent([, 1], Object.assign([1, () => {}], { extra: 1 }))).toEqual([
      [null, 1],
      [1, null],
    ]);
  });
});

describe("data that cannot be encoded is a TypeError that says what to write", () => {
  const cycle: unknown[] = [];
  cycle.push({ cycle });
  let deep: unknown = 1;
  for (let level = 0; level < 502; level++) deep = [deep];
  test.each([
    ["a BigInt", 1n, "String(x)"],
    ["a Blob", new Blob(["x"]), "await blob.arrayBuffer()"],
    ["a cycle", cycle, "contains itself"],
    ["502 levels", deep, "nested too deeply"],
    [
      "a toJSON that throws",
      {
        toJSON() {
          throw new Error("no luck");
        },
      },
      "no luck",
    ],
    [
      "a getter that throws nothing",
      {
        get x() {
          throw null;
        },
      },
      "undefined",
    ],
  ])("%s", (_, value, message) => {
    for (const data of [
      ["x", value],
      ["x", { a: [value] }],
    ]) {
      expect(() => codec.encode(packet(data))).toThrow(TypeError);
      expect(() => codec.encode(packet(data))).toThrow(message);
    }
    expect(sent(1)).toEqual([1]);
  });

  test("what is nested as deeply as can be sent can be received", () => {
    let nested: unknown = 1;
    for (let level = 0; level < 500; level++) nested = [nested];
    const message = codec.encode(packet(["x", nested])) as Uint8Array;
    expect(codec.decode(message).data()).toEqual(["x", nested]);
  });
});

describe("a hostile server", () => {
  /** A packet whose data has these bytes. */
  const event = (...data: number[]) =>
    Uint8Array.from([...unhex("83 a474797065 02 a36e7370 a12f a464617461"), ...data]);

  test("that announces more than it sends does not get it, whatever is announced", () => {
    for (const head of [0xdc, 0xde]) {
      const bomb = Uint8Array.from([
        0x92,
        0xa1,
        0x78,
        ...Array.from({ length: 20_000 }, () => [head, 0xff, 0xff]).flat(),
      ]);
      const before = process.memoryUsage().heapUsed;
      expect(() => codec.decode(event(...bomb))).toThrow();
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6);
    }
  });

  test("the key __proto__ changes no prototype", () => {
    const message = encode({ type: 2, nsp: "/", data: ["x", JSON.parse('{"__proto__":{"polluted":1}}')] });
    expect(() => codec.decode(message).data()).toThrow("__proto__");
    expect({}).not.toHaveProperty("polluted");
  });

  test.each([
    ["a key that is no text", [0x92, 0xa1, 0x78, 0x81, 0xc0, 1]],
    ["a timestamp of a wrong size", [0x92, 0xa1, 0x78, 0xd5, 0xff, 0, 0]],
  ])("%s is found when the data is decoded", (_, data) => {
    const read = codec.decode(event(...data));
    expect(read.event).toBe("x");
    expect(() => read.data()).toThrow();
  });

  test("extensions of type 0 in forms that notepack does not write are bytes", () => {
    const read = codec.decode(
      event(0x94, 0xa1, 0x78, 0xd5, 0, 1, 2, 0xc7, 1, 0, 3, 0xc7, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    );
    expect(read.data()).toEqual(["x", Uint8Array.of(1, 2), Uint8Array.of(3), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)]);
  });

  test("after what could not be decoded the next message is", () => {
    expect(() => codec.decode(event(0x92, 0xa1, 0x78, 0xd5, 0xff, 0, 0)).data()).toThrow();
    expect(received({ a: 1 })).toEqual([{ a: 1 }]);
  });

  test("mutated packets: an Error or a packet, which is no larger than the message lets it be", () => {
    const seed = chooseSeed();
    const random = new Random(seed);
    const samples = [
      ["x", { list: [1, -1, 1.5, 2 ** 40], text: "é😀".repeat(20), when: new Date(5), none: null }],
      ["bytes", Buffer.from(random.bytes(300)), new ArrayBuffer(8), new Uint8Array(1).buffer, [[[[]]]], undefined],
      ["wide", ...Array.from({ length: 40 }, (_, index) => ({ [`key${index}`]: index * 100 }))],
    ].map((data, index) => written({ type: index === 2 ? 3 : 2, data, nsp: "/room", id: index * 1000 }));
    let errors = 0;
    let packets = 0;
    for (let round = 0; round < 20_000; round++) {
      let message = Uint8Array.from(random.pick(samples));
      for (let changes = 1 + random.below(4); changes > 0; changes--) message = mutate(message, random);
      let read: IncomingPacket;
      let values: number;
      try {
        read = codec.decode(message);
        values = count(read.data());
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        errors++;
        continue;
      }
      packets++;
      const { type, namespace, id, event: name } = read;
      const isPacket = type >= 0 && type <= 4 && typeof namespace === "string" && Number.isSafeInteger(id) && id >= -1;
      // One byte of the message is at most one value.
      if (!isPacket || (name !== null && typeof name !== "string") || values > message.length)
        throw new Error(`seed ${seed}, ${hex(message)} is ${JSON.stringify(read)} with ${values} values`);
    }
    expect(errors, `seed ${seed}`).toBeGreaterThan(2000);
    expect(packets, `seed ${seed}`).toBeGreaterThan(1000);
  });
});

function mutate(message: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const at = random.below(message.length);
  const kind = random.below(5);
  if (kind === 0) return message.slice(0, at);
  if (kind === 1) return Uint8Array.from([...message, ...message.slice(at)]);
  const heads = [0xc1, 0xc4, 0xc6, 0xc7, 0xc9, 0xd4, 0xd7, 0xd9, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0x8f, 0x9f, 0xc0];
  if (kind === 2) message[at] = random.pick(heads);
  else if (kind === 3) message.copyWithin(at, random.below(message.length));
  else message[at] = random.below(256);
  return message.length > 0 ? message : Uint8Array.of(0xc0);
}

/** How many values are in a value, itself among them. */
function count(value: unknown): number {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + count(item), 1);
}
