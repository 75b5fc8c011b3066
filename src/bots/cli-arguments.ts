import { parseArgs } from "node:util";

export const HELP = `Usage: socketio-gameloop bots <url> [options]

Connects bots to a Socket.IO server, lets them play, and says what they have been through.

  <url>                ws:, wss:, http: or https:, as for a client: ws://localhost:3000

How many, how long
  --count N            bots (10)
  --ramp N | Ns        bots started per second, or "20s": all within 20 seconds (100)
  --duration S         seconds with all bots connected; "inf": until Ctrl-C (10)
  --processes N        shares the bots among processes, for more than a core can do (1)
  --patience S         gives up when nobody was connected for so long (10)

What they do
  --script FILE        module whose default export is (bot) => tick function
  --rate HZ            ticks per second (20)
  --seed N             of the scripts' random numbers (1)
  Without --script a bot emits its number and a count at each tick:
  --event NAME         name of that event ("bot")
  --payload N          characters of text on top (0)
  --ack-interval S     seconds between two that ask for an acknowledgement; "inf": never (1)

How they connect
  --namespace PATH     what they join ("/")
  --auth JSON          what they join with: '{"token":"…"}'
  --transport NAME     websocket or polling (websocket)
  --insecure           takes any certificate

What is printed
  --json               the report as JSON instead of a table
  --quiet              no progress
  --help

Ends with 0; with 1 when a bot did not get in or was lost or a script threw; with 2 when it was not called as it should be.`;

/** What is wrong with the command line. */
export class UsageError extends Error {}

/** What one process has to do; goes to another process as it is. `null` is `Infinity`, which JSON does not know. */
export interface Task {
  readonly url: string;
  readonly count: number;
  readonly firstIndex: number;
  /** Bots per second. */
  readonly ramp: number;
  readonly duration: number | null;
  readonly patience: number;
  readonly rate: number;
  readonly seed: number;
  readonly script: string | null;
  readonly event: string;
  readonly payload: number;
  readonly ackInterval: number | null;
  readonly namespace: string;
  readonly auth: Record<string, unknown>;
  readonly transport: "websocket" | "polling";
  readonly insecure: boolean;
}

export interface Invocation {
  readonly task: Task;
  readonly processes: number;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
}

const OPTIONS = {
  count: { type: "string", default: "10" },
  ramp: { type: "string", default: "100" },
  duration: { type: "string", default: "10" },
  processes: { type: "string", default: "1" },
  patience: { type: "string", default: "10" },
  script: { type: "string" },
  rate: { type: "string", default: "20" },
  seed: { type: "string", default: "1" },
  event: { type: "string", default: "bot" },
  payload: { type: "string", default: "0" },
  "ack-interval": { type: "string", default: "1" },
  namespace: { type: "string", default: "/" },
  auth: { type: "string", default: "{}" },
  transport: { type: "string", default: "websocket" },
  insecure: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  quiet: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/**
 * Reads the command line; `null` when help is asked for.
 * @throws UsageError for what cannot be
 */
export function readArguments(args: readonly string[]): Invocation | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [command, url, ...rest] = positionals;
  if (command === undefined) throw new UsageError("Write: socketio-gameloop bots <url>");
  if (command !== "bots") throw new UsageError(`${command}: no such command; there is "bots"`);
  if (url === undefined) throw new UsageError("bots: the address of the server is missing, like ws://localhost:3000");
  if (rest.length > 0) throw new UsageError(`${rest[0]}: one address is enough`);
  const count = number("count", values.count, 1, true);
  const processes = number("processes", values.processes, 1, true);
  if (processes > count) throw new UsageError(`--processes ${processes}: more than there are bots (--count ${count})`);
  const { transport, namespace } = values;
  if (transport !== "websocket" && transport !== "polling")
    throw new UsageError(`--transport ${transport}: websocket or polling is expected`);
  if (!namespace.startsWith("/")) throw new UsageError(`--namespace ${namespace}: a path like /game is expected`);
  return {
    task: {
      url,
      count,
      firstIndex: 0,
      ramp: rampOf(values.ramp, count),
      duration: orForEver("duration", values.duration),
      patience: number("patience", values.patience, Number.MIN_VALUE),
      rate: number("rate", values.rate, Number.MIN_VALUE),
      seed: number("seed", values.seed, -Infinity, true),
      script: values.script ?? null,
      event: values.event,
      payload: number("payload", values.payload, 0, true),
      ackInterval: orForEver("ack-interval", values["ack-interval"]),
      namespace,
      auth: dictionary(values.auth),
      transport,
      insecure: values.insecure,
    },
    processes,
    isJson: values.json,
    isQuiet: values.quiet,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // The first sentence says it; the others are about arguments that begin with a dash.
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

function number(flag: string, text: string, least: number, isWhole = false): number {
  const value = Number(text);
  const isNumber = text.trim() !== "" && Number.isFinite(value) && value >= least;
  if (isNumber && (!isWhole || Number.isInteger(value))) return value;
  const bound = least === -Infinity ? "" : least === Number.MIN_VALUE ? " above 0" : ` of ${least} or more`;
  throw new UsageError(`--${flag} ${text}: a ${isWhole ? "whole " : ""}number${bound} is expected`);
}

function orForEver(flag: string, text: string): number | null {
  return text === "inf" ? null : number(flag, text, 0);
}

function rampOf(text: string, count: number): number {
  if (!text.endsWith("s")) return number("ramp", text, Number.MIN_VALUE);
  const seconds = Number(text.slice(0, -1));
  if (text === "s" || !(seconds > 0 && seconds < Infinity))
    throw new UsageError(`--ramp ${text}: seconds like 20s, or bots per second like 100, are expected`);
  return count / seconds;
}

function dictionary(text: string): Record<string, unknown> {
  const expected = `--auth ${text}: a JSON object like {"token":"abc"} is expected`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(expected);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new UsageError(expected);
  return value as Record<string, unknown>;
}
