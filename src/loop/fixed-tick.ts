import { requireThat } from "../errors.js";
import { Signal } from "../signal.js";
import {
  checkCallback,
  checkOptions,
  defaultClock,
  FUNCTION,
  isFunction,
  isPositive,
  listOf,
  type Pollable,
  type Polled,
  pass,
} from "./pollable.js";

/** What `"hybrid"` does not leave to a timer, in milliseconds: rounding takes up to 1, and up to 1 it is late on an idle machine. */
const TAIL = 2;
/** What a platform's timer can hold, in milliseconds; with more it goes off at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
/** How many ticks the percentiles are of: some seconds. */
const WINDOW = 256;

/** What of a platform's timers a loop needs: `globalThis` has them, and so have most fake timers. */
export interface LoopTimers {
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
  setImmediate?(callback: () => void): unknown;
  clearImmediate?(handle: unknown): void;
}

/** How a `FixedTickLoop` runs. */
export interface FixedTickOptions {
  /** Ticks per second, at most a million; default 60. Godot: `Engine.physics_ticks_per_second`. */
  readonly tick_rate?: number;
  /** Most ticks in one go when it is late; what is due beyond that is skipped. Default 8. Godot: `Engine.max_physics_steps_per_frame`. */
  readonly max_catch_up?: number;
  /**
   * `"timer"`, the default: one timer per tick, which costs next to nothing and is late by up to some milliseconds. `"hybrid"`: to
   * the point, for some percent of a core; where there is no `setImmediate`, as in browsers, the same as `"timer"`.
   */
  readonly precision?: "timer" | "hybrid";
  /** Monotonic seconds, given to each `poll()`: the clients' own option `clock`. Default `performance.now() / 1000`. */
  readonly clock?: () => number;
  /** Default: those of the platform. */
  readonly timers?: LoopTimers;
}

/** What `FixedTickLoop.get_stats()` returns. Times are seconds. */
export interface FixedTickStats {
  /** Ticks that ran, those of `step()` too. */
  ticks: number;
  /** Ticks that were due and did not run. */
  skipped: number;
  /** How late ticks ran: percentiles of the last 256. */
  jitter_p50: number;
  jitter_p95: number;
  jitter_p99: number;
  /** The latest of all. */
  jitter_max: number;
}

/**
 * Ticks at a fixed rate: polls, calls the game, and sends what that has emitted. Tick number n is due n periods after
 * `start()`, whatever happened to those before it, so lateness does not add up.
 *
 * @example
 * const loop = new FixedTickLoop(client, (delta) => world.step(delta), { tick_rate: 30 });
 * loop.start();
 */
export class FixedTickLoop {
  /**
   * More than `max_catch_up` ticks were due: the process was blocked or slept, or a tick takes longer than its period. The `ticks_skipped`
   * that are left will not run; `seconds` is the time that the world was not advanced by.
   */
  readonly behind = new Signal<[ticks_skipped: number, seconds: number]>();

  readonly #list: Iterable<Pollable>;
  readonly #callback: ((delta: number, tick_number: number) => void) | null;
  readonly #rate: number;
  readonly #maxCatchUp: number;
  readonly #clock: () => number;
  readonly #timers: LoopTimers;
  /** What is not left to a timer; 0 where there is no `setImmediate`. */
  readonly #tail: number;
  #isRunning = false;
  /** Changes with every start and stop: what called the game in between looks whether it is still wanted. */
  #epoch = 0;
  #startedAt = 0;
  /** Ticks that were due since then and have run, or were skipped. */
  #done = 0;
  #timeout: unknown;
  #immediate: unknown;
  #isTicking = false;
  readonly #stats = { ticks: 0, skipped: 0, jitter_max: 0 };
  readonly #lateness = new Float64Array(WINDOW);
  #measured = 0;

  /**
   * @param polled a client, a list of clients, or anything else with a `poll()`
   * @param tick called once a tick, after the polls: `delta` is always `1 / tick_rate` seconds; `tick_number` counts from 1 the ticks
   * that ran, without a gap. What it throws goes to `reportError`, or `console.error`
   * @throws TypeError for arguments that cannot be
   */
  constructor(
    polled: Polled,
    tick: ((delta: number, tick_number: number) => void) | null = null,
    options: FixedTickOptions = {},
  ) {
    checkCallback(tick);
    checkOptions(options, {
      // Of more ticks than this the numbers would not be exact for long.
      tick_rate: [
        (rate: number) => isPositive(rate) && rate <= 1e6,
        "a number of ticks per second above 0, at most 1000000",
      ],
      max_catch_up: [
        // Infinity is one, too.
        (count: number) => Math.floor(count) === count && count > 0,
        "a whole number of 1 or more",
      ],
      precision: [(precision: string) => /^(timer|hybrid)$/.test(precision), '"timer" or "hybrid"'],
      clock: FUNCTION,
      timers: [(timers: LoopTimers | null) => isFunction(timers?.setTimeout), "like globalThis"],
    });
    const { tick_rate = 60, max_catch_up = 8, precision = "timer" } = options;
    const { clock = defaultClock, timers = globalThis as LoopTimers } = options;
    this.#list = listOf(polled);
    this.#callback = tick;
    this.#rate = tick_rate;
    this.#maxCatchUp = max_catch_up;
    this.#clock = clock;
    this.#timers = timers;
    this.#tail = precision === "hybrid" && timers.setImmediate ? TAIL : 0;
  }

  /** Runs until `stop()`; the first tick is due one period from now. Does nothing when it runs already. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#epoch++;
    this.#startedAt = this.#clock();
    this.#done = 0;
    this.#wait();
  }

  /** Calls nothing any more. The clients stay connected; close them yourself. Does nothing when it does not run. */
  stop(): void {
    this.#isRunning = false;
    this.#epoch++;
    this.#timers.clearTimeout(this.#timeout);
    this.#timers.clearImmediate?.(this.#immediate);
  }

  /** True between `start()` and `stop()`. */
  is_running(): boolean {
    return this.#isRunning;
  }

  /**
   * Runs `n` ticks now, whatever the time: for tests, and for whoever has a loop already. On top of those that are due, if the loop
   * runs. Called from inside a tick it does nothing.
   * @throws TypeError unless `n` is a whole number of 0 or more
   */
  step(n = 1): void {
    requireThat(Number.isInteger(n) && n >= 0, "step: the number of ticks", "a whole number of 0 or more", n);
    if (this.#isTicking) return;
    const epoch = this.#epoch;
    for (let left = n; left > 0 && epoch === this.#epoch; left--) this.#tick(this.#clock());
  }

  /** What happened so far. It costs something to ask (the percentiles are sorted then), and next to nothing not to. */
  get_stats(): FixedTickStats {
    const sorted = this.#lateness.slice(0, this.#measured).sort();
    const percentile = (part: number) => sorted[Math.floor(part * sorted.length)] ?? 0;
    return {
      ...this.#stats,
      jitter_p50: percentile(0.5),
      jitter_p95: percentile(0.95),
      jitter_p99: percentile(0.99),
    };
  }

  /** When the next tick is due. Multiplied, not added up: there is no error to grow. */
  get #due(): number {
    return this.#startedAt + (this.#done + 1) / this.#rate;
  }

  #wait(): void {
    const timers = this.#timers;
    const tail = this.#tail;
    const wait = (this.#due - this.#clock()) * 1000;
    if (tail > 0 && wait < tail) this.#immediate = timers.setImmediate!(this.#wake);
    else {
      // Rounded up: a timer that goes off too early has to be set again, for 1 ms in Node and 4 ms in browsers.
      const timeout = Math.ceil(wait - tail);
      this.#timeout = timers.setTimeout(this.#wake, Math.min(Math.max(0, timeout), LONGEST_TIMEOUT));
    }
  }

  readonly #wake = (): void => {
    const epoch = this.#epoch;
    // Read once: what becomes due while these ticks run has to wait until the platform has taken in what arrived meanwhile.
    const until = this.#clock();
    for (let left = this.#maxCatchUp; left > 0 && epoch === this.#epoch && this.#due <= until; left--) {
      const now = this.#clock();
      const late = now - this.#due;
      this.#lateness[this.#measured++ % WINDOW] = late;
      this.#stats.jitter_max = Math.max(this.#stats.jitter_max, late);
      this.#done++;
      this.#tick(now);
    }
    if (epoch === this.#epoch && this.#due <= until) this.#skip(until);
    if (epoch === this.#epoch) this.#wait();
  };

  #skip(until: number): void {
    const before = this.#done;
    // A machine may have slept for days. The division may be off by one in its last digit; what is due decides.
    this.#done = Math.max(before, Math.floor((until - this.#startedAt) * this.#rate) - 1);
    while (this.#due <= until) this.#done++;
    const count = this.#done - before;
    this.#stats.skipped += count;
    this.behind.emit(count, count / this.#rate);
  }

  #tick(now: number): void {
    const epoch = this.#epoch;
    this.#isTicking = true;
    // A listener of a client may stop the loop.
    const isWanted = () => epoch === this.#epoch;
    pass(this.#list, now, isWanted, () => {
      this.#stats.ticks++;
      this.#callback?.(1 / this.#rate, this.#stats.ticks);
    });
    this.#isTicking = false;
  }
}
