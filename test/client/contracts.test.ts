/* What the contracts of the core promise across subjects: re-entrancy, one state per frame, independence of clients. */
import { Err, OK, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, type Rig, record, recoverable } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

describe("what a callback sees is the state that it is told of", () => {
  test("up: connected, with session id and transport, in every signal", () => {
    const rig = connecting();
    const seen: unknown[] = [];
    const look = () =>
      seen.push([rig.client.get_connection_state(), rig.main.get_connection_state(), rig.main.get_session_id()]);
    rig.main.connected.connect(look);
    rig.client.namespace_connected.connect(look);
    rig.client.connected.connect(look);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(seen).toEqual(Array(3).fill([STATE_CONNECTED, STATE_CONNECTED, "a"]));
  });

  test("lost: CONNECTING, no session id, no transport, in every signal", () => {
    const rig = connected();
    const seen: unknown[] = [];
    const look = () =>
      seen.push([
        rig.client.get_connection_state(),
        rig.main.get_connection_state(),
        rig.main.get_session_id(),
        rig.client.is_socket_connected(),
        rig.client.get_engine_io_session_id(),
        rig.client.get_transport(),
      ]);
    rig.main.disconnected.connect(look);
    rig.client.namespace_disconnected.connect(look);
    rig.client.disconnected.connect(look);
    rig.client.reconnecting.connect(look);
    rig.lose();
    expect(seen).toEqual(Array(4).fill([STATE_CONNECTING, STATE_CONNECTING, "", false, "", ""]));
  });

  test("over: DISCONNECTED in every signal, of close() and of a last attempt", () => {
    for (const end of [(rig: Rig) => rig.client.close(), (rig: Rig) => rig.lose(), (rig: Rig) => rig.serve("41")]) {
      const rig = connected({ reconnection: false });
      const seen: unknown[] = [];
      const look = () => seen.push([rig.client.get_connection_state(), rig.main.get_connection_state()]);
      rig.main.disconnected.connect(look);
      rig.client.namespace_disconnected.connect(look);
      rig.client.disconnected.connect(look);
      end(rig);
      expect(seen).toEqual(Array(3).fill([STATE_DISCONNECTED, STATE_DISCONNECTED]));
    }
  });

  test("a refusal: the namespace is DISCONNECTED in connect_error", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    const seen: unknown[] = [];
    ns.connect_error.connect(() => seen.push(ns.get_connection_state()));
    rig.client.connect_error.connect(() => seen.push(ns.get_connection_state()));
    ns.connect_to_namespace();
    rig.serve('44/a,{"message":"no"}');
    expect(seen).toEqual([STATE_DISCONNECTED, STATE_DISCONNECTED]);
  });

  test("a failing acknowledgement: the connection is down already", () => {
    const rig = connected();
    const seen: unknown[] = [];
    rig.main.emit_with_ack("x", [], () => seen.push(rig.main.is_namespace_connected()));
    rig.poll();
    rig.lose();
    expect(seen).toEqual([false]);
  });
});

describe("a callback may call anything", () => {
  test("emit in `disconnected` while reconnecting waits for the next session; after close() it is refused", () => {
    const rig = connected();
    const codes: Err[] = [];
    rig.client.disconnected.connect(() => codes.push(rig.main.emit("x")));
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.written()).toEqual(["40", '42["x"]']);
    rig.client.close();
    expect(codes).toEqual([OK, Err.ERR_UNCONFIGURED]);
  });

  test("emit_with_ack in an acknowledgement that a loss has failed is answered on the next session", () => {
    const rig = connected();
    const answers: unknown[] = [];
    rig.main.emit_with_ack("x", [], (_, error) => {
      answers.push(error);
      rig.main.emit_with_ack("again", [], (_, code) => answers.push(code), 60);
    });
    rig.poll();
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.sent()).toEqual(["40", '421["again"]']);
    rig.serve("431[]");
    expect(answers).toEqual([Err.ERR_CONNECTION_ERROR, OK]);
  });

  test("disconnect_from_namespace() in one acknowledgement fails the others, once", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const answers: unknown[] = [];
    ns.emit_with_ack("x", [], (_, error) => {
      answers.push(["x", error]);
      ns.disconnect_from_namespace();
    });
    ns.emit_with_ack("y", [], (_, error) => answers.push(["y", error]));
    rig.poll();
    rig.serve("43/a,0[]", "43/a,1[]");
    expect(answers).toEqual([
      ["x", OK],
      ["y", Err.ERR_CONNECTION_ERROR],
    ]);
  });

  test("close() in an acknowledgement that close() itself fails", () => {
    const rig = connected();
    let calls = 0;
    for (let n = 0; n < 3; n++) {
      rig.main.emit_with_ack("x", [], () => {
        calls++;
        rig.client.close();
      });
    }
    rig.client.close();
    expect(calls).toBe(3);
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(client disconnect)"]);
  });

  test("close() and connect_to_url() in an acknowledgement that close() fails: the new connection is not harmed", () => {
    const rig = connected();
    rig.main.emit_with_ack("x", [], () => rig.client.connect_to_url("ws://other"));
    rig.main.emit_with_ack("y", [], () => {});
    rig.client.close();
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.main.get_session_id()).toBe("b");
    expect(rig.client.get_stats().acks_pending).toBe(0);
  });

  test("connect_to_namespace() in `connected` of another one", () => {
    const rig = connecting();
    rig.client.connected.connect(() => rig.client.create_namespace("/a").connect_to_namespace());
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.peer.written()).toEqual(["40", "40/a,"]);
  });

  test("flush() writes in the middle of a poll", () => {
    const rig = connected();
    rig.main.on("x", () => {
      rig.main.emit("y");
      rig.client.flush();
      expect(rig.peer.written()).toEqual(['42["y"]']);
    });
    rig.serve('42["x"]');
    expect(rig.told()).toEqual([]);
  });

  test("leaving the main namespace in its own `connected`: up and down stay paired and in order", () => {
    const rig = connecting();
    rig.main.connected.connect(() => rig.main.disconnect_from_namespace());
    rig.serve(OPEN, '40{"sid":"a"}');
    const told = rig.told();
    expect(told).not.toContain("connected()");
    if (told.includes("namespace_connected(/)")) {
      expect(told.indexOf("namespace_connected(/)")).toBeLessThan(told.indexOf("namespace_disconnected(/)"));
    }
    expect(rig.peer.written()).toEqual(["40", "41"]);
  });

  test("close() between two held events of one CONNECT ends both", () => {
    const rig = connecting();
    const seen: unknown[] = [];
    rig.main.on("early", ([n]) => {
      seen.push(n);
      rig.client.close();
    });
    rig.serve(OPEN, '42["early",1]', '42["early",2]', '40{"sid":"a"}');
    expect(seen).toEqual([1]);
  });
});

describe("clients are independent", () => {
  test("one may be polled in a callback of the other", () => {
    const [a, b] = [connected(), connected()];
    const seen = record(b);
    a.main.on("x", () => expect(b.poll()).toBe(1));
    b.push('42["y",1]');
    a.serve('42["x"]', '42["x"]');
    expect(seen).toEqual(["y [1]"]);
    expect(a.told()).toEqual([expect.stringMatching(/^listener_error/)]);
  });

  test("one that fails does not disturb the other", () => {
    const [a, b] = [connected(), connected()];
    a.serve("4x");
    b.serve('42["x"]');
    expect(b.told()).toEqual([]);
    expect(b.client.get_connection_state()).toBe(STATE_CONNECTED);
  });
});

describe("the contracts hold under load", () => {
  test("a long life: thousands of packets, acknowledgements and timeouts leave nothing behind", () => {
    const rig = connected({ poll_max_packets: 7 });
    const seen: number[] = [];
    let answered = 0;
    rig.main.on("n", ([n]) => seen.push(n));
    for (let n = 0; n < 5000; n++) {
      rig.push(`42["n",${n}]`);
      if (n % 3 === 0) rig.main.emit_with_ack("q", [], () => answered++, (n % 5) + 1);
      if (n % 2 === 0) rig.step(0.01);
      if (n % 6 === 0) rig.push(`43${n / 3}[]`);
    }
    for (let n = 0; n < 2000; n++) rig.step(0.01);
    expect(seen).toEqual(Array.from({ length: 5000 }, (_, n) => n));
    expect(answered).toBe(1667);
    expect(rig.client.get_stats()).toMatchObject({ acks_pending: 0, inbox_length: 0 });
  });

  test("recovery remembers only so many offsets, and a recent one is still known", () => {
    const rig = recoverable();
    const seen = record(rig);
    const offset = (n: number) => `Pz${String(n).padStart(5, "0")}`;
    for (let n = 0; n < 2000; n++) rig.serve(`42["n",${n},"${offset(n)}"]`);
    rig.lose();
    rig.comeBack(`42["n",1999,"${offset(1999)}"]`, `42["n",2000,"${offset(2000)}"]`, '40{"sid":"a","pid":"p"}');
    expect(seen.slice(-2)).toEqual(["n [1999]", "n [2000]"]);
    expect(seen).toHaveLength(2001);
  });
});
