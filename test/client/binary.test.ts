import { Err, OK } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, outcome, record } from "../support/scripted-server.js";

const P = (num: unknown) => `{"_placeholder":true,"num":${num}}`;

describe("binary out", () => {
  test.each<[string, ArrayBuffer | ArrayBufferView]>([
    ["ArrayBuffer", new Uint8Array([1, 2, 3]).buffer],
    ["Uint8Array", new Uint8Array([1, 2, 3])],
    ["a view into a larger buffer", new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 4)],
    ["Buffer", Buffer.from([1, 2, 3])],
    ["DataView", new DataView(new Uint8Array([9, 1, 2, 3]).buffer, 1)],
    ["Uint8ClampedArray", new Uint8ClampedArray([1, 2, 3])],
  ])("%s goes as a placeholder and an attachment", (_, binary) => {
    const rig = connected();
    expect(rig.main.emit("b", [binary])).toBe(OK);
    const [text, bytes] = rig.sent();
    expect(text).toBe('451-["b",{"_placeholder":true,"num":0}]');
    expect([...(bytes as Uint8Array)]).toEqual([1, 2, 3]);
  });

  test("typed arrays of other widths go as their bytes", () => {
    const rig = connected();
    rig.main.emit("b", [new Float32Array([1]), new Uint16Array([258])]);
    const [text, floats, shorts] = rig.sent();
    expect(text).toBe(`452-["b",${P(0)},${P(1)}]`);
    expect([...(floats as Uint8Array)]).toEqual([0, 0, 128, 63]);
    expect([...(shorts as Uint8Array)]).toEqual([2, 1]);
  });

  test("anywhere inside, in order, the rest of the data untouched", () => {
    const rig = connected();
    const data = [{ a: [new Uint8Array([1]), { b: new Uint8Array([2]) }], c: "text" }, null, new Uint8Array([3])];
    rig.main.emit("b", data);
    expect(rig.sent()).toEqual([
      `453-["b",{"a":[${P(0)},{"b":${P(1)}}],"c":"text"},null,${P(2)}]`,
      new Uint8Array([1]),
      new Uint8Array([2]),
      new Uint8Array([3]),
    ]);
    expect(data[2]).toBeInstanceOf(Uint8Array);
  });

  test("is copied: the buffer may be used again at once", () => {
    const rig = connected();
    const scratch = new Uint8Array([1]);
    rig.main.emit("b", [scratch]);
    scratch[0] = 2;
    rig.main.emit("b", [scratch.buffer]);
    scratch[0] = 3;
    expect(rig.sent().filter((frame) => typeof frame !== "string")).toEqual([new Uint8Array([1]), new Uint8Array([2])]);
  });

  test("a Blob is an attachment too", () => {
    const rig = connected();
    const blob = new Blob(["abc"]);
    rig.main.emit("b", [blob]);
    expect(rig.sent()).toEqual([`451-["b",${P(0)}]`, blob]);
  });

  test("behind toJSON is found", () => {
    const rig = connected();
    rig.main.emit("b", [{ toJSON: () => ({ pixels: new Uint8Array([1]) }) }]);
    expect(rig.sent()).toEqual([`451-["b",{"pixels":${P(0)}}]`, new Uint8Array([1])]);
  });

  test("an empty array of bytes is an attachment", () => {
    const rig = connected();
    rig.main.emit("b", [new Uint8Array(0)]);
    expect(rig.sent()).toEqual([`451-["b",${P(0)}]`, new Uint8Array(0)]);
  });

  test("in a namespace and with an acknowledgement: `451-/a,0[…]`", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.emit_with_ack("b", [new Uint8Array([1])], () => {});
    expect(rig.sent()).toEqual([`451-/a,0["b",${P(0)}]`, new Uint8Array([1])]);
  });

  test("waits in the offline buffer with its attachments", () => {
    const rig = connecting();
    rig.main.emit("b", [new Uint8Array([1])]);
    rig.main.emit("after");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.peer.frames).toEqual(["40", `451-["b",${P(0)}]`, new Uint8Array([1]), '42["after"]']);
  });

  test("deeper than the stack of a naive walk, with binary at the bottom", () => {
    const rig = connected();
    let deep: unknown = new Uint8Array([1]);
    for (let level = 0; level < 150; level++) deep = { deep };
    expect(rig.main.emit("b", [deep])).toBe(OK);
    expect(rig.sent()[1]).toEqual(new Uint8Array([1]));
  });
});

describe("binary in", () => {
  test("becomes Uint8Array in place of its placeholder", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("b", (data) => seen.push(data));
    rig.push(`452-["b",{"x":[${P(1)}]},${P(0)}]`, new Uint8Array([1]));
    rig.poll();
    expect(seen).toEqual([]);
    rig.serve(new Uint8Array([2]));
    expect(seen).toEqual([[{ x: [new Uint8Array([2])] }, new Uint8Array([1])]]);
  });

  test("for a namespace, with an acknowledgement", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.on("b", ([bytes], reply) => reply?.([bytes]));
    rig.serve(`451-/a,7["b",${P(0)}]`, new Uint8Array([5]));
    expect(rig.peer.written()).toEqual([`461-/a,7[${P(0)}]`, new Uint8Array([5])]);
  });

  test("keeps its place among text packets", () => {
    const rig = connected();
    const seen = record(rig);
    rig.serve('42["a"]', `451-["b",${P(0)}]`, new Uint8Array([1]), '42["c"]');
    expect(seen.map((line) => line[0])).toEqual(["a", "b", "c"]);
  });

  test("a ping between the frames of a packet is no packet: it is answered", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("b", ([bytes]) => seen.push(bytes));
    rig.serve(`451-["b",${P(0)}]`, "2", new Uint8Array([1]));
    expect(seen).toEqual([new Uint8Array([1])]);
    expect(rig.peer.written()).toEqual(["3"]);
  });

  test("a placeholder in a text packet is data", () => {
    const rig = connected();
    const seen = record(rig);
    rig.serve(`42["x",${P(0)}]`);
    expect(seen).toEqual([`x [${P(0)}]`]);
  });

  test("a key `__proto__` that holds bytes stays a key", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("b", ([value]) => seen.push(Object.keys(value)));
    rig.serve(`451-["b",{"__proto__":${P(0)}}]`, new Uint8Array([1]));
    expect(seen).toEqual([["__proto__"]]);
  });

  test("for a namespace that is not joined is taken off the wire and ignored", () => {
    const rig = connected();
    const seen = record(rig);
    rig.serve(`451-/a,["b",${P(0)}]`, new Uint8Array([1]), '42["x"]');
    expect(seen).toEqual(["x []"]);
  });

  test.each<[string, (string | Uint8Array)[]]>([
    ["a text packet while attachments are awaited", [`451-["b",${P(0)}]`, '42["x"]', new Uint8Array(1)]],
    [
      "a second binary header while attachments are awaited",
      [`452-["b",${P(0)},${P(1)}]`, new Uint8Array(1), `451-["b",${P(0)}]`],
    ],
    ["a binary frame that belongs to no packet", [new Uint8Array(1)]],
    ["one binary frame too many", [`451-["b",${P(0)}]`, new Uint8Array(1), new Uint8Array(1)]],
    ["a count of 0", ['450-["b"]']],
    ["a count without its digits", ['45-["b"]']],
    ["no count", ['45["b"]']],
    ["a count that is no integer", [`451.5-["b",${P(0)}]`]],
    ["a count with a sign", [`45+1-["b",${P(0)}]`]],
    ["a count with a leading zero", [`4501-["b",${P(0)}]`]],
    ["a count of 4599999999", [`454599999999-["b",${P(0)}]`]],
    ["more attachments than max_attachments", ['4511-["b"]']],
    ["a placeholder index out of range", [`451-["b",${P(1)}]`, new Uint8Array(1)]],
    ["a negative placeholder index", [`451-["b",${P(-1)}]`, new Uint8Array(1)]],
    ["a fractional placeholder index", [`451-["b",${P(0.5)}]`, new Uint8Array(1)]],
    ["a placeholder index that is text", [`451-["b",${P('"0"')}]`, new Uint8Array(1)]],
    ['a placeholder index "length"', [`451-["b",${P('"length"')}]`, new Uint8Array(1)]],
    ["a placeholder without index", ['451-["b",{"_placeholder":true}]', new Uint8Array(1)]],
    ["a placeholder index that is used twice", [`452-["b",${P(0)},${P(0)}]`, new Uint8Array(1), new Uint8Array(1)]],
    [
      "nesting that would exhaust the stack",
      [`451-["b",${"[".repeat(50_000)}${P(0)}${"]".repeat(50_000)}]`, new Uint8Array(1)],
    ],
    ["broken JSON", ['451-["b",', new Uint8Array(1)]],
  ])("%s is a parse error, whether somebody listens or not", (_, frames) => {
    for (const listen of [record, () => {}]) {
      const rig = connected();
      listen(rig);
      rig.serve(...frames);
      expect(rig.told()).toContain("disconnected(parse error)");
      expect(rig.peer.closed).toBe(true);
    }
  });

  test("that nobody listens to is checked all the same; a text that nobody listens to is not even parsed", () => {
    const rig = connected();
    rig.serve(`451-["b",${P(0)}]`, new Uint8Array(1), '42["x",{"y":]');
    expect(rig.told()).toEqual([]);
  });

  test("max_attachments is the most that is taken", () => {
    const rig = connected({ max_attachments: 2 });
    const seen = record(rig);
    rig.serve(`452-["b",${P(0)},${P(1)}]`, new Uint8Array(1), new Uint8Array(1));
    expect(seen).toHaveLength(1);
    rig.serve("453-[]");
    expect(rig.told()).toContain("disconnected(parse error)");
  });

  test("the total of one packet's attachments is bounded", () => {
    const rig = connected({ max_queued_bytes: 1000 });
    record(rig);
    rig.serve(`453-["b",${P(0)},${P(1)},${P(2)}]`, new Uint8Array(500), new Uint8Array(500), new Uint8Array(500));
    expect(rig.told().join()).toMatch(/disconnected\((parse error|inbound overflow)\)/);
  });

  test("that bound is for each packet, not for all of them", () => {
    const rig = connected({ max_queued_bytes: 1000 });
    const seen = record(rig);
    for (let n = 0; n < 10; n++) rig.serve(`451-["b",${P(0)}]`, new Uint8Array(400));
    expect(seen).toHaveLength(10);
    expect(rig.told()).toEqual([]);
  });

  test("a `reply` with binary that cannot be encoded leaves nothing half-done", () => {
    const rig = connected();
    rig.main.on("ask", (_, reply) => {
      expect(() => reply?.([new Uint8Array(1), 1n])).toThrow(TypeError);
      expect(reply?.([new Uint8Array([1])])).toBe(OK);
      expect(reply?.([])).toBe(Err.ERR_ALREADY_IN_USE);
    });
    rig.serve('420["ask"]');
    expect(rig.peer.written()).toEqual([`461-0[${P(0)}]`, new Uint8Array([1])]);
  });
});

test.each([
  ["a SharedArrayBuffer", () => new Uint8Array(new SharedArrayBuffer(2)).fill(7).buffer, new Uint8Array([7, 7])],
  ["an empty Blob", () => new Blob([]), new Uint8Array()],
])("%s goes as the bytes in it", (_, make, bytes) => {
  const rig = connected();
  rig.main.emit("x", [make()]);
  expect(rig.sent()).toEqual([`451-["x",${P(0)}]`, bytes]);
});

describe("more attachments than max_attachments, which the server would close the connection for", () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => Uint8Array.of(n));

  test("are refused at emit with ERR_PARAMETER_RANGE_ERROR and a last error, and the connection lives", async () => {
    const rig = connected();
    let answers = 0;
    const refused = Err.ERR_PARAMETER_RANGE_ERROR;
    expect(rig.main.emit("b", [many(11)])).toBe(refused);
    const packet = `4511-["b",[${P(0)},`;
    const error = `a packet is larger than the limit of 10 attachments (max_attachments): ${packet}`;
    expect(rig.client.get_last_error().startsWith(error)).toBe(true);
    expect(rig.main.emit_volatile("b", many(11))).toBe(refused);
    expect(rig.main.emit_with_ack("b", many(11), () => answers++)).toBe(refused);
    expect(await outcome(rig.main.emit_with_ack("b", many(11)))).toMatchObject({ code: refused });
    expect(rig.main.emit("b", many(10))).toBe(OK);
    expect(rig.sent()).toHaveLength(11);
    rig.step(20);
    expect([answers, rig.told()]).toEqual([0, []]);
  });

  test("are refused in a reply, and a smaller reply can still be made", () => {
    const rig = connected();
    const codes: unknown[] = [];
    rig.main.on("ask", (_, reply) => codes.push(reply?.(many(11)), reply?.(many(1))));
    rig.serve('421["ask"]');
    expect(codes).toEqual([Err.ERR_PARAMETER_RANGE_ERROR, OK]);
    expect(rig.peer.written()).toEqual([`461-1[${P(0)}]`, Uint8Array.of(0)]);
  });

  test("do not get into the offline buffer, nor into the queue of what is sent again", () => {
    const rig = connecting({ retries: 2 });
    expect(rig.main.emit("b", many(11))).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit_with_ack("b", many(11), () => {})).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.peer.written()).toEqual(["40"]);
  });

  test("the option says how many: for a server that takes more, too", () => {
    const rig = connected({ max_attachments: 12 });
    expect([rig.main.emit("b", many(12)), rig.main.emit("b", many(13))]).toEqual([OK, Err.ERR_PARAMETER_RANGE_ERROR]);
    const none = connected({ max_attachments: 0 });
    expect([none.main.emit("b", many(1)), none.main.emit("b")]).toEqual([Err.ERR_PARAMETER_RANGE_ERROR, OK]);
  });
});
