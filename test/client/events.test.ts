import { Err, OK, type Reply } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, join, OPEN, Rig, record } from "../support/scripted-server.js";

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

describe("on", () => {
  test("calls back with the array of arguments, and without `reply` when the server asked for none", () => {
    const rig = connected();
    const calls: unknown[][] = [];
    rig.main.on("x", (...args) => calls.push(args));
    rig.serve('42["x",1,"two",{"three":3},null]', '42["x"]');
    expect(calls).toEqual([[[1, "two", { three: 3 }, null]], [[]]]);
  });

  test("callbacks run only inside poll(), however much has arrived", () => {
    const rig = connected();
    const seen = record(rig);
    rig.push('42["x"]');
    expect(seen).toEqual([]);
    rig.client.flush();
    expect(seen).toEqual([]);
    rig.poll();
    expect(seen).toEqual(["x []"]);
  });

  test("what arrived before a poll is dispatched in that poll, in arrival order across all namespaces", () => {
    const rig = connected();
    join(rig, "/a");
    const seen: string[] = [];
    rig.client.event_received.connect((event, data, path) => seen.push(`${path} ${event} ${data}`));
    rig.push('42["x",1]', '42/a,["x",2]', '42["y",3]', '42/a,["x",4]');
    rig.poll();
    expect(seen).toEqual(["/ x 1", "/a x 2", "/ y 3", "/a x 4"]);
  });

  test("poll() returns how many callbacks it ran", () => {
    const rig = connected();
    rig.main.on("x", () => {});
    rig.main.on("x", () => {});
    rig.main.event_received.connect(() => {});
    rig.client.event_received.connect(() => {});
    rig.push('42["x"]', '42["y"]');
    expect(rig.poll()).toBe(6);
    expect(rig.poll()).toBe(0);
  });

  test("the same callback may be added twice, and runs twice", () => {
    const rig = connected();
    let calls = 0;
    const callback = () => {
      calls++;
    };
    rig.main.on("x", callback);
    rig.main.on("x", callback);
    rig.serve('42["x"]');
    expect(calls).toBe(2);
    rig.main.off("x", callback);
    rig.serve('42["x"]');
    expect(calls).toBe(3);
  });

  test.each([
    "*",
    "__proto__",
    "constructor",
    "",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "error",
    "emitted",
    "日本",
    '"',
    "\\",
  ])("%j is an event name like any other, with no wildcard and no prototype behind it", (name) => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on(name, (data) => seen.push(data));
    rig.serve('42["other",0]', `42[${JSON.stringify(name)},1]`);
    expect(seen).toEqual([[1]]);
    expect(rig.main.emit(name, [2])).toBe(OK);
    expect(rig.sent()).toEqual([`42[${JSON.stringify(name)},2]`]);
    rig.main.off(name);
    rig.serve(`42[${JSON.stringify(name)},3]`);
    expect(seen).toEqual([[1]]);
  });

  test("`__proto__` inside the data is data", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("x", ([value]) => seen.push(JSON.stringify(value)));
    rig.serve('42["x",{"__proto__":{"admin":true}}]');
    expect(seen).toEqual(['{"__proto__":{"admin":true}}']);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("an event name may be escaped on the wire", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("é\n", (data) => seen.push(data));
    rig.serve('42["\\u00e9\\n",1]');
    expect(seen).toEqual([[1]]);
  });

  test("a number as event name is its text", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("7", (data) => seen.push(data));
    rig.serve("42[7,1]");
    expect(seen).toEqual([[1]]);
  });

  test.each(RESERVED)("on, once, off and emit of the reserved %j throw a TypeError that names the signals", (name) => {
    const { main } = connected();
    for (const call of [
      () => main.on(name, () => {}),
      () => main.once(name, () => {}),
      () => main.emit(name),
      () => main.emit_volatile(name),
      () => main.emit_with_ack(name, []),
    ]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(/signal.*connected/);
    }
  });
});

describe("once and off", () => {
  test("once runs for the next event only", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.once("x", (data) => seen.push(data));
    rig.serve('42["x",1]', '42["x",2]');
    expect(seen).toEqual([[1]]);
  });

  test("once is removed before it runs, so it may be added again by itself and may throw", () => {
    const rig = connected();
    const seen: unknown[] = [];
    const again = (data: unknown) => {
      seen.push(data);
      rig.main.once("x", again);
      throw new Error("mine");
    };
    rig.main.once("x", again);
    rig.serve('42["x",1]', '42["x",2]');
    expect(seen).toEqual([[1], [2]]);
  });

  test("off removes the first match; a once-listener too", () => {
    const rig = connected();
    const seen: string[] = [];
    const a = () => seen.push("a");
    rig.main.on("x", a);
    rig.main.on("x", () => seen.push("b"));
    rig.main.once("x", a);
    rig.main.off("x", a);
    rig.serve('42["x"]');
    expect(seen).toEqual(["b", "a"]);
    rig.main.once("x", a);
    rig.main.off("x", a);
    rig.serve('42["x"]');
    expect(seen).toEqual(["b", "a", "b"]);
  });

  test("off without a callback removes all of that event and of no other", () => {
    const rig = connected();
    const seen: string[] = [];
    rig.main.on("x", () => seen.push("x"));
    rig.main.on("x", () => seen.push("x"));
    rig.main.on("y", () => seen.push("y"));
    rig.main.off("x");
    rig.main.off("never");
    rig.main.off("y", () => {});
    rig.serve('42["x"]', '42["y"]');
    expect(seen).toEqual(["y"]);
  });

  test("off while dispatching: one that is removed is not called any more, the others are", () => {
    const rig = connected();
    const seen: string[] = [];
    const second = () => seen.push("second");
    rig.main.on("x", () => {
      seen.push("first");
      rig.main.off("x", second);
    });
    rig.main.on("x", second);
    rig.main.on("x", () => seen.push("third"));
    rig.serve('42["x"]');
    expect(seen).toEqual(["first", "third"]);
  });

  test("off of all while dispatching ends that event", () => {
    const rig = connected();
    const seen: string[] = [];
    rig.main.on("x", () => {
      seen.push("first");
      rig.main.off("x");
    });
    rig.main.on("x", () => seen.push("second"));
    rig.serve('42["x"]', '42["x"]');
    expect(seen).toEqual(["first"]);
  });

  test("on while dispatching counts from the next packet on", () => {
    const rig = connected();
    const seen: string[] = [];
    rig.main.on("x", ([n]) => {
      seen.push(`first ${n}`);
      if (n === 1) rig.main.on("x", ([m]) => seen.push(`late ${m}`));
    });
    rig.serve('42["x",1]', '42["x",2]');
    expect(seen).toEqual(["first 1", "first 2", "late 2"]);
  });

  test("a listener added by one event hears another event of the same poll", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("start", () => rig.main.on("x", (data) => seen.push(data)));
    rig.serve('42["start"]', '42["x",1]');
    expect(seen).toEqual([[1]]);
  });
});

describe("event_received", () => {
  test("comes after the event's own listeners: first the namespace's, then the client's", () => {
    const rig = connected();
    const seen: string[] = [];
    rig.client.event_received.connect((event, data, path) => seen.push(`client ${event} ${data} ${path}`));
    rig.main.event_received.connect((event, data) => seen.push(`namespace ${event} ${data}`));
    rig.main.on("x", () => seen.push("listener"));
    rig.serve('42["x",1]');
    expect(seen).toEqual(["listener", "namespace x 1", "client x 1 /"]);
  });

  test("hears events without any listener", () => {
    const rig = connected();
    const seen = record(rig);
    rig.serve('42["unknown",{"a":[]}]');
    expect(seen).toEqual(['unknown [{"a":[]}]']);
  });
});

describe("emit", () => {
  test("writes literal packets, in order, all of a frame in one go at the end of poll()", () => {
    const rig = connected();
    rig.main.emit("a");
    rig.main.emit("b", []);
    rig.main.emit("c", [1, "two", { three: [3] }, null]);
    expect(rig.peer.written()).toEqual([]);
    const before = rig.peer.writes.length;
    expect(rig.sent()).toEqual(['42["a"]', '42["b"]', '42["c",1,"two",{"three":[3]},null]']);
    expect(rig.peer.writes.length).toBe(before + 1);
  });

  test("in a callback of a poll is written at the end of that poll", () => {
    const rig = connected();
    rig.main.on("ping", ([n]) => rig.main.emit("pong", [n]));
    rig.serve('42["ping",1]', '42["ping",2]');
    expect(rig.peer.written()).toEqual(['42["pong",1]', '42["pong",2]']);
  });

  test("flush() writes without polling, and runs no callback", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.emit("x");
    rig.push('42["y"]');
    rig.client.flush();
    expect(rig.peer.written()).toEqual(['42["x"]']);
    expect(seen).toEqual([]);
    rig.client.flush();
    rig.poll();
    expect(rig.peer.written()).toEqual([]);
  });

  test("encodes at once: changing the data afterwards changes nothing", () => {
    const rig = connected();
    const position = { x: 1 };
    const data = [position];
    rig.main.emit("move", data);
    position.x = 2;
    data.push({ x: 3 });
    expect(rig.sent()).toEqual(['42["move",{"x":1}]']);
  });

  test("encodes undefined, NaN, functions and dates as JSON.stringify does", () => {
    const rig = connected();
    rig.main.emit("x", [
      undefined,
      Number.NaN,
      () => {},
      new Date(0),
      { gone: undefined, [Symbol("s")]: 1 },
      new Array(2).fill(1, 1),
    ]);
    expect(rig.sent()).toEqual(['42["x",null,null,null,"1970-01-01T00:00:00.000Z",{},[null,1]]']);
  });

  test("asks toJSON as JSON.stringify does, with the key and once", () => {
    const rig = connected();
    const keys: string[] = [];
    class Vector {
      toJSON(key: string) {
        keys.push(key);
        return [1, 2];
      }
    }
    rig.main.emit("x", [new Vector(), { at: new Vector() }]);
    expect(rig.sent()).toEqual(['42["x",[1,2],{"at":[1,2]}]']);
  });

  test.each([undefined, null, "text", 7, { 0: "a", length: 1 }, new Set([1])])(
    "data %j, which is no array, is a TypeError that says what to write",
    (data) => {
      const rig = connected();
      if (data !== undefined) expect(() => rig.main.emit("x", data as never)).toThrow(/\[data\]/);
      if (data !== undefined) expect(() => rig.main.emit("x", data as never)).toThrow(TypeError);
      expect(rig.sent()).toEqual([]);
    },
  );

  const cycle: unknown[] = [];
  cycle.push({ cycle });
  const deepCycle: Record<string, unknown> = {};
  deepCycle["a"] = { b: { c: [deepCycle] } };
  const throwing = {
    toJSON() {
      throw new Error("no JSON for me");
    },
  };
  const getter = {
    get bad() {
      throw new Error("bad getter");
    },
  };

  test.each<[string, unknown]>([
    ["a BigInt", 1n],
    ["a BigInt deep inside", { a: [{ b: 2n }] }],
    ["a cycle", cycle],
    ["a deep cycle", deepCycle],
    ["a toJSON that throws", throwing],
    ["a getter that throws", getter],
    ["a BigInt beside binary", [new Uint8Array(1), 1n]],
    ["a cycle beside binary", [new Uint8Array(1), deepCycle]],
    ["a toJSON that throws beside binary", [new Uint8Array(1), throwing]],
  ])("poison packet: %s throws a TypeError at emit and leaves nothing half-done", (_, poison) => {
    for (const rig of [connected(), new Rig()]) {
      const offline = rig.peers.length === 0;
      if (offline) rig.client.connect_to_url("ws://test");
      rig.main.emit("before");
      expect(() => rig.main.emit("x", [poison])).toThrow(TypeError);
      expect(() => rig.main.emit("x", [poison])).toThrow(/encode/);
      expect(() => rig.main.emit_volatile("x", [poison])).toThrow(TypeError);
      expect(() => rig.main.emit_with_ack("x", [poison], () => {})).toThrow(TypeError);
      expect(() => rig.main.emit_with_ack("x", [poison])).toThrow(TypeError);
      expect(rig.client.get_stats().acks_pending).toBe(0);
      rig.main.emit_with_ack("after", [], () => {});
      if (offline) rig.serve(OPEN, '40{"sid":"a"}');
      expect(rig.sent().filter((frame) => frame !== "40")).toEqual(['42["before"]', '420["after"]']);
    }
  });

  test("shared references are no cycle", () => {
    const rig = connected();
    const shared = { x: 1 };
    rig.main.emit("x", [shared, shared, [shared]]);
    expect(rig.sent()).toEqual(['42["x",{"x":1},{"x":1},[{"x":1}]]']);
  });

  test("deep data is data", () => {
    const rig = connected();
    let deep: unknown = 1;
    for (let level = 0; level < 200; level++) deep = [deep];
    expect(rig.main.emit("x", [deep])).toBe(OK);
    expect(rig.sent()).toEqual([`42["x",${"[".repeat(200)}1${"]".repeat(200)}]`]);
  });

  test.each([undefined, null, 7, {}, ["x"], Symbol("x")])(
    "an event name that is no string is a TypeError (case %#)",
    (name) => {
      const { main } = connected();
      for (const call of [
        () => main.emit(name as never),
        () => main.on(name as never, () => {}),
        () => main.once(name as never, () => {}),
        () => main.off(name as never),
        () => main.set_event_mode(name as never, 0),
      ]) {
        expect(call).toThrow(TypeError);
      }
    },
  );

  test("many different names do not change what is written", () => {
    const rig = connected();
    for (let n = 0; n < 2000; n++) rig.main.emit(`e${n % 700}`, [n]);
    const sent = rig.sent();
    expect(sent).toHaveLength(2000);
    expect(sent[1999]).toBe('42["e599",1999]');
  });
});

describe("reply", () => {
  test("answers `427[…]` with `437[…]`", () => {
    const rig = connected();
    rig.main.on("ask", ([n], reply) => expect(reply?.([n + 1, "ok"])).toBe(OK));
    rig.serve('427["ask",41]');
    expect(rig.peer.written()).toEqual(['437[42,"ok"]']);
  });

  test("in a namespace keeps its name; id 0 is an id", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.on("ask", (_, reply) => reply?.([]));
    rig.serve('42/a,0["ask"]');
    expect(rig.peer.written()).toEqual(["43/a,0[]"]);
  });

  test("only its first call sends, whichever of several listeners makes it", () => {
    const rig = connected();
    const results: (Err | undefined)[] = [];
    rig.main.on("ask", (_, reply) => results.push(reply?.(["first"])));
    rig.main.on("ask", (_, reply) => results.push(reply?.(["second"]), reply?.(["third"])));
    rig.serve('421["ask"]');
    expect(results).toEqual([OK, Err.ERR_ALREADY_IN_USE, Err.ERR_ALREADY_IN_USE]);
    expect(rig.peer.written()).toEqual(['431["first"]']);
  });

  test("may come later, outside any callback; it goes out with the next poll", () => {
    const rig = connected();
    let late: Reply | undefined;
    rig.main.on("ask", (_, reply) => {
      late = reply;
    });
    rig.serve('421["ask"]');
    rig.step(3);
    expect(late?.(["slow"])).toBe(OK);
    expect(rig.sent()).toEqual(['431["slow"]']);
  });

  test("carries binary", () => {
    const rig = connected();
    rig.main.on("ask", (_, reply) => reply?.([new Uint8Array([1, 2])]));
    rig.serve('421["ask"]');
    expect(rig.peer.written()).toEqual(['461-1[{"_placeholder":true,"num":0}]', new Uint8Array([1, 2])]);
  });

  test.each([undefined, "ok", { a: 1 }])(
    "with %j, which is no array, is a TypeError, and the reply can still be made",
    (answer) => {
      const rig = connected();
      rig.main.on("ask", (_, reply) => {
        expect(() => reply?.(answer as never)).toThrow(TypeError);
        expect(() => reply?.([1n])).toThrow(TypeError);
        reply?.(["fine"]);
      });
      rig.serve('421["ask"]');
      expect(rig.peer.written()).toEqual(['431["fine"]']);
      expect(rig.told()).toEqual([]);
    },
  );

  /** A reply that belongs to the event which has just arrived. */
  function asked(path = "/"): { rig: Rig; reply: Reply } {
    const rig = connected();
    const ns = path === "/" ? rig.main : join(rig, path);
    let handle: Reply | undefined;
    ns.on("ask", (_, reply) => {
      handle = reply;
    });
    rig.serve(path === "/" ? '421["ask"]' : `42${path},1["ask"]`);
    return { rig, reply: handle as Reply };
  }

  test("after disconnect_from_namespace() writes nothing: the server would close the whole connection", () => {
    const { rig, reply } = asked("/a");
    rig.client.get_namespace("/a")?.disconnect_from_namespace();
    expect(reply(["late"])).toBe(Err.ERR_UNAVAILABLE);
    expect(rig.sent()).toEqual(["41/a,"]);
  });

  test("after a rejoin of the same namespace writes nothing: it belongs to the session that is gone", () => {
    const { rig, reply } = asked("/a");
    const ns = rig.client.get_namespace("/a");
    ns?.disconnect_from_namespace();
    ns?.connect_to_namespace();
    rig.step(0.5);
    rig.step(0.5);
    rig.serve('40/a,{"sid":"again"}');
    rig.peer.written();
    expect(reply(["late"])).toBe(Err.ERR_UNAVAILABLE);
    expect(rig.sent()).toEqual([]);
  });

  test("after a kick, a loss, a reconnection, close() writes nothing", () => {
    const kicked = asked("/a");
    kicked.rig.serve("41/a,");
    expect(kicked.reply([])).toBe(Err.ERR_UNAVAILABLE);
    const lost = asked();
    lost.rig.lose();
    expect(lost.reply([])).toBe(Err.ERR_UNAVAILABLE);
    lost.rig.comeBack('40{"sid":"a2"}');
    expect(lost.reply([])).toBe(Err.ERR_UNAVAILABLE);
    expect(lost.rig.sent()).toEqual(["40"]);
    const closed = asked();
    closed.rig.client.close();
    expect(closed.reply([])).toBe(Err.ERR_UNAVAILABLE);
    expect(closed.rig.peer.written()).toEqual(["41"]);
  });
});

describe("what socket.io-client takes and this does not", () => {
  test("more than an array, which would be lost, is a TypeError", () => {
    const rig = connected();
    const loose = rig.main as unknown as Record<"emit" | "emit_volatile", (...args: unknown[]) => unknown>;
    const complaint = 'the data of "x" must be one array of arguments, like [data], got ';
    expect(() => loose.emit("x", [1], () => {})).toThrow(new TypeError(`${complaint}function`));
    expect(() => loose.emit("x", ["a"], "b")).toThrow(new TypeError(`${complaint}"b"`));
    expect(() => loose.emit_volatile("x", [], 5)).toThrow(new TypeError(`${complaint}5`));
    expect(rig.sent()).toEqual([]);
  });

  test("a callback behind the time-out, which would never be called, is a TypeError", () => {
    const rig = connected();
    const loose = rig.main as unknown as { emit_with_ack(...args: unknown[]): unknown };
    expect(() => loose.emit_with_ack("x", [1], 2, () => {})).toThrow(
      "the timeout must be a number of seconds, got function",
    );
    expect(rig.sent()).toEqual([]);
  });

  test("an acknowledgement that is asked for before anything is connected says why it fails", async () => {
    const { main } = new Rig();
    await expect(main.emit_with_ack("x")).rejects.toThrow('"x" was not sent: nobody joined its namespace');
  });
});

test("a toJSON that closes and connects anew: the event waits for the new connection to be joined", () => {
  const rig = connected();
  const evil = {
    toJSON() {
      rig.client.close();
      rig.client.connect_to_url("ws://test");
      return 1;
    },
  };
  expect(rig.main.emit("late", [evil])).toBe(OK);
  rig.serve(OPEN);
  expect(rig.peer.written()).toEqual(["40"]);
  rig.serve('40{"sid":"b"}');
  expect(rig.peer.written()).toEqual(['42["late",1]']);
});
