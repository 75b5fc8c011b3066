/*
 * Makes a recording of the arena: a bad line, a server that goes away for a while, a session that is resumed, budgets. The same each
 * time but for the id of the recording.
 */
import { SocketIOClient } from "socketio-gameloop";
import { FakeServer, type FakeSocket, LinkSimulator, ManualClock } from "socketio-gameloop/testing";
import { SessionRecorder, type SessionRecorderOptions } from "socketio-gameloop/tools";
import { Arena } from "./arena.js";

interface Recorded {
  readonly text: string;
  readonly hash: string;
  readonly state: string;
}

const FRAME = 1 / 60;

export function recordArena(seconds = 12, options: SessionRecorderOptions = {}): Recorded {
  const clock = new ManualClock(1000);
  const server = new FakeServer({ clock, ping_interval: 2, ping_timeout: 1.5, recovery: 30 });
  const link = new LinkSimulator({ latency: 0.03, jitter: 0.02, stall_chance: 0.05 }, { clock, seed: 7 });
  server.on("connection", (socket) => play(socket));
  server.of("/chat").on("connection", (socket) => socket.emit("said", ["server", "hello"]));
  const client = new SocketIOClient();
  const recorder = new SessionRecorder(options);
  recorder.record(client, {
    clock: clock.read,
    random: () => 0.25,
    transports: [link.wrap(server.transport_factory)],
    poll_max_packets: 6,
    reconnection: { delay: 0.2, delay_max: 1 },
  });
  const arena = new Arena(client);
  client.connect_to_url("wss://player:password@arena.example/?ticket=1234", { token: "secret" });
  const frames = Math.round(seconds / FRAME);
  for (let frame = 0; frame < frames; frame++) {
    clock.advance(FRAME);
    for (const socket of server.sockets) tell(socket, frame);
    if (frame === Math.round(frames * 0.4)) link.disconnect();
    if (frame === Math.round(frames * 0.6)) server.stop();
    if (frame === Math.round(frames * 0.75)) server.start();
    client.poll();
    arena.update();
    client.flush();
  }
  client.close();
  recorder.stop();
  return { text: recorder.to_json_lines(), hash: recorder.get_hash(), state: arena.state };
}

function play(socket: FakeSocket): void {
  socket.emit("terrain", [Uint8Array.from({ length: 64 }, (_, index) => (index * index) % 251)]);
  let asked = 0;
  socket.on("hit", (_, reply) => {
    // Every third answer never comes.
    if (++asked % 3 !== 0) reply?.([asked]);
  });
}

function tell(socket: FakeSocket, frame: number): void {
  if (frame % 3 === 0) {
    const ships = Array.from({ length: 4 }, (_, index) => [
      `ship ${index}`,
      frame * 1.37 + index,
      Math.sin(frame),
      -frame / 7,
    ]);
    socket.emit("snapshot", [frame, ships]);
  }
  if (frame % 40 === 11) socket.emit("shot", [`ship ${frame % 4}`, (frame * 13) % 360]);
  if (frame % 50 === 20) socket.emit_with_ack("shot", [`ship ${frame % 4}`, (frame * 17) % 360], () => {});
  if (frame % 170 === 101) socket.emit("died");
}
