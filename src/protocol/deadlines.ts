/** Something that happens at `at` (seconds) unless it is cancelled before. */
export interface Deadline {
  readonly at: number;
  /** `null` once it has happened or was cancelled. */
  expire: ((now: number) => void) | null;
}

/**
 * Everything that is due some day, without a timer. They are in no order: to add or cancel one takes a single step, and nobody looks through
 * them before the moment that one of them may be due. What is over is left where it is until it may be the most.
 */
export class Deadlines {
  #all: Deadline[] = [];
  /** How many of them are still to happen. */
  #live = 0;
  /** Nothing is due before this moment; `Infinity` when nothing ever is. */
  next = Infinity;

  add(at: number, expire: (now: number) => void): Deadline {
    if (this.#all.length > 2 * this.#live + 64) this.#sweep();
    this.#live++;
    const deadline = { at, expire };
    this.#all.push(deadline);
    this.next = Math.min(this.next, at);
    return deadline;
  }

  /** Nothing happens if it has happened or been cancelled already. */
  cancel(deadline: Deadline | null): void {
    if (!deadline?.expire) return;
    deadline.expire = null;
    if (--this.#live === 0) this.#sweep();
  }

  /**
   * Lets happen what is due by `now`, in order of time. It may add and cancel; no more happens than was due at first, so
   * this ends even if what happens is always due again at once. One that throws takes none of the others with it: they stay.
   */
  advance(now: number): void {
    if (now < this.next) return;
    const due = this.#all.filter(({ at }) => at <= now).sort((one, other) => one.at - other.at);
    for (const deadline of due) {
      const { expire } = deadline;
      this.cancel(deadline);
      expire?.(now);
    }
    this.#sweep();
  }

  /** Leaves out what is over. */
  #sweep(): void {
    this.next = Infinity;
    this.#all = this.#all.filter(({ at, expire }) => {
      if (expire) this.next = Math.min(this.next, at);
      return expire;
    });
  }
}
