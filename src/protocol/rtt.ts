/**
 * Round-trip time from samples, smoothed as TCP does it (RFC 6298: 1/8 of the new sample, 1/4 of its deviation).
 * All values are seconds; 0 before the first sample.
 */
export class RttEstimator {
  rtt = 0;
  rtt_min = 0;
  /** Mean deviation of the samples from the smoothed value. */
  rtt_jitter = 0;
  #samples = 0;

  /** Adds one measurement. Anything that cannot be a duration (negative, NaN) is left out. */
  add(sample: number): void {
    if (!(sample >= 0)) return;
    if (this.#samples++ === 0) {
      this.rtt = this.rtt_min = sample;
      this.rtt_jitter = sample / 2;
      return;
    }
    this.rtt_jitter += (Math.abs(sample - this.rtt) - this.rtt_jitter) / 4;
    this.rtt += (sample - this.rtt) / 8;
    this.rtt_min = Math.min(this.rtt_min, sample);
  }
}
