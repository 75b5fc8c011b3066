import { Particle, ParticleContainer } from "pixi.js";
import type { Board } from "../board.js";
import { CELLS, COLS } from "../constants.js";
import { inkOf } from "./palette.js";
import { CELL, type Textures } from "./textures.js";

const POP_SECONDS = 0.34;
/** A wave that runs outwards from where a ring was closed: seconds per cell. */
const WAVE_SECONDS = 0.035;
/** So many at once were not painted one by one. */
const RING_CELLS = 9;
const EMPTY_TINT = 0x24305c;

/**
 * The tiles: 1440 particles of one texture, in one draw call. One that changes hands pops up in its new colour, a ring
 * as a wave from its middle.
 */
export class BoardView extends ParticleContainer {
  readonly #tiles: Particle[] = [];
  /** The scale of a tile that fills its cell. */
  readonly #full: number;
  /** What is drawn. */
  readonly #owners = new Uint8Array(CELLS);
  /** The cells on their way to another owner, and when their time comes (above 0: not yet). */
  readonly #popping = new Map<number, { owner: number; time: number }>();

  constructor({ tile }: Textures) {
    super({ dynamicProperties: { position: false, rotation: false, vertex: true, color: true } });
    this.#full = CELL / tile.width;
    for (let index = 0; index < CELLS; index++) {
      const x = ((index % COLS) + 0.5) * CELL;
      const y = (Math.floor(index / COLS) + 0.5) * CELL;
      this.#tiles.push(new Particle({ texture: tile, anchorX: 0.5, anchorY: 0.5, x, y }));
    }
    this.addParticle(...this.#tiles);
    this.reset(null);
  }

  /** How many cells are drawn in the ink of `slot`, those on their way included. */
  countOf(slot: number): number {
    let count = 0;
    for (const [index, owner] of this.#owners.entries())
      if ((this.#popping.get(index)?.owner ?? owner) === slot + 1) count++;
    return count;
  }

  /** Shows `board`. */
  show(board: Board): void {
    const changed = new Map<number, number[]>();
    for (let index = 0; index < CELLS; index++) {
      const owner = board[index] as number;
      if (owner === (this.#popping.get(index)?.owner ?? this.#owners[index])) continue;
      const cells = changed.get(owner);
      if (cells === undefined) changed.set(owner, [index]);
      else cells.push(index);
    }
    for (const [owner, cells] of changed) {
      const isRing = owner > 0 && cells.length >= RING_CELLS;
      const x = cells.reduce((sum, index) => sum + (index % COLS), 0) / cells.length;
      const y = cells.reduce((sum, index) => sum + Math.floor(index / COLS), 0) / cells.length;
      for (const index of cells) {
        const far = isRing ? Math.hypot((index % COLS) - x, Math.floor(index / COLS) - y) : 0;
        this.#popping.set(index, { owner, time: -far * WAVE_SECONDS });
      }
    }
  }

  /** Shows `board` at once. */
  reset(board: Board | null): void {
    this.#popping.clear();
    for (let index = 0; index < CELLS; index++) {
      this.#owners[index] = board?.[index] ?? 0;
      this.#settle(index);
    }
  }

  advance(seconds: number): void {
    for (const [index, pop] of this.#popping) {
      pop.time += seconds;
      if (pop.time < 0) continue;
      const tile = this.#tiles[index] as Particle;
      const part = Math.min(1, pop.time / POP_SECONDS);
      this.#owners[index] = pop.owner;
      tile.alpha = 1;
      tile.tint = pop.owner === 0 ? EMPTY_TINT : whiten(inkOf(pop.owner - 1), (1 - part) * 0.7);
      tile.scaleX = tile.scaleY = this.#full * (pop.owner === 0 ? 1 : overshoot(part));
      if (part < 1) continue;
      this.#popping.delete(index);
      this.#settle(index);
    }
  }

  #settle(index: number): void {
    const tile = this.#tiles[index] as Particle;
    const owner = this.#owners[index] as number;
    // Neighbours of one ink differ a little, as wet ink does.
    tile.tint = owner === 0 ? EMPTY_TINT : shade(inkOf(owner - 1), 0.84 + 0.16 * noise(index));
    tile.scaleX = tile.scaleY = this.#full;
    tile.alpha = owner === 0 ? 0.5 + 0.2 * noise(index) : 1;
  }
}

function overshoot(part: number): number {
  const left = 1 - part;
  return 1 - left * left * left * 0.7 + Math.sin(part * Math.PI) * 0.22;
}

function noise(index: number): number {
  const mixed = Math.sin(index * 12.9898) * 43758.5453;
  return mixed - Math.floor(mixed);
}

function whiten(color: number, part: number): number {
  return blend(color, (channel) => channel + (255 - channel) * part);
}

function shade(color: number, part: number): number {
  return blend(color, (channel) => channel * part);
}

function blend(color: number, change: (channel: number) => number): number {
  const channel = (shift: number) => Math.round(change((color >> shift) & 255)) << shift;
  return channel(16) | channel(8) | channel(0);
}
