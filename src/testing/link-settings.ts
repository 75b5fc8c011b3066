import { requireThat, withoutUndefined } from "../errors.js";

/** What a link does to what goes one way. */
export interface DirectionSettings {
  /** Seconds that a frame is under way. A round trip takes that of both directions. */
  readonly latency: number;
  /** Up to so many seconds more, at random. What follows waits too: nothing overtakes. */
  readonly jitter: number;
  /** Bytes a second; `Infinity` for no limit. */
  readonly bandwidth: number;
  /** How likely it is that a TCP segment (1,460 bytes) is lost and has to be sent again, which all that follows waits for; 0 to 1. */
  readonly stall_chance: number;
  /** Seconds that this takes, on average: from half to one and a half of it. */
  readonly stall_time: number;
}

/** What a link does. */
export interface LinkSettings {
  /** From the client to the server. */
  readonly up: DirectionSettings;
  /** From the server to the client. */
  readonly down: DirectionSettings;
  /** Seconds that a connection lasts, on average; `Infinity` for as long as it is wanted. */
  readonly mean_uptime: number;
}

/** Any part of it: what stands at the top is for both directions, what is in `up` and `down` goes before. */
export interface LinkSettingsInput extends Partial<DirectionSettings> {
  readonly up?: Partial<DirectionSettings>;
  readonly down?: Partial<DirectionSettings>;
  readonly mean_uptime?: number;
}

/** `"none"` is a link that does nothing. */
export type LinkPreset = keyof typeof PRESETS;

const KILOBYTE = 1000;

/** Typical ones; no measurement of any network in particular. */
export const PRESETS = /* @__PURE__ */ Object.freeze({
  none: {},
  /** At home, some walls away: fast, with a hiccup now and then. */
  wifi: { latency: 0.008, jitter: 0.012, bandwidth: 3000 * KILOBYTE, stall_chance: 0.002, stall_time: 0.2 },
  /** On the move in a town. */
  "4g": {
    latency: 0.025,
    jitter: 0.03,
    stall_chance: 0.005,
    stall_time: 0.3,
    up: { bandwidth: 1000 * KILOBYTE },
    down: { bandwidth: 3000 * KILOBYTE },
  },
  /** Through cuttings and tunnels: stalls of seconds, and a connection that ends every minute or two. */
  train: {
    latency: 0.06,
    jitter: 0.12,
    stall_chance: 0.02,
    stall_time: 1.5,
    mean_uptime: 90,
    up: { bandwidth: 100 * KILOBYTE },
    down: { bandwidth: 300 * KILOBYTE },
  },
} satisfies Record<string, LinkSettingsInput>);

const PERFECT_DIRECTION: DirectionSettings = {
  latency: 0,
  jitter: 0,
  bandwidth: Infinity,
  stall_chance: 0,
  stall_time: 0.25,
};

export const PERFECT: LinkSettings = { up: PERFECT_DIRECTION, down: PERFECT_DIRECTION, mean_uptime: Infinity };

/** What each setting has to be, in words and as a test. */
const RULES: Readonly<Record<string, readonly [expected: string, isValid: (value: number) => boolean]>> = {
  latency: ["a finite number of 0 or more seconds", (value) => Number.isFinite(value) && value >= 0],
  jitter: ["a finite number of 0 or more seconds", (value) => Number.isFinite(value) && value >= 0],
  bandwidth: ["a number of bytes a second above 0, or Infinity; freeze() for none", (value) => value > 0],
  stall_chance: ["a number from 0 to 1", (value) => value >= 0 && value <= 1],
  stall_time: ["a finite number of 0 or more seconds", (value) => Number.isFinite(value) && value >= 0],
  mean_uptime: ["a number of seconds above 0, or Infinity", (value) => value > 0],
};

/**
 * `current` with `input` laid over it; the name of a preset stands for all of that preset, whatever was before.
 * @throws TypeError for a setting that does not exist or a value that cannot be; nothing has changed then
 */
export function mergeSettings(current: LinkSettings, input: LinkSettingsInput | LinkPreset): LinkSettings {
  if (typeof input === "string") {
    const names = Object.keys(PRESETS);
    requireThat(names.includes(input), "a preset", `one of ${names.join(", ")}`, input);
    return mergeSettings(PERFECT, PRESETS[input]);
  }
  checkObject("link settings", input);
  const { up: onlyUp = {}, down: onlyDown = {}, mean_uptime = current.mean_uptime, ...rest } = input;
  const both = checked("link settings", rest, Object.keys(PERFECT_DIRECTION), ["up", "down", "mean_uptime"]);
  const up = checked("link settings: up", onlyUp, Object.keys(PERFECT_DIRECTION));
  const down = checked("link settings: down", onlyDown, Object.keys(PERFECT_DIRECTION));
  checked("link settings", { mean_uptime }, ["mean_uptime"]);
  return Object.freeze({
    up: Object.freeze({ ...current.up, ...both, ...up }),
    down: Object.freeze({ ...current.down, ...both, ...down }),
    mean_uptime,
  });
}

/** What is given of it. */
function checked(where: string, given: object, names: readonly string[], others: readonly string[] = []): object {
  checkObject(where, given);
  for (const name of Object.keys(given))
    requireThat(names.includes(name), where, `of ${[...names, ...others].join(", ")}`, name);
  const set = withoutUndefined(given);
  for (const [name, value] of Object.entries(set)) {
    const [expected, isValid] = RULES[name]!;
    requireThat(typeof value === "number" && isValid(value), `${where}: "${name}"`, expected, value);
  }
  return set;
}

function checkObject(where: string, given: unknown): void {
  requireThat(typeof given === "object" && given !== null && !Array.isArray(given), where, "an object", given);
}
