/** Something that happens at `at` (seconds) unless it is cancelled before. */
export interface Deadline {
  readonly at: number;
  /** `null` once it has happened or was cancelled. */
  expire: ((now: number) => void) | null;
}

/**
 * Everything that is due some day, without a timer and without a scan: a list in order of time. Most deadlines come with
 * the same delay and so are added at its end; asking for the earliest is a look at its start. What is over
 * stays in the list until most of it is like that.
 */
export class Deadlines {
  #list: Deadline[] = [];
  #head = 0;
  /** How many of the list are still to happen. */
  #live = 0;

  /** Nothing is due before this moment; `Infinity` when nothing ever is. */
  get next(): number {
    return this.#list[this.#head]?.at ?? Infinity;
  }

  add(at: number, expire: (now: number) => void): Deadline {
    if (this.#list.length > 2 * this.#live++ + 64) {
      this.#list = this.#list.filter((deadline) => deadline.expire);
      this.#head = 0;
    }
    const list = this.#list;
    const deadline: Deadline = { at, expire };
    let place = list.push(deadline) - 1;
    for (; place > this.#head && list[place - 1]!.at > at; place--) list[place] = list[place - 1]!;
    list[place] = deadline;
    return deadline;
  }

  /** Nothing happens if it has happened or been cancelled already. */
  cancel(deadline: Deadline | null): void {
    if (!deadline?.expire) return;
    deadline.expire = null;
    this.#live--;
  }

  /**
   * Lets happen what is due by `now`, in order of time. It may add and cancel; no more happens than was due at first, so
   * this ends even if what happens is always due again at once.
   */
  advance(now: number): void {
    let due = 0;
    while ((this.#list[this.#head + due]?.at ?? NaN) <= now) due++;
    while (due-- > 0 && this.next <= now) {
      const deadline = this.#list[this.#head++]!;
      const { expire } = deadline;
      this.cancel(deadline);
      expire?.(now);
    }
  }
}
