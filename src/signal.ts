import mitt from "mitt";
import { type Err, requireCallback, requireTimeout, SocketIOError, safely } from "./errors.js";
import { ERR_INVALID_PARAMETER, ERR_TIMEOUT, OK } from "./protocol/codes.js";

type Callback<Args extends unknown[]> = (...args: Args) => void;

/** mitt as it is used here: each callback is an event of its own, so that its map is the list of them, in order of connection. */
interface Callbacks<Args extends unknown[]> {
  readonly all: Map<Callback<Args>, unknown>;
  on(callback: Callback<Args>, handler: (args: Args) => void): void;
  emit(callback: Callback<Args>, args: Args): void;
}

/** What a client lends to its signals, so that callbacks are isolated and timed, and `wait` needs no timer. */
export interface SignalOwner {
  /** Runs a user's callback; what it throws must not come out. */
  invoke<Args extends unknown[]>(callback: (...args: Args) => unknown, args: Args, event: string, path: string): void;
  /** Calls `expire` in the first poll after `seconds`. */
  expireAfter(seconds: number, expire: () => void): void;
}

/** Whose signals belong to no client. */
export const UNOWNED: SignalOwner = {
  invoke(callback, args) {
    safely(() => callback(...args));
  },
  expireAfter() {
    throw new TypeError("wait(timeout) needs the poll() of a client; write wait()");
  },
};

/**
 * A signal in the manner of Godot's `Signal`: callbacks connected to it run in order of connection each time it is emitted.
 * One that throws does not keep the others from running.
 *
 * @example
 * client.connected.connect((session_id) => console.log(session_id), Signal.CONNECT_ONE_SHOT);
 */
export class Signal<Args extends unknown[] = []> {
  /** Flag of `connect`: the callback is disconnected when it runs. Godot's `Object.CONNECT_ONE_SHOT`. */
  static readonly CONNECT_ONE_SHOT = 4;

  readonly #owner: SignalOwner;
  readonly #name: string;
  readonly #path: string;
  // mitt ships one declaration for both module systems, which NodeNext reads as CommonJS (developit/mitt#191). At run time
  // the default import is the function.
  readonly #callbacks = (mitt as unknown as () => Callbacks<Args>)();

  /** `new Signal<[score: number]>()` makes a signal of your own; the arguments are for the signals of a client. */
  constructor(owner: SignalOwner = UNOWNED, name = "", path = "") {
    this.#owner = owner;
    this.#name = name;
    this.#path = path;
  }

  /**
   * Connects `callback`. Returns `ERR_INVALID_PARAMETER`, and adds nothing, when it is connected already.
   * @param flags 0 or `Signal.CONNECT_ONE_SHOT`
   * @throws TypeError when `callback` is not a function
   */
  connect(callback: Callback<Args>, flags = 0): Err {
    requireCallback(callback);
    if (this.is_connected(callback)) return ERR_INVALID_PARAMETER;
    this.#callbacks.on(callback, (args) => {
      if (flags & Signal.CONNECT_ONE_SHOT) this.disconnect(callback);
      this.#owner.invoke(callback, args, this.#name, this.#path);
    });
    return OK;
  }

  /** Disconnects `callback`; nothing happens when it is not connected. */
  disconnect(callback: Callback<Args>): void {
    this.#callbacks.all.delete(callback);
  }

  /** True when `callback` is connected. */
  is_connected(callback: Callback<Args>): boolean {
    return this.#callbacks.all.has(callback);
  }

  /** True when any callback is connected. */
  has_connections(): boolean {
    return this.#callbacks.all.size > 0;
  }

  /** The connected callbacks, in order. */
  get_connections(): Callback<Args>[] {
    return [...this.#callbacks.all.keys()];
  }

  /** Runs every connected callback with `args`. */
  emit(...args: Args): void {
    // One that is disconnected by another before it in this very emission does not run.
    for (const callback of this.get_connections()) this.#callbacks.emit(callback, args);
  }

  /**
   * GDScript's `await signal`: resolves with the arguments of the next emission.
   * @param timeout seconds; without it the promise waits for ever. Time passes in the client's `poll()`.
   * @returns a promise that rejects with a `SocketIOError` whose `code` is `ERR_TIMEOUT`
   * @throws TypeError when `timeout` is no number of seconds
   */
  wait(timeout?: number): Promise<Args> {
    if (timeout !== undefined) requireTimeout(timeout);
    return new Promise((resolve, reject) => {
      const callback = (...args: Args) => resolve(args);
      if (timeout !== undefined) {
        // When the signal comes first this changes nothing any more.
        this.#owner.expireAfter(timeout, () => {
          this.disconnect(callback);
          reject(new SocketIOError(`no "${this.#name}" within ${timeout} s`, ERR_TIMEOUT));
        });
      }
      this.connect(callback, Signal.CONNECT_ONE_SHOT);
    });
  }
}

/**
 * The signals of one client, or of one of its namespaces. Each is made when it is asked for: of most clients most are never
 * connected, and a process with thousands of bots would hold them all.
 */
export type MadeSignals<Signals> = { -readonly [Name in keyof Signals]?: Signals[Name] };

/** The signals of whoever was asked for none yet: nobody hears them. Most of thousands of bots need no object of their own. */
export const SILENT: MadeSignals<unknown> = {};

/** Gives a class a read-only property for each of these signals; `of` says where they are, and whose. */
export function defineSignals<Self extends object, Signals>(
  prototype: Self,
  names: readonly (keyof Signals & string)[],
  of: (self: Self) => readonly [holder: { signals: MadeSignals<Signals> }, owner: SignalOwner, path: string],
): void {
  for (const name of names) {
    const get = function (this: Self) {
      const [holder, owner, path] = of(this);
      if (!holder.signals[name]) holder.signals = { ...holder.signals, [name]: new Signal(owner, name, path) };
      return holder.signals[name];
    };
    Object.defineProperty(prototype, name, { get });
  }
}
