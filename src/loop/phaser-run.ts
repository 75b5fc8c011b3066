/*
 * What a scene has registered belongs to one run of it: until its next shutdown, or its destruction. Phaser keeps the scene and its
 * plugins for the run after that; a callback of an earlier one must not come back with it.
 *
 * `this.scene.stop()` and its like only put an order into the queue of Phaser's scene manager, which is carried out before the scenes
 * update next, behind this frame's poll. A scene that is told to end by an order in the queue hears nothing more. Phaser empties the
 * queue when all is done: those that have just been carried out are still in it while the scenes that they start are made.
 */
import type { SocketIOClient } from "../client.js";
import { pluginOf, SocketIOPlugin } from "./phaser-plugin.js";
import type { PhaserScene } from "./phaser-types.js";

/** Of a scene's `settings.status`, which counts up. */
const CREATING = 4;
const RUNNING = 5;
const PAUSED = 6;
const SLEEPING = 7;
const SHUTDOWN = 8;
/** The orders that start a scene anew, and up to which status: one that is paused or sleeps may only be woken. */
const STARTS: Readonly<Record<string, number>> = { start: SLEEPING, switch: PAUSED, run: RUNNING };

/** An order in the queue of `Phaser.Scenes.SceneManager`. */
interface Order {
  readonly op: string;
  /** A scene's key, or the scene. */
  readonly keyA: unknown;
  /** Of "switch": the one that is started, while the other sleeps. */
  readonly keyB?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: whoever registers it has typed it
export type Callback = (...args: any[]) => unknown;

interface Registration {
  /** What it is registered with: a namespace, a signal. */
  readonly target: object;
  /** `null` for a signal. */
  readonly event: string | null;
  readonly callback: Callback;
  readonly end: () => void;
}

/** The registrations of a scene: one for all its views. */
export class SceneRun {
  /** Events are not heard while the scene is paused or sleeps. */
  pauseWithScene = false;
  readonly #scene: PhaserScene;
  #client: SocketIOClient | undefined;
  /** What was in the queue when this run began: what brought it about, and what had been carried out before. */
  #past = new WeakSet<Order>();
  /** Another one in each run. */
  #registrations = new Set<Registration>();

  constructor(scene: PhaserScene) {
    this.#scene = scene;
    scene.sys.events.on("start", this.#begin);
    scene.sys.events.on("shutdown", this.end);
    scene.sys.events.on("destroy", this.end);
  }

  get client(): SocketIOClient {
    this.#client ??= SocketIOPlugin.from(this.#scene).client;
    return this.#client;
  }

  readonly #begin = (): void => {
    this.#past = new WeakSet(this.#queue);
    // Kept: behind an `await` a scene may still emit when it does not know its game any more, or that has no plugins left.
    this.#client = pluginOf(this.#scene.sys.game)?.client ?? this.#client;
  };

  readonly end = (): void => {
    const ended = this.#registrations;
    this.#registrations = new Set();
    for (const { end } of ended) end();
  };

  /** A callback that is called in this run only, with the scene as its `this`, and if `hears()`. */
  wrap(callback: Callback, hears = () => true): Callback {
    const run = this.#status < SHUTDOWN && this.#registrations;
    return (...args) => {
      if (run === this.#registrations && !this.#isEnding() && hears()) return callback.apply(this.#scene, args);
    };
  }

  /** Attaches a callback for this run. In a scene that has ended it does nothing, and returns false. */
  add(
    { target, event, callback }: Omit<Registration, "end">,
    once: boolean,
    attach: (wrapped: Callback) => unknown,
    detach: (wrapped: Callback) => unknown,
  ): boolean {
    if (this.#status >= SHUTDOWN) return false;
    const registrations = this.#registrations;
    const wrapped = this.wrap(callback, () => {
      if (event !== null && this.pauseWithScene && this.#status > RUNNING) return false;
      if (once) end();
      return true;
    });
    const end = () => {
      registrations.delete(registration);
      detach(wrapped);
    };
    const registration = { target, event, callback, end };
    attach(wrapped);
    registrations.add(registration);
    return true;
  }

  /** Those of this run, in the order in which they were added; of any callback when none is given. */
  find(target: object, event: string | null, callback?: Callback): Registration[] {
    return [...this.#registrations].filter(
      (one) => one.target === target && one.event === event && (!callback || one.callback === callback),
    );
  }

  get #status(): number {
    return this.#scene.sys.settings.status!;
  }

  get #queue(): readonly Order[] {
    return (this.#scene.sys.game.scene as { readonly _queue?: readonly Order[] })._queue ?? [];
  }

  /** As Phaser's scene manager will carry it out: it stops no scene in a transition, and starts none that is being made. */
  #isEnding(): boolean {
    const { key } = this.#scene.sys.settings;
    return this.#queue.some((order) => {
      const { op, keyA, keyB } = order;
      const target = op === "switch" ? keyB : keyA;
      if (this.#past.has(order) || (target !== key && target !== this.#scene)) return false;
      const last = STARTS[op];
      return last
        ? this.#status > CREATING && this.#status <= last
        : /^(stop|remove)$/.test(op) && !this.#scene.sys.isTransitioning();
    });
  }
}
