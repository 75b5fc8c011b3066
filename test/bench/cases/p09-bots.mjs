/* P9: thousands of clients that emit twenty times a second each. */
import { cpuTimer, turn } from "../lib/cpu.mjs";
import { makeCrowd, proveTotal } from "../lib/crowd.mjs";
import { small } from "../lib/frames.mjs";

export const title = "many clients, each emitting at 20 Hz";
export const rounds = 7;

const RATE = 20;
/** They take turns, so that not all emit in the same millisecond. */
const SLOTS = 10;

export const parts = (quick) => [
  { name: "2,000 clients", count: quick ? 100 : 2000, seconds: quick ? 0.5 : 3 },
  { name: "5,000 clients", count: quick ? 200 : 5000, seconds: quick ? 0.5 : 3 },
];

export async function client(variant, { count, seconds }, { url }) {
  const crowd = await makeCrowd(variant, url, count);
  const numbers = new Uint32Array(count);
  const warm = await run(crowd, numbers, 0.5);
  const { emits, cpu } = await run(crowd, numbers, seconds);
  await proveTotal(crowd, warm.emits + emits);
  crowd.close();
  return { cpu: cpu / emits, kept: (emits / (count * RATE * seconds)) * 100 };
}

/** Who is late goes on without a pause; what has not been emitted when the time is up is not emitted any more. */
async function run(crowd, numbers, seconds) {
  const count = numbers.length;
  const slots = Math.round(seconds * RATE * SLOTS);
  const cpu = cpuTimer();
  const started = performance.now();
  let emits = 0;
  for (let slot = 0; slot < slots; slot++) {
    const due = started + (slot * 1000) / (RATE * SLOTS);
    while (performance.now() < due) await pause(due - performance.now());
    const now = performance.now();
    if (now > started + seconds * 1000) break;
    for (let n = slot % SLOTS; n < count; n += SLOTS) {
      crowd.emit(n, "move", small(numbers[n]++));
      crowd.poll(n, now / 1000);
      emits++;
    }
    await turn();
  }
  return { emits, cpu: cpu() };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

export const lines = [
  {
    name: "2,000 clients, CPU per emit",
    unit: "µs",
    part: "2,000 clients",
    figure: "cpu",
    checks: [{ ratio: "sio/ours", atLeast: 1.6 }],
  },
  {
    name: "5,000 clients, CPU per emit",
    unit: "µs",
    part: "5,000 clients",
    figure: "cpu",
    checks: [{ ratio: "sio/ours", atLeast: 1.6 }],
  },
  {
    name: "5,000 clients, emitted in time",
    unit: "%",
    part: "5,000 clients",
    figure: "kept",
    checks: [{ atLeast: 99 }],
  },
];
