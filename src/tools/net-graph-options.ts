import { requireOptions, requireThat, withoutUndefined } from "../errors.js";
import { DEFAULT_OPTIONS } from "../options.js";

/** From when on a number is drawn in the colour of a warning, and from when on in that of trouble. Seconds. */
export type Threshold = readonly [warn: number, bad: number];

/** What is judged, and by which limits. */
export interface NetGraphThresholds {
  readonly rtt: Threshold;
  readonly jitter: Threshold;
  readonly inbox_age: Threshold;
  readonly poll: Threshold;
  readonly callback: Threshold;
  readonly poll_gap: Threshold;
}

/** Where an overlay goes: an element of a page. */
export interface NetGraphParent {
  readonly ownerDocument: unknown;
  append(...nodes: unknown[]): void;
}

/** How a `NetGraph` looks and what it counts. */
export interface NetGraphOptions {
  /** Default `"top-right"`. */
  readonly corner?: "top-left" | "top-right" | "bottom-left" | "bottom-right";
  /** 1 is 320 by 262 CSS pixels; default 1. */
  readonly scale?: number;
  /** Seconds of history, default 20; from 2 to 120. */
  readonly window?: number;
  /** Whether it is drawn from the start, default true. */
  readonly visible?: boolean;
  /** A key that shows and hides it, as `KeyboardEvent.key` or `.code` has it: `"F3"`, `"Backquote"`. Default `null`: none. */
  readonly key?: string | null;
  /** Those that are not named stay. */
  readonly thresholds?: Partial<NetGraphThresholds>;
  /** The element that it is put into. Default: the page's body; without a page there is nothing but text. */
  readonly parent?: NetGraphParent | null;
  /** Monotonic seconds: the client's own option `clock`, for one that has another than the default. */
  readonly clock?: () => number;
}

/** A frame at 60 Hz is 0.0167 s long: a poll that takes half of that leaves little for the game. */
const THRESHOLDS: NetGraphThresholds = {
  rtt: [0.1, 0.2],
  jitter: [0.02, 0.05],
  inbox_age: [0.05, 0.25],
  poll: [0.004, 0.008],
  callback: [0.002, 0.008],
  poll_gap: [0.05, 0.1],
};

const CORNERS = ["top-left", "top-right", "bottom-left", "bottom-right"] as const;

export type NetGraphSettings = Required<Omit<NetGraphOptions, "thresholds">> & {
  readonly thresholds: NetGraphThresholds;
};

/** @throws TypeError for an option that does not exist or a value that cannot be */
export function checkNetGraphOptions(options: NetGraphOptions): NetGraphSettings {
  const defaults: NetGraphSettings = {
    corner: "top-right",
    scale: 1,
    window: 20,
    visible: true,
    key: null,
    thresholds: THRESHOLDS,
    parent: null,
    clock: DEFAULT_OPTIONS.clock,
  };
  requireOptions(options, Object.keys(defaults), "a NetGraph");
  const all = { ...defaults, ...withoutUndefined(options) };
  const { corner, scale, window, visible, key, parent, clock } = all;
  requireThat(CORNERS.includes(corner), 'option "corner"', `one of ${CORNERS.join(", ")}`, corner);
  requireThat(isBetween(scale, 0.25, 8), 'option "scale"', "a number from 0.25 to 8", scale);
  requireThat(isBetween(window, 2, 120), 'option "window"', "a number of seconds from 2 to 120", window);
  requireThat(typeof visible === "boolean", 'option "visible"', "true or false", visible);
  const isKey = key === null || (typeof key === "string" && key !== "");
  requireThat(isKey, 'option "key"', 'the name of a key, like "F3", or null', key);
  const isParent = parent === null || (typeof parent?.append === "function" && Boolean(parent.ownerDocument));
  requireThat(isParent, 'option "parent"', "an element of a page, or null", parent);
  requireThat(typeof clock === "function", 'option "clock"', "a function", clock);
  return { ...all, thresholds: mergeThresholds(options.thresholds ?? {}) };
}

function mergeThresholds(given: Partial<NetGraphThresholds>): NetGraphThresholds {
  requireOptions(given, Object.keys(THRESHOLDS), "the thresholds");
  const set = withoutUndefined(given);
  for (const [name, value] of Object.entries(set)) {
    const isPair = Array.isArray(value) && value.length === 2 && value[0] >= 0 && value[1] >= value[0];
    requireThat(isPair, `threshold "${name}"`, "two numbers of seconds, [warn, bad], the first no larger", value);
  }
  return { ...THRESHOLDS, ...set };
}

function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}
