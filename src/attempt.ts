import type { Route } from "./connection.js";
import type { TransportFactory } from "./transport/transport.js";

/** One attempt to connect: the transports that it tries, one after the other. It is over once the client is connected. */
export class Attempt {
  /** What the transports said that have failed. */
  complaints = "";
  /** What the others are dialled with. */
  request!: Route["request"];
  /** When it has taken too long, in seconds. */
  readonly end: number;
  readonly #order: readonly TransportFactory[];
  #index = 0;

  /**
   * @param transports in the user's order
   * @param last what has opened the session before: it goes first
   */
  constructor(transports: readonly TransportFactory[], last: TransportFactory | null, end: number) {
    this.#order = last ? [last, ...transports.filter((transport) => transport !== last)] : transports;
    this.end = end;
  }

  /** What is being tried. */
  get current(): TransportFactory {
    return this.#order[this.#index]!;
  }

  /** How many can still be tried, with the current one. */
  get left(): number {
    return this.#order.length - this.#index;
  }

  /** Whether another one has failed. */
  get fellBack(): boolean {
    return this.#index > 0;
  }

  /** What the session may move to, the preferred one first. What has just failed is not tried again. */
  get upgrades(): readonly TransportFactory[] {
    return this.#order.slice(this.#index + 1);
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
}
