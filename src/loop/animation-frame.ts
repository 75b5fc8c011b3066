import { requireThat } from "../errors.js";
import { Signal } from "../signal.js";
import {
  checkCallback,
  checkOptions,
  countSkipped,
  defaultClock,
  FUNCTION,
  isFunction,
  listOf,
  type Pollable,
  type Polled,
  pass,
  SECONDS,
} from "./pollable.js";

/** What of `document` a loop needs. */
export interface PageVisibility {
  readonly hidden: boolean;
  addEventListener(type: "visibilitychange", listener: () => void): void;
  removeEventListener(type: "visibilitychange", listener: () => void): void;
}

/** How an `AnimationFrameLoop` runs. Durations are seconds. */
export interface AnimationFrameOptions {
  /** The longest `delta` that the callback is told; default 0.25. `Infinity` for the time that has really passed. */
  readonly max_delta?: number;
  /** Monotonic seconds, given to each `poll()`: the clients' own option `clock`. Default `performance.now() / 1000`. */
  readonly clock?: () => number;
  /** Asks for the next frame and calls back with its time in milliseconds; without one it is that of `clock`. Default: the page's. */
  readonly request_animation_frame?: (callback: (milliseconds?: number) => void) => unknown;
  /** Tells whether the page is hidden. Default: the page's `document`, `null` where there is none: never hidden. */
  readonly document?: PageVisibility | null;
}

/**
 * Polls once an animation frame, before the game's own callback, and sends at the end of the frame what that has emitted.
 *
 * While the page is hidden nothing is polled. The connection stays: pings are answered when they arrive. In the first frame
 * after that, `resumed` is emitted, then what waited is delivered.
 *
 * @example
 * const loop = new AnimationFrameLoop(client, (delta) => game.update(delta));
 * loop.start();
 */
export class AnimationFrameLoop {
  /**
   * The page is visible again. `hidden_seconds` is how long nothing was polled; `skipped` counts the events that `EVENT_LATEST` has
   * left out meanwhile. Emitted before that frame's `poll()`: what this delivers may be as old as that.
   */
  readonly resumed = new Signal<[hidden_seconds: number, skipped: number]>();

  readonly #list: Iterable<Pollable>;
  readonly #callback: ((delta: number, now: number) => void) | null;
  readonly #maxDelta: number;
  readonly #clock: () => number;
  readonly #document: PageVisibility | null | undefined;
  #request: AnimationFrameOptions["request_animation_frame"];
  #isRunning = false;
  /** Changes with every stop: a frame that was asked for before finds out that it is not wanted any more. */
  #epoch = 0;
  /** In this epoch. A frame of an earlier one may never come, as with a headset whose session has ended. */
  #isScheduled = false;
  /** The time of the last frame, in seconds; `Infinity` before the first. */
  #lastTime = Infinity;
  #hiddenAt: number | null = null;
  /** What `EVENT_LATEST` had left out by then. */
  #skippedBefore = 0;

  /**
   * @param polled a client, a list of clients, or anything else with a `poll()`
   * @param frame called once a frame, after the polls: `delta` is seconds since the last frame, 0 in the first and never more than
   * `max_delta`; `now` is the time that was given to `poll()`. What it throws goes to `reportError`
   * @throws TypeError for arguments that cannot be
   */
  constructor(
    polled: Polled,
    frame: ((delta: number, now: number) => void) | null = null,
    options: AnimationFrameOptions = {},
  ) {
    checkCallback(frame);
    checkOptions(options, {
      max_delta: SECONDS,
      clock: FUNCTION,
      request_animation_frame: FUNCTION,
      document: [
        (page: PageVisibility | null) => page === null || isFunction(page.addEventListener),
        "like a page's document, or null",
      ],
    });
    const { max_delta = 0.25, clock = defaultClock, document = globalThis.document } = options;
    this.#list = listOf(polled);
    this.#callback = frame;
    this.#maxDelta = max_delta;
    this.#clock = clock;
    this.#request = options.request_animation_frame;
    this.#document = document;
  }

  /**
   * Runs until `stop()`. Does nothing when it runs already.
   * @throws TypeError where there is no `requestAnimationFrame`, as in Node
   */
  start(): void {
    this.#request ??= globalThis.requestAnimationFrame;
    const hint = "there; use a FixedTickLoop";
    requireThat(isFunction(this.#request), "requestAnimationFrame", hint, this.#request);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#lastTime = Infinity;
    this.#hiddenAt = null;
    this.#document?.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  /** Calls nothing any more. The clients stay connected; close them yourself. Does nothing when it does not run. */
  stop(): void {
    this.#isRunning = false;
    this.#isScheduled = false;
    this.#epoch++;
    this.#document?.removeEventListener("visibilitychange", this.#look);
  }

  /** True between `start()` and `stop()`, while the page is hidden too. */
  is_running(): boolean {
    return this.#isRunning;
  }

  readonly #look = (): void => {
    if (this.#document?.hidden) {
      if (this.#hiddenAt !== null) return;
      this.#hiddenAt = this.#clock();
      this.#skippedBefore = countSkipped(this.#list);
    } else if (this.#isRunning && !this.#isScheduled) {
      this.#isScheduled = true;
      // Not as a method: the platform's own wants no `this` but the page.
      const request = this.#request!;
      const epoch = this.#epoch;
      request((milliseconds) => this.#frame(milliseconds, () => epoch === this.#epoch));
    }
  };

  #frame(milliseconds: number | undefined, isWanted: () => boolean): void {
    if (!isWanted()) return;
    this.#isScheduled = false;
    // Some hosts paint hidden pages too.
    if (this.#document?.hidden) return;
    const now = this.#clock();
    // From the frame's own time, which is in step with the screen; the clock is read a little later, by chance more or less.
    const time = (milliseconds ?? now * 1000) / 1000;
    const delta = Math.min(Math.max(0, time - this.#lastTime), this.#maxDelta);
    this.#lastTime = time;
    try {
      if (this.#hiddenAt !== null) {
        const seconds = now - this.#hiddenAt;
        this.#hiddenAt = null;
        this.resumed.emit(seconds, Math.max(0, countSkipped(this.#list) - this.#skippedBefore));
      }
      pass(this.#list, now, isWanted, () => this.#callback?.(delta, now));
    } finally {
      this.#look();
    }
  }
}
