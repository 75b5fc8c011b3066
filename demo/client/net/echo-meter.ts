import { sequenceDistance } from "../../shared/sequence.js";

/** Of a new sample; the rest is what was. */
const WEIGHT = 0.2;
const REMEMBERED = 240;

/**
 * How long it takes until the own steering is seen in the world that comes back: the delay that prediction hides. Every snapshot says
 * up to which step the server has got, so it is measured thirty times a second and asks nothing of the server.
 */
export class EchoMeter {
  #sent: { readonly sequence: number; readonly at: number }[] = [];
  /** Seconds, smoothed; 0 before the first. */
  seconds = 0;

  /** Step `sequence` is on its way at `now`. */
  sent(sequence: number, now: number): void {
    this.#sent.push({ sequence, at: now });
    if (this.#sent.length > REMEMBERED) this.#sent.shift();
  }

  /** A snapshot that was read at `now` contains everything up to step `sequence`. */
  seen(sequence: number, now: number): void {
    let at: number | null = null;
    while (this.#sent[0] !== undefined && sequenceDistance(this.#sent[0].sequence, sequence) <= 0) {
      at = this.#sent[0].at;
      this.#sent.shift();
    }
    if (at === null) return;
    this.seconds = this.seconds === 0 ? now - at : this.seconds + (now - at - this.seconds) * WEIGHT;
  }

  reset(): void {
    this.#sent = [];
  }
}
