import { createServer } from "node:http";
import { Err, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { client, listen, pollUntil, serveHttp } from "../support/real-server.js";

/** Connects, and waits for the one attempt to fail. */
async function attempt(url: string) {
  const player = client({ reconnection: false, connect_timeout: 3 });
  const errors: { message: string; code: Err }[] = [];
  const reasons: string[] = [];
  player.connect_error.connect((error) => errors.push(error));
  player.disconnected.connect((reason) => reasons.push(reason));
  player.connect_to_url(url);
  await pollUntil(player, () => reasons.length > 0);
  expect(player.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
  expect(errors).toHaveLength(1);
  return { ...(errors[0] as { message: string; code: Err }), reasons, last: player.get_last_error() };
}

async function webSocketServer(talk: (send: (text: string) => void, text: string | null) => void): Promise<number> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  server.on("connection", (socket) => {
    talk((text) => socket.send(text), null);
    socket.on("message", (data) => talk((text) => socket.send(text), String(data)));
  });
  return listen(http);
}

describe("what is no Socket.IO v3+ server ends in a sentence, not in silence", () => {
  test("a v2 server, which greets with a bare `40`", async () => {
    const port = await webSocketServer((send, text) => {
      if (text !== null) return;
      send('0{"sid":"v2","upgrades":[],"pingInterval":25000,"pingTimeout":5000}');
      send("40");
    });
    const failure = await attempt(`ws://localhost:${port}`);
    expect(failure).toMatchObject({ code: Err.ERR_INVALID_DATA, reasons: ["parse error"] });
    expect(failure.message).toMatch(/v2/);
    expect(failure.last).toBe(failure.message);
  });

  test("a WebSocket server that talks first, in another language", async () => {
    const port = await webSocketServer((send) => send('{"type":"welcome"}'));
    const failure = await attempt(`ws://localhost:${port}`);
    expect(failure).toMatchObject({ code: Err.ERR_INVALID_DATA, reasons: ["parse error"] });
    expect(failure.message).toMatch(/Socket\.IO/);
  });

  test("a WebSocket echo server, which waits for the client to talk first", async () => {
    const port = await webSocketServer((send, text) => {
      if (text !== null) send(text);
    });
    const player = client({ reconnection: false, connect_timeout: 0.2 });
    const errors: { message: string; code: Err }[] = [];
    player.connect_error.connect((error) => errors.push(error));
    player.connect_to_url(`ws://localhost:${port}`);
    await pollUntil(player, () => errors.length > 0);
    expect(errors).toMatchObject([{ code: Err.ERR_TIMEOUT, message: expect.stringMatching(/Socket\.IO/) }]);
  });

  test("an HTTP server that answers 404", async () => {
    const port = await serveHttp((_, response) => {
      response.writeHead(404).end("not here");
    });
    const failure = await attempt(`ws://localhost:${port}`);
    expect(failure).toMatchObject({ code: Err.ERR_CANT_CONNECT, reasons: ["transport error"] });
    expect(failure.message).toMatch(/404/);
  });

  test("nobody at all: connection refused", async () => {
    const http = createServer();
    const port = await listen(http);
    await new Promise((resolve) => http.close(resolve));
    const failure = await attempt(`ws://localhost:${port}`);
    expect(failure).toMatchObject({ code: Err.ERR_CANT_CONNECT, reasons: ["transport error"] });
    expect(failure.message).not.toBe("");
  });

  test("a name that does not exist", async () => {
    const failure = await attempt("ws://does-not-exist.invalid");
    expect(failure).toMatchObject({ code: Err.ERR_CANT_CONNECT, reasons: ["transport error"] });
    expect(failure.message).not.toBe("");
  });

  test("a server that accepts and hangs up", async () => {
    const http = createServer();
    http.on("connection", (socket) => socket.destroy());
    const port = await listen(http);
    const failure = await attempt(`ws://localhost:${port}`);
    expect(failure).toMatchObject({ code: Err.ERR_CANT_CONNECT, reasons: ["transport error"] });
  });
});
