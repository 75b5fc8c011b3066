import { Err, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, outcome, Rig } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

describe("close", () => {
  test("sends what waits, then DISCONNECT for each connected namespace, then closes the transport", () => {
    const rig = connected();
    join(rig, "/a");
    rig.client.create_namespace("/never");
    rig.main.emit("last", ["words"]);
    rig.client.close();
    expect(rig.peer.written()).toEqual(['42["last","words"]', "41", "41/a,"]);
    expect(rig.peer.closed).toBe(true);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("emits every signal before it returns, once, and no reconnection follows", () => {
    const rig = connected();
    join(rig, "/a");
    rig.client.close();
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(client disconnect)",
      "namespace_disconnected(/a)",
    ]);
    rig.step(100);
    expect(rig.told()).toEqual([]);
    expect(rig.peers).toHaveLength(1);
  });

  test("is a no-op when disconnected", () => {
    const rig = new Rig();
    rig.client.close();
    expect(rig.told()).toEqual([]);
    const other = connected();
    other.client.close();
    other.told();
    other.client.close();
    expect(other.told()).toEqual([]);
    expect(other.peer.closed).toBe(true);
  });

  test("while connecting reports `disconnected` once and writes nothing", () => {
    const rig = connecting();
    rig.client.close();
    expect(rig.told()).toEqual(["disconnected(client disconnect)"]);
    expect(rig.peer.frames).toEqual([]);
    expect(rig.peer.closed).toBe(true);
  });

  test("while a CONNECT is unanswered sends no DISCONNECT, which would be a packet for a namespace that is not joined", () => {
    const rig = connecting();
    rig.serve(OPEN);
    rig.client.close();
    expect(rig.peer.frames).toEqual(["40"]);
  });

  test("while waiting for a reconnection ends that wait", () => {
    const rig = connected();
    rig.lose();
    rig.told();
    rig.client.close();
    expect(rig.told()).toEqual(["disconnected(client disconnect)"]);
    rig.step(100);
    expect(rig.peers).toHaveLength(1);
  });

  test("fails pending acknowledgements with ERR_CONNECTION_ERROR, synchronously", () => {
    const rig = connected();
    const answers: unknown[] = [];
    rig.main.emit_with_ack("sent", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.main.emit_with_ack("unsent", [], (...answer) => answers.push(answer));
    rig.client.close();
    expect(answers).toEqual([
      [["timeout"], Err.ERR_CONNECTION_ERROR],
      [["timeout"], Err.ERR_CONNECTION_ERROR],
    ]);
    rig.step(100);
    expect(answers).toHaveLength(2);
  });

  test("leaves no promise hanging, without another poll", async () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    const ack = rig.main.emit_with_ack("x");
    const ready = ns.ready();
    rig.client.close();
    expect(await outcome(ack)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
    expect(await outcome(ready)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
  });

  test("empties the offline buffer, so nothing of it reaches the next server", () => {
    const rig = connecting();
    rig.main.emit("old");
    rig.client.close();
    rig.client.connect_to_url("ws://other");
    rig.serve(OPEN, '40{"sid":"b"}');
    rig.poll();
    expect(rig.peer.frames).toEqual(["40"]);
  });

  test("drops packets that arrived and were not dispatched", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("x", (data) => seen.push(data));
    rig.push('42["x",1]');
    rig.client.close();
    rig.poll();
    expect(seen).toEqual([]);
    expect(rig.client.get_pending_count()).toBe(0);
  });

  test("namespace objects and listeners survive it", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const seen: unknown[] = [];
    ns.on("x", (data) => seen.push(data));
    rig.client.close();
    expect(rig.client.get_namespace("/a")).toBe(ns);
    rig.client.connect_to_url("ws://test");
    ns.connect_to_namespace();
    rig.serve(OPEN, '40{"sid":"a2"}', '40/a,{"sid":"b2"}', '42/a,["x",1]');
    expect(seen).toEqual([[1]]);
  });

  test("an orderly end of a session whose peer is dead writes nothing into the void", () => {
    const rig = connected();
    rig.clock.advance(50);
    rig.client.close();
    expect(rig.peer.frames).toEqual(["40"]);
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(client disconnect)"]);
  });
});

describe("close() inside every kind of callback", () => {
  const END = ["namespace_disconnected(/)", "disconnected(client disconnect)"];

  test("an event listener: later packets of the same poll are not dispatched", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("x", ([n]) => {
      seen.push(n);
      rig.client.close();
    });
    rig.serve('42["x",1]', '42["x",2]');
    expect(seen).toEqual([1]);
    expect(rig.told()).toEqual(END);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("event_received of the client and of the namespace", () => {
    for (const signal of ["client", "namespace"] as const) {
      const rig = connected();
      const target = signal === "client" ? rig.client.event_received : rig.main.event_received;
      target.connect(() => rig.client.close());
      rig.serve('42["x",1]', '42["x",2]');
      expect(rig.told()).toEqual(END);
    }
  });

  test("an acknowledgement callback: the others fail once", () => {
    const rig = connected();
    const answers: unknown[] = [];
    rig.main.emit_with_ack("a", [], (_, error) => {
      answers.push(["a", error]);
      rig.client.close();
    });
    rig.main.emit_with_ack("b", [], (_, error) => answers.push(["b", error]));
    rig.poll();
    rig.serve("430[]", "431[]");
    expect(answers).toEqual([
      ["a", 0],
      ["b", Err.ERR_CONNECTION_ERROR],
    ]);
    expect(rig.told()).toEqual(END);
  });

  test("a timed-out acknowledgement", () => {
    const rig = connected();
    const answers: Err[] = [];
    rig.main.emit_with_ack("a", [], (_, error) => {
      answers.push(error);
      rig.client.close();
    });
    rig.main.emit_with_ack("b", [], (_, error) => answers.push(error));
    rig.poll();
    rig.step(6);
    // The second was due too, and ended once, whichever way.
    expect(answers).toHaveLength(2);
    expect(answers[0]).toBe(Err.ERR_TIMEOUT);
    expect(rig.told()).toEqual(END);
  });

  test("the namespace's `connected`: up and down stay paired and in order", () => {
    const rig = connecting();
    rig.main.connected.connect(() => rig.client.close());
    rig.serve(OPEN, '40{"sid":"a"}');
    const told = rig.told();
    expect(told.at(-1)).toBe("disconnected(client disconnect)");
    expect(told.filter((line) => line.startsWith("namespace_"))).toEqual(
      told.includes("namespace_connected(/)") ? ["namespace_connected(/)", "namespace_disconnected(/)"] : [],
    );
    expect(told).not.toContain("connected()");
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("namespace_connected: `connected` is not told after `disconnected`", () => {
    const rig = connecting();
    rig.client.namespace_connected.connect(() => rig.client.close());
    rig.serve(OPEN, '40{"sid":"a"}');
    const told = rig.told();
    expect(told.slice(0, 2)).toEqual(["namespace_connected(/)", "namespace_disconnected(/)"]);
    expect(told.at(-1)).toBe("disconnected(client disconnect)");
    expect(told).not.toContain("connected()");
  });

  test("connected", () => {
    const rig = connecting();
    rig.client.connected.connect(() => rig.client.close());
    rig.serve(OPEN, '40{"sid":"a"}', '42["x"]');
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)", ...END]);
  });

  test("transport_changed: the namespaces of that session are not joined", () => {
    const rig: Rig = new Rig({
      transport_factory: (request, handler) => rig.factory(false, `transport ${rig.peers.length}`)(request, handler),
    });
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"a"}');
    rig.lose();
    rig.told();
    rig.client.transport_changed.connect(() => rig.client.close());
    rig.comeBack('40{"sid":"b"}');
    expect(rig.told()).toEqual(["disconnected(client disconnect)"]);
    expect(rig.main.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("disconnected, after a loss that would reconnect: told again, because the state returns to DISCONNECTED", () => {
    const rig = connected();
    let once = true;
    rig.client.disconnected.connect(() => {
      if (once) rig.client.close();
      once = false;
    });
    rig.lose();
    rig.step(100);
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(transport close)",
      "disconnected(client disconnect)",
    ]);
    expect(rig.peers).toHaveLength(1);
  });

  test("disconnected, of close() itself", () => {
    const rig = connected();
    rig.client.disconnected.connect(() => rig.client.close());
    rig.client.close();
    expect(rig.told()).toEqual(END);
  });

  test("the namespace's `disconnected` and namespace_disconnected", () => {
    const rig = connected();
    rig.main.disconnected.connect(() => rig.client.close());
    rig.client.namespace_disconnected.connect(() => rig.client.close());
    rig.lose();
    rig.step(100);
    const told = rig.told();
    expect(told.filter((line) => line === "namespace_disconnected(/)")).toHaveLength(1);
    expect(told.filter((line) => line.startsWith("disconnected"))).not.toHaveLength(0);
    expect(told.filter((line) => line.startsWith("reconnecting"))).toHaveLength(0);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.peers).toHaveLength(1);
  });

  test("reconnecting", () => {
    const rig = connected();
    rig.client.reconnecting.connect(() => rig.client.close());
    rig.lose();
    rig.step(100);
    expect(rig.peers).toHaveLength(1);
    expect(rig.told().at(-1)).toBe("disconnected(client disconnect)");
  });

  test("connect_error of a failed attempt", () => {
    const rig = connecting();
    rig.client.connect_error.connect(() => rig.client.close());
    rig.lose();
    rig.step(100);
    expect(rig.told()).toEqual(["connect_error(/, cut)", "disconnected(client disconnect)"]);
    expect(rig.peers).toHaveLength(1);
  });

  test("connect_error of a refused namespace", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_error.connect(() => rig.client.close());
    ns.connect_to_namespace();
    rig.serve('44/a,{"message":"no"}');
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.told().filter((line) => line.startsWith("disconnected"))).toEqual(["disconnected(client disconnect)"]);
  });

  test("reconnect_failed: nothing left to close", () => {
    const rig = connecting({ reconnection: { attempts: 0 } });
    rig.client.reconnect_failed.connect(() => rig.client.close());
    rig.lose();
    expect(rig.told()).toEqual(["connect_error(/, cut)", "reconnect_failed()", "disconnected(transport close)"]);
  });

  test("listener_error", () => {
    const rig = connected();
    rig.client.listener_error.connect(() => rig.client.close());
    rig.main.on("x", () => {
      throw new Error("mine");
    });
    rig.serve('42["x"]', '42["x"]');
    expect(rig.told().filter((line) => line.startsWith("listener_error"))).toHaveLength(1);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("an auth function", () => {
    const rig = new Rig();
    rig.client.connect_to_url("ws://test", () => {
      rig.client.close();
      return {};
    });
    rig.poll();
    rig.step(100);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    for (const peer of rig.peers) expect(peer.closed).toBe(true);
    expect(rig.peers.length).toBeLessThanOrEqual(1);
  });
});

describe("connect_to_url() inside callbacks", () => {
  test("in `disconnected` of close(): the new connection lives", () => {
    const rig = connected();
    rig.client.disconnected.connect(() => rig.client.connect_to_url("ws://other"));
    rig.client.close();
    expect(rig.peers).toHaveLength(2);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    expect(rig.told().filter((line) => line.startsWith("disconnected"))).toHaveLength(1);
  });

  test("in `disconnected` after a final loss: nothing of the old one follows", () => {
    const rig = connected({ reconnection: false });
    rig.client.disconnected.connect(() => rig.client.connect_to_url("ws://other"), 4);
    rig.lose();
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(transport close)",
      "namespace_connected(/)",
      "connected(b)",
    ]);
  });

  test("in `disconnected` while a reconnection is due: ERR_ALREADY_IN_USE, and the reconnection goes on", () => {
    const rig = connected();
    const codes: Err[] = [];
    rig.client.disconnected.connect(() => codes.push(rig.client.connect_to_url("ws://other")));
    rig.lose();
    expect(codes).toEqual([Err.ERR_ALREADY_IN_USE]);
    rig.comeBack('40{"sid":"b"}');
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("close() and connect_to_url() in an event listener: packets of the old socket are gone", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.on("x", ([n]) => {
      seen.push(n);
      if (n !== 1) return;
      rig.client.close();
      rig.client.connect_to_url("ws://other");
    });
    rig.serve('42["x",1]', '42["x",2]');
    rig.serve(OPEN, '40{"sid":"b"}', '42["x",3]');
    expect(seen).toEqual([1, 3]);
  });

  test("after being kicked, in `disconnected`", () => {
    const rig = connected();
    rig.client.disconnected.connect(() => rig.client.connect_to_url("ws://other"), 4);
    rig.serve("41");
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(server disconnect)",
      "namespace_connected(/)",
      "connected(b)",
    ]);
  });

  test("in connect_error of a failed last attempt", () => {
    const rig = connecting({ reconnection: false });
    rig.client.connect_error.connect(() => rig.client.connect_to_url("ws://other"), 4);
    rig.lose();
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    expect(rig.client.get_connection_url()).toBe("ws://other");
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("ready() asked for the new connection inside `disconnected` is not rejected for the old one", async () => {
    const rig = connected();
    let ready: Promise<string> = Promise.reject(new Error("not called"));
    ready.catch(() => {});
    rig.client.disconnected.connect(() => {
      rig.client.connect_to_url("ws://other");
      ready = rig.main.ready();
    }, 4);
    rig.client.close();
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(await outcome(ready)).toBe("b");
  });
});

describe("poll() inside callbacks", () => {
  test("does nothing and returns 0, in listeners, signals and acknowledgements", () => {
    const rig = connected();
    const results: number[] = [];
    rig.main.on("x", () => results.push(rig.poll()));
    rig.client.event_received.connect(() => results.push(rig.poll()));
    rig.main.emit_with_ack("a", [], () => results.push(rig.poll()));
    rig.poll();
    const seen: unknown[] = [];
    rig.main.on("y", () => seen.push("y"));
    rig.push('42["x"]', '42["y"]', "430[]");
    rig.main.on("x", () => expect(seen).toEqual([]));
    rig.poll();
    expect(results).toEqual([0, 0, 0, 0]);
    expect(seen).toEqual(["y"]);
  });

  test("does nothing in callbacks that run inside close() and disconnect_from_namespace()", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const results: number[] = [];
    rig.client.namespace_disconnected.connect(() => results.push(rig.poll()));
    rig.push('42["x"]');
    ns.disconnect_from_namespace();
    rig.client.close();
    expect(results).toEqual([0, 0]);
  });

  test("does nothing in an auth function", () => {
    const rig = new Rig();
    const results: number[] = [];
    rig.client.connect_to_url("ws://test", () => {
      results.push(rig.poll());
      return {};
    });
    rig.serve(OPEN);
    expect(results).toEqual([0]);
  });
});
