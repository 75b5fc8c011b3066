import { SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, record } from "../support/scripted-server.js";

const events = (count: number, size = 1) => Array.from({ length: count }, () => `42["x","${"y".repeat(size)}"]`);

describe("a full inbox where reading cannot be paused (browsers)", () => {
  test("closes the connection at once with `inbound overflow`; what had arrived is dispatched", () => {
    const rig = connected({ max_queued_packets: 10 });
    const seen = record(rig);
    rig.push(...events(9));
    expect(rig.peer.closed).toBe(false);
    rig.push(...events(5));
    expect(rig.peer.closed).toBe(true);
    rig.poll();
    expect(seen).toHaveLength(10);
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(inbound overflow)",
      expect.stringMatching(/^reconnecting/),
    ]);
    expect(rig.client.get_last_error()).toMatch(/poll/);
  });

  test("counts bytes as well, attachments included", () => {
    const rig = connected({ max_queued_bytes: 1000 });
    rig.push(...events(1, 600));
    expect(rig.peer.closed).toBe(false);
    rig.push('451-["b",{"_placeholder":true,"num":0}]', new Uint8Array(600));
    expect(rig.peer.closed).toBe(true);
    rig.poll();
    expect(rig.told()).toContain("disconnected(inbound overflow)");
  });

  test("does not happen to a game that polls", () => {
    const rig = connected({ max_queued_packets: 10 });
    const seen = record(rig);
    for (let n = 0; n < 100; n++) {
      rig.push(...events(9));
      rig.poll();
    }
    expect(seen).toHaveLength(900);
    expect(rig.told()).toEqual([]);
  });

  test("pings and the end of the connection do not count", () => {
    const rig = connected({ max_queued_packets: 2 });
    for (let n = 0; n < 50; n++) rig.push("2", "6");
    expect(rig.peer.closed).toBe(false);
    rig.poll();
    expect(rig.told()).toEqual([]);
  });
});

describe("a full inbox where reading can be paused (Node)", () => {
  const options = { max_queued_packets: 10, canPause: true };

  test("pauses the socket, and goes on when poll() has made room; nothing is lost", () => {
    const rig = connected(options);
    const seen = record(rig);
    rig.push(...events(10));
    expect(rig.peer.paused).toBe(true);
    expect(rig.peer.closed).toBe(false);
    rig.poll();
    expect(rig.peer.paused).toBe(false);
    expect(seen).toHaveLength(10);
    rig.serve(...events(3));
    expect(seen).toHaveLength(13);
    expect(rig.told()).toEqual([]);
  });

  test("takes what a paused socket had read already", () => {
    const rig = connected(options);
    const seen = record(rig);
    rig.push(...events(15));
    expect(rig.peer.closed).toBe(false);
    rig.poll();
    expect(seen).toHaveLength(15);
  });

  test("but not without end: a socket that does not stop is an overflow", () => {
    const rig = connected(options);
    rig.push(...events(100));
    expect(rig.peer.closed).toBe(true);
    rig.poll();
    expect(rig.told()).toContain("disconnected(inbound overflow)");
  });

  test("with a budget it goes on once half of it is empty", () => {
    const rig = connected({ ...options, poll_max_packets: 2 });
    record(rig);
    rig.push(...events(10));
    rig.poll();
    expect(rig.peer.paused).toBe(true);
    rig.poll();
    expect(rig.peer.paused).toBe(true);
    rig.poll();
    expect(rig.peer.paused).toBe(false);
  });

  test("is paused for at most half of pingTimeout: then the connection closes with `inbound overflow`", () => {
    const rig = connected({ ...options, poll_max_packets: 1 });
    record(rig);
    rig.push(...events(10));
    rig.step(9.9);
    expect(rig.peer.closed).toBe(false);
    rig.step(0.2);
    expect(rig.peer.closed).toBe(true);
    for (let n = 0; n < 12; n++) rig.poll();
    expect(rig.told()).toContain("disconnected(inbound overflow)");
  });

  test("all that may wait is taken in for a game that takes all of it", () => {
    const rig = connected({ canPause: true });
    const seen = record(rig);
    for (let round = 0; round < 2; round++) {
      rig.push(...events(16_383));
      expect(rig.peer.paused).toBe(false);
      rig.poll();
    }
    expect(seen).toHaveLength(2 * 16_383);
  });

  test("and for one whose budget leaves most of it: it may stop polling, and pings are answered as long as there is room", () => {
    const rig = connected({ poll_max_packets: 1, canPause: true });
    record(rig);
    rig.push(...events(8000));
    rig.poll();
    rig.push(...events(8000));
    expect(rig.peer.paused).toBe(false);
  });

  test("while paused no ping can come, so none is missed; afterwards it gets time to arrive", () => {
    const rig = connected(options);
    record(rig);
    rig.clock.advance(44);
    rig.push(...events(10));
    rig.step(5);
    expect(rig.peer.paused).toBe(false);
    expect(rig.told()).toEqual([]);
    rig.push("2");
    rig.step(5);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });

  test("a server that is silent after that is dead all the same", () => {
    const rig = connected(options);
    record(rig);
    rig.clock.advance(44);
    rig.push(...events(10));
    rig.step(5);
    rig.step(60);
    expect(rig.told()).toContain("disconnected(ping timeout)");
  });

  test("a loss while paused is told behind the packets, and the next connection is not paused", () => {
    const rig = connected(options);
    const seen = record(rig);
    rig.push(...events(10));
    rig.lose();
    expect(seen).toHaveLength(10);
    expect(rig.told()).toContain("disconnected(transport close)");
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.paused).toBe(false);
  });

  test("close() inside the poll that makes room leaves the old socket alone", () => {
    const rig = connected(options);
    rig.main.on("x", () => rig.client.close());
    rig.serve(...events(10));
    expect(rig.peer.closed).toBe(true);
    expect(rig.told()).toContain("disconnected(client disconnect)");
  });
});

test("where reading can be paused, one packet that is more than fits stops it, and ends nothing", () => {
  const rig = connected({ max_queued_bytes: 1000, canPause: true });
  const seen = record(rig);
  rig.push(...events(1, 5000));
  expect(rig.peer.paused).toBe(true);
  rig.poll();
  expect(rig.peer.paused).toBe(false);
  rig.serve(...events(1));
  expect(seen).toHaveLength(2);
  expect(rig.told()).toEqual([]);
});

test("one that is far more than fits ends nothing either while it waits", () => {
  const rig = connected({ max_queued_bytes: 1000, poll_max_packets: 1, canPause: true });
  const seen = record(rig);
  rig.push(...events(1), ...events(1, 5000));
  rig.poll();
  expect(rig.peer.closed).toBe(false);
  rig.poll();
  expect(seen).toHaveLength(2);
  expect(rig.peer.paused).toBe(false);
  expect(rig.told()).toEqual([]);
});
