/*
 * What is being recorded right now. The client is told something, does something because of that, and is told something else while
 * it does: stimuli and effects, one inside the other. The outermost stimulus makes a line.
 *
 * A callback is known when it is over; what the game called in it stands before it.
 */
import type { Item } from "./session-format.js";

/** What the client has read during a stimulus. */
interface Reads {
  clock: (number | null)[];
  random: number[];
  buffered: number[];
  stuck: boolean[];
}

/** Of the recorded clock. */
const MICRO = 1e6;

export class Tape {
  /** Nothing is recorded unless it is. */
  isRunning = false;
  readonly #write: (item: Item) => void;
  /** What each stimulus and effect that is under way has brought about. */
  readonly #stack: Item[][] = [];
  #reads: Reads = noReads();
  /** Microseconds of the last time that was recorded. */
  #time = 0;
  /** What the clock said last while nothing was under way: a poll reads it before it begins. */
  #ahead: number | null = null;
  #inPoll = false;
  #poll: Item | null = null;
  readonly #opened: Item[] = [];
  readonly #after: (() => void)[] = [];

  constructor(write: (item: Item) => void) {
    this.#write = write;
  }

  get isIdle(): boolean {
    return this.#stack.length === 0;
  }

  /** Records what `run` does as having come of `item`, which may be completed until it is over. */
  stimulus<T>(item: Item, run: () => T): T {
    if (!this.isRunning) return run();
    this.#begin(item);
    let isOver = false;
    try {
      const result = run();
      isOver = true;
      return result;
    } finally {
      this.#end(item, isOver || item[0] !== "call");
    }
  }

  /** A stimulus that is over with `close`. */
  open(item: Item): void {
    if (!this.isRunning) return;
    this.#begin(item);
    this.#opened.push(item);
  }

  close(): void {
    const item = this.#opened.pop();
    if (item) this.#end(item);
  }

  /** What is read while `run` goes on is not recorded. */
  aside<T>(run: () => T): T {
    const wasRunning = this.isRunning;
    this.isRunning = false;
    try {
      return run();
    } finally {
      this.isRunning = wasRunning;
    }
  }

  /** As `stimulus`, for something that the client does: it is written down only as a part of what has brought it about. */
  effect<T>(item: Item, run: () => T): T {
    if (!this.isRunning || this.isIdle) return run();
    this.#begin(item);
    try {
      return run();
    } finally {
      this.#end(item);
    }
  }

  /** Runs `run` when nothing is under way: now, or when the line is written that is being recorded. */
  whenIdle(run: () => void): void {
    if (this.isIdle) run();
    else this.#after.push(run);
  }

  /** Something that is over already. */
  note(item: Item): void {
    this.#stack.at(-1)?.push(item);
  }

  pollStarted(now: number | undefined): void {
    // One that threw did not end.
    if (this.#inPoll && !this.isIdle) this.pollEnded();
    const item: Item = now === undefined ? ["poll", 0, 0] : ["pollat", 0, now, 0];
    const isOuter = this.isIdle;
    this.#begin(item);
    this.#poll = item;
    if (!isOuter) return;
    this.#inPoll = true;
    if (now === undefined) this.#addTime(this.#ahead);
  }

  /** @param packets how many the poll that goes on has taken; -1 for all that waited */
  pollTook(packets: number): void {
    if (this.#poll) this.#poll[this.#poll[0] === "poll" ? 2 : 3] = packets;
  }

  pollEnded(): void {
    if (this.#poll) this.#end(this.#poll);
    this.#poll = null;
  }

  // What the client reads

  /** Of the time only whole microseconds can be recorded, so the client gets no others. */
  readClock(clock: () => number): number {
    const real = clock();
    // Within a poll only its beginning counts; the rest measures callbacks.
    if (!this.isRunning || this.#inPoll) return real;
    const time = Number.isFinite(real) ? Math.round(real * MICRO) / MICRO : Number.NaN;
    if (this.isIdle) this.#ahead = time;
    else this.#addTime(time);
    return time;
  }

  readRandom(random: () => number): number {
    const value = random();
    if (this.isRunning) this.#reads.random.push(value);
    return value;
  }

  readBuffered(value: number): number {
    if (this.isRunning && !this.isIdle) this.#reads.buffered.push(value);
    return value;
  }

  readStuck(value: boolean): boolean {
    if (this.isRunning && !this.isIdle) this.#reads.stuck.push(value);
    return value;
  }

  #addTime(time: number | null): void {
    if (time === null || !Number.isFinite(time)) this.#reads.clock.push(null);
    else {
      const micros = Math.round(time * MICRO);
      this.#reads.clock.push(micros - this.#time);
      this.#time = micros;
    }
  }

  #begin(item: Item): void {
    if (this.isIdle) this.#reads = noReads();
    else this.#stack.at(-1)!.push(item);
    this.#stack.push([]);
  }

  /** @param counts false for a call that was refused: unless something came of it, it was none */
  #end(item: Item, counts = true): void {
    const brought = this.#stack.pop();
    if (brought === undefined) return;
    const isKept = counts || brought.length > 0;
    if (brought.length > 0) item.push(brought);
    if (this.isIdle) {
      this.#inPoll = false;
      item[1] = shortest(this.#reads);
      if (isKept && this.isRunning) this.#write(item);
      for (const run of this.#after.splice(0)) run();
    } else if (!isKept) this.#stack.at(-1)!.pop();
  }
}

function noReads(): Reads {
  return { clock: [], random: [], buffered: [], stuck: [] };
}

/** A number for the time alone, a list for several times, an object for the rest. */
function shortest({ clock, random, buffered, stuck }: Reads): unknown {
  // Whoever reads on gets the last time again.
  while (clock.at(-1) === 0) clock.pop();
  const times = clock.length === 0 ? 0 : clock.length === 1 ? clock[0] : clock;
  if (random.length + buffered.length + stuck.length === 0) return times;
  const reads: Record<string, unknown> = { t: times };
  if (random.length > 0) reads["r"] = random;
  if (buffered.length > 0) reads["b"] = buffered;
  if (stuck.length > 0) reads["s"] = stuck.map(Number);
  return reads;
}
