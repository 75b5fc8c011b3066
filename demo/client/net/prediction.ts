import type { Point } from "../../shared/arena-map.js";
import { MAX_STEPS_PER_INPUT, TICK_SECONDS } from "../../shared/constants.js";
import { sequenceAfter, sequenceDistance } from "../../shared/sequence.js";
import { type Ship, startDash, stepShip } from "../../shared/ship.js";

/** Further ahead of the server than this is not prediction but fiction; the ship waits for the link. */
const MAX_PENDING = 90;
/** A longer frame than this (tab switch, breakpoint) is not made up for. */
const MAX_FRAME_SECONDS = 0.1;
/** A correction larger than this is shown as the jump that it is. */
const MAX_SMOOTHED = 260;
/** How fast a shown error fades, per second. */
const ERROR_FADE = 11;

interface Step {
  readonly sequence: number;
  readonly moveX: number;
  readonly moveY: number;
  dash: boolean;
}

/**
 * The own ship, ahead of the server. Every fixed step is applied here at once and sent; when a snapshot says how far
 * the server has got, the steps that it does not contain yet are replayed on top of it through the same `stepShip`.
 *
 * What is left of a difference (somebody hit us, a gem made us heavier) is not shown as a jump: the picture keeps its
 * place and the difference fades.
 */
export class Predictor {
  #ship: Ship | null = null;
  #previous: Point = { x: 0, y: 0 };
  #pending: Step[] = [];
  #unsent: Step[] = [];
  #sequence = 0;
  #accumulator = 0;
  #dashNext = false;
  #error: Point = { x: 0, y: 0 };
  /** Size of the last correction in pixels, for the HUD and the tests. */
  lastCorrection = 0;

  /** The predicted ship, or null before the first snapshot that contains it. */
  get ship(): Ship | null {
    return this.#ship;
  }

  /** Forgets everything; the next snapshot sets the ship. Steps are numbered on from `lastSequence`. */
  reset(lastSequence: number): void {
    this.#ship = null;
    this.#pending = [];
    this.#unsent = [];
    this.#sequence = lastSequence;
    this.#accumulator = 0;
    this.#dashNext = false;
    this.#error = { x: 0, y: 0 };
  }

  /** Takes over the server's state and replays what it has not seen. */
  reconcile(state: Ship): void {
    const shown = this.#ship === null ? null : this.shown();
    this.#pending = this.#pending.filter((step) => sequenceDistance(step.sequence, state.ack) > 0);
    const ship = { ...state };
    this.#ship = ship;
    this.#previous = { x: ship.x, y: ship.y };
    for (const step of this.#pending) this.#apply(ship, step);
    if (shown === null) return;
    const now = this.shown();
    this.lastCorrection = Math.hypot(shown.x - now.x, shown.y - now.y);
    this.#error.x += shown.x - now.x;
    this.#error.y += shown.y - now.y;
    if (Math.hypot(this.#error.x, this.#error.y) > MAX_SMOOTHED) this.#error = { x: 0, y: 0 };
  }

  /** Runs the fixed steps that a frame of `seconds` contains, all under the same steering. */
  advance(seconds: number, moveX: number, moveY: number): void {
    const fade = Math.exp(-seconds * ERROR_FADE);
    this.#error.x *= fade;
    this.#error.y *= fade;
    const ship = this.#ship;
    if (ship === null) return;
    this.#accumulator += Math.min(seconds, MAX_FRAME_SECONDS);
    while (this.#accumulator >= TICK_SECONDS) {
      this.#accumulator -= TICK_SECONDS;
      if (this.#pending.length >= MAX_PENDING) continue;
      this.#sequence = sequenceAfter(this.#sequence);
      const step = { sequence: this.#sequence, moveX, moveY, dash: this.#dashNext };
      this.#dashNext = false;
      this.#pending.push(step);
      this.#unsent.push(step);
      this.#apply(ship, step);
    }
  }

  /** Dashes before the next step, if the ship can; returns the number of that step, or null. */
  dash(): number | null {
    const ship = this.#ship;
    if (ship === null || this.#dashNext || ship.cooldownTicks > 0 || ship.stunTicks > 0) return null;
    this.#dashNext = true;
    return sequenceAfter(this.#sequence);
  }

  /** The server said no: the replay must not dash either. */
  dashRefused(sequence: number): void {
    if (sequence === sequenceAfter(this.#sequence)) this.#dashNext = false;
    for (const step of this.#pending) {
      if (step.sequence === sequence) step.dash = false;
    }
  }

  /** The steps to send now: number of the first, and x, y of each. Null when there are none. */
  unsent(): { first: number; moves: number[] } | null {
    const first = this.#unsent[0];
    if (first === undefined) return null;
    const moves = this.#unsent.slice(0, MAX_STEPS_PER_INPUT).flatMap((step) => [step.moveX, step.moveY]);
    return { first: first.sequence, moves };
  }

  /** The first `steps` of the unsent ones are on their way. */
  markSent(steps: number): void {
    this.#unsent.splice(0, steps);
  }

  /** Where to draw the ship: between its last two steps, so that it is smooth at any frame rate. */
  shown(): Point {
    const ship = this.#ship;
    if (ship === null) return { ...this.#previous };
    const part = this.#accumulator / TICK_SECONDS;
    return {
      x: this.#previous.x + (ship.x - this.#previous.x) * part + this.#error.x,
      y: this.#previous.y + (ship.y - this.#previous.y) * part + this.#error.y,
    };
  }

  #apply(ship: Ship, step: Step): void {
    if (step.dash) startDash(ship);
    this.#previous = { x: ship.x, y: ship.y };
    stepShip(ship, step.moveX, step.moveY);
  }
}
