/** How long to wait between attempts to reconnect. Durations are seconds. */
export interface BackoffOptions {
  /** Delay before the first attempt. */
  readonly delay: number;
  /** No delay is longer than this. */
  readonly delay_max: number;
  /** 0 to 1: the part of each delay that is drawn at random. */
  readonly jitter: number;
}

/**
 * The delay before attempt number `attempt` (1 for the first), in seconds: doubled each time, capped, then shortened by up
 * to `jitter`. The cap comes first: the other way round every client that lost the same server waits for exactly
 * `delay_max` from the fifth attempt on, and they all come back at the same moment.
 * @param random a number from 0 to 1
 */
export function backoffDelay(attempt: number, options: BackoffOptions, random: number): number {
  // 2^30 seconds is far beyond any cap; without the clamp 2^attempt overflows to Infinity, and 0 × Infinity is NaN.
  const exponential = options.delay * 2 ** Math.min(attempt - 1, 30);
  return Math.min(exponential, options.delay_max) * (1 - options.jitter * (+random || 0));
}
