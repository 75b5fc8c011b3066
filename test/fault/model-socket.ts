/* What the model server remembers of those who joined a namespace, and what the game has heard of it. */
import type { Down } from "./link.js";
import type { ModelEngine } from "./model-engine.js";

/** What the server says: kept for recovery if `offset` is there. */
export interface Said {
  readonly seq: number;
  readonly kind: "said" | "raw" | "question" | "snapshot" | "volatile";
  readonly frames: readonly Down["frame"][];
  readonly offset: string;
}

/**
 * A session as the game sees it: one Socket.IO id. With recovery it outlives connections.
 */
export class Chain {
  readonly said: Said[] = [];
  /** What the client got, and so has to tell the game. */
  readonly handed = new Set<number>();
  /** What the game was told, in that order. */
  readonly heard: number[] = [];
  /** The game was told that it has begun. */
  announced = false;
  /** The game has ended it itself, or the client gave it up before it began, so what was under way need not be told. */
  excused = false;
  /** When the connection was lost, for recovery; `Infinity` while it is there, `-Infinity` when it cannot be recovered. */
  lostAt = Number.POSITIVE_INFINITY;

  constructor(
    readonly number: number,
    readonly path: string,
    readonly sid: string,
    readonly pid: string,
    readonly main: boolean,
  ) {}

  /** What the game was told and can be recovered from. */
  get heardAndKept(): Said[] {
    return this.heard.map((seq) => this.said[seq]!).filter(({ offset }) => offset !== "");
  }

  /** True when the game was told all it has to be. */
  get isSettled(): boolean {
    const heard = new Set(this.heard);
    for (const seq of this.handed) if (!heard.has(seq) && this.said[seq]!.kind !== "snapshot") return false;
    return true;
  }
}

/** One joining of a namespace over one connection. */
export class ModelSocket {
  over = false;
  /** The client got the answer to CONNECT. */
  #answered = false;
  #early: number[] = [];

  constructor(
    readonly engine: ModelEngine,
    readonly path: string,
    readonly chain: Chain,
  ) {}

  answerHanded(): void {
    this.#answered = true;
    for (const seq of this.#early) this.chain.handed.add(seq);
    this.#early = [];
  }

  /** Writes an event. */
  write(said: Said): void {
    const last = said.frames.length - 1;
    const handed = () => {
      if (this.#answered) this.chain.handed.add(said.seq);
      else this.#early.push(said.seq);
    };
    this.engine.send(said.frames.map((frame, index) => ({ frame, handed: index === last ? handed : undefined })));
  }
}
