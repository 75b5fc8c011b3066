/* Sessions with socket.io's own server, over a real network and in real time, recorded and played. */
import { type ClientOptionsInput, OK, SocketIOClient } from "socketio-gameloop";
import { SessionPlayer, SessionRecorder } from "socketio-gameloop/tools";
import { expect, onTestFinished, test } from "vitest";
import { pollUntil, type RealServer, serve } from "../support/real-server.js";

async function start(): Promise<RealServer> {
  return serve({ connectionStateRecovery: {}, pingInterval: 300, pingTimeout: 200 }, (io) => {
    io.on("connection", (socket) => {
      socket.emit("welcome", Buffer.from([1, 2, 3]));
      socket.on("echo", (value, reply) => reply(value));
      socket.on("ask me", () => socket.emit("question", 7, (answer: number) => socket.emit("thanks", answer)));
      socket.on("cut me", () => socket.conn.close());
    });
    io.of("/admin").use((socket, next) =>
      next(socket.handshake.auth["token"] === "letmein" ? undefined : new Error("not you")),
    );
  });
}

/** Plays a little of everything, and records it. */
async function play(url: string, options: ClientOptionsInput): Promise<SessionRecorder> {
  const client = new SocketIOClient();
  onTestFinished(() => client.close());
  const recorder = new SessionRecorder();
  expect(recorder.record(client, { reconnection: { delay: 0.02, delay_max: 0.05 }, ...options })).toBe(OK);
  const main = client.get_namespace("/");
  const admin = client.create_namespace("/admin");
  const heard: unknown[] = [];
  let connections = 0;
  for (const event of ["welcome", "thanks"]) main.on(event, (data) => heard.push([event, ...data]));
  main.on("question", ([n], reply) => reply?.([(n as number) * 6]));
  client.connected.connect(() => connections++);
  admin.connect_error.connect(({ message }) => heard.push(message));
  client.connect_to_url(url, async () => ({ token: "secret" }));
  admin.connect_to_namespace({ token: "wrong" });
  await pollUntil(client, () => connections === 1 && heard.includes("not you"));
  for (let n = 0; n < 20; n++) main.emit_with_ack("echo", [{ n, bytes: new Uint8Array([n]) }], () => heard.push(n));
  main.emit_with_ack("nobody answers", [], (_, error) => heard.push(error), 0.1);
  main.emit("ask me");
  await pollUntil(client, () => heard.length >= 24);
  main.emit("cut me");
  await pollUntil(client, () => connections === 2);
  const answer = main.emit_with_ack("echo", ["again"]);
  await pollUntil(client, () => client.get_stats().acks_pending === 0);
  expect(await answer).toEqual(["again"]);
  client.close();
  recorder.stop();
  return recorder;
}

test.each<[string, ClientOptionsInput]>([
  ["websocket", { transports: ["websocket"] }],
  ["polling", { transports: ["polling"], upgrade: false }],
  ["polling that moves to websocket", { transports: ["polling", "websocket"] }],
])("over %s", async (_, options) => {
  const { url } = await start();
  const recorder = await play(url, options);
  const text = recorder.to_json_lines();
  expect(text).not.toMatch(/"secret"|"wrong"/);
  const player = new SessionPlayer(text);
  player.play_all();
  expect(player.get_divergences()).toEqual([]);
  expect(player.get_hash()).toBe(recorder.get_hash());
  expect(player.get_callback_count()).toBeGreaterThan(25);
  expect(player.client.get_stats().reconnects).toBe(1);
});

test("a server that is not there", async () => {
  const { url, stop } = await start();
  await stop();
  const client = new SocketIOClient();
  const recorder = new SessionRecorder();
  recorder.record(client, { reconnection: { attempts: 2, delay: 0.01, delay_max: 0.02 } });
  let isOver = false;
  const errors: string[] = [];
  client.connect_error.connect(({ message }) => errors.push(message));
  client.reconnect_failed.connect(() => {
    isOver = true;
  });
  client.connect_to_url(`${url}/?token=letmein`);
  await pollUntil(client, () => isOver);
  recorder.stop();
  expect(errors).toHaveLength(3);
  expect(errors.join()).toContain("letmein");
  expect(recorder.to_json_lines()).not.toContain("letmein");
  const player = new SessionPlayer(recorder.to_json_lines());
  player.play_all();
  expect(player.get_divergences()).toEqual([]);
  expect(player.get_hash()).toBe(recorder.get_hash());
});
