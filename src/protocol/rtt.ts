/**
 * Round-trip time from samples, smoothed as TCP does it (RFC 6298: 1/8 of the new sample, 1/4 of its deviation).
 * All values are seconds; 0 before the first sample.
 */
export class RttEstimator {
  #smoothed = 0;
  #min = 0;
  #jitter = 0;
  #samples = 0;

  get rtt(): number {
    return this.#smoothed;
  }

  get min(): number {
    return this.#min;
  }

  /** Mean deviation of the samples from the smoothed value. */
  get jitter(): number {
    return this.#jitter;
  }

  /** Adds one measurement. Anything that cannot be a duration (negative, NaN) is left out. */
  add(sample: number): void {
    if (!(sample >= 0)) return;
    if (this.#samples++ === 0) {
      this.#smoothed = this.#min = sample;
      this.#jitter = sample / 2;
      return;
    }
    this.#jitter += (Math.abs(sample - this.#smoothed) - this.#jitter) / 4;
    this.#smoothed += (sample - this.#smoothed) / 8;
    this.#min = Math.min(this.#min, sample);
  }
}
