/** What is left of many durations. Times are seconds, and 0 when there are none. */
export interface LatencySummary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** All of them, rounded: number and count of each bucket that has any. What `merge_reports()` needs. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** The first bucket ends here: 10 µs is nothing, on any network. */
const FIRST = 1e-5;
/** Each bucket is 2 % wider than the one before it, so a percentile is at most 1 % off. */
const GROWTH = 1.02;
const STEP = Math.log(GROWTH);
/** 10 µs × 1.02 ^ 931 are 1013 s; what takes longer is counted there too. */
const LAST = 931;

/**
 * Durations in buckets whose width grows with the duration. Sorting millions of samples would need all of them in memory, and two
 * lists of percentiles cannot be made one; buckets take 4 KB whatever comes, and those of several processes can be added up.
 */
export class Histogram {
  readonly #buckets = new Uint32Array(LAST + 1);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  /** Anything that cannot be a duration (negative, NaN) is left out. */
  add(seconds: number): void {
    if (!(seconds >= 0)) return;
    const bucket = seconds <= FIRST ? 0 : Math.min(LAST, Math.ceil(Math.log(seconds / FIRST) / STEP));
    this.#buckets[bucket]!++;
    this.#count++;
    this.#sum += seconds;
    this.#min = Math.min(this.#min, seconds);
    this.#max = Math.max(this.#max, seconds);
  }

  merge(other: LatencySummary): void {
    if (other.count === 0) return;
    for (const [bucket, count] of other.buckets) this.#buckets[bucket]! += count;
    this.#count += other.count;
    this.#sum += other.mean * other.count;
    this.#min = Math.min(this.#min, other.min);
    this.#max = Math.max(this.#max, other.max);
  }

  summary(): LatencySummary {
    const isEmpty = this.#count === 0;
    return {
      count: this.#count,
      min: isEmpty ? 0 : this.#min,
      mean: isEmpty ? 0 : this.#sum / this.#count,
      p50: this.#percentile(0.5),
      p90: this.#percentile(0.9),
      p99: this.#percentile(0.99),
      max: this.#max,
      buckets: [...this.#buckets].flatMap((count, bucket) => (count > 0 ? [[bucket, count] as const] : [])),
    };
  }

  #percentile(part: number): number {
    let left = Math.ceil(part * this.#count);
    for (let bucket = 0; left > 0; bucket++) {
      left -= this.#buckets[bucket]!;
      // The middle of the bucket, and never less or more than what was seen.
      if (left <= 0) return Math.min(Math.max(this.#min, FIRST * GROWTH ** (bucket - 0.5)), this.#max);
    }
    return 0;
  }
}
