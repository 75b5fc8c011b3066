import type { TransportFactory } from "./transport/transport.js";

/**
 * The transports of a client and the order in which an attempt to connect tries them: the user's, but what opened the last
 * session goes first.
 */
export class Routes {
  #order: readonly TransportFactory[];
  #index = 0;
  /** What opened the last session. */
  #last: TransportFactory | null = null;

  constructor(readonly transports: readonly TransportFactory[]) {
    this.#order = transports;
  }

  /** What is being tried. */
  get current(): TransportFactory {
    return this.#order[this.#index]!;
  }

  /** How many this attempt can still try, with the current one. */
  get left(): number {
    return this.#order.length - this.#index;
  }

  /** Whether another one has failed in this attempt. */
  get fellBack(): boolean {
    return this.#index > 0;
  }

  /** What the session may move to, the preferred one first. What has just failed is not tried again. */
  get upgrades(): readonly TransportFactory[] {
    const tried = this.#order.slice(0, this.#index + 1);
    return this.transports.filter((transport) => !tried.includes(transport));
  }

  /** A new attempt. */
  restart(): void {
    const last = this.#last;
    if (last) this.#order = [last, ...this.transports.filter((transport) => transport !== last)];
    this.#index = 0;
  }

  /** The current one has failed; false when it was the last. */
  advance(): boolean {
    if (this.left <= 1) return false;
    this.#index++;
    return true;
  }

  /** No other transport would help. */
  exhaust(): void {
    this.#index = this.#order.length - 1;
  }

  /** The current one has opened a session. */
  opened(): void {
    this.#last = this.current;
  }
}
