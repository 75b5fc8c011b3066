import { SNAPSHOT_EVERY, TICK_RATE } from "../constants.js";
import type { Snapshot, SnapshotDrop } from "../snapshot.js";

/** The others are drawn so far in the past: two snapshots and a little. */
const DELAY_TICKS = 2.5 * SNAPSHOT_EVERY;
const CAPACITY = 12;
/** How fast the drawing clock follows the server's, and the error from which on it jumps. */
const SLEW = 2;
const JUMP_TICKS = 15;
/** A drop that is further away in the next snapshot was put there. */
const TELEPORT_CELLS = 4;

/**
 * Where the others are, between two snapshots. Time is the server's tick: the moments of arrival have the jitter of the network and
 * of our frames in them.
 */
export class Track {
  #snapshots: Snapshot[] = [];
  /** Our time minus the server's, in ticks; the smallest of late is the truest. */
  #offset = Infinity;
  #tick = 0;
  #isStarted = false;

  reset(): void {
    this.#snapshots = [];
    this.#offset = Infinity;
    this.#isStarted = false;
  }

  /** Takes in a snapshot that was heard at `now` seconds. */
  push(snapshot: Snapshot, now: number): void {
    const newest = this.#snapshots.at(-1);
    // Another server, or a round of another life.
    if (newest !== undefined && snapshot.tick <= newest.tick) this.reset();
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length > CAPACITY) this.#snapshots.shift();
    // It creeps up, so that it does not stay for ever at the one packet that was faster than all others.
    this.#offset = Math.min(this.#offset + 0.02, now * TICK_RATE - snapshot.tick);
  }

  /** Moves the drawing clock on to the frame at `now`, `seconds` after the last one. */
  advance(now: number, seconds: number): void {
    if (this.#offset === Infinity) return;
    const target = now * TICK_RATE - this.#offset - DELAY_TICKS;
    this.#tick += seconds * TICK_RATE;
    const error = target - this.#tick;
    if (this.#isStarted && Math.abs(error) < JUMP_TICKS) this.#tick += error * Math.min(1, seconds * SLEW);
    else this.#tick = target;
    this.#isStarted = true;
  }

  /** Where `drop` of the newest snapshot is drawn. */
  placeOf(drop: SnapshotDrop): { x: number; y: number } {
    let from: Snapshot | undefined;
    let to: Snapshot | undefined;
    for (const snapshot of this.#snapshots) {
      if (snapshot.tick <= this.#tick) from = snapshot;
      else {
        to = snapshot;
        break;
      }
    }
    const old = from?.drops.get(drop.slot);
    const next = to?.drops.get(drop.slot) ?? (to === undefined ? old : undefined);
    if (old === undefined || next === undefined || from === undefined) return next ?? old ?? drop;
    if (to === undefined || Math.hypot(next.x - old.x, next.y - old.y) > TELEPORT_CELLS) return next;
    const part = (this.#tick - from.tick) / (to.tick - from.tick);
    return { x: old.x + (next.x - old.x) * part, y: old.y + (next.y - old.y) * part };
  }
}
