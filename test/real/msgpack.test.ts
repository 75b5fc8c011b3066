/* MessagePack against socket.io's server with socket.io's own MessagePack parser, over each transport. */
import { Buffer } from "node:buffer";
import type { Server, ServerOptions, Socket } from "socket.io";
import * as parser from "socket.io-msgpack-parser";
import { type ClientOptionsInput, Err, type SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { msgpack } from "../../src/codec/msgpack.js";
import { client, pollFor, pollUntil, serve } from "../support/real-server.js";

/** Sends back what it gets, and asks back what it is asked. */
function echo(socket: Socket): void {
  socket.emit("auth", socket.handshake.auth);
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("message-with-ack", (...args) => args.pop()(...args));
  socket.on("ask", (value) =>
    socket.emit("question", value, (...answer: unknown[]) => socket.emit("answer", ...answer)),
  );
  socket.on("kinds", (...args) => args.pop()(args.map((value) => Object.prototype.toString.call(value).slice(8, -1))));
  socket.on("kick", () => socket.disconnect());
}

function setup(io: Server): void {
  io.on("connection", echo);
  io.of("/custom").on("connection", echo);
  io.of("/secured").use((socket, next) => {
    if (socket.handshake.auth["token"] === "letmein") return next();
    next(Object.assign(new Error("not authorized"), { data: { code: 401, at: new Date(5) } }));
  });
}

describe.each<[string, ClientOptionsInput]>([
  ["websocket", { transports: ["websocket"] }],
  ["polling", { transports: ["polling"], upgrade: false }],
  ["polling, then websocket", { transports: ["polling", "websocket"] }],
])("over %s", (_, transport) => {
  /** A connected client. */
  async function start(options: Partial<ServerOptions> = {}, own: ClientOptionsInput = {}, auth = {}) {
    const server = await serve({ parser, maxHttpBufferSize: 2_500_000, ...options }, setup);
    const player = client({ codec: msgpack(), max_payload: 2_500_000, ...transport, ...own });
    const heard: unknown[][] = [];
    player.get_namespace().on("message-back", (data) => heard.push(data));
    player.connect_to_url(server.url, auth);
    await pollUntil(player, () => player.get_namespace().is_namespace_connected());
    return { ...server, player, heard, main: player.get_namespace() };
  }

  /** What comes back of these arguments. */
  async function roundTrip(player: SocketIOClient, heard: unknown[][], ...args: unknown[]): Promise<unknown> {
    expect(player.get_namespace().emit("message", args)).toBe(0);
    await pollUntil(player, () => heard.length > 0);
    return heard.shift();
  }

  test("text, unicode, numbers, nesting, dates and binary come back as they were", async () => {
    const { player, heard } = await start();
    for (const args of [
      [],
      ["text"],
      ["é漢😀\u0000\u2028", "x".repeat(300)],
      [0, -1, 127, 128, -129, 70_000, 2 ** 32, -(2 ** 40), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
      [0.1, -1e-300, Number.NaN, Number.POSITIVE_INFINITY],
      [true, false, null],
      [{ a: [1, [2, { b: null }]], "": {} }, []],
      [new Date(0), new Date(1_700_000_000_123), { at: [new Date(-1)] }],
      [Uint8Array.of(1, 2, 3), { deep: [new Uint8Array(300).fill(7)] }],
    ]) {
      expect(await roundTrip(player, heard, ...args)).toEqual(args);
    }
  });

  test("binary in every form is a Buffer there, and an Uint8Array of its own here", async () => {
    const { player, heard, main } = await start();
    const floats = Float32Array.of(1, 2, 3);
    const forms = [floats, floats.buffer, new DataView(floats.buffer), Buffer.from(floats.buffer)];
    const [kinds] = await acked(player, main.emit_with_ack("kinds", [...forms, new Date(), 2 ** 40, 1.5]));
    expect(kinds).toEqual(["Uint8Array", "Uint8Array", "Uint8Array", "Uint8Array", "Date", "Number", "Number"]);
    const back = (await roundTrip(player, heard, ...forms)) as Uint8Array[];
    for (const bytes of back) expect(new Float32Array(bytes.buffer)).toEqual(floats);
  });

  test("a server may send a typed array, an ArrayBuffer, undefined", async () => {
    const { io, player, heard } = await start();
    io.emit("message-back", Uint8Array.of(1), new Uint8Array(8).fill(1).buffer, new Uint8Array(212), undefined);
    await pollUntil(player, () => heard.length > 0);
    expect(heard).toEqual([[Uint8Array.of(1), new Uint8Array(8).fill(1), new Uint8Array(212), undefined]]);
  });

  /** An acknowledgement, which needs somebody who polls. */
  async function acked<T>(player: SocketIOClient, promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    await pollUntil(player, () => settled);
    return promise;
  }

  test("acknowledges in both directions", async () => {
    const { player, main } = await start();
    expect(
      await acked(player, main.emit_with_ack("message-with-ack", [1, Uint8Array.of(2), { c: new Date(3) }])),
    ).toEqual([1, Uint8Array.of(2), { c: new Date(3) }]);
    const answers: unknown[] = [];
    main.on("question", ([value], reply) => reply?.([value, "and", Uint8Array.of(9)]));
    main.on("answer", (data) => answers.push(data));
    main.emit("ask", [{ q: 1 }]);
    await pollUntil(player, () => answers.length > 0);
    expect(answers).toEqual([[{ q: 1 }, "and", Uint8Array.of(9)]]);
  });

  test("namespaces with auth, a refusal with data, a kick", async () => {
    const { player } = await start({}, {}, { token: "é", n: 1 });
    const told: unknown[] = [];
    // What the server says in `/` may come after all that is waited for above.
    player.event_received.connect((event, data, path) => path !== "/" && told.push([path, event, ...data]));
    player.namespace_disconnected.connect((path) => told.push(`left ${path}`));
    const custom = player.create_namespace("/custom");
    const secured = player.create_namespace("/secured");
    const unknown = player.create_namespace("/unknown");
    for (const namespace of [secured, unknown]) namespace.connect_error.connect((error) => told.push(error));
    custom.connect_to_namespace(async () => ({ list: [1, { b: null }] }));
    await pollUntil(player, () => told.length === 1);
    secured.connect_to_namespace({ token: "wrong" });
    await pollUntil(player, () => told.length === 2);
    unknown.connect_to_namespace();
    await pollUntil(player, () => told.length === 3);
    custom.emit("kick");
    await pollUntil(player, () => told.length === 4);
    expect(told).toEqual([
      ["/custom", "auth", { list: [1, { b: null }] }],
      {
        message: "not authorized",
        namespace: "/secured",
        code: Err.ERR_UNAUTHORIZED,
        data: { code: 401, at: new Date(5) },
      },
      { message: "Invalid namespace", namespace: "/unknown", code: Err.ERR_UNAUTHORIZED },
      "left /custom",
    ]);
    secured.connect_to_namespace({ token: "letmein" });
    await pollUntil(player, () => secured.is_namespace_connected());
    secured.disconnect_from_namespace();
    await pollFor(player, 0.05);
    secured.connect_to_namespace({ token: "letmein" });
    await pollUntil(player, () => secured.is_namespace_connected());
    expect(player.get_namespace().is_namespace_connected()).toBe(true);
  });

  test("1 MB of text and of binary, and 500 events in order", async () => {
    const { player, heard, main } = await start();
    const text = "é".repeat(500_000);
    expect(await roundTrip(player, heard, text)).toEqual([text]);
    // Item by item it would take seconds.
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_item, index) => index);
    const [back] = (await roundTrip(player, heard, bytes)) as [Uint8Array];
    expect(Buffer.from(bytes).equals(back)).toBe(true);
    for (let index = 0; index < 500; index++) main.emit("message", [index]);
    await pollUntil(player, () => heard.length === 500);
    expect(heard.map(([index]) => index)).toEqual(Array.from({ length: 500 }, (_item, index) => index));
  });

  test("what is larger than the server takes is refused, and the connection lives", async () => {
    const { player, heard, main } = await start({ maxHttpBufferSize: 10_000 });
    expect(main.emit("message", [new Uint8Array(10_001)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(await roundTrip(player, heard, new Uint8Array(7000))).toEqual([new Uint8Array(7000)]);
  });

  test("a session that was cut is recovered, with what was sent meanwhile", async () => {
    const { io, player, heard, main } = await start({ connectionStateRecovery: { maxDisconnectionDuration: 60_000 } });
    io.emit("message-back", "before", Uint8Array.of(1));
    await pollUntil(player, () => heard.length === 1);
    for (const socket of io.sockets.sockets.values()) socket.conn.close();
    await pollUntil(player, () => !main.is_namespace_connected());
    io.emit("message-back", "meanwhile", { at: new Date(5) });
    await pollUntil(player, () => heard.length === 2);
    expect(heard).toEqual([
      ["before", Uint8Array.of(1)],
      ["meanwhile", { at: new Date(5) }],
    ]);
    expect(main.is_recovered()).toBe(true);
  });

  test("a server with the default parser does not understand: the attempt fails, and nothing is thrown", async () => {
    const { url } = await serve({}, setup);
    const player = client({ codec: msgpack(), ...transport, reconnection: false });
    const errors: string[] = [];
    player.connect_error.connect(({ message }) => errors.push(message));
    player.connect_to_url(url);
    await pollUntil(player, () => errors.length === 1);
    expect(player.get_namespace().is_namespace_connected()).toBe(false);
  });
});
