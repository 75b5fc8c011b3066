import type { ClientStats } from "../stats.js";

/** What went one way under one name, in a second. */
export interface EventRate {
  readonly direction: "in" | "out";
  /** As it can be shown: cut to 40 characters, without control characters. `""` for what is no event. */
  readonly event: string;
  readonly path: string;
  readonly bytes: number;
  readonly packets: number;
}

/** A tenth of a second of a `NetGraph`'s history. Times in seconds; the longest and the most of that time. */
export interface NetGraphSlice {
  readonly state: NetGraphState;
  /** Smoothed; 0 for unknown. */
  rtt: number;
  jitter: number;
  bytes_in: number;
  bytes_out: number;
  packets_in: number;
  packets_out: number;
  /** Left over after a poll, and how long the first of them had waited. */
  inbox_length: number;
  inbox_age: number;
  poll: number;
  /** From one poll to the next. */
  poll_gap: number;
  callback: number;
  callback_event: string;
}

/** Of the connection. */
export type NetGraphState = "connected" | "connecting" | "disconnected";

/** What a `NetGraph` shows, as numbers. Rates are those of the last 2 s; "longest" and "most" of the whole `window`. */
export interface NetGraphData {
  readonly state: NetGraphState;
  /** `""` without a connection. */
  readonly transport: string;
  /** `get_last_error()`, cut to 160 characters. */
  readonly last_error: string;
  /** Seconds of history that `slices` has at most. */
  readonly window: number;
  /** `get_stats()` as it was at the end of the last poll. */
  readonly stats: ClientStats;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly packets_in: number;
  readonly packets_out: number;
  /** The largest first. */
  readonly events: readonly EventRate[];
  readonly most_inbox_length: number;
  readonly longest_inbox_age: number;
  readonly longest_poll: number;
  readonly longest_poll_gap: number;
  readonly longest_callback: number;
  /** `""` when none was called. */
  readonly longest_callback_event: string;
  /** The oldest first. */
  readonly slices: readonly NetGraphSlice[];
}

/** How many seconds one slice covers. */
export const SLICE = 0.1;

/** How many slices a rate is taken from: 2 s, long enough not to flicker, short enough to see what one has just done. */
export const RATE_SLICES = 20;
