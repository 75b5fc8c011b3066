/* What each step of a schedule does to the world. */
import { PATHS, type Path } from "./game.js";
import type { Frame } from "./link.js";
import { PollingLink } from "./polling-link.js";
import type { Step, StepKind } from "./schedule.js";
import type { AttemptFault, UpgradeFault, World } from "./world.js";

/** What is no packet of an open session, or breaks Socket.IO 5. */
const GARBAGE: readonly Frame[] = [
  "",
  "4",
  "9zz",
  "42",
  "42[",
  "42{}",
  '42["connect"]',
  "420",
  "45-",
  '451.0-["x"]',
  '4511-["x"]',
  "4500000000000000-[]",
  "40[]",
  '40{"sid":1}',
  "44",
  "43[]",
  "431",
  "47",
  "5",
  '0{"sid":"other","upgrades":[],"pingInterval":1000,"pingTimeout":1000}',
  "<html><body>502 Bad Gateway</body></html>",
  "\u0000",
  Uint8Array.of(0),
  Uint8Array.of(52, 50, 91, 93),
];
/** What means nothing, and must do nothing. */
const NOISE: readonly Frame[] = ["6", "3", "43999999[]", '42/nowhere,["x"]', "41/nowhere", '40/nowhere,{"sid":"x"}'];

const ATTEMPT_FAULTS: readonly AttemptFault[] = [
  "throw",
  "fail at once",
  "reset before open",
  "reset after open",
  "never open",
  "late",
];
const UPGRADE_FAULTS: readonly UpgradeFault[] = [
  "refused",
  "never opens",
  "reset",
  "stalls",
  "says nonsense",
  "throw",
  "cut below",
];

const choose = <T>(items: readonly T[], part: number): T => items[Math.floor(part * items.length)]!;
const side = (part: number) => (part < 0.5 ? ("up" as const) : ("down" as const));

/** A few seconds at most, and short more often than long. */
const seconds = (part: number, most: number) => most * part * part;

type Act = (world: World, path: Path, a: number, b: number) => void | Promise<void>;

const ACTS: Record<StepKind, Act> = {
  // What a game and a server do
  emit: ({ game }, path, a, b) => {
    game.emit(path, choose(["plain", "plain", "blob", "volatile"], a), b > 0.95 ? 20_000 : 0);
  },
  ask: ({ game }, path, a, b) => {
    game.emit(path, a < 0.7 ? "asked" : "asked-blob", 0, b < 0.3, b > 0.8 ? 0.25 : undefined);
  },
  say: ({ server }, path, a) => {
    server.say(path, choose(["said", "said", "raw", "snapshot", "volatile"], a));
  },
  question: ({ server }, path) => {
    server.say(path, "question");
  },
  burst: ({ game }, path, a, b) => {
    for (let count = Math.floor(10 + 30 * a); count > 0; count--) game.emit(path, b < 0.5 ? "plain" : "blob");
  },
  flood: ({ server }, path, a) => {
    for (let count = Math.floor(10 + 180 * a * a); count > 0; count--) {
      server.say(path, choose(["said", "raw", "snapshot"], (count % 3) / 3));
    }
  },
  pass: (world, _path, a) => world.pass(seconds(a, 3)),
  ready: ({ game }, path) => game.awaitReady(path),
  reply: ({ game }) => game.replyLate(),
  flush: ({ game }, path) => {
    game.emit(path, "plain");
    game.client.flush();
  },
  poll: ({ game }) => {
    if (game.client.poll() !== 0) game.violations.push("a poll inside a callback did something");
  },
  slow: (world) => {
    world.offset += 0.02;
  },

  // What the network does
  cut: ({ link }, _path, a, b) => {
    const knows = Math.floor(a * 4);
    const loss = { clientKnows: knows !== 1, serverKnows: knows !== 2 };
    link?.cut({ up: Math.floor(b * 4), down: Math.floor(b * 16) % 4, ...loss });
  },
  truncate: ({ link }, _path, a, b) => {
    link?.truncate(side(a), Math.floor(b * 3), (a * 2) % 1);
  },
  stall: ({ link }, _path, a, b) => link?.stall(side(a), seconds(b, 4)),
  "half open": ({ link }, _path, a) => link?.halfOpen(side(a)),
  garbage: ({ link }, _path, a) => link?.inject(choose(GARBAGE, a), true),
  noise: ({ link }, _path, a) => link?.inject(choose(NOISE, a), false),
  restart: (world, _path, a, b) => world.restart(seconds(a, 3), b < 0.3),
  // Much is said while the client is away: a recovery has to bring it all.
  missed: (world, path, a) => {
    world.link?.cut({ up: 9, down: 9, clientKnows: true, serverKnows: true });
    world.refuseConnections(1);
    world.agenda.after(0.7, () => {
      for (let count = Math.floor(20 + 130 * a); count > 0; count--) world.server.say(path, "said");
    });
  },
  "refuse connections": (world, _path, a) => world.refuseConnections(seconds(a, 5)),
  "reset while connecting": (world, _path, a, b) => {
    for (let count = 1 + Math.floor(3 * b); count > 0; count--) world.attemptFaults.push(choose(ATTEMPT_FAULTS, a));
    if (b < 0.7) world.link?.cut({ up: 9, down: 9, clientKnows: true, serverKnows: true });
  },
  "duplicate connection": (world) => {
    world.attemptFaults.push("twice");
    world.link?.cut({ up: 9, down: 9, clientKnows: true, serverKnows: true });
  },
  lag: ({ weather }, _path, a, b) => {
    weather.latency = seconds(a, 0.6);
    weather.jitter = seconds(b, 0.4);
  },
  "upgrade fault": (world, _path, a, b) => {
    world.upgradeFaults.push(choose(UPGRADE_FAULTS, a));
    if (b < 0.5 && world.link instanceof PollingLink === false) {
      world.link?.cut({ up: 9, down: 9, clientKnows: true, serverKnows: true });
    }
  },

  // What the machine does
  "hidden tab": (world, _path, a) => world.idle(seconds(a, 40)),
  sleep: (world, _path, a, b) => world.sleep(seconds(a, 60), b < 0.5),
  "clock jump": (world, _path, a) => {
    world.offset += seconds(a, 60);
  },
  "clock back": (world, _path, a) => {
    world.offset -= Math.min(world.offset - 100, seconds(a, 1));
  },

  // What the server's application does
  "acks late": ({ server }) => {
    server.mood.acks = "late";
  },
  "acks never": ({ server, agenda }, _path, a) => {
    server.mood.acks = "never";
    agenda.after(seconds(a, 5), () => {
      server.mood.acks = "at once";
    });
  },
  "slow connect": ({ server }, _path, a) => {
    server.mood.connectDelay = seconds(a, 2);
  },
  "mute connect": ({ server, agenda }, _path, a) => {
    server.mood.muteUntil = agenda.now + seconds(a, 30);
  },
  kick: ({ server }, path) => server.kick(path),
  refuse: ({ server }, _path, a) => {
    server.mood.refuse += 1 + Math.floor(3 * a);
  },
  "hang up": ({ server }, _path, a) => server.hangUp(a < 0.5),

  // Coming and going
  leave: ({ game }, path) => game.leave(path),
  join: ({ game }, path) => game.join(path),
  close: ({ game }) => game.close(),
  connect: ({ game }) => game.connect(),
  "connect again": ({ game }) => {
    if (game.client.get_connection_state() === 0) return;
    if (game.client.connect_to_url("ws://model") !== 22) game.violations.push("connected while connected");
  },
};

export function perform(world: World, step: Step): void | Promise<void> {
  world.game.plan.push(...step.inside.map((inside) => () => void perform(world, inside)));
  return ACTS[step.kind](world, PATHS[step.path]!, step.a, step.b);
}
