import { type Auth, type AuthData, keepAuth } from "../auth.js";
import { requireOptions, requireThat } from "../errors.js";
import type { LoopTimers } from "../loop/fixed-tick.js";
import { type ClientOptionsInput, DEFAULT_OPTIONS } from "../options.js";
import { isTlsOptions, type TLSOptions } from "../tls-options.js";
import type { Bot, BotScript } from "./bot.js";
import { steady_script } from "./steady-script.js";

/** How a `BotSwarm` behaves. Durations are seconds. */
export interface BotSwarmOptions {
  /** How many bots; default 10. */
  readonly count?: number;
  /** Bots that are started per second; default 100. `Infinity` for all at once. */
  readonly ramp?: number;
  /** Instead of `ramp`: the time within which all are started. */
  readonly ramp_time?: number;
  /** No further bot is started while so many are in their first attempt to get into any namespace; default 100. */
  readonly max_connecting?: number;
  /** Ticks per second of every bot; default 20. */
  readonly tick_rate?: number;
  /**
   * Parts into which the bots are divided, which have their ticks one after the other: bots that all send at the same moment are a
   * load that no crowd of players makes. Default: one for 50 bots, at most 10.
   */
  readonly cohorts?: number;
  /**
   * Called for each bot before it connects; returns what is called at each of its ticks. Default `steady_script()`;
   * `null` for bots that only sit there.
   */
  readonly script?: BotScript | null;
  /** Of `bot.random`; default 1. The same seed gives bot 7 the same numbers, however many others there are. */
  readonly seed?: number;
  /** Number of the first bot; default 0. For swarms that share one crowd. */
  readonly first_index?: number;
  /** The namespace that counts, and that is joined; default `"/"`. */
  readonly namespace?: string;
  /** What the namespace is joined with: the same for all, or asked for each bot at each attempt. */
  readonly auth?: AuthData | ((bot: Bot) => ReturnType<Extract<Auth, () => unknown>>);
  readonly tls_options?: TLSOptions | null;
  /** Options of the clients. Not the same defaults as elsewhere: `transports` is `["websocket"]`, and reconnection waits 1 to 5 s. */
  readonly client?: ClientOptionsInput;
  /** The scripts have their last tick so long after the last bot was started; half a second later it ends by itself. Default `Infinity`. */
  readonly duration?: number;
  /** It gives up when nobody was connected for so long; default 10. */
  readonly patience?: number;
  /** Monotonic seconds; default `performance.now() / 1000`. */
  readonly clock?: () => number;
  /** Default: those of the platform. */
  readonly timers?: LoopTimers;
}

export interface SwarmSettings extends Required<Omit<BotSwarmOptions, "ramp_time" | "timers">> {
  readonly timers: LoopTimers | undefined;
}

/** What is wanted of each number: the least, whether it may be `Infinity`, whether it has to be whole. */
const NUMBERS: Readonly<Record<string, readonly [least: number, endless: boolean, whole: boolean]>> = {
  count: [1, false, true],
  ramp: [Number.MIN_VALUE, true, false],
  ramp_time: [0, false, false],
  max_connecting: [1, true, true],
  tick_rate: [Number.MIN_VALUE, false, false],
  cohorts: [1, false, true],
  seed: [-Infinity, false, true],
  first_index: [0, false, true],
  duration: [0, true, false],
  patience: [Number.MIN_VALUE, true, false],
};

const OTHERS = ["script", "namespace", "auth", "tls_options", "client", "clock", "timers"];

/** @throws TypeError for an option that does not exist or a value that cannot be */
export function swarmSettings(options: BotSwarmOptions): SwarmSettings {
  requireOptions(options, [...Object.keys(NUMBERS), ...OTHERS], "a BotSwarm");
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && name in NUMBERS) checkNumber(name, value);
  }
  const { count = 10, ramp_time, script = steady_script(), namespace = "/", auth = {}, tls_options = null } = options;
  const { client = {}, clock = DEFAULT_OPTIONS.clock, timers } = options;
  const isOne = options.ramp === undefined || ramp_time === undefined;
  requireThat(isOne, 'options "ramp" and "ramp_time"', "only one of them: they say the same", options.ramp);
  const isScript = script === null || typeof script === "function";
  requireThat(isScript, 'option "script"', "a function that takes a bot, or null", script);
  requireThat(typeof namespace === "string", 'option "namespace"', 'a path like "/game"', namespace);
  requireThat(isPlain(auth) || typeof auth === "function", 'option "auth"', "a dictionary or a function", auth);
  // What cannot be sent is said here, not by the first bot.
  if (typeof auth === "object") keepAuth(auth);
  requireThat(isTlsOptions(tls_options), 'option "tls_options"', "made by TLSOptions.client()", tls_options);
  requireThat(isPlain(client), 'option "client"', "an object with options of SocketIOClient", client);
  requireThat(typeof clock === "function", 'option "clock"', "a function", clock);
  return {
    count,
    // A server shakes hands with that many on a part of one core, and its backlog of connections holds some seconds of them.
    ramp: ramp_time === undefined ? (options.ramp ?? 100) : count / ramp_time,
    max_connecting: options.max_connecting ?? 100,
    tick_rate: options.tick_rate ?? 20,
    cohorts: Math.min(count, options.cohorts ?? Math.min(10, Math.ceil(count / 50))),
    script,
    seed: options.seed ?? 1,
    first_index: options.first_index ?? 0,
    namespace,
    auth,
    tls_options,
    client,
    duration: options.duration ?? Infinity,
    patience: options.patience ?? 10,
    clock,
    timers,
  };
}

function checkNumber(name: string, value: unknown): void {
  const [least, endless, whole] = NUMBERS[name]!;
  const isNumber = typeof value === "number" && value >= least && (endless || Math.abs(value) < Infinity);
  const kind = whole ? "a whole number" : "a number";
  const bound = least === -Infinity ? "" : least === Number.MIN_VALUE ? " above 0" : ` of ${least} or more`;
  const isValid = isNumber && (!whole || value === Infinity || Number.isInteger(value));
  requireThat(isValid, `option "${name}"`, kind + bound + (endless ? ", or Infinity" : ""), value);
}

function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
