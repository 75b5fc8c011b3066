import { AckError, Err, OK, SocketIOError } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, outcome, Rig } from "../support/scripted-server.js";

type Answer = [unknown, Err];

function collect(): { answers: Answer[]; callback: (data: unknown, error: Err) => void } {
  const answers: Answer[] = [];
  return { answers, callback: (data, error) => answers.push([data, error]) };
}

describe("emit_with_ack with a callback", () => {
  test("`420[…]` is answered by `430[…]`: the array of the server's arguments and OK", () => {
    const rig = connected();
    const { answers, callback } = collect();
    expect(rig.main.emit_with_ack("get", [123], callback)).toBe(OK);
    expect(rig.sent()).toEqual(['420["get",123]']);
    rig.serve('430[{"name":"Ada"},7]');
    expect(answers).toEqual([[[{ name: "Ada" }, 7], OK]]);
  });

  test("ids count up, and answers may come in any order", () => {
    const rig = connected();
    const { answers, callback } = collect();
    for (const name of ["a", "b", "c"]) rig.main.emit_with_ack(name, [], callback);
    expect(rig.sent()).toEqual(['420["a"]', '421["b"]', '422["c"]']);
    rig.serve('432["c"]', '430["a"]', '431["b"]');
    expect(answers).toEqual([
      [["c"], OK],
      [["a"], OK],
      [["b"], OK],
    ]);
  });

  test("is called exactly once: a second answer and an unknown id are ignored", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback);
    rig.poll();
    rig.serve("430[1]", "430[2]", "4399[3]", "430[4]");
    rig.step(100);
    expect(answers).toEqual([[[1], OK]]);
  });

  test('on timeout it gets ["timeout"] and ERR_TIMEOUT; a later answer is ignored', () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback, 2);
    rig.poll();
    rig.step(1.9);
    expect(answers).toEqual([]);
    rig.step(0.2);
    expect(answers).toEqual([[["timeout"], Err.ERR_TIMEOUT]]);
    rig.serve('430["late"]');
    expect(answers).toHaveLength(1);
  });

  test("waits 5 seconds by default, or the option ack_timeout", () => {
    for (const [options, seconds] of [
      [{}, 5],
      [{ ack_timeout: 0.5 }, 0.5],
    ] as const) {
      const rig = connected(options);
      const { answers, callback } = collect();
      rig.main.emit_with_ack("x", [], callback);
      rig.poll();
      rig.step(seconds * 0.9);
      expect(answers).toEqual([]);
      rig.step(seconds * 0.2);
      expect(answers).toEqual([[["timeout"], Err.ERR_TIMEOUT]]);
    }
  });

  test("several timeouts end in the order of their deadlines", () => {
    const rig = connected();
    const order: string[] = [];
    for (const seconds of [3, 1, 2, 5, 4]) rig.main.emit_with_ack("x", [], () => order.push(`${seconds}`), seconds);
    rig.poll();
    rig.step(10);
    expect(order).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("a thousand acknowledgements with mixed fates each end once", () => {
    const rig = connected();
    const ends = new Map<number, Err[]>();
    for (let n = 0; n < 1000; n++) {
      ends.set(n, []);
      rig.main.emit_with_ack("x", [n], (_, error) => ends.get(n)?.push(error), 1 + (n % 7));
    }
    rig.poll();
    for (let n = 0; n < 1000; n += 2) rig.push(`43${n}[]`);
    rig.step(0.5);
    rig.step(3);
    rig.lose();
    rig.step(100);
    const expected = (n: number) => (n % 2 === 0 ? OK : 1 + (n % 7) <= 3 ? Err.ERR_TIMEOUT : Err.ERR_CONNECTION_ERROR);
    for (let n = 0; n < 1000; n++) expect([n, ends.get(n)]).toEqual([n, [expected(n)]]);
    expect(rig.client.get_stats().acks_pending).toBe(0);
  });

  test("an answer that arrived in time is no timeout, however late the poll (input before time)", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback);
    rig.poll();
    rig.push("430[1]");
    rig.step(1000);
    expect(answers).toEqual([[[1], OK]]);
  });

  test("an answer that a budget left in the inbox is no timeout; one that never came is, once the inbox is empty", () => {
    const rig = connected({ poll_max_packets: 1 });
    const { answers, callback } = collect();
    rig.main.emit_with_ack("answered", [], callback, 2);
    rig.main.emit_with_ack("forgotten", [], callback, 2);
    rig.poll();
    rig.push('42["x"]', '42["x"]', "430[1]");
    rig.step(10);
    rig.step(10);
    expect(answers).toEqual([]);
    rig.poll();
    rig.poll();
    expect(answers).toEqual([
      [[1], OK],
      [["timeout"], Err.ERR_TIMEOUT],
    ]);
  });

  test("of a sent packet fails with ERR_CONNECTION_ERROR when the connection is lost", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback);
    rig.poll();
    rig.lose();
    expect(answers).toEqual([[["timeout"], Err.ERR_CONNECTION_ERROR]]);
    rig.comeBack('40{"sid":"a2"}', '430["late"]');
    expect(answers).toHaveLength(1);
    expect(rig.sent()).toEqual(["40"]);
  });

  test("of a packet that was not written survives the loss: it is sent on the next connection", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback, 60);
    rig.lose();
    expect(answers).toEqual([]);
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.sent()).toEqual(["40", '420["x"]']);
    rig.serve("430[1]");
    expect(answers).toEqual([[[1], OK]]);
  });

  test("of a packet in the offline buffer: the time counts from the emit, and a timed-out packet is not sent any more", () => {
    const rig = connecting();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback, 1);
    rig.main.emit("y");
    rig.step(1.5);
    expect(answers).toEqual([[["timeout"], Err.ERR_TIMEOUT]]);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.sent()).toEqual(["40", '42["y"]']);
  });

  test("of the offline buffer survives several failed attempts", () => {
    const rig = connecting();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback, 60);
    rig.lose();
    rig.step(1);
    rig.lose();
    rig.comeBack('40{"sid":"a"}');
    rig.serve("430[1]");
    expect(answers).toEqual([[[1], OK]]);
  });

  test("its callback may emit, with an acknowledgement too", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("first", [], ([n]) => rig.main.emit_with_ack("second", [n], callback));
    rig.poll();
    rig.serve("430[7]");
    expect(rig.peer.written()).toEqual(['420["first"]', '421["second",7]']);
    rig.serve("431[8]");
    expect(answers).toEqual([[[8], OK]]);
  });

  test("its callback may throw: the others are called", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], () => {
      throw new Error("mine");
    });
    rig.main.emit_with_ack("y", [], callback);
    rig.poll();
    rig.serve("430[]", "431[]");
    expect(answers).toEqual([[[], OK]]);
    expect(rig.told()).toEqual(["listener_error(mine, x, /)"]);
  });

  test("an emit inside a failing acknowledgement of close() is refused, not queued for ever", () => {
    const rig = connected();
    const codes: Err[] = [];
    rig.main.emit_with_ack("x", [], () => codes.push(rig.main.emit_with_ack("again", [], () => {})));
    rig.poll();
    rig.client.close();
    expect(codes).toEqual([Err.ERR_UNCONFIGURED]);
    expect(rig.client.get_stats().acks_pending).toBe(0);
  });

  test("is not called when the emit itself was refused", () => {
    const rig = new Rig();
    const { answers, callback } = collect();
    expect(rig.main.emit_with_ack("x", [], callback)).toBe(Err.ERR_UNCONFIGURED);
    rig.step(100);
    expect(answers).toEqual([]);
  });

  test("a timeout of 0 ends in the next poll unless the answer is there", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback, 0);
    rig.poll();
    expect(answers).toEqual([[["timeout"], Err.ERR_TIMEOUT]]);
  });

  test.each([
    [null, undefined],
    ["callback", undefined],
    [{}, undefined],
    [() => {}, "5"],
    [() => {}, -1],
    [() => {}, Number.NaN],
    [() => {}, Infinity],
    [-1, undefined],
    [Number.NaN, undefined],
  ])("wrong callbacks and timeouts throw a TypeError (case %#) and send nothing", (callback, timeout) => {
    const rig = connected();
    expect(() => rig.main.emit_with_ack("x", [], callback as never, timeout as never)).toThrow(TypeError);
    expect(rig.sent()).toEqual([]);
    expect(rig.client.get_stats().acks_pending).toBe(0);
  });

  test("a binary answer `461-0[…]` becomes Uint8Array", () => {
    const rig = connected();
    const { answers, callback } = collect();
    rig.main.emit_with_ack("x", [], callback);
    rig.poll();
    rig.serve('461-0[{"_placeholder":true,"num":0},2]', new Uint8Array([9]));
    expect(answers).toEqual([[[new Uint8Array([9]), 2], OK]]);
  });

  test("forged placeholders in an unknown or unwanted answer do not disturb", () => {
    const rig = connected();
    rig.serve('43500[{"_placeholder":true,"num":9}]');
    expect(rig.told()).toEqual([]);
  });
});

describe("emit_with_ack as a promise", () => {
  test("resolves with the array of the server's arguments", async () => {
    const rig = connected();
    const answer = rig.main.emit_with_ack("get", [123]);
    expect(rig.sent()).toEqual(['420["get",123]']);
    rig.serve('430["Ada"]');
    expect(await answer).toEqual(["Ada"]);
  });

  test("takes the data and the timeout as optional", async () => {
    const rig = connected();
    const first = rig.main.emit_with_ack("a");
    const second = rig.main.emit_with_ack("b", [], 1);
    rig.poll();
    rig.step(2);
    expect(await outcome(first)).toBe("pending");
    expect(await outcome(second)).toMatchObject({ code: Err.ERR_TIMEOUT });
    rig.step(4);
    expect(await outcome(first)).toMatchObject({ code: Err.ERR_TIMEOUT });
  });

  test("rejects with an AckError, which is a SocketIOError and an Error, with a code", async () => {
    const rig = connected();
    const answer = rig.main.emit_with_ack("x");
    rig.poll();
    rig.lose();
    for (const type of [AckError, SocketIOError, Error]) await expect(answer).rejects.toBeInstanceOf(type);
    await expect(answer).rejects.toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
    await expect(answer).rejects.toThrow(/x/);
  });

  test("rejects with the code of the emit when that was refused", async () => {
    expect(await outcome(new Rig().main.emit_with_ack("x"))).toMatchObject({ code: Err.ERR_UNCONFIGURED });
    const full = connecting({ max_buffered_packets: 1 });
    full.main.emit("x");
    expect(await outcome(full.main.emit_with_ack("x"))).toMatchObject({ code: Err.ERR_OUT_OF_MEMORY });
  });

  test("a disconnect of the namespace rejects it without another poll", async () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const answer = ns.emit_with_ack("x");
    ns.disconnect_from_namespace();
    expect(await outcome(answer)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
  });
});
