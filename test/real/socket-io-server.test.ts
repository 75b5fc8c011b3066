import type { Socket } from "socket.io";
import { Err, OK, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { client, pollFor, pollUntil, serve, standStill } from "../support/real-server.js";

describe("namespaces", () => {
  test("each with its own auth, session id and events", async () => {
    const auths: Record<string, unknown> = {};
    const { url } = await serve({}, (io) => {
      for (const path of ["/", "/chat", "/game"]) {
        io.of(path).on("connection", (socket) => {
          auths[path] = socket.handshake.auth;
          socket.emit("hello", path);
        });
      }
    });
    const player = client();
    const hellos: string[] = [];
    player.event_received.connect((_, [path], from) => hellos.push(`${path}=${from}`));
    player.connect_to_url(url, { token: "main" });
    const chat = player.create_namespace("/chat");
    const game = player.create_namespace("/game");
    chat.connect_to_namespace({ token: "chat" });
    game.connect_to_namespace(async () => ({ token: "game" }));
    await pollUntil(player, () => hellos.length === 3);
    expect(hellos.sort()).toEqual(["/=/", "/chat=/chat", "/game=/game"]);
    expect(auths).toEqual({ "/": { token: "main" }, "/chat": { token: "chat" }, "/game": { token: "game" } });
    const ids = [player.get_namespace().get_session_id(), chat.get_session_id(), game.get_session_id()];
    expect(new Set([...ids, ""]).size).toBe(4);
  });

  test("a refusal with data; trying again with another token", async () => {
    const { url } = await serve({}, (io) => {
      io.of("/vip").use((socket, next) => {
        if (socket.handshake.auth["token"] === "good") return next();
        next(Object.assign(new Error("not on the list"), { data: { queue: 3 } }));
      });
    });
    const player = client();
    const vip = player.create_namespace("/vip");
    const errors: unknown[] = [];
    vip.connect_error.connect((error) => errors.push(error));
    player.connect_to_url(url);
    vip.connect_to_namespace({ token: "bad" });
    await pollUntil(player, () => errors.length === 1 && player.get_namespace().is_namespace_connected());
    expect(errors).toEqual([
      { message: "not on the list", namespace: "/vip", code: Err.ERR_UNAUTHORIZED, data: { queue: 3 } },
    ]);
    vip.connect_to_namespace({ token: "good" });
    await pollUntil(player, () => vip.is_namespace_connected());
  });

  test("an unknown namespace is refused, a refused main namespace ends the client", async () => {
    const { url } = await serve({}, (io) => {
      io.use((_, next) => next(new Error("closed for maintenance")));
    });
    const player = client();
    const signals: string[] = [];
    player.connect_error.connect(({ message }) => signals.push(message));
    player.disconnected.connect((reason) => signals.push(reason));
    player.connect_to_url(url);
    await pollUntil(player, () => signals.length === 2);
    expect(signals).toEqual(["closed for maintenance", "server disconnect"]);
    expect(player.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
  });

  test("leaving and joining the same namespace at once, again and again, keeps the connection alive", async () => {
    let joins = 0;
    const { url } = await serve({}, (io) => {
      io.of("/room").on("connection", () => joins++);
    });
    const player = client();
    const room = player.create_namespace("/room");
    const downs: string[] = [];
    player.disconnected.connect((reason) => downs.push(reason));
    player.connect_to_url(url);
    for (let round = 0; round < 20; round++) {
      room.connect_to_namespace();
      await pollFor(player, round % 3 === 0 ? 0.02 : 0);
      room.disconnect_from_namespace();
    }
    room.connect_to_namespace();
    await pollUntil(player, () => room.is_namespace_connected());
    await pollFor(player, 0.1);
    expect(downs).toEqual([]);
    expect(joins).toBeGreaterThan(0);
  });

  test("a kick from one namespace leaves the other; a kick from the last one ends the client without reconnection", async () => {
    const { io, url } = await serve({}, (server) => {
      server.of("/room");
    });
    const player = client();
    const room = player.create_namespace("/room");
    const told: string[] = [];
    room.disconnected.connect((reason) => told.push(`/room ${reason}`));
    player.disconnected.connect((reason) => told.push(`/ ${reason}`));
    player.connect_to_url(url);
    room.connect_to_namespace();
    await pollUntil(player, () => room.is_namespace_connected());
    io.of("/room").disconnectSockets();
    await pollUntil(player, () => told.length === 1);
    expect(player.get_namespace().is_namespace_connected()).toBe(true);
    io.disconnectSockets();
    await pollUntil(player, () => told.length === 2);
    expect(told).toEqual(["/room server disconnect", "/ server disconnect"]);
    await pollFor(player, 0.2);
    expect(player.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
  });

  test("a late reply after leaving does not take the other namespaces down", async () => {
    const { io, url } = await serve({}, (server) => {
      server.of("/room").on("connection", (socket) => socket.emit("ask", () => {}));
    });
    const player = client();
    const room = player.create_namespace("/room");
    let answer: (() => Err) | undefined;
    room.on("ask", (_, reply) => {
      answer = () => (reply as (response: unknown[]) => Err)(["late"]);
    });
    player.connect_to_url(url);
    room.connect_to_namespace();
    await pollUntil(player, () => answer !== undefined);
    room.disconnect_from_namespace();
    expect(answer?.()).toBe(Err.ERR_UNAVAILABLE);
    await pollFor(player, 0.1);
    expect(player.get_namespace().is_namespace_connected()).toBe(true);
    expect(io.sockets.sockets.size).toBe(1);
  });
});

describe("a server that restarts", () => {
  test("is found again: every namespace is joined again, with its auth, and what was emitted meanwhile arrives", async () => {
    const seen: string[] = [];
    const setup = (io: Parameters<NonNullable<Parameters<typeof serve>[1]>>[0]) => {
      for (const path of ["/", "/a", "/b"]) {
        io.of(path).on("connection", (socket) => {
          seen.push(`${path} ${JSON.stringify(socket.handshake.auth)}`);
          socket.on("note", (text) => seen.push(text));
        });
      }
    };
    const first = await serve({}, setup);
    const player = client();
    player.connect_to_url(first.url, { who: "me" });
    player.create_namespace("/a").connect_to_namespace({ room: 1 });
    player.create_namespace("/b").connect_to_namespace();
    await pollUntil(player, () => seen.length === 3);
    const told: string[] = [];
    player.disconnected.connect((reason) => told.push(reason));
    player.reconnecting.connect(() => told.push("reconnecting"));
    await first.stop();
    seen.length = 0;
    await pollUntil(player, () => told.length > 1);
    expect(told.slice(0, 2)).toEqual(["transport close", "reconnecting"]);
    expect(player.get_namespace().emit("note", ["meanwhile"])).toBe(OK);
    await serve({}, setup, first.port);
    await pollUntil(player, () => seen.length === 4);
    expect(seen.sort()).toEqual(['/ {"who":"me"}', '/a {"room":1}', "/b {}", "meanwhile"]);
    expect(player.get_stats().reconnects).toBe(1);
  });

  test("and never comes back: attempts end with reconnect_failed", async () => {
    const server = await serve();
    const player = client({ reconnection: { attempts: 2, delay: 0.01, delay_max: 0.02 } });
    player.connect_to_url(server.url);
    await pollUntil(player, () => player.get_namespace().is_namespace_connected());
    let failed = 0;
    player.reconnect_failed.connect(() => failed++);
    await server.stop();
    await pollUntil(player, () => failed === 1);
    expect(player.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
  });
});

describe("data", () => {
  test("binary both ways, deep inside, with acknowledgements", async () => {
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => {
        socket.on("echo", (value, reply) => reply(value, Buffer.from([9])));
        socket.emit("bytes", { a: [Buffer.from([1, 2])] }, new Uint8Array([3]));
      });
    });
    const player = client();
    const main = player.get_namespace();
    const seen: unknown[] = [];
    main.on("bytes", (data) => seen.push(data));
    player.connect_to_url(url);
    main.emit_with_ack("echo", [{ x: new Uint8Array([7, 8]), y: [new Float32Array([1.5]).buffer] }], (response) =>
      seen.push(response),
    );
    await pollUntil(player, () => seen.length === 2);
    expect(seen[0]).toEqual([{ a: [new Uint8Array([1, 2])] }, new Uint8Array([3])]);
    expect(seen[1]).toEqual([{ x: new Uint8Array([7, 8]), y: [new Uint8Array([0, 0, 192, 63])] }, new Uint8Array([9])]);
  });

  test("a Blob is sent as its bytes", async () => {
    let got: unknown;
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => {
        socket.on("blob", (bytes) => {
          got = bytes;
        });
      });
    });
    const player = client();
    player.connect_to_url(url);
    player.get_namespace().emit("blob", [new Blob(["abc"])]);
    player.get_namespace().emit("after");
    await pollUntil(player, () => got !== undefined);
    expect(String(got)).toBe("abc");
  });

  test("acknowledgements that the server asks for, one of them after a while", async () => {
    const answers: unknown[] = [];
    const { url } = await serve({}, (io) => {
      io.on("connection", async (socket) => {
        answers.push(await socket.timeout(2000).emitWithAck("now", 1));
        answers.push(await socket.timeout(2000).emitWithAck("later", 2));
      });
    });
    const player = client();
    const main = player.get_namespace();
    main.on("now", ([n], reply) => reply?.([n * 10]));
    main.on("later", ([n], reply) => setTimeout(() => reply?.([n * 10]), 20));
    player.connect_to_url(url);
    await pollUntil(player, () => answers.length === 2);
    expect(answers).toEqual([10, 20]);
  });

  test("promises: emit_with_ack and ready", async () => {
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => socket.on("add", (a, b, reply) => reply(a + b)));
    });
    const player = client();
    player.connect_to_url(url);
    let sum: unknown;
    const play = async () => {
      await player.get_namespace().ready();
      [sum] = await player.get_namespace().emit_with_ack("add", [1, 2]);
    };
    const played = play();
    await pollUntil(player, () => sum !== undefined);
    await played;
    expect(sum).toBe(3);
  });

  test("10,000 events in one burst arrive complete and in order, under a budget", async () => {
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => {
        for (let n = 0; n < 10_000; n++) socket.emit("n", n);
      });
    });
    const player = client({ poll_max_packets: 500 });
    const seen: number[] = [];
    let most = 0;
    player.get_namespace().on("n", ([n]) => seen.push(n));
    player.connect_to_url(url);
    await pollUntil(player, () => {
      const before = seen.length;
      player.poll();
      most = Math.max(most, seen.length - before);
      return seen.length === 10_000;
    });
    expect(seen.every((n, index) => n === index)).toBe(true);
    expect(most).toBeLessThanOrEqual(500);
    expect(player.get_stats().reconnects).toBe(0);
  });

  test("a burst that is larger than the inbox is held back in the socket, not lost", async () => {
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => {
        for (let n = 0; n < 5000; n++) socket.emit("n", n, "x".repeat(100));
      });
    });
    const player = client({ max_queued_packets: 1000, poll_max_packets: 200 });
    const seen: number[] = [];
    const downs: string[] = [];
    player.get_namespace().on("n", ([n]) => seen.push(n));
    player.disconnected.connect((reason) => downs.push(`${reason}: ${player.get_last_error()}`));
    player.connect_to_url(url);
    await pollUntil(player, () => seen.length === 5000 || downs.length > 0);
    expect(downs).toEqual([]);
    expect(seen.every((n, index) => n === index)).toBe(true);
  });

  test("10,000 events from the client arrive complete and in order", async () => {
    const seen: number[] = [];
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => socket.on("n", (n) => seen.push(n)));
    });
    const player = client({ max_buffered_packets: 20_000 });
    player.connect_to_url(url);
    for (let n = 0; n < 10_000; n++) expect(player.get_namespace().emit("n", [n])).toBe(OK);
    await pollUntil(player, () => seen.length === 10_000);
    expect(seen.every((n, index) => n === index)).toBe(true);
  });

  test("a packet at the server's limit arrives; one beyond it is refused here, and the connection lives", async () => {
    let size = 0;
    const { url } = await serve({ maxHttpBufferSize: 1000 }, (io) => {
      io.on("connection", (socket) =>
        socket.on("x", (text) => {
          size = text.length;
        }),
      );
    });
    const player = client();
    const main = player.get_namespace();
    player.connect_to_url(url);
    await pollUntil(player, () => main.is_namespace_connected());
    expect(main.emit("x", ["y".repeat(991)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(main.emit("x", ["y".repeat(990)])).toBe(OK);
    await pollUntil(player, () => size === 990);
    expect(main.is_namespace_connected()).toBe(true);
  });

  test("as many attachments as the server takes arrive; one more is refused here, and the connection lives", async () => {
    const counts: number[] = [];
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => socket.on("x", (...data) => counts.push(data.length)));
    });
    const player = client();
    const main = player.get_namespace();
    const attachments = (count: number) => Array.from({ length: count }, () => new Uint8Array(1));
    player.connect_to_url(url);
    await pollUntil(player, () => main.is_namespace_connected());
    expect(main.emit("x", attachments(11))).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(main.emit("x", attachments(10))).toBe(OK);
    await pollUntil(player, () => counts.length > 0);
    expect([counts, main.is_namespace_connected()]).toEqual([[10], true]);
  });
});

describe("retries", () => {
  test("a server that ignores the first copies gets the packet until it answers, in order", async () => {
    const got: string[] = [];
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => {
        let copies = 0;
        socket.on("save", (name, reply) => {
          got.push(name);
          if (++copies > 2) reply(`saved ${name}`);
        });
      });
    });
    const player = client({ retries: 5, ack_timeout: 0.1 });
    const answers: unknown[] = [];
    player.connect_to_url(url);
    for (const name of ["first", "second"]) {
      player.get_namespace().emit_with_ack("save", [name], (response, error) => answers.push([response, error]));
    }
    await pollUntil(player, () => answers.length === 2);
    expect(got).toEqual(["first", "first", "first", "second"]);
    expect(answers).toEqual([
      [["saved first"], OK],
      [["saved second"], OK],
    ]);
  });
});

describe("the heartbeat of a real server", () => {
  const fast = { pingInterval: 100, pingTimeout: 100 };

  test("arrival: a loop that stands still for three times the interval and timeout stays connected", async () => {
    const { io, url } = await serve(fast);
    const player = client();
    const told: string[] = [];
    player.connect_to_url(url);
    await pollUntil(player, () => player.get_namespace().is_namespace_connected());
    player.disconnected.connect((reason) => told.push(reason));
    await standStill(0.6);
    player.poll();
    expect(told).toEqual([]);
    expect(player.get_namespace().is_namespace_connected()).toBe(true);
    expect(io.sockets.sockets.size).toBe(1);
  });

  test("poll: a loop that stands still is dropped by the server, and comes back", async () => {
    const { io, url } = await serve(fast);
    const player = client({ heartbeat: "poll" });
    player.connect_to_url(url);
    await pollUntil(player, () => player.get_namespace().is_namespace_connected());
    const reasons: string[] = [];
    player.disconnected.connect((reason) => reasons.push(reason));
    for (const socket of io.sockets.sockets.values() as Iterable<Socket>) {
      socket.on("disconnect", (reason) => reasons.push(`server: ${reason}`));
    }
    await standStill(0.6);
    expect(reasons).toEqual(["server: ping timeout"]);
    await pollUntil(player, () => reasons.length === 2 && player.get_namespace().is_namespace_connected());
  });

  test("poll: a loop that polls stays connected", async () => {
    const { url } = await serve(fast);
    const player = client({ heartbeat: "poll" });
    const reasons: string[] = [];
    player.disconnected.connect((reason) => reasons.push(reason));
    player.connect_to_url(url);
    await pollFor(player, 0.8);
    expect(reasons).toEqual([]);
    expect(player.get_namespace().is_namespace_connected()).toBe(true);
    expect(player.get_stats().rtt).toBeGreaterThan(0);
  });
});

describe("close", () => {
  test("tells the server at once: `client namespace disconnect`, for each namespace", async () => {
    const reasons: string[] = [];
    const { url } = await serve({}, (io) => {
      for (const path of ["/", "/a"]) {
        io.of(path).on("connection", (socket) => {
          socket.on("last", (text) => reasons.push(text));
          socket.on("disconnect", (reason) => reasons.push(`${path} ${reason}`));
        });
      }
    });
    const player = client();
    player.connect_to_url(url);
    const ns = player.create_namespace("/a");
    ns.connect_to_namespace();
    await pollUntil(player, () => ns.is_namespace_connected());
    player.get_namespace().emit("last", ["words"]);
    await pollUntil(player, () => reasons.length === 1);
    player.close();
    await pollUntil([], () => reasons.length === 3);
    expect(reasons).toEqual(["words", "/ client namespace disconnect", "/a client namespace disconnect"]);
  });

  test("and connecting again at once works with the same objects", async () => {
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => socket.emit("hi"));
    });
    const player = client();
    let hellos = 0;
    player.get_namespace().on("hi", () => hellos++);
    for (let round = 1; round <= 5; round++) {
      expect(player.connect_to_url(url)).toBe(OK);
      await pollUntil(player, () => hellos === round);
      player.close();
    }
  });
});

describe("an inbox that is smaller than a burst", () => {
  test.each([
    ["50 packets", { max_queued_packets: 50 }, 150, 10],
    ["1 packet", { max_queued_packets: 1 }, 5, 10],
    ["20 kB", { max_queued_bytes: 20_000 }, 60, 1000],
    ["less than one packet", { max_queued_bytes: 20_000 }, 3, 50_000],
  ])("of %s holds up the socket, and nothing is lost", async (_, bound, count, size) => {
    const { url } = await serve({}, (io) => {
      io.on("connection", (socket) => {
        for (let n = 0; n < count; n++) socket.emit("n", n, "y".repeat(size));
      });
    });
    const player = client({ ...bound, transports: ["websocket"], reconnection: false });
    const seen: unknown[] = [];
    const ends: string[] = [];
    player.get_namespace().on("n", ([n]) => seen.push(n));
    player.disconnected.connect((reason) => ends.push(reason));
    player.connect_to_url(url);
    await pollUntil(player, () => seen.length === count || ends.length > 0);
    expect(seen).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(ends).toEqual([]);
  });
});

test("what is emitted behind an empty Blob arrives behind it", async () => {
  const got: unknown[] = [];
  const { url } = await serve({}, (io) => {
    io.on("connection", (socket) => socket.onAny((event, data) => got.push([event, data])));
  });
  const player = client({ transports: ["websocket"] });
  player.connect_to_url(url);
  const ns = player.get_namespace();
  await pollUntil(player, () => ns.is_namespace_connected());
  ns.emit("blob", [new Blob([])]);
  player.flush();
  ns.emit("after", [1]);
  player.flush();
  await pollUntil(player, () => got.length === 2);
  expect(got).toEqual([
    ["blob", Buffer.alloc(0)],
    ["after", 1],
  ]);
});
