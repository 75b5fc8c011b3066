import { Err, OK, requireThat, SocketIOError } from "../errors.js";
import { FixedTickLoop } from "../loop/fixed-tick.js";
import { PollGroup } from "../poll-group.js";
import { Signal } from "../signal.js";
import type { Bot } from "./bot.js";
import { BotLife, type LifeHost } from "./bot-life.js";
import { makeReport, type SwarmReport } from "./report.js";
import { type BotSwarmOptions, swarmSettings } from "./swarm-options.js";
import { Tally } from "./tally.js";
import { messageOf } from "./thrown.js";

/** Late ticks that are made up for, in ticks of a bot. What is beyond is skipped, and in the report. */
const CATCH_UP = 2;

/**
 * Seconds from the last tick of the scripts to the end: a server that is behind may read an event together with the farewell, and then
 * drops it.
 */
const GRACE = 0.5;

/** Bots that have their ticks at the same moment. */
interface Cohort {
  readonly group: PollGroup;
  readonly lives: BotLife[];
}

/**
 * Many bots on one server: for load tests, for a game that should not be empty, for finding out what breaks first. One loop polls
 * them, calls their scripts and sends what these have emitted. Runs once. No counterpart in Godot.
 *
 * @example
 * const swarm = new BotSwarm("ws://localhost:3000", { count: 200, duration: 30 });
 * const report = await swarm.run();
 * console.log(report_table(report));
 */
export class BotSwarm {
  /** A bot is connected, for the first time or again. */
  readonly bot_connected = new Signal<[bot: Bot]>();
  /** A bot was disconnected, and not by its own script. It comes back if the clients' option `reconnection` says so. */
  readonly bot_lost = new Signal<[bot: Bot, reason: string]>();
  /** A script, or a listener of it, threw. It is counted, and the bot goes on. */
  readonly script_error = new Signal<[error: unknown, bot: Bot]>();
  /** It has ended: by `stop()`, after `duration`, or because nobody is connected. Every client is closed. */
  readonly finished = new Signal<[report: SwarmReport]>();

  readonly #host: LifeHost;
  readonly #tally = new Tally();
  readonly #lives: BotLife[] = [];
  readonly #cohorts: Cohort[];
  readonly #loop: FixedTickLoop;
  #turn = 0;
  #state: "new" | "looping" | "polled" | "ended" = "new";
  #isStopping = false;
  #isPolling = false;
  #startedAt = 0;
  #fullAt = Infinity;
  /** When somebody was connected last. */
  #aliveAt = 0;
  #lastError = "";
  #report: SwarmReport | null = null;

  /**
   * Connects nobody yet.
   * @param url as for `SocketIOClient.connect_to_url`
   * @throws TypeError for an option that does not exist or a value that cannot be, the clients' options among them
   */
  constructor(url: string, options: BotSwarmOptions = {}) {
    requireThat(typeof url === "string", "the URL of a BotSwarm", "a string", url);
    const settings = swarmSettings(options);
    const swarm = this;
    this.#host = {
      url,
      settings,
      clock: settings.clock,
      tally: this.#tally,
      get isStopping() {
        return swarm.#isStopping;
      },
      joined: (bot) => this.bot_connected.emit(bot),
      lost: (bot, reason) => this.bot_lost.emit(bot, reason),
      scriptFailed: (bot, error) => this.#scriptFailed(bot, error),
    };
    this.#cohorts = Array.from({ length: settings.cohorts }, () => ({ group: new PollGroup(), lives: [] }));
    const { tick_rate, cohorts, clock, timers } = settings;
    const loopOptions = { tick_rate: tick_rate * cohorts, max_catch_up: CATCH_UP * cohorts, clock };
    const turn = { poll: (now?: number) => this.#nextTurn(now ?? clock()) };
    this.#loop = new FixedTickLoop(turn, null, timers === undefined ? loopOptions : { ...loopOptions, timers });
    // What is wrong with the clients' options comes out here, not in the middle of the ramp.
    this.#make();
  }

  /** The bots that were started, in order. */
  get bots(): readonly Bot[] {
    return this.#lives.slice(0, this.#tally.started).map(({ bot }) => bot);
  }

  /**
   * Starts the bots and a loop of its own. The first bot's script is called before this returns.
   * @returns `OK`; `ERR_ALREADY_IN_USE` when it was started before; what `connect_to_url` says of an address or of TLS settings that
   * cannot be used, and nothing has started then
   * @throws what the script throws for the first bot, and TypeError for what it must not return; nothing has started then
   */
  start(): Err {
    const error = this.#begin(this.#host.clock(), "looping");
    if (this.#state === "looping") this.#loop.start();
    return error;
  }

  /**
   * `start()`, and a promise of the end. It needs an end: the option `duration`, or `stop()`.
   * @returns a promise that rejects with a `SocketIOError` when it could not be started, and with what `start()` throws
   */
  async run(): Promise<SwarmReport> {
    const error = this.start();
    if (error !== OK) throw new SocketIOError(this.#lastError, error);
    return this.#report ?? new Promise((resolve) => this.finished.connect(resolve));
  }

  /**
   * One tick of every bot: for those who have a loop, and for tests. Call it `tick_rate` times a second, instead of `start()`; the
   * first call starts.
   * @param now seconds, of the option `clock`
   * @returns how many callbacks were run; 0 when it has ended, or has a loop of its own
   * @throws as `start()`, and a `SocketIOError` where that returns an error
   */
  poll(now: number = this.#host.clock()): number {
    if (this.#state === "new") {
      const error = this.#begin(now, "polled");
      if (error !== OK) throw new SocketIOError(this.#lastError, error);
    }
    if (this.#state !== "polled" || this.#isPolling) return 0;
    let callbacks = 0;
    for (let left = this.#cohorts.length; left > 0; left--) callbacks += this.#nextTurn(now);
    return callbacks;
  }

  /**
   * Closes every client. May be called from inside a script.
   * @returns the report, the same one if it has ended before
   */
  stop(): SwarmReport {
    return this.#end("", false);
  }

  /** True from `start()`, or the first `poll()`, until the end. */
  is_running(): boolean {
    return this.#state === "looping" || this.#state === "polled";
  }

  /** What has been measured so far; after the end, what had been by then. */
  get_report(): SwarmReport {
    return this.#report ?? this.#makeReport("", false);
  }

  /** A sentence about why `start()` has returned an error; `""` if it has not. */
  get_last_error(): string {
    return this.#lastError;
  }

  /** @internal A promise of some bot's script was rejected, which nobody looked at. False when it does not count any more. */
  countRejection(error: unknown): boolean {
    // The end rejects what still waits.
    if (this.#isStopping) return false;
    this.#countScriptError(error);
    return true;
  }

  #begin(now: number, state: "looping" | "polled"): Err {
    if (this.#state !== "new") {
      this.#lastError = "the swarm was started before; make another one";
      return Err.ERR_ALREADY_IN_USE;
    }
    const [first] = this.#lives as [BotLife];
    let error: Err = Err.FAILED;
    try {
      first.prepare();
      // The script may have stopped it.
      error = this.#isStopping ? OK : first.connect();
      this.#lastError = first.bot.client.get_last_error();
    } finally {
      // Whoever tries again finds a bot that no script has touched.
      if (error !== OK) {
        this.#lives.length = 0;
        this.#make();
      }
    }
    if (error !== OK || this.#isStopping) return error;
    this.#state = state;
    this.#startedAt = this.#aliveAt = now;
    this.#enrol(first);
    return OK;
  }

  /** Everything that is due for the next cohort. */
  #nextTurn(now: number): number {
    if (!this.is_running() || this.#isPolling) return 0;
    this.#isPolling = true;
    try {
      this.#startDue(now);
      const { group, lives } = this.#cohorts[this.#turn]!;
      this.#turn = (this.#turn + 1) % this.#cohorts.length;
      const callbacks = group.poll(now);
      if (now - this.#fullAt < this.#host.settings.duration)
        for (const life of lives) if (!this.#isStopping) life.tick(now);
      group.flush();
      if (this.#turn === 0 && !this.#isStopping) this.#look(now);
      return callbacks;
    } finally {
      this.#isPolling = false;
    }
  }

  #startDue(now: number): void {
    const { count, ramp, max_connecting } = this.#host.settings;
    const due = Math.min(count, Math.floor((now - this.#startedAt) * ramp) + 1 || count);
    while (this.#tally.started < due && this.#tally.connecting < max_connecting && !this.#isStopping) {
      const life = this.#make();
      life.begin();
      this.#enrol(life);
    }
    if (this.#tally.started === count && this.#fullAt === Infinity) this.#fullAt = now;
  }

  #make(): BotLife {
    const life = new BotLife(this.#host, this.#host.settings.first_index + this.#lives.length);
    this.#lives.push(life);
    return life;
  }

  #enrol(life: BotLife): void {
    const cohort = this.#cohorts[(this.#tally.started - 1) % this.#cohorts.length]!;
    cohort.group.add(life.bot.client);
    cohort.lives.push(life);
  }

  /** Is there a reason to end? Once a tick. */
  #look(now: number): void {
    const { duration, patience, count } = this.#host.settings;
    const { connected, joined, started } = this.#tally;
    if (connected > 0) this.#aliveAt = now;
    const isFull = started === count;
    if (now - this.#fullAt >= duration + GRACE) {
      this.#end(joined === 0 ? `no bot could connect to ${this.#host.url}${this.#commonError()}` : "", true);
    } else if (connected === 0 && isFull && this.#lives.every((life) => life.isOver)) {
      this.#end(this.#whyNobody(""), true);
    } else if (now - this.#aliveAt >= patience) this.#end(this.#whyNobody(` within ${patience} s`), true);
  }

  /** A sentence for a swarm of which nobody is connected; `""` when all have left by themselves. */
  #whyNobody(within: string): string {
    const { joined, lost, started } = this.#tally;
    if (joined > 0 && joined === started && lost === 0) return "";
    if (joined === 0) return `no bot could connect to ${this.#host.url}${within}${this.#commonError()}`;
    return `every bot was lost, and none came back${within}${this.#commonError()}`;
  }

  #commonError(): string {
    const [message] = [...this.#tally.errors].reduce((most, next) => (next[1] > most[1] ? next : most), ["", 0]);
    return message === "" ? "" : ` (${message.replace(/^connect: /, "")})`;
  }

  #scriptFailed(bot: Bot, error: unknown): void {
    this.#countScriptError(error);
    this.script_error.emit(error, bot);
  }

  #countScriptError(error: unknown): void {
    this.#tally.script_errors++;
    this.#tally.countError(`script: ${messageOf(error)}`);
  }

  #end(failure: string, isByItself: boolean): SwarmReport {
    if (this.#report !== null) return this.#report;
    const now = this.#host.clock();
    if (this.is_running()) for (const life of this.#lives) life.sample(now);
    this.#report = this.#makeReport(failure, isByItself);
    this.#isStopping = true;
    this.#state = "ended";
    this.#loop.stop();
    for (const { bot } of this.#lives) bot.client.close();
    this.finished.emit(this.#report);
    return this.#report;
  }

  /** Who is on the way in when somebody else ends it has not failed. */
  #makeReport(failure: string, isByItself: boolean): SwarmReport {
    const { url, settings } = this.#host;
    const { started, joined, connecting } = this.#tally;
    const now = this.#host.clock();
    const sum = { events_dispatched: 0, packets_sent: 0, packets_received: 0, bytes_sent: 0, bytes_received: 0 };
    for (const { bot } of this.#lives) {
      const stats = bot.client.get_stats();
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += stats[name];
    }
    const { events_dispatched: events, ...traffic } = sum;
    const { jitter_max, skipped } = this.#loop.get_stats();
    return makeReport(
      {
        failure,
        url,
        namespace: settings.namespace,
        seconds: started > 0 ? now - this.#startedAt : 0,
        seconds_at_full: Math.min(Math.max(0, now - this.#fullAt), settings.duration),
        count: settings.count,
        failed: started - joined - (isByItself ? 0 : connecting),
        tick_rate: settings.tick_rate,
        ticks_skipped: skipped / settings.cohorts,
        worst_delay: Math.max(0, jitter_max),
        events,
        ...traffic,
      },
      this.#tally,
    );
  }
}
