import { copyOf, keyOf, LONGEST_NAME, OTHERS } from "./event-names.js";
import { type EventRate, RATE_SLICES } from "./net-graph-data.js";
import { printable } from "./printable.js";

/** One more than counts: the slice that is under way. */
const RING = RATE_SLICES + 1;

interface Row {
  readonly direction: EventRate["direction"];
  readonly event: string;
  readonly path: string;
  /** Of each slice; a ring. */
  readonly bytes: number[];
  readonly packets: number[];
}

/**
 * What goes in and out by event, over the last `RATE_SLICES` slices. An event that was not seen for so long is forgotten, and
 * of those that are seen at once no more than `limit` are told apart.
 */
export class EventRates {
  readonly #limit: number;
  readonly #rows = new Map<string, Row>();
  #place = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(direction: EventRate["direction"], event: string, path: string, bytes: number): void {
    const row = this.#row(direction, event, path);
    row.bytes[this.#place]! += bytes;
    row.packets[this.#place]!++;
  }

  /** So many slices have passed. */
  advance(count: number): void {
    for (let left = Math.min(count, RING); left > 0; left--) {
      this.#place = (this.#place + 1) % RING;
      for (const row of this.#rows.values()) row.bytes[this.#place] = row.packets[this.#place] = 0;
    }
    for (const [key, { packets }] of this.#rows) if (sum(packets) === 0) this.#rows.delete(key);
  }

  /** By the second, the largest first; what is in the slice that is under way is not in it. */
  list(seconds: number): EventRate[] {
    const perSecond = (slices: readonly number[]) => (sum(slices) - slices[this.#place]!) / seconds;
    return [...this.#rows.values()]
      .map(({ direction, event, path, bytes, packets }) => {
        return { direction, event, path, bytes: perSecond(bytes), packets: perSecond(packets) };
      })
      .filter(({ packets }) => packets > 0)
      .sort((a, b) => b.bytes - a.bytes || (a.event < b.event ? -1 : 1));
  }

  #row(direction: EventRate["direction"], event: string, path: string): Row {
    const key = direction + keyOf(event, path);
    const row = this.#rows.get(key);
    if (row) return row;
    const isTold = this.#rows.size < this.#limit && key.length <= LONGEST_NAME;
    if (!isTold && event + path !== OTHERS) return this.#row(direction, OTHERS, "");
    const added: Row = {
      direction,
      event: printable(event),
      path: printable(path),
      bytes: new Array(RING).fill(0),
      packets: new Array(RING).fill(0),
    };
    this.#rows.set(copyOf(key), added);
    return added;
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
