/** The time of a client, in seconds: it passes in polls, and is what their deadlines are measured by. */
export class PollTime {
  now = -Infinity;
  /** Longest time between two polls. */
  longestGap = 0;
  #polledAt = Infinity;
  /** The moment up to which all that arrived was delivered, and the next one of which that will be true. */
  #heard = -Infinity;
  #collected = -Infinity;

  /** Never backwards, and never to what is no time: neither NaN nor Infinity would ever pass again. */
  advance(time: number): void {
    if (time > this.now && time < Infinity) this.now = time;
  }

  /** Notes that the game polls. */
  polled(): void {
    const gap = this.now - this.#polledAt;
    if (gap > this.longestGap) this.longestGap = gap;
    this.#polledAt = this.now;
  }

  /** From now on no poll is missed. */
  pause(): void {
    this.#polledAt = Infinity;
  }

  /**
   * The moment that deadlines are compared with. Input comes before time, with a budget too: a poll's moment counts once all that had
   * arrived by then is delivered.
   * @param oldest when what still waits arrived; Infinity if nothing does
   */
  heardUntil(oldest: number): number {
    if (oldest > this.#collected) {
      this.#heard = oldest === Infinity ? this.now : this.#collected;
      this.#collected = this.now;
    }
    return this.#heard;
  }
}
