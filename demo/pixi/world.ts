import { Prng } from "../shared/prng.js";
import { type Board, closeRings, countCells, createBoard, paintDisc } from "./board.js";
import {
  BREAK_SECONDS,
  BRUSH_RADIUS,
  COLS,
  MAX_PLAYERS,
  PHASE_BREAK,
  PHASE_PLAYING,
  ROWS,
  SPLASH_COOLDOWN_TICKS,
  SPLASH_RADIUS,
  STUN_TICKS,
  TICK_RATE,
} from "./constants.js";
import { type Body, moveDrop } from "./drop.js";

export interface Drop extends Body {
  readonly slot: number;
  readonly bot: boolean;
  /** Nobody steers it: the player has dropped, and may come back. */
  away: boolean;
  steerX: number;
  steerY: number;
  /** Ticks until the steering is too old to be followed: a hidden page sends none, and its drop rests. */
  steerTicks: number;
  /** The number of the last steering that was taken. */
  ack: number;
  cooldownTicks: number;
  stunTicks: number;
  cells: number;
  wins: number;
}

/** What a page shows and does not have to know. */
export type Effect =
  | { readonly type: "ring"; readonly slot: number; readonly x: number; readonly y: number; readonly cells: number }
  | { readonly type: "splash"; readonly slot: number; readonly x: number; readonly y: number; readonly hit: number[] };

/** The whole game, deterministic: a seed, the steering and `step()`. */
export class World {
  readonly board: Board = createBoard();
  readonly drops = new Map<number, Drop>();
  phase = PHASE_PLAYING;
  round = 1;
  tick = 0;
  ticksLeft: number;
  readonly #roundTicks: number;
  readonly #random: Prng;
  #effects: Effect[] = [];

  constructor(seed: number, roundTicks: number) {
    this.#random = new Prng(seed);
    this.#roundTicks = roundTicks;
    this.ticksLeft = roundTicks;
  }

  /** A new drop; `null` when all seats are taken. */
  add(bot: boolean): Drop | null {
    const slot = Array.from({ length: MAX_PLAYERS }, (_, index) => index).find((index) => !this.drops.has(index));
    if (slot === undefined) return null;
    const drop: Drop = {
      slot,
      bot,
      ...this.#place(),
      away: false,
      steerX: 0,
      steerY: 0,
      steerTicks: 0,
      ack: 0,
      cooldownTicks: 0,
      stunTicks: 0,
      cells: 0,
      wins: 0,
    };
    this.drops.set(slot, drop);
    return drop;
  }

  /** Takes a drop out; its ink dries up with it. */
  remove(slot: number): void {
    this.drops.delete(slot);
    for (const [index, owner] of this.board.entries()) if (owner === slot + 1) this.board[index] = 0;
  }

  /** Splashes, if it may. Returns how many cells changed hands, or `null` when it may not. */
  splash(drop: Drop): number | null {
    if (this.phase !== PHASE_PLAYING || drop.cooldownTicks > 0 || drop.stunTicks > 0) return null;
    drop.cooldownTicks = SPLASH_COOLDOWN_TICKS;
    const hit: number[] = [];
    for (const other of this.drops.values()) {
      if (other === drop || Math.hypot(other.x - drop.x, other.y - drop.y) > SPLASH_RADIUS) continue;
      other.stunTicks = STUN_TICKS;
      hit.push(other.slot);
    }
    const painted = paintDisc(this.board, drop.slot + 1, drop.x, drop.y, SPLASH_RADIUS);
    this.#effects.push({ type: "splash", slot: drop.slot, x: drop.x, y: drop.y, hit });
    return painted + this.#close(drop);
  }

  /** One tick. Returns what happened in it, and since the last. */
  step(): Effect[] {
    this.tick++;
    this.ticksLeft--;
    for (const drop of this.drops.values()) this.#stepDrop(drop);
    const counts = countCells(this.board, MAX_PLAYERS);
    for (const drop of this.drops.values()) drop.cells = counts[drop.slot] ?? 0;
    if (this.ticksLeft <= 0) this.#nextPhase();
    return this.#effects.splice(0);
  }

  /** The drops, the one with the most cells first. */
  standings(): Drop[] {
    return [...this.drops.values()].sort((a, b) => b.cells - a.cells || a.slot - b.slot);
  }

  #stepDrop(drop: Drop): void {
    drop.cooldownTicks = Math.max(0, drop.cooldownTicks - 1);
    drop.stunTicks = Math.max(0, drop.stunTicks - 1);
    drop.steerTicks = Math.max(0, drop.steerTicks - 1);
    if (drop.steerTicks === 0) drop.steerX = drop.steerY = 0;
    if (this.phase !== PHASE_PLAYING || drop.stunTicks > 0 || drop.away) return;
    const owner = drop.slot + 1;
    moveDrop(drop, this.board, owner, drop.steerX, drop.steerY, 1 / TICK_RATE);
    if (paintDisc(this.board, owner, drop.x, drop.y, BRUSH_RADIUS) > 0) this.#close(drop);
  }

  /** Whoever is inside a ring when it closes sits in wet ink for a while. */
  #close(drop: Drop): number {
    const taken = closeRings(this.board, drop.slot + 1);
    if (taken.length === 0) return 0;
    const caught = new Set(taken);
    for (const other of this.drops.values()) {
      const isIn = caught.has(Math.floor(other.y) * COLS + Math.floor(other.x));
      if (isIn && other !== drop) other.stunTicks = STUN_TICKS;
    }
    const x = taken.reduce((sum, index) => sum + (index % COLS) + 0.5, 0) / taken.length;
    const y = taken.reduce((sum, index) => sum + Math.floor(index / COLS) + 0.5, 0) / taken.length;
    this.#effects.push({ type: "ring", slot: drop.slot, x, y, cells: taken.length });
    return taken.length;
  }

  #nextPhase(): void {
    if (this.phase === PHASE_PLAYING) {
      this.phase = PHASE_BREAK;
      this.ticksLeft = BREAK_SECONDS * TICK_RATE;
      const [winner] = this.standings();
      if (winner !== undefined && winner.cells > 0) winner.wins = Math.min(255, winner.wins + 1);
      return;
    }
    this.phase = PHASE_PLAYING;
    this.round++;
    this.ticksLeft = this.#roundTicks;
    this.board.fill(0);
    for (const drop of this.drops.values())
      Object.assign(drop, this.#place(), { cooldownTicks: 0, stunTicks: 0, cells: 0 });
  }

  #place(): Body {
    return { x: this.#random.between(4, COLS - 4), y: this.#random.between(4, ROWS - 4) };
  }
}
