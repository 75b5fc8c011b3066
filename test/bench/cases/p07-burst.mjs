/* P7: a loop of 60 frames a second into which 100,000 events burst, each with 2 µs of work. Does a frame come late? */
import { connect, next } from "../lib/clients.mjs";
import { sleep } from "../lib/cpu.mjs";
import { Tally } from "../lib/frames.mjs";
import { quantile } from "../lib/stats.mjs";

export const title = "100,000 events burst into a 60 Hz loop, 2 µs of work each";
export const rounds = 7;
export const variants = ["ours", "sio"];

const FRAME = 1000 / 60;
const WORK = 0.002;

export const parts = (quick) => [
  { name: "2 ms budget", budget: 2, count: quick ? 10_000 : 100_000 },
  { name: "8 ms budget", budget: 8, count: quick ? 10_000 : 100_000 },
];

export async function client(variant, { budget, count }, { url }) {
  const polls = [];
  const client = await connect(variant, url, { pump: "busy" });
  const poll = variant === "ours" ? () => client.raw.poll() : () => {};
  let tally;
  let finished = 0;
  client.on("move", ({ n }) => {
    const end = performance.now() + WORK;
    tally.take(n);
    if (tally.received === count) finished = performance.now();
    while (performance.now() < end);
  });
  const prepared = next(client, "prepared");
  client.emit("prepare", { kind: "small", count });
  await prepared;
  client.stopPump();
  if (variant === "ours") client.raw.configure({ poll_max_time: budget / 1000 });

  const gaps = [];
  let live = true;
  let last = performance.now();
  let due = last;
  // A game that skips what it has missed, on deadlines that do not drift.
  const frame = () => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
    poll();
    polls.push(performance.now() - now);
    while (due <= performance.now()) due += FRAME;
    if (live) setTimeout(frame, due - performance.now());
  };
  frame();
  const burst = async () => {
    tally = new Tally();
    finished = 0;
    globalThis.gc();
    await sleep(200);
    gaps.length = polls.length = 0;
    const started = performance.now();
    client.emit("flood", { kind: "small", count });
    client.flush();
    while (finished === 0) await sleep(20);
    await sleep(100);
    tally.prove(count);
    return finished - started;
  };
  // A game has played for a while when it happens: what it runs is compiled, on the core that the server needs.
  await burst();
  const drained = await burst();
  live = false;
  client.close();
  return {
    worst: Math.max(...gaps),
    over20: gaps.filter((gap) => gap > 20).length,
    over33: gaps.filter((gap) => gap > 33).length,
    poll: quantile(polls, 0.99),
    drained,
    rss: process.resourceUsage().maxRSS / 1024,
  };
}

export const lines = [
  { name: "2 ms budget, worst gap", unit: "ms", part: "2 ms budget", figure: "worst", checks: [{ atMost: 21 }] },
  { name: "2 ms budget, frames over 20 ms", unit: "frames", part: "2 ms budget", figure: "over20" },
  {
    name: "2 ms budget, frames over 33 ms",
    unit: "frames",
    part: "2 ms budget",
    figure: "over33",
    checks: [{ atMost: 0 }],
  },
  { name: "2 ms budget, poll p99", unit: "ms", part: "2 ms budget", figure: "poll", checks: [{ atMost: 2.1 }] },
  {
    name: "2 ms budget, RSS at most",
    unit: "MB",
    part: "2 ms budget",
    figure: "rss",
    checks: [{ ratio: "ours/sio", atMost: 0.85 }],
  },
  { name: "8 ms budget, worst gap", unit: "ms", part: "8 ms budget", figure: "worst" },
  {
    name: "8 ms budget, until all are delivered",
    unit: "ms",
    part: "8 ms budget",
    figure: "drained",
    checks: [{ ratio: "ours/sio", atMost: 1.3 }],
  },
];
