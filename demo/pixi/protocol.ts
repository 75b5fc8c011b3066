import type { Effect } from "./world.js";

export const INK_NAMESPACE = "/ink";

/** What a player says about themselves when they join; `seat` is the secret of the seat they had before. */
export interface InkAuth {
  readonly name: string;
  readonly seat?: string;
  readonly bot?: boolean;
}

interface InkWelcome {
  readonly slot: number;
  readonly seat: string;
}

interface InkRosterEntry {
  readonly slot: number;
  readonly name: string;
  readonly bot: boolean;
}

export interface SplashAnswer {
  readonly ok: boolean;
  /** Cells that changed hands. */
  readonly cells: number;
  /** Seconds until the next one. */
  readonly cooldown: number;
}

/** What the server sends. */
export interface InkServerEvents {
  welcome: (welcome: InkWelcome) => void;
  roster: (roster: InkRosterEntry[]) => void;
  /** See `snapshot.ts`. */
  snapshot: (bytes: Uint8Array) => void;
  effects: (effects: Effect[]) => void;
}

/** What a player sends. */
export interface InkClientEvents {
  /** `sequence` from 0 to 65535 and again from 0; `x` and `y` from -STEER_SCALE to STEER_SCALE. */
  steer: (sequence: number, x: number, y: number) => void;
  splash: (answer: (answer: SplashAnswer) => void) => void;
}
