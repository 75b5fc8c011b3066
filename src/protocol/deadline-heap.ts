/** Something that ends by itself at `deadline` (seconds) unless it is `settled` before. */
export interface Expiring {
  deadline: number;
  settled: boolean;
}

/**
 * The earliest of many deadlines, without a timer and without a scan: a binary heap from which settled entries are
 * removed late. Asking for the earliest costs nothing; an entry that was settled in time costs no removal, only its
 * share of an occasional clean-up.
 */
export class DeadlineHeap<T extends Expiring> {
  #heap: T[] = [];
  #live = 0;

  /** Entries that are not settled. */
  get size(): number {
    return this.#live;
  }

  /** Never later than the earliest live deadline; `Infinity` when there is none. */
  get deadline(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0]!.deadline;
  }

  add(entry: T): void {
    const heap = this.#heap;
    this.#live++;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (heap[parent]!.deadline <= entry.deadline) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Marks an entry as settled; false when it already was. */
  settle(entry: T): boolean {
    if (entry.settled) return false;
    entry.settled = true;
    this.#live--;
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#live) {
      // A sorted array is a heap.
      this.#heap = this.#heap.filter((other) => !other.settled).sort((a, b) => a.deadline - b.deadline);
    }
    return true;
  }

  /** Takes out and settles the earliest entry that is due at `now`; `null` when none is. */
  takeDue(now: number): T | null {
    while (this.#heap.length > 0 && (this.#heap[0]!.settled || this.#heap[0]!.deadline <= now)) {
      const entry = this.#removeFirst();
      if (!entry.settled) {
        entry.settled = true;
        this.#live--;
        return entry;
      }
    }
    return null;
  }

  #removeFirst(): T {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    const length = heap.length;
    if (length > 0) {
      let index = 0;
      for (;;) {
        let child = 2 * index + 1;
        if (child >= length) break;
        if (child + 1 < length && heap[child + 1]!.deadline < heap[child]!.deadline) child++;
        if (heap[child]!.deadline >= last.deadline) break;
        heap[index] = heap[child]!;
        index = child;
      }
      heap[index] = last;
    }
    return first;
  }
}
