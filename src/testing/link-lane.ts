import type { DirectionSettings } from "./link-settings.js";
import type { SeededRandom } from "./seeded-random.js";
import type { TimeSource } from "./time-source.js";

/** Bytes that one TCP segment carries over Ethernet. */
const SEGMENT = 1460;
/** What is due so soon is due: additions of seconds do not come out exactly. */
const EPSILON = 1e-6;

interface Entry<T> {
  readonly item: T;
  readonly size: number;
  /** When the line begins with it and when it has written it, and when it arrives; in the lane's own time. */
  readonly begin: number;
  readonly end: number;
  readonly due: number;
  /** What was sent together arrives together, if it is due together. */
  readonly batch: number;
}

/**
 * One direction of one connection: what goes in comes out, all of it, once, in order, later. Its own time stands still while it
 * is frozen, so what was half way then is half way after.
 */
export class Lane<T> {
  readonly #time: TimeSource;
  readonly #random: SeededRandom;
  readonly #settings: () => DirectionSettings;
  readonly #deliver: (items: readonly T[]) => void;
  #queue: Entry<T>[] = [];
  #batches = 0;
  /** Until then the line is busy with writing what was sent before. */
  #busyUntil = -Infinity;
  /** Nothing that comes now arrives before this. */
  #lastDue = -Infinity;
  /** How long it has stood still so far, and since when it does. */
  #stoodStill = 0;
  #frozenAt = Infinity;
  #frozenBytes = 0;
  #isHeld = false;
  #isDelivering = false;
  #cancelWake = () => {};

  constructor(
    time: TimeSource,
    random: SeededRandom,
    settings: () => DirectionSettings,
    deliver: (items: readonly T[]) => void,
  ) {
    this.#time = time;
    this.#random = random;
    this.#settings = settings;
    this.#deliver = deliver;
  }

  /** Bytes that wait for the line. What is under way does not count. */
  get backlog(): number {
    const now = this.#now;
    let waiting = this.#frozenBytes;
    // From the last one back to the one that is being written.
    for (let index = this.#queue.length - 1; index >= 0 && this.#queue[index]!.end > now; index--) {
      const { size, begin, end } = this.#queue[index]!;
      waiting += size * Math.min(1, (end - now) / (end - begin));
    }
    return Math.round(waiting);
  }

  /** Sends items together. */
  push(items: readonly T[], sizeOf: (item: T) => number): void {
    const { latency, jitter, bandwidth, stall_chance, stall_time } = this.#settings();
    const random = this.#random;
    const delay = latency + jitter * random.next();
    const batch = ++this.#batches;
    this.#busyUntil = Math.max(this.#busyUntil, this.#now);
    for (const item of items) {
      const size = sizeOf(item);
      const begin = this.#busyUntil;
      const end = begin + size / bandwidth;
      this.#busyUntil = end;
      // What takes no time waits all the same while nothing moves.
      if (this.#frozenAt < Infinity && end <= this.#now) this.#frozenBytes += size;
      const segments = Math.ceil(size / SEGMENT);
      const isStalled = random.next() >= (1 - stall_chance) ** segments;
      const stall = isStalled ? stall_time * (0.5 + random.next()) : 0;
      this.#lastDue = Math.max(this.#lastDue, end + delay + stall);
      this.#queue.push({ item, size, begin, end, due: this.#lastDue, batch });
    }
    this.#run();
  }

  /** Nothing that comes from now on arrives before `seconds` have passed. */
  delay(seconds: number): void {
    this.#lastDue = Math.max(this.#lastDue, this.#now + seconds);
  }

  freeze(): void {
    if (this.#frozenAt < Infinity) return;
    this.#frozenAt = this.#time.now;
    this.#cancelWake();
  }

  thaw(): void {
    if (this.#frozenAt === Infinity) return;
    this.#stoodStill += this.#time.now - this.#frozenAt;
    this.#frozenAt = Infinity;
    this.#frozenBytes = 0;
    this.#wait();
  }

  /** Hands nothing over; time goes on. */
  hold(): void {
    this.#isHeld = true;
    this.#cancelWake();
  }

  release(): void {
    this.#isHeld = false;
    this.#run();
  }

  /** Takes out all that has not arrived. */
  takeAll(): T[] {
    const items = this.#queue.map(({ item }) => item);
    this.#queue = [];
    this.#cancelWake();
    return items;
  }

  get #now(): number {
    return Math.min(this.#time.now, this.#frozenAt) - this.#stoodStill;
  }

  get #isStill(): boolean {
    return this.#isHeld || this.#frozenAt < Infinity;
  }

  #run(): void {
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    try {
      // Looked up each time: whoever gets it may hold, freeze, clear or send.
      while (!this.#isStill && this.#isDue(this.#queue[0])) {
        const { batch } = this.#queue[0]!;
        let count = 1;
        while (this.#queue[count]?.batch === batch && this.#isDue(this.#queue[count])) count++;
        this.#deliver(this.#queue.splice(0, count).map(({ item }) => item));
      }
    } finally {
      this.#isDelivering = false;
      this.#wait();
    }
  }

  #isDue(entry: Entry<T> | undefined): boolean {
    return entry !== undefined && entry.due - this.#now < EPSILON;
  }

  #wait(): void {
    this.#cancelWake();
    const next = this.#queue[0];
    if (next === undefined || this.#isStill) return;
    this.#cancelWake = this.#time.after(Math.max(0, next.due - this.#now), () => this.#run());
  }
}
