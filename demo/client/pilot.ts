import type { Steering } from "./net/session.js";

/** A frame as the person at the keys made it, and nothing of what came over the network. */
export interface Frame {
  /** Milliseconds, as Phaser's `update` gets them. */
  readonly time: number;
  /** The page was hidden (true) or shown (false) before this frame. */
  readonly hidden?: readonly boolean[];
  /** `[moveX, moveY, dash]`. */
  steer?: readonly [moveX: number, moveY: number, dash: 0 | 1];
  /** Enters the arena under this name. */
  enter?: string;
  /** Goes back to the title. */
  leave?: true;
  /** The id of the upgrade that was chosen. */
  perk?: number;
}

/** What the game asks once a frame instead of listening to keys: a person answers, or what a person did before. */
export interface Pilot {
  /** The frame at `time` begins. */
  begin(time: number): void;
  /** The name to enter with, or null. Asked by the title. */
  takeName(): string | null;
  /** Whether to go back to the title. Asked by the arena, as are those below. */
  takeLeave(): boolean;
  /** An upgrade that was chosen, or null. */
  takePerk(): number | null;
  /** Where to go; `read` is what the keys and pointers say. */
  steer(read: () => Steering): Steering;
}

/** The person in front of the page. What they do waits for the next frame, and is written down with it. */
export class LivePilot implements Pilot {
  readonly #frames: Frame[] = [];
  #hidden: boolean[] = [];
  #name: string | null = null;
  #leaves = false;
  #perk: number | null = null;
  #isRecording = true;

  enter(name: string): void {
    this.#name = name;
  }

  leave(): void {
    this.#leaves = true;
  }

  choosePerk(perk: number): void {
    this.#perk = perk;
  }

  hide(hidden: boolean): void {
    this.#hidden.push(hidden);
  }

  /** All frames so far. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** Writes down nothing more. */
  stopRecording(): void {
    this.#isRecording = false;
  }

  begin(time: number): void {
    const hidden = this.#hidden;
    this.#hidden = [];
    if (this.#isRecording) this.#frames.push(hidden.length === 0 ? { time } : { time, hidden });
  }

  takeName(): string | null {
    const name = this.#name;
    this.#name = null;
    if (name !== null) this.#note({ enter: name });
    return name;
  }

  takeLeave(): boolean {
    const leaves = this.#leaves;
    this.#leaves = false;
    if (leaves) this.#note({ leave: true });
    return leaves;
  }

  takePerk(): number | null {
    const perk = this.#perk;
    this.#perk = null;
    if (perk !== null) this.#note({ perk });
    return perk;
  }

  steer(read: () => Steering): Steering {
    const steering = read();
    const { moveX, moveY, dash } = steering;
    if (moveX !== 0 || moveY !== 0 || dash) this.#note({ steer: [moveX, moveY, dash ? 1 : 0] });
    return steering;
  }

  #note(deed: Partial<Frame>): void {
    const frame = this.#frames[this.#frames.length - 1];
    if (this.#isRecording && frame !== undefined) Object.assign(frame, deed);
  }
}

/** Does what was written down. */
export class TapePilot implements Pilot {
  readonly #frames: readonly Frame[];
  #next = 0;
  #frame: Frame = { time: 0 };

  constructor(frames: readonly Frame[]) {
    this.#frames = frames;
  }

  /** The frame that comes, or null when all are done. */
  get upcoming(): Frame | null {
    return this.#frames[this.#next] ?? null;
  }

  /** The one behind it. */
  get following(): Frame | null {
    return this.#frames[this.#next + 1] ?? null;
  }

  begin(): void {
    this.#frame = this.#frames[this.#next++] ?? { time: 0 };
  }

  takeName(): string | null {
    return this.#frame.enter ?? null;
  }

  takeLeave(): boolean {
    return this.#frame.leave ?? false;
  }

  takePerk(): number | null {
    return this.#frame.perk ?? null;
  }

  steer(): Steering {
    const [moveX, moveY, dash] = this.#frame.steer ?? [0, 0, 0];
    return { moveX, moveY, dash: dash === 1 };
  }
}
