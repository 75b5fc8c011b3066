import type { Auth } from "../auth.js";
import { SocketIOClient } from "../client-with-polling.js";
import { Err, OK, requireThat } from "../errors.js";
import { SocketIONamespace } from "../namespace.js";
import { DEFAULT_OPTIONS, mergeOptions } from "../options.js";
import { Bot, type BotHost } from "./bot.js";
import { seededRandom } from "./random.js";
import type { SwarmSettings } from "./swarm-options.js";

/** How often a bot's round trip is looked at, in seconds. */
const SAMPLE_INTERVAL = 1;

/** What a swarm wants to be told. */
export interface LifeHost extends BotHost {
  readonly url: string;
  readonly settings: SwarmSettings;
  joined(bot: Bot): void;
  lost(bot: Bot, reason: string): void;
  scriptFailed(bot: Bot, error: unknown): void;
}

/** A bot from start to stop: connects it, runs its script, and keeps the books. */
export class BotLife {
  readonly bot: Bot;
  readonly #host: LifeHost;
  #startedAt = 0;
  #hasJoined = false;
  #isFirstAttempt = false;
  /** It was in the namespace, or refused there. */
  #hasBeenThere = false;
  /** Its script could not be started. */
  #isBroken = false;
  #sampleAt = 0;
  #rtt = 0;

  /** @throws TypeError for options that the client does not take */
  constructor(host: LifeHost, index: number) {
    const { seed, namespace, client: input, clock } = host.settings;
    const defaults = {
      ...DEFAULT_OPTIONS,
      transports: ["websocket" as const],
      // Many that were lost at one moment must not come back at one moment.
      reconnection: { ...DEFAULT_OPTIONS.reconnection, delay: 1, delay_max: 5 },
      clock,
      // Not the script's own: how often it reconnects must not change what it does.
      random: seededRandom(~seed, index),
      main_namespace: namespace === "/",
    };
    // As a client lays what it is given over its own: a part of `reconnection` leaves the rest.
    const client = new SocketIOClient(mergeOptions(defaults, input));
    this.bot = new Bot(host, index, client, client.create_namespace(namespace), seededRandom(seed, index));
    this.#host = host;
  }

  /** True when nothing more will come of it: it was refused or put out, or has left. */
  get isOver(): boolean {
    const { client, namespace } = this.bot;
    if (this.#isBroken || client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED) return true;
    const isOut = namespace.get_connection_state() === SocketIONamespace.STATE_DISCONNECTED;
    // Before that it may be on its way through another namespace.
    return this.#hasBeenThere && isOut && client.is_socket_connected();
  }

  /** @throws what the script throws, and TypeError for what it must not return */
  prepare(): void {
    const { script } = this.#host.settings;
    const tick = script?.(this.bot) ?? null;
    const expected = "a function that is called at each tick, or nothing (and no promise: await inside)";
    requireThat(tick === null || typeof tick === "function", "what a bot's script returns", expected, tick);
    // The script may have set the hook itself.
    if (tick !== null) this.bot.tick = tick;
    this.#watch();
  }

  /** Starts connecting; the caller has prepared it. */
  connect(): Err {
    const { tally, clock, url, settings } = this.#host;
    const { bot } = this;
    const { namespace, tls_options } = settings;
    const given = settings.auth;
    const auth: Auth = typeof given === "function" ? () => given(bot) : given;
    this.#startedAt = clock();
    const error = bot.client.connect_to_url(url, namespace === "/" ? auth : {}, tls_options);
    // A script that has a way of its own in has begun already.
    if (error !== OK && error !== Err.ERR_ALREADY_IN_USE) return error;
    if (error === OK && namespace !== "/") bot.namespace.connect_to_namespace(auth);
    tally.started++;
    tally.connecting++;
    this.#isFirstAttempt = true;
    return OK;
  }

  /** Prepares and connects; what goes wrong is counted. */
  begin(): void {
    const { tally } = this.#host;
    try {
      this.prepare();
      // The script may have stopped the swarm, which closes nothing any more.
      if (this.#host.isStopping || this.connect() === OK) return;
      tally.countError(`connect: ${this.bot.client.get_last_error()}`);
    } catch (error) {
      this.#host.scriptFailed(this.bot, error);
    }
    this.#isBroken = true;
    tally.started++;
  }

  /** One tick, after the poll. */
  tick(now: number): void {
    const { bot } = this;
    if (bot.tick === null || !bot.is_connected()) return;
    this.#host.tally.ticks++;
    try {
      bot.tick(now);
    } catch (error) {
      this.#host.scriptFailed(bot, error);
    }
    if (now >= this.#sampleAt) this.sample(now);
  }

  /** Notes the round trip if the client has a new one. */
  sample(now: number): void {
    this.#sampleAt = now + SAMPLE_INTERVAL;
    const { rtt } = this.bot.client.get_stats();
    if (rtt !== this.#rtt) this.#host.tally.rtt.add(rtt);
    this.#rtt = rtt;
  }

  #watch(): void {
    const host = this.#host;
    const { tally } = host;
    const { bot } = this;
    bot.namespace.connected.connect(() => {
      tally.connected++;
      this.#hasBeenThere = true;
      this.#endFirstAttempt();
      if (this.#hasJoined) tally.reconnects++;
      else {
        this.#hasJoined = true;
        tally.joined++;
        tally.connect.add(host.clock() - this.#startedAt);
      }
      host.joined(bot);
    });
    bot.namespace.disconnected.connect((reason) => {
      tally.connected--;
      // The script may leave when it likes.
      if (host.isStopping || reason === "client disconnect") return;
      tally.lost++;
      tally.countError(`lost: ${reason}`);
      host.lost(bot, reason);
    });
    bot.client.connect_error.connect((error) => {
      this.#hasBeenThere ||= error.namespace === bot.namespace.get_namespace_path();
      this.#endFirstAttempt();
      tally.countError(`connect: ${error.message}`);
    });
    // A script may have a way of its own in, with a lobby in which its bot waits for long; or give up on the way.
    bot.client.namespace_connected.connect(() => this.#endFirstAttempt());
    bot.client.disconnected.connect(() => this.#endFirstAttempt());
    bot.client.listener_error.connect((error) => host.scriptFailed(bot, error));
  }

  #endFirstAttempt(): void {
    if (this.#isFirstAttempt) this.#host.tally.connecting--;
    this.#isFirstAttempt = false;
  }
}
