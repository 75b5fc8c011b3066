/** Something that happens at `at` (seconds) unless it is cancelled before. */
export interface Deadline {
  readonly at: number;
  /** Of two for the same moment the older one comes first. */
  readonly order: number;
  /** `null` once it has happened or was cancelled. */
  expire: ((now: number, subject: never) => void) | null;
  /** What it is about: so that many can share one function. */
  subject: unknown;
  /** The one that was added after it and is due no sooner. */
  next: Deadline | null;
}

const isBefore = (one: Deadline, other: Deadline): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** Nothing is due, as nearly always: no list of their own for thousands of clients. */
const NONE: Deadline[] = [];

/**
 * Everything that is due some day, without a timer and without a scan. Most deadlines come with the same delay as the one before, and
 * so are due in the order in which they come: as long as that is so they form a chain. The first of each chain is in a binary heap;
 * asking for the earliest is a look at the top. What was cancelled is left where it is until most are like that.
 */
export class Deadlines {
  #heap: Deadline[] = NONE;
  /** The end of the chain that grows. */
  #tail: Deadline | null = null;
  #order = 0;
  /** How many there are, and how many of them are still to happen. */
  #count = 0;
  #live = 0;
  /** No poll before this moment has anything to do; -Infinity when the next one may have. */
  #quietUntil = -Infinity;

  /** Nothing is due before this moment; `Infinity` when nothing ever is. */
  get next(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Whether a poll at `now` may have something to do. */
  isQuiet(now: number): boolean {
    return now < this.#quietUntil;
  }

  /** Something has happened: the next poll has to look. */
  wake(): void {
    this.#quietUntil = -Infinity;
  }

  /** Everything was looked at: unless somebody wakes it, the next poll that counts is at `until`, or when something is due. */
  rest(until: number): void {
    this.#quietUntil = Math.min(until, this.next);
  }

  /** @param subject what `expire` is called with */
  add(at: number, expire: (now: number, subject: never) => void, subject?: unknown): Deadline {
    if (this.#count > 2 * this.#live + 64) this.#sweep();
    this.#count++;
    this.#live++;
    const deadline: Deadline = { at, order: this.#order++, expire, subject, next: null };
    const tail = this.#tail;
    if (tail !== null && tail.at <= at) tail.next = deadline;
    else this.#insert(deadline);
    this.#tail = deadline;
    if (at < this.#quietUntil) this.#quietUntil = at;
    return deadline;
  }

  /** Nothing happens if it has happened or been cancelled already. */
  cancel(deadline: Deadline | null): void {
    if (!deadline?.expire) return;
    deadline.expire = null;
    deadline.subject = null;
    if (--this.#live > 0) return;
    this.#heap = NONE;
    this.#tail = null;
    this.#count = 0;
  }

  /**
   * Lets happen what is due by `now`, in order of time. It may add and cancel; no more happens than was due at first, so
   * this ends even if what happens is always due again at once.
   */
  advance(now: number): void {
    const due: Deadline[] = [];
    while (this.#heap.length > 0 && this.next <= now) due.push(this.#take());
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
      for (const deadline of due.slice(happened)) {
        this.#count++;
        this.#insert(deadline);
      }
    }
  }

  #insert(deadline: Deadline): void {
    if (this.#heap === NONE) this.#heap = [];
    const heap = this.#heap;
    let place = heap.push(deadline) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (isBefore(heap[above]!, deadline)) break;
      heap[place] = heap[above]!;
      place = above;
    }
    heap[place] = deadline;
  }

  /** Takes the earliest out. */
  #take(): Deadline {
    const heap = this.#heap;
    const first = heap[0]!;
    // The next of its chain takes its place.
    const last = first.next ?? heap.pop()!;
    const { length } = heap;
    this.#count--;
    if (first === this.#tail) this.#tail = null;
    first.next = null;
    if (length === 0) return first;
    let place = 0;
    for (let below = 1; below < length; below = 2 * place + 1) {
      if (below + 1 < length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (isBefore(last, heap[below]!)) break;
      heap[place] = heap[below]!;
      place = below;
    }
    heap[place] = last;
    return first;
  }

  #sweep(): void {
    const heads = this.#heap;
    this.#heap = [];
    this.#count = this.#live;
    this.#tail = null;
    for (let deadline of heads as (Deadline | null)[]) {
      let last: Deadline | null = null;
      for (; deadline !== null; deadline = deadline.next) {
        if (!deadline.expire) continue;
        if (last === null) this.#insert(deadline);
        else last.next = deadline;
        last = deadline;
      }
      if (last === null) continue;
      last.next = null;
      this.#tail = last;
    }
  }
}
