/*
 * A swarm as the command line wants it, in this process.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { OK } from "../errors.js";
import { TLSOptions } from "../tls-options.js";
import type { BotScript } from "./bot.js";
import { type Task, UsageError } from "./cli-arguments.js";
import type { SwarmReport } from "./report.js";
import { steady_script } from "./steady-script.js";
import { BotSwarm } from "./swarm.js";
import { messageOf } from "./thrown.js";

/** Errors of scripts that are printed with all they say; the others are counted. */
const MOST_PRINTED = 3;

/** Bots that are at work, in whatever process. */
export interface Crowd {
  /** What has been measured so far. */
  report(): SwarmReport | null;
  /** Seconds of computing since they began. */
  cpuSeconds(): number;
  /** Ends it early. */
  stop(): void;
  readonly finished: Promise<SwarmReport>;
}

/**
 * Starts the bots of `task` here.
 * @throws UsageError for a script that cannot be used, or an address
 */
export async function startSwarm(task: Task): Promise<Crowd> {
  const swarm = makeSwarm(task, task.script === null ? null : await loadScript(task.script));
  const printed = new Set<string>();
  const print = (whose: string, error: unknown) => {
    const text = (error instanceof Error && error.stack) || messageOf(error);
    if (printed.size >= MOST_PRINTED || printed.has(text)) return;
    printed.add(text);
    console.error(`The script of ${whose}: ${text}`);
  };
  swarm.script_error.connect((error, bot) => print(`bot ${bot.index}`, error));
  // A script may await; for which bot is not known then. Without a script it is a fault of ours.
  if (task.script !== null)
    process.on("unhandledRejection", (error) => {
      if (swarm.countRejection(error)) print("a bot, in a promise", error);
    });
  const finished = new Promise<SwarmReport>((settle) => swarm.finished.connect(settle));
  const before = process.cpuUsage();
  let error: number;
  try {
    error = swarm.start();
  } catch (thrown) {
    throw new UsageError(`--script ${task.script}: ${messageOf(thrown)}`);
  }
  if (error !== OK) throw new UsageError(swarm.get_last_error());
  return {
    report: () => swarm.get_report(),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    },
    stop: () => void swarm.stop(),
    finished,
  };
}

/** @param script `null` for the steady one */
function makeSwarm(task: Task, script: BotScript | null): BotSwarm {
  const { url, count, ramp, duration, patience, rate, seed, namespace, auth, transport, insecure, firstIndex } = task;
  const { event, payload, ackInterval } = task;
  try {
    return new BotSwarm(url, {
      count,
      ramp,
      duration: duration ?? Infinity,
      patience,
      tick_rate: rate,
      seed,
      script: script ?? steady_script({ event, payload, ack_interval: ackInterval ?? Infinity }),
      namespace,
      auth,
      first_index: firstIndex,
      client: { transports: [transport] },
      tls_options: insecure ? TLSOptions.client_unsafe() : null,
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

async function loadScript(file: string): Promise<BotScript> {
  let script: unknown;
  try {
    ({ default: script } = await import(pathToFileURL(resolve(file)).href));
  } catch (error) {
    throw new UsageError(`--script ${file}: ${messageOf(error)}`);
  }
  if (typeof script === "function") return script as BotScript;
  const given = script === undefined ? "it has none" : `it is of type ${typeof script}`;
  throw new UsageError(`--script ${file}: the default export has to be a function (bot) => tick function; ${given}`);
}
