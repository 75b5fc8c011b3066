/** Something that happens at `at` (seconds) unless it is cancelled before. */
export interface Deadline {
  readonly at: number;
  /** `null` once it has happened or was cancelled. */
  expire: ((now: number) => void) | null;
}

/**
 * Everything that is due some day, without a timer and without a scan: a list in order of time. Most deadlines come with
 * the same delay and so are added at its end; asking for the earliest is a look at its start. A cancelled one stays until it
 * is its turn, or until half of the list is like it.
 */
export class Deadlines {
  #list: Deadline[] = [];
  #head = 0;
  #cancelled = 0;

  /** Nothing is due before this moment; `Infinity` when nothing ever is. */
  get next(): number {
    return this.#list[this.#head]?.at ?? Infinity;
  }

  add(at: number, expire: (now: number) => void): Deadline {
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
    if (++this.#cancelled > 64 && this.#cancelled * 2 > this.#list.length - this.#head) this.#tidy();
  }

  /**
   * Lets happen what is due by `now`, in order of time. It may add and cancel; no more happens than was due at first, so
   * this ends even if what happens is always due again at once.
   */
  advance(now: number): void {
    let due = 0;
    while (this.#list[this.#head + due] && this.#list[this.#head + due]!.at <= now) due++;
    while (due-- > 0 && this.next <= now) {
      const deadline = this.#list[this.#head++]!;
      const { expire } = deadline;
      deadline.expire = null;
      if (expire === null) this.#cancelled--;
      else expire(now);
    }
    if (this.#head > 1024) this.#tidy();
  }

  #tidy(): void {
    this.#list = this.#list.slice(this.#head).filter((deadline) => deadline.expire);
    this.#head = this.#cancelled = 0;
  }
}
