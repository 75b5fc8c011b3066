import { describe, expect, test } from "vitest";
import { connected, join, OPEN, Rig, record, recoverable } from "../support/scripted-server.js";

describe("connection state recovery", () => {
  test("the offset is taken off the data of each event", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve('42["chat","hi there","PzA0001"]', '42["bare","PzA0002"]');
    expect(seen).toEqual(['chat ["hi there"]', "bare []"]);
  });

  test("is_recovered() is false before the first connect, and after one that resumed nothing", () => {
    const rig = new Rig();
    expect(rig.main.is_recovered()).toBe(false);
    expect(recoverable().main.is_recovered()).toBe(false);
  });

  test("without a `pid` nothing is taken off", () => {
    const rig = connected();
    const seen = record(rig);
    rig.serve('42["chat","PzA0001"]');
    expect(seen).toEqual(['chat ["PzA0001"]']);
  });

  test("of an event that asks for an acknowledgement nothing is taken off: such packets carry no offset", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve('427["chat","PzA0001"]');
    expect(seen).toEqual(['chat ["PzA0001"]']);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(['40{"pid":"p","offset":""}']);
  });

  test.each(["7", "null", '{"offset":"x"}', '["PzA0001"]'])("a last argument %s is no offset: it stays", (last) => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve(`42["chat",${last}]`);
    expect(seen).toEqual([`chat [${last}]`]);
  });

  test.each(["my-offset", "abc", ""])("whatever string comes last is the offset, %j too", (offset) => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve(`42["chat",1,"${offset}"]`);
    expect(seen).toEqual(["chat [1]"]);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual([`40{"pid":"p","offset":"${offset}"}`]);
  });

  test.each(["left", "Player1", "x8Bv2nYwJkQm4t_RAAAB", "Go left!", ""])(
    "but once an adapter's own was seen, a last word %j at the end of a volatile event stays",
    (word) => {
      const rig = recoverable();
      const seen = record(rig);
      rig.serve('42["chat","QzA0001"]', `42["move","${word}"]`);
      expect(seen).toEqual(["chat []", `move ["${word}"]`]);
    },
  );

  test("a volatile event of the server, which has no offset, loses no word and does not forfeit the recovery", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve('42["chat","hi","QzA0001"]', '42["move","left"]');
    expect(seen).toEqual(['chat ["hi"]', 'move ["left"]']);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(['40{"pid":"p","offset":"QzA0001"}']);
  });

  test.each([
    ["in-memory", "QzA0001"],
    ["in-memory, several in one millisecond", "QzA0001.1"],
    ["Redis streams", "1731234567890-0"],
    ["MongoDB", "65f0c0ffee65f0c0ffee65f0"],
  ])("the offset of the %s adapter is recognised", (_, offset) => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve(`42["x",1,"${offset}"]`);
    expect(seen).toEqual(["x [1]"]);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual([`40{"pid":"p","offset":"${offset}"}`]);
  });

  test("a binary event's offset is its last argument too", () => {
    const rig = recoverable();
    const seen: unknown[] = [];
    rig.main.on("b", (data) => seen.push(data));
    rig.serve('451-["b",{"_placeholder":true,"num":0},"PzA0001"]', new Uint8Array([1]));
    expect(seen).toEqual([[new Uint8Array([1])]]);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(['40{"pid":"p","offset":"PzA0001"}']);
  });

  test("CONNECT after a loss carries pid and offset next to the auth", () => {
    const rig = new Rig();
    rig.client.connect_to_url("ws://test", { token: "t" });
    rig.serve(OPEN, '40{"sid":"a","pid":"p"}');
    rig.serve('42["x","PzA0001"]');
    rig.lose();
    rig.comeBack();
    expect(JSON.parse((rig.peer.frames[0] as string).slice(2))).toEqual({ token: "t", pid: "p", offset: "PzA0001" });
  });

  test("a `pid` or `offset` of the user's own auth cannot get in its way", () => {
    const rig = new Rig();
    rig.client.connect_to_url("ws://test", { pid: "mine", offset: "mine", token: "t" });
    rig.serve(OPEN, '40{"sid":"a","pid":"p"}');
    rig.serve('42["x","PzA0001"]');
    rig.lose();
    rig.comeBack();
    expect(JSON.parse((rig.peer.frames[0] as string).slice(2))).toEqual({ token: "t", pid: "p", offset: "PzA0001" });
  });

  test("the offset of an event that nobody listens to counts as well", () => {
    const rig = recoverable();
    rig.serve('42["unheard",1,"PzA0001"]');
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(['40{"pid":"p","offset":"PzA0001"}']);
  });

  test("the same pid in the reply means recovered: is_recovered(), and missed events follow `connected`", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.main.connected.connect(() => seen.push(`connected ${rig.main.is_recovered()}`));
    expect(rig.main.is_recovered()).toBe(false);
    rig.serve('42["x",1,"PzA0001"]');
    rig.lose();
    rig.comeBack('42["x",2,"PzA0002"]', '42["x",3,"PzA0003"]', '40{"sid":"a","pid":"p"}', '42["x",4,"PzA0004"]');
    expect(seen).toEqual(["x [1]", "connected true", "x [2]", "x [3]", "x [4]"]);
    expect(rig.main.is_recovered()).toBe(true);
    expect(rig.main.get_session_id()).toBe("a");
  });

  test("a replayed event that was received before never reaches a listener again", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve('42["x",1,"PzA0001"]', '42["x",2,"PzA0002"]');
    rig.lose();
    rig.comeBack('42["x",1,"PzA0001"]', '42["x",2,"PzA0002"]', '42["x",3,"PzA0003"]', '40{"sid":"a","pid":"p"}');
    expect(seen).toEqual(["x [1]", "x [2]", "x [3]"]);
  });

  test("nor does one that is replayed behind the answer to CONNECT, in whatever poll it comes", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve('42["x",1,"QzA0001"]', '42["x",2,"QzA0002"]');
    rig.lose();
    rig.comeBack('40{"sid":"a","pid":"p"}', '42["x",1,"QzA0001"]');
    rig.serve('42["x",2,"QzA0002"]', '42["x",3,"QzA0003"]');
    expect(seen).toEqual(["x [1]", "x [2]", "x [3]"]);
    rig.lose();
    rig.comeBack('42["x",2,"QzA0002"]', '40{"sid":"a","pid":"p"}', '42["x",3,"QzA0003"]', '42["x",4,"QzA0004"]');
    expect(seen).toEqual(["x [1]", "x [2]", "x [3]", "x [4]"]);
  });

  test("two events with equal data and different offsets are two events", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.serve('42["x",1,"PzA0001"]', '42["x",1,"PzA0002"]');
    expect(seen).toEqual(["x [1]", "x [1]"]);
  });

  test("another pid means a new session", () => {
    const rig = recoverable();
    rig.serve('42["x","PzA0001"]');
    rig.lose();
    rig.comeBack('40{"sid":"b","pid":"q"}');
    expect(rig.main.is_recovered()).toBe(false);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(['40{"pid":"q","offset":""}']);
  });

  test("a reply without a pid ends it: is_recovered() is false, and the next CONNECT is `40` again", () => {
    const rig = recoverable();
    rig.lose();
    rig.comeBack('40{"sid":"b"}');
    expect(rig.main.is_recovered()).toBe(false);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(["40"]);
  });

  test("survives several lost connections", () => {
    const rig = recoverable();
    for (let round = 1; round <= 3; round++) {
      rig.lose();
      rig.comeBack('40{"sid":"a","pid":"p"}');
      expect(rig.main.is_recovered()).toBe(true);
    }
    rig.lose();
    rig.step(10);
    rig.lose();
    rig.comeBack('40{"sid":"a","pid":"p"}');
    expect(rig.main.is_recovered()).toBe(true);
  });

  test("leaving or being kicked forfeits it, because the server has ended the session", () => {
    for (const leave of [true, false]) {
      const rig = recoverable();
      const ns = rig.client.create_namespace("/a");
      ns.connect_to_namespace();
      rig.serve('40/a,{"sid":"b","pid":"q"}');
      if (leave) ns.disconnect_from_namespace();
      else rig.serve("41/a,");
      ns.connect_to_namespace();
      rig.step(0.5);
      rig.step(0.5);
      expect(rig.peer.written().at(-1)).toBe("40/a,");
      rig.serve('40/a,{"sid":"b2","pid":"r"}');
      expect(ns.is_recovered()).toBe(false);
      rig.client.close();
      rig.client.connect_to_url("ws://test");
      rig.push(OPEN);
      expect(rig.peer.frames).toEqual(["40"]);
    }
  });

  test("each namespace has its own pid and offset", () => {
    const rig = recoverable();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.serve('40/a,{"sid":"b","pid":"q"}', '42["x","PzA0001"]', '42/a,["x","PzA0002"]');
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(['40{"pid":"p","offset":"PzA0001"}', '40/a,{"pid":"q","offset":"PzA0002"}']);
    rig.serve('40{"sid":"a","pid":"p"}', '40/a,{"sid":"b2","pid":"other"}');
    expect([rig.main.is_recovered(), ns.is_recovered()]).toEqual([true, false]);
  });

  test("a namespace without recovery next to one with it", () => {
    const rig = recoverable();
    join(rig, "/a");
    const seen = record(rig, "/a");
    rig.serve('42/a,["x","PzA0001"]');
    expect(seen).toEqual(['x ["PzA0001"]']);
  });

  test("a refused recovery is an ordinary refusal, and the next join starts from nothing", () => {
    const rig = recoverable();
    rig.lose();
    rig.comeBack('44{"message":"banned"}');
    expect(rig.told()).toContain("connect_error(/, banned)");
    rig.client.connect_to_url("ws://test");
    rig.push(OPEN);
    expect(rig.peer.frames).toEqual(["40"]);
  });

  test("a rejoined namespace keeps counting its acknowledgements, so an old answer cannot meet a new question", () => {
    const rig = recoverable();
    const answers: unknown[] = [];
    rig.main.emit_with_ack("old", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.lose();
    rig.main.emit_with_ack("new", [], (...answer) => answers.push(answer), 60);
    rig.comeBack('430["to old"]', '40{"sid":"a","pid":"p"}');
    rig.serve('430["to old"]', '431["to new"]');
    expect(answers.slice(1)).toEqual([[["to new"], 0]]);
  });
});
