import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, record } from "../support/scripted-server.js";

const burst = (count: number) => Array.from({ length: count }, (_, n) => `42["x",${n}]`);
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `x [${from + n}]`);

describe("poll_max_packets", () => {
  test("ends a poll after that many packets; the rest waits in order", () => {
    const rig = connected({ poll_max_packets: 2 });
    const seen = record(rig);
    rig.push(...burst(5));
    expect(rig.client.get_pending_count()).toBe(5);
    rig.poll();
    expect(seen).toEqual(lines(0, 2));
    expect(rig.client.get_pending_count()).toBe(3);
    rig.push('42["x",5]');
    rig.poll();
    rig.poll();
    expect(seen).toEqual(lines(0, 6));
    expect(rig.client.get_pending_count()).toBe(0);
  });

  test("0 is unlimited", () => {
    const rig = connected();
    const seen = record(rig);
    rig.serve(...burst(3000));
    expect(seen).toEqual(lines(0, 3000));
  });

  test("counts packets, not callbacks: one packet reaches all its listeners", () => {
    const rig = connected({ poll_max_packets: 1 });
    let calls = 0;
    for (let n = 0; n < 3; n++) {
      rig.main.on("x", () => {
        calls++;
      });
    }
    rig.serve(...burst(2));
    expect(calls).toBe(3);
  });

  test("is one budget over all namespaces, in arrival order", () => {
    const rig = connected({ poll_max_packets: 2 });
    join(rig, "/a");
    const seen: string[] = [];
    rig.client.event_received.connect((_, data, path) => seen.push(`${path}${data}`));
    rig.serve('42["x",1]', '42/a,["x",2]', '42["x",3]', '42/a,["x",4]');
    expect(seen).toEqual(["/1", "/a2"]);
    rig.poll();
    expect(seen).toEqual(["/1", "/a2", "/3", "/a4"]);
  });

  test("holds a whole binary packet as one", () => {
    const rig = connected({ poll_max_packets: 1 });
    const seen = record(rig);
    rig.serve('451-["b",{"_placeholder":true,"num":0}]', new Uint8Array([1]), '42["x"]');
    expect(seen).toHaveLength(1);
    rig.poll();
    expect(seen).toHaveLength(2);
  });

  test("does not hold back the answer to a ping, nor what the game sends", () => {
    const rig = connected({ poll_max_packets: 1 });
    rig.push(...burst(5), "2");
    expect(rig.peer.written()).toEqual(["3"]);
    rig.main.emit("y");
    expect(rig.sent()).toEqual(['42["y"]']);
  });

  test("can be changed between and inside polls", () => {
    const rig = connected({ poll_max_packets: 1 });
    const seen = record(rig);
    rig.push(...burst(5));
    rig.poll();
    rig.client.configure({ poll_max_packets: 0 });
    rig.poll();
    expect(seen).toEqual(lines(0, 5));
  });

  test("a fraction is refused or rounded, but never turns the budget off", () => {
    let packets = Infinity;
    try {
      const rig = connected({ poll_max_packets: 1.5 });
      const seen = record(rig);
      rig.serve(...burst(50));
      packets = seen.length;
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      packets = 0;
    }
    expect(packets).toBeLessThanOrEqual(2);
  });
});

describe("poll_max_time", () => {
  test("ends a poll when the callbacks have taken that long, decoding included", () => {
    const rig = connected({ poll_max_time: 0.01 });
    const seen = record(rig);
    rig.main.on("x", () => rig.clock.advance(0.004));
    rig.push(...burst(5));
    rig.poll();
    expect(seen).toEqual(lines(0, 3));
    rig.poll();
    expect(seen).toEqual(lines(0, 5));
  });

  test("at least one packet always goes, however slow it is", () => {
    const rig = connected({ poll_max_time: 0.001 });
    const seen = record(rig);
    rig.main.on("x", () => rig.clock.advance(1));
    rig.push(...burst(3));
    for (let n = 1; n <= 3; n++) {
      rig.poll();
      expect(seen).toEqual(lines(0, n));
    }
  });

  test("is measured by the clock, also when the game passes `now` to poll()", () => {
    const rig = connected({ poll_max_time: 0.01 });
    const seen = record(rig);
    rig.main.on("x", () => rig.clock.advance(0.02));
    rig.push(...burst(3));
    rig.client.poll(rig.clock.now);
    expect(seen).toEqual(lines(0, 1));
  });

  test("together with poll_max_packets the smaller one ends the poll", () => {
    const rig = connected({ poll_max_time: 0.01, poll_max_packets: 2 });
    const seen = record(rig);
    rig.main.on("x", () => rig.clock.advance(0.001));
    rig.push(...burst(9));
    rig.poll();
    expect(seen).toEqual(lines(0, 2));
  });
});

describe("events that came before the answer to CONNECT", () => {
  const early = [0, 1, 2].map((n) => `42["x",${n}]`);

  test("count as waiting from that answer on, come in the budget, after `connected` and before what came later", () => {
    const rig = connecting({ poll_max_packets: 2 });
    const seen = record(rig);
    rig.main.connected.connect(() => seen.push("connected"));
    rig.push(OPEN);
    for (const text of early) rig.serve(text);
    rig.push('40{"sid":"a"}', '42["x",3]');
    rig.poll();
    expect(seen).toEqual(["connected", ...lines(0, 1)]);
    expect(rig.client.get_pending_count()).toBe(3);
    expect(rig.client.get_stats().inbox_length).toBe(3);
    rig.poll();
    expect(seen).toEqual(["connected", ...lines(0, 3)]);
    rig.poll();
    expect(seen).toEqual(["connected", ...lines(0, 4)]);
    expect(rig.client.get_pending_count()).toBe(0);
  });

  test("nor do they exceed poll_max_time", () => {
    const rig = connecting({ poll_max_time: 0.01 });
    const seen = record(rig);
    rig.main.on("x", () => rig.clock.advance(0.006));
    rig.serve(OPEN, ...early, '40{"sid":"a"}');
    expect(seen).toEqual(lines(0, 2));
    rig.poll();
    expect(seen).toEqual(lines(0, 3));
  });

  test("while they wait nothing behind them happens: no timeout of an answer, and no loss", () => {
    const rig = connecting({ poll_max_packets: 1 });
    const seen = record(rig);
    rig.main.emit_with_ack("ask", [], (_, code) => seen.push(`acknowledged ${code}`), 5);
    rig.serve(OPEN, ...early);
    rig.push('40{"sid":"a"}');
    rig.poll();
    rig.push('430["late"]');
    rig.peer.cut();
    for (let n = 0; n < 3; n++) rig.step(3);
    expect(seen).toEqual(lines(0, 3));
    rig.poll();
    expect(seen).toEqual([...lines(0, 3), "acknowledged 0"]);
    expect(rig.told()).toContain("disconnected(transport close)");
  });

  test("are gone when their namespace is left in between, and those of others are not", () => {
    const rig = connecting({ poll_max_packets: 1 });
    const seen = record(rig);
    const other = rig.client.create_namespace("/a");
    other.connect_to_namespace();
    const heard = record(rig, "/a");
    rig.serve(OPEN, '42/a,["x",0]', ...early, '42/a,["x",1]', '40/a,{"sid":"b"}', '40{"sid":"a"}', '42["x",3]');
    rig.poll();
    expect(heard).toEqual(lines(0, 1));
    other.disconnect_from_namespace();
    other.connect_to_namespace();
    for (let n = 0; n < 7; n++) rig.step(1);
    expect(heard).toEqual(lines(0, 1));
    expect(seen).toEqual(lines(0, 4));
    rig.push('40/a,{"sid":"c"}', '42/a,["x",2]');
    for (let n = 0; n < 2; n++) rig.poll();
    expect(heard).toEqual([...lines(0, 1), "x [2]"]);
  });

  test("are gone when the game closes in between, and connects again", () => {
    const rig = connecting({ poll_max_packets: 2 });
    const seen = record(rig);
    rig.serve(OPEN, ...early, '40{"sid":"a"}', '42["x",3]');
    expect(seen).toEqual(lines(0, 1));
    rig.client.close();
    rig.client.connect_to_url("ws://test");
    expect(rig.client.get_pending_count()).toBe(0);
    for (const frame of [OPEN, '40{"sid":"b"}', '42["x",4]']) rig.serve(frame);
    expect(seen).toEqual(["x [0]", "x [4]"]);
  });
});

describe("leftovers of a budget", () => {
  test("are dispatched before a later loss is told", () => {
    const rig = connected({ poll_max_packets: 1 });
    const seen = record(rig);
    rig.push(...burst(3));
    rig.lose();
    expect(rig.told()).toEqual([]);
    rig.poll();
    rig.poll();
    rig.poll();
    expect(seen).toEqual(lines(0, 3));
    expect(rig.told()).toContain("disconnected(transport close)");
  });

  test("do not mix with the connection after it", () => {
    const rig = connected({ poll_max_packets: 1, reconnection: { delay: 0 } });
    const seen = record(rig);
    rig.push(...burst(2));
    rig.peer.cut();
    for (let n = 0; n < 4; n++) rig.poll();
    expect(rig.peers).toHaveLength(2);
    rig.push(OPEN, '40{"sid":"a2"}', '42["x",2]');
    for (let n = 0; n < 4; n++) rig.poll();
    expect(seen).toEqual(lines(0, 3));
  });

  test("a ping timeout is told behind them, not in front", () => {
    const rig = connected({ poll_max_packets: 1 });
    const seen = record(rig);
    rig.push(...burst(3));
    rig.step(60);
    expect(rig.told()).toEqual([]);
    for (let n = 0; n < 3; n++) rig.poll();
    expect(seen).toEqual(lines(0, 3));
    expect(rig.told()).toContain("disconnected(ping timeout)");
  });
});

test("a close behind the last packet of the budget is told in that poll, before a deadline can tell something else", () => {
  const rig = connecting({ poll_max_packets: 1, connect_timeout: 1.5, reconnection: { jitter: 0 } });
  rig.push(OPEN, '42["early"]');
  rig.peer.cut("transport close", "the cable was cut");
  rig.step(2);
  expect(rig.told()).toEqual(["connect_error(/, the cable was cut)", "reconnecting(1, 0.25)"]);
});
