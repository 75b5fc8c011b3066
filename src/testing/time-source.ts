/** Where time comes from, and what wakes up in it: a `ManualClock`, or real time. */
export interface TimeSource {
  /** Seconds; never goes back. */
  readonly now: number;
  /**
   * Calls `callback` once, `seconds` from now.
   * @returns calls it off
   */
  after(seconds: number, callback: () => void): () => void;
}

/** The longest that `setTimeout` can wait, in milliseconds. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The time of the platform. */
export const realTime: TimeSource = {
  get now() {
    return performance.now() / 1000;
  },
  after(seconds, callback) {
    // Rounded up: what comes too early has to be waited for again.
    const timer = setTimeout(callback, Math.min(Math.ceil(seconds * 1000), LONGEST_TIMEOUT));
    return () => clearTimeout(timer);
  },
};
