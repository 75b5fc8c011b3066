import { setTimeout as sleep } from "node:timers/promises";

const STEP_MILLISECONDS = 50;

export { sleep };

/**
 * Waits until `condition` returns something that is not `false`, `null`, `undefined`, 0 or `""`, and returns that.
 * @param what is waited for, in words: "Ann is in the arena"
 * @param seconds after which it gives up
 * @throws Error that says what did not happen, and what `found` says instead
 */
export async function until<T>(
  what: string,
  seconds: number,
  condition: () => T | Promise<T>,
  found?: () => unknown,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value) return value as NonNullable<Exclude<T, false>>;
    if (performance.now() > deadline) {
      const instead = found === undefined ? "" : `; instead: ${JSON.stringify(await found(), null, 1)}`;
      throw new Error(`not within ${seconds} s: ${what}${instead}`);
    }
    await sleep(STEP_MILLISECONDS);
  }
}
