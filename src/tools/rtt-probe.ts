import type { SocketIOClient } from "../client.js";
import { Err, OK, requireOptions, requireThat, withoutUndefined } from "../errors.js";
import type { ClientObserver } from "../observer.js";
import { DEFAULT_OPTIONS } from "../options.js";
import { PollClock, requireClient } from "./poll-clock.js";

/** How an `RttProbe` asks. Durations are seconds. */
export interface RttProbeOptions {
  /** The event that the server answers, default `"rtt_probe"`. */
  readonly event?: string;
  /** From one question to the next, default 1; longer when the answer takes longer. */
  readonly interval?: number;
  /** The namespace, default `"/"`. Nothing is asked while it is not connected. */
  readonly path?: string;
  /** A question is given up after this long, default 5. */
  readonly timeout?: number;
  /** After how many questions without an answer `is_answered()` is false, default 3. */
  readonly patience?: number;
  /** Monotonic seconds: the client's own option `clock`, for one that has another than the default. */
  readonly clock?: () => number;
}

/** What an `RttProbe` has measured; seconds, 0 before the first answer. Percentiles are of the last 256 answers. */
export interface RttProbeStats {
  readonly sent: number;
  readonly answered: number;
  /** Questions that were given up; those that a lost connection took along are not among them. */
  readonly unanswered: number;
  readonly last: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

const KEPT_SAMPLES = 256;

/**
 * Measures the round-trip time by asking: a small event with an acknowledgement, once a second. The client's own `rtt` has the
 * answers in it, as it has those of every acknowledged emit; a game that has some of these needs no probe. The server's part is
 * `socket.on("rtt_probe", (answer) => answer())`. There is never more than one question under way. No counterpart in Godot.
 *
 * @example
 * const probe = new RttProbe(client, { interval: 0.5 });
 * const { last, p95 } = probe.get_stats();
 */
export class RttProbe {
  readonly #client: SocketIOClient;
  readonly #options: Required<RttProbeOptions>;
  readonly #clock: PollClock;
  readonly #samples: number[] = [];
  #sent = 0;
  #answered = 0;
  #unanswered = 0;
  /** How many in a row have not been answered. */
  #silence = 0;
  #last = 0;
  #min = 0;
  #isWaiting = false;
  #isDisposed = false;
  #nextAt = -Infinity;
  #refusal: Err = OK;
  /** The client's smoothed time before the packet that is being read. */
  #before = 0;

  readonly #observer: ClientObserver = {
    poll_started: (now) => this.#clock.started(now),
    packet_received: (event) => {
      if (event === "" && this.#isWaiting) this.#before = this.#client.get_stats().rtt;
    },
    // The poll is over and everything is written: an emit here is like one of the game after its poll, and leaves with it.
    poll_ended: () => {
      if (!this.#isWaiting && this.#clock.time >= this.#nextAt) this.#ask();
    },
  };

  /** @throws TypeError for anything but a client, an option that does not exist or a value that cannot be */
  constructor(client: SocketIOClient, options: RttProbeOptions = {}) {
    requireClient(client, "RttProbe");
    this.#client = client;
    this.#options = checkOptions(options);
    this.#clock = new PollClock(this.#options.clock);
    client.add_observer(this.#observer);
  }

  /** False when the server has not answered `patience` times in a row; true again with its first answer. */
  is_answered(): boolean {
    return this.#silence < this.#options.patience;
  }

  /** What is wrong, in a sentence that says what to do; `""` while nothing is. */
  get_last_error(): string {
    const { event, path } = this.#options;
    if (this.#refusal !== OK) return `"${event}" could not be emitted in ${path} (error ${this.#refusal})`;
    if (this.is_answered()) return "";
    const count = this.#silence;
    return `the server has left ${count} "${event}" in ${path} without an answer; add socket.on("${event}", (answer) => answer()) there`;
  }

  /** What was measured so far, in a new object each time. */
  get_stats(): RttProbeStats {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    const percentile = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
    return {
      sent: this.#sent,
      answered: this.#answered,
      unanswered: this.#unanswered,
      last: this.#last,
      min: this.#min,
      p50: percentile(0.5),
      p95: percentile(0.95),
      p99: percentile(0.99),
    };
  }

  /** Asks no more, and takes no late answer; what was measured stays readable. Does nothing the second time. */
  dispose(): void {
    this.#isDisposed = true;
    this.#client.remove_observer(this.#observer);
  }

  #ask(): void {
    const { event, interval, path, timeout } = this.#options;
    const namespace = this.#client.get_namespace(path);
    // Made inside a poll, it has not heard the time of that.
    if (this.#clock.time === -Infinity || !namespace?.is_namespace_connected()) return;
    this.#nextAt = this.#clock.time + interval;
    this.#refusal = namespace.emit_with_ack(event, [], (_, error) => this.#settle(error), timeout);
    if (this.#refusal !== OK) return;
    this.#isWaiting = true;
    this.#sent++;
  }

  #settle(error: Err): void {
    this.#isWaiting = false;
    if (this.#isDisposed) return;
    if (error === OK) this.#measured(sampleBetween(this.#before, this.#client.get_stats()));
    // A lost connection says nothing about the server's willingness.
    else if (error === Err.ERR_TIMEOUT) {
      this.#unanswered++;
      this.#silence++;
    }
  }

  #measured(sample: number): void {
    this.#silence = 0;
    this.#last = sample;
    this.#min = this.#answered++ === 0 ? sample : Math.min(this.#min, sample);
    this.#samples.push(sample);
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
  }
}

/**
 * The answer's arrival is stamped on the frame, and from there goes into the client's smoothed value, of which it is an eighth
 * (RFC 6298). Read back from that it has no part of a frame in it, which a time taken in the callback would have.
 */
function sampleBetween(before: number, { rtt, rtt_jitter }: { rtt: number; rtt_jitter: number }): number {
  // The first sample is taken as it is, and its jitter as half of it.
  const isFirst = before === 0 && rtt_jitter === rtt / 2;
  return isFirst ? rtt : Math.max(0, before + 8 * (rtt - before));
}

function checkOptions(options: RttProbeOptions): Required<RttProbeOptions> {
  const names = ["event", "interval", "path", "timeout", "patience", "clock"];
  requireOptions(options, names, "RttProbe");
  const { clock: defaultClock } = DEFAULT_OPTIONS;
  const defaults = { event: "rtt_probe", interval: 1, path: "/", timeout: 5, patience: 3, clock: defaultClock };
  const all = { ...defaults, ...withoutUndefined(options) };
  const { event, interval, path, timeout, patience, clock } = all;
  const isDuration = (value: unknown) => typeof value === "number" && value > 0 && value < Infinity;
  const isName = typeof event === "string" && event !== "" && !RESERVED.includes(event);
  requireThat(isName, 'option "event"', `a name other than ${RESERVED.join(", ")}`, event);
  requireThat(isDuration(interval), 'option "interval"', "a number of seconds above 0", interval);
  requireThat(typeof path === "string" && path.startsWith("/"), 'option "path"', 'like "/chat"', path);
  requireThat(isDuration(timeout), 'option "timeout"', "a number of seconds above 0", timeout);
  const isCount = Number.isInteger(patience) && patience > 0;
  requireThat(isCount, 'option "patience"', "a whole number above 0", patience);
  requireThat(typeof clock === "function", 'option "clock"', "a function", clock);
  return all;
}

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
