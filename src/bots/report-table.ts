import { printable } from "../tools/printable.js";
import type { LatencySummary } from "./histogram.js";
import type { SwarmReport } from "./report.js";

/** Characters of a server's own words, or of a script's, that are shown. */
const MESSAGE_LENGTH = 300;

/**
 * A report as text, for people.
 * @example
 * console.log(report_table(swarm.get_report()));
 */
export function report_table(report: SwarmReport): string {
  const { started, count, connected, failed, lost, reconnects, seconds, seconds_at_full, tick_rate } = report;
  const perSecond = (number: number) => `${amount(number / Math.max(seconds, 1e-9))}/s`;
  const lines = [
    `bots      ${started} of ${count} started, ${connected} connected, ${failed} not let in, ${lost} lost, ${reconnects} back again`,
    `time      ${seconds.toFixed(1)} s, ${seconds_at_full.toFixed(1)} s of it with all bots`,
    `emits     ${amount(report.emits)} (${perSecond(report.emits)}), ${report.acks} answered, ${report.acks_unanswered} not answered`,
    `sent      ${amount(report.packets_sent)} packets, ${bytes(report.bytes_sent)}`,
    `received  ${amount(report.packets_received)} packets, ${bytes(report.bytes_received)}, ${amount(report.events)} events heard`,
    `loop      ${tick_rate} Hz, at worst ${duration(report.worst_delay)} late (${report.ticks_behind.toFixed(2)} ticks), ${amount(report.ticks_skipped)} ticks skipped`,
    "",
    ["", "samples", "p50", "p90", "p99", "max"].map(cell).join(""),
    row("connect", report.connect),
    row("rtt", report.rtt),
    row("ack", report.ack),
  ];
  const errors = Object.entries(report.errors);
  if (errors.length > 0)
    lines.push(
      "",
      ...errors.map(([message, times]) => `${String(times).padStart(8)} × ${printable(message, MESSAGE_LENGTH)}`),
    );
  if (report.ticks_behind > 1 || report.ticks_skipped > 0)
    lines.push(
      "",
      "The machine of the bots was late itself: its figures are too high. Use fewer bots, or more processes.",
    );
  if (report.failure !== "") lines.push("", `Gave up: ${printable(report.failure, MESSAGE_LENGTH)}`);
  return lines.join("\n");
}

function row(name: string, { count, p50, p90, p99, max }: LatencySummary): string {
  const times = [p50, p90, p99, max].map((seconds) => (count > 0 ? duration(seconds) : "-"));
  return [name, amount(count), ...times].map(cell).join("");
}

function cell(text: string, column: number): string {
  return column === 0 ? text.padEnd(9) : text.padStart(11);
}

/** `950 µs`, `4.2 ms`, `1.5 s`: two digits say enough. */
export function duration(seconds: number): string {
  if (seconds < 0.0009995) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 0.9995) return `${(seconds * 1000).toFixed(seconds < 0.00995 ? 1 : 0)} ms`;
  return `${seconds.toFixed(seconds < 9.95 ? 1 : 0)} s`;
}

/** `1234`, `45.6 k`, `7.8 M`. */
export function amount(number: number): string {
  if (number < 9999.5) return number.toFixed(0);
  return number < 999_500 ? `${(number / 1000).toFixed(1)} k` : `${(number / 1e6).toFixed(1)} M`;
}

function bytes(number: number): string {
  return number < 999.5
    ? `${number} B`
    : number < 999_500
      ? `${(number / 1000).toFixed(1)} kB`
      : `${(number / 1e6).toFixed(1)} MB`;
}
