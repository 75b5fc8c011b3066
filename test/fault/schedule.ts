/* What happens in a run, as data: drawn from a seed, so that it can be played back and made shorter. */
import { Random } from "../property/random.js";

/** What the client is made with, and the server. */
export interface Config {
  readonly retries: number;
  readonly offline: "buffer" | "drop" | "error";
  readonly recovery: boolean;
  readonly early: boolean;
  /** A recovery repeats some of what was received. */
  readonly repeats: boolean;
  readonly transports: "websocket" | "upgrade" | "polling";
  readonly auth: "value" | "function" | "promise";
  readonly heartbeat: "arrival" | "poll";
  readonly mainNamespace: boolean;
  readonly canPause: boolean;
  readonly maxPackets: number;
  readonly slowCallbacks: boolean;
  readonly maxQueued: number;
  readonly maxBuffered: number;
  readonly attempts: number;
  readonly connectTimeout: number;
  readonly ackTimeout: number;
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly latency: number;
  readonly jitter: number;
  /** Seconds from poll to poll. */
  readonly frame: number;
}

export interface Step {
  readonly kind: StepKind;
  /** Which namespace. */
  readonly path: number;
  /** From 0 to below 1: how much, how long, which. */
  readonly a: number;
  readonly b: number;
  /** What the game does in the callbacks that follow. */
  readonly inside: readonly Step[];
}

export interface Schedule {
  readonly seed: number;
  readonly config: Config;
  readonly steps: readonly Step[];
}

/** What a game does and a server does on a good day, with its weight. */
const TRAFFIC = {
  emit: 8,
  ask: 8,
  say: 8,
  question: 3,
  burst: 2,
  flood: 2,
  pass: 12,
  ready: 1,
  reply: 2,
  flush: 2,
} as const;

/** What a network and a machine do on a bad one. */
const FAULTS = {
  cut: 3,
  truncate: 2,
  stall: 4,
  "half open": 2,
  garbage: 2,
  noise: 1,
  restart: 2,
  missed: 2,
  "refuse connections": 1,
  "reset while connecting": 2,
  "duplicate connection": 1,
  "hidden tab": 2,
  sleep: 2,
  "clock jump": 2,
  "clock back": 1,
  "acks late": 1,
  "acks never": 1,
  "slow connect": 1,
  "mute connect": 1,
  lag: 2,
  "connect again": 1,
  "upgrade fault": 3,
} as const;

/** What ends a session on purpose. */
const LEAVING = { leave: 3, join: 4, kick: 1, refuse: 1, close: 1, connect: 3, "hang up": 1 } as const;

/** What a callback of the game may do. */
const INSIDE = { emit: 4, ask: 4, reply: 2, poll: 1, slow: 1 } as const;
const INSIDE_LEAVING = { ...INSIDE, leave: 2, join: 3, close: 1, connect: 2 } as const;

export type StepKind =
  | keyof typeof TRAFFIC
  | keyof typeof FAULTS
  | keyof typeof LEAVING
  | keyof typeof INSIDE
  | keyof typeof INSIDE_LEAVING;

export const FAULT_KINDS: ReadonlySet<string> = new Set([...Object.keys(FAULTS), "kick", "refuse", "hang up"]);

type Weights = Readonly<Record<string, number>>;

export function drawSchedule(seed: number): Schedule {
  const random = new Random(seed);
  const config = drawConfig(random);
  const leaves = random.chance(0.5);
  const weights: Weights = { ...TRAFFIC, ...FAULTS, ...(leaves ? LEAVING : {}), ...(leaves ? {} : { join: 2 }) };
  const inside: Weights = leaves ? INSIDE_LEAVING : INSIDE;
  const step = (from: Weights, depth: number): Step => ({
    kind: pick(random, from),
    path: random.below(3),
    a: random.next(),
    b: random.next(),
    inside: depth > 0 && random.chance(0.2) ? [step(inside, depth - 1), step(inside, depth - 1)] : [],
  });
  const steps = Array.from({ length: 15 + random.below(60) }, () => step(weights, 1));
  return { seed, config, steps };
}

function drawConfig(random: Random): Config {
  const [pingInterval, pingTimeout] = random.pick([
    [0.3, 0.2],
    [1, 1],
    [1, 1],
    [5, 3],
    [25, 20],
  ] as const);
  return {
    retries: random.pick([0, 0, 2, 1e9]),
    offline: random.pick(["buffer", "buffer", "buffer", "drop", "error"]),
    recovery: random.chance(0.4),
    early: random.chance(0.2),
    repeats: random.chance(0.3),
    transports: random.pick(["websocket", "websocket", "upgrade", "polling"]),
    auth: random.pick(["value", "value", "value", "function", "promise"]),
    heartbeat: random.pick(["arrival", "arrival", "arrival", "poll"]),
    mainNamespace: random.chance(0.85),
    canPause: random.chance(0.5),
    maxPackets: random.pick([0, 0, 0, 1, 5]),
    slowCallbacks: random.chance(0.1),
    maxQueued: random.pick([16384, 60]),
    maxBuffered: random.pick([1024, 1024, 6]),
    attempts: random.pick([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 2]),
    connectTimeout: random.pick([1.5, 20]),
    ackTimeout: random.pick([0.4, 2, 5]),
    pingInterval,
    pingTimeout,
    latency: random.pick([0.002, 0.03, 0.1]),
    jitter: random.pick([0, 0.02, 0.15]),
    frame: random.pick([1 / 60, 1 / 60, 1 / 10]),
  };
}

function pick(random: Random, weights: Weights): StepKind {
  let left = random.next() * Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  for (const [kind, weight] of Object.entries(weights)) {
    left -= weight;
    if (left < 0) return kind as StepKind;
  }
  return "pass";
}

/** Leaves out what a failure does not need: whole stretches first, then single steps. */
export async function shorten(
  schedule: Schedule,
  fails: (shorter: Schedule) => Promise<boolean>,
  patience: number,
): Promise<Schedule> {
  let { steps } = schedule;
  let left = patience;
  for (let size = Math.ceil(steps.length / 2); size >= 1 && left > 0; ) {
    let found = false;
    for (let from = 0; from < steps.length && left > 0; ) {
      const fewer = [...steps.slice(0, from), ...steps.slice(from + size)];
      left--;
      if (await fails({ ...schedule, steps: fewer })) {
        steps = fewer;
        found = true;
      } else from += size;
    }
    if (size === 1 && !found) break;
    size = found && size === 1 ? 1 : Math.floor(size / 2);
  }
  return { ...schedule, steps };
}

/** A step in a line. */
export function describeStep({ kind, path, a, b, inside }: Step): string {
  const then = inside.length > 0 ? ` { ${inside.map(describeStep).join("; ")} }` : "";
  return `${kind} #${path} ${a.toFixed(3)} ${b.toFixed(3)}${then}`;
}
