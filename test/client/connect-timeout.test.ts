import { SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, JOINED, OPEN, type Rig } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

describe("connect_timeout covers all of an attempt", () => {
  const told = (rig: Rig) => rig.told()[0];
  const options = { connect_timeout: 4, reconnection: { delay: 1, jitter: 0 } };

  test("a server that never opens a session", () => {
    const rig = connecting(options);
    rig.step(3.9);
    expect(rig.told()).toEqual([]);
    rig.step(0.1);
    expect(told(rig)).toMatch(/^connect_error\(\/, .*no Engine\.IO session was opened within 4 s/);
  });

  test("one that opens it late and never answers CONNECT: the time is that of both together", () => {
    const rig = connecting(options);
    rig.step(3);
    rig.serve(OPEN);
    rig.step(0.9);
    expect(rig.told()).toEqual([]);
    rig.step(0.1);
    expect(told(rig)).toMatch(/^connect_error\(\/, \/ was not connected within 4 s/);
    expect(rig.peer.closed).toBe(true);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.step(1);
    rig.serve(OPEN, JOINED);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("an answer within it is in time, though polled after it", () => {
    const rig = connecting(options);
    rig.push(OPEN, JOINED);
    rig.step(40);
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
  });

  test("pings do not make it longer", () => {
    const rig = connecting(options);
    rig.serve(OPEN);
    for (let second = 0; second < 3; second++) {
      rig.clock.advance(1);
      rig.serve("2");
    }
    rig.step(1);
    expect(told(rig)).toMatch(/\/ was not connected within 4 s/);
  });

  test("another namespace has as much from its own CONNECT on, and takes nothing down with it", () => {
    const rig = connected(options);
    rig.step(3);
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.poll();
    rig.step(3.9);
    expect(ns.get_connection_state()).toBe(STATE_CONNECTING);
    rig.step(0.1);
    expect(rig.told()).toEqual(["connect_error(/a, the server did not answer the CONNECT in time)"]);
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("main_namespace: false needs no CONNECT", () => {
    const rig = connecting({ ...options, main_namespace: false });
    rig.serve(OPEN);
    rig.step(10);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });
});
