import { describe, expect, test } from "vitest";
import { backoffDelay } from "../../src/protocol/backoff.js";

const OPTIONS = { delay: 0.25, delay_max: 5, jitter: 0.5 };

describe("backoffDelay", () => {
  test("is doubled from attempt to attempt, up to the cap", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffDelay(attempt, { ...OPTIONS, jitter: 0 }, 1));
    expect(delays).toEqual([0.25, 0.5, 1, 2, 4, 5, 5]);
  });

  test("jitter 0 leaves nothing to chance", () => {
    expect(backoffDelay(3, { ...OPTIONS, jitter: 0 }, 0)).toBe(1);
    expect(backoffDelay(3, { ...OPTIONS, jitter: 0 }, 0.999)).toBe(1);
  });

  test("jitter 1 draws the whole delay: from all of it down to nothing", () => {
    expect(backoffDelay(3, { ...OPTIONS, jitter: 1 }, 0)).toBe(1);
    expect(backoffDelay(3, { ...OPTIONS, jitter: 1 }, 0.25)).toBe(0.75);
    expect(backoffDelay(3, { ...OPTIONS, jitter: 1 }, 1)).toBe(0);
  });

  test("the cap comes before the jitter: clients that lost the same server do not come back at the same moment", () => {
    expect(backoffDelay(20, OPTIONS, 0)).toBe(5);
    expect(backoffDelay(20, OPTIONS, 0.5)).toBe(3.75);
    expect(backoffDelay(20, OPTIONS, 1)).toBe(2.5);
  });

  test("attempt 2000 waits for the cap; no overflow, no NaN", () => {
    expect(backoffDelay(2000, OPTIONS, 0.5)).toBe(3.75);
    expect(backoffDelay(2000, { delay: 0, delay_max: 5, jitter: 0.5 }, 0.5)).toBe(0);
    expect(backoffDelay(Number.MAX_SAFE_INTEGER, OPTIONS, 0)).toBe(5);
  });

  test("a cap below the first delay counts from the first attempt on", () => {
    expect(backoffDelay(1, { delay: 2, delay_max: 1, jitter: 0 }, 0)).toBe(1);
  });
});
