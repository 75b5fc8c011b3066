import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connected, connecting, join, OPEN, type Rig, record, Rig as TheRig } from "../support/scripted-server.js";

const fail = () => {
  throw new Error("mine");
};

/** What reached the last resort. */
const reported: unknown[] = [];

beforeEach(() => {
  reported.length = 0;
  vi.stubGlobal("reportError", (error: unknown) => reported.push((error as Error)?.message ?? error));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function errors(rig: Rig): string[] {
  return rig.told().filter((line) => line.startsWith("listener_error"));
}

describe("a listener that throws", () => {
  test("is told by listener_error with error, event and path; the rest of the queue is dispatched", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.on("x", fail);
    expect(() => rig.serve('42["x",1]', '42["x",2]', '42["y",3]')).not.toThrow();
    expect(seen).toEqual(["x [1]", "x [2]", "y [3]"]);
    expect(rig.told()).toEqual(["listener_error(mine, x, /)", "listener_error(mine, x, /)"]);
    expect(reported).toEqual([]);
  });

  test("does not keep the other listeners of the event, nor event_received, from running", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const seen: string[] = [];
    ns.on("x", fail);
    ns.on("x", () => seen.push("second"));
    ns.event_received.connect(fail);
    ns.event_received.connect(() => seen.push("event_received"));
    rig.client.event_received.connect(() => seen.push("client"));
    rig.serve('42/a,["x"]');
    expect(seen).toEqual(["second", "event_received", "client"]);
    expect(rig.told()).toEqual(["listener_error(mine, x, /a)", "listener_error(mine, event_received, /a)"]);
  });

  test("with nobody connected to listener_error goes to reportError, never swallowed", () => {
    const rig = connected();
    for (const callback of rig.client.listener_error.get_connections()) rig.client.listener_error.disconnect(callback);
    rig.main.on("x", fail);
    rig.serve('42["x"]');
    expect(reported).toEqual(["mine"]);
  });

  test("where there is no reportError it goes to console.error", () => {
    vi.unstubAllGlobals();
    vi.stubGlobal("reportError", undefined);
    const console_error = vi.spyOn(console, "error").mockImplementation(() => {});
    const rig = connected();
    for (const callback of rig.client.listener_error.get_connections()) rig.client.listener_error.disconnect(callback);
    rig.main.on("x", fail);
    rig.serve('42["x"]');
    expect(console_error).toHaveBeenCalledTimes(1);
    expect(console_error.mock.calls[0]?.[0]).toMatchObject({ message: "mine" });
  });

  test("in listener_error itself is reported, not told again for ever; its other callbacks run", () => {
    const rig = connected();
    rig.client.listener_error.connect(fail);
    let calls = 0;
    rig.client.listener_error.connect(() => {
      calls++;
    });
    rig.main.on("x", () => {
      throw new Error("first");
    });
    rig.serve('42["x"]');
    expect(errors(rig)).toEqual(["listener_error(first, x, /)"]);
    expect(calls).toBe(1);
    expect(reported).toEqual(["mine"]);
  });

  test.each([undefined, null, "text", 0, { toString: fail }])("may throw anything (case %#)", (thrown) => {
    const rig = connected();
    const caught: unknown[] = [];
    for (const callback of rig.client.listener_error.get_connections()) rig.client.listener_error.disconnect(callback);
    rig.client.listener_error.connect((error) => caught.push(error));
    rig.main.on("x", () => {
      throw thrown;
    });
    rig.serve('42["x"]');
    expect(caught).toEqual([thrown]);
  });
});

describe("every signal's callback may throw", () => {
  test("connecting: connected and namespace_connected", () => {
    const rig = connecting();
    rig.main.connected.connect(fail);
    rig.client.connected.connect(fail);
    rig.client.namespace_connected.connect(fail);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.told().sort()).toEqual([
      "connected(a)",
      "listener_error(mine, connected, /)",
      "listener_error(mine, connected, /)",
      "listener_error(mine, namespace_connected, /)",
      "namespace_connected(/)",
    ]);
    expect(rig.main.is_namespace_connected()).toBe(true);
  });

  test("losing: disconnected, namespace_disconnected and reconnecting; the reconnection goes on", () => {
    const rig = connected();
    rig.main.disconnected.connect(fail);
    rig.client.disconnected.connect(fail);
    rig.client.namespace_disconnected.connect(fail);
    rig.client.reconnecting.connect(fail);
    rig.lose();
    expect(errors(rig)).toHaveLength(4);
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.main.get_session_id()).toBe("a2");
  });

  test("failing: connect_error and reconnect_failed", () => {
    const rig = connecting({ reconnection: { attempts: 0 } });
    rig.client.connect_error.connect(fail);
    rig.client.reconnect_failed.connect(fail);
    rig.client.disconnected.connect(fail);
    rig.lose();
    expect(errors(rig)).toHaveLength(3);
    expect(rig.client.get_connection_state()).toBe(0);
  });

  test("closing: close() does not throw and completes", () => {
    const rig = connected();
    rig.main.disconnected.connect(fail);
    rig.client.disconnected.connect(fail);
    rig.main.emit_with_ack("x", [], fail);
    expect(() => rig.client.close()).not.toThrow();
    expect(errors(rig)).toHaveLength(3);
    expect(rig.client.get_connection_state()).toBe(0);
    expect(rig.peer.closed).toBe(true);
  });

  test("leaving: disconnect_from_namespace() does not throw and completes", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.disconnected.connect(fail);
    ns.emit_with_ack("x", [], fail);
    expect(() => ns.disconnect_from_namespace()).not.toThrow();
    expect(rig.told()).toContain("namespace_disconnected(/a)");
    expect(ns.get_connection_state()).toBe(0);
  });

  test("an acknowledgement callback that throws on timeout", () => {
    const rig = connected();
    rig.main.emit_with_ack("x", [], fail);
    rig.main.emit_with_ack("y", [], fail);
    rig.poll();
    rig.step(10);
    expect(errors(rig)).toEqual(["listener_error(mine, x, /)", "listener_error(mine, y, /)"]);
  });

  test("a callback that throws does not leave poll() locked", () => {
    const rig = connected();
    rig.main.once("x", fail);
    rig.serve('42["x"]');
    const seen = record(rig);
    rig.serve('42["y"]');
    expect(seen).toEqual(["y []"]);
  });

  test("a programming error inside a listener is told like any other", () => {
    const rig = connected();
    rig.main.on("x", () => rig.main.emit("y", "no array" as never));
    rig.serve('42["x"]');
    expect(errors(rig)).toHaveLength(1);
    expect(rig.told()).toEqual([]);
  });

  test("an async listener's rejection is the game's own: the queue goes on", () => {
    const rig = connected();
    const seen = record(rig);
    rig.main.on("x", async () => {});
    rig.serve('42["x"]', '42["y"]');
    expect(seen).toEqual(["x []", "y []"]);
  });

  test("a transport that throws while it is made is a failed attempt", () => {
    const rig = new TheRig({
      transport_factory: () => {
        throw "text";
      },
    });
    expect(() => rig.client.connect_to_url("ws://test")).not.toThrow();
    expect(() => rig.poll()).not.toThrow();
    expect(rig.told()[0]).toMatch(/^connect_error\(\/, .*text/);
  });
});
