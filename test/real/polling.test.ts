/* HTTP long-polling, and the move from it to WebSocket, with a real socket.io server. */
import { createServer, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { Server, type Socket } from "socket.io";
import { type ClientOptionsInput, Err, OK, type SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { client, listen, pollFor, pollUntil, serve, standStill } from "../support/real-server.js";

const POLLING = { transports: ["polling"] } as const satisfies ClientOptionsInput;
const UPGRADE = { transports: ["polling", "websocket"] } as const satisfies ClientOptionsInput;

/** Every request that the server gets, WebSocket's too. */
function requestsOf(io: Server): IncomingMessage[] {
  const requests: IncomingMessage[] = [];
  const note = (request: IncomingMessage) => requests.push(request);
  io.httpServer.prependListener("request", note);
  // A server that does not expect any answers it like other requests.
  if (io.httpServer.listenerCount("upgrade") > 0) io.httpServer.prependListener("upgrade", note);
  return requests;
}

const bytes = (length: number, seed = 0) => Uint8Array.from({ length }, (_, index) => (index * 7 + seed) % 256);

/** A client that is connected to a server of its own, and the server's end of it. */
async function connected(options: ClientOptionsInput, serverOptions: Parameters<typeof serve>[0] = {}) {
  const server = await serve(serverOptions);
  const requests = requestsOf(server.io);
  const player = client(options);
  const told: string[] = [];
  const opened: Socket[] = [];
  const moves: string[] = [];
  server.io.on("connection", (each) => opened.push(each));
  player.transport_changed.connect((name) => moves.push(name));
  player.disconnected.connect((reason) => told.push(`${reason}: ${player.get_last_error()}`));
  player.connect_to_url(server.url);
  await pollUntil(player, () => player.get_namespace().is_namespace_connected() && opened.length === 1);
  return { ...server, player, main: player.get_namespace(), socket: opened[0] as Socket, requests, moves, told };
}

const atServer = (io: Server): number => io.engine.clientsCount;

describe("a session over polling", () => {
  test("text of every kind, both ways", async () => {
    const { player, main, socket } = await connected(POLLING);
    const texts = ["", "plain", 'ä€😀 \u0000 \u001e \u2028 \\ "', "\ud800", "é".repeat(10_000)];
    const back: unknown[] = [];
    socket.on("say", (text) => socket.emit("said", text));
    main.on("said", ([text]) => back.push(text));
    for (const text of texts) expect(main.emit("say", [text])).toBe(OK);
    await pollUntil(player, () => back.length === texts.length);
    expect(back).toEqual(texts);
    expect(player.get_transport()).toBe("polling");
  });

  test("binary of every kind: typed arrays, Buffer, ArrayBuffer, Blob, empty, nested; a Blob keeps its place", async () => {
    const { player, main, socket } = await connected(POLLING);
    const received: unknown[][] = [];
    socket.on("bytes", (...args) => received.push(args));
    main.emit("bytes", [bytes(5), Buffer.from("node"), bytes(4).buffer]);
    main.emit("bytes", [{ picture: new Blob(["<svg/>", "ä"]), list: [new Uint8Array(0)] }]);
    main.emit("bytes", ["after the Blob", new Blob([])]);
    main.emit("bytes", [new Float32Array([0.5])]);
    await pollUntil(player, () => received.length === 4);
    expect(received).toEqual([
      [Buffer.from(bytes(5)), Buffer.from("node"), Buffer.from(bytes(4))],
      [{ picture: Buffer.from("<svg/>ä"), list: [Buffer.alloc(0)] }],
      ["after the Blob", Buffer.alloc(0)],
      [Buffer.from(new Float32Array([0.5]).buffer)],
    ]);

    const heard: unknown[] = [];
    main.on("bytes", (data) => heard.push(data));
    socket.emit("bytes", Buffer.from([0, 255]), { deep: [new Uint8Array([7]), Buffer.alloc(0)] });
    await pollUntil(player, () => heard.length === 1);
    expect(heard).toEqual([[bytes(2).map((_, index) => index * 255), { deep: [Uint8Array.of(7), new Uint8Array(0)] }]]);
  });

  test("acknowledgements both ways, with binary in them", async () => {
    const { player, main, socket } = await connected(POLLING);
    socket.on("ask", (value, answer) => answer(value, Buffer.from([1])));
    main.on("question", ([value], reply) => reply?.([value, Uint8Array.of(2)]));
    const answers: unknown[] = [];
    main.emit_with_ack("ask", [7], (response) => answers.push(response));
    socket.emit("question", 8, (...response: unknown[]) => answers.push(response));
    await pollUntil(player, () => answers.length === 2);
    expect(answers).toContainEqual([7, Uint8Array.of(1)]);
    expect(answers).toContainEqual([8, Buffer.of(2)]);
  });

  test("a burst each way of 500 events and 100 binaries arrives whole and in order", async () => {
    const { player, main, socket, requests } = await connected(POLLING);
    const up: unknown[] = [];
    const down: unknown[] = [];
    socket.on("n", (number, content) => up.push([number, content?.[0]]));
    main.on("n", ([number, content]) => down.push([number, (content as Uint8Array | undefined)?.[0]]));
    for (let number = 0; number < 600; number++) {
      const args = number % 6 === 0 ? [number, bytes(16, number)] : [number];
      expect(main.emit("n", args)).toBe(OK);
      socket.emit("n", ...args);
    }
    await pollUntil(player, () => up.length >= 600 && down.length >= 600);
    await pollFor(player, 0.05);
    const expected = Array.from({ length: 600 }, (_, n) => [n, n % 6 === 0 ? n % 256 : undefined]);
    expect(up).toEqual(expected);
    expect(down).toEqual(expected);
    // What is emitted in one frame shares its requests, behind the CONNECT: 600 events and 100 attachments, 16 in each.
    expect(requests.filter(({ method }) => method === "POST")).toHaveLength(1 + Math.ceil(700 / 16));
  });

  test("1 MB of text and of binary", async () => {
    const { player, main, socket } = await connected(
      { ...POLLING, max_payload: 3_000_000 },
      { maxHttpBufferSize: 3e6 },
    );
    socket.on("size", (value, answer) => answer(value.length, value));
    const sizes: unknown[] = [];
    for (const value of ["é".repeat(1_000_000), bytes(1_000_000)]) {
      main.emit_with_ack("size", [value], ([length, back]) => sizes.push([length, (back as string).length]));
    }
    await pollUntil(player, () => sizes.length === 2);
    expect(sizes).toEqual([
      [1_000_000, 1_000_000],
      [1_000_000, 1_000_000],
    ]);
  });

  test("no request is larger than the server's maxPayload, and one of exactly that is taken", async () => {
    const LIMIT = 1000;
    const { player, main, socket, requests, told } = await connected(POLLING, { maxHttpBufferSize: LIMIT });
    const received: unknown[] = [];
    socket.on("x", (value) => received.push(value));
    const frame = (length: number) => "x".repeat(length - '42["x",""]'.length);
    const sent: unknown[] = [frame(LIMIT), "é".repeat(495), frame(499), frame(500), frame(499), frame(501)];
    for (let size = 1; size < 60; size++) sent.push("€".repeat(size), bytes(size * 3, size));
    for (const value of sent) expect(main.emit("x", [value])).toBe(OK);
    await pollUntil(player, () => received.length === sent.length);
    expect(received).toEqual(sent.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)));
    const sizes = requests
      .filter(({ method }) => method === "POST")
      .map(({ headers }) => Number(headers["content-length"]));
    expect(Math.max(...sizes)).toBe(LIMIT);
    // 499 + 1 + 500 bytes are one request, 499 + 1 + 501 are two.
    expect(sizes.filter((size) => size === LIMIT).length).toBeGreaterThanOrEqual(3);
    expect(told).toEqual([]);
  });

  test("what can never fit is refused at emit, binary as base64, and the session lives on", async () => {
    const { player, main, socket, told } = await connected(POLLING, { maxHttpBufferSize: 1000 });
    const received: number[] = [];
    socket.on("x", (value) => received.push(value.length));
    expect(main.emit("x", ["x".repeat(991)])).not.toBe(OK);
    expect(main.emit("x", [bytes(750)])).not.toBe(OK);
    // 1 + 4 × 249 = 997 bytes of base64.
    expect(main.emit("x", [bytes(747)])).toBe(OK);
    await pollUntil(player, () => received.length === 1);
    expect([received, told]).toEqual([[747], []]);
  });

  test("a slow poll loop holds the server back: the inbox stays bounded, nothing is lost", async () => {
    const most = 100;
    const { player, main, socket, told } = await connected({
      ...POLLING,
      max_queued_packets: most,
      poll_max_packets: 40,
    });
    const heard: unknown[] = [];
    main.on("n", ([number]) => heard.push(number));
    for (let number = 0; number < 1500; number++) socket.emit("n", number);
    const waiting: number[] = [];
    await pollUntil(player, () => {
      waiting.push(player.get_pending_count());
      return heard.length >= 1500;
    });
    expect(heard).toEqual(Array.from({ length: 1500 }, (_, number) => number));
    expect(Math.max(...waiting)).toBeLessThanOrEqual(most);
    expect(told).toEqual([]);
  });

  test("nobody polls for three heartbeats: pings are answered all the same", async () => {
    const { player, io, told } = await connected(POLLING, { pingInterval: 250, pingTimeout: 200 });
    await standStill(1.4);
    expect(atServer(io)).toBe(1);
    await pollFor(player, 0.1);
    expect(told).toEqual([]);
    expect(player.get_stats().rtt).toBeGreaterThan(0);
  });

  test("connections are kept: a hundred requests go over two or three", async () => {
    const { player, main, socket, io, requests } = await connected(POLLING);
    const ports = () => new Set(requests.map((request) => request.socket.remotePort)).size;
    expect(io.httpServer.listening).toBe(true);
    let count = 0;
    socket.on("ping-pong", (answer) => answer());
    while (count < 50) {
      const before = count;
      main.emit_with_ack("ping-pong", [], () => count++);
      await pollUntil(player, () => count > before);
    }
    expect(requests.length).toBeGreaterThan(100);
    expect(ports()).toBeLessThanOrEqual(3);
  });

  test("a server that is killed is noticed, and found again when it is back", async () => {
    const { player, main, socket, io, port, told } = await connected(POLLING);
    socket.emit("n", 1);
    io.engine.close();
    (io.httpServer as ReturnType<typeof createServer>).closeAllConnections();
    io.httpServer.close();
    await pollUntil(player, () => told.length > 0);
    expect(told[0]).toMatch(/^transport (close|error): ./);
    const failures: string[] = [];
    player.connect_error.connect(({ message }) => failures.push(message));
    await pollUntil(player, () => failures.length > 0);
    expect(failures[0]).toMatch(/^GET http:\/\/localhost.*ECONNREFUSED/);
    const http = createServer();
    new Server(http);
    await listen(http, port);
    await pollUntil(player, () => main.is_namespace_connected());
    expect(player.get_transport()).toBe("polling");
    expect(player.get_stats().reconnects).toBe(1);
  });

  test("an answer that is lost on its way ends the session: there is never a gap that nobody is told of", async () => {
    const { io, port } = await serve();
    // Resets the connection over which the server sends that word, and does not deliver it.
    const proxy = createTcpServer((near) => {
      const far = connect(port, "127.0.0.1");
      near.on("error", () => {}).pipe(far);
      far
        .on("error", () => {})
        .on("data", (data) => {
          if (data.includes("lost")) near.resetAndDestroy();
          else near.write(data);
        });
      near.on("close", () => far.destroy());
    });
    const player = client(POLLING);
    const heard: unknown[] = [];
    player.get_namespace().on("n", ([text]) => heard.push(text));
    player.disconnected.connect((reason) => heard.push(reason));
    player.connect_to_url(`ws://127.0.0.1:${await listen(proxy as never)}`);
    const sockets: Socket[] = [];
    io.on("connection", (socket) => sockets.push(socket));
    await pollUntil(player, () => sockets.length === 1 && player.get_namespace().is_namespace_connected());
    for (const text of ["first", "second", "third"]) {
      sockets[0]?.emit("n", text);
      await pollUntil(player, () => heard.includes(text));
    }
    sockets[0]?.emit("n", "lost");
    await pollFor(player, 0.1);
    for (const socket of sockets) socket.emit("n", "after");
    await pollUntil(player, () => heard.includes("after") || heard.length > 3);
    expect(heard.slice(0, 4)).toEqual(["first", "second", "third", "transport error"]);
  });

  test("a server that forgets the session (another one answers) leads to a new one", async () => {
    const { player, main, io, told } = await connected(POLLING);
    const before = player.get_engine_io_session_id();
    delete (io.engine as unknown as { clients: Record<string, unknown> }).clients[before];
    main.emit("x");
    await pollUntil(player, () => told.length > 0 && main.is_namespace_connected());
    // Whichever request comes first: the GET before may still be at the server, or be on its way.
    expect(told[0]).toMatch(/^transport error: (GET|POST) .*status 400: .*Session ID unknown/);
    expect(player.get_engine_io_session_id()).not.toBe(before);
  });
});

describe("close()", () => {
  /** The sessions at the server, a moment after; a session that nobody ended would last for its ping timeout. */
  async function sessionsAfter(io: Server, player: SocketIOClient): Promise<number> {
    await pollFor(player, 0.3);
    return atServer(io);
  }

  test("ends the session at the server at once", async () => {
    const { player, socket, io } = await connected(POLLING);
    const reasons: string[] = [];
    socket.on("disconnect", (reason) => reasons.push(reason));
    player.close();
    await pollUntil(player, () => atServer(io) === 0);
    expect(reasons).toEqual(["client namespace disconnect"]);
  });

  test("on the way to WebSocket it is no lost connection either", async () => {
    const { player, socket, io } = await connected(UPGRADE);
    const reasons: string[] = [];
    socket.on("disconnect", (reason) => reasons.push(reason));
    // The server has answered the probe, and releases the GET some hundredths of a second later.
    await pollFor(player, 0.03);
    player.close();
    await pollUntil(player, () => atServer(io) === 0);
    expect(reasons).toEqual(["client namespace disconnect"]);
  });

  test("during a POST: what it carries and what waits behind it arrives", async () => {
    const { player, main, socket, io } = await connected(POLLING);
    const received: unknown[] = [];
    socket.on("n", (number) => received.push(number));
    socket.on("disconnect", () => received.push("disconnect"));
    for (let number = 0; number < 100; number++) {
      main.emit("n", [number]);
      player.flush();
    }
    player.close();
    await pollUntil(player, () => atServer(io) === 0);
    expect(received).toEqual([...Array.from({ length: 100 }, (_, number) => number), "disconnect"]);
  });

  test.each([0, 1, 5, 20, 60])("%i ms after connect_to_url: no session stays behind", async (milliseconds) => {
    const { io, url } = await serve();
    const player = client(POLLING);
    player.connect_to_url(url);
    await standStill(milliseconds / 1000);
    player.close();
    expect(await sessionsAfter(io, player)).toBe(0);
  });

  test("during the handshake, which the server takes its time for", async () => {
    let decide = () => {};
    const { io, url } = await serve({
      allowRequest: (_, allow) => {
        decide = () => allow(null, true);
      },
    });
    const requests = requestsOf(io);
    const player = client(POLLING);
    player.connect_to_url(url);
    await pollUntil(player, () => requests.length === 1);
    player.close();
    decide();
    await pollUntil(player, () => requests.length === 2);
    expect(requests[1]?.method).toBe("POST");
    await pollUntil(player, () => atServer(io) === 0);
  });

  test.each([0, 1, 3, 6, 10, 20, 50, 90, 110, 150])(
    "%i ms into the move to WebSocket: no session stays behind",
    async (milliseconds) => {
      const { io, url } = await serve();
      const player = client(UPGRADE);
      player.connect_to_url(url);
      await pollUntil(player, () => player.get_namespace().is_namespace_connected());
      await standStill(milliseconds / 1000);
      player.close();
      expect(await sessionsAfter(io, player)).toBe(0);
    },
  );
});

describe("the move to WebSocket", () => {
  test("happens when the server offers it, and is told", async () => {
    const { player, io, moves, told } = await connected(UPGRADE);
    await pollUntil(player, () => player.get_transport() === "websocket");
    expect(moves).toEqual(["websocket"]);
    const { clients } = io.engine as unknown as { clients: Record<string, { transport: { name: string } }> };
    // The server has the `5` a moment later.
    await pollUntil(player, () => Object.values(clients)[0]?.transport.name === "websocket");
    await pollFor(player, 0.1);
    expect(told).toEqual([]);
  });

  test("after it no request follows by polling", async () => {
    const { player, main, socket, requests } = await connected(UPGRADE);
    await pollUntil(player, () => player.get_transport() === "websocket");
    const before = requests.length;
    let count = 0;
    socket.on("ask", (answer) => answer());
    for (let n = 0; n < 20; n++) main.emit_with_ack("ask", [], () => count++);
    await pollUntil(player, () => count === 20);
    expect(requests.length).toBe(before);
  });

  test.each<[string, ClientOptionsInput, Parameters<typeof serve>[0]]>([
    ["the option upgrade is off", { ...UPGRADE, upgrade: false }, {}],
    ["the server does not offer it", UPGRADE, { transports: ["polling"] }],
    ["the server allows no upgrades", UPGRADE, { allowUpgrades: false }],
  ])("does not happen when %s", async (_, options, serverOptions) => {
    const { player, requests, told } = await connected(options, serverOptions);
    await pollFor(player, 0.3);
    expect([player.get_transport(), told]).toEqual(["polling", []]);
    expect(requests.filter(({ headers }) => headers.upgrade)).toEqual([]);
  });

  test("that is refused leaves the session where it is", async () => {
    const { io, url } = await serve();
    io.engine.use((request: IncomingMessage, _: unknown, next: (error?: Error) => void) => {
      next(request.url?.includes("transport=websocket") ? new Error("not here") : undefined);
    });
    const requests = requestsOf(io);
    const player = client(UPGRADE);
    player.connect_to_url(url);
    await pollUntil(player, () => requests.some(({ headers }) => headers.upgrade));
    await pollFor(player, 0.2);
    const answers: unknown[] = [];
    for (const socket of io.sockets.sockets.values()) socket.on("ask", (answer) => answer("still here"));
    player.get_namespace().emit_with_ack("ask", [], (response) => answers.push(response));
    await pollUntil(player, () => answers.length === 1);
    expect([player.get_transport(), answers, atServer(io)]).toEqual(["polling", [["still here"]], 1]);
    expect(player.get_stats().reconnects).toBe(0);
  });

  test("of twenty clients at once that all talk", async () => {
    const { io, url } = await serve();
    io.on("connection", (socket) => socket.on("n", (number) => socket.emit("n", number)));
    const players = Array.from({ length: 20 }, () => client(UPGRADE));
    const heard = players.map((player) => {
      const numbers: unknown[] = [];
      player.get_namespace().on("n", ([number]) => numbers.push(number));
      player.connect_to_url(url);
      return numbers;
    });
    let number = 0;
    await pollUntil(players, () => {
      if (number < 200) for (const player of players) player.get_namespace().emit("n", [number]);
      number++;
      return heard.every((numbers) => numbers.length >= 200);
    });
    for (const numbers of heard) expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(players.map((player) => player.get_transport())).toEqual(Array(20).fill("websocket"));
    expect(atServer(io)).toBe(20);
  });
});

describe("fallback", () => {
  test("from WebSocket, which the server does not have, to polling: by default", async () => {
    const { player, told } = await connected({}, { transports: ["polling"] });
    expect([player.get_transport(), told]).toEqual(["polling", []]);
  });

  test("from polling, which the server does not have, to WebSocket", async () => {
    const { player, told } = await connected(UPGRADE, { transports: ["websocket"] });
    expect([player.get_transport(), told]).toEqual(["websocket", []]);
  });

  test("nobody there: the error says what each transport met", async () => {
    const { url, stop } = await serve();
    await stop();
    const player = client({ reconnection: false });
    const errors: string[] = [];
    player.connect_error.connect(({ message, code, transport }) => errors.push(message, `${code}`, `${transport}`));
    player.connect_to_url(url);
    await pollUntil(player, () => errors.length > 0);
    expect(errors[0]).toMatch(/no WebSocket connection to ws:.*ECONNREFUSED.*; GET http:.*ECONNREFUSED/);
    expect(errors.slice(1)).toEqual([`${Err.ERR_CANT_CONNECT}`, "polling"]);
  });
});

describe("headers, cookies and query", () => {
  const cookies = (request: IncomingMessage) => (request.headers.cookie ?? "").split("; ").sort().join("; ");

  test("with_credentials keeps the cookies of a balancer, for every request and for the move", async () => {
    const { io, url } = await serve({ cookie: { name: "io", httpOnly: true, sameSite: "strict" } });
    const requests = requestsOf(io);
    io.engine.on("initial_headers", (headers: Record<string, unknown>) => {
      headers["Set-Cookie"] = [headers["Set-Cookie"], "lb=7; Path=/"];
    });
    const player = client({ ...UPGRADE, with_credentials: true });
    player.connect_to_url(url);
    await pollUntil(player, () => player.get_transport() === "websocket");
    const [first, ...others] = requests;
    expect(cookies(first as IncomingMessage)).toBe("");
    expect(others.length).toBeGreaterThan(1);
    const sid = player.get_engine_io_session_id();
    for (const request of others) expect(cookies(request)).toBe(`io=${sid}; lb=7`);
    expect(others.filter(({ headers }) => headers.upgrade)).toHaveLength(1);
  });

  test("the server's own cookie comes back too", async () => {
    const { player, requests } = await connected({ ...POLLING, with_credentials: true }, { cookie: true });
    const id = player.get_engine_io_session_id();
    await pollUntil(player, () => requests.length > 2);
    expect(requests.slice(1).map(cookies)).toEqual(requests.slice(1).map(() => `io=${id}`));
  });

  test("a cookie of the WebSocket handshake is kept for a later polling", async () => {
    const { io, url } = await serve();
    const requests = requestsOf(io);
    io.engine.on("initial_headers", (headers: Record<string, unknown>) => {
      headers["Set-Cookie"] = "lb=7; Path=/";
    });
    const player = client({ transports: ["websocket", "polling"], with_credentials: true });
    player.connect_to_url(url);
    await pollUntil(player, () => player.get_namespace().is_namespace_connected());
    // With its WebSocket server gone it answers by polling alone.
    io.engine.close();
    await pollUntil(player, () => requests.some(({ method, headers }) => method === "GET" && !headers.upgrade));
    const later = requests.filter(({ headers }) => !headers.upgrade);
    expect(cookies(later[0] as IncomingMessage)).toBe("lb=7");
  });

  test("without with_credentials no cookie is kept", async () => {
    const { requests } = await connected(POLLING, { cookie: true });
    expect(requests.map(cookies).join("")).toBe("");
  });

  test("each connect_to_url starts with an empty jar", async () => {
    const { player, requests, url } = await connected({ ...POLLING, with_credentials: true }, { cookie: true });
    player.close();
    const before = requests.length;
    player.connect_to_url(url);
    await pollUntil(player, () => player.get_namespace().is_namespace_connected());
    const opening = requests.slice(before).find(({ url: path }) => !path?.includes("sid="));
    expect(cookies(opening as IncomingMessage)).toBe("");
  });

  test("extra_headers go with GET, POST and the WebSocket", async () => {
    const { player, requests } = await connected({ ...UPGRADE, extra_headers: { "x-game": "heist" } });
    await pollUntil(player, () => player.get_transport() === "websocket");
    const kinds = new Set(requests.map(({ method, headers }) => (headers.upgrade ? "upgrade" : method)));
    expect([...kinds].sort()).toEqual(["GET", "POST", "upgrade"]);
    expect(requests.filter(({ headers }) => headers["x-game"] !== "heist")).toEqual([]);
  });

  test("query and headers as functions are asked anew for each attempt", async () => {
    let attempt = 0;
    const { player, main, io, requests } = await connected({
      ...POLLING,
      query: () => ({ attempt: `${++attempt}` }),
      extra_headers: () => ({ "x-attempt": `${attempt}` }),
    });
    const first = requests.length;
    const before = player.get_engine_io_session_id();
    io.engine.close();
    await pollUntil(player, () => player.get_engine_io_session_id() !== before && main.is_namespace_connected());
    const seen = (request: IncomingMessage) => [
      new URL(request.url ?? "", "http://x").searchParams.get("attempt"),
      request.headers["x-attempt"],
    ];
    expect(new Set(requests.slice(0, first).map((request) => `${seen(request)}`))).toEqual(new Set(["1,1"]));
    expect(seen(requests.at(-1) as IncomingMessage)).toEqual([`${attempt}`, `${attempt}`]);
    expect(attempt).toBeGreaterThan(1);
  });
});
