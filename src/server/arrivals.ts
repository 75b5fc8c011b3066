import type { ServerClient } from "./server-client.js";

/** What has happened since the last poll. */
export type Arrival =
  | { readonly kind: "connected" | "disconnected"; readonly client: ServerClient; readonly reason: string }
  | { readonly kind: "answer"; readonly client: ServerClient; readonly settle: () => void }
  | EventArrival;

export interface EventArrival {
  readonly kind: "event";
  readonly client: ServerClient;
  readonly event: string;
  /** How many polls there had been. */
  readonly poll: number;
  data: unknown[];
  /** Sends an acknowledgement; `null` when none was asked for. */
  readonly answer: ((...response: unknown[]) => void) | null;
  /** A newer one of an `EVENT_LATEST` event has come. */
  isSkipped: boolean;
}

/** Between arrival and `poll()`, in order, whoever it came from. */
export class Arrivals {
  #items: Arrival[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(arrival: Arrival): void {
    this.#items.push(arrival);
  }

  /** Nothing of this client is told. */
  drop(client: ServerClient): void {
    this.#items = this.#items.slice(this.#head).filter((arrival) => arrival.client !== client);
    this.#head = 0;
  }

  shift(): Arrival | undefined {
    const item = this.#items[this.#head++];
    // What was taken is dropped in one go, when it is at least as much as what waits.
    if (2 * this.#head >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
