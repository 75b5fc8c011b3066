import type { Random } from "../property/random.js";
import type { Agenda } from "./agenda.js";

/** How long things are on their way, one way. Seconds. */
export interface Weather {
  latency: number;
  jitter: number;
}

/**
 * One direction of a connection, as TCP gives it: what is put in comes out in order, later, or not at all from some moment on.
 * It comes out in batches: what is due at the same moment is read at once.
 */
export class Lane<Item> {
  readonly #agenda: Agenda;
  readonly #weather: Weather;
  readonly #random: Random;
  readonly #deliver: (items: Item[]) => void;
  #waiting: { at: number; item: Item }[] = [];
  /** Nothing comes out before this. */
  #stalledUntil = 0;
  #lastAt = 0;
  #held = false;
  /** What is put in vanishes. */
  #black = false;
  #pumping = false;

  constructor(agenda: Agenda, weather: Weather, random: Random, deliver: (items: Item[]) => void) {
    this.#agenda = agenda;
    this.#weather = weather;
    this.#random = random;
    this.#deliver = deliver;
  }

  get length(): number {
    return this.#waiting.length;
  }

  put(item: Item): void {
    if (this.#black) return;
    const { latency, jitter } = this.#weather;
    const at = Math.max(this.#agenda.now + latency + jitter * this.#random.next(), this.#lastAt, this.#stalledUntil);
    this.#lastAt = at;
    this.#waiting.push({ at, item });
    this.#agenda.at(at, () => this.#pump());
  }

  stall(seconds: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, this.#agenda.now + seconds);
    this.#lastAt = Math.max(this.#lastAt, this.#stalledUntil);
    this.#agenda.at(this.#stalledUntil, () => this.#pump());
  }

  /** Nothing comes out while it is held. */
  hold(held: boolean): void {
    this.#held = held;
    if (!held) this.#agenda.at(this.#agenda.now, () => this.#pump());
  }

  /** From now on everything vanishes, what is on its way too. */
  swallow(): void {
    this.#black = true;
    this.#waiting = [];
  }

  /** The first `count` that are on their way arrive now; the rest is lost and returned. */
  cut(count: number): Item[] {
    const items = this.#waiting.map(({ item }) => item);
    this.#waiting = [];
    const arrived = this.#held ? [] : items.slice(0, count);
    if (arrived.length > 0) this.#deliver(arrived);
    return items.slice(arrived.length);
  }

  #pump(): void {
    // What comes out may put in, hold, or cut.
    if (this.#pumping) return;
    this.#pumping = true;
    for (;;) {
      const { now } = this.#agenda;
      const ready = (entry: { at: number }) => Math.max(entry.at, this.#stalledUntil) <= now;
      let count = 0;
      while (!this.#held && count < this.#waiting.length && ready(this.#waiting[count]!)) count++;
      if (count === 0) break;
      this.#deliver(this.#waiting.splice(0, count).map(({ item }) => item));
    }
    this.#pumping = false;
  }
}
