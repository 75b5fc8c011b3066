import { SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, OPEN, open, record } from "../support/scripted-server.js";

describe("get_stats", () => {
  test("is all zeros (and plain) on a new client", () => {
    const stats = new SocketIOClient().get_stats();
    expect(Object.values(stats).filter((value) => value !== 0 && value !== "")).toEqual([]);
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats);
  });

  test("is a snapshot", () => {
    const rig = connected();
    const before = rig.client.get_stats();
    rig.serve('42["x"]');
    expect(rig.client.get_stats().packets_received).toBe(before.packets_received + 1);
    expect(rig.client.get_stats()).not.toBe(before);
  });

  test("counts packets and bytes in both directions", () => {
    const rig = connecting();
    const length = OPEN.length + '40{"sid":"a"}'.length + '42["x"]'.length;
    rig.serve(OPEN, '40{"sid":"a"}', '42["x"]');
    expect(rig.client.get_stats()).toMatchObject({ packets_received: 2, bytes_received: length });
    rig.main.emit("y", [new Uint8Array(5)]);
    rig.poll();
    const sent = "40".length + '451-["y",{"_placeholder":true,"num":0}]'.length + 5;
    expect(rig.client.get_stats()).toMatchObject({ packets_sent: 2, bytes_sent: sent });
  });

  test("a Blob counts with its size", () => {
    const rig = connected();
    const before = rig.client.get_stats().bytes_sent;
    rig.main.emit("y", [new Blob(["abc"])]);
    rig.poll();
    expect(rig.client.get_stats().bytes_sent - before).toBe('451-["y",{"_placeholder":true,"num":0}]'.length + 3);
  });

  test("a binary packet is one packet", () => {
    const rig = connected();
    const before = rig.client.get_stats();
    rig.serve(
      '452-["b",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
      new Uint8Array(3),
      new Uint8Array(4),
    );
    const after = rig.client.get_stats();
    expect(after.packets_received - before.packets_received).toBe(1);
    expect(after.bytes_received - before.bytes_received).toBe(69 + 7);
  });

  test("events_dispatched counts events that reached the game", () => {
    const rig = connected();
    rig.main.on("x", () => {});
    rig.main.on("x", () => {});
    rig.serve('42["x"]', '42["x"]');
    expect(rig.client.get_stats().events_dispatched).toBe(2);
  });

  test("an event that nobody listens to has not, though it is read: for its attachments, or for a recovery", () => {
    const rig = connecting();
    rig.serve(
      OPEN,
      '40{"sid":"a","pid":"p"}',
      '42["x","o1"]',
      '451-["y",{"_placeholder":true,"num":0}]',
      new Uint8Array(1),
    );
    expect(rig.client.get_stats().events_dispatched).toBe(0);
    rig.main.event_received.connect(() => {});
    rig.serve('42["x","o2"]', '451-["y",{"_placeholder":true,"num":0}]', new Uint8Array(1));
    expect(rig.client.get_stats().events_dispatched).toBe(2);
  });

  test("inbox_length and inbox_age: how many wait, and for how long the first of them has", () => {
    const rig = connected({ poll_max_packets: 1 });
    record(rig);
    rig.push('42["x"]');
    rig.clock.advance(3);
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 1, inbox_age: 3 });
    rig.poll();
    for (let n = 0; n < 2; n++) rig.push('42["x"]');
    rig.clock.advance(2);
    rig.poll();
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 1, inbox_age: 2 });
    rig.push('42["x"]');
    rig.clock.advance(1);
    rig.poll();
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 1, inbox_age: 1 });
    rig.poll();
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 0, inbox_age: 0 });
  });

  test("inbox_age looks past what is no packet, and past what EVENT_LATEST has dropped", () => {
    const rig = connecting();
    rig.push(OPEN);
    rig.clock.advance(1);
    rig.main.set_event_mode("state", 1);
    rig.push('40{"sid":"a"}');
    rig.clock.advance(2);
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 1, inbox_age: 2 });
    rig.poll();
    rig.client.set_dispatch_paused(true);
    rig.push('42["state",1]');
    rig.clock.advance(1);
    rig.poll();
    rig.push('42["state",2]');
    rig.clock.advance(1);
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 1, inbox_age: 1 });
  });

  test("inbox_age: events that come between two polls share a moment, sixteen at most", () => {
    const rig = connected();
    rig.main.set_event_mode("state", 1);
    for (let n = 0; n < 17; n++) {
      rig.push(`42["state",${n}]`);
      rig.clock.advance(1);
    }
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 1, inbox_age: 1 });
  });

  test("reconnects counts sessions that were made again", () => {
    const rig = connected();
    for (let n = 1; n <= 3; n++) {
      rig.lose();
      rig.comeBack('40{"sid":"a"}');
      expect(rig.client.get_stats().reconnects).toBe(n);
    }
  });

  test("a connect_to_url() after close() is no reconnection", () => {
    const rig = connected();
    rig.client.close();
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.client.get_stats().reconnects).toBe(0);
  });

  test("acks_pending counts what waits in the retry queue, each once", () => {
    const rig = connected({ retries: 2 });
    for (const name of ["a", "b", "c"]) rig.main.emit_with_ack(name, [], () => {});
    expect(rig.client.get_stats().acks_pending).toBe(3);
    rig.poll();
    expect(rig.client.get_stats().acks_pending).toBe(3);
    rig.serve("430[]");
    expect(rig.client.get_stats().acks_pending).toBe(2);
    rig.lose();
    expect(rig.client.get_stats().acks_pending).toBe(2);
  });

  test("longest_poll_gap is the longest time between two polls while not disconnected", () => {
    const rig = connected();
    rig.step(0.5);
    rig.step(3);
    rig.step(1);
    expect(rig.client.get_stats().longest_poll_gap).toBe(3);
    rig.client.close();
    rig.step(100);
    rig.client.connect_to_url("ws://test");
    rig.poll();
    expect(rig.client.get_stats().longest_poll_gap).toBe(3);
  });

  test("longest_callback and longest_callback_event name the slowest callback", () => {
    const rig = connected();
    rig.main.on("fast", () => rig.clock.advance(0.001));
    rig.main.on("slow", () => rig.clock.advance(0.05));
    rig.serve('42["fast"]', '42["slow"]', '42["fast"]');
    const stats = rig.client.get_stats();
    expect(stats.longest_callback).toBeCloseTo(0.05);
    expect(stats.longest_callback_event).toBe("slow");
  });

  test("acks_pending counts acknowledgements that are waited for, buffered ones too", () => {
    const rig = connecting();
    rig.main.emit_with_ack("x", [], () => {}, 60);
    rig.main.emit_with_ack("y", [], () => {}, 60);
    expect(rig.client.get_stats().acks_pending).toBe(2);
    rig.serve(OPEN, '40{"sid":"a"}');
    rig.serve("430[]");
    expect(rig.client.get_stats().acks_pending).toBe(1);
    rig.client.close();
    expect(rig.client.get_stats().acks_pending).toBe(0);
  });
});

describe("round-trip time without any server change", () => {
  test("is measured by acknowledgements, from write to arrival, whenever the poll comes", () => {
    const rig = connected();
    rig.main.emit_with_ack("x", [], () => {});
    rig.poll();
    rig.clock.advance(0.08);
    rig.push("430[]");
    rig.step(0.5);
    expect(rig.client.get_stats().rtt_min).toBeLessThanOrEqual(0.08 + 1e-9);
  });

  test("is measured by CONNECT and its reply", () => {
    const rig = connecting();
    rig.serve(OPEN);
    rig.clock.advance(0.08);
    rig.serve('40{"sid":"a"}');
    expect(rig.client.get_stats()).toMatchObject({ rtt: expect.closeTo(0.08), rtt_min: expect.closeTo(0.08) });
  });

  test("is measured by the spacing of pings beyond pingInterval", () => {
    const rig = connecting({ main_namespace: false });
    rig.serve(open({ pingInterval: 25000 }));
    rig.clock.advance(25);
    rig.push("2");
    expect(rig.client.get_stats().rtt).toBe(0);
    rig.clock.advance(25.08);
    rig.push("2");
    expect(rig.client.get_stats().rtt).toBeCloseTo(0.08);
  });

  test("is smoothed; jitter is its mean deviation, rtt_min the least", () => {
    const rig = connecting({ main_namespace: false });
    rig.serve(OPEN);
    const samples = [0.1, 0.1, 0.1, 0.3];
    rig.main.connect_to_namespace();
    rig.poll();
    rig.clock.advance(0.1);
    rig.serve('40{"sid":"a"}');
    for (const [id, seconds] of samples.entries()) {
      rig.main.emit_with_ack("x", [], () => {});
      rig.poll();
      rig.clock.advance(seconds);
      rig.serve(`43${id}[]`);
    }
    const { rtt, rtt_min, rtt_jitter } = rig.client.get_stats();
    expect(rtt_min).toBeCloseTo(0.1);
    expect(rtt).toBeGreaterThan(0.1);
    expect(rtt).toBeLessThan(0.15);
    expect(rtt_jitter).toBeGreaterThan(0);
    expect(rtt_jitter).toBeLessThan(0.1);
  });
});
