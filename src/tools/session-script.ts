/*
 * What a recording says should happen, and what does: the stimulus that is being played, how far it has got, and where the replay
 * went another way.
 */
import { type Item, inner } from "./session-format.js";

/** Where a replay went another way than what was recorded. */
export interface Divergence {
  /** Of the recording; lines are counted from 1. */
  readonly line: number;
  readonly expected: string;
  readonly got: string;
}

/** What is there instead of a recorded thing where nothing is. */
const NOTHING = "nothing";
/** No more than that are kept; the first is what matters. */
const MAX_DIVERGENCES = 100;

interface Level {
  readonly items: readonly Item[];
  next: number;
  /** Calls that the game has made already. */
  readonly made: Set<Item>;
  /** What happens here was not recorded, and is not compared. */
  readonly isFree: boolean;
}

export class Script {
  /** Of the recording. */
  line = 0;
  readonly divergences: Divergence[] = [];
  /** Whether a call that the game did not make counts. */
  readonly #isMissed: (call: Item) => boolean;
  readonly #levels: Level[] = [];

  constructor(isMissed: (call: Item) => boolean) {
    this.#isMissed = isMissed;
  }

  get isIdle(): boolean {
    return this.#levels.length === 0;
  }

  /** Nothing is compared now. */
  get isFree(): boolean {
    return this.#levels.at(-1)?.isFree ?? true;
  }

  /** What `run` does is compared with what `item` has brought about; `null` for something that was not recorded. */
  within<T>(item: Item | null, run: () => T): T {
    const level: Level = { items: item === null ? [] : inner(item), next: 0, made: new Set(), isFree: item === null };
    this.#levels.push(level);
    try {
      return run();
    } finally {
      const left = level.items.slice(level.next).find((other) => this.#counts(other, level));
      if (left) this.diverge(describe(left), NOTHING);
      this.#levels.pop();
    }
  }

  /** The client has done `got`. Returns what was recorded in its place, or `null` if that is something else. */
  match(got: Item, isSame: (expected: Item) => boolean): Item | null {
    const level = this.#levels.at(-1);
    if (level === undefined || level.isFree) return null;
    while (level.items[level.next]?.[0] === "call") {
      const call = level.items[level.next++]!;
      if (this.#counts(call, level)) this.diverge(describe(call), NOTHING);
    }
    const expected = level.items[level.next];
    if (expected !== undefined && isSame(expected)) {
      level.next++;
      return expected;
    }
    this.diverge(expected ? describe(expected) : NOTHING, describe(got));
    // It goes on with the next one that fits, or with one of the kind.
    const rest = level.items.slice(level.next);
    const found = rest.findIndex(isSame);
    const index = found >= 0 ? found : rest[0]?.[0] === got[0] ? 0 : -1;
    if (index < 0) return null;
    level.next += index + 1;
    return rest[index]!;
  }

  /** The calls that were recorded before the next callback, or the next thing that the client does. */
  calls(): readonly Item[] {
    const level = this.#levels.at(-1);
    if (level === undefined) return [];
    let end = level.next;
    while (level.items[end]?.[0] === "call") end++;
    return level.items.slice(level.next, end).filter((call) => !level.made.has(call));
  }

  /** The client was writing, and the recording has it stop there. */
  get hasStoppedWriting(): boolean {
    const level = this.#levels.at(-1);
    return level?.items[level.next - 1]?.[0] === "send" && level.items[level.next]?.[0] !== "send";
  }

  /** What was recorded next, leaving out calls. */
  get upcoming(): Item | undefined {
    const level = this.#levels.at(-1);
    return level?.items.slice(level.next).find(([kind]) => kind !== "call");
  }

  /** The game has made this call. */
  made(call: Item): void {
    this.#levels.at(-1)?.made.add(call);
  }

  diverge(expected: string, got: string): void {
    if (this.divergences.length < MAX_DIVERGENCES) this.divergences.push({ line: this.line, expected, got });
  }

  #counts(item: Item, level: Level): boolean {
    return item[0] !== "call" || (!level.made.has(item) && this.#isMissed(item));
  }
}

/** An item in words. */
export function describe(item: Item): string {
  const [kind, first, second, third] = item;
  switch (kind) {
    case "cb":
      return `callback ${first} of ${second} with arguments ${third}${item[4] ? ", which throws" : ""}`;
    case "send":
      return `transport ${first} writes ${short(second)}`;
    case "open":
      return `${second} is opened as transport ${first}${item[4] ? " for an open session" : ""}`;
    case "ask":
      return `the function for ${first} is asked`;
    case "call":
      return `the call ${second === null ? "" : `${second} `}${third}(${short(item[4]).slice(1, -1)})`;
    case "frame":
      return `transport ${second} says ${short(third)}`;
    default:
      return `${kind} of transport ${first}`;
  }
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
