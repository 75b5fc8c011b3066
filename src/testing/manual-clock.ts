import { requireCallback, requireThat } from "../errors.js";
import type { TimeSource } from "./time-source.js";

interface Task {
  readonly time: number;
  readonly run: () => void;
}

/**
 * A clock that moves when a test says so. `FakeServer` and `LinkSimulator` live by it, and so does a client that gets its
 * `read` as the option `clock`. No counterpart in Godot.
 *
 * @example
 * const clock = new ManualClock();
 * const client = new SocketIOClient({ clock: clock.read });
 * clock.advance(1 / 60);
 * client.poll();
 */
export class ManualClock implements TimeSource {
  #now: number;
  /** By time; of one time, in the order in which they were asked for. */
  readonly #tasks: Task[] = [];

  /**
   * @param start seconds at which it begins
   * @throws TypeError unless that is a finite number
   */
  constructor(start = 0) {
    requireThat(Number.isFinite(start), "the start of a ManualClock", "a finite number of seconds", start);
    this.#now = start;
  }

  /** Seconds, for `poll(now)`. */
  get now(): number {
    return this.#now;
  }

  /** The same as a function that needs no `this`, for the option `clock`. */
  readonly read = (): number => this.#now;

  /** Its timers in milliseconds, in the manner of the platform's, for a `FixedTickLoop`. */
  readonly timers = {
    setTimeout: (callback: () => void, milliseconds: number): unknown => this.after(milliseconds / 1000, callback),
    clearTimeout: (handle: unknown): void => {
      if (typeof handle === "function") handle();
    },
  };

  /**
   * Lets time pass. What is due meanwhile happens in order, each at its own moment: `now` is that moment while it happens.
   * `advance(0)` does what is due already. What is thrown on the way comes out of here, and what is due later stays due.
   * @throws TypeError unless `seconds` is a finite number of 0 or more
   */
  advance(seconds: number): void {
    const isDuration = Number.isFinite(seconds) && seconds >= 0;
    requireThat(isDuration, "advance: the time", "a finite number of 0 or more seconds", seconds);
    const end = this.#now + seconds;
    for (let next = this.#tasks[0]; next !== undefined && next.time <= end; next = this.#tasks[0]) {
      this.#tasks.shift();
      this.#now = Math.max(this.#now, next.time);
      next.run();
    }
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Calls `callback` once, inside the `advance` in which `seconds` have passed. `Infinity` is never.
   * @returns calls it off
   * @throws TypeError unless `seconds` is a number of 0 or more and `callback` a function
   */
  after(seconds: number, callback: () => void): () => void {
    const isDuration = typeof seconds === "number" && seconds >= 0;
    requireThat(isDuration, "after: the time", "a number of 0 or more seconds", seconds);
    requireCallback(callback);
    if (seconds === Infinity) return () => {};
    const tasks = this.#tasks;
    const task: Task = { time: this.#now + seconds, run: callback };
    tasks.splice(tasks.findLastIndex(({ time }) => time <= task.time) + 1, 0, task);
    return () => {
      const index = tasks.indexOf(task);
      if (index >= 0) tasks.splice(index, 1);
    };
  }
}
