/** The bots process: BOTS clients in one loop, polled thirty times a second. Environment variables: see ../README.md. */
import { FixedTickLoop } from "socketio-gameloop/loop";
import { startInkBots } from "../pixi/bots.js";
import { BOT_RATE } from "./autopilot.js";
import { Bot } from "./bot.js";

const NAMES = [
  "Vex", "Juno", "Pixel", "Orbit", "Kestrel", "Moxie", "Dr Glitter", "Zed", "Nimbus", "Rook", "Saffron", "Tango",
  "Bishop", "Comet", "Echo", "Fable", "Gizmo", "Halo", "Iris", "Jinx", "Koda", "Lumen", "Mako", "Nova",
]; // biome-ignore format: a list of words
const STAGGER_SECONDS = 0.15;
const SUMMARY_SECONDS = 10;

const url = process.env["SERVER_URL"] ?? "http://localhost:3000";
const count = Number(process.env["BOTS"] ?? 12);
const seed = Number(process.env["BOT_SEED"] ?? 7);
const inkCount = Number(process.env["INK_BOTS"] ?? Math.min(5, count));
if (![count, inkCount].every((number) => Number.isInteger(number) && number >= 0) || !Number.isInteger(seed)) {
  console.error("BOTS, INK_BOTS and BOT_SEED have to be whole numbers");
  process.exit(2);
}

const clock = (): number => performance.now() / 1000;
const bots = Array.from({ length: count }, (_, index) => {
  const name = NAMES[index % NAMES.length] ?? "Bot";
  const again = Math.floor(index / NAMES.length);
  return new Bot(again === 0 ? name : `${name} ${again + 1}`, seed * 1000 + index);
});

const inkBots = startInkBots(url, inkCount, seed);
const clients = bots.map(({ client }) => client);
const startedAt = clock();
let started = 0;

// The loop polls them all, lets them think, and sends what they have to say.
const think = (): void => {
  const seconds = clock() - startedAt;
  // One after the other, so that the server is not met by a wall of handshakes.
  while (started < bots.length && seconds >= started * STAGGER_SECONDS) {
    bots[started]?.connect(url);
    started++;
  }
  for (const bot of bots) bot.think();
};
const loop = new FixedTickLoop(clients, think, { tick_rate: BOT_RATE });
loop.start();

const summary = setInterval(() => {
  if (started < bots.length) return;
  const playing = bots.filter((bot) => bot.playing);
  const banked = bots.reduce((sum, bot) => sum + bot.banked, 0);
  const rtt = playing.reduce((sum, bot) => sum + bot.client.get_stats().rtt, 0) / Math.max(1, playing.length);
  const refusal = bots.find((bot) => bot.refusal !== "")?.refusal;
  console.log(
    `Bots: ${playing.length}/${bots.length} in the arena, ${banked} points banked, ` +
      `${inkBots.playing}/${inkCount} on the ink board, ` +
      `rtt ${(rtt * 1000).toFixed(1)} ms, 99 of 100 ticks within ${(loop.get_stats().jitter_p99 * 1000).toFixed(1)} ms` +
      (refusal === undefined ? "" : `, refused: ${refusal}`),
  );
}, SUMMARY_SECONDS * 1000);

let stopping = false;
function stop(): void {
  if (stopping) return;
  stopping = true;
  loop.stop();
  clearInterval(summary);
  inkBots.stop();
  for (const client of clients) client.close();
  // The sockets finish their closing handshakes; then nothing keeps the process alive.
  setTimeout(() => process.exit(0), 500).unref();
  if (process.connected) process.disconnect();
}
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
if (process.send !== undefined) process.on("disconnect", stop);
