import { Err, OK, SocketIOClient, TLSOptions } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, OPEN, open, Rig } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

describe("connect_to_url", () => {
  test("starts connecting and returns at once; the peer learns of it before the first poll", () => {
    const rig = new Rig();
    expect(rig.client.connect_to_url("ws://test")).toBe(OK);
    expect(rig.peers).toHaveLength(1);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
  });

  test("a session opens with `0{…}`, the main namespace is joined with `40`, and `40{sid}` makes it CONNECTED", () => {
    const rig = connecting();
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(["40"]);
    rig.poll();
    expect(rig.client.is_socket_connected()).toBe(true);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.push('40{"sid":"a"}');
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.poll();
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    expect(rig.main.get_session_id()).toBe("a");
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
  });

  test("CONNECT without auth is `40`, never `40[]` or `40{}`, which current servers refuse", () => {
    const rig = new Rig();
    rig.client.connect_to_url("ws://test", {});
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(["40"]);
  });

  test("nothing is written before the server's open packet", () => {
    const rig = connecting();
    rig.main.emit("early");
    rig.poll();
    rig.client.flush();
    expect(rig.peer.frames).toEqual([]);
  });

  test("returns ERR_ALREADY_IN_USE unless DISCONNECTED, and changes nothing", () => {
    const rig = connecting();
    expect(rig.client.connect_to_url("ws://other")).toBe(Err.ERR_ALREADY_IN_USE);
    expect(rig.client.get_last_error()).not.toBe("");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.client.connect_to_url("ws://other")).toBe(Err.ERR_ALREADY_IN_USE);
    rig.lose();
    expect(rig.client.connect_to_url("ws://other")).toBe(Err.ERR_ALREADY_IN_USE);
    expect(rig.client.get_connection_url()).toBe("ws://test");
    expect(rig.peers).toHaveLength(1);
  });

  test.each(["", "test", "localhost:3000", "//test", "ftp://test", "ws://", "ws://:80", "javascript:1", "file:///a"])(
    "returns ERR_INVALID_PARAMETER for %j and says what to write",
    (url) => {
      const rig = new Rig();
      expect(rig.client.connect_to_url(url)).toBe(Err.ERR_INVALID_PARAMETER);
      expect(rig.client.get_last_error()).toContain(`"${url}"`);
      expect(rig.client.get_last_error()).toContain("ws://");
      expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
      expect(rig.client.get_connection_url()).toBe("");
      expect(rig.peers).toEqual([]);
    },
  );

  test.each([
    ["ws://test", "ws://test/socket.io/?EIO=4&transport=websocket"],
    ["http://test:3000", "ws://test:3000/socket.io/?EIO=4&transport=websocket"],
    ["https://test/", "wss://test/socket.io/?EIO=4&transport=websocket"],
    ["wss://test/socket.io", "wss://test/socket.io/?EIO=4&transport=websocket"],
    ["ws://test/socket.io/?EIO=4&transport=websocket", "ws://test/socket.io/?EIO=4&transport=websocket"],
    ["ws://test/?room=7&name=a%20b", "ws://test/socket.io/?room=7&name=a+b&EIO=4&transport=websocket"],
    ["ws://test/game", "ws://test/game/socket.io/?EIO=4&transport=websocket"],
    ["ws://test/#fragment", "ws://test/socket.io/?EIO=4&transport=websocket"],
    ["ws://[::1]:3000", "ws://[::1]:3000/socket.io/?EIO=4&transport=websocket"],
  ])("%s asks for %s", (url, expected) => {
    const rig = new Rig();
    expect(rig.client.connect_to_url(url)).toBe(OK);
    const asked = new URL(rig.peer.url);
    const wanted = new URL(expected);
    expect([asked.origin, asked.host, asked.pathname, asked.hash]).toEqual([
      wanted.origin,
      wanted.host,
      wanted.pathname,
      "",
    ]);
    expect(Object.fromEntries(asked.searchParams)).toEqual(Object.fromEntries(wanted.searchParams));
    expect(rig.client.get_connection_url()).toBe(url);
  });

  test("the options path, query, extra_headers, protocols and per_message_deflate reach the transport", () => {
    const rig = new Rig({
      path: "/live",
      query: { token: "t&t" },
      extra_headers: { "x-game": "1" },
      protocols: ["game"],
      per_message_deflate: true,
    });
    const tls = TLSOptions.client("", "other.test");
    rig.client.connect_to_url("wss://test/?room=7", {}, tls);
    const { request } = rig.peer;
    expect(new URL(request.url).pathname).toBe("/live/");
    expect(Object.fromEntries(new URL(request.url).searchParams)).toMatchObject({ token: "t&t", room: "7", EIO: "4" });
    expect(request).toMatchObject({
      extra_headers: { "x-game": "1" },
      protocols: ["game"],
      per_message_deflate: true,
      tls,
    });
  });

  test.each([
    [undefined, {}, null],
    [new URL("ws://test"), {}, null],
    ["ws://test", [], null],
    ["ws://test", "token", null],
    ["ws://test", 7, null],
    ["ws://test", { big: 1n }, null],
    ["ws://test", { bytes: new Uint8Array(1) }, null],
    ["ws://test", {}, {}],
    ["ws://test", {}, true],
  ])("throws a TypeError for the wrong types of case %#, and stays DISCONNECTED", (url, auth, tls) => {
    const rig = new Rig();
    expect(() => rig.client.connect_to_url(url as never, auth as never, tls as never)).toThrow(TypeError);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.peers).toEqual([]);
  });

  test("can be called again after close(), for another server", () => {
    const rig = connected();
    rig.client.close();
    expect(rig.client.connect_to_url("ws://other")).toBe(OK);
    expect(rig.peers).toHaveLength(2);
    expect(rig.peer.url).toContain("ws://other/");
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.main.get_session_id()).toBe("b");
  });

  test("main_namespace: false opens the session without joining `/`", () => {
    const rig = connecting({ main_namespace: false });
    rig.serve(OPEN);
    expect(rig.peer.frames).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    expect(rig.main.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.told()).toEqual([]);
    expect(rig.main.connect_to_namespace({ token: "t" })).toBe(OK);
    rig.poll();
    expect(rig.peer.frames).toEqual(['40{"token":"t"}']);
    rig.serve('40{"sid":"a"}');
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
  });
});

describe("what a connected client says about itself", () => {
  test("the Engine.IO session id is the engine's, never a Socket.IO id", () => {
    const rig = connecting();
    expect(rig.client.get_engine_io_session_id()).toBe("");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.client.get_engine_io_session_id()).toBe("engine");
    rig.client.close();
    expect(rig.client.get_engine_io_session_id()).toBe("");
  });

  test("get_transport() names the transport, and is empty when not connected", () => {
    const rig = connecting();
    expect(rig.client.get_transport()).toBe("");
    rig.serve(OPEN);
    expect(rig.client.get_transport()).toBe("websocket");
    rig.lose();
    expect(rig.client.get_transport()).toBe("");
  });

  test("transport_changed is for a change: silent when a session opens, told when the next one goes another way", () => {
    const rig: Rig = new Rig({
      transport_factory: (request, handler) =>
        rig.factory(false, rig.peers.length < 2 ? "websocket" : "polling")(request, handler),
    });
    const names: string[] = [];
    rig.client.transport_changed.connect((name) => names.push(`${name} ${rig.client.get_transport()}`));
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"a"}');
    rig.lose();
    rig.comeBack('40{"sid":"a"}');
    expect(names).toEqual([]);
    rig.lose();
    rig.comeBack('40{"sid":"a"}');
    expect(names).toEqual(["polling polling"]);
  });

  test("state, session ids and transport are as of the last poll, whatever has arrived", () => {
    const rig = connecting();
    rig.push(OPEN, '40{"sid":"a"}');
    const seen = () => [
      rig.client.get_connection_state(),
      rig.client.is_socket_connected(),
      rig.client.get_engine_io_session_id(),
      rig.client.get_transport(),
      rig.main.get_connection_state(),
      rig.main.get_session_id(),
    ];
    expect(seen()).toEqual([STATE_CONNECTING, false, "", "", STATE_CONNECTING, ""]);
    rig.poll();
    const whole = seen();
    expect(whole).toEqual([STATE_CONNECTED, true, "engine", "websocket", STATE_CONNECTED, "a"]);
    rig.peer.cut();
    expect(seen()).toEqual(whole);
    rig.poll();
    expect(seen()).toEqual([STATE_CONNECTING, false, "", "", STATE_CONNECTING, ""]);
  });

  test("get_singleton() is one client; new makes independent ones", () => {
    expect(SocketIOClient.get_singleton()).toBe(SocketIOClient.get_singleton());
    expect(new SocketIOClient()).not.toBe(SocketIOClient.get_singleton());
    expect(SocketIOClient.get_singleton().get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("the states have Godot's numbers", () => {
    expect([STATE_DISCONNECTED, STATE_CONNECTING, STATE_CONNECTED]).toEqual([0, 1, 2]);
  });
});

describe("the handshake is validated (Engine.IO 4)", () => {
  const failure = (first: string | Uint8Array) => {
    const rig = connecting({ reconnection: false });
    const errors: unknown[] = [];
    rig.client.connect_error.connect((error) => errors.push(error));
    rig.serve(first);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.peer.closed).toBe(true);
    expect(rig.told().slice(1)).toEqual(["disconnected(parse error)"]);
    return errors;
  };

  test.each([
    "0",
    "0{bad",
    "0null",
    "0[]",
    '0"x"',
    "0{}",
    '0{"sid":7,"pingInterval":1,"pingTimeout":1}',
    open({ sid: "" }),
    open({ pingInterval: undefined }),
    open({ pingInterval: "25000" }),
    open({ pingInterval: -1 }),
    open({ pingTimeout: null }),
    open({ maxPayload: "big" }),
    open({ maxPayload: -5 }),
  ])("a broken open packet %s is a parse error, not an exception", (first) => {
    expect(failure(first)).toMatchObject([{ namespace: "/", code: Err.ERR_INVALID_DATA, transport: "websocket" }]);
  });

  test.each(["hello", "", "2", "3", '40{"sid":"a"}', '{"type":"welcome"}', "5", "9"])(
    "a first frame %j means that this is no Socket.IO server, and the error says what was expected",
    (first) => {
      expect(failure(first)).toMatchObject([{ message: expect.stringContaining("Socket.IO v3+ server") }]);
    },
  );

  test("a binary first frame is a parse error", () => {
    failure(new Uint8Array([1, 2, 3]));
  });

  test("a second open packet is a parse error; it never replaces the session id", () => {
    const rig = connected();
    rig.push(open({ sid: "other" }));
    expect(rig.client.get_engine_io_session_id()).toBe("engine");
    rig.poll();
    expect(rig.told()).toContain("disconnected(parse error)");
  });

  test("unknown keys and missing optional ones are fine", () => {
    const rig = connecting();
    rig.serve('0{"sid":"engine","pingInterval":1000,"pingTimeout":1000,"new":{"key":1}}', '40{"sid":"a"}');
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("noop packets before and after the handshake are ignored", () => {
    const rig = connecting();
    rig.serve("6", OPEN, "6", '40{"sid":"a"}', "6");
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });
});

describe("the reply to CONNECT is validated (Socket.IO 5)", () => {
  test("a bare `40` is a Socket.IO v2 server, and the error says so", () => {
    const rig = connecting({ reconnection: false });
    rig.serve(OPEN, "40");
    expect(rig.told()).toEqual([
      expect.stringMatching(/^connect_error\(\/, .*no Socket.IO v3\+ server/),
      "disconnected(parse error)",
    ]);
    expect(rig.client.get_last_error()).toContain("v3+ server, but v2");
  });

  test.each(["40{bad", "40null", "40[]", '40"a"', "40{}", '40{"sid":5}', '40{"sid":""}'])(
    "%s is a parse error",
    (reply) => {
      const rig = connecting();
      rig.serve(OPEN, reply);
      expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
      expect(rig.peer.closed).toBe(true);
      expect(rig.told()[0]).toMatch(/^connect_error/);
    },
  );

  test("a CONNECT that nobody asked for is ignored", () => {
    const rig = connected();
    rig.client.create_namespace("/a");
    rig.serve('40{"sid":"b"}', '40/a,{"sid":"c"}', '40/unknown,{"sid":"d"}');
    expect(rig.told()).toEqual([]);
    expect(rig.main.get_session_id()).toBe("a");
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });
});

describe("connect_timeout", () => {
  test("covers a server that accepts the connection and says nothing", () => {
    const rig = connecting({ connect_timeout: 20, reconnection: false });
    rig.step(19.9);
    expect(rig.told()).toEqual([]);
    rig.step(0.1);
    expect(rig.told()).toEqual([
      expect.stringMatching(/^connect_error\(\/, .*session.*within 20 s.*Socket\.IO/),
      "disconnected(transport error)",
    ]);
    expect(rig.peer.closed).toBe(true);
  });

  test("covers a server that opens a session and never answers the main CONNECT", () => {
    const rig = connecting({ connect_timeout: 20, reconnection: false });
    rig.step(10);
    rig.serve(OPEN);
    rig.step(10);
    expect(rig.told()).toEqual([
      expect.stringMatching(/^connect_error\(\/, \/ was not connected within 20 s/),
      "disconnected(transport error)",
    ]);
  });

  test("has code ERR_TIMEOUT", () => {
    const rig = connecting();
    const codes: Err[] = [];
    rig.client.connect_error.connect((error) => codes.push(error.code));
    rig.step(20);
    expect(codes).toEqual([Err.ERR_TIMEOUT]);
  });

  test("counts per attempt", () => {
    const rig = connecting({ connect_timeout: 2 });
    rig.step(2);
    rig.step(1);
    expect(rig.peers).toHaveLength(2);
    rig.step(1.9);
    expect(rig.told().filter((line) => line.startsWith("connect_error"))).toHaveLength(1);
    rig.step(0.2);
    expect(rig.told().filter((line) => line.startsWith("connect_error"))).toHaveLength(1);
  });

  test("a loop that slept through it but had its answers in time is connected, not timed out", () => {
    const rig = connecting({ connect_timeout: 20 });
    rig.push(OPEN, '40{"sid":"a"}');
    rig.step(30);
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
  });

  test("a budget that left the answer in the inbox makes no false timeout", () => {
    const rig = connecting({ connect_timeout: 20, poll_max_packets: 1 });
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.push(OPEN, '40/a,{"sid":"b"}', '40{"sid":"a"}');
    rig.step(30);
    rig.poll();
    expect(rig.told()).toEqual(["namespace_connected(/a)", "namespace_connected(/)", "connected(a)"]);
    expect(rig.peers).toHaveLength(1);
  });

  test("is over once the main namespace has been refused and another one stays", () => {
    const rig = connecting({ connect_timeout: 20 });
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve(OPEN, '44{"message":"no"}', '40/a,{"sid":"b"}');
    expect(rig.told()).toEqual(["connect_error(/, no)", "namespace_connected(/a)"]);
    rig.step(21);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("is over once the game has left the main namespace before it was connected", () => {
    const rig = connecting({ connect_timeout: 20 });
    rig.serve(OPEN);
    rig.main.disconnect_from_namespace();
    rig.serve('40{"sid":"a"}');
    rig.step(21);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    expect(rig.peers).toHaveLength(1);
  });

  test.each([
    ["refused", (rig: Rig) => rig.serve('44{"message":"no"}')],
    [
      "left",
      (rig: Rig) => {
        rig.main.disconnect_from_namespace();
        rig.serve('40{"sid":"a"}');
      },
    ],
  ])("does not end the connection when the main namespace was %s and is joined again", (_, goDown) => {
    const rig = connecting({ connect_timeout: 20 });
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve(OPEN, '40/a,{"sid":"b"}');
    goDown(rig);
    rig.told();
    rig.step(19);
    rig.main.connect_to_namespace();
    rig.step(2);
    expect(rig.told()).toEqual([]);
    rig.serve('40{"sid":"c"}');
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(c)"]);
  });
});

describe("a transport that cannot connect", () => {
  test("is a connect_error with what the transport said, then a reconnection", () => {
    const rig = connecting();
    const errors: unknown[] = [];
    rig.client.connect_error.connect((error) => errors.push(error));
    rig.peer.cut("transport error", "ECONNREFUSED");
    expect(errors).toEqual([]);
    rig.poll();
    expect(errors).toEqual([
      { message: "ECONNREFUSED", namespace: "/", code: Err.ERR_CANT_CONNECT, transport: "websocket" },
    ]);
    expect(rig.told()).toEqual(["connect_error(/, ECONNREFUSED)", "reconnecting(1, 0.25)"]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    expect(rig.client.get_last_error()).toContain("ECONNREFUSED");
  });

  test("without reconnection the state returns to DISCONNECTED and `disconnected` says so, once", () => {
    const rig = connecting({ reconnection: false });
    rig.peer.cut("transport error", "ECONNREFUSED");
    rig.poll();
    rig.step(60);
    expect(rig.told()).toEqual(["connect_error(/, ECONNREFUSED)", "disconnected(transport error)"]);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("a factory that throws is a failed attempt too, told in poll()", () => {
    const rig = new Rig({
      reconnection: false,
      transport_factory: () => {
        throw new Error("no network");
      },
    });
    expect(rig.client.connect_to_url("ws://test")).toBe(OK);
    expect(rig.told()).toEqual([]);
    rig.poll();
    expect(rig.told()).toEqual([
      expect.stringMatching(/^connect_error\(\/, .*no network/),
      "disconnected(transport error)",
    ]);
  });

  test("a factory that reports the end while it runs is a failed attempt, and its transport is closed", () => {
    const rig: Rig = new Rig({
      reconnection: false,
      transport_factory: (request, handler) => {
        const transport = rig.factory()(request, handler);
        handler.closed("transport error", "at once");
        return transport;
      },
    });
    rig.client.connect_to_url("ws://test");
    rig.poll();
    expect(rig.told()).toEqual(["connect_error(/, at once)", "disconnected(transport error)"]);
    expect(rig.peer.closed).toBe(true);
  });

  test("`transports` takes a factory as well as a name", () => {
    const rig: Rig = new Rig({
      transport_factory: null,
      transports: [(request, handler) => rig.factory(false, "carrier pigeon")(request, handler)],
    });
    expect(rig.client.connect_to_url("ws://test")).toBe(OK);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.client.get_transport()).toBe("carrier pigeon");
  });

  test("transport_factory takes the place of all of them", () => {
    const rig: Rig = new Rig({
      transports: [
        () => {
          throw new Error("not asked");
        },
      ],
    });
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });
});

test("a function for the URL that connects itself has connected: there is one connection", () => {
  const rig: Rig = new Rig();
  const codes: Err[] = [];
  const url = () => {
    if (rig.peers.length === 0) codes.push(rig.client.connect_to_url("ws://inner"));
    return "ws://outer";
  };
  codes.push(rig.client.connect_to_url(url));
  expect(codes).toEqual([OK, Err.ERR_ALREADY_IN_USE]);
  expect(rig.peers.map((peer) => new URL(peer.url).host)).toEqual(["inner"]);
  rig.client.close();
  expect(rig.peer.closed).toBe(true);
});
