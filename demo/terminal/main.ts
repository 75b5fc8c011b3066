/** The terminal arena: bots, and a picture of what they see. Environment variables, set by `run.mjs`: SERVER_URL, BOTS, SECONDS. */
import { BotSwarm, report_table, type SwarmReport } from "socketio-gameloop/bots";
import { BOT_RATE } from "../bots/autopilot.js";
import { arenaScript, type Sight } from "./arena-script.js";
import { drawArena } from "./arena-view.js";

const FRAMES_PER_SECOND = 15;
/** So long the sockets have for their closing handshakes, in milliseconds. */
const GOODBYE = 300;
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

const url = process.env["SERVER_URL"] ?? "http://localhost:3000";
const sight: Sight = { snapshot: null, names: new Map() };
const swarm = new BotSwarm(url, {
  count: Number(process.env["BOTS"] ?? 12),
  duration: Number(process.env["SECONDS"] ?? Infinity),
  tick_rate: BOT_RATE,
  ramp: 10,
  seed: 7,
  script: arenaScript(url, sight),
  // The script leads through the lobby into the main namespace.
  client: { main_namespace: false },
});

const screen = process.stdout.isTTY ? process.stdout : null;
let shown: readonly string[] = [];

function statusOf({ connected, count, lost, rtt, ticks_behind, seconds }: SwarmReport): string {
  const ms = (time: number) => `${(time * 1000).toFixed(1)} ms`;
  const link = `rtt p50 ${ms(rtt.p50)} p99 ${ms(rtt.p99)}`;
  const loop = `loop ${ticks_behind.toFixed(2)} ticks late at worst`;
  return `${seconds.toFixed(0)} s  ${connected}/${count} bots  ${lost} lost  ${link}  ${loop}  Ctrl-C ends`;
}

/** Writes the lines that have changed. */
function draw(): void {
  const { columns = 80, rows = 24 } = process.stdout;
  const status = statusOf(swarm.get_report());
  const { snapshot, names } = sight;
  const lines =
    snapshot === null ? ["Waiting for the arena …", status] : drawArena(snapshot, names, { columns, rows }, status);
  let output = lines.length === shown.length ? "" : "\x1b[2J";
  for (const [row, line] of lines.entries())
    if (output !== "" || line !== shown[row]) output += `\x1b[${row + 1};1H${line}\x1b[K`;
  screen?.write(output);
  shown = lines;
}

/** What a terminal would show, in a line. */
function print(): void {
  const { connected, count, lost, seconds, rtt } = swarm.get_report();
  const { snapshot, names } = sight;
  const [best] = [...(snapshot?.ships.values() ?? [])].sort((a, b) => b.score - a.score);
  const leader = best === undefined ? "nobody" : `${names.get(best.id) ?? best.id} (${best.score})`;
  console.log(
    `${seconds.toFixed(0).padStart(4)} s  ${connected}/${count} bots in the arena, ${lost} lost  ` +
      `round ${snapshot?.round ?? "-"}, ${snapshot?.gems.size ?? 0} gems, leader ${leader}  ` +
      `rtt p50 ${(rtt.p50 * 1000).toFixed(1)} ms`,
  );
}

screen?.write(ENTER);
screen?.on("resize", () => {
  shown = [];
});
const timer = setInterval(screen === null ? print : draw, screen === null ? 1000 : 1000 / FRAMES_PER_SECOND);
process.on("SIGINT", () => void swarm.stop());
process.on("SIGTERM", () => void swarm.stop());
// The launcher is gone: nobody is left who would stop this process.
if (process.send !== undefined) process.on("disconnect", () => void swarm.stop());
const report = await swarm.run();
clearInterval(timer);
screen?.write(LEAVE);
console.log(report_table(report));
process.exitCode = report.ok ? 0 : 1;
if (process.connected) process.disconnect();
setTimeout(() => process.exit(), GOODBYE).unref();
