import { Err, requireOptions, requireThat } from "../errors.js";
import { requireEvent } from "../namespace.js";
import type { BotScript } from "./bot.js";

/** Characters. A hundred times what a server takes unless told otherwise, and not too long for a string. */
const MOST_PAYLOAD = 100_000_000;

/** What `steady_script()` takes. */
export interface SteadyScriptOptions {
  /** Name of the event; default `"bot"`. */
  readonly event?: string;
  /** Seconds between two emits of a bot that ask for an acknowledgement; default 1. 0 for each, `Infinity` for none. */
  readonly ack_interval?: number;
  /** Characters of text that each emit carries on top; default 0. */
  readonly payload?: number;
}

/**
 * The script of bots that have none: emits at every tick `[index, n]`, the number of the bot and a count from 1, and asks for an
 * acknowledgement once a second. The server needs to do nothing; to measure acknowledgements it calls the acknowledgement's
 * function. A bot whose first question is not answered asks no further.
 *
 * @throws TypeError for an option that does not exist or a value that cannot be
 *
 * @example
 * const swarm = new BotSwarm("ws://localhost:3000", { script: steady_script({ event: "input", payload: 40 }) });
 */
export function steady_script(options: SteadyScriptOptions = {}): BotScript {
  requireOptions(options, ["event", "ack_interval", "payload"], "steady_script");
  const { event = "bot", ack_interval = 1, payload = 0 } = options;
  requireEvent(event);
  const isTime = typeof ack_interval === "number" && ack_interval >= 0;
  requireThat(isTime, 'option "ack_interval"', "a number of seconds of 0 or more", ack_interval);
  const isLength = Number.isInteger(payload) && payload >= 0 && payload <= MOST_PAYLOAD;
  requireThat(isLength, 'option "payload"', `a whole number from 0 to ${MOST_PAYLOAD}`, payload);
  const text = payload > 0 ? ["x".repeat(payload)] : [];
  return (bot) => {
    let count = 0;
    let hasAnswered = false;
    let isAsking = ack_interval < Infinity;
    // Not all in the same tick.
    let askAt = -Infinity;
    let phase = bot.random() * ack_interval;
    return (now) => {
      const data = [bot.index, ++count, ...text];
      if (!isAsking || now < askAt) return void bot.emit(event, data);
      if (phase > 0) {
        askAt = now + phase;
        phase = 0;
        return void bot.emit(event, data);
      }
      askAt = now + ack_interval;
      bot.emit_with_ack(event, data, (_, error) => {
        hasAnswered ||= error === Err.OK;
        if (error === Err.ERR_TIMEOUT && !hasAnswered) isAsking = false;
      });
    };
  };
}
