import { Buffer } from "node:buffer";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { type Attachment, fitsPayload, restoreAttachments, takeAttachments } from "../../src/protocol/attachments.js";
import { ProtocolError } from "../../src/protocol/protocol-error.js";

/** The JSON and the attachments of `data`. */
function take(data: unknown): [json: string, ...attachments: Attachment[]] {
  const attachments: Attachment[] = [];
  return [takeAttachments(data, attachments), ...attachments];
}

/** What comes out of an array of arguments in JSON. */
function restore(json: string, ...attachments: Uint8Array[]): unknown {
  const payload: object = JSON.parse(json);
  restoreAttachments(payload, attachments);
  return payload;
}

/** `depth` arrays, one inside the other. */
function nested(depth: number, inside: unknown): unknown[] {
  let value = [inside];
  for (let level = 1; level < depth; level++) value = [value];
  return value;
}

const placeholder = (num: number): string => `{"_placeholder":true,"num":${num}}`;
const bytes = (...values: number[]): Uint8Array => Uint8Array.of(...values);

describe("takeAttachments: JSON", () => {
  test.each<[unknown, string]>([
    [["a", 1, true, null], '["a",1,true,null]'],
    [[undefined, Number.NaN, Infinity, () => {}, Symbol("s")], "[null,null,null,null,null]"],
    [[new Date(0)], '["1970-01-01T00:00:00.000Z"]'],
    [[new Map([[1, 2]]), new Set([1]), /x/], "[{},{},{}]"],
    [[Object.assign(Object.create(null), { a: 1 })], '[{"a":1}]'],
    // biome-ignore lint/suspicious/noSparseArray: this is what is tested
    [[1, , 3], "[1,null,3]"],
    [["\ud800", "é", "😀"], '["\\ud800","é","😀"]'],
    [[JSON.parse('{"__proto__":{"a":1}}')], '[{"__proto__":{"a":1}}]'],
    [[{ toJSON: "no function" }], '[{"toJSON":"no function"}]'],
    [[], "[]"],
  ])("case %#: %j is encoded as JSON.stringify does", (data, json) => {
    expect(take(data)).toEqual([json]);
    expect(json).toBe(JSON.stringify(data));
  });

  test("without binary the caller's objects are not copied and not touched", () => {
    const data = Object.freeze([Object.freeze({ list: Object.freeze([1, { a: 2 }]) })]);
    expect(take(data)).toEqual(['[{"list":[1,{"a":2}]}]']);
  });
});

describe("takeAttachments: what counts as binary", () => {
  const buffer = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;

  test.each<[string, unknown, number[]]>([
    ["Uint8Array", new Uint8Array(buffer), [0, 1, 2, 3, 4, 5, 6, 7]],
    ["Uint8Array with an offset", new Uint8Array(buffer, 2, 3), [2, 3, 4]],
    ["Int16Array with an offset: its bytes", new Int16Array(buffer, 4, 1), [4, 5]],
    ["Float32Array", new Float32Array(buffer, 0, 1), [0, 1, 2, 3]],
    ["Uint8ClampedArray", new Uint8ClampedArray([300]), [255]],
    ["DataView with an offset", new DataView(buffer, 6), [6, 7]],
    ["ArrayBuffer", buffer, [0, 1, 2, 3, 4, 5, 6, 7]],
    ["empty Uint8Array", new Uint8Array(0), []],
    ["Buffer", Buffer.from([9, 8]), [9, 8]],
    ["a slice of Node's pool", Buffer.from("pooled").subarray(1, 3), [0x6f, 0x6f]],
    ["SharedArrayBuffer behind a view", new Uint8Array(new SharedArrayBuffer(2)), [0, 0]],
  ])("%s", (_, value, expected) => {
    const [json, attachment, ...rest] = take([value]);
    expect(json).toBe(`[${placeholder(0)}]`);
    expect(attachment).toBeInstanceOf(Uint8Array);
    expect([...(attachment as Uint8Array)]).toEqual(expected);
    expect(rest).toEqual([]);
  });

  test("a Blob and a File go as they are: they cannot change", () => {
    const blob = new Blob(["ab"]);
    const file = new File(["c"], "c.txt");
    const [json, ...attachments] = take([{ blob }, file]);
    expect(json).toBe(`[{"blob":${placeholder(0)}},${placeholder(1)}]`);
    expect(attachments[0]).toBe(blob);
    expect(attachments[1]).toBe(file);
  });

  test("an ArrayBuffer of another realm (a frame, a worker) is known by its tag", () => {
    expect(take([runInNewContext("Uint8Array.of(1, 2).buffer")])).toEqual([`[${placeholder(0)}]`, bytes(1, 2)]);
  });

  test("an object of a class of its own is no binary", () => {
    class Player {
      x = 1;
      get [Symbol.toStringTag]() {
        return "Player";
      }
    }
    expect(take([new Player()])).toEqual(['[{"x":1}]']);
  });

  test("the caller may write into its buffer afterwards: what was taken is a copy", () => {
    const view = bytes(1, 2);
    const whole = bytes(3, 4).buffer;
    const [, first, second] = take([view, whole]);
    view.fill(9);
    new Uint8Array(whole).fill(9);
    expect([first, second]).toEqual([bytes(1, 2), bytes(3, 4)]);
  });

  test("the copy is not in the pool that the bytes came from: it has a buffer of its own", () => {
    const pooled = Buffer.from("pooled".repeat(20)).subarray(1, 101);
    const [, first, large] = take([pooled, new Uint8Array(5000).subarray(1)]) as Uint8Array[];
    expect(first).toEqual(new Uint8Array(pooled));
    expect(first?.buffer.byteLength).toBe(100);
    expect(large?.buffer.byteLength).toBe(4999);
  });

  test("ten thousand small ones keep their bytes apart", () => {
    const attachments: Attachment[] = [];
    for (let n = 0; n < 10_000; n++) takeAttachments([new Uint8Array((n % 300) + 1).fill(n)], attachments);
    const isIntact = (attachment: Attachment, n: number) =>
      (attachment as Uint8Array).length === (n % 300) + 1 &&
      (attachment as Uint8Array).every((byte) => byte === n % 256);
    expect(attachments.findIndex((attachment, n) => !isIntact(attachment, n))).toBe(-1);
  });
});

describe("takeAttachments: where it is found", () => {
  test("in objects and arrays of any depth, numbered in the order of the JSON", () => {
    const data = ["e", { a: [bytes(1), { b: bytes(2) }], c: 3, d: bytes(4) }, bytes(5)];
    expect(take(data)).toEqual([
      `["e",{"a":[${placeholder(0)},{"b":${placeholder(1)}}],"c":3,"d":${placeholder(2)}},${placeholder(3)}]`,
      bytes(1),
      bytes(2),
      bytes(4),
      bytes(5),
    ]);
    expect(data).toEqual(["e", { a: [bytes(1), { b: bytes(2) }], c: 3, d: bytes(4) }, bytes(5)]);
  });

  test("as the last of the arguments, behind others and alone", () => {
    const held = bytes(9);
    expect(take(["e", held])).toEqual([`["e",${placeholder(0)}]`, held]);
    expect(take(["e", 1, held])).toEqual([`["e",1,${placeholder(0)}]`, held]);
    expect(take([bytes(1), { a: bytes(2) }, held])).toEqual([
      `[${placeholder(0)},{"a":${placeholder(1)}},${placeholder(2)}]`,
      bytes(1),
      bytes(2),
      held,
    ]);
    expect(take([held])).toEqual([`[${placeholder(0)}]`, held]);
    expect(take([[1, held]])).toEqual([`[[1,${placeholder(0)}]]`, held]);
    expect(take([undefined, held])).toEqual([`[null,${placeholder(0)}]`, held]);
    expect(take(Array(100_000).fill(held))).toHaveLength(100_001);
  });

  test("frozen containers are no obstacle", () => {
    const data = Object.freeze([Object.freeze({ b: bytes(1) })]);
    expect(take(data)).toEqual([`[{"b":${placeholder(0)}}]`, bytes(1)]);
  });

  test("a value that occurs twice is sent twice: a placeholder may be used once only", () => {
    const shared = bytes(7);
    const box = { shared };
    expect(take([shared, box, box])).toEqual([
      `[${placeholder(0)},{"shared":${placeholder(1)}},{"shared":${placeholder(2)}}]`,
      bytes(7),
      bytes(7),
      bytes(7),
    ]);
  });

  test("in what toJSON returns, with the key it was called for", () => {
    const item = { toJSON: (key: string) => ({ key, raw: bytes(1) }) };
    expect(take(["e", { item }, item])).toEqual([
      `["e",{"item":{"key":"item","raw":${placeholder(0)}}},{"key":"2","raw":${placeholder(1)}}]`,
      bytes(1),
      bytes(1),
    ]);
  });

  test("directly as what toJSON returns", () => {
    expect(take([{ toJSON: () => bytes(1) }])).toEqual([`[${placeholder(0)}]`, bytes(1)]);
  });

  test("toJSON that returns the object itself is called once, as by JSON.stringify", () => {
    const plain = {
      a: 1,
      toJSON() {
        return this;
      },
    };
    expect(take([plain])).toEqual(['[{"a":1}]']);
    class Entity {
      constructor(readonly id: number) {}
      toJSON() {
        return new Entity(this.id + 1);
      }
    }
    expect(take([new Entity(1)])).toEqual(['[{"id":2}]']);
  });

  test("toJSON that returns the object itself, with binary in it", () => {
    class Entity {
      readonly raw = bytes(5);
      toJSON() {
        return this;
      }
    }
    expect(take([new Entity()])).toEqual([`[{"raw":${placeholder(0)}}]`, bytes(5)]);
  });

  test("as an own property called __proto__", () => {
    const data = JSON.parse('[{"__proto__":0,"a":1}]');
    Object.defineProperty(data[0], "__proto__", { value: bytes(1), enumerable: true });
    const [json, attachment] = take(data);
    expect(json).toBe(`[{"__proto__":${placeholder(0)},"a":1}]`);
    expect(attachment).toEqual(bytes(1));
  });

  test("not in what an object inherits, which JSON leaves out too", () => {
    expect(take([Object.create({ inherited: bytes(1), deep: { bytes: bytes(2) } })])).toEqual(["[{}]"]);
  });

  test.each<[unknown, string]>([
    [null, "null"],
    ["text", '"text"'],
    [7, "7"],
  ])("not in %j, which is a payload as well", (data, json) => expect(take(data)).toEqual([json]));

  test("in data that has a property called constructor, whatever that is", () => {
    for (const maker of ["x", 1, Object, Array, null]) {
      const attachments: Attachment[] = [];
      const json = takeAttachments(["e", { constructor: maker, bytes: new Uint8Array([1]) }, 0], attachments);
      expect(attachments).toEqual([new Uint8Array([1])]);
      expect(JSON.parse(json)[1].bytes).toEqual({ _placeholder: true, num: 0 });
    }
    const list = Object.assign([new Uint8Array([2])], { constructor: Array });
    const attachments: Attachment[] = [];
    expect(takeAttachments(["e", list, 0], attachments)).toBe('["e",[{"_placeholder":true,"num":0}],0]');
  });

  test("in an array of a class of its own, and in what its toJSON returns", () => {
    class Team extends Array<unknown> {}
    class Bag extends Array<unknown> {
      toJSON(): unknown {
        return { held: new Uint8Array([4]) };
      }
    }
    const attachments: Attachment[] = [];
    const json = takeAttachments(["e", Team.of(new Uint8Array([3])), Bag.of(1), 0], attachments);
    expect(json).toBe('["e",[{"_placeholder":true,"num":0}],{"held":{"_placeholder":true,"num":1}},0]');
    expect(attachments).toEqual([new Uint8Array([3]), new Uint8Array([4])]);
  });

  test("in a sparse array: the holes stay null", () => {
    const sparse: unknown[] = [];
    sparse[3] = bytes(1);
    expect(take([sparse])).toEqual([`[[null,null,null,${placeholder(0)}]]`, bytes(1)]);
  });

  test("not in a Map or a Set, which JSON does not look into either", () => {
    expect(take([new Map([["a", bytes(1)]]), new Set([bytes(1)])])).toEqual(["[{},{}]"]);
  });

  test("a value that looks like a placeholder is data like any other", () => {
    expect(take([{ _placeholder: true, num: 0 }])).toEqual([`[${placeholder(0)}]`]);
  });
});

describe("takeAttachments: what cannot be encoded is a TypeError that says what to write instead", () => {
  const cycle: Record<string, unknown> = {};
  cycle["left"] = { cycle };
  cycle["right"] = [cycle, cycle];
  const mutual: unknown[] = [];
  mutual.push({ mutual }, mutual);

  test.each<[string, unknown]>([
    ["BigInt", 1n],
    ["BigInt beside binary", [bytes(1), 1n]],
    ["a cycle with many branches", cycle],
    ["a cycle through arrays", mutual],
    ["a cycle with binary", Object.assign([] as unknown[], { 0: bytes(1), 1: cycle })],
    [
      "a getter that throws",
      {
        get x() {
          throw new Error("from a getter");
        },
      },
    ],
    [
      "toJSON that throws",
      {
        toJSON() {
          throw new Error("from toJSON");
        },
      },
    ],
    [
      "toJSON that throws null",
      {
        toJSON() {
          throw null;
        },
      },
    ],
    ["toJSON without end", { toJSON: () => nested(600, 1) }],
    ["a view of a buffer that was transferred away", detached()],
    [
      "a proxy that refuses",
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("no");
          },
        },
      ),
    ],
  ])("%s", (_, data) => {
    expect(() => take([data])).toThrow(TypeError);
    expect(() => take([data])).toThrow(
      /^data cannot be encoded as JSON: .*Send plain data: write String\(x\) for a BigInt/,
    );
  });

  function detached(): Uint8Array {
    const view = bytes(1);
    structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
    return view;
  }

  test("500 levels below the arguments are encoded, 501 are taken for a cycle; neither hurts the stack", () => {
    expect(take(nested(501, 1))[0]).toBe(`${"[".repeat(501)}1${"]".repeat(501)}`);
    expect(() => take(nested(502, 1))).toThrow("it contains itself, or is nested too deeply");
    expect(() => take(nested(100_000, 1))).toThrow(TypeError);
  });
});

describe("restoreAttachments", () => {
  test("puts each attachment in the place of its placeholder, whatever the order", () => {
    expect(restore(`["e",{"a":[${placeholder(1)}],"b":null,"c":${placeholder(0)}}]`, bytes(1), bytes(2))).toEqual([
      "e",
      { a: [bytes(2)], b: null, c: bytes(1) },
    ]);
  });

  test("keeps the bytes it was given, without a copy", () => {
    const attachment = bytes(1);
    expect((restore(`["e",${placeholder(0)}]`, attachment) as unknown[])[1]).toBe(attachment);
  });

  test("under an own key called __proto__, and not as a prototype", () => {
    const [, value] = restore(`["e",{"__proto__":${placeholder(0)}}]`, bytes(1)) as [string, object];
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptor(value, "__proto__")?.value).toEqual(bytes(1));
  });

  test("without attachments a placeholder is data like any other", () => {
    expect(restore(`["e",${placeholder(0)}]`)).toEqual(["e", { _placeholder: true, num: 0 }]);
  });

  test("what only looks like a placeholder is left alone", () => {
    const json = '["e",{"_placeholder":1,"num":0},{"_placeholder":"true","num":0},{"num":0},["_placeholder"]]';
    expect(restore(json, bytes(1))).toEqual(JSON.parse(json));
  });

  test("what was taken can be restored", () => {
    const data = ["e", { a: bytes(1), b: [bytes(), "c", null] }, bytes(2, 3)];
    const [json, ...attachments] = take(data);
    expect(restore(json, ...(attachments as Uint8Array[]))).toEqual(data);
  });

  test.each([
    '"length"',
    "-1",
    "-0.5",
    "0.5",
    "1.5",
    "1",
    "2",
    "4294967295",
    "4294967296",
    "1e308",
    "1e999",
    '"constructor"',
    '"0"',
    "null",
    "true",
    "[0]",
    "{}",
  ])("a placeholder with num %s is a ProtocolError", (num) => {
    expect(() => restore(`["e",{"_placeholder":true,"num":${num}}]`, bytes(1))).toThrow(ProtocolError);
    expect(() => restore(`["e",{"_placeholder":true,"num":${num}}]`, bytes(1))).toThrow(
      "expected a placeholder for one of 1 attachments, got ",
    );
  });

  test("a placeholder without num is a ProtocolError", () => {
    expect(() => restore('["e",{"_placeholder":true}]', bytes(1))).toThrow(ProtocolError);
  });

  test("an attachment that is asked for twice is a ProtocolError", () => {
    expect(() => restore(`["e",${placeholder(0)},${placeholder(0)}]`, bytes(1))).toThrow(ProtocolError);
  });

  test("a placeholder that carries a deep value is a ProtocolError all the same: the message does not walk it", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    expect(() => restore(`["e",{"_placeholder":true,"num":7,"x":${deep}}]`, bytes(1))).toThrow(ProtocolError);
    expect(() => restore(`["e",{"_placeholder":true,"num":${deep}}]`, bytes(1))).toThrow(ProtocolError);
  });

  test("as deep as can be sent is searched, deeper is a ProtocolError and no RangeError", () => {
    const attachments = [bytes(1)];
    expect(() => takeAttachments(nested(501, bytes(1)), [])).not.toThrow();
    expect(() => takeAttachments(nested(502, bytes(1)), [])).toThrow(TypeError);
    const payload = nested(501, JSON.parse(placeholder(0)));
    restoreAttachments(payload, attachments);
    expect(JSON.stringify(payload)).toContain('{"0":1}');
    for (const depth of [502, 100_000]) {
      expect(() => restoreAttachments(nested(depth, JSON.parse(placeholder(0))), attachments)).toThrow(
        new ProtocolError('expected at most 500 levels of nesting, got "more"'),
      );
    }
  });
});

describe("fitsPayload", () => {
  test.each([
    ["1 byte", "a", 1],
    ["1 byte, the last", "\u007f", 1],
    ["2 bytes, the first", "\u0080", 2],
    ["2 bytes", "é", 2],
    ["2 bytes, the last", "\u07ff", 2],
    ["3 bytes, the first", "\u0800", 3],
    ["3 bytes", "€", 3],
    ["3 bytes, before the surrogates", "\ud7ff", 3],
    ["3 bytes, behind the surrogates", "\ue000", 3],
    ["3 bytes, the last", "\uffff", 3],
    ["4 bytes, the first", "\u{10000}", 4],
    ["4 bytes", "😀", 4],
    ["4 bytes, the last", "\u{10ffff}", 4],
  ])("a character of %s counts as UTF-8 has it", (_, character, size) => {
    const text = `4${character.repeat(10)}`;
    const exact = 1 + 10 * size;
    expect(Buffer.byteLength(text)).toBe(exact);
    expect(fitsPayload([text], exact)).toBe(true);
    expect(fitsPayload([text], exact - 1)).toBe(false);
  });

  test("a text that mixes them all is counted exactly", () => {
    const text = '42["aé€😀",{"ключ":"値"}]';
    const exact = Buffer.byteLength(text);
    expect(fitsPayload([text], exact)).toBe(true);
    expect(fitsPayload([text], exact - 1)).toBe(false);
  });

  test("binary counts by its bytes, a Blob by its size", () => {
    expect(fitsPayload([new Uint8Array(10)], 10)).toBe(true);
    expect(fitsPayload([new Uint8Array(11)], 10)).toBe(false);
    expect(fitsPayload([new Blob(["1234567890"])], 10)).toBe(true);
    expect(fitsPayload([new Blob(["12345678901"])], 10)).toBe(false);
  });

  test("the limit is for each frame, not for their sum", () => {
    expect(fitsPayload(["1234567890", new Uint8Array(10), new Uint8Array(10)], 10)).toBe(true);
    expect(fitsPayload(["1234567890", new Uint8Array(10), new Uint8Array(11)], 10)).toBe(false);
  });

  test("without a limit everything fits; nothing has nothing that is too large", () => {
    expect(fitsPayload(["x".repeat(100), new Uint8Array(100)], Infinity)).toBe(true);
    expect(fitsPayload([], 0)).toBe(true);
  });
});
