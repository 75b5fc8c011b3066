/*
 * What the loops have in common: whom they poll, and that nothing which is thrown on the way ends a loop.
 */
import { requireThat, safely } from "../errors.js";

/**
 * What a loop drives: a `SocketIOClient`, a group of clients, a server that is stepped, anything with a `poll()`.
 *
 * @example
 * const world: Pollable = { poll: (now) => console.log("it is", now) };
 */
export interface Pollable {
  /** One step; `now` is the loop's time in seconds. */
  poll(now?: number): unknown;
  /** Sends what the game has emitted since; called after the game's own callback. */
  flush?(): void;
  /** Asked around the time that a page is hidden: how many events were left out by `EVENT_LATEST`. */
  get_stats?(): { readonly events_skipped: number };
}

/** One, or a list of them (an array, a `Set`), which may change while the loop runs. */
export type Polled = Pollable | Iterable<Pollable>;

/** Monotonic seconds: what a client reads by itself too. */
export const defaultClock = (): number => performance.now() / 1000;

export const isPositive = (value: unknown): boolean => typeof value === "number" && value > 0;

/** @throws TypeError unless `polled` is what can be polled */
export function listOf(polled: Polled): Iterable<Pollable> {
  const isPollable = (value: unknown) => typeof (value as Pollable | null)?.poll === "function";
  const list = isPollable(polled) ? [polled as Pollable] : (polled as Iterable<Pollable>);
  const isList = typeof list === "object" && typeof list?.[Symbol.iterator] === "function";
  requireThat(isList && [...list].every(isPollable), "what a loop polls", "a client or a list of clients", polled);
  return list;
}

/** @throws TypeError when there is an option of another name, or `callback` cannot be called */
export function checkArguments(callback: unknown, options: object, names: readonly string[]): void {
  const isCallback = callback === null || typeof callback === "function";
  requireThat(isCallback, "a loop's callback", "a function or null", callback);
  requireThat(typeof options === "object" && options !== null, "the options of a loop", "an object", options);
  for (const name of Object.keys(options))
    requireThat(names.includes(name), "an option of this loop", `one of ${names.join(", ")}`, name);
}

/** One frame or tick: input, the game, output. */
export function pass(list: Iterable<Pollable>, now: number, play: () => void): void {
  // Copies: who is polled may change the list, and none shall be left out for that.
  for (const item of [...list]) safely(() => item.poll(now));
  safely(play);
  for (const item of [...list]) safely(() => item.flush?.());
}
