/* P13: an event and its acknowledgement, one after the other. */
import { connect } from "../lib/clients.mjs";
import { sleep } from "../lib/cpu.mjs";
import { quantile } from "../lib/stats.mjs";

export const title = "ack round trip";
/** How soon the server answers depends on which core it is woken on. */
export const pinned = true;

const FRAME = 1000 / 60;

export const parts = (quick) => [
  { name: "polled at once", count: quick ? 100 : 6000, warm: quick ? 100 : 6000 },
  { name: "polled at 60 Hz", count: quick ? 20 : 150, frames: true, variants: ["ours"], rounds: 7 },
];

export async function client(variant, { count, frames, warm = 0 }, { url }) {
  const client = await connect(variant, url, { pump: frames ? "frame" : "busy" });
  const times = [];
  // In its first second a process compiles what it runs, on the core that the server needs: each client would be measured by that.
  for (let n = -warm; n < count; n++) {
    // The player presses a key at any moment of a frame.
    if (frames) await sleep(FRAME * (0.2 + Math.random()));
    const started = performance.now();
    const answer = client.ask("echo", n);
    client.flush();
    if ((await answer) !== n) throw new Error("the answer belongs to another question");
    if (n >= 0) times.push(performance.now() - started);
  }
  const figures = {
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    mean: times.reduce((a, b) => a + b) / times.length,
  };
  if (frames) figures.rtt = client.raw.get_stats().rtt * 1000;
  client.close();
  return figures;
}

export const lines = [
  {
    name: "polled at once, p50",
    unit: "ms",
    part: "polled at once",
    figure: "p50",
    checks: [{ ratio: "sio/ours", atLeast: 1.4 }],
  },
  {
    name: "polled at once, p99",
    unit: "ms",
    part: "polled at once",
    figure: "p99",
    checks: [{ ratio: "sio/ours", atLeast: 1.4 }],
  },
  { name: "at 60 Hz, mean", unit: "ms", part: "polled at 60 Hz", figure: "mean", checks: [{ atMost: 9.33 }] },
  // Stamped on arrival: the wait for the frame is not in it.
  { name: "at 60 Hz, get_stats().rtt", unit: "ms", part: "polled at 60 Hz", figure: "rtt", checks: [{ atMost: 2 }] },
];
