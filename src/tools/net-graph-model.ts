/*
 * What a NetGraph knows: numbers by time, no drawing. It is told of polls, packets and callbacks, asks the client for its own
 * statistics, and keeps the last seconds in slices of 0.1 s. Time is that of the polls.
 */
import type { SocketIOClient } from "../client.js";
import type { ClientObserver } from "../observer.js";
import { type NetGraphData, type NetGraphSlice, type NetGraphState, RATE_SLICES, SLICE } from "./net-graph-data.js";
import { EventRates } from "./net-graph-rates.js";
import { PollClock } from "./poll-clock.js";
import { printable } from "./printable.js";

/** What of a client the model looks at. */
type Watched = Pick<SocketIOClient, "get_connection_state" | "get_last_error" | "get_stats" | "get_transport">;

const STATES: readonly NetGraphState[] = ["disconnected", "connecting", "connected"];

/** How many events are told apart in each moment. */
const MAX_EVENTS = 64;

/** A line goes on over so many slices in which nobody polled: slow loops are no gaps. */
const BRIDGED = 10;

export class NetGraphModel implements ClientObserver {
  readonly #client: Watched;
  readonly #clock: PollClock;
  /** Seconds that were spent on drawing, of which none is the game's. */
  readonly #drawn: () => number;
  readonly #window: number;
  readonly #rates = new EventRates(MAX_EVENTS);
  #slices: NetGraphSlice[] = [];
  #open: NetGraphSlice;
  /** Which slice is open: its time in slices; -1 before the first poll. */
  #index = -1;
  /** As they were at the end of the last poll: what has come since is for the slice of the next. */
  #stats: ReturnType<Watched["get_stats"]>;
  /** As they were when the open slice began. */
  #statsBefore: ReturnType<Watched["get_stats"]>;
  /** `Infinity` before the first poll: who begins to look inside one sees the end of what he has not seen begin. */
  #startedAt = Infinity;
  #drawnBefore = 0;
  #polledAt = Infinity;

  constructor(client: Watched, window: number, clock: () => number, drawn: () => number) {
    this.#client = client;
    this.#window = window;
    this.#clock = new PollClock(clock);
    this.#drawn = drawn;
    this.#stats = this.#statsBefore = client.get_stats();
    this.#open = this.#newSlice();
  }

  /** The time of the last poll. */
  get time(): number {
    return this.#clock.time;
  }

  poll_started(now: number | undefined): void {
    const clock = this.#clock;
    clock.started(now);
    // Not the time itself: 0.3 / 0.1 is less than 3.
    const index = Math.floor(clock.time / SLICE + 1e-6);
    if (this.#index < 0) this.#index = index;
    // Before anything is counted: what this poll brings belongs where it is, and not where a pause before it began.
    else if (index > this.#index) this.#close(index);
    this.#open.poll_gap = Math.max(this.#open.poll_gap, clock.time - this.#polledAt);
    this.#polledAt = clock.time;
    this.#drawnBefore = this.#drawn();
    this.#startedAt = clock.read();
  }

  poll_ended(): void {
    const took = this.#clock.read() - this.#startedAt - (this.#drawn() - this.#drawnBefore);
    const open = this.#open;
    if (took > open.poll) open.poll = took;
    this.#stats = this.#client.get_stats();
    open.inbox_length = Math.max(open.inbox_length, this.#stats.inbox_length);
    open.inbox_age = Math.max(open.inbox_age, this.#stats.inbox_age);
  }

  packet_received(event: string, path: string, bytes: number): void {
    this.#rates.add("in", event, path, bytes);
  }

  packet_skipped(event: string, path: string, bytes: number): void {
    this.#rates.add("in", event, path, bytes);
  }

  packet_sent(event: string, path: string, bytes: number): void {
    this.#rates.add("out", event, path, bytes);
  }

  callback_ran(event: string, _path: string, _args: readonly unknown[], seconds: number): void {
    if (seconds <= this.#open.callback) return;
    this.#open.callback = seconds;
    this.#open.callback_event = printable(event);
  }

  data(): NetGraphData {
    const slices = this.#slices;
    const recent = slices.slice(-RATE_SLICES);
    const seconds = Math.max(1, recent.length) * SLICE;
    const perSecond = (name: "bytes_in" | "bytes_out" | "packets_in" | "packets_out") =>
      recent.reduce((sum, slice) => sum + slice[name], 0) / seconds;
    const all = [...slices, this.#open];
    const longest = (name: "inbox_length" | "inbox_age" | "poll" | "poll_gap") =>
      all.reduce((most, slice) => Math.max(most, slice[name]), 0);
    const slowest = all.reduce((most, slice) => (slice.callback > most.callback ? slice : most));
    return {
      state: this.#state(),
      transport: this.#client.get_transport(),
      last_error: printable(this.#client.get_last_error(), 160),
      window: this.#window,
      stats: { ...this.#stats },
      bytes_in: perSecond("bytes_in"),
      bytes_out: perSecond("bytes_out"),
      packets_in: perSecond("packets_in"),
      packets_out: perSecond("packets_out"),
      events: this.#rates.list(seconds),
      most_inbox_length: longest("inbox_length"),
      longest_inbox_age: longest("inbox_age"),
      longest_poll: longest("poll"),
      longest_poll_gap: longest("poll_gap"),
      longest_callback: slowest.callback,
      longest_callback_event: slowest.callback_event,
      slices: slices.map((slice) => ({ ...slice })),
    };
  }

  /** The open slice is over, and perhaps others in which nobody polled. */
  #close(index: number): void {
    const before = this.#statsBefore;
    const stats = this.#stats;
    this.#statsBefore = stats;
    const open = this.#open;
    open.bytes_in = stats.bytes_received - before.bytes_received;
    open.bytes_out = stats.bytes_sent - before.bytes_sent;
    open.packets_in = stats.packets_received - before.packets_received;
    open.packets_out = stats.packets_sent - before.packets_sent;
    open.rtt = stats.rtt;
    open.jitter = stats.rtt_jitter;
    this.#slices.push(open);
    const kept = Math.round(this.#window / SLICE);
    const passed = index - this.#index;
    const isBridged = passed <= BRIDGED;
    for (let missing = Math.min(passed - 1, kept); missing > 0; missing--) {
      const slice = this.#newSlice();
      if (isBridged) Object.assign(slice, { rtt: stats.rtt, jitter: stats.rtt_jitter });
      this.#slices.push(slice);
    }
    this.#slices = this.#slices.slice(-kept);
    this.#rates.advance(passed);
    this.#index = index;
    this.#open = this.#newSlice();
  }

  #state(): NetGraphState {
    return STATES[this.#client.get_connection_state()]!;
  }

  #newSlice(): NetGraphSlice {
    return {
      state: this.#state(),
      rtt: 0,
      jitter: 0,
      bytes_in: 0,
      bytes_out: 0,
      packets_in: 0,
      packets_out: 0,
      inbox_length: 0,
      inbox_age: 0,
      poll: 0,
      poll_gap: 0,
      callback: 0,
      callback_event: "",
    };
  }
}
