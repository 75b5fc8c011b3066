import type { NetGraphData } from "./net-graph-data.js";
import { showCount, showRate, showTime, table } from "./printable.js";

/** How many events are shown, drawn or written. */
export const SHOWN_EVENTS = 4;

/** The name of an event as it is shown: with its namespace, unless that is the main one. */
export function nameOf({ event, path }: { readonly event: string; readonly path: string }): string {
  const name = event === "" ? "(no event)" : event;
  return path === "/" || path === "" ? name : `${path} ${name}`;
}

/** `"1 reconnect"`, `"2 reconnects"` */
export function countReconnects({ stats }: NetGraphData): string {
  return `${stats.reconnects} reconnect${stats.reconnects === 1 ? "" : "s"}`;
}

/** What a NetGraph draws, in words. */
export function writeNetGraph(data: NetGraphData): string {
  const { stats } = data;
  const { rtt, rtt_jitter, rtt_min } = stats;
  const rows = [
    ["rtt", rtt === 0 ? "unknown" : `${showTime(rtt)}, jitter ${showTime(rtt_jitter)}, least ${showTime(rtt_min)}`],
    ["in", `${showRate(data.bytes_in)}, ${showCount(data.packets_in)}`],
    ["out", `${showRate(data.bytes_out)}, ${showCount(data.packets_out)}`],
    [
      "inbox",
      `${stats.inbox_length} waiting, at most ${data.most_inbox_length}, ${showTime(data.longest_inbox_age)} old`,
    ],
    ["poll", `at most ${showTime(data.longest_poll)}, ${showTime(data.longest_poll_gap)} apart`],
  ];
  if (data.longest_callback_event !== "")
    rows.push(["slowest", `${data.longest_callback_event} ${showTime(data.longest_callback)}`]);
  const events = data.events
    .slice(0, SHOWN_EVENTS)
    .map((rate) => ["", `${rate.direction} ${nameOf(rate)}`, showRate(rate.bytes), showCount(rate.packets)]);
  const head = [data.state, data.transport, countReconnects(data)].filter((part) => part !== "").join(" · ");
  if (data.state !== "connected" && data.last_error !== "") rows.push(["error", data.last_error]);
  const lines = [head, table(rows, 2)];
  if (events.length > 0) lines.push(table(events, 2));
  return lines.join("\n");
}
