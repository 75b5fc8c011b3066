import type { ScoreLine } from "../shared/protocol.js";

const LINES = 5;

/** The best rounds since the server started, best first. A name appears once, with its best round. */
export class HighScores {
  #lines: ScoreLine[] = [];

  get lines(): ScoreLine[] {
    return this.#lines;
  }

  add(results: readonly ScoreLine[]): void {
    const best = new Map(this.#lines.map((line) => [line.name, line]));
    for (const line of results) {
      if (line.score > (best.get(line.name)?.score ?? 0)) best.set(line.name, line);
    }
    this.#lines = [...best.values()].sort((a, b) => b.score - a.score).slice(0, LINES);
  }
}
