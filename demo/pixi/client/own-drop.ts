import { sequenceDistance } from "../../shared/sequence.js";
import { type Body, moveDrop } from "../drop.js";
import type { Snapshot } from "../snapshot.js";

const REMEMBERED = 60;
/** So much of an error is taken back with each snapshot; the player does not see it. */
const CORRECTION = 0.18;
/** A larger one is a new place: a new round, a reconnection. */
const JUMP_CELLS = 3;

/**
 * The own drop goes at once where it is steered, ahead of the server. It remembers where it was with each steering it sent; the server
 * says where that has led, and a part of the difference is taken back.
 */
export class OwnDrop implements Body {
  x = 0;
  y = 0;
  /** The last difference, in cells. */
  error = 0;
  #isPlaced = false;
  #past: { readonly sequence: number; x: number; y: number }[] = [];

  reset(): void {
    this.#isPlaced = false;
    this.#past = [];
  }

  /** Moves on by `seconds`. */
  advance(snapshot: Snapshot, slot: number, steerX: number, steerY: number, seconds: number): void {
    moveDrop(this, snapshot.board, slot + 1, steerX, steerY, seconds);
  }

  /** Notes where it was when the steering `sequence` was sent. */
  sent(sequence: number): void {
    this.#past.push({ sequence, x: this.x, y: this.y });
    if (this.#past.length > REMEMBERED) this.#past.shift();
  }

  /** Compares with what the server says. */
  correct(snapshot: Snapshot, slot: number): void {
    const drop = snapshot.drops.get(slot);
    if (drop === undefined) return;
    while (this.#past[0] !== undefined && sequenceDistance(drop.ack, this.#past[0].sequence) > 0) this.#past.shift();
    const then = this.#past[0]?.sequence === drop.ack ? this.#past[0] : null;
    const x = drop.x - (then?.x ?? this.x);
    const y = drop.y - (then?.y ?? this.y);
    this.error = Math.hypot(x, y);
    if (!this.#isPlaced || this.error > JUMP_CELLS) {
      this.x = drop.x;
      this.y = drop.y;
      this.#isPlaced = true;
      this.#past = [];
      return;
    }
    this.x += x * CORRECTION;
    this.y += y * CORRECTION;
    for (const place of this.#past) {
      place.x += x * CORRECTION;
      place.y += y * CORRECTION;
    }
  }
}
