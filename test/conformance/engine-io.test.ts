/*
 * What Engine.IO 4 asks of a client, over real sockets: a scripted server says what a server may say and notes what the client
 * does. The specification's own suite takes the other side; this one turns it around.
 */
import { SocketIOClient, type SocketIONamespace } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { pollUntil } from "../support/real-server.js";
import { open, TestClock } from "../support/scripted-server.js";
import { until } from "../support/until.js";
import {
  BOTH,
  connected,
  connecting,
  type Exchange,
  type Frame,
  isPoll,
  isPost,
  OFFERS_WEBSOCKET,
  once,
  POLLING,
  taken,
  WEBSOCKET,
  type WireServer,
  wireServer,
} from "../support/wire-server.js";

const UPGRADING = { transports: ["polling", "websocket"] } as const;

describe("open", () => {
  test("polling: one GET of /socket.io/ with EIO and transport, without sid and body", async () => {
    const server = await wireServer({ script: () => true });
    const { player } = connecting(server, POLLING);
    await pollUntil(player, () => server.exchanges.length > 0);
    const [{ method, path, query, body }] = server.exchanges as [Exchange];
    expect({ method, path, body }).toEqual({ method: "GET", path: "/socket.io/", body: "" });
    expect(Object.fromEntries(query)).toEqual({ EIO: "4", transport: "polling" });
  });

  test("websocket: one connection to /socket.io/ with EIO and transport, without sid", async () => {
    const server = await wireServer({ open: "" });
    const { player } = connecting(server, WEBSOCKET);
    await pollUntil(player, () => server.sockets.length > 0);
    expect(server.socket.path).toBe("/socket.io/");
    expect(Object.fromEntries(server.socket.query)).toEqual({ EIO: "4", transport: "websocket" });
    expect(server.log).toEqual(["ws"]);
  });

  test("every request of a session has its id, whatever characters are in it", async () => {
    const server = await wireServer({ open: open({ sid: "a+b/c=&d é" }) });
    const { player, main } = await connected(server, POLLING);
    main.emit("e");
    await taken(server, player, 1);
    server.push("6");
    await pollUntil(player, () => server.poll !== null && server.exchanges.length > 1);
    for (const { query } of server.exchanges) {
      expect(Object.fromEntries(query)).toEqual({ EIO: "4", transport: "polling", sid: "a+b/c=&d é" });
    }
    expect(player.get_engine_io_session_id()).toBe("a+b/c=&d é");
  });

  test.each(BOTH)("%s: keys that it does not know are ignored", async (_, options) => {
    const server = await wireServer({ open: open({ color: "red", nested: { sid: 1 } }) });
    const { player } = await connected(server, options);
    expect(player.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });

  test.each([
    ["an Engine.IO 3 payload", '97:0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":5000}'],
    ["a web page", "<!doctype html><title>Welcome</title>"],
    ["nothing", ""],
    ["a message", '42["hello"]'],
    ["an open packet that is cut off", '0{"sid":"a","upgra'],
    ["an open packet without a session id", open({ sid: undefined })],
    ["a pingInterval that is no number", open({ pingInterval: "25000" })],
    ["a pingTimeout that is missing", open({ pingTimeout: undefined })],
    ["a negative maxPayload", open({ maxPayload: -1 })],
    ["upgrades that are no list", open({ upgrades: "websocket" })],
    ["binary", "bAAEC"],
  ])("%s is no handshake: a parse error that quotes it, on every transport", async (_, first) => {
    for (const [name, options] of BOTH) {
      const server = await wireServer({ open: first });
      const { player, told } = connecting(server, { ...options, reconnection: false });
      // An empty payload says nothing at all over WebSocket: there is no such frame to send.
      if (first === "" && name === "websocket") {
        await pollUntil(player, () => server.sockets.length > 0);
        server.socket.send("");
      }
      await pollUntil(player, () => told.length > 1);
      expect(told[0]).toMatch(/^connect_error\(\/, expected .+, got .*\)$/s);
      expect(told.slice(1)).toEqual(["disconnected(parse error)"]);
      expect(server.received).toEqual([]);
    }
  });
});

describe("HTTP long-polling", () => {
  test("one GET and at most one POST are in flight, however much goes both ways; all arrives, in order", async () => {
    const server = await wireServer();
    const { player, main, told } = await connected(server, POLLING);
    for (let i = 0; i < 60; i++) {
      main.emit("up", [i]);
      server.push(`42["down",${i}]`);
      player.poll();
      if (i % 7 === 0) await new Promise(setImmediate);
    }
    const up = await taken(server, player, 60);
    await pollUntil(player, () => told.length === 60);
    expect(up).toEqual(Array.from({ length: 60 }, (_, i) => `42["up",${i}]`));
    expect(told).toEqual(Array.from({ length: 60 }, (_, i) => `/ down [${i}]`));
    expect(server.most).toEqual({ GET: 1, POST: 1 });
  });

  test("while a GET waits for an answer, POSTs go", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, POLLING);
    const waiting = server.poll!;
    for (const name of ["a", "b", "c"]) {
      main.emit(name);
      expect(await taken(server, player, 1)).toEqual([`42["${name}"]`]);
    }
    expect(server.poll).toBe(waiting);
    expect(waiting.inFlight).toBe(true);
  });

  test("what is sent in one frame goes in one POST; what is sent while it is in flight goes in the next", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, POLLING);
    let first: Exchange | null = null;
    server.script = once(isPost, (exchange) => {
      first = exchange;
    });
    main.emit("a");
    main.emit("b");
    await pollUntil(player, () => first !== null);
    main.emit("c");
    player.poll();
    main.emit("d");
    player.poll();
    expect(server.posts).toHaveLength(1);
    first!.answer("ok");
    await taken(server, player, 2);
    expect(server.posts.map(({ body }) => body)).toEqual(['42["a"]\x1e42["b"]', '42["c"]\x1e42["d"]']);
  });

  test("a payload is split at each record separator, which cannot be in a packet", async () => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, POLLING);
    server.push('42["a"]', '42["b"]', '42["\\u001e"]');
    main.emit("\x1e", ["\x1e"]);
    await pollUntil(player, () => told.length === 3);
    expect(told).toEqual(["/ a []", "/ b []", "/ \x1e []"]);
    expect(await taken(server, player, 1)).toEqual(['42["\\u001e","\\u001e"]']);
  });

  test("binary is `b` and base64, both ways", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, POLLING);
    const files: unknown[] = [];
    main.on("file", ([file]) => files.push(file));
    server.poll!.answer('451-["file",{"_placeholder":true,"num":0}]\x1ebAQIDBA==');
    main.emit("file", [Uint8Array.of(1, 2, 3, 4)]);
    await taken(server, player, 2);
    await pollUntil(player, () => files.length > 0);
    expect(files).toEqual([Uint8Array.of(1, 2, 3, 4)]);
    expect(server.posts.map(({ body }) => body)).toEqual(['451-["file",{"_placeholder":true,"num":0}]\x1ebAQIDBA==']);
  });

  test("a POST is UTF-8 text and says how long it is", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, POLLING);
    main.emit("chat", ["é 世界 🎮"]);
    expect(await taken(server, player, 1)).toEqual(['42["chat","é 世界 🎮"]']);
    const { headers, body } = server.posts[0]!;
    expect(headers["content-type"]).toBe("text/plain;charset=UTF-8");
    expect(headers["content-length"]).toBe(`${Buffer.byteLength(body)}`);
    expect(headers["transfer-encoding"]).toBeUndefined();
  });

  test.each([201, 204, 304, 404, 502])("only 200 is success: %i ends the session", async (status) => {
    const server = await wireServer();
    const { player, main, told } = await connected(server, { ...POLLING, reconnection: false });
    server.script = once(isPost, (exchange) => exchange.answer("", status));
    main.emit("e");
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["disconnected(transport error)"]);
    expect(player.get_last_error()).toContain(`HTTP status ${status}`);
  });

  test("an answer that is cut off is none", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, { ...POLLING, reconnection: false });
    server.poll!.cutOff('42["whole"]\x1e42["ha');
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["disconnected(transport error)"]);
  });
});

describe("WebSocket", () => {
  test("one packet is one frame: text for text, and bare binary without a type", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, WEBSOCKET);
    const files: unknown[] = [];
    main.on("file", ([file]) => files.push(file));
    main.emit("a");
    main.emit("file", [Uint8Array.of(1, 2)]);
    server.push('451-["file",{"_placeholder":true,"num":0}]', Uint8Array.of(4, 0, 255));
    expect(await taken(server, player, 3)).toEqual([
      '42["a"]',
      '451-["file",{"_placeholder":true,"num":0}]',
      Uint8Array.of(1, 2),
    ]);
    await pollUntil(player, () => files.length > 0);
    expect(files).toEqual([Uint8Array.of(4, 0, 255)]);
  });

  test("no HTTP request is made", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, WEBSOCKET);
    main.emit("a");
    await taken(server, player, 1);
    expect(server.exchanges).toEqual([]);
  });
});

describe("heartbeat", () => {
  test.each(BOTH)(
    "%s: each ping is answered when it comes, also between messages, and without a poll",
    async (_, options) => {
      const server = await wireServer();
      const { told, player } = await connected(server, options);
      server.push("2");
      // Nobody polls here.
      await until(() => server.received.length === 1);
      await until(() => options === WEBSOCKET || server.poll !== null);
      server.push('42["a"]', "2", '42["b"]');
      await until(() => server.received.length === 2);
      expect(server.received).toEqual(["3", "3"]);
      expect(told).toEqual([]);
      player.poll();
      expect(told).toEqual(["/ a []", "/ b []"]);
    },
  );

  test.each(BOTH)(
    "%s: without a ping for pingInterval + pingTimeout the session is dead, and closed",
    async (_, options) => {
      const clock = new TestClock();
      const server = await wireServer({ open: open({ pingInterval: 300, pingTimeout: 200 }) });
      const { player, told } = await connected(server, { ...options, clock: clock.read, reconnection: false });
      clock.advance(0.4);
      server.push("2");
      await taken(server, player, 1);
      clock.advance(0.49);
      player.poll();
      expect(told).toEqual([]);
      clock.advance(0.02);
      player.poll();
      expect(told).toEqual(["disconnected(ping timeout)"]);
      await until(() => (options === WEBSOCKET ? server.socket.closeCode !== null : server.poll === null));
    },
  );

  test.each(BOTH)("%s: it never writes a ping", async (_, options) => {
    const clock = new TestClock();
    const server = await wireServer();
    const { player, main } = await connected(server, { ...options, clock: clock.read });
    for (let i = 0; i < 10; i++) {
      clock.advance(40);
      await pollUntil(player, () => options === WEBSOCKET || server.poll !== null);
      server.push("2");
      await pollUntil(player, () => server.received.length === i + 1);
    }
    main.emit("end");
    await pollUntil(player, () => server.received.length === 11);
    expect(server.received).toEqual([...Array(10).fill("3"), '42["end"]']);
  });
});

describe("upgrade", () => {
  /** A session by polling whose WebSocket is open, and which has written the probe; the test goes on from there. */
  async function probing(options = {}) {
    const server = await wireServer({ open: OFFERS_WEBSOCKET, socketScript: (_, frame) => frame === "2probe" });
    const made = connecting(server, { ...UPGRADING, ...options });
    await pollUntil(made.player, () => server.received.includes("40"));
    server.push('40{"sid":"a"}');
    await pollUntil(made.player, () => made.told.includes("connected(a)"));
    await pollUntil(made.player, () => server.poll !== null && server.log.includes("ws < 2probe"));
    for (const notes of [made.told, server.received, server.log, server.exchanges]) notes.length = 0;
    return { server, ...made };
  }

  const released = async (server: WireServer, player: SocketIOClient) => {
    server.push("6");
    await pollUntil(player, () => server.socket.frames.includes("5"));
  };

  test("opens with the session's id, writes 2probe, gets 3probe, ends its requests, writes 5, and goes on", async () => {
    const { server, player, main, told } = await probing();
    expect(Object.fromEntries(server.socket.query)).toEqual({ EIO: "4", transport: "websocket", sid: "engine" });
    server.socket.send("3probe");
    await released(server, player);
    main.emit("moved");
    server.push('42["moved"]');
    await taken(server, player, 1);
    await pollUntil(player, () => told.length === 2);
    expect(server.socket.frames).toEqual(["2probe", "5", '42["moved"]']);
    expect(told).toEqual(["transport_changed(websocket)", "/ moved []"]);
    expect(player.get_transport()).toBe("websocket");
    expect(player.get_engine_io_session_id()).toBe("engine");
    expect(server.exchanges).toEqual([]);
  });

  test("until 3probe everything goes on by polling", async () => {
    const { server, player, main, told } = await probing();
    main.emit("up");
    server.push('42["down"]', "2");
    expect(await taken(server, player, 2)).toEqual(['42["up"]', "3"]);
    await pollUntil(player, () => server.poll !== null);
    expect(told).toEqual(["/ down []"]);
    expect(server.socket.frames).toEqual(["2probe"]);
  });

  test("after 3probe no request is made; the GET in flight is waited for, and what it brings comes first", async () => {
    const { server, player, main, told } = await probing();
    const waiting = server.poll!;
    server.socket.send("3probe");
    await settledOn(player, server);
    main.emit("after", [1]);
    main.emit("after", [2]);
    player.poll();
    expect(server.socket.frames).toEqual(["2probe"]);
    expect(waiting.inFlight).toBe(true);
    waiting.answer('42["before"]\x1e2');
    await pollUntil(player, () => server.received.length === 3);
    server.push('42["behind"]');
    await pollUntil(player, () => told.includes("/ behind []"));
    // The pong has not waited for what was emitted meanwhile.
    expect(server.socket.frames).toEqual(["2probe", "5", "3", '42["after",1]', '42["after",2]']);
    expect(told).toEqual(["/ before []", "transport_changed(websocket)", "/ behind []"]);
    expect(server.exchanges).toEqual([]);
  });

  test("a POST in flight is waited for as well", async () => {
    const { server, player, main } = await probing();
    let post: Exchange | null = null;
    server.script = once(isPost, (exchange) => {
      post = exchange;
    });
    main.emit("in flight");
    await pollUntil(player, () => post !== null);
    main.emit("behind it");
    player.poll();
    server.socket.send("3probe");
    server.push("6");
    await settledOn(player, server);
    expect(server.socket.frames).toEqual(["2probe"]);
    post!.answer("ok");
    await pollUntil(player, () => server.socket.frames.length === 3);
    expect(server.socket.frames).toEqual(["2probe", "5", '42["behind it"]']);
    expect(server.posts).toHaveLength(1);
  });

  test("while both sides send as fast as they can nothing is lost, doubled or reordered", async () => {
    const server = await wireServer({ open: OFFERS_WEBSOCKET });
    const { player, told, main } = connecting(server, UPGRADING);
    await pollUntil(player, () => server.received.includes("40"));
    server.push('40{"sid":"a"}');
    let sent = 0;
    const flood = () => {
      main.emit("up", [sent]);
      server.push(`42["down",${sent++}]`);
      return told.includes("transport_changed(websocket)") && sent > 200;
    };
    await pollUntil(player, () => told.includes("connected(a)"));
    for (;;) {
      if (flood()) break;
      player.poll();
      await new Promise(setImmediate);
    }
    await pollUntil(player, () => server.received.length === sent + 1 && told.length === sent + 2);
    expect(server.received).toEqual(["40", ...Array.from({ length: sent }, (_, i) => `42["up",${i}]`)]);
    const delivered = told.filter((line) => line.startsWith("/ down"));
    expect(delivered).toEqual(Array.from({ length: sent }, (_, i) => `/ down [${i}]`));
    expect(server.most).toEqual({ GET: 1, POST: 1 });
    expect(server.log.filter((line) => line.startsWith("not before 5"))).toEqual([]);
    const [before, after] = [
      server.log.slice(0, server.log.indexOf("ws < 5")),
      server.log.slice(server.log.indexOf("ws < 5")),
    ];
    expect(before.filter((line) => line.startsWith("POST")).length).toBeGreaterThan(0);
    expect(after.filter((line) => !line.startsWith("ws < "))).toEqual([]);
  });

  test.each<[string, Frame]>([
    ["a pong without `probe`", "3"],
    ["another pong", "3prob"],
    ["a message", '42["early"]'],
    ["a ping", "2"],
    ["a close", "1"],
    ["binary", Uint8Array.of(3)],
    ["nothing", ""],
  ])("the answer to the probe is %s: the session stays with polling", async (_, answer) => {
    const { server, player, main, told } = await probing();
    server.socket.send(answer);
    await pollUntil(player, () => server.socket.closeCode !== null);
    await goesOn(server, player, main, told);
  });

  test("the WebSocket is refused: the session stays with polling", async () => {
    const server = await wireServer({ open: OFFERS_WEBSOCKET });
    server.refusesSockets = true;
    const { player, main, told } = await connected(server, UPGRADING);
    await goesOn(server, player, main, told);
  });

  test("the WebSocket is lost before 3probe: the session stays with polling", async () => {
    const { server, player, main, told } = await probing();
    server.socket.socket.terminate();
    await until(() => server.socket.closeCode !== null);
    await goesOn(server, player, main, told);
  });

  test("the WebSocket is lost after 3probe: what waited goes by polling", async () => {
    const { server, player, main, told } = await probing();
    server.socket.send("3probe");
    await settledOn(player, server);
    main.emit("waiting");
    player.poll();
    server.socket.socket.terminate();
    expect(await taken(server, player, 1)).toEqual(['42["waiting"]']);
    await goesOn(server, player, main, told);
  });

  test("no answer to the probe within 10 s: the session stays with polling, and the WebSocket is closed", async () => {
    const clock = new TestClock();
    const { server, player, main, told } = await probing({ clock: clock.read });
    clock.advance(9.9);
    player.poll();
    expect(server.socket.closeCode).toBeNull();
    clock.advance(0.2);
    await pollUntil(player, () => server.socket.closeCode !== null);
    await goesOn(server, player, main, told);
  });

  test("a GET that is not released within 10 s: the session stays with polling, and with that GET", async () => {
    const clock = new TestClock();
    const { server, player, main, told } = await probing({ clock: clock.read });
    server.socket.send("3probe");
    await settledOn(player, server);
    main.emit("waiting");
    clock.advance(10.1);
    expect(await taken(server, player, 1)).toEqual(['42["waiting"]']);
    await goesOn(server, player, main, told);
    expect(server.most).toEqual({ GET: 1, POST: 1 });
  });

  test("a session that ends meanwhile ends both; nothing hangs", async () => {
    const { server, player, told } = await probing();
    const waiting = server.poll!;
    server.socket.send("3probe");
    await settledOn(player, server);
    player.close();
    await pollUntil(player, () => server.socket.closeCode !== null && waiting.aborted);
    expect(server.received).toEqual(["41", "1"]);
    expect(told).toEqual(["disconnected(client disconnect)"]);
  });

  test.each([
    ["the server does not offer it", open({}), {}],
    ["upgrade is false", OFFERS_WEBSOCKET, { upgrade: false }],
    ["WebSocket is not among the transports", OFFERS_WEBSOCKET, POLLING],
    ["the server offers what nobody knows", open({ upgrades: ["carrier-pigeon", 7, null] }), {}],
  ])("%s: there is none", async (_, first, options) => {
    const server = await wireServer({ open: first });
    const { player, main, told } = await connected(server, { ...UPGRADING, ...options });
    await goesOn(server, player, main, told);
    expect(server.sockets).toEqual([]);
  });

  /** Traffic goes both ways by polling. */
  async function goesOn(server: WireServer, player: SocketIOClient, main: SocketIONamespace, told: string[]) {
    main.emit("still here");
    expect(await taken(server, player, 1)).toEqual(['42["still here"]']);
    await pollUntil(player, () => server.poll !== null);
    server.push('42["you too"]');
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["/ you too []"]);
    expect(player.get_transport()).toBe("polling");
  }

  /** Lets the client take what was written to its WebSocket last, which it answers by doing nothing. */
  async function settledOn(player: SocketIOClient, { socket }: WireServer) {
    let heard = false;
    socket.socket.ping();
    socket.socket.once("pong", () => {
      heard = true;
    });
    await pollUntil(player, () => heard);
  }
});

describe("close", () => {
  test("websocket: close() writes a DISCONNECT and closes", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, WEBSOCKET);
    main.emit("last");
    player.close();
    await until(() => server.socket.closeCode !== null);
    expect(server.log).toEqual(['ws < 42["last"]', "ws < 41", expect.stringMatching(/^ws closed 100[05]$/)]);
  });

  test("polling: close() posts what waits, a DISCONNECT and `1`", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, POLLING);
    main.emit("last");
    player.close();
    await until(() => server.received.includes("1"));
    expect(server.received).toEqual(['42["last"]', "41", "1"]);
  });

  test.each(BOTH)("%s: a `1` from the server closes; what came before it is delivered", async (_, options) => {
    const server = await wireServer();
    const { player, told } = await connected(server, { ...options, reconnection: false });
    server.push('42["last"]', "1", '42["never"]');
    await pollUntil(player, () => told.length > 1);
    expect(told).toEqual(["/ last []", "disconnected(transport close)"]);
  });

  test.each(["7", "9", "abc", "5", "-1", " 2", "{}", ""])(
    "%j is no packet: a parse error, and the session is closed",
    async (packet) => {
      for (const [name, options] of BOTH) {
        const server = await wireServer();
        const { player, told } = await connected(server, { ...options, reconnection: false });
        server.push(packet);
        await pollUntil(player, () => told.length > 0);
        expect(told).toEqual(["disconnected(parse error)"]);
        expect(player.get_last_error()).toContain(`got ${JSON.stringify(packet)}`);
        await until(() => (name === "websocket" ? server.socket.closeCode !== null : server.received.includes("1")));
      }
    },
  );

  test("polling: nothing is posted to a session that the server does not know any more", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, POLLING);
    server.script = once(isPoll, (exchange) => exchange.answer('{"code":1,"message":"Session ID unknown"}', 400));
    server.push("6");
    await pollUntil(player, () => server.received.length > 0);
    expect(told).toEqual(["disconnected(transport error)"]);
    expect(server.received).toEqual(["40"]);
  });

  test("polling: nor to one that the server has ended by `1`", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, POLLING);
    server.push("1");
    await pollUntil(player, () => server.received.includes("40"));
    expect(told).toEqual(["disconnected(transport close)"]);
    expect(server.received).toEqual(["40"]);
  });
});
