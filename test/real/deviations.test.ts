/*
 * What servers that others wrote do differently on the wire, each said by a scripted server over real sockets, and what the
 * client makes of it. Who does it stands in parentheses.
 */
import { Err, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { pollUntil } from "../support/real-server.js";
import { connected as joined, open, Rig, TestClock } from "../support/scripted-server.js";
import {
  BOTH,
  connected,
  connecting,
  type Exchange,
  forget,
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

/** A session that was opened by polling and has moved to WebSocket. */
async function upgraded(server: WireServer) {
  server.open = OFFERS_WEBSOCKET;
  const made = connecting(server, { transports: ["polling", "websocket"] });
  await pollUntil(made.player, () => server.received.includes("40"));
  server.push('40{"sid":"a"}');
  await pollUntil(made.player, () => made.player.get_transport() === "websocket");
  await pollUntil(made.player, () => made.told.includes("connected(a)"));
  forget(server, made.told);
  return made;
}

describe("1: a request with more than 16 packets is dropped, and answered with `OK` as any other (Python)", () => {
  const dropsMany = (exchange: Exchange) => {
    if (exchange.packets.length <= 16) return false;
    exchange.answer("OK");
    return true;
  };
  const PYTHON = { script: dropsMany, accepted: "OK" };

  test("40 events of one frame go in requests of at most 16 packets, one after the other; none is lost", async () => {
    const server = await wireServer(PYTHON);
    const { player, main } = await connected(server, POLLING);
    for (let i = 0; i < 40; i++) main.emit("tick", [i]);
    expect(await taken(server, player, 40)).toEqual(Array.from({ length: 40 }, (_, i) => `42["tick",${i}]`));
    expect(server.posts.map(({ packets }) => packets.length)).toEqual([16, 16, 8]);
    expect(server.most).toEqual({ GET: 1, POST: 1 });
  });

  test("an attachment is a packet too", async () => {
    const server = await wireServer(PYTHON);
    const { player, main } = await connected(server, POLLING);
    for (let i = 0; i < 9; i++) main.emit("tick", [Uint8Array.of(i)]);
    const packets = await taken(server, player, 18);
    expect(packets.slice(-2)).toEqual(['451-["tick",{"_placeholder":true,"num":0}]', Uint8Array.of(8)]);
    expect(server.posts.map(({ packets }) => packets.length)).toEqual([16, 2]);
  });

  test("a server that answers with `ok`, as the reference does, gets no more: others may say that as well", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, POLLING);
    for (let i = 0; i < 20; i++) main.emit("tick", [i]);
    expect(await taken(server, player, 20)).toHaveLength(20);
    expect(server.posts.map(({ packets }) => packets.length)).toEqual([16, 4]);
  });

  test.each([
    [3, [3, 3, 3, 3, 3, 3, 2]],
    [Infinity, [20]],
  ])("polling_max_packets: %d sets another limit", async (polling_max_packets, sizes) => {
    const server = await wireServer();
    const { player, main } = await connected(server, { ...POLLING, polling_max_packets });
    for (let i = 0; i < 20; i++) main.emit("tick", [i]);
    await taken(server, player, 20);
    expect(server.posts.map(({ packets }) => packets.length)).toEqual(sizes);
  });
});

describe("2: an event comes before the answer to CONNECT (Python, Java)", () => {
  test.each(BOTH)("%s: it waits, and is delivered after `connected`, in order", async (_, options) => {
    const server = await wireServer();
    const { player, told } = connecting(server, options);
    await pollUntil(player, () => server.received.includes("40"));
    server.push('42["auth",{"token":1}]', '40{"sid":"a"}', '42["later"]');
    await pollUntil(player, () => told.includes("/ later []"));
    expect(told).toEqual(["connected(a)", '/ auth [{"token":1}]', "/ later []"]);
  });
});

describe("3: CONNECT_ERROR is a string (Python, Java)", () => {
  test.each(BOTH)("%s: the string is the message", async (_, options) => {
    const server = await wireServer();
    const { player, told } = await connected(server, options);
    player.create_namespace("/x").connect_to_namespace();
    await taken(server, player, 1);
    server.push('44/x,"Unable to connect"');
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["connect_error(/x, Unable to connect)"]);
    expect(player.is_socket_connected()).toBe(true);
  });

  test("an object keeps its data", () => {
    const rig = joined();
    const errors: unknown[] = [];
    rig.client.connect_error.connect((error) => errors.push(error));
    rig.client.create_namespace("/x").connect_to_namespace();
    rig.poll();
    rig.serve('44/x,{"message":"not authorized","data":{"code":401}}');
    const error = { message: "not authorized", namespace: "/x", code: Err.ERR_UNAUTHORIZED, data: { code: 401 } };
    expect(errors).toEqual([error]);
  });
});

test("4: CONNECT_ERROR is an object without data (Rust): nor has the error any", () => {
  const rig = joined();
  const errors: unknown[] = [];
  rig.client.connect_error.connect((error) => errors.push(error));
  rig.client.create_namespace("/x").connect_to_namespace();
  rig.poll();
  rig.serve('44/x,{"message":"not authorized"}');
  expect(errors).toStrictEqual([{ message: "not authorized", namespace: "/x", code: Err.ERR_UNAUTHORIZED }]);
});

describe("5: the handshake has no maxPayload (Java)", () => {
  test.each(BOTH)("%s: there is no limit to what is sent", async (_, options) => {
    const server = await wireServer({ open: open({ maxPayload: undefined }) });
    const { player, main } = await connected(server, options);
    const text = "x".repeat(2_000_000);
    expect(main.emit("large", [text])).toBe(Err.OK);
    expect(await taken(server, player, 1)).toEqual([`42["large","${text}"]`]);
  });

  test("but at most 16 packets go in one request", async () => {
    const server = await wireServer({ open: open({ maxPayload: undefined }), accepted: "OK" });
    const { player, main } = await connected(server, POLLING);
    for (let i = 0; i < 17; i++) main.emit("tick", [i]);
    await taken(server, player, 17);
    expect(server.posts.map(({ packets }) => packets.length)).toEqual([16, 1]);
  });
});

describe("6: pingInterval is 0 where it was set below a second (Python)", () => {
  test("the session is dead pingTimeout after the last ping", () => {
    const rig = new Rig();
    rig.client.connect_to_url("ws://test");
    rig.serve(open({ pingInterval: 0, pingTimeout: 5000 }), '40{"sid":"a"}');
    rig.step(4);
    rig.serve("2");
    expect(rig.sent()).toEqual(["40", "3"]);
    rig.step(4.9);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    rig.step(0.2);
    expect(rig.told()).toContain("disconnected(ping timeout)");
  });

  test("with a pingTimeout of 0 as well nobody can say when it is dead: it lives", () => {
    const rig = new Rig();
    rig.client.connect_to_url("ws://test");
    rig.serve(open({ pingInterval: 0, pingTimeout: 0 }), '40{"sid":"a"}');
    rig.step(3600);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  });

  test("the spacing of pings says nothing about the round trip", () => {
    const rig = new Rig();
    rig.client.connect_to_url("ws://test");
    rig.serve(open({ pingInterval: 0, pingTimeout: 5000 }), '40{"sid":"a"}');
    const { rtt } = rig.client.get_stats();
    rig.serve("2");
    rig.clock.advance(0.5);
    rig.serve("2");
    expect(rig.client.get_stats().rtt).toBe(rtt);
  });
});

describe("7: a ping comes at once, in one payload with other packets, or where a noop is due (Rust, Java)", () => {
  test("it is answered, and what surrounds it is delivered", async () => {
    const server = await wireServer({ open: `${open({})}\x1e2` });
    const { player, told } = connecting(server, POLLING);
    expect(await taken(server, player, 2)).toEqual(["40", "3"]);
    server.push('42["early"]', "2", '40{"sid":"a"}', '42["late"]');
    expect(await taken(server, player, 1)).toEqual(["3"]);
    await pollUntil(player, () => told.includes("/ late []"));
    expect(told).toEqual(["connected(a)", "/ early []", "/ late []"]);
  });

  test.each([
    ["in one payload", [["2", "2"]]],
    ["one soon after the other", [["2"], ["2"]]],
  ])("two pings %s while a POST is in flight are no sign that it hangs", async (_, answers) => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, POLLING);
    let post: Exchange | null = null;
    server.script = once(isPost, (exchange) => {
      post = exchange;
    });
    main.emit("slow");
    await pollUntil(player, () => post !== null);
    for (const packets of answers) {
      server.push(...packets);
      await pollUntil(player, () => server.poll !== null);
    }
    post!.answer("ok");
    expect(await taken(server, player, 2)).toEqual(["3", "3"]);
    expect(told).toEqual([]);
  });

  test.each([
    ["a ping", ["2"], []],
    ["data", ['42["during"]'], ["/ during []"]],
    ["a noop", ["6"], []],
  ])("%s releases the GET of a session that moves", async (_, release, delivered) => {
    const server = await wireServer({ release });
    const { player, told, main } = await upgradedWith(server);
    main.emit("moved");
    const answers = release[0] === "2" ? ["3"] : [];
    expect(await taken(server, player, 1 + answers.length)).toEqual([...answers, '42["moved"]']);
    expect(told.filter((line) => line.startsWith("/ "))).toEqual(delivered);
    expect(server.socket.frames.slice(0, 2)).toEqual(["2probe", "5"]);
  });

  async function upgradedWith(server: WireServer) {
    server.open = OFFERS_WEBSOCKET;
    const made = connecting(server, { transports: ["polling", "websocket"] });
    // The GET is released when the probe comes, so what is pushed now comes by WebSocket.
    server.socketScript = (_, frame) => {
      if (frame === "5") queueMicrotask(() => server.push('40{"sid":"a"}'));
      return false;
    };
    await pollUntil(made.player, () => made.told.includes("connected(a)"));
    server.received.splice(0, server.received.indexOf("40") + 1);
    return made;
  }
});

test("8: a noop comes over WebSocket after the upgrade (Java): it is ignored", async () => {
  const server = await wireServer();
  const { player, told, main } = await upgraded(server);
  server.push("6", '42["after"]', "6");
  await pollUntil(player, () => told.length > 0);
  main.emit("still here");
  expect(await taken(server, player, 1)).toEqual(['42["still here"]']);
  expect(told).toEqual(["/ after []"]);
});

describe("9: answers differ in words and content type (Python, Go, Java)", () => {
  test.each([
    ["OK", "text/html"],
    ["ok", "text/plain; charset=UTF-8"],
    ["", "application/octet-stream"],
  ])("a POST that is answered with %j as %s has succeeded", async (body, type) => {
    const server = await wireServer();
    const { player, main, told } = await connected(server, POLLING);
    server.script = (exchange) => {
      if (!isPost(exchange)) return false;
      server.received.push(...exchange.packets);
      exchange.answer(body, 200, { "content-type": type });
      return true;
    };
    main.emit("one");
    await taken(server, player, 1);
    main.emit("two");
    expect(await taken(server, player, 1)).toEqual(['42["two"]']);
    expect(told).toEqual([]);
  });

  test.each(["text/html", "text/plain", "text/plain; charset=ISO-8859-1", "application/octet-stream"])(
    "a GET that is answered as %s is UTF-8",
    async (type) => {
      const server = await wireServer();
      const { player, told } = await connected(server, POLLING);
      server.poll!.answer(Buffer.from('42["chat","Grüße, 世界 🎮"]'), 200, { "content-type": type });
      await pollUntil(player, () => told.length > 0);
      expect(told).toEqual(['/ chat ["Grüße, 世界 🎮"]']);
    },
  );
});

describe("10: every namespace has the session id of the engine (Rust, Java)", () => {
  test.each(BOTH)("%s: they are told apart by their paths", async (_, options) => {
    const server = await wireServer();
    const { player, told } = connecting(server, options);
    const chat = player.create_namespace("/chat");
    chat.connect_to_namespace();
    await pollUntil(player, () => server.received.length === 2);
    server.push('40{"sid":"engine"}', '40/chat,{"sid":"engine"}', '42/chat,["hello"]', '42["hello"]', "41/chat,");
    await pollUntil(player, () => told.includes("namespace_disconnected(/chat)"));
    expect(told).toEqual([
      "connected(engine)",
      "namespace_connected(/chat)",
      "/chat hello []",
      "/ hello []",
      "namespace_disconnected(/chat)",
    ]);
    expect(player.get_namespace().is_namespace_connected()).toBe(true);
  });
});

describe("11: the body of an HTTP error differs (all)", () => {
  const always = (status: number, body: string) => (exchange: Exchange) => {
    exchange.answer(body, status);
    return true;
  };

  test.each([
    [400, '{"code":3,"message":"Bad request"}'],
    [400, '{"code":"1","message":"Unknown sid"}'],
    [400, '"Invalid session engine"'],
    [404, "<h1>not here</h1>"],
    [405, ""],
    [413, "too much"],
    [500, "Internal Server Error"],
  ])("%i %s: the message quotes it, and there is another attempt", async (status, body) => {
    const server = await wireServer({ script: always(status, body) });
    const { player, told } = connecting(server, POLLING);
    await pollUntil(player, () => told.length > 1);
    const address = `${server.url.replace("ws", "http")}/socket.io/?EIO=4&transport=polling`;
    const message = `GET ${address}: the server answered with HTTP status ${status}: ${body}`;
    expect(told.slice(0, 2)).toEqual([`connect_error(/, ${message})`, `connect_error(/, ${message})`]);
  });

  test.each([
    ["0, unknown transport, and there is no other", '{"code":0,"message":"Transport unknown"}'],
    ["4, forbidden", '{"code":4,"message":"Forbidden"}'],
    ["5, unsupported version, as a number", '{"code":5,"message":"Unsupported protocol version"}'],
    ["5, unsupported version, as a string", '{"code":"5","message":"Unsupported protocol version"}'],
  ])("the code %s is final: no other attempt", async (_, body) => {
    const server = await wireServer({ script: always(400, body) });
    const { player, told } = connecting(server, POLLING);
    await pollUntil(player, () => player.get_connection_state() === SocketIOClient.STATE_DISCONNECTED);
    expect(told).toEqual([expect.stringContaining(body), "disconnected(transport error)"]);
    expect(server.exchanges).toHaveLength(1);
  });

  test("that of one transport says nothing about another that was only down: both are tried again", async () => {
    const server = await wireServer();
    server.refusesSockets = true;
    server.script = (exchange) => {
      server.refusesSockets = false;
      exchange.answer('{"code":0,"message":"Transport unknown"}', 400);
      return true;
    };
    const { player, told } = connecting(server, { transports: ["websocket", "polling"] });
    await pollUntil(
      player,
      () => server.received.includes("40") || told.some((line) => line.startsWith("disconnected")),
    );
    expect(told).toEqual([expect.stringMatching(/503.*; .*Transport unknown/)]);
    expect(player.get_transport()).toBe("websocket");
  });

  test.each([
    ["GET", isPoll],
    ["POST", isPost],
  ])("a %s of an open session that is refused: the session is lost and a new one is made", async (_, matches) => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, POLLING);
    server.script = once(matches, (exchange) => exchange.answer('"Invalid session engine"', 400));
    main.emit("lost");
    server.push("6");
    await pollUntil(player, () => server.log.includes("GET"));
    expect(told).toEqual(["disconnected(transport error)"]);
    expect(player.get_last_error()).toContain('400: "Invalid session engine"');
  });
});

test("12: a GET of an open session is answered with a new open packet (Rust): that session is lost, and another is made", async () => {
  const server = await wireServer();
  const { player, told } = await connected(server, POLLING);
  server.push(open({ sid: "another" }));
  await pollUntil(player, () => server.received.includes("40"));
  server.push('40{"sid":"b"}');
  await pollUntil(player, () => told.includes("connected(b)"));
  expect(told).toEqual(["disconnected(parse error)", "connected(b)"]);
  expect(server.log).toContain("GET");
  expect(server.log.filter((line) => line.includes("another"))).toEqual([]);
  expect(player.get_engine_io_session_id()).toBe("engine");
});

describe("13: a request is never answered (Java, Python)", () => {
  test("the handshake: connect_timeout ends it, and the error asks whether this is a Socket.IO server", async () => {
    const clock = new TestClock();
    const server = await wireServer({ script: () => true });
    const { player, told } = connecting(server, { ...POLLING, clock: clock.read, reconnection: false });
    await pollUntil(player, () => server.gets.length > 0);
    clock.advance(20.1);
    await pollUntil(player, () => server.gets.every(({ aborted }) => aborted));
    expect(told).toEqual([
      expect.stringMatching(/no Engine\.IO session was opened within 20 s; is it a Socket\.IO v3\+ server\?\)$/),
      "disconnected(transport error)",
    ]);
  });

  test("a GET: no ping comes, so the session times out", async () => {
    const clock = new TestClock();
    const server = await wireServer();
    const { player, told } = await connected(server, { ...POLLING, clock: clock.read, reconnection: false });
    const waiting = server.poll!;
    clock.advance(44.9);
    player.poll();
    expect(told).toEqual([]);
    clock.advance(0.2);
    await pollUntil(player, () => waiting.aborted);
    expect(told).toEqual(["disconnected(ping timeout)"]);
  });

  test("a POST, while pings go on: a session that can say nothing for pingTimeout is lost", async () => {
    const clock = new TestClock();
    const server = await wireServer();
    const { player, told, main } = await connected(server, { ...POLLING, clock: clock.read, reconnection: false });
    server.script = once(isPost, () => {});
    main.emit("unheard");
    await pollUntil(player, () => server.posts.length === 1);
    server.push("2");
    await pollUntil(player, () => server.poll !== null);
    clock.advance(19.9);
    server.push("2");
    await pollUntil(player, () => server.poll !== null);
    expect(told).toEqual([]);
    clock.advance(0.2);
    server.push("2");
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["disconnected(transport error)"]);
    expect(player.get_last_error()).toBe("a request was not answered in time");
  });

  test("a POST that is answered between two pings is only slow", async () => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, POLLING);
    for (let i = 0; i < 3; i++) {
      let post: Exchange | null = null;
      server.script = once(isPost, (exchange) => {
        post = exchange;
      });
      main.emit("slow", [i]);
      await pollUntil(player, () => post !== null);
      server.push("2");
      await pollUntil(player, () => server.poll !== null);
      post!.answer("ok");
      expect(await taken(server, player, 1)).toEqual(["3"]);
    }
    expect(told).toEqual([]);
  });

  test("a path without the slash at its end hangs or is refused: it is never asked for", async () => {
    const server = await wireServer();
    await connected(server, { ...POLLING, path: "/socket.io" });
    const both = await wireServer();
    await connected(both, { ...WEBSOCKET, path: "/socket.io" });
    await connected(server, { ...POLLING, path: "socket.io" });
    expect(server.gets.map(({ path }) => path)).toEqual(server.gets.map(() => "/socket.io/"));
    expect(both.socket.path).toBe("/socket.io/");
  });
});

describe("14: a server ends a session with `1`, with any close code, or with both (all)", () => {
  test.each(BOTH)("%s: `1` is a close", async (_, options) => {
    const server = await wireServer();
    const { player, told } = await connected(server, options);
    server.push('42["last"]', "1");
    await pollUntil(player, () => told.length > 1);
    expect(told).toEqual(["/ last []", "disconnected(transport close)"]);
  });

  test.each([
    ["1000", 1000],
    ["1001", 1001],
    ["1009", 1009],
    ["1011", 1011],
    ["1005: none in the frame", undefined],
  ])("the close code %s is a lost connection, and another is made", async (_, code) => {
    const server = await wireServer();
    const { player, told } = await connected(server, WEBSOCKET);
    server.socket.socket.close(code);
    await pollUntil(player, () => server.log.includes("ws"));
    expect(told).toEqual(["disconnected(transport close)"]);
  });

  test("the close code 1006: no close frame at all", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, WEBSOCKET);
    server.socket.socket.terminate();
    await pollUntil(player, () => server.log.includes("ws"));
    expect(told).toEqual(["disconnected(transport close)"]);
  });

  test("`1` and a close frame behind it are one close", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, WEBSOCKET);
    server.push("1");
    server.socket.socket.close(1000);
    await pollUntil(player, () => server.log.includes("ws"));
    expect(told).toEqual(["disconnected(transport close)"]);
  });
});

describe("15: a GET is not released when the client has said `1` (Python, Java)", () => {
  test("close() aborts it, after the last words were taken; there was never a second one", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, POLLING);
    const waiting = server.poll!;
    player.close();
    await pollUntil(player, () => waiting.aborted);
    expect(server.received).toEqual(["41", "1"]);
    expect(server.posts.every(({ answered }) => answered)).toBe(true);
    expect(told).toEqual(["disconnected(client disconnect)"]);
    expect(server.most).toEqual({ GET: 1, POST: 1 });
  });

  test("nor does a POST that is never answered keep it, or the process", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, POLLING);
    const waiting = server.poll!;
    server.script = once(isPost, () => {});
    main.emit("unheard");
    await pollUntil(player, () => server.posts.length === 1);
    player.close();
    await pollUntil(player, () => waiting.aborted);
    expect(server.posts[0]?.aborted).toBe(true);
  });
});

describe("16: what is over maxPayload is answered with 413, a reset, 1009 or not at all (all)", () => {
  const open100 = open({ maxPayload: 100 });

  test.each([
    ["text", "x".repeat(90), "x".repeat(91)],
    ["text that is longer in UTF-8", `${"x".repeat(88)}é`, `${"x".repeat(89)}é`],
    ["binary, which is base64 there", new Uint8Array(72), new Uint8Array(75)],
  ])("polling: %s that fits goes, what cannot fit is refused at emit", async (_, fitting, large) => {
    const server = await wireServer({ open: open100 });
    const { player, main, told } = await connected(server, POLLING);
    expect(main.emit("e", [large])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(main.emit("e", [fitting])).toBe(Err.OK);
    await taken(server, player, typeof fitting === "string" ? 1 : 2);
    const sizes = server.posts.map(({ body }) => Buffer.byteLength(body));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(told).toEqual([]);
  });

  test("polling: no request is larger, though each of its packets fits", async () => {
    const server = await wireServer({ open: open100 });
    const { player, main } = await connected(server, POLLING);
    for (let i = 0; i < 10; i++) main.emit("e", [`${"é".repeat(11)}x`]);
    await taken(server, player, 10);
    // 33 bytes of UTF-8 a packet, and the separators: 3 * 33 + 2 would be 101.
    expect(server.posts.map(({ body }) => Buffer.byteLength(body))).toEqual([67, 67, 67, 67, 67]);
  });

  test("websocket: binary is not base64, and the same limit holds more of it", async () => {
    const server = await wireServer({ open: open100 });
    const { player, main } = await connected(server, WEBSOCKET);
    expect(main.emit("e", [new Uint8Array(101)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(main.emit("e", [new Uint8Array(100)])).toBe(Err.OK);
    expect(await taken(server, player, 2)).toHaveLength(2);
  });

  test.each([
    ["413", (exchange: Exchange) => exchange.answer("", 413), "the server answered with HTTP status 413"],
    ["a reset", (exchange: Exchange) => exchange.reset(), "ECONNRESET"],
  ])("a server whose limit is lower than it said answers with %s: the connection is lost", async (_, refuse, words) => {
    const server = await wireServer();
    const { player, main, told } = await connected(server, POLLING);
    server.script = once(isPost, refuse);
    main.emit("e", ["x".repeat(1000)]);
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["disconnected(transport error)"]);
    expect(player.get_last_error()).toContain(words);
  });
});

describe("17: binary has a byte 4 in front, as in Engine.IO 3 (Java)", () => {
  test("polling: the packet `b4…` is none of Engine.IO 4, and the error quotes it", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, POLLING);
    server.push('451-["file",{"_placeholder":true,"num":0}]', "b4AQID");
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["disconnected(parse error)"]);
    expect(player.get_last_error()).toContain('got "b4AQID"');
  });

  test("websocket: nothing tells that byte from data, so it is delivered", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, WEBSOCKET);
    const files: unknown[] = [];
    main.on("file", ([file]) => files.push(file));
    server.push('451-["file",{"_placeholder":true,"num":0}]', Uint8Array.of(4, 1, 2, 3));
    await pollUntil(player, () => files.length > 0);
    expect(files).toEqual([Uint8Array.of(4, 1, 2, 3)]);
  });
});

describe("18: the server gives a CONNECT no deadline (Python, Java)", () => {
  test.each(BOTH)("%s: connect_timeout is one", async (_, options) => {
    const clock = new TestClock();
    const server = await wireServer();
    // The session itself is alive all the time.
    server.open = open({ pingInterval: 60_000 });
    const { player, told } = await connected(server, { ...options, clock: clock.read });
    player.create_namespace("/mute").connect_to_namespace();
    await taken(server, player, 1);
    clock.advance(19.9);
    player.poll();
    expect(told).toEqual([]);
    clock.advance(0.2);
    player.poll();
    expect(told).toEqual(["connect_error(/mute, the server did not answer the CONNECT in time)"]);
    server.push('40/mute,{"sid":"late"}');
    expect(await taken(server, player, 1)).toEqual(["41/mute,"]);
  });
});

describe("19: the handshake sets a cookie (Java, and balancers with sticky sessions)", () => {
  const setsCookie = (server: WireServer) =>
    once(unless(isPoll), (exchange) =>
      exchange.answer(server.open, 200, { "set-cookie": "io=engine; Path=/; HttpOnly" }),
    );
  const unless = (matches: (exchange: Exchange) => boolean) => (exchange: Exchange) => !matches(exchange);

  test("with_credentials: every request of the session carries it, that of the WebSocket too", async () => {
    const server = await wireServer({ open: OFFERS_WEBSOCKET });
    server.script = setsCookie(server);
    const { player } = connecting(server, { transports: ["polling", "websocket"], with_credentials: true });
    await pollUntil(player, () => server.sockets.length > 0);
    const [first, ...others] = server.exchanges.map(({ headers }) => headers.cookie);
    expect(first).toBeUndefined();
    expect(others.length).toBeGreaterThan(0);
    expect(new Set(others)).toEqual(new Set(["io=engine"]));
    expect(server.socket.headers.cookie).toBe("io=engine");
  });

  test("without it there are none", async () => {
    const server = await wireServer();
    server.script = setsCookie(server);
    await connected(server, POLLING);
    const { player } = connecting(server, POLLING);
    await pollUntil(player, () => server.exchanges.length > 2);
    expect(server.exchanges.filter(({ headers }) => headers.cookie !== undefined)).toEqual([]);
  });
});

describe("20: a connection that was kept is closed without a word (Bun)", () => {
  /** Resets the first request of that kind which comes over a connection that has been used before. */
  function resetsReused(matches: (exchange: Exchange) => boolean) {
    const used = new Set<number>();
    return once(
      (exchange) => {
        const isReused = used.has(exchange.connection);
        used.add(exchange.connection);
        return isReused && matches(exchange);
      },
      (exchange) => exchange.reset(),
    );
  }

  test("the GET of a session may have been answered: a new session follows, and from then on no connection is kept", async () => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, POLLING);
    server.script = resetsReused(isPoll);
    const isLost = () => told.includes("disconnected(transport error)");
    for (let i = 1; !isLost() && i < 50; i++) {
      server.push('42["tick"]');
      await pollUntil(player, () => told.length >= i);
    }
    expect(isLost()).toBe(true);
    await pollUntil(player, () => server.received.at(-1) === "40");
    server.push('40{"sid":"again"}');
    await pollUntil(player, () => main.is_namespace_connected());
    const before = server.exchanges.length;
    for (let i = 0; i < 5; i++) {
      main.emit("tick");
      await taken(server, player, 1);
    }
    const later = server.exchanges.slice(before).map(({ connection }) => connection);
    expect(new Set(later).size).toBe(later.length);
  });

  test("a POST may have been read, so it is not: the connection is lost", async () => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, POLLING);
    server.script = resetsReused(isPost);
    let sent = 0;
    await pollUntil(player, () => {
      if (server.received.length === sent && told.length === 0) main.emit("tick", [sent++]);
      return told.length > 0;
    });
    expect(told).toEqual(["disconnected(transport error)"]);
    expect(server.posts.filter(({ body }) => body === `42["tick",${sent - 1}]`)).toHaveLength(1);
  });
});

describe("21: what is sent before the open packet may be lost (Go)", () => {
  test.each(BOTH)("%s: nothing is sent before it", async (_, options) => {
    let handshake: Exchange | null = null;
    const server = await wireServer({ open: "" });
    server.script = once(
      () => options === POLLING,
      (exchange) => {
        handshake = exchange;
      },
    );
    const { player, main } = connecting(server, options);
    player.create_namespace("/chat").connect_to_namespace();
    main.emit("hello");
    main.emit("hello", [Uint8Array.of(1)]);
    await pollUntil(player, () => handshake !== null || server.sockets.length > 0);
    for (let i = 0; i < 5; i++) {
      player.poll();
      player.flush();
    }
    expect(server.received).toEqual([]);
    expect(server.posts).toEqual([]);
    if (handshake) (handshake as Exchange).answer(open({}));
    else server.push(open({}));
    expect(await taken(server, player, 2)).toEqual(["40", "40/chat,"]);
    server.push('40{"sid":"a"}');
    expect(await taken(server, player, 3)).toEqual([
      '42["hello"]',
      '451-["hello",{"_placeholder":true,"num":0}]',
      Uint8Array.of(1),
    ]);
  });
});
