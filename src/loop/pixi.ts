/** socketio-gameloop/pixi: a client in the ticker of PixiJS 8. Nothing of pixi.js is imported: it needs a page. */
import type { Auth } from "../auth.js";
import type { SocketIOClient as AnyClient } from "../client.js";
import { SocketIOClient } from "../client-with-polling.js";
import { type Err, OK, requireThat, SocketIOError } from "../errors.js";
import { Signal } from "../signal.js";
import {
  checkOptions,
  countSkipped,
  defaultClock,
  each,
  FUNCTION,
  isFunction,
  listOf,
  type Pollable,
  type Polled,
  SECONDS,
} from "./pollable.js";

/** Behind Pixi's own input (INTERACTION, 50), before every callback of a game (HIGH, 25, at most), whenever it was added. */
const POLL_PRIORITY = 49;
/** Behind all of them, those at UTILITY (-50) too. */
const FLUSH_PRIORITY = -51;
const TICKER_RULES = { resumed_after: SECONDS, clock: FUNCTION };

/** What of Pixi's `Ticker` is needed. */
export interface TickerLike {
  readonly count: number;
  add(callback: () => void, context?: undefined, priority?: number): unknown;
  remove(callback: () => void): unknown;
}

/** How a ticker drives a client. Durations are seconds. */
export interface TickerOptions {
  /** So long without a frame is a pause, of which `resumed` tells; default 1. A single slow frame should be none. */
  readonly resumed_after?: number;
  /** Monotonic seconds, given to each `poll()`: the clients' own option `clock`. Default `performance.now() / 1000`. */
  readonly clock?: () => number;
}

/**
 * What `attach_to_ticker` returns: call it to detach. What was emitted is sent, and the clients stay connected; the second call does
 * nothing.
 */
export interface TickerAttachment {
  (): void;
  /**
   * The first frame after a pause: the page was hidden, or the ticker stopped. `hidden_seconds` is how long nothing was polled; `skipped`
   * counts the events that `EVENT_LATEST` has left out meanwhile. Emitted before that frame's `poll()`.
   */
  readonly resumed: Signal<[hidden_seconds: number, skipped: number]>;
}

/** The option `socketio` of `app.init()`. */
export interface SocketIOPluginOptions extends TickerOptions {
  /** Default `SocketIOClient.get_singleton()`. */
  readonly client?: AnyClient;
  /** Connects the client to it, and closes the client when the application is destroyed. Without it both are up to you. */
  readonly url?: string | (() => string);
  /** For the main namespace, as for `connect_to_url`; only with `url`. */
  readonly auth?: Auth;
}

/** `app.socketio`. */
export interface SocketIOApplication {
  /** Polled before the callbacks of `app.ticker`, flushed behind them. */
  readonly client: AnyClient;
  /** As `TickerAttachment.resumed`. */
  readonly resumed: TickerAttachment["resumed"];
}

declare global {
  // Pixi's own way to tell what a plugin adds; without pixi.js nobody looks at it.
  namespace PixiMixins {
    interface ApplicationOptions {
      /** Puts a client of socketio-gameloop into the application's ticker. Needs `SocketIOApplicationPlugin`. */
      socketio?: SocketIOPluginOptions;
    }
    interface Application {
      /** There after an `init()` with the option `socketio`, until `destroy()`. */
      readonly socketio: SocketIOApplication;
    }
  }
}

/** The lists that are attached to each ticker. What is in them is looked up when it is asked for: they may change. */
const attached = new WeakMap<TickerLike, Set<Iterable<Pollable>>>();

/**
 * Polls once in every frame of a ticker of PixiJS 8, before all callbacks of the game, and sends behind them what these have emitted.
 *
 * While the page is hidden or the ticker stopped nothing is polled. The connection stays: pings are answered when they arrive.
 * What is polled throws nothing into the ticker, which would end it.
 *
 * @param ticker `app.ticker`, `Ticker.shared` or one of your own
 * @param polled a client, a `PollGroup`, a list of clients, or anything else with a `poll()`
 * @returns a function that detaches, with the signal `resumed`
 * @throws TypeError for arguments that cannot be, and for what this ticker polls already
 *
 * @example
 * const detach = attach_to_ticker(app.ticker, client);
 * detach.resumed.connect((seconds) => console.log(`away for ${seconds} s`));
 */
export function attach_to_ticker(ticker: TickerLike, polled: Polled, options: TickerOptions = {}): TickerAttachment {
  checkOptions(options, TICKER_RULES);
  const { resumed_after = 1, clock = defaultClock } = options;
  requireThat(isFunction(ticker?.add), "attach_to_ticker: the ticker", "like app.ticker of PixiJS", ticker);
  const list = listOf(polled);
  const lists = attached.get(ticker) ?? new Set();
  const taken = new Set<unknown>([...lists].flatMap((other) => [other, ...other]));
  /** Whom a frame is for does not change in it. */
  let items = [...list];
  const isNew = ![list, ...items].some((item) => taken.has(item));
  requireThat(isNew, "attach_to_ticker: the client", "one that this ticker does not poll yet; detach it first", polled);

  const resumed: TickerAttachment["resumed"] = new Signal();
  let isAttached = true;
  let lastPoll = Infinity;
  /** What `EVENT_LATEST` had left out by the end of the last frame; asked for only if somebody wants to know. */
  let skippedBefore = Infinity;

  const poll = () => {
    const now = clock();
    const pause = now - lastPoll;
    lastPoll = now;
    if (pause >= resumed_after) resumed.emit(pause, Math.max(0, countSkipped(list) - skippedBefore));
    items = [...list];
    each(items, (item) => isAttached && item.poll(now));
  };
  const flush = () => {
    each(items, (item) => item.flush?.());
    skippedBefore = resumed.has_connections() ? countSkipped(list) : Infinity;
  };
  ticker.add(poll, undefined, POLL_PRIORITY);
  ticker.add(flush, undefined, FLUSH_PRIORITY);
  attached.set(ticker, lists.add(list));

  const detach = () => {
    if (!isAttached) return;
    isAttached = false;
    lists.delete(list);
    // That of this frame will not come.
    flush();
    // A destroyed ticker counts nothing, and throws when something is removed.
    if (ticker.count > 0) {
      ticker.remove(poll);
      ticker.remove(flush);
    }
  };
  return Object.assign(detach, { resumed });
}

/** What the plugin needs of an `Application`, as which its functions are called. */
interface Host {
  readonly ticker?: TickerLike;
  socketio?: SocketIOApplication | undefined;
}

/** How to end what was begun for an application. */
const endings = new WeakMap<object, () => void>();

/**
 * The Application extension of PixiJS 8: `extensions.add(SocketIOApplicationPlugin)` once, then `app.init({ socketio: { … } })`, and the
 * client is `app.socketio.client`. Adding it again changes nothing. An application without the option is left alone.
 *
 * `app.destroy()` detaches it before the ticker goes, and closes the client if the option had a `url`; it may be called in any callback.
 * `app.init()` rejects, and nothing stays installed, with a `TypeError` for an option that cannot be, with a `SocketIOError` for a `url`
 * that the client cannot use and for a client that is in use.
 *
 * @example
 * extensions.add(SocketIOApplicationPlugin);
 * const app = new Application();
 * await app.init({ socketio: { url: "ws://localhost:3000" } });
 * app.socketio.client.get_namespace("/").on("welcome", ([text]) => console.log(text));
 */
export const SocketIOApplicationPlugin = {
  /** Behind Pixi's own plugins (-1), whose ticker it needs; so it is destroyed before them. */
  extension: { type: "application", priority: -2 } as const,

  /** Called by Pixi as a method of the application. */
  init(this: unknown, options: { readonly socketio?: SocketIOPluginOptions }): void {
    const app = this as Host;
    if (options.socketio === undefined) return;
    SocketIOApplicationPlugin.destroy.call(app);
    // The client says what it cannot connect with.
    const any = [() => true, ""] as const;
    checkOptions(options.socketio, {
      client: [(client: AnyClient | null) => isFunction(client?.connect_to_url), "a SocketIOClient"],
      url: any,
      auth: any,
      ...TICKER_RULES,
    });
    const { client = SocketIOClient.get_singleton(), url, auth, ...rest } = options.socketio;
    const detach = attach_to_ticker(app.ticker as TickerLike, client, rest);
    let code: Err = OK;
    try {
      if (url !== undefined) code = client.connect_to_url(url, auth);
      if (code !== OK) throw new SocketIOError(client.get_last_error(), code);
    } catch (error) {
      detach();
      throw error;
    }
    app.socketio = { client, resumed: detach.resumed };
    endings.set(app, () => {
      detach();
      app.socketio = undefined;
      if (url !== undefined) client.close();
    });
  },

  /** Called by Pixi as a method of the application. */
  destroy(this: unknown): void {
    const end = endings.get(this as object);
    endings.delete(this as object);
    end?.();
  },
};
