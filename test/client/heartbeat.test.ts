import { SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, open, Rig, record } from "../support/scripted-server.js";

/** `pingInterval` 25 s and `pingTimeout` 20 s: dead after 45 s of silence. */
const DEAD_AFTER = 45;

describe("heartbeat: arrival", () => {
  test("a ping `2` is answered with `3` when it arrives, without any poll", () => {
    const rig = connected();
    rig.push("2");
    expect(rig.peer.written()).toEqual(["3"]);
    rig.poll();
    expect(rig.peer.written()).toEqual([]);
  });

  test("a paused loop or a hidden tab stays connected as long as pings come", () => {
    const rig = connected();
    for (let n = 0; n < 20; n++) {
      rig.clock.advance(25);
      rig.push("2");
    }
    expect(rig.peer.written()).toEqual(Array(20).fill("3"));
    rig.poll();
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });

  test("the client never writes a `2`: the server pings, and drops who does it", () => {
    const rig = connected();
    for (let n = 0; n < 10; n++) {
      rig.push("2");
      rig.step(20);
    }
    expect(rig.peer.written().filter((frame) => frame === "2")).toEqual([]);
  });

  test("a pong from the server is ignored", () => {
    const rig = connected();
    rig.serve("3");
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });

  test("a ping does not make what was emitted go out before its frame's poll", () => {
    const rig = connected();
    rig.main.emit("x");
    rig.push("2");
    expect(rig.peer.written()).toEqual(["3"]);
    expect(rig.sent()).toEqual(['42["x"]']);
  });
});

describe("heartbeat: poll", () => {
  test("answers only inside poll()", () => {
    const rig = connected({ heartbeat: "poll" });
    rig.push("2");
    expect(rig.peer.written()).toEqual([]);
    expect(rig.sent()).toEqual(["3"]);
    expect(rig.sent()).toEqual([]);
  });

  test("several pings that waited are answered once", () => {
    const rig = connected({ heartbeat: "poll" });
    rig.push("2", "2");
    expect(rig.sent()).toEqual(["3"]);
  });

  test("a ping whose connection is gone is not answered on the next one", () => {
    const rig = connected({ heartbeat: "poll" });
    rig.push("2");
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.sent()).toEqual(["40"]);
  });
});

describe("the heartbeat deadline", () => {
  test("pingInterval + pingTimeout without a ping is a `ping timeout`", () => {
    const rig = connected();
    rig.step(DEAD_AFTER - 0.1);
    expect(rig.told()).toEqual([]);
    rig.step(0.2);
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(ping timeout)",
      expect.stringMatching(/^reconnecting/),
    ]);
    expect(rig.peer.closed).toBe(true);
  });

  test("starts at the handshake and anew with every ping, by arrival, not by poll", () => {
    const rig = connected();
    rig.clock.advance(40);
    rig.push("2");
    rig.step(DEAD_AFTER - 1);
    expect(rig.told()).toEqual([]);
    rig.step(2);
    expect(rig.told()).toContain("disconnected(ping timeout)");
  });

  test("input before time: a ping that arrived in time counts, however late the poll", () => {
    const rig = connected();
    rig.clock.advance(44);
    rig.push("2");
    rig.clock.advance(44);
    rig.poll();
    expect(rig.told()).toEqual([]);
  });

  test("laptop sleep: the first poll after it tells the loss, and reconnects", () => {
    const rig = connected();
    rig.step(8 * 3600);
    expect(rig.told()).toContain("disconnected(ping timeout)");
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });

  test("laptop sleep: what is emitted before that poll is not written to the dead socket but to the next one", () => {
    const rig = connected();
    rig.clock.advance(8 * 3600);
    rig.main.emit("x");
    rig.client.flush();
    expect(rig.peer.written()).toEqual([]);
    rig.poll();
    expect(rig.peers[0]?.written()).toEqual([]);
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.sent()).toEqual(["40", '42["x"]']);
  });

  test("events that arrived before the sleep are dispatched before the loss is told", () => {
    const rig = connected();
    const seen = record(rig);
    rig.push('42["x"]');
    rig.main.disconnected.connect(() => seen.push("down"));
    rig.step(8 * 3600);
    expect(seen).toEqual(["x []", "down"]);
  });

  test("a ping that comes right after the sleep, before the first poll, proves that the server is there", () => {
    const rig = connected();
    rig.clock.advance(60);
    rig.push("2");
    rig.poll();
    expect(rig.told()).toEqual([]);
    expect(rig.peer.written()).toEqual(["3"]);
  });

  test("intervals that a server truncated to 0 + 0 mean no deadline", () => {
    const rig = connecting();
    rig.serve(open({ pingInterval: 0, pingTimeout: 0 }), '40{"sid":"a"}');
    rig.told();
    rig.step(1e6);
    expect(rig.told()).toEqual([]);
    rig.main.emit("x");
    expect(rig.sent()).toContain('42["x"]');
  });

  test("short intervals count in fractions of a second", () => {
    const rig = connecting();
    rig.serve(open({ pingInterval: 300, pingTimeout: 200 }), '40{"sid":"a"}');
    rig.told();
    rig.step(0.45);
    expect(rig.told()).toEqual([]);
    rig.step(0.1);
    expect(rig.told()).toContain("disconnected(ping timeout)");
  });

  test("counts from the new handshake after a reconnection", () => {
    const rig = connected();
    rig.clock.advance(40);
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    rig.told();
    rig.step(44);
    expect(rig.told()).toEqual([]);
  });
});

describe("time (contract 5)", () => {
  test("a clock that goes backwards is clamped: nothing is late, early or stuck", () => {
    const rig = connected();
    const errors: number[] = [];
    rig.main.emit_with_ack("x", [], (_, error) => errors.push(error), 5);
    rig.poll();
    rig.clock.now -= 1000;
    for (let n = 0; n < 10; n++) rig.step(1);
    expect(errors).toEqual([]);
    expect(rig.told()).toEqual([]);
    rig.clock.now += 1000;
    rig.poll();
    expect(errors).toHaveLength(1);
  });

  test("poll(now) takes the game's own time", () => {
    const rig = connected();
    const errors: number[] = [];
    rig.main.emit_with_ack("x", [], (_, error) => errors.push(error), 5);
    rig.poll();
    rig.client.poll(rig.clock.now + 4.9);
    expect(errors).toEqual([]);
    rig.client.poll(rig.clock.now + 5.1);
    expect(errors).toHaveLength(1);
  });

  test.each([
    ["1", '"1"'],
    [7n, "bigint"],
    [null, "null"],
    [{ deltaTime: 1 }, "object"],
  ])("a `now` that is no number (%s) is refused at once: time would stand still", (now, got) => {
    const rig = connected();
    const seen = record(rig);
    rig.push('42["x"]');
    expect(() => rig.client.poll(now as never)).toThrow(`the time of a poll must be a number of seconds, got ${got}`);
    expect(seen).toHaveLength(0);
    rig.client.poll();
    expect(seen).toHaveLength(1);
  });

  test("poll(NaN) and a `now` in the past do their work without moving time", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.emit_with_ack("ask", [], () => {}, 5);
    rig.poll();
    for (const now of [Number.NaN, -5, Number.NEGATIVE_INFINITY, 0]) {
      rig.push('42["x"]');
      rig.client.poll(now);
    }
    expect(seen).toHaveLength(4);
    expect(rig.client.get_stats().acks_pending).toBe(1);
    rig.step(6);
    expect(rig.client.get_stats().acks_pending).toBe(0);
  });

  test("a clock that once answers NaN does not stop time", () => {
    const rig = connected();
    const errors: number[] = [];
    const { now } = rig.clock;
    rig.clock.now = Number.NaN;
    rig.push("2");
    rig.main.emit_with_ack("x", [], (_, error) => errors.push(error), 5);
    rig.poll();
    rig.clock.now = now;
    rig.step(1);
    rig.step(6);
    expect(errors).toHaveLength(1);
  });

  test("a clock may start at 0: moments at 0 are moments like any other", () => {
    const rig = new Rig({ max_queued_packets: 2, canPause: true });
    rig.clock.now = 0;
    rig.client.connect_to_url("ws://test");
    rig.serve(open({}), '40{"sid":"a"}');
    const answers: unknown[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.serve("430[1]");
    expect(answers).toEqual([[[1], 0]]);
    rig.push('42["x"]', '42["x"]');
    expect(rig.peer.paused).toBe(true);
    rig.poll();
    expect(rig.peer.paused).toBe(false);
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.lose();
    expect(answers[1]).toEqual([["timeout"], 27]);
    rig.comeBack('40{"sid":"b"}');
    expect(rig.client.get_stats().reconnects).toBe(1);
  });

  test("during a poll time stands still: everything in it has one moment", () => {
    const rig = connected();
    const errors: number[] = [];
    rig.main.on("x", () => {
      rig.clock.advance(10);
      rig.main.emit_with_ack("ask", [], (_, error) => errors.push(error), 5);
    });
    rig.serve('42["x"]');
    expect(errors).toEqual([]);
    rig.poll();
    expect(errors).toHaveLength(1);
  });

  test("polling while disconnected does nothing", () => {
    const rig = connecting();
    rig.client.close();
    rig.told();
    expect(rig.poll()).toBe(0);
    expect(rig.client.poll(1e9)).toBe(0);
    expect(rig.told()).toEqual([]);
  });
});
