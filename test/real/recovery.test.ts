import type { Server, Socket } from "socket.io";
import type { SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { client, pollFor, pollUntil, serve } from "../support/real-server.js";

const recovering = { connectionStateRecovery: {} };

/** A connected client, the server's socket of it, and what the client has received. */
async function start() {
  let socket!: Socket;
  const { io, url } = await serve(recovering, (server) => {
    server.on("connection", (each) => {
      socket = each;
      each.join("room");
    });
  });
  const player = client({ reconnection: { delay: 0.1, jitter: 0 } });
  const seen: string[] = [];
  const main = player.get_namespace();
  main.event_received.connect((event, data) => seen.push(`${event} ${JSON.stringify(data)}`));
  player.connect_to_url(url);
  await pollUntil(player, () => main.is_namespace_connected());
  return { io, player, main, seen, socket: () => socket };
}

/** Cuts the transport at the server and waits until both sides know. */
async function cut(io: Server, player: SocketIOClient, how: () => void): Promise<void> {
  how();
  await pollUntil(player, () => io.sockets.sockets.size === 0 && !player.is_socket_connected());
}

describe("connection state recovery", () => {
  test.each([
    ["the engine is closed", (socket: Socket) => socket.conn.close()],
    [
      "the TCP connection is destroyed",
      (socket: Socket) => (socket.conn.transport as unknown as { socket: { terminate(): void } }).socket.terminate(),
    ],
  ])("%s: is_recovered(), the missed events once, no offset in any data", async (_, how) => {
    const { io, player, main, seen, socket } = await start();
    const sid = main.get_session_id();
    socket().emit("x", 1);
    io.to("room").emit("x", 2, "two words");
    await pollUntil(player, () => seen.length === 2);
    await cut(io, player, () => how(socket()));
    io.to("room").emit("x", 3);
    io.emit("x", 4, { deep: ["offset"] });
    await pollUntil(player, () => main.is_namespace_connected());
    io.emit("x", 5);
    await pollUntil(player, () => seen.length >= 5);
    await pollFor(player, 0.1);
    expect(main.is_recovered()).toBe(true);
    expect(main.get_session_id()).toBe(sid);
    expect(socket().recovered).toBe(true);
    expect(socket().rooms.has("room")).toBe(true);
    expect(seen).toEqual(["x [1]", 'x [2,"two words"]', "x [3]", 'x [4,{"deep":["offset"]}]', "x [5]"]);
  });

  test("binary events are recovered and keep their data", async () => {
    const { io, player, main, seen, socket } = await start();
    io.emit("b", Buffer.from([1]));
    await pollUntil(player, () => seen.length === 1);
    await cut(io, player, () => socket().conn.close());
    io.emit("b", Buffer.from([2]), "text");
    await pollUntil(player, () => seen.length === 2);
    expect(main.is_recovered()).toBe(true);
    expect(seen).toEqual(['b [{"0":1}]', 'b [{"0":2},"text"]']);
  });

  test("a volatile event, which carries no offset, loses no argument and does not forfeit the recovery", async () => {
    const { io, player, main, seen, socket } = await start();
    io.emit("chat", "hi");
    await pollUntil(player, () => seen.length === 1);
    // The server itself drops a volatile event while its transport is busy.
    await pollUntil(player, () => socket().conn.transport.writable);
    socket().volatile.emit("move", "player1", "left");
    await pollUntil(player, () => seen.length === 2);
    expect(seen).toEqual(['chat ["hi"]', 'move ["player1","left"]']);
    await cut(io, player, () => socket().conn.close());
    io.emit("chat", "missed");
    await pollUntil(player, () => main.is_namespace_connected());
    await pollFor(player, 0.1);
    expect(main.is_recovered()).toBe(true);
    expect(seen.at(-1)).toBe('chat ["missed"]');
  });

  test("an event with an acknowledgement carries no offset and loses nothing", async () => {
    const { player, main, socket } = await start();
    main.on("ask", ([word], reply) => reply?.([word]));
    let answer: unknown;
    socket()
      .timeout(2000)
      .emit("ask", "token", (_: unknown, value: unknown) => {
        answer = value;
      });
    await pollUntil(player, () => answer !== undefined);
    expect(answer).toBe("token");
  });

  test("leaving the namespace forfeits it: the next session is a new one", async () => {
    const { io, player, main, seen } = await start();
    const sid = main.get_session_id();
    io.emit("x", 1);
    await pollUntil(player, () => seen.length === 1);
    main.disconnect_from_namespace();
    main.connect_to_namespace();
    await pollUntil(player, () => main.is_namespace_connected());
    expect(main.is_recovered()).toBe(false);
    expect(main.get_session_id()).not.toBe(sid);
  });
});
