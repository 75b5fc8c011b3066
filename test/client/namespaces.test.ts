import { Err, OK, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, Rig, record } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIONamespace;

describe("create_namespace, get_namespace, has_namespace", () => {
  test("`/` exists from construction on", () => {
    const client = new SocketIOClient();
    expect(client.get_namespace()).toBe(client.get_namespace("/"));
    expect(client.get_namespace().get_namespace_path()).toBe("/");
    expect(client.has_namespace("/")).toBe(true);
  });

  test("create_namespace is idempotent and does not connect", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    expect(rig.client.create_namespace("/a")).toBe(ns);
    expect(rig.client.get_namespace("/a")).toBe(ns);
    expect(rig.client.create_namespace("/")).toBe(rig.main);
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.sent()).toEqual([]);
  });

  test("get_namespace of one that was not created is null", () => {
    const { client } = new Rig();
    expect(client.get_namespace("/a")).toBeNull();
    expect(client.has_namespace("/a")).toBe(false);
    expect(client.get_namespace("/__proto__")).toBeNull();
    expect(client.has_namespace("constructor")).toBe(false);
  });

  test.each(["", "a", "chat/", "/a,b", "/a?x=1", "/a\n", "/a\x1e", "/a\x7f", undefined, null, 7, {}])(
    "create_namespace(%j) throws a TypeError that says what a path is",
    (path) => {
      const { client } = new Rig();
      expect(() => client.create_namespace(path as never)).toThrow(TypeError);
      expect(() => client.create_namespace(path as never)).toThrow(/namespace path/);
      expect(client.has_namespace(path as never)).toBe(false);
    },
  );

  test("the TypeError for a missing slash writes the path as it should be", () => {
    expect(() => new Rig().client.create_namespace("chat")).toThrow('"/chat"');
  });
});

describe("connect_to_namespace", () => {
  test("writes `40/a,`, and the answer connects it with its own session id", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const signals: string[] = [];
    ns.connected.connect((sid) => signals.push(`connected ${sid}`));
    expect(ns.connect_to_namespace()).toBe(OK);
    expect(ns.get_connection_state()).toBe(STATE_CONNECTING);
    expect(rig.sent()).toEqual(["40/a,"]);
    rig.serve('40/a,{"sid":"b"}');
    expect(signals).toEqual(["connected b"]);
    expect(rig.told()).toEqual(["namespace_connected(/a)"]);
    expect(ns.get_connection_state()).toBe(STATE_CONNECTED);
    expect(ns.is_namespace_connected()).toBe(true);
    expect([ns.get_session_id(), rig.main.get_session_id()]).toEqual(["b", "a"]);
  });

  test("carries its auth", () => {
    const rig = connected();
    rig.client.create_namespace("/a").connect_to_namespace({ token: "t" });
    expect(rig.sent()).toEqual(['40/a,{"token":"t"}']);
  });

  test("before the session is open it waits for it", () => {
    const rig = connecting();
    const ns = rig.client.create_namespace("/a");
    expect(ns.connect_to_namespace()).toBe(OK);
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(["40", "40/a,"]);
  });

  test("returns ERR_ALREADY_IN_USE while connecting or connected", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    expect(ns.connect_to_namespace()).toBe(Err.ERR_ALREADY_IN_USE);
    rig.poll();
    rig.serve('40/a,{"sid":"b"}');
    expect(ns.connect_to_namespace()).toBe(Err.ERR_ALREADY_IN_USE);
    expect(rig.main.connect_to_namespace()).toBe(Err.ERR_ALREADY_IN_USE);
    expect(rig.peer.written()).toEqual(["40/a,"]);
  });

  test("returns ERR_UNAVAILABLE when the client is DISCONNECTED, and changes nothing", () => {
    const rig = new Rig();
    const ns = rig.client.create_namespace("/a");
    expect(ns.connect_to_namespace()).toBe(Err.ERR_UNAVAILABLE);
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    rig.client.connect_to_url("ws://test");
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(["40"]);
  });

  test.each([[[]], ["token"], [7], [{ big: 1n }]])("throws a TypeError for the auth of case %#", (auth) => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    expect(() => ns.connect_to_namespace(auth as never)).toThrow(TypeError);
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.sent()).toEqual([]);
  });

  test("two namespaces never mix their events, acknowledgements and ids", () => {
    const rig = connected();
    const a = join(rig, "/a");
    const seen = [record(rig, "/"), record(rig, "/a")];
    const answers: unknown[] = [];
    rig.main.emit_with_ack("x", [], (data) => answers.push(["/", data]));
    a.emit_with_ack("x", [], (data) => answers.push(["/a", data]));
    expect(rig.sent()).toEqual(['420["x"]', '42/a,0["x"]']);
    rig.serve('42/a,["e",1]', '42["e",2]', '43/a,0["for a"]', '430["for main"]');
    expect(seen).toEqual([["e [2]"], ["e [1]"]]);
    expect(answers).toEqual([
      ["/a", ["for a"]],
      ["/", ["for main"]],
    ]);
  });

  test("events for a namespace that was not created or not joined are ignored", () => {
    const rig = connected();
    const seen = record(rig, "/a");
    rig.serve('42/a,["x"]', '42/unknown,["x"]', '43/unknown,0["x"]', "41/unknown,", '44/unknown,{"message":"no"}');
    expect(seen).toEqual([]);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });
});

describe("a refusal `44`", () => {
  test("is told by the namespace and by the client, with the server's data and ERR_UNAUTHORIZED", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const errors: unknown[] = [];
    ns.connect_error.connect((error) => errors.push(error));
    rig.client.connect_error.connect((error) => errors.push(error));
    ns.connect_to_namespace();
    rig.serve('44/a,{"message":"no seat","data":{"queue":3}}');
    const expected = { message: "no seat", namespace: "/a", code: Err.ERR_UNAUTHORIZED, data: { queue: 3 } };
    expect(errors).toEqual([expected, expected]);
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    expect(rig.client.get_last_error()).toContain("no seat");
  });

  test("may be a bare string", () => {
    const rig = connected();
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve('44/a,"Invalid namespace"');
    expect(rig.told()).toEqual(["connect_error(/a, Invalid namespace)"]);
  });

  test("without a message has one of ours", () => {
    const rig = connected();
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve("44/a,{}");
    expect(rig.told()).toEqual([expect.stringMatching(/^connect_error\(\/a, .*refused/)]);
  });

  test("lets it be tried again", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace({ token: "bad" });
    rig.serve('44/a,{"message":"no"}');
    expect(ns.connect_to_namespace({ token: "good" })).toBe(OK);
    rig.serve('40/a,{"sid":"b"}');
    expect(rig.peer.written()).toEqual(['40/a,{"token":"bad"}', '40/a,{"token":"good"}']);
    expect(ns.is_namespace_connected()).toBe(true);
  });

  test("in the middle of connect_error it can be tried again at once", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_error.connect(() => ns.connect_to_namespace({ token: "good" }), 4);
    ns.connect_to_namespace();
    rig.poll();
    rig.serve('44/a,{"message":"no"}');
    expect(rig.peer.written()).toEqual(["40/a,", '40/a,{"token":"good"}']);
  });

  test("fails what was buffered for it: acknowledgements end, packets do not haunt the next join", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const answers: unknown[] = [];
    ns.connect_to_namespace();
    ns.emit("early");
    ns.emit_with_ack("ask", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.serve('44/a,{"message":"no"}');
    expect(answers).toEqual([[["timeout"], Err.ERR_CONNECTION_ERROR]]);
    ns.connect_to_namespace();
    rig.serve('40/a,{"sid":"b"}');
    expect(rig.peer.written()).toEqual(["40/a,", "40/a,"]);
  });

  test("of the main namespace with no other wanted closes the client", () => {
    const rig = connecting();
    rig.serve(OPEN, '44{"message":"no"}');
    expect(rig.told()).toEqual(["connect_error(/, no)", "disconnected(server disconnect)"]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
    expect(rig.peer.closed).toBe(true);
    rig.step(100);
    expect(rig.peers).toHaveLength(1);
  });

  test("of the main namespace with another one wanted leaves that one alone", () => {
    const rig = connecting();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.serve(OPEN, '44{"message":"no"}', '40/a,{"sid":"b"}');
    expect(rig.told()).toEqual(["connect_error(/, no)", "namespace_connected(/a)"]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    expect(ns.emit("x")).toBe(OK);
  });

  test("of the main namespace, and then a loss: the session counted as established, so no connect_error for the loss", () => {
    const rig = connecting();
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve(OPEN, '44{"message":"no"}', '40/a,{"sid":"b"}');
    rig.told();
    rig.lose();
    expect(rig.told()).toEqual(["namespace_disconnected(/a)", expect.stringMatching(/^reconnecting/)]);
  });

  test("that nobody waits for is ignored", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    rig.serve('44{"message":"no"}', '44/a,{"message":"no"}');
    expect(rig.told()).toEqual([]);
    expect(ns.is_namespace_connected()).toBe(true);
  });
});

describe("a kick `41`", () => {
  test("takes down that namespace alone, without a rejoin", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const reasons: string[] = [];
    ns.disconnected.connect((reason) => reasons.push(reason));
    rig.serve("41/a,");
    expect(reasons).toEqual(["server disconnect"]);
    expect(rig.told()).toEqual(["namespace_disconnected(/a)"]);
    expect(ns.get_session_id()).toBe("");
    rig.step(10);
    expect(rig.peer.written()).toEqual([]);
  });

  test("of the main namespace with no other connected closes the client; no reconnection", () => {
    const rig = connected();
    rig.serve("41");
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(server disconnect)"]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
    expect(rig.peer.closed).toBe(true);
    rig.step(100);
    expect(rig.peers).toHaveLength(1);
  });

  test("of the main namespace with another one connected keeps the session", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    rig.serve("41");
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(server disconnect)"]);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    expect(ns.is_namespace_connected()).toBe(true);
    expect(rig.main.connect_to_namespace()).toBe(OK);
    expect(rig.sent()).toEqual(["40"]);
  });

  test.each([
    ["kicked", "41", "41/a,"],
    ["kicked in the other order", "41/a,", "41"],
    ["refused", '44{"message":"no"}', '44/a,{"message":"no"}'],
  ])("of the last one, whichever it is, closes the client: %s", (what, first, second) => {
    const rig = connecting();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.serve(OPEN);
    if (what !== "refused") rig.serve('40{"sid":"a"}', '40/a,{"sid":"b"}');
    rig.serve(first);
    expect(rig.client.get_connection_state()).not.toBe(SocketIOClient.STATE_DISCONNECTED);
    rig.serve(second);
    expect(rig.told().at(-1)).toBe("disconnected(server disconnect)");
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
    expect(rig.peer.closed).toBe(true);
    rig.step(100);
    expect(rig.peers).toHaveLength(1);
  });

  test.each([
    ["was begun without the main one", false],
    ["has left the main one by itself", true],
  ])("of the last one of a session that %s leaves the session: it may be joined again", (_, main_namespace) => {
    const rig = connecting({ main_namespace });
    const ns = rig.client.create_namespace("/a");
    rig.serve(OPEN);
    ns.connect_to_namespace();
    if (main_namespace) {
      rig.serve('40{"sid":"a"}');
      rig.main.disconnect_from_namespace();
    }
    rig.serve('44/a,{"message":"no"}');
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    expect(ns.connect_to_namespace()).toBe(OK);
  });

  test("fails the namespace's acknowledgements", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const answers: unknown[] = [];
    ns.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.serve("41/a,", '43/a,0["late"]');
    expect(answers).toEqual([[["timeout"], Err.ERR_CONNECTION_ERROR]]);
  });

  test("instead of an answer to CONNECT is a refusal", () => {
    const rig = connected();
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve("41/a,");
    expect(rig.told()).toEqual([expect.stringMatching(/^connect_error\(\/a, /)]);
  });

  test("of a namespace that is not connected is ignored", () => {
    const rig = connected();
    rig.client.create_namespace("/a");
    rig.serve("41/a,");
    expect(rig.told()).toEqual([]);
  });
});

describe("disconnect_from_namespace", () => {
  test("sends DISCONNECT behind what was emitted, emits both signals before it returns, leaves the others connected", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const reasons: string[] = [];
    ns.disconnected.connect((reason) => reasons.push(reason));
    ns.emit("bye");
    ns.disconnect_from_namespace();
    expect(reasons).toEqual(["client disconnect"]);
    expect(rig.told()).toEqual(["namespace_disconnected(/a)"]);
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(ns.get_session_id()).toBe("");
    expect(rig.sent()).toEqual(['42/a,["bye"]', "41/a,"]);
    expect(rig.main.is_namespace_connected()).toBe(true);
  });

  test("of the main namespace also emits the client's `disconnected`; the session stays", () => {
    const rig = connected();
    rig.main.disconnect_from_namespace();
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(client disconnect)"]);
    expect(rig.client.is_socket_connected()).toBe(true);
    expect(rig.sent()).toEqual(["41"]);
  });

  test("fails its acknowledgements, those of no other namespace", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const answers: unknown[] = [];
    ns.emit_with_ack("x", [], (_, error) => answers.push(["/a", error]));
    rig.main.emit_with_ack("x", [], (_, error) => answers.push(["/", error]));
    rig.poll();
    ns.disconnect_from_namespace();
    expect(answers).toEqual([["/a", Err.ERR_CONNECTION_ERROR]]);
    rig.serve("430[]", "43/a,0[]");
    expect(answers).toEqual([
      ["/a", Err.ERR_CONNECTION_ERROR],
      ["/", OK],
    ]);
  });

  test("does nothing when it is not connected", () => {
    const rig = connected();
    rig.client.create_namespace("/a").disconnect_from_namespace();
    expect(rig.told()).toEqual([]);
    expect(rig.sent()).toEqual([]);
  });

  test("while CONNECT is unanswered sends nothing at once, because the server would close the whole connection", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    expect(rig.sent()).toEqual(["40/a,"]);
    ns.disconnect_from_namespace();
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.sent()).toEqual([]);
    rig.serve('40/a,{"sid":"b"}');
    expect(rig.peer.written()).toEqual(["41/a,"]);
    expect(rig.told()).toEqual([]);
    expect(ns.get_session_id()).toBe("");
  });

  test("and connect_to_namespace() at once while CONNECT is unanswered: one CONNECT at a time, the second with the new auth", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace({ seat: 1 });
    expect(rig.sent()).toEqual(['40/a,{"seat":1}']);
    ns.disconnect_from_namespace();
    expect(ns.connect_to_namespace({ seat: 2 })).toBe(OK);
    expect(rig.sent()).toEqual([]);
    rig.serve('40/a,{"sid":"first"}');
    // Each in a write of its own: see the next but one.
    expect(rig.peer.written()).toEqual(["41/a,"]);
    rig.step(0.5);
    rig.step(0.5);
    expect(rig.peer.written()).toEqual(['40/a,{"seat":2}']);
    expect(rig.told()).toEqual([]);
    rig.serve('40/a,{"sid":"second"}');
    expect(rig.told()).toEqual(["namespace_connected(/a)"]);
    expect(ns.get_session_id()).toBe("second");
  });

  test("and connect_to_namespace() at once, and the first CONNECT is refused: the refusal is not for the second", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace({ seat: 1 });
    rig.poll();
    ns.disconnect_from_namespace();
    ns.connect_to_namespace({ seat: 2 });
    rig.serve('44/a,{"message":"taken"}');
    expect(rig.told()).toEqual([]);
    expect(rig.peer.written()).toEqual(['40/a,{"seat":1}', '40/a,{"seat":2}']);
    rig.serve('40/a,{"sid":"second"}');
    expect(ns.get_session_id()).toBe("second");
  });

  test("and connect_to_namespace() at once when connected: DISCONNECT, then CONNECT in a later write, because together they end the connection", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.disconnect_from_namespace();
    expect(ns.connect_to_namespace()).toBe(OK);
    expect(ns.get_connection_state()).toBe(STATE_CONNECTING);
    expect(ns.emit("waits")).toBe(OK);
    expect(rig.sent()).toEqual(["41/a,"]);
    rig.step(0.5);
    rig.step(0.5);
    expect(rig.peer.written()).toEqual(["40/a,"]);
    rig.serve('40/a,{"sid":"again"}');
    expect(rig.told()).toEqual(["namespace_disconnected(/a)", "namespace_connected(/a)"]);
    expect(rig.peer.written()).toEqual(['42/a,["waits"]']);
  });

  test("and connect_to_namespace() at once on a slow line: CONNECT waits until DISCONNECT has left, however much follows it", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    rig.peer.bufferedAmount = 4000;
    ns.disconnect_from_namespace();
    ns.connect_to_namespace();
    expect(rig.sent()).toEqual(["41/a,"]);
    rig.step(1);
    rig.main.emit("more");
    rig.step(1);
    expect(rig.peer.written()).toEqual(['42["more"]']);
    // Only what was sent after the DISCONNECT is left.
    rig.peer.bufferedAmount = 10;
    rig.step(1);
    rig.step(1);
    expect(rig.peer.written()).toEqual(["40/a,"]);
  });

  test("and connect_to_namespace() with a loss in between: the next session joins it as any other", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.disconnect_from_namespace();
    ns.connect_to_namespace({ seat: 2 });
    rig.poll();
    rig.lose();
    rig.comeBack('40{"sid":"a2"}', '40/a,{"sid":"again"}');
    expect(rig.peer.frames).toEqual(["40", '40/a,{"seat":2}']);
    expect(ns.get_session_id()).toBe("again");
  });

  test("and connect_to_namespace() and leaving again before anything was written: only the DISCONNECT goes", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.disconnect_from_namespace();
    ns.connect_to_namespace();
    ns.disconnect_from_namespace();
    rig.poll();
    rig.step(1);
    rig.step(1);
    expect(rig.peer.written()).toEqual(["41/a,"]);
  });

  test("and connect_to_namespace() at once: events of the session that was left are not for the new one", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const seen = record(rig, "/a");
    ns.disconnect_from_namespace();
    ns.connect_to_namespace();
    rig.step(0.5);
    rig.serve('42/a,["old"]');
    rig.step(0.5);
    rig.serve('42/a,["old"]', '40/a,{"sid":"again"}', '42/a,["new"]');
    expect(seen).toEqual(["new []"]);
  });

  test("in the middle of an event of that namespace: later packets of it are not dispatched", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const seen: unknown[] = [];
    ns.on("x", ([n]) => {
      seen.push(n);
      ns.disconnect_from_namespace();
    });
    rig.serve('42/a,["x",1]', '42/a,["x",2]');
    expect(seen).toEqual([1]);
  });

  test("in its own `connected`: up and down stay paired and in order", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connected.connect(() => ns.disconnect_from_namespace());
    ns.connect_to_namespace();
    rig.poll();
    rig.serve('40/a,{"sid":"b"}');
    const told = rig.told();
    expect(told.at(-1)).toBe(told.length === 0 ? undefined : "namespace_disconnected(/a)");
    expect(told).toHaveLength(told.includes("namespace_connected(/a)") ? 2 : 0);
    expect(rig.sent()).toContain("41/a,");
  });

  test("in its own `disconnected` does nothing more", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.disconnected.connect(() => ns.disconnect_from_namespace());
    ns.disconnect_from_namespace();
    expect(rig.told()).toEqual(["namespace_disconnected(/a)"]);
    expect(rig.sent()).toEqual(["41/a,"]);
  });

  test("connect_to_namespace() in its own `disconnected` after a kick joins it again", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    ns.disconnected.connect(() => ns.connect_to_namespace(), 4);
    rig.serve("41/a,");
    expect(rig.peer.written()).toEqual(["40/a,"]);
    rig.serve('40/a,{"sid":"again"}');
    expect(ns.get_session_id()).toBe("again");
  });
});

describe("connect_timeout of a namespace", () => {
  test("a mute server does not leave it connecting for ever", () => {
    const rig = connected({ connect_timeout: 3 });
    const ns = rig.client.create_namespace("/a");
    const codes: Err[] = [];
    ns.connect_error.connect((error) => codes.push(error.code));
    ns.connect_to_namespace();
    rig.step(2.9);
    expect(codes).toEqual([]);
    rig.step(0.2);
    expect(codes).toEqual([Err.ERR_TIMEOUT]);
    expect(rig.told()).toEqual([expect.stringMatching(/^connect_error\(\/a, .*in time/)]);
    expect(ns.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });

  test("an answer that comes after it is sent back with DISCONNECT", () => {
    const rig = connected({ connect_timeout: 3 });
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.poll();
    rig.step(3);
    rig.peer.written();
    rig.told();
    rig.serve('40/a,{"sid":"late"}', '42/a,["x"]');
    expect(rig.peer.written()).toEqual(["41/a,"]);
    expect(rig.told()).toEqual([]);
  });

  test("an answer that waits in the inbox behind a budget is no timeout", () => {
    const rig = connected({ connect_timeout: 3, poll_max_packets: 1 });
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.poll();
    rig.push('42["x"]', '42["x"]', '40/a,{"sid":"b"}');
    rig.step(4);
    rig.step(1);
    rig.step(1);
    expect(rig.told()).toEqual(["namespace_connected(/a)"]);
  });
});

describe("events before the reply to CONNECT", () => {
  test("are held and dispatched after `connected`", () => {
    const rig = connecting();
    const seen = record(rig);
    rig.main.connected.connect(() => seen.push("connected"));
    rig.serve(OPEN, '42["early",1]', '40{"sid":"a"}', '42["later",2]');
    expect(seen).toEqual(["connected", "early [1]", "later [2]"]);
  });

  test("reach a listener that is added in `connected`", () => {
    const rig = connecting();
    const seen: unknown[] = [];
    rig.client.connected.connect(() => rig.main.on("early", (data) => seen.push(data)));
    rig.serve(OPEN, '42["early",1]', '40{"sid":"a"}', '42["early",2]');
    expect(seen).toEqual([[1], [2]]);
  });

  test("are answered, when they ask for it, after CONNECT's reply", () => {
    const rig = connecting();
    rig.main.on("early", (_, reply) => reply?.(["got it"]));
    rig.serve(OPEN, '427["early"]', '40{"sid":"a"}');
    expect(rig.peer.written()).toEqual(["40", '437["got it"]']);
  });

  test("with binary are held whole", () => {
    const rig = connecting();
    const seen: unknown[] = [];
    rig.main.on("early", ([bytes]) => seen.push([...bytes]));
    rig.serve(OPEN, '451-["early",{"_placeholder":true,"num":0}]', new Uint8Array([1, 2]), '40{"sid":"a"}');
    expect(seen).toEqual([[1, 2]]);
  });

  test("of a refused namespace are dropped", () => {
    const rig = connected();
    const seen = record(rig, "/a");
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.serve('42/a,["early"]', '44/a,{"message":"no"}');
    ns.connect_to_namespace();
    rig.serve('40/a,{"sid":"b"}');
    expect(seen).toEqual([]);
  });

  test("are bounded: a server that only sends them ends in a parse error", () => {
    const rig = connecting({ max_queued_packets: 4 });
    rig.serve(OPEN);
    for (let round = 0; round < 4; round++) rig.serve('42["early"]');
    expect(rig.told()).toEqual([]);
    rig.serve('42["early"]');
    expect(rig.told()[0]).toMatch(/^connect_error/);
    expect(rig.peer.closed).toBe(true);
  });

  test("an acknowledgement of an event that the server cannot have got is ignored", () => {
    const rig = connecting();
    const answers: unknown[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.serve(OPEN, '430["forged"]');
    expect(answers).toEqual([]);
    rig.serve('40{"sid":"a"}');
    rig.serve('430["real"]');
    expect(answers).toEqual([[["real"], OK]]);
  });
});

describe("being kicked", () => {
  const joined = () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.poll();
    rig.serve('40/a,{"sid":"s"}');
    rig.peer.written();
    return { rig, ns };
  };

  test("what was emitted and not written yet is not written any more: the server would close the whole connection", () => {
    const { rig, ns } = joined();
    const codes: Err[] = [];
    ns.emit("x");
    ns.emit_volatile("y");
    ns.emit_with_ack("z", [], (_, error) => codes.push(error));
    rig.client.get_namespace().emit("kept");
    rig.serve("41/a,");
    expect(rig.peer.written()).toEqual(['42["kept"]']);
    expect(codes).toEqual([Err.ERR_CONNECTION_ERROR]);
  });

  test("nor are the last words of a game that leaves in the same poll, before it comes to the kick; it can join again", () => {
    const { rig, ns } = joined();
    ns.on("over", () => {
      ns.emit("bye");
      ns.disconnect_from_namespace();
      ns.connect_to_namespace();
    });
    rig.serve('42/a,["over"]', "41/a,");
    expect(rig.peer.written()).toEqual([]);
    rig.step(0.1);
    expect(rig.peer.written()).toEqual(["40/a,"]);
  });
});

test("joined too early, the last error says what comes first", () => {
  const { client } = new Rig();
  expect(client.create_namespace("/a").connect_to_namespace()).toBe(Err.ERR_UNAVAILABLE);
  expect(client.get_last_error()).toBe("call connect_to_url() first");
});
