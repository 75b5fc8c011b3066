import { sequenceAfter, sequenceDistance } from "../shared/sequence.js";
import { type Ship, startDash, stepShip } from "../shared/ship.js";

/**
 * The inputs of one player, between their arrival and the tick that uses them.
 *
 * A ship advances only by its player's own steps, one per tick: so the server runs the very steps that the page has
 * predicted, and a late packet costs the others a moment of standing still instead of costing the player a correction.
 * After such a moment the queue stays longer by what came late, which makes it a jitter buffer of just the size that this
 * player's link needs. What has not been needed for a while is worked off again. Nobody gets more steps than ticks have
 * passed (`#credit`), which is what stops a client that claims a faster clock.
 */
export class InputQueue {
  static readonly #maxSteps = 40;
  static readonly #maxCredit = 20;
  /** A little more than one, or a queue that has once grown would never get shorter again. */
  static readonly #creditPerTick = 1.05;
  /** How many ticks the buffer is watched before a part of it counts as not needed. */
  static readonly #watch = 45;
  /** More waiting steps than this are worked off at once, whatever the link is like. */
  static readonly #tooLong = 10;
  /** After this many ticks without input the ship drifts on by itself (hidden tab, dead link). */
  static readonly #patience = 15;

  readonly #items: (QueuedStep | QueuedDash)[] = [];
  #steps = 0;
  #credit = 4;
  #starved = 0;
  #lastSequence: number;
  #ticks = 0;
  #shortest = Number.POSITIVE_INFINITY;
  #surplus = 0;

  constructor(lastSequence: number) {
    this.#lastSequence = lastSequence;
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  /** Takes in the steps of one event. Steps that are already known are skipped. */
  pushMoves(firstSequence: number, moves: readonly number[]): void {
    for (let index = 0; index * 2 < moves.length; index++) {
      const sequence = sequenceAfter(firstSequence, index);
      if (sequenceDistance(sequence, this.#lastSequence) <= 0 || this.#steps >= InputQueue.#maxSteps) continue;
      this.#lastSequence = sequence;
      this.#items.push({ sequence, moveX: moves[index * 2] ?? 0, moveY: moves[index * 2 + 1] ?? 0 });
      this.#steps++;
    }
  }

  /** A dash keeps its place between the steps; `decided` is called by the tick that reaches it. */
  pushDash(decided: (ok: boolean) => void): void {
    this.#items.push({ decided });
  }

  /** Uses this tick's share of the queue on the ship. `allowed` is false while dashes are off. */
  consume(ship: Ship, allowed: boolean, dashed: () => void): void {
    this.#credit = Math.min(InputQueue.#maxCredit, this.#credit + InputQueue.#creditPerTick);
    let budget = Math.min(Math.floor(this.#credit), this.#pace());
    for (let item = this.#items[0]; item !== undefined; item = this.#items[0]) {
      if ("decided" in item) {
        const ok = allowed && startDash(ship);
        if (ok) dashed();
        item.decided(ok);
      } else {
        if (budget === 0) return;
        budget--;
        this.#credit--;
        this.#steps--;
        this.#starved = 0;
        stepShip(ship, item.moveX, item.moveY);
        ship.ack = item.sequence;
      }
      this.#items.shift();
    }
    if (budget === 0) return;
    this.#starved++;
    if (this.#starved > InputQueue.#patience) stepShip(ship, 0, 0);
  }

  /** How many steps this tick should take: two while there is more in the queue than the link needs. */
  #pace(): number {
    this.#shortest = Math.min(this.#shortest, this.#steps);
    this.#ticks++;
    if (this.#ticks % InputQueue.#watch === 0) {
      // One step for this tick and one for safety were there all the time; the rest only made everything late.
      this.#surplus = Math.max(0, this.#shortest - 2);
      this.#shortest = Number.POSITIVE_INFINITY;
    }
    if (this.#surplus > 0) {
      this.#surplus--;
      return 2;
    }
    return this.#steps > InputQueue.#tooLong ? 2 : 1;
  }
}

interface QueuedStep {
  readonly sequence: number;
  readonly moveX: number;
  readonly moveY: number;
}

interface QueuedDash {
  readonly decided: (ok: boolean) => void;
}
