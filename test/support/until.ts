/** Longer than anything takes that is waited for, so that what hangs fails with a sentence. Seconds. */
const PATIENCE = 4;
/** Milliseconds from one look to the next. */
const STEP = 3;

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Waits in real time until `condition` holds. It is asked again and again, so it may poll what it looks at.
 * @throws Error that says `what` has not happened
 */
export async function until(condition: () => boolean, what = String(condition), patience = PATIENCE): Promise<void> {
  const end = performance.now() + patience * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${patience} s: ${what}`);
    await pause(STEP);
  }
}
