import { getHeapStatistics } from "node:v8";

/** Starts to count this process's CPU time; the function that it returns says how many microseconds it were. */
export function cpuTimer() {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
}

export const heapUsed = () => getHeapStatistics().used_heap_size;

/** Starts the process with so much room for young objects that none is collected while they are counted. */
export const NO_COLLECTION = ["--min-semi-space-size=512", "--max-semi-space-size=512"];

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Bytes that one time of the work allocates. Needs a process that collects nothing meanwhile: see `NO_COLLECTION`. */
export async function garbageOf(run, count = 20_000) {
  for (let warm = 0; warm < 3; warm++) await run(count);
  globalThis.gc();
  const before = heapUsed();
  await run(count);
  const bytes = (heapUsed() - before) / count;
  if (bytes < 0) throw new Error("garbage was collected while it was counted");
  return bytes;
}
