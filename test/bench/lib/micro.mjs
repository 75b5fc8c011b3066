/*
 * Short work, timed in slices of some milliseconds: one slice of the work, one of what it is compared with, and so on. A machine
 * that slows down does so for longer than a slice, so the two of a pair suffer alike.
 */
import { median } from "./stats.mjs";

const SLICE = 4;
/** How long the work goes on before it is timed, for each slice that is: V8 has compiled it for good after some hundred milliseconds. */
const WARM = 10;

/**
 * @param runs functions that do their work `count` times, sync or async
 * @returns for each the median nanoseconds of one time, and `ratio`: how much longer the first takes than the last
 */
export async function timePairs(runs, { slices = 40 } = {}) {
  const counts = [];
  for (const run of runs) counts.push(await calibrate(run, slices * WARM));
  const times = runs.map(() => []);
  for (let slice = -Math.ceil(slices / 3); slice < slices; slice++) {
    for (const [index, run] of runs.entries()) {
      // Each begins with an empty nursery, and does not pay for what the other left behind.
      globalThis.gc?.({ type: "minor" });
      const time = await timeOne(run, counts[index]);
      if (slice >= 0) times[index].push(time);
    }
  }
  const last = times[times.length - 1];
  return { ns: times.map(median), ratio: median(times[0].map((time, index) => time / last[index])) };
}

async function calibrate(run, milliseconds) {
  const warm = performance.now() + milliseconds;
  let count = 8;
  for (;;) {
    const ns = await timeOne(run, count);
    const isWarm = performance.now() > warm;
    if (ns * count < SLICE * 1e6) count *= 2;
    else if (isWarm) return Math.ceil((SLICE * 1e6) / ns);
  }
}

async function timeOne(run, count) {
  const started = timeSpent();
  const result = run(count);
  if (result instanceof Promise) await result;
  return ((timeSpent() - started) * 1e6) / count;
}

/** Milliseconds of this process's own CPU time, which others on its core do not change; a page has only a clock. */
const timeSpent = globalThis.process
  ? () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    }
  : () => performance.now();
