import { requireThat } from "../errors.js";
import type { LatencySummary } from "./histogram.js";
import { Tally } from "./tally.js";

/** What a `BotSwarm` has measured: plain data, for `JSON.stringify` too. Times are seconds. */
export interface SwarmReport {
  /** True when every bot that was started got in, none was lost, and no script threw. */
  readonly ok: boolean;
  /** Why the swarm gave up, a sentence; `""` when it did not. */
  readonly failure: string;
  readonly url: string;
  readonly namespace: string;
  /** Since the first bot was started, and since the last one was: with all of them. */
  readonly seconds: number;
  readonly seconds_at_full: number;
  /** Bots that were asked for, and that were started until now. */
  readonly count: number;
  readonly started: number;
  /** Bots that got in, at least once; that were in at the end; and that did not get in. */
  readonly joined: number;
  readonly connected: number;
  readonly failed: number;
  /** How often a bot lost its connection or was put out, and how often one came back. */
  readonly lost: number;
  readonly reconnects: number;
  /** From `connect_to_url()` to the namespace's `connected`. */
  readonly connect: LatencySummary;
  /** Round trips by the clients' own statistics: once a second of each bot that has a new one. */
  readonly rtt: LatencySummary;
  /** From `bot.emit_with_ack()` to its callback. */
  readonly ack: LatencySummary;
  /** Through `bot.emit()`, `bot.emit_volatile()` and `bot.emit_with_ack()`: those that were taken, and those that returned an error. */
  readonly emits: number;
  readonly emits_refused: number;
  /** Acknowledgements that came, and that did not in time. */
  readonly acks: number;
  readonly acks_unanswered: number;
  /** Events that reached listeners. */
  readonly events: number;
  /** Of the Socket.IO connection, whoever sent them. */
  readonly packets_sent: number;
  readonly packets_received: number;
  readonly bytes_sent: number;
  readonly bytes_received: number;
  readonly tick_rate: number;
  /** Calls of tick functions. */
  readonly ticks: number;
  /** Ticks of the loop that were due and did not run. */
  readonly ticks_skipped: number;
  /** How late the loop was at worst; and the same in ticks. Above 1 the machine of the bots is too slow for them. */
  readonly worst_delay: number;
  readonly ticks_behind: number;
  /** Callbacks of scripts that threw. */
  readonly script_errors: number;
  /** How often what went wrong, by message. */
  readonly errors: Readonly<Record<string, number>>;
}

/** What a report says that the bots themselves cannot know. */
type SwarmFacts = Pick<
  SwarmReport,
  | "failure"
  | "url"
  | "namespace"
  | "seconds"
  | "seconds_at_full"
  | "count"
  | "failed"
  | "tick_rate"
  | "ticks_skipped"
  | "worst_delay"
  | "events"
  | "packets_sent"
  | "packets_received"
  | "bytes_sent"
  | "bytes_received"
>;

export function makeReport(facts: SwarmFacts, tally: Tally): SwarmReport {
  const { started, joined, connected, lost, reconnects, emits, emits_refused } = tally;
  const { acks, acks_unanswered, ticks, script_errors } = tally;
  return {
    ...facts,
    ok: facts.failure === "" && facts.failed === 0 && lost === 0 && script_errors === 0,
    started,
    joined,
    connected,
    lost,
    reconnects,
    connect: tally.connect.summary(),
    rtt: tally.rtt.summary(),
    ack: tally.ack.summary(),
    emits,
    emits_refused,
    acks,
    acks_unanswered,
    ticks,
    ticks_behind: facts.worst_delay * facts.tick_rate,
    script_errors,
    errors: Object.fromEntries([...tally.errors].sort(([, a], [, b]) => b - a)),
  };
}

const SUMS = [
  "started",
  "joined",
  "connected",
  "lost",
  "reconnects",
  "emits",
  "emits_refused",
  "acks",
  "acks_unanswered",
  "ticks",
  "script_errors",
] as const;

/**
 * One report of several: of the processes that share the bots of one test. Counts are added up, percentiles are those of all
 * samples, `worst_delay` is that of the worst.
 * @throws TypeError unless `reports` is a list with at least one
 * @example
 * const whole = merge_reports([report_of_first_process, report_of_second_process]);
 */
export function merge_reports(reports: readonly SwarmReport[]): SwarmReport {
  const isList = Array.isArray(reports) && reports.length > 0;
  requireThat(isList, "merge_reports(reports)", "a list of one report or more", reports);
  const tally = new Tally();
  for (const report of reports) {
    for (const name of SUMS) tally[name] += report[name];
    for (const name of ["connect", "rtt", "ack"] as const) tally[name].merge(report[name]);
    for (const [message, count] of Object.entries(report.errors)) tally.countError(message, count);
  }
  type Counted = { [Name in keyof SwarmFacts]: SwarmFacts[Name] extends number ? Name : never }[keyof SwarmFacts];
  const all = (name: Counted) => reports.map((report) => report[name]);
  const sum = (name: Counted) => all(name).reduce((total, number) => total + number, 0);
  const { url, namespace, tick_rate } = reports[0]!;
  return makeReport(
    {
      url,
      namespace,
      tick_rate,
      failure: reports.find(({ failure }) => failure !== "")?.failure ?? "",
      seconds: Math.max(...all("seconds")),
      seconds_at_full: Math.min(...all("seconds_at_full")),
      count: sum("count"),
      failed: sum("failed"),
      ticks_skipped: sum("ticks_skipped"),
      worst_delay: Math.max(...all("worst_delay")),
      events: sum("events"),
      packets_sent: sum("packets_sent"),
      packets_received: sum("packets_received"),
      bytes_sent: sum("bytes_sent"),
      bytes_received: sum("bytes_received"),
    },
    tally,
  );
}
