import type { SocketIOClient } from "../client.js";
import { requireOptions, requireThat } from "../errors.js";
import type { ClientObserver } from "../observer.js";
import { copyOf, keyOf, LONGEST_NAME, OTHERS } from "./event-names.js";
import { requireClient } from "./poll-clock.js";
import { printable, table } from "./printable.js";

/** What went in and out under one name in one namespace. Bytes as in `ClientStats`, times in seconds. */
export interface EventCounts {
  /** `""` for what is no event: acknowledgements and the joining of namespaces. */
  readonly event: string;
  readonly path: string;
  /** Packets that were taken from those that waited; those that `EVENT_LATEST` left out are not among them. */
  received: number;
  bytes_received: number;
  sent: number;
  bytes_sent: number;
  skipped: number;
  bytes_skipped: number;
  /** Listeners that were called, and callbacks of acknowledgements; a signal's under the name of the signal. */
  callbacks: number;
  callback_time: number;
  longest_callback: number;
  /** Callbacks that threw. */
  errors: number;
}

/** What `list()` sorts by. */
export type EventSort = keyof EventCounts;

/** How `EventStatistics` counts. */
export interface EventStatisticsOptions {
  /** How many names are counted one by one, default 256; what comes later is counted together. */
  readonly max_events?: number;
}

const COLUMNS: readonly EventSort[] = [
  "received",
  "bytes_received",
  "sent",
  "bytes_sent",
  "skipped",
  "bytes_skipped",
  "callbacks",
  "callback_time",
  "longest_callback",
  "errors",
];

/**
 * Counts by event what a client receives, sends, leaves out and calls, from its construction until `dispose()`. A client that
 * nobody observes pays nothing for it. No counterpart in Godot.
 *
 * @example
 * const statistics = new EventStatistics(client);
 * setTimeout(() => console.log(statistics.to_text()), 10_000);
 */
export class EventStatistics {
  /** The event of the row of all that has no row of its own; its path is `""`. */
  static readonly OTHERS = OTHERS;

  readonly #client: SocketIOClient;
  readonly #maxEvents: number;
  readonly #rows = new Map<string, EventCounts>();
  #others: EventCounts | null = null;

  readonly #observer: ClientObserver = {
    packet_received: (event, path, bytes) => {
      const row = this.#row(event, path);
      row.received++;
      row.bytes_received += bytes;
    },
    packet_sent: (event, path, bytes) => {
      const row = this.#row(event, path);
      row.sent++;
      row.bytes_sent += bytes;
    },
    packet_skipped: (event, path, bytes) => {
      const row = this.#row(event, path);
      row.skipped++;
      row.bytes_skipped += bytes;
    },
    callback_ran: (event, path, _args, seconds, error) => {
      const row = this.#row(event, path);
      row.callbacks++;
      row.callback_time += seconds;
      row.longest_callback = Math.max(row.longest_callback, seconds);
      if (error !== null) row.errors++;
    },
  };

  /** @throws TypeError for anything but a client, an option that does not exist or a value that cannot be */
  constructor(client: SocketIOClient, options: EventStatisticsOptions = {}) {
    requireClient(client, "EventStatistics");
    requireOptions(options, ["max_events"], "EventStatistics");
    const { max_events = 256 } = options;
    const isCount = Number.isInteger(max_events) && max_events > 0;
    requireThat(isCount, 'option "max_events"', "a whole number above 0", max_events);
    this.#client = client;
    this.#maxEvents = max_events;
    client.add_observer(this.#observer);
  }

  /** The counts of an event so far, as a copy; `null` for one that has no row. */
  get(event: string, path = "/"): EventCounts | null {
    const isOthers = event === OTHERS && path === "";
    const row = isOthers ? this.#others : this.#rows.get(keyOf(event, path));
    return row ? { ...row } : null;
  }

  /**
   * All rows as copies, the largest `sort` first; by name for `"event"` and `"path"`.
   * @throws TypeError unless `sort` is a property of `EventCounts`
   */
  list(sort: EventSort = "bytes_received"): EventCounts[] {
    const names: readonly string[] = ["event", "path", ...COLUMNS];
    requireThat(names.includes(sort), "list(sort)", `one of ${names.join(", ")}`, sort);
    const rows = [...this.#rows.values(), ...(this.#others ? [this.#others] : [])].map((row) => ({ ...row }));
    const byName = (a: EventCounts, b: EventCounts) => compare(a.event, b.event) || compare(a.path, b.path);
    if (sort === "event") return rows.sort(byName);
    if (sort === "path") return rows.sort((a, b) => compare(a.path, b.path) || byName(a, b));
    return rows.sort((a, b) => b[sort] - a[sort] || byName(a, b));
  }

  /** Forgets everything and counts on. */
  reset(): void {
    this.#rows.clear();
    this.#others = null;
  }

  /** A table for a console, sorted as `list()`; milliseconds and bytes. */
  to_text(sort: EventSort = "bytes_received"): string {
    const head = ["event", "path", "in", "bytes", "out", "bytes", "skipped", "calls", "ms", "longest ms", "errors"];
    const rows = this.list(sort).map((row) => [
      row.event === "" ? "(no event)" : printable(row.event),
      printable(row.path),
      String(row.received),
      String(row.bytes_received),
      String(row.sent),
      String(row.bytes_sent),
      String(row.skipped),
      String(row.callbacks),
      (row.callback_time * 1000).toFixed(1),
      (row.longest_callback * 1000).toFixed(1),
      String(row.errors),
    ]);
    return table([head, ...rows], 2);
  }

  /** Counts no more; what was counted stays readable. Does nothing the second time. */
  dispose(): void {
    this.#client.remove_observer(this.#observer);
  }

  #row(event: string, path: string): EventCounts {
    const key = keyOf(event, path);
    const row = this.#rows.get(key);
    if (row) return row;
    if (this.#rows.size >= this.#maxEvents || key.length > LONGEST_NAME) {
      this.#others ??= emptyRow(OTHERS, "");
      return this.#others;
    }
    const added = emptyRow(copyOf(event), copyOf(path));
    this.#rows.set(keyOf(added.event, added.path), added);
    return added;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function emptyRow(event: string, path: string): EventCounts {
  const counts = Object.fromEntries(COLUMNS.map((name) => [name, 0])) as unknown as Omit<EventCounts, "event" | "path">;
  return { event, path, ...counts };
}
