/**
 * A fixed tick without drift: tick n is due at start + n * period, however late tick n - 1 was. `setTimeout` alone
 * would add its lateness up, a few ticks every second, and the clients' clocks would run away from the server's.
 */
const MAX_CATCH_UP = 12;

/** Calls `tick` at `rate` times per second until the returned function is called. */
export function startTicker(rate: number, tick: () => void): () => void {
  const period = 1000 / rate;
  let start = performance.now();
  let count = 0;
  let timer: NodeJS.Timeout;

  const run = (): void => {
    let now = performance.now();
    if (now - (start + count * period) > MAX_CATCH_UP * period) {
      // The process was suspended: go on from here rather than simulate the lost minutes in a burst.
      start = now - count * period;
    }
    while (start + count * period <= now) {
      count++;
      tick();
      now = performance.now();
    }
    timer = setTimeout(run, Math.ceil(start + count * period - now));
  };
  timer = setTimeout(run, 0);
  return () => clearTimeout(timer);
}
