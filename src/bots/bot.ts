import type { SocketIOClient } from "../client.js";
import { Err, OK } from "../errors.js";
import type { SocketIONamespace } from "../namespace.js";
import type { Tally } from "./tally.js";

/** What a bot does at each of its ticks, while it is connected. `now` is the time of the tick in seconds. */
export type BotTick = (now: number) => void;

/**
 * Makes a bot do something: adds listeners, remembers what it needs, and returns what is to be called at each tick. Called once for
 * each bot, before it connects. Listeners survive reconnections.
 *
 * @example
 * const script: BotScript = (bot) => {
 *   let health = 100;
 *   bot.namespace.on("hit", ([damage]) => (health -= damage));
 *   return () => {
 *     if (health > 0) bot.emit("move", [bot.random() - 0.5, bot.random() - 0.5]);
 *   };
 * };
 */
export type BotScript = (bot: Bot) => BotTick | null | undefined | void;

/** What a bot has of its swarm. */
export interface BotHost {
  readonly tally: Tally;
  readonly clock: () => number;
  readonly isStopping: boolean;
}

/** One player that is none. A `BotSwarm` makes them, and hands them to the script. */
export class Bot {
  /** Counts from 0, or from the option `first_index`. */
  readonly index: number;
  readonly client: SocketIOClient;
  /** That of the option `namespace`. */
  readonly namespace: SocketIONamespace;
  /** From 0 to below 1, from the seed of the swarm and the number of the bot. Draw from it instead of from `Math.random`. */
  readonly random: () => number;
  /** What the script has returned; may be set to something else at any time. */
  tick: BotTick | null = null;
  readonly #host: BotHost;

  /** @internal */
  constructor(
    host: BotHost,
    index: number,
    client: SocketIOClient,
    namespace: SocketIONamespace,
    random: () => number,
  ) {
    this.#host = host;
    this.index = index;
    this.client = client;
    this.namespace = namespace;
    this.random = random;
  }

  is_connected(): boolean {
    return this.namespace.is_namespace_connected();
  }

  /**
   * `namespace.emit`, counted in the report.
   * @throws TypeError as that does
   */
  emit(event: string, data: readonly unknown[] = []): Err {
    return this.#count(this.namespace.emit(event, data));
  }

  /**
   * `namespace.emit_volatile`, counted in the report: those that were lost too, as refused ones.
   * @throws TypeError as that does
   */
  emit_volatile(event: string, data: readonly unknown[] = []): Err {
    return this.#count(this.namespace.emit_volatile(event, data));
  }

  /**
   * `namespace.emit_with_ack`, counted in the report and measured: from this call to the callback. The callback runs in the bot's
   * next tick, so that much (half a tick on average) is in it; the report's `rtt` has it not.
   * @param timeout seconds, by default the client's option `ack_timeout`
   * @throws TypeError as that does
   */
  emit_with_ack(
    event: string,
    data: readonly unknown[] = [],
    callback: (response: unknown[], error: Err) => void = () => {},
    timeout?: number,
  ): Err {
    const host = this.#host;
    const sentAt = host.clock();
    const answered = (response: unknown[], error: Err) => {
      if (error === OK) {
        host.tally.acks++;
        host.tally.ack.add(host.clock() - sentAt);
      } else if (!host.isStopping) host.tally.acks_unanswered++;
      callback(response, error);
    };
    return this.#count(this.namespace.emit_with_ack(event, data, answered, timeout));
  }

  #count(error: Err): Err {
    const { tally } = this.#host;
    if (error === OK) tally.emits++;
    else {
      tally.emits_refused++;
      tally.countError(`emit: ${nameOf(error)}`);
    }
    return error;
  }
}

function nameOf(error: Err): string {
  return Object.entries(Err).find(([, code]) => code === error)?.[0] ?? `error ${error}`;
}
