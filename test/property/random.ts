import { SeededRandom } from "../../src/testing/seeded-random.js";

/** What a random test draws, so that a failure can be played back. */
export class Random extends SeededRandom {
  /** An integer from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** The seed of this run: `FUZZ_SEED` if it is set, else another one each time. */
export function chooseSeed(): number {
  const given = process.env["FUZZ_SEED"];
  return given ? Number(given) : Math.floor(Math.random() * 2 ** 32);
}
