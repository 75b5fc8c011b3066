import { INTERPOLATION_TICKS, TICK_RATE } from "../../shared/constants.js";
import type { Ship } from "../../shared/ship.js";
import type { Snapshot, SnapshotGem } from "../../shared/snapshot.js";

/** Snapshots kept: more than a second, far more than the delay needs. */
const CAPACITY = 40;
/** A clock that is off by more than this jumps; a smaller error is slewed away unseen. */
const JUMP_TICKS = 18;
/** Without news a ship drifts on for this long, then stands. */
const EXTRAPOLATION_TICKS = 8;
/** A ship that moves further between two snapshots has been put somewhere else. */
const TELEPORT = 220;
/** How many arrivals the clock estimate looks back on: two seconds. */
const OFFSETS = 60;

/**
 * Everything but the own ship is drawn about 100 ms in the past, between two snapshots.
 *
 * Time is the server's tick number, not the moment of arrival: arrival has the jitter of the network and of our frames
 * in it. The earliest arrivals of the last two seconds tell how the server's clock runs against ours, and the drawing
 * clock follows that slowly.
 */
export class SnapshotBuffer {
  #snapshots: Snapshot[] = [];
  #offsets: number[] = [];
  #clock = 0;
  #started = false;

  /** The newest snapshot, for what is shown without delay: timer, scores, the own ship's hold. */
  get newest(): Snapshot | null {
    return this.#snapshots[this.#snapshots.length - 1] ?? null;
  }

  /** The tick that is being drawn, with a fraction. */
  get drawnTick(): number {
    return this.#clock;
  }

  /** Forgets all, for a new server or after the tab was hidden. */
  reset(): void {
    this.#snapshots = [];
    this.#offsets = [];
    this.#started = false;
  }

  /** Takes in a snapshot that was read at `now` seconds. */
  push(snapshot: Snapshot, now: number): void {
    const newest = this.newest;
    if (newest !== null && snapshot.tick <= newest.tick) {
      // The server has restarted with a new world, or this one came twice.
      if (newest.tick - snapshot.tick < TICK_RATE) return;
      this.reset();
    }
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length > CAPACITY) this.#snapshots.shift();
    this.#offsets.push(now * TICK_RATE - snapshot.tick);
    if (this.#offsets.length > OFFSETS) this.#offsets.shift();
  }

  /** Moves the drawing clock to the frame at `now`, `seconds` after the last one. */
  advance(now: number, seconds: number): void {
    if (this.#offsets.length === 0) return;
    const target = now * TICK_RATE - Math.min(...this.#offsets) - INTERPOLATION_TICKS;
    this.#clock += seconds * TICK_RATE;
    const error = target - this.#clock;
    if (!this.#started || Math.abs(error) > JUMP_TICKS) {
      this.#clock = target;
      this.#started = true;
    } else {
      this.#clock += error * Math.min(1, seconds * 1.5);
    }
  }

  /** All ships at the drawn moment. Scores and the like are the older snapshot's; only the motion is in between. */
  ships(): Ship[] {
    const pair = this.#pair();
    if (pair === null) return [];
    const [from, to] = pair;
    const part = from === to ? 0 : (this.#clock - from.tick) / (to.tick - from.tick);
    return [...to.ships.values()].map((ship) => {
      const old = from.ships.get(ship.id);
      if (from === to || old === undefined) return drift(ship, this.#clock - to.tick);
      if (Math.hypot(ship.x - old.x, ship.y - old.y) > TELEPORT) return ship;
      return { ...ship, x: mix(old.x, ship.x, part), y: mix(old.y, ship.y, part) };
    });
  }

  /** All gems at the drawn moment. */
  gems(): SnapshotGem[] {
    const pair = this.#pair();
    if (pair === null) return [];
    const [from, to] = pair;
    const part = from === to ? 0 : (this.#clock - from.tick) / (to.tick - from.tick);
    return [...from.gems.values()].map((gem) => {
      const next = to.gems.get(gem.id);
      return next === undefined ? gem : { ...gem, x: mix(gem.x, next.x, part), y: mix(gem.y, next.y, part) };
    });
  }

  /** The two snapshots around the drawn moment; the same one twice at either end of the buffer. */
  #pair(): [Snapshot, Snapshot] | null {
    const newest = this.newest;
    if (newest === null) return null;
    for (let index = this.#snapshots.length - 1; index > 0; index--) {
      const from = this.#snapshots[index - 1];
      const to = this.#snapshots[index];
      if (from === undefined || to === undefined) break;
      if (this.#clock >= to.tick) return [to, to];
      if (this.#clock >= from.tick) return [from, to];
    }
    const oldest = this.#snapshots[0] ?? newest;
    return this.#clock >= newest.tick ? [newest, newest] : [oldest, oldest];
  }
}

function mix(from: number, to: number, part: number): number {
  return from + (to - from) * part;
}

function drift(ship: Ship, ticks: number): Ship {
  if (ticks <= 0) return ship;
  const seconds = Math.min(ticks, EXTRAPOLATION_TICKS) / TICK_RATE;
  return { ...ship, x: ship.x + ship.vx * seconds, y: ship.y + ship.vy * seconds };
}
