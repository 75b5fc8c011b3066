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

/** What an option has to be, and how that is said. */
type Rule = readonly [isValid: (value: never) => unknown, expected: string];

export const isFunction = (value: unknown): boolean => typeof value === "function";
export const isPositive = (value: unknown): boolean => typeof value === "number" && value > 0;
export const SECONDS: Rule = [isPositive, "a number of seconds above 0"];
export const FUNCTION: Rule = [isFunction, "a function"];

/** @throws TypeError when there is an option without a rule, or one that does not keep its rule */
export function checkOptions(options: object, rules: Readonly<Record<string, Rule>>): void {
  requireThat(typeof options === "object" && options !== null, "options", "an object", options);
  for (const [name, value] of Object.entries(options)) {
    requireThat(Object.hasOwn(rules, name), "an option", `one of ${Object.keys(rules).join(", ")}`, name);
    const [isValid, expected] = rules[name]!;
    requireThat(value === undefined || !!isValid(value as never), `option "${name}"`, expected, value);
  }
}

/** @throws TypeError when `callback` cannot be called */
export function checkCallback(callback: unknown): void {
  requireThat(callback === null || isFunction(callback), "the callback", "a function or null", callback);
}

/** @throws TypeError unless `polled` is what can be polled */
export function listOf(polled: Polled): Iterable<Pollable> {
  const isPollable = (value: unknown) => isFunction((value as Pollable | null)?.poll);
  const list = isPollable(polled) ? [polled as Pollable] : (polled as Iterable<Pollable>);
  // An iterator, like the `values()` of a Map, would be over after this look at it.
  const isList =
    typeof list === "object" && isFunction(list?.[Symbol.iterator]) && !(list as Partial<Iterator<Pollable>>).next;
  requireThat(isList && [...list].every(isPollable), "what is polled", "a client or a list of clients", polled);
  return list;
}

/** How many events `EVENT_LATEST` has left out so far. */
export function countSkipped(list: Iterable<Pollable>): number {
  let count = 0;
  for (const item of list) count += item.get_stats?.().events_skipped ?? 0;
  return count;
}

/** Runs that for each of them, of which none is left out when another one throws. */
export function each(items: readonly Pollable[], run: (item: Pollable) => void): void {
  for (const item of items) safely(() => run(item));
}

/**
 * One frame or tick: input, the game, output. As soon as it is not wanted any more only the output is left. Whom it is for does not change
 * on the way: who leaves the list is still sent what it said.
 */
export function pass(list: Iterable<Pollable>, now: number, isWanted: () => boolean, play: () => void): void {
  const items = [...list];
  each(items, (item) => isWanted() && item.poll(now));
  if (isWanted()) safely(play);
  each(items, (item) => item.flush?.());
}
