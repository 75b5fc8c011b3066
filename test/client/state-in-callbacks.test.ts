import { type ClientOptionsInput, type ReconnectionOptions, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, JOINED, join, OPEN, Rig } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;
const plain = (more: Partial<ReconnectionOptions> = {}): ClientOptionsInput => ({
  reconnection: { delay: 1, jitter: 0, ...more },
});

describe("what a callback sees is what it is told", () => {
  const NAMES = ["DISCONNECTED", "CONNECTING", "CONNECTED"];

  /** Notes with each signal of the client and of two namespaces what can be seen in it, and checks that it fits together. */
  function watch(rig: Rig): string[] {
    const { client } = rig;
    const seen: string[] = [];
    const spaces = ["/", "/a"].map((path) => client.create_namespace(path));
    const note = (name: string) => {
      const state = client.get_connection_state();
      const isOpen = client.is_socket_connected();
      const states = spaces.map((ns) => ns.get_connection_state());
      expect(client.get_engine_io_session_id() !== "").toBe(isOpen);
      expect(client.get_transport() !== "").toBe(isOpen);
      for (const ns of spaces) {
        const isUp = ns.get_connection_state() === STATE_CONNECTED;
        expect([ns.is_namespace_connected(), ns.get_session_id() !== ""]).toEqual([isUp, isUp]);
        if (isUp) expect(isOpen).toBe(true);
      }
      if (state === STATE_DISCONNECTED) expect([isOpen, ...states]).toEqual([false, 0, 0]);
      if (state === STATE_CONNECTED) expect(isOpen).toBe(true);
      if (state === STATE_CONNECTING) expect(states[0]).toBe(STATE_CONNECTING);
      seen.push(`${name}: ${NAMES[state]}${isOpen ? " open" : ""}, ${states.map((each) => NAMES[each]).join(" ")}`);
    };
    for (const ns of spaces) {
      const path = ns.get_namespace_path();
      ns.connected.connect(() => note(`${path} connected`));
      ns.disconnected.connect(() => note(`${path} disconnected`));
      ns.connect_error.connect(() => note(`${path} connect_error`));
    }
    client.connected.connect(() => note("connected"));
    client.disconnected.connect(() => note("disconnected"));
    client.connect_error.connect(() => note("connect_error"));
    client.reconnecting.connect(() => note("reconnecting"));
    client.reconnect_failed.connect(() => note("reconnect_failed"));
    client.transport_changed.connect(() => note("transport_changed"));
    return seen;
  }

  test("connecting, lost, a failed attempt, back again", () => {
    const rig = new Rig(plain());
    const seen = watch(rig);
    rig.client.connect_to_url("ws://test");
    rig.client.get_namespace("/a")?.connect_to_namespace();
    rig.serve(OPEN, JOINED, '40/a,{"sid":"b"}');
    expect(seen.splice(0)).toEqual([
      "/ connected: CONNECTED open, CONNECTED CONNECTING",
      "connected: CONNECTED open, CONNECTED CONNECTING",
      "/a connected: CONNECTED open, CONNECTED CONNECTED",
    ]);
    rig.lose();
    expect(seen.splice(0)).toEqual([
      "/ disconnected: CONNECTING, CONNECTING CONNECTING",
      "disconnected: CONNECTING, CONNECTING CONNECTING",
      "/a disconnected: CONNECTING, CONNECTING CONNECTING",
      "reconnecting: CONNECTING, CONNECTING CONNECTING",
    ]);
    rig.step(1);
    rig.lose();
    expect(seen.splice(0)).toEqual([
      "/ connect_error: CONNECTING, CONNECTING CONNECTING",
      "connect_error: CONNECTING, CONNECTING CONNECTING",
      "reconnecting: CONNECTING, CONNECTING CONNECTING",
    ]);
    rig.step(2);
    rig.serve(OPEN, '40/a,{"sid":"b"}', JOINED);
    expect(seen.splice(0)).toEqual([
      "/a connected: CONNECTING open, CONNECTING CONNECTED",
      "/ connected: CONNECTED open, CONNECTED CONNECTED",
      "connected: CONNECTED open, CONNECTED CONNECTED",
    ]);
    rig.client.close();
    expect(seen.splice(0)).toEqual([
      "/ disconnected: DISCONNECTED, DISCONNECTED DISCONNECTED",
      "disconnected: DISCONNECTED, DISCONNECTED DISCONNECTED",
      "/a disconnected: DISCONNECTED, DISCONNECTED DISCONNECTED",
    ]);
  });

  test("given up: all is down in the first callback that hears of it", () => {
    const rig = connected(plain({ attempts: 1 }));
    join(rig, "/a");
    const seen = watch(rig);
    rig.lose();
    rig.step(1);
    seen.length = 0;
    rig.lose();
    const down = "DISCONNECTED, DISCONNECTED DISCONNECTED";
    expect(seen).toEqual([
      `/ connect_error: ${down}`,
      `connect_error: ${down}`,
      `reconnect_failed: ${down}`,
      `disconnected: ${down}`,
    ]);
  });

  test("an attempt that fails after another namespace was joined", () => {
    const rig = connecting(plain());
    const seen = watch(rig);
    rig.client.get_namespace("/a")?.connect_to_namespace();
    rig.serve(OPEN, '40/a,{"sid":"b"}');
    rig.lose();
    expect(seen).toEqual([
      "/a connected: CONNECTING open, CONNECTING CONNECTED",
      "/a disconnected: CONNECTING, CONNECTING CONNECTING",
      "/ connect_error: CONNECTING, CONNECTING CONNECTING",
      "connect_error: CONNECTING, CONNECTING CONNECTING",
      "reconnecting: CONNECTING, CONNECTING CONNECTING",
    ]);
  });

  test("refused and kicked namespaces: the one is down, the client is not", () => {
    const rig = connected();
    const seen = watch(rig);
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.serve('44/a,{"message":"no"}');
    ns.connect_to_namespace();
    rig.serve('40/a,{"sid":"b"}', "41/a,");
    expect(seen.splice(0)).toEqual([
      "/a connect_error: CONNECTED open, CONNECTED DISCONNECTED",
      "connect_error: CONNECTED open, CONNECTED DISCONNECTED",
      "/a connected: CONNECTED open, CONNECTED CONNECTED",
      "/a disconnected: CONNECTED open, CONNECTED DISCONNECTED",
    ]);
    rig.serve("41");
    expect(seen).toEqual([
      "/ disconnected: DISCONNECTED, DISCONNECTED DISCONNECTED",
      "disconnected: DISCONNECTED, DISCONNECTED DISCONNECTED",
    ]);
  });

  test("thrown out and let in again, as a filter may want it", () => {
    const rig = connected(plain({ filter: () => true }));
    join(rig, "/a");
    const seen = watch(rig);
    rig.serve("41");
    rig.step(1);
    rig.serve('44{"message":"not yet"}');
    rig.step(2);
    rig.serve(JOINED);
    expect(seen).toEqual([
      "/ disconnected: CONNECTING open, CONNECTING CONNECTED",
      "disconnected: CONNECTING open, CONNECTING CONNECTED",
      "/ connect_error: CONNECTING open, CONNECTING CONNECTED",
      "connect_error: CONNECTING open, CONNECTING CONNECTED",
      "/ connected: CONNECTED open, CONNECTED CONNECTED",
      "connected: CONNECTED open, CONNECTED CONNECTED",
    ]);
  });

  test("a transport that falls back is told when its session is open", () => {
    const rig = new Rig(plain());
    const seen = watch(rig);
    rig.client.configure({
      transport_factory: null,
      transports: [rig.factory(false, "websocket"), rig.factory(false, "other")],
    });
    rig.client.connect_to_url("ws://test");
    rig.lose();
    expect(seen).toEqual([]);
    rig.serve(OPEN, JOINED);
    expect(seen[0]).toBe("transport_changed: CONNECTING open, CONNECTING DISCONNECTED");
    expect(rig.client.get_transport()).toBe("other");
  });
});
