/** A platform whose time passes when a test says so: clock, timers, animation frames, a page that can be hidden. */
import type { LoopTimers, PageVisibility } from "../../src/loop/index.js";

interface Task {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualPlatform implements LoopTimers {
  /** Seconds. */
  now = 0;
  /** How late timers go off, in seconds. */
  lateness = 0;
  /** The delays that timers were set to, in milliseconds. */
  readonly delays: number[] = [];
  /** How often `setImmediate` was called. */
  immediates = 0;
  #order = 0;
  #tasks: Task[] = [];

  readonly clock = (): number => this.now;

  /** How many timers and immediates are set. */
  get waiting(): number {
    return this.#tasks.length;
  }

  setTimeout(run: () => void, milliseconds: number): unknown {
    this.delays.push(milliseconds);
    return this.#add(run, this.now + Math.max(1, Math.trunc(milliseconds)) / 1000 + this.lateness);
  }

  clearTimeout(handle: unknown): void {
    this.#tasks = this.#tasks.filter((task) => task !== handle);
  }

  /** A turn of the event loop takes a tenth of a millisecond. */
  setImmediate?(run: () => void): unknown {
    this.immediates++;
    return this.#add(run, this.now + 0.0001);
  }

  clearImmediate(handle: unknown): void {
    this.clearTimeout(handle);
  }

  /** Lets so many seconds pass, and what is due in them happen. */
  advance(seconds: number): void {
    const end = this.now + seconds;
    for (let task = this.#next(end); task !== undefined; task = this.#next(end)) {
      this.clearTimeout(task);
      this.now = Math.max(this.now, task.at);
      task.run();
    }
    this.now = Math.max(this.now, end);
  }

  /** Nothing happens for so many seconds: the process is blocked, or sleeps. */
  block(seconds: number): void {
    this.now += seconds;
  }

  #add(run: () => void, at: number): Task {
    const task = { at, order: this.#order++, run };
    this.#tasks.push(task);
    return task;
  }

  #next(end: number): Task | undefined {
    const due = this.#tasks.filter((task) => task.at <= end);
    return due.sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** A page: its frames, and its visibility. */
export class VirtualPage implements PageVisibility {
  hidden = false;
  readonly listeners = new Set<() => void>();
  /** The frames that were asked for. */
  requests: ((milliseconds: number) => void)[] = [];
  /** The most of them at once. */
  most = 0;

  constructor(readonly platform: VirtualPlatform) {}

  readonly request = (callback: (milliseconds: number) => void): number => {
    this.most = Math.max(this.most, this.requests.push(callback));
    return this.requests.length;
  };

  addEventListener(_type: string, listener: () => void): void {
    this.listeners.add(listener);
  }

  removeEventListener(_type: string, listener: () => void): void {
    this.listeners.delete(listener);
  }

  /** Hides or shows it; `milliseconds` of the frame are those of the clock, a little earlier than now. */
  show(isVisible: boolean): void {
    this.hidden = !isVisible;
    for (const listener of this.listeners) listener();
  }

  /** Lets time pass and paints a frame, as hidden pages do not. */
  paint(seconds: number): void {
    this.platform.advance(seconds);
    if (!this.hidden) this.paintAnyway();
  }

  paintAnyway(): void {
    const requests = this.requests;
    this.requests = [];
    for (const callback of requests) callback(this.platform.now * 1000);
  }
}
