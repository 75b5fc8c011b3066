/** Receiving as fast as it comes: what a flood of pre-built frames costs the client. */
import { connect, next } from "./clients.mjs";
import { cpuTimer, heapUsed } from "./cpu.mjs";
import { EVENTS, readNumber, Tally } from "./frames.mjs";

/** Receives `count` messages of a kind `times` times and measures the last time. */
export async function receiveFlood(variant, { kind, count, times = 2, heap = false }, { url }, options = {}) {
  const client = await connect(variant, url, options);
  let tally = new Tally();
  let done;
  const take = kind.startsWith("bytes")
    ? (data) => {
        tally.take(readNumber(data));
        if (tally.received === count) done();
      }
    : (data) => {
        tally.take(data.n);
        if (tally.received === count) done();
      };
  client.on(EVENTS[kind].event, take);
  const prepared = next(client, "prepared");
  client.emit("prepare", { kind, count });
  await prepared;
  let figures = {};
  for (let time = 0; time < times; time++) {
    tally = new Tally();
    const finished = new Promise((resolve) => {
      done = resolve;
    });
    // Room for all that follows.
    globalThis.gc();
    const before = heapUsed();
    const cpu = cpuTimer();
    const started = performance.now();
    client.emit("flood", { kind, count });
    await finished;
    figures = { cpu: cpu() / count, rate: count / (performance.now() - started) };
    if (heap) {
      figures.heap = (heapUsed() - before) / count;
      if (figures.heap < 0) throw new Error("garbage was collected while it was counted");
    }
    tally.prove(count);
  }
  client.close();
  return figures;
}
