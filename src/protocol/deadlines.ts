/** Something that happens at `at` (seconds) unless it is cancelled before. */
export interface Deadline {
  readonly at: number;
  /** Of two for the same moment the older one comes first. */
  readonly order: number;
  /** `null` once it has happened or was cancelled. */
  expire: ((now: number, subject: never) => void) | null;
  /** What it is about: so that many can share one function. */
  subject: unknown;
  /** Of the heaps below it, none of which is due before it, the first; the next one beside it. */
  below: Deadline | null;
  beside: Deadline | null;
}

/** Makes one heap of two: returns its first. */
function meld(one: Deadline, other: Deadline): Deadline {
  if (other.at < one.at || (other.at === one.at && other.order < one.order)) return meld(other, one);
  other.beside = one.below;
  one.below = other;
  return one;
}

/** Adds the heaps below a deadline to `heaps`; it is alone then. */
function takeBelow(deadline: Deadline, heaps: Deadline[]): void {
  for (let heap = deadline.below; heap; heap = heap.beside) heaps.push(heap);
  deadline.below = deadline.beside = null;
}

/**
 * Everything that is due some day, without a timer and without a scan: a pairing heap. To add one takes a single step, to ask for the
 * earliest is a look at the top. What was cancelled is left where it is until it may be the most.
 */
export class Deadlines {
  #first: Deadline | null = null;
  #order = 0;
  /** How many are still to happen, and how many are over since the heap was last swept. */
  #live = 0;
  #over = 0;

  /** Nothing is due before this moment; `Infinity` when nothing ever is. */
  get next(): number {
    return this.#first?.at ?? Infinity;
  }

  /** The same as a question, which every poll asks: it makes no number. */
  isDue(now: number): boolean {
    return this.#first !== null && this.#first.at <= now;
  }

  /** @param subject what `expire` is called with */
  add(at: number, expire: (now: number, subject: never) => void, subject?: unknown): Deadline {
    if (this.#over > this.#live + 64) this.#sweep();
    this.#live++;
    const deadline = { at, order: this.#order++, expire, subject, below: null, beside: null };
    this.#insert(deadline);
    return deadline;
  }

  /** Nothing happens if it has happened or been cancelled already. */
  cancel(deadline: Deadline | null): void {
    if (!deadline?.expire) return;
    deadline.expire = null;
    deadline.subject = null;
    this.#over++;
    if (--this.#live === 0) this.#first = null;
  }

  /**
   * Lets happen what is due by `now`, in order of time. It may add and cancel; no more happens than was due at first, so
   * this ends even if what happens is always due again at once.
   */
  advance(now: number): void {
    const due: Deadline[] = [];
    for (let first = this.#first; first && first.at <= now; first = this.#first) {
      due.push(first);
      // What is below it is melded in pairs, and these in pairs, until there is one.
      const heaps: Deadline[] = [];
      takeBelow(first, heaps);
      for (let index = 1; index < heaps.length; index += 2) heaps.push(meld(heaps[index - 1]!, heaps[index]!));
      this.#first = heaps.at(-1) ?? null;
    }
    let happened = 0;
    try {
      while (happened < due.length) {
        const deadline = due[happened++]!;
        const { expire, subject } = deadline;
        this.cancel(deadline);
        expire?.(now, subject as never);
      }
    } finally {
      // One that throws takes none of the others with it.
      for (const deadline of due.slice(happened)) this.#insert(deadline);
    }
  }

  #insert(deadline: Deadline): void {
    this.#first = this.#first ? meld(this.#first, deadline) : deadline;
  }

  /** Leaves out what is over. */
  #sweep(): void {
    // All that are still to happen may be among what is happening right now.
    const all = this.#first ? [this.#first] : [];
    this.#first = null;
    this.#over = 0;
    for (const deadline of all) {
      takeBelow(deadline, all);
      if (deadline.expire) this.#insert(deadline);
    }
  }
}
