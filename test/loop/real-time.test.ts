/*
 * The real clock and the real timers of this process. Nothing here says how late a tick may be: that is the machine's
 * business. What it says is that lateness does not add up.
 */
import { describe, expect, test } from "vitest";
import { FixedTickLoop } from "../../src/loop/index.js";

const RATE = 60;
const SECONDS = 2;
/** Every so many ticks one blocks the process, for so long. */
const EVERY = 20;
const BLOCK_SECONDS = 0.04;

function block(seconds: number): void {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; );
}

describe.each(["timer", "hybrid"] as const)("two seconds with precision %s", (precision) => {
  test("as many ticks as periods have passed, and none of them early", async () => {
    /** For each tick, how many periods have passed by then that have not been accounted for. */
    const lags: number[] = [];
    const numbers: number[] = [];
    let skipped = 0;
    let startedAt = -1;
    const clock = () => {
      const now = performance.now() / 1000;
      // The first to read it is `start()`.
      if (startedAt < 0) startedAt = now;
      return now;
    };
    const loop = await new Promise<FixedTickLoop>((resolve) => {
      const ticking: FixedTickLoop = new FixedTickLoop(
        [],
        (_, tick_number) => {
          const elapsed = clock() - startedAt;
          numbers.push(tick_number);
          lags.push(elapsed * RATE - (tick_number + skipped));
          if (tick_number % EVERY === 0) block(BLOCK_SECONDS);
          if (elapsed < SECONDS) return;
          ticking.stop();
          resolve(ticking);
        },
        { tick_rate: RATE, precision, clock },
      );
      ticking.behind.connect((ticks_skipped) => {
        skipped += ticks_skipped;
      });
      ticking.start();
    });
    const { ticks, jitter_p50, jitter_p95, jitter_p99, jitter_max } = loop.get_stats();
    const jitter = [jitter_p50, jitter_p95, jitter_p99, jitter_max].map((late) => (late * 1000).toFixed(2)).join(", ");
    console.log(`${precision}: ${ticks} ticks, ${skipped} skipped; jitter p50, p95, p99, max: ${jitter} ms`);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(ticks).toBe(numbers.length);
    expect(loop.get_stats().skipped).toBe(skipped);
    expect(Math.min(...lags)).toBeGreaterThan(-1e-6);
    // A chain of timers that wait for a period each would be 12 ticks behind by now, and fall back further with each block.
    const secondHalf = lags.slice(lags.length / 2);
    expect(Math.min(...secondHalf)).toBeLessThan(1);
  });
});

test("a loop that is stopped keeps no process alive, one that runs does", () => {
  const before = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const active = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length - before;
  const loop = new FixedTickLoop([], null, { tick_rate: 1 });
  loop.start();
  expect(active()).toBe(1);
  loop.stop();
  expect(active()).toBe(0);
});
