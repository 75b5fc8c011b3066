/* One random schedule over real sockets: steps, peace, audit. Waits are bounded; nothing is said about how long anything takes. */
import { type ClientOptionsInput, OK } from "socketio-gameloop";
import { Random } from "../property/random.js";
import { pause } from "../support/until.js";
import { PATHS, RealGame } from "./real-game.js";
import type { ServerProcess } from "./server-process.js";
import type { AcceptFault, TcpProxy } from "./tcp-proxy.js";

/** What a client may be set to travel by. */
export const TRANSPORTS: readonly { readonly name: string; readonly options: ClientOptionsInput }[] = [
  { name: "websocket", options: { transports: ["websocket"] } },
  { name: "polling", options: { transports: ["polling"], upgrade: false } },
  { name: "upgrade", options: { transports: ["polling", "websocket"] } },
  { name: "fallback", options: { transports: ["websocket", "polling"] } },
];

/** One proxy and one server, for one schedule at a time. */
export interface Lane {
  readonly server: ServerProcess;
  readonly proxy: TcpProxy;
  readonly url: string;
}

export interface RealOutcome {
  readonly problems: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly emits: number;
  readonly arrived: number;
  readonly repeated: number;
  readonly heard: number;
  readonly reconnects: number;
  readonly upgrades: number;
  readonly recoveries: number;
  /** The client as it was last seen, for whoever looks into a failure. */
  readonly notes: string;
}

/** Milliseconds that a busy machine may take to get well. */
const PATIENCE = 30_000;

const ACCEPT_FAULTS: readonly AcceptFault[] = ["refuse", "garbage", "error page", "hang", "twice", "close"];

const STEPS = {
  traffic: 10,
  burst: 3,
  pass: 6,
  delay: 2,
  stall: 3,
  "cut mid-frame": 4,
  "half open": 2,
  reset: 3,
  end: 1,
  refuse: 1,
  garbage: 1,
  "error page": 1,
  hang: 1,
  twice: 2,
  close: 1,
  "kill the server": 1,
  "hidden tab": 2,
  leave: 1,
  join: 2,
  "close and connect": 1,
} as const;
type StepKind = keyof typeof STEPS;
const NO_FAULTS: ReadonlySet<string> = new Set(["traffic", "burst", "pass", "leave", "join", "close and connect"]);

export class RealRun {
  readonly #random: Random;
  readonly #lane: Lane;
  readonly #game: RealGame;
  readonly #run: string;
  readonly #faults: Record<string, number> = {};
  #upgrades = 0;
  #hidden = false;

  constructor(seed: number, lane: Lane) {
    this.#random = new Random(seed);
    this.#lane = lane;
    this.#run = `run${seed}`;
    const random = this.#random;
    const { options } = TRANSPORTS[seed % TRANSPORTS.length]!;
    this.#game = new RealGame(lane.url, this.#run, {
      ...options,
      retries: random.pick([0, 0, 1e9]),
      ack_timeout: random.pick([0.3, 1]),
      connect_timeout: 1.5,
      poll_max_packets: random.pick([0, 0, 20]),
      max_queued_packets: random.pick([16384, 100]),
      max_buffered_packets: 400,
      reconnection: { delay: 0.02, delay_max: 0.2 },
    });
    this.#game.client.transport_changed.connect((name) => {
      if (name === "websocket") this.#upgrades++;
    });
  }

  async go(): Promise<RealOutcome> {
    const { client } = this.#game;
    const loop = setInterval(() => {
      if (!this.#hidden) client.poll();
    }, 8);
    try {
      this.#game.connect();
      await pause(150);
      for (let count = 12 + this.#random.below(14); count > 0; count--) {
        await this.#step(this.#draw());
        this.#emit(3);
        await pause(this.#random.below(80));
      }
      const problems = await this.#peace();
      return this.#outcome(problems);
    } finally {
      client.close();
      clearInterval(loop);
      this.#lane.proxy.heal();
    }
  }

  #draw(): StepKind {
    let left = this.#random.next() * Object.values(STEPS).reduce((sum, weight) => sum + weight, 0);
    for (const [kind, weight] of Object.entries(STEPS)) {
      left -= weight;
      if (left < 0) return kind as StepKind;
    }
    return "pass";
  }

  async #step(kind: StepKind): Promise<void> {
    const random = this.#random;
    const { proxy, server } = this.#lane;
    const game = this.#game;
    const direction = random.pick(["up", "down"] as const);
    if (!NO_FAULTS.has(kind)) this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
    if (ACCEPT_FAULTS.includes(kind as AcceptFault)) {
      proxy.acceptFaults.push(kind as AcceptFault);
      if (random.chance(0.6)) proxy.reset();
    } else if (kind === "traffic" || kind === "burst") this.#emit(kind === "burst" ? 40 : 4);
    else if (kind === "pass") await pause(random.below(300));
    else if (kind === "delay") {
      proxy.latency = random.below(60);
      proxy.jitter = random.below(40);
    } else if (kind === "stall") proxy.stall(direction, random.below(1000));
    else if (kind === "cut mid-frame") proxy.cutAfter(direction, random.below(400));
    else if (kind === "half open") proxy.halfOpen(direction);
    else if (kind === "reset") proxy.reset();
    else if (kind === "end") proxy.end();
    else if (kind === "kill the server") {
      await server.kill();
      await pause(random.below(300));
      await server.start();
    } else if (kind === "hidden tab") {
      this.#hidden = true;
      await pause(random.below(900));
      this.#hidden = false;
    } else if (kind === "leave") game.leave(random.pick(["/a", "/b"] as const));
    else if (kind === "join") game.join(random.pick(["/a", "/b"] as const));
    else if (kind === "close and connect") {
      game.close();
      await pause(random.below(60));
      game.connect();
    }
  }

  #emit(count: number): void {
    for (; count > 0; count--) {
      this.#game.emit(this.#random.pick(PATHS), this.#random.pick(["plain", "plain", "blob", "asked", "asked-blob"]));
    }
  }

  /** The faults end; what is left of them is for the client to find out. */
  async #peace(): Promise<string[]> {
    const game = this.#game;
    const { client, wanted } = game;
    this.#lane.proxy.heal();
    const end = performance.now() + PATIENCE;
    const until = async (condition: () => boolean) => {
      while (!condition() && performance.now() < end) {
        if (client.get_connection_state() === 0) game.connect();
        // Given up by a timeout: the game asks again.
        for (const path of wanted) game.namespaces.get(path)!.connect_to_namespace({ run: this.#run });
        await pause(20);
      }
      return condition();
    };
    const isQuiet = () => client.get_stats().acks_pending === 0 && game.isConverged;
    for (;;) {
      if (!(await until(isQuiet))) return [`did not get well: ${this.#notes()}`];
      const { heard, losses } = game;
      const last = [...wanted].flatMap((path) =>
        (["plain", "blob", "asked", "asked-blob"] as const).map((kind) => game.emit(path, kind)),
      );
      const isThere = () => last.every(({ kind, results }) => !kind.startsWith("asked") || results.length > 0);
      if (!(await until(() => isThere() && game.heard > heard + 3))) return [`no traffic in peace: ${this.#notes()}`];
      // A machine that is too busy to answer in time has a fault of its own: once more.
      const isLate = last.some(({ kind, results }) => kind.startsWith("asked") && results[0] !== OK);
      if ((game.losses !== losses || isLate) && performance.now() < end) continue;
      const entries = this.#lane.server.entries(this.#run);
      const missing = last.filter(({ number }) => !entries.some((entry) => entry.number === number));
      return missing.map(({ number, kind, path }) => `in peace ${kind} ${number} of ${path} did not arrive`);
    }
  }

  #notes(): string {
    const { client, namespaces } = this.#game;
    const states = [...namespaces].map(([path, namespace]) => `${path} ${namespace.get_connection_state()}`);
    const { acks_pending } = client.get_stats();
    return `state ${client.get_connection_state()}, ${states}, ${acks_pending} acks, ${client.get_last_error()}`;
  }

  #outcome(problems: string[]): RealOutcome {
    const { client, emits, heard, recoveries } = this.#game;
    const entries = this.#lane.server.entries(this.#run);
    const { reconnects } = client.get_stats();
    for (let count = 0; count < 1000 && client.get_pending_count() > 0; count++) client.poll();
    problems.push(...this.#game.audit(entries));
    if (this.#lane.server.hasCrashed) problems.push("the server has ended by itself");
    const arrived = new Set(entries.map(({ number }) => number)).size;
    return {
      problems,
      faults: this.#faults,
      emits: emits.filter(({ code }) => code === 0).length,
      arrived,
      repeated: entries.length - arrived,
      heard,
      reconnects,
      upgrades: this.#upgrades,
      recoveries,
      notes: this.#notes(),
    };
  }
}
