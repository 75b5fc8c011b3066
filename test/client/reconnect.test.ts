import { Err, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, type Rig, record } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

/** The delays that are announced when every attempt fails. */
function delays(rig: Rig, attempts: number): number[] {
  const heard: number[] = [];
  rig.client.reconnecting.connect((_, delay) => heard.push(delay));
  rig.lose();
  while (heard.length < attempts) {
    rig.step(heard.at(-1) ?? 0);
    rig.lose();
  }
  return heard;
}

describe("a lost connection", () => {
  test("is told as namespaces down, `disconnected`, then `reconnecting(attempt, delay)`", () => {
    const rig = connected();
    join(rig, "/a");
    rig.lose();
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(transport close)",
      "namespace_disconnected(/a)",
      "reconnecting(1, 0.25)",
    ]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    expect(rig.client.is_socket_connected()).toBe(false);
    expect(rig.client.get_engine_io_session_id()).toBe("");
  });

  test.each([
    ["transport close", "1"],
    ["parse error", "4x"],
  ])("reason %j comes from the frame %s", (reason, frame) => {
    const rig = connected();
    rig.serve(frame);
    expect(rig.told()).toContain(`disconnected(${reason})`);
    expect(rig.peer.closed).toBe(true);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
  });

  test("a transport's own reason and message are told", () => {
    const rig = connected();
    rig.peer.cut("transport error", "ECONNRESET");
    rig.poll();
    expect(rig.told()).toContain("disconnected(transport error)");
    expect(rig.client.get_last_error()).toContain("ECONNRESET");
  });

  test("an Engine.IO close `1` is obeyed over WebSocket too, where the reference ignores it", () => {
    const rig = connected();
    rig.serve("1");
    expect(rig.told()).toContain("disconnected(transport close)");
  });

  test("what arrived before it is dispatched before it is told, in one poll", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.disconnected.connect(() => seen.push("down"));
    rig.push('42["x",1]', '42["x",2]');
    rig.peer.cut();
    rig.poll();
    expect(seen).toEqual(["x [1]", "x [2]", "down"]);
  });

  test("is told after the packets that a budget left, not before", () => {
    const rig = connected({ poll_max_packets: 1 });
    const seen = record(rig);
    rig.main.disconnected.connect(() => seen.push("down"));
    rig.push('42["x",1]', '42["x",2]');
    rig.peer.cut();
    rig.poll();
    expect(seen).toEqual(["x [1]"]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    rig.poll();
    rig.poll();
    expect(seen).toEqual(["x [1]", "x [2]", "down"]);
  });

  test("rejoins every namespace that was connected or connecting, each with its own auth; listeners stay", () => {
    const rig = connected();
    const seen = record(rig, "/a");
    rig.client.create_namespace("/a").connect_to_namespace({ room: 7 });
    rig.client.create_namespace("/b").connect_to_namespace({ team: "red" });
    rig.serve('40/a,{"sid":"b"}');
    join(rig, "/left").disconnect_from_namespace();
    rig.client.create_namespace("/never");
    rig.lose();
    rig.comeBack('40{"sid":"a2"}', '40/a,{"sid":"b2"}', '42/a,["x"]');
    expect(rig.peer.frames).toEqual(["40", '40/a,{"room":7}', '40/b,{"team":"red"}']);
    expect(seen).toEqual(["x []"]);
    expect(rig.client.get_namespace("/b")?.get_connection_state()).toBe(STATE_CONNECTING);
  });

  test("signals `connected` again with the new session id and counts the reconnection", () => {
    const rig = connected();
    rig.lose();
    rig.told();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a2)"]);
    expect(rig.client.get_stats().reconnects).toBe(1);
  });

  test("a namespace that the server kicked is not joined again", () => {
    const rig = connected();
    join(rig, "/a");
    rig.serve("41/a,");
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.frames).toEqual(["40"]);
  });

  test("a namespace that was refused is not joined again", () => {
    const rig = connected();
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve('44/a,{"message":"no"}');
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.frames).toEqual(["40"]);
  });

  test("connect_to_namespace() between two connections waits for the next one", () => {
    const rig = connected();
    rig.lose();
    const ns = rig.client.create_namespace("/a");
    expect(ns.connect_to_namespace()).toBe(0);
    expect(ns.get_connection_state()).toBe(STATE_CONNECTING);
    rig.comeBack('40{"sid":"a2"}', '40/a,{"sid":"b"}');
    expect(ns.get_session_id()).toBe("b");
  });

  test("disconnect_from_namespace() between two connections keeps it from being joined", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    rig.lose();
    rig.told();
    ns.disconnect_from_namespace();
    expect(rig.told()).toEqual([]);
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.frames).toEqual(["40"]);
  });
});

describe("late news of an old socket are ignored", () => {
  test("frames and the end of a socket that was replaced", () => {
    const rig = connected();
    const seen = record(rig);
    const old = rig.peer;
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    rig.told();
    old.push("2", '42["late"]', "41", OPEN, new Uint8Array(3));
    old.cut("transport error", "late");
    rig.poll();
    expect(seen).toEqual([]);
    expect(old.closed).toBe(true);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("frames after close()", () => {
    const rig = connected();
    const seen = record(rig);
    rig.client.close();
    rig.told();
    rig.serve("2", '42["late"]', '40{"sid":"b"}');
    rig.peer.cut();
    rig.poll();
    expect(seen).toEqual([]);
    expect(rig.told()).toEqual([]);
    expect(rig.peer.written()).toEqual(["41"]);
  });

  test("a socket that opens after its attempt has timed out", () => {
    const rig = connecting({ connect_timeout: 1 });
    const slow = rig.peer;
    rig.step(1);
    slow.push(OPEN, '40{"sid":"late"}');
    rig.poll();
    expect(slow.frames).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    expect(rig.client.is_socket_connected()).toBe(false);
  });

  test("half a binary packet of the old socket does not disturb the new one", () => {
    const rig = connected();
    const seen = record(rig);
    rig.push('451-["b",{"_placeholder":true,"num":0}]');
    rig.lose();
    rig.comeBack('40{"sid":"a2"}', '42["x"]');
    expect(seen).toEqual(["x []"]);
  });
});

describe("backoff", () => {
  const options = { reconnection: { delay: 1, delay_max: 5, jitter: 0 } };

  test("doubles and is capped", () => {
    expect(delays(connected(options), 6)).toEqual([1, 2, 4, 5, 5, 5]);
  });

  test("is capped first and then shortened by up to `jitter`, so that clients do not come back in one herd", () => {
    const rig = connected({ reconnection: { ...options.reconnection, jitter: 0.5 } });
    rig.random = 0.999999;
    const heard = delays(rig, 6);
    expect(heard.map((delay) => Math.round(delay * 100) / 100)).toEqual([0.5, 1, 2, 2.5, 2.5, 2.5]);
    for (const delay of heard) expect(delay).toBeLessThanOrEqual(5);
  });

  test("spreads over the whole range of `jitter`", () => {
    for (const [random, expected] of [
      [0, 5],
      [0.5, 3.75],
      [0.999, 2.5025],
    ] as const) {
      const rig = connected({ reconnection: { delay: 5, delay_max: 5, jitter: 0.5 } });
      rig.random = random;
      expect(delays(rig, 1)[0]).toBeCloseTo(expected);
    }
  });

  test("stays a number after more attempts than 2^n can count", () => {
    const rig = connected({ reconnection: { delay: 0.001, delay_max: 0.001, jitter: 0.5 } });
    const heard = delays(rig, 1100);
    expect(heard.every((delay) => delay === 0.001)).toBe(true);
  });

  test("a delay of 0 stays 0", () => {
    expect(delays(connected({ reconnection: { delay: 0, jitter: 0.5 } }), 50).every((delay) => delay === 0)).toBe(true);
  });

  test("the first delay passes before the first attempt, neither less nor more", () => {
    const rig = connected(options);
    rig.lose();
    rig.step(0.99);
    expect(rig.peers).toHaveLength(1);
    rig.step(0.011);
    expect(rig.peers).toHaveLength(2);
  });

  test("a server that accepts and drops at once is not hammered: the delay goes on growing", () => {
    const rig = connected(options);
    const heard: string[] = [];
    for (let round = 0; round < 4; round++) {
      rig.lose();
      heard.push(...rig.told().filter((line) => line.startsWith("reconnecting")));
      rig.comeBack('40{"sid":"a"}');
    }
    expect(heard).toEqual(["reconnecting(1, 1)", "reconnecting(2, 2)", "reconnecting(3, 4)", "reconnecting(4, 5)"]);
  });

  test("starts anew after a connection that lasted", () => {
    const rig = connected(options);
    rig.lose();
    rig.comeBack('40{"sid":"a"}');
    rig.lose();
    rig.comeBack('40{"sid":"a"}');
    rig.told();
    rig.step(6);
    rig.lose();
    expect(rig.told().at(-1)).toBe("reconnecting(1, 1)");
  });
});

describe("the option `reconnection`", () => {
  test("attempts: reconnect_failed after the last one, then `disconnected`, because the state returns to DISCONNECTED", () => {
    const rig = connected({ reconnection: { attempts: 2, delay: 1, jitter: 0 } });
    rig.lose();
    rig.told();
    rig.step(1);
    rig.lose();
    rig.step(2);
    rig.lose();
    expect(rig.told()).toEqual([
      "connect_error(/, cut)",
      "reconnecting(2, 2)",
      "connect_error(/, cut)",
      "reconnect_failed()",
      "disconnected(transport close)",
    ]);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    rig.step(100);
    expect(rig.peers).toHaveLength(3);
    expect(rig.told()).toEqual([]);
  });

  test("enabled: false ends the client at the first loss, without reconnect_failed", () => {
    const rig = connected({ reconnection: { enabled: false } });
    rig.lose();
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(transport close)"]);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("the defaults are 0.25 s doubled up to 5 s, shortened by up to half, without end", () => {
    const rig = connected();
    expect(delays(rig, 8)).toEqual([0.25, 0.5, 1, 2, 4, 5, 5, 5]);
    const jittered = connected();
    jittered.random = 1;
    expect(delays(jittered, 2)).toEqual([0.125, 0.25]);
  });

  test("connect_error of a failed attempt names the transport and ERR_CANT_CONNECT", () => {
    const rig = connected();
    const errors: unknown[] = [];
    rig.client.connect_error.connect((error) => errors.push(error));
    rig.lose();
    expect(errors).toEqual([]);
    rig.step(1);
    rig.peer.cut("transport error", "still down");
    rig.poll();
    expect(errors).toEqual([
      { message: "still down", namespace: "/", code: Err.ERR_CANT_CONNECT, transport: "websocket" },
    ]);
  });

  test("may be changed with configure() while reconnecting", () => {
    const rig = connected({ reconnection: { delay: 1, jitter: 0 } });
    rig.lose();
    rig.client.configure({ reconnection: { attempts: 1 } });
    rig.step(1);
    rig.lose();
    expect(rig.told()).toContain("reconnect_failed()");
  });
});

describe("parse errors close the connection, and it is made again", () => {
  test.each([
    ["an unknown Engine.IO type", "9"],
    ["an upgrade packet", "5"],
    ["an empty frame", ""],
    ["a message without a packet", "4"],
    ["an unknown Socket.IO type", "47"],
    ["`42`", "42"],
    ["`430`", "430"],
    ["`44`", "44"],
    ["an acknowledgement without an id", "43[]"],
    ["an acknowledgement that is no array", '430{"a":1}'],
    ["an ack id with a leading zero", "4301[]"],
    ["an ack id above 2^53", "439007199254740993[]"],
    ["an event without a name", "42[]"],
    ["an event whose name is an object", "42[{}]"],
    ["an event that is no array", '42{"a":1}'],
    ["broken JSON", '42["x",'],
    ["a reserved event", '42["connect"]'],
    ["a namespace without its comma", '42/a["x"]'],
    ["a refusal without an object or a string", "44[1]"],
    ["a sign before the ack id", '42+1["x"]'],
    ["a fraction", '421.0["x"]'],
  ])("%s", (_, frame) => {
    const rig = connected();
    record(rig);
    rig.serve(frame);
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(parse error)",
      expect.stringMatching(/^reconnecting/),
    ]);
    expect(rig.client.get_last_error()).not.toBe("");
    expect(rig.peer.closed).toBe(true);
  });

  test("what came behind a packet that cannot be read is not dispatched; what came before is", () => {
    const rig = connected();
    const seen = record(rig);
    rig.serve('42["before"]', "42{", '42["after"]');
    expect(seen).toEqual(["before []"]);
  });

  test("nothing the server writes throws out of poll() or out of the socket's callback", () => {
    const rig = connected({ reconnection: { delay: 0 } });
    record(rig);
    const nested = `42["x",${"[".repeat(100_000)}${"]".repeat(100_000)}]`;
    for (const frame of ["\ud800", "4\0", '42["__proto__"]', '42["x",1e999]', nested, '42["x","\\ud800"]']) {
      rig.serve(frame);
      rig.serve(OPEN, '40{"sid":"a"}');
    }
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });
});
