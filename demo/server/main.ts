/** The server process: page, lobby and arena on one port. Environment variables: see ../README.md. */
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";
import { FixedTickLoop } from "socketio-gameloop/loop";
import * as ink from "../pixi/constants.js";
import { attachInk } from "../pixi/server.js";
import { ROUND_TICKS, TICK_RATE } from "../shared/constants.js";
import { LOBBY_NAMESPACE } from "../shared/protocol.js";
import { createWorld } from "../shared/world.js";
import { Arena, type ArenaServer } from "./arena.js";
import { listen } from "./listen.js";
import { Lobby, type LobbyNamespace } from "./lobby.js";
import { serveFolder } from "./static-files.js";
import { TicketOffice } from "./tickets.js";

const LOBBY_STATUS_SECONDS = 1;
/** A fifth of a second of the arena: what is beyond is skipped rather than played in a burst. */
const MAX_CATCH_UP = 12;

function numberFromEnvironment(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    console.error(`${name}=${text} is not a whole number`);
    process.exit(2);
  }
  return value;
}

const clock = (): number => performance.now() / 1000;
const page = process.env["PAGE_DIR"] ?? join(dirname(fileURLToPath(import.meta.url)), "page");
const http = createServer(serveFolder(page));
const io: ArenaServer = new Server(http, {
  serveClient: false,
  pingInterval: numberFromEnvironment("PING_INTERVAL_MS", 10_000),
  pingTimeout: numberFromEnvironment("PING_TIMEOUT_MS", 8_000),
  // The largest thing a client has to say is eight steps of input.
  maxHttpBufferSize: 16_384,
});
const tickets = new TicketOffice();
const seed = numberFromEnvironment("SEED", Date.now() >>> 0);
const roundTicks = Math.max(1, numberFromEnvironment("ROUND_SECONDS", ROUND_TICKS / TICK_RATE)) * TICK_RATE;
const arena = new Arena(io, tickets, createWorld(seed, roundTicks), clock);
const inkRoundTicks = Math.max(1, numberFromEnvironment("INK_ROUND_SECONDS", ink.ROUND_SECONDS)) * ink.TICK_RATE;
const tickInk = attachInk(io, { seed, roundTicks: inkRoundTicks, clock });
const lobby = new Lobby(io.of(LOBBY_NAMESPACE) as unknown as LobbyNamespace, tickets, clock);

let port: number;
try {
  port = await listen(http, numberFromEnvironment("PORT", 3000), process.env["PORT_STRICT"] === "1");
} catch (error) {
  console.error(`The server cannot listen: ${(error as Error).message}`);
  process.exit(1);
}
const loops = [
  new FixedTickLoop([], () => arena.tick(), { tick_rate: TICK_RATE, max_catch_up: MAX_CATCH_UP }),
  new FixedTickLoop([], tickInk, { tick_rate: ink.TICK_RATE, max_catch_up: MAX_CATCH_UP }),
];
for (const loop of loops) loop.start();
const news = setInterval(() => lobby.publish(arena.status()), LOBBY_STATUS_SECONDS * 1000);
console.log(`Server ${process.pid} listens on http://localhost:${port}`);
process.send?.({ type: "listening", port });

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  for (const loop of loops) loop.stop();
  clearInterval(news);
  void io.close().then(() => process.exit(0));
  // A client that does not answer the closing handshake must not keep the process alive.
  setTimeout(() => process.exit(0), 1000).unref();
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
// The launcher is gone: nobody is left who would stop this process.
if (process.send !== undefined) process.on("disconnect", stop);
