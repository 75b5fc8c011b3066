import { Histogram } from "./histogram.js";

/** Messages of errors that are kept apart; what else comes is counted as one. A message may hold anything, an address or an id. */
const MOST_MESSAGES = 50;
const OTHER = "other errors";

/** What the bots of a swarm have been through. */
export class Tally {
  readonly connect = new Histogram();
  readonly rtt = new Histogram();
  readonly ack = new Histogram();
  readonly errors = new Map<string, number>();
  started = 0;
  joined = 0;
  /** In their first attempt. */
  connecting = 0;
  connected = 0;
  lost = 0;
  reconnects = 0;
  emits = 0;
  emits_refused = 0;
  acks = 0;
  acks_unanswered = 0;
  script_errors = 0;
  ticks = 0;

  countError(message: string, count = 1): void {
    const isKept = this.errors.has(message) || this.errors.size < MOST_MESSAGES;
    const name = isKept ? message : OTHER;
    this.errors.set(name, (this.errors.get(name) ?? 0) + count);
  }
}
