/**
 * The binary snapshot, little-endian. A page gets thirty of them a second, so they are a few hundred bytes instead of
 * a few thousand characters of JSON, and nothing in them has to be parsed but the fields.
 *
 *     header, 20 bytes              ship, 32 bytes                     gem, 8 bytes
 *      0 u8  version                 0 u16 id      24 u8  carried       0 u16 id
 *      1 u8  phase                   2 u16 ack     25 u8  dashTicks     2 u16 x * 16
 *      2 u16 round                   4 f32 x       26 u8  cooldown      4 u16 y * 16
 *      4 u32 tick                    8 f32 y       27 u8  stun          6 u8  kind
 *      8 u16 ticks left in phase    12 f32 vx      28 u8  shield        7 u8  lockTicks
 *     10 u16 vault x * 16           16 f32 vy      29 u8  bankTicks
 *     12 u16 vault y * 16           20 i8  headingX
 *     14 u16 vault ticks left       21 i8  headingY
 *     16 u16 number of ships        22 u8  flags (1 bot, 2 away)
 *     18 u16 number of gems         23 u8  perk    30 u16 score
 *
 * The ships follow the header, the gems follow the ships.
 */
import type { Ship } from "./ship.js";
import type { World } from "./world.js";

const SNAPSHOT_VERSION = 1;

const HEADER_SIZE = 20;
const SHIP_SIZE = 32;
const GEM_SIZE = 8;
const FLAG_BOT = 1;
const FLAG_AWAY = 2;
const FIXED_POINT = 16;

export interface SnapshotGem {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly kind: number;
  readonly lockTicks: number;
}

export interface Snapshot {
  readonly tick: number;
  readonly round: number;
  readonly phase: number;
  readonly phaseTicksLeft: number;
  readonly vault: { readonly x: number; readonly y: number; readonly ticksLeft: number };
  readonly ships: ReadonlyMap<number, Ship>;
  readonly gems: ReadonlyMap<number, SnapshotGem>;
}

/** Encodes the world into a new array; the caller may hand it to a socket that keeps it for a while. */
export function encodeSnapshot(world: World): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + world.ships.size * SHIP_SIZE + world.gems.length * GEM_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, SNAPSHOT_VERSION);
  view.setUint8(1, world.phase);
  view.setUint16(2, world.round, true);
  view.setUint32(4, world.tick, true);
  view.setUint16(8, world.phaseTicksLeft, true);
  view.setUint16(10, Math.round(world.vault.x * FIXED_POINT), true);
  view.setUint16(12, Math.round(world.vault.y * FIXED_POINT), true);
  view.setUint16(14, world.vault.ticksLeft, true);
  view.setUint16(16, world.ships.size, true);
  view.setUint16(18, world.gems.length, true);
  let offset = HEADER_SIZE;
  for (const ship of world.ships.values()) {
    writeShip(view, offset, ship);
    offset += SHIP_SIZE;
  }
  for (const gem of world.gems) {
    view.setUint16(offset, gem.id, true);
    view.setUint16(offset + 2, Math.round(gem.x * FIXED_POINT), true);
    view.setUint16(offset + 4, Math.round(gem.y * FIXED_POINT), true);
    view.setUint8(offset + 6, gem.kind);
    view.setUint8(offset + 7, gem.lockTicks);
    offset += GEM_SIZE;
  }
  return bytes;
}

/** Decodes a snapshot, or returns null for anything that is not one of this version and of exactly the right length. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | null {
  if (bytes.byteLength < HEADER_SIZE) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shipCount = view.getUint16(16, true);
  const gemCount = view.getUint16(18, true);
  if (view.getUint8(0) !== SNAPSHOT_VERSION) return null;
  if (bytes.byteLength !== HEADER_SIZE + shipCount * SHIP_SIZE + gemCount * GEM_SIZE) return null;
  const ships = new Map<number, Ship>();
  const gems = new Map<number, SnapshotGem>();
  let offset = HEADER_SIZE;
  for (let index = 0; index < shipCount; index++, offset += SHIP_SIZE) {
    const ship = readShip(view, offset);
    ships.set(ship.id, ship);
  }
  for (let index = 0; index < gemCount; index++, offset += GEM_SIZE) {
    const id = view.getUint16(offset, true);
    gems.set(id, {
      id,
      x: view.getUint16(offset + 2, true) / FIXED_POINT,
      y: view.getUint16(offset + 4, true) / FIXED_POINT,
      kind: view.getUint8(offset + 6),
      lockTicks: view.getUint8(offset + 7),
    });
  }
  return {
    phase: view.getUint8(1),
    round: view.getUint16(2, true),
    tick: view.getUint32(4, true),
    phaseTicksLeft: view.getUint16(8, true),
    vault: {
      x: view.getUint16(10, true) / FIXED_POINT,
      y: view.getUint16(12, true) / FIXED_POINT,
      ticksLeft: view.getUint16(14, true),
    },
    ships,
    gems,
  };
}

function writeShip(view: DataView, offset: number, ship: Ship): void {
  view.setUint16(offset, ship.id, true);
  view.setUint16(offset + 2, ship.ack, true);
  view.setFloat32(offset + 4, ship.x, true);
  view.setFloat32(offset + 8, ship.y, true);
  view.setFloat32(offset + 12, ship.vx, true);
  view.setFloat32(offset + 16, ship.vy, true);
  view.setInt8(offset + 20, ship.headingX);
  view.setInt8(offset + 21, ship.headingY);
  view.setUint8(offset + 22, (ship.bot ? FLAG_BOT : 0) | (ship.away ? FLAG_AWAY : 0));
  view.setUint8(offset + 23, ship.perk);
  view.setUint8(offset + 24, ship.carried);
  view.setUint8(offset + 25, ship.dashTicks);
  view.setUint8(offset + 26, ship.cooldownTicks);
  view.setUint8(offset + 27, ship.stunTicks);
  view.setUint8(offset + 28, ship.shieldTicks);
  view.setUint8(offset + 29, ship.bankTicks);
  view.setUint16(offset + 30, ship.score, true);
}

function readShip(view: DataView, offset: number): Ship {
  const flags = view.getUint8(offset + 22);
  return {
    id: view.getUint16(offset, true),
    ack: view.getUint16(offset + 2, true),
    x: view.getFloat32(offset + 4, true),
    y: view.getFloat32(offset + 8, true),
    vx: view.getFloat32(offset + 12, true),
    vy: view.getFloat32(offset + 16, true),
    headingX: view.getInt8(offset + 20),
    headingY: view.getInt8(offset + 21),
    bot: (flags & FLAG_BOT) !== 0,
    away: (flags & FLAG_AWAY) !== 0,
    perk: view.getUint8(offset + 23),
    carried: view.getUint8(offset + 24),
    dashTicks: view.getUint8(offset + 25),
    cooldownTicks: view.getUint8(offset + 26),
    stunTicks: view.getUint8(offset + 27),
    shieldTicks: view.getUint8(offset + 28),
    bankTicks: view.getUint8(offset + 29),
    score: view.getUint16(offset + 30, true),
  };
}
