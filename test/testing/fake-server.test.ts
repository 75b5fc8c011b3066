import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Err, OK, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { msgpack } from "socketio-gameloop/msgpack";
import { FakeServer } from "socketio-gameloop/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { connected, Game } from "./play.js";

describe("connecting", () => {
  test("takes until the clock is advanced, be it by 0", () => {
    const game = new Game(new FakeServer());
    game.client.connect_to_url("ws://test");
    game.client.poll();
    expect(game.server.connections).toEqual([]);
    game.clock.advance(0);
    game.client.poll();
    expect(game.news()).toEqual(["connected(socket-1)"]);
    expect(game.client.get_engine_io_session_id()).toBe("engine-1");
    expect(game.client.get_transport()).toBe("websocket");
    expect(game.server.sockets.map(({ id }) => id)).toEqual(["socket-1"]);
  });

  test("the server sees the auth, and what the connection was asked for with", () => {
    const server = new FakeServer();
    const game = new Game(server, { clientOptions: { query: { room: "7" }, extra_headers: { "x-key": "k" } } });
    game.client.connect_to_url("ws://test:1", { token: "secret", pid: "mine", offset: 3 });
    game.play(0.1);
    const [socket] = server.sockets;
    expect(socket?.auth).toEqual({ token: "secret", pid: "mine", offset: 3 });
    expect(socket?.connection).toBe(server.connections[0]);
    expect(socket?.connection.request.url).toBe("ws://test:1/socket.io/?room=7&EIO=4&transport=websocket");
    expect(socket?.connection.request.extra_headers).toEqual({ "x-key": "k" });
    expect(server.connections[0]?.sockets).toEqual([socket]);
  });

  test("a client that closes before is not there", () => {
    const game = new Game(new FakeServer());
    game.client.connect_to_url("ws://test");
    game.client.close();
    game.clock.advance(0);
    expect(game.server.connections).toEqual([]);
  });

  test("several clients", () => {
    const server = new FakeServer();
    const games = Array.from({ length: 3 }, () => new Game(server));
    for (const { client } of games) client.connect_to_url("ws://test");
    server.clock.advance(0);
    for (const { client } of games) client.poll();
    server.emit("tick", [1]);
    server.sockets[1]?.broadcast("moved", ["one"]);
    for (const { client } of games) client.poll();
    expect(games.map((game) => game.news().slice(1))).toEqual([
      ["tick [1]", 'moved ["one"]'],
      ["tick [1]"],
      ["tick [1]", 'moved ["one"]'],
    ]);
  });
});

describe("namespaces", () => {
  test("only those that were made exist", () => {
    const game = connected();
    game.server.of("/chat").on("connection", (socket) => socket.emit("hello", [socket.namespace.path]));
    game.client.create_namespace("/chat").connect_to_namespace({ name: "Ann" });
    game.client.create_namespace("/other").connect_to_namespace();
    game.play(0.1);
    expect(game.news()).toEqual(['hello ["/chat"]', "connect_error(/other, Invalid namespace)"]);
    expect(game.server.of("/chat").sockets[0]?.auth).toEqual({ name: "Ann" });
    expect(game.server.connections[0]?.sockets.map(({ namespace }) => namespace.path)).toEqual(["/", "/chat"]);
  });

  test("a middleware refuses with a message and data, or lets in", () => {
    const game = connected();
    const vip = game.server.of("/vip");
    vip.use((socket, next) => (socket.auth["token"] === "good" ? next() : next({ message: "no", data: { queue: 3 } })));
    const namespace = game.client.create_namespace("/vip");
    const errors: unknown[] = [];
    namespace.connect_error.connect((error) => errors.push(error));
    namespace.connect_to_namespace({ token: "bad" });
    game.play(0.1);
    expect(errors).toEqual([{ message: "no", namespace: "/vip", code: Err.ERR_UNAUTHORIZED, data: { queue: 3 } }]);
    namespace.connect_to_namespace({ token: "good" });
    game.play(0.1);
    expect(namespace.is_namespace_connected()).toBe(true);
  });

  test("middlewares are asked in turn and may take their time; only the first answer counts", () => {
    const game = connected();
    const slow = game.server.of("/slow");
    const asked: string[] = [];
    slow.use((_, next) => {
      asked.push("first");
      game.clock.after(2, () => {
        next();
        next({ message: "too late" });
      });
    });
    slow.use((_, next) => {
      asked.push("second");
      next();
    });
    const namespace = game.client.create_namespace("/slow");
    namespace.connect_to_namespace();
    game.play(1.9);
    expect(asked).toEqual(["first"]);
    expect(namespace.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTING);
    game.play(0.2);
    expect(asked).toEqual(["first", "second"]);
    expect(namespace.is_namespace_connected()).toBe(true);
    namespace.emit("hello");
    game.play(0.1);
    expect(slow.sockets[0]?.received).toEqual([{ event: "hello", data: [] }]);
    expect(game.news()).toEqual([]);
  });

  test("a middleware that answers after the connection is gone changes nothing", () => {
    const game = new Game(new FakeServer());
    game.server.use((_, next) => void game.clock.after(1, next));
    game.client.connect_to_url("ws://test");
    game.play(0.5);
    game.client.close();
    game.play(1);
    expect(game.server.sockets).toEqual([]);
  });

  test("leaving is told as socket.io tells it", () => {
    const game = connected();
    const reasons: string[] = [];
    game.server.sockets[0]?.on("disconnect", ([reason]) => reasons.push(reason));
    game.main.disconnect_from_namespace();
    game.play(0.1);
    expect(reasons).toEqual(["client namespace disconnect"]);
    expect(game.server.sockets).toEqual([]);
    expect(game.server.connections).toHaveLength(1);
  });
});

describe("events", () => {
  test("of the client reach the listeners while it writes, and are noted", () => {
    const game = connected();
    const [socket] = game.server.sockets;
    const got: unknown[] = [];
    socket?.on("move", (data) => got.push(data));
    socket?.once("move", () => got.push("once"));
    game.main.emit("move", [1, 2]);
    expect(got).toEqual([]);
    game.client.flush();
    expect(got).toEqual([[1, 2], "once"]);
    game.main.emit("move", [3]);
    game.main.emit("unheard", [{ deep: [true] }]);
    game.client.poll();
    expect(got).toEqual([[1, 2], "once", [3]]);
    expect(socket?.received).toEqual([
      { event: "move", data: [1, 2] },
      { event: "move", data: [3] },
      { event: "unheard", data: [{ deep: [true] }] },
    ]);
    socket?.off("move");
    game.main.emit("move", [4]);
    game.client.poll();
    expect(got).toHaveLength(3);
  });

  test("of the server are there for the next poll", () => {
    const game = connected();
    game.server.sockets[0]?.emit("tick");
    game.server.emit("say", ["ü", { a: [null] }]);
    expect(game.news()).toEqual([]);
    expect(game.client.poll()).toBeGreaterThan(0);
    expect(game.news()).toEqual(["tick []", 'say ["ü",{"a":[null]}]']);
  });

  test("data is a copy: what either side does with it afterwards does not reach the other", () => {
    const game = connected();
    const state = { x: 1, bytes: new Uint8Array([1]) };
    const got: unknown[] = [];
    game.main.on("state", ([received]) => got.push(received));
    game.server.emit("state", [state]);
    state.x = 2;
    state.bytes[0] = 2;
    game.client.poll();
    expect(got).toEqual([{ x: 1, bytes: new Uint8Array([1]) }]);
  });

  test("binary both ways, anywhere in the data", async () => {
    const game = connected();
    const [socket] = game.server.sockets;
    const got: unknown[] = [];
    game.main.on("map", (data) => got.push(data));
    socket?.emit("map", [{ tiles: Buffer.from([1, 2]) }, new Uint16Array([3]).buffer, "end"]);
    socket?.emit("map", [runInNewContext("Uint8Array.of(9).buffer")]);
    game.main.emit("upload", [new Uint8Array([7]), [new DataView(new ArrayBuffer(2))]]);
    game.client.poll();
    expect(got).toEqual([[{ tiles: new Uint8Array([1, 2]) }, new Uint8Array([3, 0]), "end"], [new Uint8Array([9])]]);
    expect(socket?.received).toEqual([{ event: "upload", data: [new Uint8Array([7]), [new Uint8Array(2)]] }]);
  });

  test("what looks like a placeholder in a packet without binary is data", () => {
    const game = connected();
    const lookalike = { _placeholder: true, num: 0 };
    game.main.emit("look", [lookalike]);
    game.client.poll();
    expect(game.server.sockets[0]?.received).toEqual([{ event: "look", data: [lookalike] }]);
  });

  test("a Blob is read first; what was sent after it comes after it, the end too", async () => {
    const game = connected();
    const [socket] = game.server.sockets;
    const reasons: string[] = [];
    socket?.on("disconnect", ([reason]) => reasons.push(reason));
    game.main.emit("file", [new Blob(["hi"])]);
    game.main.emit("after");
    game.client.close();
    expect(socket?.received).toEqual([]);
    await expect.poll(() => reasons).toEqual(["client namespace disconnect"]);
    expect(socket?.received).toEqual([
      { event: "file", data: [new Uint8Array([104, 105])] },
      { event: "after", data: [] },
    ]);
    expect(game.server.connections).toEqual([]);
  });

  test("EVENT_LATEST leaves out as it would over a network", () => {
    const game = connected();
    game.main.set_event_mode("state", SocketIONamespace.EVENT_LATEST);
    for (let tick = 1; tick <= 3; tick++) game.server.emit("state", [tick]);
    game.client.poll();
    expect(game.news()).toEqual(["state [3]"]);
  });

  test("a client that cannot keep up is slowed down, as Node does it", () => {
    const game = connected({}, { clientOptions: { max_queued_packets: 4, poll_max_packets: 1 } });
    for (let index = 0; index < 10; index++) game.server.emit("n", [index]);
    expect(game.client.get_pending_count()).toBe(4);
    game.play(0.5);
    expect(game.news()).toEqual(Array.from({ length: 10 }, (_, index) => `n [${index}]`));
  });

  test("what a listener throws comes out of the call that wrote the event; nothing is lost by it", () => {
    const game = connected();
    const [socket] = game.server.sockets;
    const got: unknown[] = [];
    socket?.on("a", () => {
      throw new Error("expected 1, got 2");
    });
    socket?.on("a", () => got.push("a"));
    socket?.on("b", () => got.push("b"));
    game.main.emit("a");
    game.main.emit("b");
    expect(() => game.client.poll()).toThrow("expected 1, got 2");
    expect(got).toEqual(["a", "b"]);
    game.main.emit("b");
    game.client.poll();
    expect(got).toEqual(["a", "b", "b"]);
    game.main.emit("a");
    expect(() => game.client.close()).toThrow("expected 1, got 2");
    expect(game.server.connections).toHaveLength(1);
    game.client.close();
    expect([game.server.connections, game.client.get_connection_state()]).toEqual([[], 0]);
  });

  test("of a middleware are heard when the client is in, and may be questions, as with socket.io", async () => {
    const server = new FakeServer();
    let lets: ((refusal?: { message: string }) => void) | null = null;
    const answers: unknown[] = [];
    server.use((socket, next) => {
      expect(socket.connected).toBe(false);
      socket.emit("early", [1]);
      socket.emit_with_ack("ask", [], (response, error) => answers.push([response, error]), 30);
      lets = next;
    });
    server.on("connection", (socket) => socket.emit("late", [2]));
    const game = new Game(server);
    game.main.on("ask", (_data, reply) => reply?.(["yes"]));
    game.client.connect_to_url("ws://test");
    game.play(1);
    expect(game.news()).toEqual([]);
    lets!();
    game.play(1);
    expect(game.news()).toEqual(["connected(socket-1)", "early [1]", "ask []", "late [2]"]);
    expect(answers).toEqual([[["yes"], OK]]);
  });

  test("of a middleware that refuses are not", () => {
    const game = connected();
    const answers: unknown[] = [];
    game.server.of("/vip").use((socket, next) => {
      const ask = (event: string) =>
        socket.emit_with_ack(event, [], (response, error) => answers.push([event, response, error]), 10);
      socket.emit("early");
      ask("before");
      next({ message: "no" });
      socket.emit("late");
      ask("after");
    });
    const vip = game.client.create_namespace("/vip");
    vip.connect_to_namespace();
    game.play(11);
    expect(game.news()).toEqual(["connect_error(/vip, no)"]);
    expect(answers).toEqual([
      ["before", ["timeout"], Err.ERR_TIMEOUT],
      ["after", ["timeout"], Err.ERR_TIMEOUT],
    ]);
    vip.connect_to_namespace();
    game.play(1);
    game.server.connections[0]?.close();
    game.clock.advance(10);
    expect(answers.slice(2)).toEqual([
      ["before", ["timeout"], Err.ERR_CONNECTION_ERROR],
      ["after", ["timeout"], Err.ERR_CONNECTION_ERROR],
    ]);
  });

  test("what cannot be sent is a TypeError, and nothing is sent", () => {
    const { server } = connected();
    const [socket] = server.sockets;
    expect(() => socket?.emit("disconnect")).toThrow(TypeError);
    expect(() => socket?.emit("x", "text" as never)).toThrow('emit "x": the data must be an array');
    expect(() => server.emit("x", 1 as never)).toThrow(TypeError);
    expect(() => socket?.emit("x", [1n])).toThrow(TypeError);
    expect(() => socket?.on("x", null as never)).toThrow(TypeError);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => socket?.emit("x", cycle)).toThrow(TypeError);
  });

  test.each(["the server", "the client"])("with a codec at %s alone the connection is closed", (who) => {
    const codec = msgpack();
    const isServer = who === "the server";
    const game = new Game(new FakeServer(isServer ? { codec } : {}), {
      clientOptions: { reconnection: false, ...(isServer ? {} : { codec }) },
    });
    game.client.connect_to_url("ws://test");
    game.play(0.1);
    expect(game.news()[0]).toMatch(/^connect_error\(\/, /);
    expect([game.server.connections, game.client.get_connection_state()]).toEqual([[], 0]);
  });

  test("with a codec that cannot read it the connection is closed, and says why", () => {
    const server = new FakeServer({ codec: msgpack() });
    const closed: string[] = [];
    for (const frame of ["40", new Uint8Array([0xc1]), new Uint8Array([0x80])]) {
      const line = server.transport_factory({ url: "ws://test", sid: "" } as never, {
        received() {},
        closed: (_, message) => closed.push(message),
      });
      server.clock.advance(0);
      line.send([frame]);
    }
    expect(closed).toHaveLength(3);
    expect(closed[0]).toMatch(/^the codec cannot read it: a text message/);
  });

  test("with a codec at both ends", () => {
    const codec = msgpack();
    const game = connected({ codec }, { clientOptions: { codec } });
    game.server.sockets[0]?.on("ask", ([bytes], reply) => reply?.([bytes.length, new Uint8Array([9])]));
    const answers: unknown[] = [];
    game.main.emit_with_ack("ask", [new Uint8Array(3)], (response) => answers.push(response));
    game.play(0.1);
    expect(answers).toEqual([[3, new Uint8Array([9])]]);
  });
});

describe("acknowledgements", () => {
  test("the server answers, once", () => {
    const game = connected();
    game.server.sockets[0]?.on("add", ([a, b], reply) => {
      reply?.([a + b]);
      reply?.(["again"]);
    });
    const answers: unknown[] = [];
    game.main.emit_with_ack("add", [1, 2], (response, error) => answers.push([response, error]));
    game.main.emit("add", [1, 2]);
    const before = game.client.get_stats().packets_received;
    game.play(0.1);
    expect(answers).toEqual([[[3], OK]]);
    expect(game.client.get_stats().packets_received).toBe(before + 1);
  });

  test("the server does not answer: the client's timeout passes in virtual time", () => {
    const game = connected();
    const answers: unknown[] = [];
    game.main.emit_with_ack("ask", [], (response, error) => answers.push([response, error]), 2);
    game.play(1.9);
    expect(answers).toEqual([]);
    game.play(0.2);
    expect(answers).toEqual([[["timeout"], Err.ERR_TIMEOUT]]);
  });

  test("the server asks: a callback or a promise", async () => {
    const game = connected();
    const [socket] = game.server.sockets;
    game.main.on("ready?", ([name], reply) => reply?.([`${name} is`]));
    const answers: unknown[] = [];
    socket?.emit_with_ack("ready?", ["Ann"], (response, error) => answers.push([response, error]));
    const promise = socket?.emit_with_ack("ready?", ["Bob"]);
    game.client.poll();
    expect(answers).toEqual([[["Ann is"], OK]]);
    await expect(promise).resolves.toEqual(["Bob is"]);
  });

  test("the client does not answer, or goes", async () => {
    const game = connected();
    const [socket] = game.server.sockets;
    const answers: unknown[] = [];
    const late = socket?.emit_with_ack("x", [], 1);
    game.play(1.1);
    await expect(late).rejects.toMatchObject({ code: Err.ERR_TIMEOUT });
    socket?.emit_with_ack("x", [], (response, error) => answers.push([response, error]));
    game.client.close();
    expect(answers).toEqual([[["timeout"], Err.ERR_CONNECTION_ERROR]]);
    socket?.emit_with_ack("x", [], (response, error) => answers.push([response, error]));
    game.play(0.1);
    expect(answers).toHaveLength(2);
    game.play(10);
    expect(answers).toHaveLength(2);
  });
});

describe("listeners", () => {
  test("are removed one by one, or all of an event; one that runs once may be removed before", () => {
    const game = connected();
    const [socket] = game.server.sockets;
    const got: string[] = [];
    const a = () => got.push("a");
    const b = () => got.push("b");
    for (const each of [a, b, a]) socket?.on("x", each);
    socket?.once("x", a);
    socket?.off("x", a);
    socket?.off("x", () => {});
    socket?.off("nobody listens to this", a);
    game.main.emit("x");
    game.client.poll();
    expect(got).toEqual(["b", "a", "a"]);
    // Of two that are the same, the one that runs once is gone.
    for (let times = 0; times < 2; times++) {
      game.main.emit("x");
      game.client.poll();
    }
    expect(got).toEqual(["b", "a", "a", "b", "a", "b", "a"]);
  });

  test("of connections too", () => {
    const server = new FakeServer();
    const seen: string[] = [];
    const first = () => seen.push("first");
    server.on("connection", first);
    server.on("connection", () => seen.push("second"));
    const join = () => {
      new Game(server).client.connect_to_url("ws://test");
      server.clock.advance(0);
    };
    join();
    server.off("connection", first);
    join();
    server.off("connection");
    join();
    expect(seen).toEqual(["first", "second", "second"]);
    expect(() => server.on("connect" as never, first)).toThrow(TypeError);
    expect(() => server.use(null as never)).toThrow(TypeError);
  });
});

test("event maps are those of the client, the other way round", () => {
  interface ToServer {
    move: (x: number) => void;
    buy: (item: string, answer: (gold: number) => void) => void;
  }
  interface ToClient {
    moved: (who: string, x: number) => void;
    ask: (question: string, answer: (text: string) => void) => void;
  }
  const server = new FakeServer<ToServer, ToClient>();
  server.on("connection", (socket) => {
    socket.on("move", ([x]) => {
      expectTypeOf(x).toEqualTypeOf<number>();
      socket.broadcast("moved", [socket.id, x]);
    });
    socket.on("disconnect", ([reason]) => expectTypeOf(reason).toEqualTypeOf<string>());
    socket.emit_with_ack("ask", ["?"], ([text]) => expectTypeOf(text).toEqualTypeOf<string>());
    // @ts-expect-error no such event
    socket.on("mvoe", () => {});
    // @ts-expect-error a string is wanted
    const wrong = () => socket.emit("moved", [1, 2]);
    expect(wrong).toBeTypeOf("function");
  });
  const main = new Game(server as unknown as FakeServer).main;
  expect(main.is_namespace_connected()).toBe(false);
  expectTypeOf(server.of<ToClient, ToServer>("/x").emit).toBeCallableWith("move", [1]);
});

describe("how it ends", () => {
  const endings: [string, (server: FakeServer) => void, string, string][] = [
    [
      "socket.disconnect()",
      (server) => server.sockets[0]?.disconnect(),
      "server namespace disconnect",
      "server disconnect",
    ],
    ["connection.close()", (server) => server.connections[0]?.close(), "forced server close", "transport close"],
    ["connection.cut()", (server) => server.connections[0]?.cut(), "transport error", "transport error"],
    ["stop()", (server) => server.stop(), "server shutting down", "transport close"],
  ];

  test.each(endings)("%s", (_, end, serverReason, clientReason) => {
    const game = connected();
    const reasons: string[] = [];
    game.server.sockets[0]?.on("disconnect", ([reason]) => reasons.push(reason));
    end(game.server);
    expect(reasons).toEqual([serverReason]);
    expect(game.server.sockets).toEqual([]);
    game.client.poll();
    expect(game.news()[0]).toBe(`disconnected(${clientReason})`);
  });

  test("what was emitted before the end is still delivered, before it", () => {
    const game = connected();
    game.server.emit("last", ["words"]);
    game.server.connections[0]?.cut();
    game.client.poll();
    expect(game.news().slice(0, 2)).toEqual(['last ["words"]', "disconnected(transport error)"]);
  });

  test("connection.hang(): both find out by the heartbeat", () => {
    const game = connected();
    const reasons: string[] = [];
    game.server.sockets[0]?.on("disconnect", ([reason]) => reasons.push(`${reason} at ${game.clock.now}`));
    game.server.connections[0]?.hang();
    game.play(44.9, 0.1);
    expect(reasons).toEqual([]);
    game.play(0.2, 0.1);
    expect(reasons).toEqual(["ping timeout at 45"]);
    expect(game.news()[0]).toBe("disconnected(ping timeout)");
  });

  test("the client closes", () => {
    const game = connected();
    const reasons: string[] = [];
    game.server.sockets[0]?.on("disconnect", ([reason]) => reasons.push(reason));
    game.main.emit("bye");
    game.client.close();
    expect(reasons).toEqual(["client namespace disconnect"]);
    expect(game.server.connections).toEqual([]);
  });

  test("what was written before it was known that its namespace was left is dropped", () => {
    const game = connected();
    const rooms = game.server.of("/room");
    rooms.on("connection", (socket) => socket.on("kick me", () => socket.disconnect()));
    const room = game.client.create_namespace("/room");
    room.connect_to_namespace();
    game.play(0.1);
    const [socket] = rooms.sockets;
    room.emit("kick me");
    room.emit("more");
    game.main.emit("after");
    game.play(0.1);
    expect(game.news()).toEqual([]);
    expect(room.get_connection_state()).toBe(SocketIONamespace.STATE_DISCONNECTED);
    expect([socket?.received.map(({ event }) => event), game.server.sockets[0]?.received.length]).toEqual([
      ["kick me"],
      1,
    ]);
  });

  test("a client that writes what no client may write is thrown out", () => {
    const server = new FakeServer();
    const closings: string[] = [];
    for (const frames of [
      ['42["x"]'],
      ["40", "40"],
      ["2"],
      ["40", '451-["x"]', '42["x"]'],
      ["40", "42{"],
      ["40", "42[1]"],
      ["40[]"],
      [new Uint8Array(1)],
      ["x".repeat(1_000_001)],
      ["40", '42["connect"]'],
      ["40", "44{}"],
      ["40", "48"],
      ["40", "3", "1", "42"],
      ["40", '439["nobody asked"]', "41", "41"],
      ["40", '451-["x",{"_placeholder":true,"num":1}]', new Uint8Array(1)],
      ["40", '451-["x",{"_placeholder":true,"num":"0"}]', new Uint8Array(1)],
    ]) {
      const line = server.transport_factory({ url: "ws://test", sid: "" } as never, {
        received() {},
        closed: (_, message) => closings.push(message.slice(0, 40)),
      });
      server.clock.advance(0);
      line.send(frames);
    }
    expect(closings).toEqual([
      "a packet for /, which is not joined",
      "a second CONNECT to /",
      "no Engine.IO packet that a client sends:",
      "text where 1 attachments are awaited: 42",
      "no JSON: 42{",
      'no packet that a client sends: {"type":2,'.slice(0, 40),
      'no packet that a client sends: {"type":0,'.slice(0, 40),
      "binary that no packet has announced",
      "the frame is too large (1009)",
      'no packet that a client sends: {"type":2,'.slice(0, 40),
      'no packet that a client sends: {"type":4,'.slice(0, 40),
      "no Socket.IO packet: 48",
      "",
      "a packet for /, which is not joined",
      "a placeholder without its attachment: 45",
      "a placeholder without its attachment: 45",
    ]);
    expect(server.connections).toEqual([]);
  });
});

describe("time", () => {
  test("the heartbeat keeps an idle game connected for an hour, and measures nothing but 0", () => {
    const game = connected();
    game.play(3600, 0.5);
    expect(game.news()).toEqual([]);
    expect(game.client.get_stats().rtt).toBe(0);
    expect(game.server.sockets).toHaveLength(1);
  });

  test("a client that does not answer pings is dropped", () => {
    const game = connected({ ping_interval: 2, ping_timeout: 1 }, { clientOptions: { heartbeat: "poll" } });
    game.clock.advance(2.9);
    expect(game.server.connections).toHaveLength(1);
    game.clock.advance(0.2);
    expect(game.server.connections).toHaveLength(0);
    game.client.poll();
    expect(game.news()[0]).toMatch(/^disconnected/);
  });

  test("a server that is down: attempts fail, and succeed when it is up again", () => {
    const game = connected();
    game.server.stop();
    expect(game.server.is_running).toBe(false);
    game.play(3);
    const news = game.news();
    expect(news[0]).toBe("disconnected(transport close)");
    expect(news).toContain("reconnecting(1, 0.25)");
    expect(news.join()).toContain("nobody listens");
    game.server.start();
    game.play(5);
    expect(game.news().at(-1)).toMatch(/^connected/);
  });
});

/** A client that is none of ours: what it writes, and what it has heard. */
function dial(server: FakeServer) {
  const frames: unknown[] = [];
  const line = server.transport_factory({ url: "ws://test", sid: "" } as never, {
    received: (frame) => frames.push(frame),
    closed: (reason, message) => frames.push(`${reason}: ${message}`),
  });
  server.clock.advance(0);
  return {
    say(...said: (string | Uint8Array)[]) {
      line.send(said);
      return frames.splice(0);
    },
    heard: () => frames.splice(0),
  };
}

describe("on the wire", () => {
  test("literally: opening, joining, events, acknowledgements, binary, heartbeat, leaving", () => {
    const server = new FakeServer();
    server.of("/chat").use((_, next) => next({ message: "no", data: [1] }));
    const { say, heard } = dial(server);
    expect(heard()).toEqual([
      '0{"sid":"engine-1","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}',
    ]);
    expect(say("40")).toEqual(['40{"sid":"socket-1"}']);
    expect(say("40/chat,", "40/none,")).toEqual([
      '44/chat,{"message":"no","data":[1]}',
      '44/none,{"message":"Invalid namespace"}',
    ]);
    const [socket] = server.sockets;
    socket?.on("ask", ([bytes], reply) => reply?.([bytes, "ü"]));
    expect(say('451-7["ask",{"_placeholder":true,"num":0}]', new Uint8Array([5]))).toEqual([
      '461-7[{"_placeholder":true,"num":0},"ü"]',
      new Uint8Array([5]),
    ]);
    socket?.emit("x", [1]);
    socket?.emit_with_ack("y", [], () => {});
    expect(heard()).toEqual(['42["x",1]', '420["y"]']);
    server.clock.advance(25);
    expect(heard()).toEqual(["2"]);
    expect(say("3", "41")).toEqual([]);
    expect(server.sockets).toEqual([]);
    expect(say("40")).toHaveLength(1);
    server.sockets[0]?.disconnect();
    expect(heard()).toEqual(["41"]);
  });

  test("recovery: what was missed and nothing else, before the answer; not for who has left or was never told anything", () => {
    const server = new FakeServer({ recovery: 10 });
    const first = dial(server);
    expect(first.say("40").at(-1)).toBe('40{"sid":"socket-1","pid":"private-1"}');
    server.emit("x", [1]);
    server.emit("x", [2]);
    expect(first.heard()).toEqual(['42["x",1,"N-1"]', '42["x",2,"N-2"]']);
    server.connections[0]?.cut();
    server.emit("x", [3]);
    const again = dial(server);
    again.heard();
    expect(again.say('40{"pid":"private-1","offset":"N-1"}')).toEqual([
      '42["x",2,"N-2"]',
      '42["x",3,"N-3"]',
      '40{"sid":"socket-1","pid":"private-1"}',
    ]);
    again.say("41");
    for (const auth of [
      '{"pid":"private-1","offset":"N-1"}',
      '{"pid":"private-2"}',
      '{"pid":"nobody","offset":"N-1"}',
    ]) {
      const other = dial(server);
      expect(other.say(`40${auth}`).at(-1)).toMatch(/^40\{"sid":"socket-[2-4]","pid":"private-[2-4]"\}$/);
    }
  });
});

describe("recovery", () => {
  function lose(recovery: number, seconds: number) {
    const game = connected({ recovery }, { clientOptions: { reconnection: { delay: seconds, jitter: 0 } } });
    const [socket] = game.server.sockets;
    if (socket) socket.data["score"] = 7;
    game.server.emit("n", [1]);
    game.client.poll();
    game.server.connections[0]?.cut();
    game.client.poll();
    game.server.emit("n", [2, { bytes: new Uint8Array([1]) }]);
    socket?.emit("n", [3]);
    game.news();
    game.play(seconds + 0.1);
    return game;
  }

  test("within its time: the same id, what was missed, the script's data", () => {
    const game = lose(120, 4);
    expect(game.news()).toEqual(["connected(socket-1)", 'n [2,{"bytes":{"0":1}}]', "n [3]"]);
    expect(game.main.is_recovered()).toBe(true);
    const [socket] = game.server.sockets;
    expect(socket?.recovered).toBe(true);
    expect(socket?.data).toEqual({ score: 7 });
    expect(socket?.auth).toEqual({});
    game.server.emit("n", [4]);
    game.client.poll();
    expect(game.news()).toEqual(["n [4]"]);
  });

  test("after it: a new session", () => {
    const game = lose(3, 4);
    expect(game.news()).toEqual(["connected(socket-2)"]);
    expect(game.main.is_recovered()).toBe(false);
  });

  test("not for who was thrown out or has left", () => {
    const game = connected({ recovery: 120 });
    game.server.emit("n", [1]);
    game.client.poll();
    game.client.close();
    game.client.connect_to_url("ws://test");
    game.play(0.1);
    expect(game.main.is_recovered()).toBe(false);
    expect(game.server.sockets).toHaveLength(1);
  });
});

describe("what a server with recovery keeps", () => {
  test("no session whose time is over, nor one that was not let in", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const server = new FakeServer({ recovery: 10 });
    const refused: WeakRef<object>[] = [];
    server.use((socket, next) => {
      if (socket.auth["token"] === "good") return next();
      refused.push(new WeakRef(socket.data));
      next({ message: "no" });
    });
    const lose = (auth: string) => {
      const { say } = dial(server);
      say(`40{"token":"${auth}"}`);
      const kept = server.sockets.map(({ data }) => new WeakRef(data));
      for (const connection of server.connections) connection.cut();
      return kept;
    };
    const lost = [1, 2, 3].flatMap(() => lose("good"));
    lose("bad");
    server.clock.advance(10);
    const later = lose("good");
    server.clock.advance(1);
    lose("good");
    await null;
    await new Promise(setImmediate);
    collect();
    const isKept = (all: WeakRef<object>[]) => all.map((each) => each.deref() !== undefined);
    expect([isKept(lost), isKept(refused), isKept(later)]).toEqual([[false, false, false], [false], [true]]);
  });

  test("of its events no more than a client can ask for that was there when it was pinged", () => {
    const server = new FakeServer({ recovery: 10, ping_interval: 1, ping_timeout: 1 });
    const first = dial(server);
    first.say("40");
    for (let second = 1; second <= 60; second++) {
      server.emit("x", [second]);
      server.clock.advance(1);
      first.say("3");
    }
    server.connections[0]?.cut();
    server.clock.advance(10);
    const ask = (offset: string) => {
      const { heard, say } = dial(server);
      heard();
      return say(`40{"pid":"private-1","offset":"${offset}"}`);
    };
    expect(ask("N-1")).toEqual(['40{"sid":"socket-2","pid":"private-2"}']);
    // It is 70 s now, and kept is what was emitted in the last 13 s, with the one before.
    const missed = ask("N-57");
    expect(missed.slice(0, 2)).toEqual(['42["x",58,"N-58"]', '42["x",59,"N-59"]']);
    expect(missed.at(-1)).toBe('40{"sid":"socket-1","pid":"private-1"}');
  });

  test("the last event, however long ago it was", () => {
    const game = connected({ recovery: 5 }, { clientOptions: { reconnection: { delay: 1, jitter: 0 } } });
    game.server.emit("n", [1]);
    game.play(600, 1);
    game.server.connections[0]?.cut();
    game.client.poll();
    for (let n = 2; n <= 4; n++) game.server.emit("n", [n]);
    game.news();
    game.play(2, 0.5);
    expect(game.news()).toEqual(["connected(socket-1)", "n [2]", "n [3]", "n [4]"]);
    expect(game.main.is_recovered()).toBe(true);
  });

  test("what a client has that did not poll for long: it asks for nothing that it has", () => {
    const game = connected(
      { recovery: 5 },
      { clientOptions: { reconnection: { delay: 0, jitter: 0 }, poll_max_packets: 1 } },
    );
    game.server.emit("n", [0]);
    game.client.poll();
    for (let n = 1; n <= 300; n++) {
      game.server.emit("n", [n]);
      game.clock.advance(1);
    }
    game.server.connections[0]?.cut();
    game.server.emit("n", [301]);
    game.news();
    for (let poll = 0; poll < 400; poll++) {
      game.clock.advance(0.01);
      game.client.poll();
    }
    const heard = game.news().filter((line) => line.startsWith("n "));
    expect(heard).toEqual(Array.from({ length: 301 }, (_, n) => `n [${n + 1}]`));
    expect(game.main.is_recovered()).toBe(true);
  });
});

test.each([
  [{ ping_interval: 0 }],
  [{ ping_timeout: Number.NaN }],
  [{ max_payload: -1 }],
  [{ recovery: -1 }],
  [{ recovery: Infinity }],
  [{ codec: {} }],
  [{ clock: () => 0 }],
  [{ pingInterval: 25 }],
  [null],
])("new FakeServer(%s) is a TypeError", (options) => {
  expect(() => new FakeServer(options as never)).toThrow(TypeError);
});

test("an option that is undefined is as if it was not given", () => {
  const options = { clock: undefined, ping_interval: undefined, recovery: undefined, codec: undefined } as never;
  const game = new Game(new FakeServer(options));
  game.client.connect_to_url("ws://test");
  game.play(60);
  expect(game.client.is_socket_connected()).toBe(true);
});

test("of() takes what can be a namespace", () => {
  const server = new FakeServer();
  expect(server.of("/a")).toBe(server.of("/a"));
  for (const path of ["a", "", "/a,b", "/a?b", "/\n"]) expect(() => server.of(path)).toThrow(TypeError);
});
