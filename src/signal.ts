import mittModule, { type Emitter, type EventType, type Handler } from "mitt";
import { type Err, requireCallback, SocketIOError } from "./errors.js";
import { ERR_INVALID_PARAMETER, ERR_TIMEOUT, OK } from "./protocol/codes.js";

// mitt ships one declaration for both module systems, which NodeNext reads as CommonJS (developit/mitt#191). At run time
// the default import is the function.
const mitt = mittModule as unknown as <Events extends Record<EventType, unknown>>() => Emitter<Events>;

type Callback<Args extends unknown[]> = (...args: Args) => void;

/** What a client lends to its signals, so that callbacks are isolated and timed, and `wait` needs no timer. */
export interface SignalOwner {
  /** Runs a user's callback; what it throws must not come out. */
  invoke<Args extends unknown[]>(callback: (...args: Args) => unknown, args: Args, event: string, path: string): void;
  /** Calls `expire` in the first poll after `seconds`. */
  expireAfter(seconds: number, expire: () => void): void;
}

const UNOWNED: SignalOwner = {
  invoke(callback, args) {
    try {
      callback(...args);
    } catch (error) {
      report(error);
    }
  },
  expireAfter() {
    throw new TypeError("wait(timeout) needs the poll() of a client; write wait()");
  },
};

/** The last resort for an error of a user's callback: what `window.onerror` and Node's console show. */
export function report(error: unknown): void {
  (globalThis.reportError ?? console.error)(error);
}

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
  // Made when the first callback comes: most signals of most clients are never connected.
  #emitter: Emitter<{ emitted: Args }> | null = null;
  readonly #handlers = new Map<Callback<Args>, Handler<Args>>();

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
    requireCallback(callback, "signal.connect");
    this.#emitter ??= mitt();
    if (this.#handlers.has(callback)) return ERR_INVALID_PARAMETER;
    const handler = (args: Args): void => {
      // Disconnected by a callback that ran before it in this very emission.
      if (this.#handlers.get(callback) !== handler) return;
      if (flags & Signal.CONNECT_ONE_SHOT) this.disconnect(callback);
      this.#owner.invoke(callback, args, this.#name, this.#path);
    };
    this.#handlers.set(callback, handler);
    this.#emitter.on("emitted", handler);
    return OK;
  }

  /** Disconnects `callback`; nothing happens when it is not connected. */
  disconnect(callback: Callback<Args>): void {
    const handler = this.#handlers.get(callback);
    if (this.#handlers.delete(callback)) this.#emitter!.off("emitted", handler);
  }

  is_connected(callback: Callback<Args>): boolean {
    return this.#handlers.has(callback);
  }

  /** True when any callback is connected. */
  has_connections(): boolean {
    return this.#handlers.size > 0;
  }

  /** The connected callbacks, in order. */
  get_connections(): Callback<Args>[] {
    return [...this.#handlers.keys()];
  }

  /** Runs every connected callback with `args`. */
  emit(...args: Args): void {
    this.#emitter?.emit("emitted", args);
  }

  /**
   * GDScript's `await signal`: resolves with the arguments of the next emission.
   * @param timeout seconds; without it the promise waits for ever. Time passes in the client's `poll()`.
   * @returns a promise that rejects with a `SocketIOError` whose `code` is `ERR_TIMEOUT`
   */
  wait(timeout?: number): Promise<Args> {
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

/** The signals of these names that belong to `owner` and to the namespace `path`. */
export function makeSignals<Signals>(
  owner: SignalOwner,
  path: string,
  names: readonly (keyof Signals & string)[],
): Signals {
  return Object.fromEntries(names.map((name) => [name, new Signal(owner, name, path)])) as Signals;
}
