import { SocketIONamespace } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, join, record, recoverable } from "../support/scripted-server.js";

const { EVENT_LATEST, EVENT_QUEUE } = SocketIONamespace;

describe("EVENT_LATEST", () => {
  test("of several waiting packets of the event only the newest is dispatched, at its own place", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.serve('42["state",1]', '42["x",1]', '42["state",2]', '42["x",2]', '42["state",3]', '42["x",3]');
    expect(seen).toEqual(["x [1]", "x [2]", "state [3]", "x [3]"]);
  });

  test("the skipped ones are not even parsed", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.serve('42["state",{"broken":]', '42["state",1]');
    expect(seen).toEqual(["state [1]"]);
  });

  test("they do not count as waiting, and are counted as skipped", () => {
    const rig = connected();
    rig.main.set_event_mode("state", EVENT_LATEST);
    record(rig);
    for (let n = 0; n < 1000; n++) rig.push(`42["state",${n}]`);
    expect(rig.client.get_pending_count()).toBe(1);
    rig.poll();
    expect(rig.client.get_stats()).toMatchObject({ events_skipped: 999, events_dispatched: 1 });
  });

  test("one per poll when there is one per poll", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    for (let n = 0; n < 5; n++) rig.serve(`42["state",${n}]`);
    expect(seen).toHaveLength(5);
    expect(rig.client.get_stats().events_skipped).toBe(0);
  });

  test("never skips a packet that asks for an acknowledgement, nor waits behind one", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.main.on("state", (_, reply) => reply?.([]));
    rig.serve('42["state",1]', '427["state",2]', '42["state",3]', '428["state",4]');
    expect(seen).toEqual(["state [2]", "state [3]", "state [4]"]);
    expect(rig.peer.written()).toEqual(["437[]", "438[]"]);
  });

  test("keeps binary packets whole: the newest with its own attachments", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.main.on("state", ([bytes]) => seen.push([...bytes]));
    const header = '451-["state",{"_placeholder":true,"num":0}]';
    rig.serve(header, new Uint8Array([1]), header, new Uint8Array([2]), header, new Uint8Array([3]));
    expect(seen).toEqual([[3]]);
  });

  test("belongs to one namespace", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.set_event_mode("state", EVENT_LATEST);
    const seen = [record(rig, "/"), record(rig, "/a")];
    rig.serve('42["state",1]', '42/a,["state",1]', '42["state",2]', '42/a,["state",2]');
    expect(seen).toEqual([["state [1]", "state [2]"], ["state [2]"]]);
  });

  test("works for every event name", () => {
    const rig = connected();
    const seen = record(rig);
    for (const name of ["", "__proto__", "*", 'say "hi"', "a,b"]) {
      rig.main.set_event_mode(name, EVENT_LATEST);
      rig.serve(`42[${JSON.stringify(name)},1]`, `42[${JSON.stringify(name)},2]`);
    }
    expect(seen).toEqual([" [2]", "__proto__ [2]", "* [2]", 'say "hi" [2]', "a,b [2]"]);
  });

  test("recognises an escaped name on the wire", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.set_event_mode("état", EVENT_LATEST);
    rig.serve('42["\\u00e9tat",1]', '42["état",2]');
    expect(seen).toEqual(["état [2]"]);
  });

  test("can be turned off again, also with packets waiting", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.push('42["state",1]', '42["state",2]');
    rig.main.set_event_mode("state", EVENT_QUEUE);
    rig.push('42["state",3]', '42["state",4]');
    rig.poll();
    expect(seen).toEqual(["state [2]", "state [3]", "state [4]"]);
  });

  test("is set for packets that arrive from then on", () => {
    const rig = connected();
    const seen = record(rig);
    rig.push('42["state",1]', '42["state",2]');
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.push('42["state",3]', '42["state",4]');
    rig.poll();
    expect(seen).toEqual(["state [1]", "state [2]", "state [4]"]);
  });

  test("survives reconnection and is set before connecting", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    rig.serve('42["state",1]', '42["state",2]');
    expect(seen).toEqual(["state [2]"]);
  });

  test("with a budget: a newer packet takes the place of one that a budget left", () => {
    const rig = connected({ poll_max_packets: 1 });
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.serve('42["x",1]', '42["state",1]', '42["x",2]');
    rig.push('42["state",2]');
    rig.poll();
    rig.poll();
    rig.poll();
    expect(seen).toEqual(["x [1]", "x [2]", "state [2]"]);
  });

  test("lets a paused loop receive snapshots for ever without an overflow", () => {
    const rig = connected({ max_queued_packets: 10, max_queued_bytes: 1000 });
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    for (let n = 0; n < 5000; n++) rig.push(`42["state",${n}]`, ...(n % 1000 === 0 ? [`42["x",${n}]`] : []));
    rig.poll();
    expect(seen).toEqual(["x [0]", "x [1000]", "x [2000]", "x [3000]", "x [4000]", "state [4999]"]);
    expect(rig.told()).toEqual([]);
  });

  test("with recovery: the offset that is asked for is the newest packet's", () => {
    const rig = recoverable();
    const seen = record(rig);
    rig.main.set_event_mode("state", EVENT_LATEST);
    rig.serve('42["state",1,"PzA0001"]', '42["state",2,"PzA0002"]');
    rig.lose();
    rig.comeBack();
    expect(rig.peer.frames).toEqual(['40{"pid":"p","offset":"PzA0002"}']);
    expect(seen).toEqual(["state [2]"]);
  });

  test.each([2, -1, "latest", null, undefined])("another mode (%j) is a TypeError", (mode) => {
    expect(() => connected().main.set_event_mode("state", mode as never)).toThrow(TypeError);
  });

  test("the modes have Godot-like constants", () => {
    expect([EVENT_QUEUE, EVENT_LATEST]).toEqual([0, 1]);
  });

  test("early packets, before CONNECT is answered, are still dispatched after `connected`", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const seen = record(rig, "/a");
    ns.set_event_mode("state", EVENT_LATEST);
    ns.connect_to_namespace();
    rig.serve('42/a,["state",1]', '42/a,["state",2]', '40/a,{"sid":"b"}');
    expect(seen.at(-1)).toBe("state [2]");
  });

  test("of those that came in several polls before that, only the newest is dispatched, at its own place", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const seen = record(rig, "/a");
    const skipped: unknown[] = [];
    rig.client.add_observer({ packet_skipped: (...told) => skipped.push(told) });
    ns.set_event_mode("state", EVENT_LATEST);
    ns.set_event_mode("other", EVENT_LATEST);
    ns.connect_to_namespace();
    for (const name of ["state", "x", "state", "other", "x"]) rig.serve(`42/a,["${name}",${seen.push(name)}]`);
    seen.length = 0;
    rig.serve('42/a,["state",6]');
    rig.push('40/a,{"sid":"b"}', '42/a,["other",7]');
    expect(rig.client.get_pending_count()).toBe(2);
    rig.poll();
    expect(seen).toEqual(["x [2]", "x [5]", "state [6]", "other [7]"]);
    expect(skipped).toEqual([
      ["state", "/a", 16],
      ["state", "/a", 16],
      ["other", "/a", 16],
    ]);
    expect(rig.client.get_stats().events_skipped).toBe(3);
  });

  test("of an event that gets the mode while they are held none is lost", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const seen = record(rig, "/a");
    ns.connect_to_namespace();
    const binary = [`451-/a,["state",{"_placeholder":true,"num":0}]`, Uint8Array.of(1)];
    rig.serve('42/a,["state",1]', ...binary);
    ns.set_event_mode("state", EVENT_LATEST);
    rig.serve('40/a,{"sid":"b"}');
    expect(seen).toEqual(["state [1]", 'state [{"0":1}]']);
  });

  test("nor is one that was held before it got the mode when a newer one comes, held or not", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const seen = record(rig, "/a");
    ns.connect_to_namespace();
    rig.serve('42/a,["state",1]', '451-/a,["state",{"_placeholder":true,"num":0}]', Uint8Array.of(2));
    ns.set_event_mode("state", EVENT_LATEST);
    rig.serve('42/a,["state",3]');
    rig.serve('42/a,["state",4]');
    rig.serve('40/a,{"sid":"b"}', '42/a,["state",5]');
    expect(seen).toEqual(["state [1]", 'state [{"0":2}]', "state [5]"]);
    expect(rig.client.get_stats().events_skipped).toBe(2);
  });
});
