/**
 * The binary snapshot, little-endian. It has the whole board in it, run by run, some hundred bytes: so each one stands for itself,
 * the newest is always enough, and a page that was hidden is up to date after a single packet.
 *
 *     header, 14 bytes           drop, 14 bytes                     run, 2 bytes
 *      0 u8  version              0 u8  slot    8 u16 cells          0 u8 number of cells
 *      1 u8  phase                1 u8  flags  10 u8  cooldown       1 u8 owner
 *      2 u16 round                2 u16 ack    11 u8  wins
 *      4 u32 tick                 4 u16 x      12 i8  steerX
 *      8 u16 ticks left           6 u16 y      13 i8  steerY
 *     10 u8  number of drops
 *     12 u16 number of runs      x and y in 1/1024 of a cell; flags: 1 bot, 2 away, 4 stunned
 *
 * The drops follow the header, the runs follow the drops.
 */
import { type Board, createBoard } from "./board.js";
import { CELLS, STEER_SCALE } from "./constants.js";
import type { World } from "./world.js";

const VERSION = 1;
const HEADER_SIZE = 14;
const DROP_SIZE = 14;
const RUN_SIZE = 2;
const LONGEST_RUN = 255;
const FIXED_POINT = 1024;

export interface SnapshotDrop {
  readonly slot: number;
  readonly bot: boolean;
  readonly away: boolean;
  readonly stunned: boolean;
  readonly ack: number;
  readonly x: number;
  readonly y: number;
  readonly cells: number;
  readonly cooldownTicks: number;
  readonly wins: number;
  readonly steerX: number;
  readonly steerY: number;
}

export interface Snapshot {
  readonly phase: number;
  readonly round: number;
  readonly tick: number;
  readonly ticksLeft: number;
  readonly drops: ReadonlyMap<number, SnapshotDrop>;
  readonly board: Board;
}

/** Encodes the world into a new array; whoever sends it may keep it for a while. */
export function encodeSnapshot(world: World): Uint8Array {
  const runs = runsOf(world.board);
  const bytes = new Uint8Array(HEADER_SIZE + world.drops.size * DROP_SIZE + runs.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, world.phase);
  view.setUint16(2, world.round, true);
  view.setUint32(4, world.tick, true);
  view.setUint16(8, Math.min(65535, world.ticksLeft), true);
  view.setUint8(10, world.drops.size);
  view.setUint16(12, runs.length / RUN_SIZE, true);
  let at = HEADER_SIZE;
  for (const drop of world.drops.values()) {
    view.setUint8(at, drop.slot);
    view.setUint8(at + 1, (drop.bot ? 1 : 0) | (drop.away ? 2 : 0) | (drop.stunTicks > 0 ? 4 : 0));
    view.setUint16(at + 2, drop.ack, true);
    view.setUint16(at + 4, Math.round(drop.x * FIXED_POINT), true);
    view.setUint16(at + 6, Math.round(drop.y * FIXED_POINT), true);
    view.setUint16(at + 8, drop.cells, true);
    view.setUint8(at + 10, drop.cooldownTicks);
    view.setUint8(at + 11, drop.wins);
    view.setInt8(at + 12, Math.round(drop.steerX * STEER_SCALE));
    view.setInt8(at + 13, Math.round(drop.steerY * STEER_SCALE));
    at += DROP_SIZE;
  }
  bytes.set(runs, at);
  return bytes;
}

/** The snapshot in `bytes`; `null` when it is not one, or of another version. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_SIZE || view.getUint8(0) !== VERSION) return null;
  const count = view.getUint8(10);
  const runs = view.getUint16(12, true);
  if (bytes.length !== HEADER_SIZE + count * DROP_SIZE + runs * RUN_SIZE) return null;
  const drops = new Map<number, SnapshotDrop>();
  let at = HEADER_SIZE;
  for (let index = 0; index < count; index++, at += DROP_SIZE) {
    const flags = view.getUint8(at + 1);
    drops.set(view.getUint8(at), {
      slot: view.getUint8(at),
      bot: (flags & 1) !== 0,
      away: (flags & 2) !== 0,
      stunned: (flags & 4) !== 0,
      ack: view.getUint16(at + 2, true),
      x: view.getUint16(at + 4, true) / FIXED_POINT,
      y: view.getUint16(at + 6, true) / FIXED_POINT,
      cells: view.getUint16(at + 8, true),
      cooldownTicks: view.getUint8(at + 10),
      wins: view.getUint8(at + 11),
      steerX: view.getInt8(at + 12) / STEER_SCALE,
      steerY: view.getInt8(at + 13) / STEER_SCALE,
    });
  }
  const board = createBoard();
  let cell = 0;
  for (; at < bytes.length; at += RUN_SIZE) {
    const length = view.getUint8(at);
    board.fill(view.getUint8(at + 1), cell, cell + length);
    cell += length;
  }
  if (cell !== CELLS) return null;
  return {
    phase: view.getUint8(1),
    round: view.getUint16(2, true),
    tick: view.getUint32(4, true),
    ticksLeft: view.getUint16(8, true),
    drops,
    board,
  };
}

function runsOf(board: Board): Uint8Array {
  const runs: number[] = [];
  for (let start = 0; start < board.length; ) {
    const owner = board[start] as number;
    let end = start + 1;
    while (end < board.length && board[end] === owner && end - start < LONGEST_RUN) end++;
    runs.push(end - start, owner);
    start = end;
  }
  return Uint8Array.from(runs);
}
