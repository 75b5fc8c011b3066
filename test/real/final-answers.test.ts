/*
 * Answers to the handshake that say that there is no use in asking again (Engine.IO 4, "Error codes"), over real
 * sockets: what is tried again by default, what is not, and what a filter makes of it.
 */
import type { ServerOptions } from "socket.io";
import { type ClientOptionsInput, type ConnectError, Err, OK, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { client, pollFor, pollUntil, serve } from "../support/real-server.js";
import { once, type WireServer, wireServer } from "../support/wire-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;
/** Some of the delays that `client()` has: long enough for an attempt that should not come. Seconds. */
const A_WHILE = 0.3;

const CODES = [
  [0, 400, "Transport unknown"],
  [1, 400, "Session ID unknown"],
  [2, 400, "Bad handshake method"],
  [3, 400, "Bad request"],
  [4, 403, "Forbidden"],
  [5, 400, "Unsupported protocol version"],
] as const;

const body = (code: number, message: string) => JSON.stringify({ code, message });

/** A client that was told to connect, and what it told. */
function connecting(url: string, options: ClientOptionsInput) {
  const player = client(options);
  const errors: ConnectError[] = [];
  const told: string[] = [];
  player.connect_error.connect((error) => {
    errors.push(error);
    told.push("connect_error");
  });
  player.reconnecting.connect((attempt) => told.push(`reconnecting ${attempt}`));
  player.reconnect_failed.connect(() => told.push("reconnect_failed"));
  player.disconnected.connect((reason) => told.push(reason));
  player.connected.connect(() => told.push("connected"));
  expect(player.connect_to_url(url)).toBe(OK);
  return { player, errors, told };
}

/** A server that answers every handshake with that, and lets nobody in by WebSocket. */
async function refusing(status: number, text: string): Promise<WireServer> {
  const server = await wireServer({
    script: (exchange) => {
      exchange.answer(text, status, { "content-type": "application/json" });
      return true;
    },
  });
  server.refusesSockets = true;
  return server;
}

const ENDED = ["connect_error", "reconnect_failed", "transport error"];

describe("polling alone", () => {
  test.each(CODES)("code %i, HTTP status %i, %s", async (code, status, message) => {
    const server = await refusing(status, body(code, message));
    const { player, errors, told } = connecting(server.url, { transports: ["polling"] });
    await pollUntil(player, () => told.length >= 2);
    expect(errors[0]).toMatchObject({ code: Err.ERR_CANT_CONNECT, namespace: "/", transport: "polling" });
    expect(errors[0]?.message).toContain(`HTTP status ${status}: ${body(code, message)}`);
    if ([0, 4, 5].includes(code)) {
      await pollFor(player, A_WHILE);
      expect(told).toEqual(ENDED);
      expect(server.exchanges).toHaveLength(1);
      expect(player.get_connection_state()).toBe(STATE_DISCONNECTED);
    } else {
      await pollUntil(player, () => server.exchanges.length >= 3);
      expect(told.slice(0, 4)).toEqual(["connect_error", "reconnecting 1", "connect_error", "reconnecting 2"]);
      expect(player.get_connection_state()).toBe(STATE_CONNECTING);
    }
  });

  test.each([
    ["a gateway's page", 502, "<html>code 5: try later</html>"],
    ["nothing at all", 404, ""],
    ["an answer that opens no session", 200, "hello"],
  ])("%s is no such answer: it is tried again", async (_, status, text) => {
    const server = await refusing(status, text);
    const { player, told } = connecting(server.url, { transports: ["polling"] });
    await pollUntil(player, () => told.includes("reconnecting 2"));
    expect(player.get_connection_state()).toBe(STATE_CONNECTING);
  });

  test.each([4, 5])("code %i to a request of an open session ends that session alone", async (code) => {
    const server = await wireServer();
    const { player, told } = connecting(server.url, { transports: ["polling"] });
    await pollUntil(player, () => server.received.includes("40"));
    server.push('40{"sid":"a"}');
    await pollUntil(player, () => told.includes("connected") && server.poll !== null);
    server.script = once(
      ({ method }) => method === "POST",
      (exchange) => exchange.answer(body(code, "no"), 400),
    );
    server.received.length = 0;
    player.get_namespace().emit("x");
    await pollUntil(player, () => server.received.includes("40"));
    server.push('40{"sid":"b"}');
    await pollUntil(player, () => told.at(-1) === "connected");
    expect(told).toEqual(["connected", "transport error", "reconnecting 1", "connected"]);
  });

  test.each([0, 4, 5])("a filter may insist, code %i: then it is one failed attempt like others", async (code) => {
    const asked: unknown[] = [];
    const server = await refusing(400, body(code, "no"));
    const { player, told } = connecting(server.url, {
      transports: ["polling"],
      reconnection: {
        delay: 0.01,
        filter: (reason, { message }, by_default) => {
          asked.push([reason, message.includes(`"code":${code}`), by_default]);
          return true;
        },
      },
    });
    await pollUntil(player, () => asked.length === 2);
    expect(asked).toEqual([
      ["connect_error", true, false],
      ["connect_error", true, false],
    ]);
    server.script = null;
    await pollUntil(player, () => server.received.includes("40"));
    server.push('40{"sid":"a"}');
    await pollUntil(player, () => player.get_connection_state() === STATE_CONNECTED);
    expect(told).toContain("reconnecting 2");
  });
});

describe("WebSocket alone", () => {
  const WEBSOCKET = { transports: ["websocket"] } as const;

  test.each([
    ...CODES.map(([code, status, message]) => [status, body(code, message), [0, 4, 5].includes(code)] as const),
    [400, "Forbidden", false],
    [502, "<html>code 5: try later</html>", false],
    [503, "", false],
  ] as const)("HTTP status %i, %s", async (status, text, isFinal) => {
    const server = await wireServer();
    let requests = 0;
    server.http.removeAllListeners("upgrade");
    server.http.on("upgrade", (_, socket) => {
      requests++;
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    });
    const { player, errors, told } = connecting(server.url, WEBSOCKET);
    await pollUntil(player, () => told.length >= 2);
    expect(errors[0]).toMatchObject({ code: Err.ERR_CANT_CONNECT, namespace: "/", transport: "websocket" });
    expect(errors[0]?.message.endsWith(`: Unexpected server response: ${status}${text && `: ${text}`}`)).toBe(true);
    if (isFinal) {
      await pollFor(player, A_WHILE);
      expect(told).toEqual(ENDED);
      expect(requests).toBe(1);
      expect(player.get_connection_state()).toBe(STATE_DISCONNECTED);
    } else await pollUntil(player, () => requests >= 3);
  });
});

describe("with WebSocket beside it", () => {
  test.each([4, 5])("code %i from polling, tried first: WebSocket is not tried", async (code) => {
    const server = await refusing(400, body(code, "no"));
    const { player, told } = connecting(server.url, { transports: ["polling", "websocket"] });
    await pollUntil(player, () => told.length === 3);
    await pollFor(player, A_WHILE);
    expect(told).toEqual(ENDED);
    expect(server.log).toEqual(["GET"]);
  });

  test.each([4, 5])("code %i from polling, tried after WebSocket: the end, and both are told of", async (code) => {
    const server = await refusing(400, body(code, "no"));
    const { player, told, errors } = connecting(server.url, { transports: ["websocket", "polling"] });
    await pollUntil(player, () => told.length === 3);
    await pollFor(player, A_WHILE);
    expect(told).toEqual(ENDED);
    expect(errors[0]?.message).toMatch(/^no WebSocket connection to .*503: Service Unavailable; GET http:.*"code":/);
    expect(server.exchanges).toHaveLength(1);
  });

  test.each([
    ["polling first", ["polling", "websocket"]],
    ["WebSocket first", ["websocket", "polling"]],
  ] as const)("code 0, %s: it is about polling alone, so it goes on", async (_, transports) => {
    const server = await refusing(400, body(0, "Transport unknown"));
    const { player, told } = connecting(server.url, { transports });
    await pollUntil(player, () => told.includes("reconnecting 2"));
    server.refusesSockets = false;
    await pollUntil(player, () => server.received.includes("40"));
    server.push('40{"sid":"a"}');
    await pollUntil(player, () => told.at(-1) === "connected");
    expect(player.get_transport()).toBe("websocket");
  });
});

describe("socket.io's own answers", () => {
  const POLLING = { transports: ["polling"] } as const;

  test.each<[string, Partial<ServerOptions>, ClientOptionsInput, string]>([
    ["a server without polling", { transports: ["websocket"] }, POLLING, '{"code":0,"message":"Transport unknown"}'],
    [
      "allowRequest says no",
      { allowRequest: (_, callback) => callback("go away", false) },
      POLLING,
      '{"code":4,"message":"go away"}',
    ],
    [
      "another protocol",
      {},
      { ...POLLING, query: { EIO: "3" } },
      '{"code":5,"message":"Unsupported protocol version"}',
    ],
  ])("%s", async (_, options, own, answer) => {
    let requests = 0;
    const { url, io } = await serve(options);
    io.httpServer.on("request", () => requests++);
    const { player, told, errors } = connecting(url, own);
    await pollUntil(player, () => told.length === 3);
    await pollFor(player, A_WHILE);
    expect(told).toEqual(ENDED);
    expect(errors[0]?.message).toContain(answer);
    expect(requests).toBe(1);
  });

  test("a server without WebSocket, by WebSocket", async () => {
    const { url } = await serve({ transports: ["polling"] });
    const { player, told, errors } = connecting(url, { transports: ["websocket"] });
    await pollUntil(player, () => told.length === 3);
    await pollFor(player, A_WHILE);
    expect(told).toEqual(ENDED);
    expect(errors[0]?.message).toContain('server response: 400: {"code":0,"message":"Transport unknown"}');
  });

  test("allowRequest says no, by WebSocket: that tells its words and no code, so it is tried again", async () => {
    const { url } = await serve({ allowRequest: (_, callback) => callback("not you", false) });
    const { player, told, errors } = connecting(url, { transports: ["websocket"] });
    await pollUntil(player, () => told.includes("reconnecting 2"));
    expect(errors[0]?.message).toContain("server response: 400: not you");
  });

  test("a server without polling lets the default transports in", async () => {
    const { url } = await serve({ transports: ["websocket"] });
    for (const transports of [
      ["websocket", "polling"],
      ["polling", "websocket"],
    ] as const) {
      const { player, told } = connecting(url, { transports });
      await pollUntil(player, () => told.includes("connected"));
      expect(player.get_transport()).toBe("websocket");
      player.close();
    }
  });
});
