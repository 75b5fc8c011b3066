import { freePlace, type Point } from "./arena-map.js";
import {
  GEM_KINDS,
  PHASE_PLAYING,
  ROUND_TICKS,
  SHIP_RADIUS,
  VAULT_TICKS,
  WORLD_HEIGHT,
  WORLD_WIDTH,
} from "./constants.js";
import { Prng } from "./prng.js";
import { createShip, type Ship } from "./ship.js";

export interface Gem {
  id: number;
  x: number;
  y: number;
  vx: number;
  vy: number;
  /** Which colour; has no effect on the rules. */
  kind: number;
  /** Cannot be picked up while this counts down. */
  lockTicks: number;
}

interface Vault extends Point {
  ticksLeft: number;
}

/** The whole state of the arena. Nothing outside it influences a step, so a world can be copied, saved or replayed. */
export interface World {
  tick: number;
  round: number;
  phase: number;
  phaseTicksLeft: number;
  readonly roundTicks: number;
  readonly random: Prng;
  readonly ships: Map<number, Ship>;
  gems: Gem[];
  vault: Vault;
  lastGemId: number;
  lastShipId: number;
}

/** What happened in a step and is worth showing. `x` and `y` say where. */
export type Effect =
  | { type: "pickup"; ship: number; x: number; y: number; kind: number }
  | { type: "bank"; ship: number; x: number; y: number; gems: number; points: number }
  | { type: "dash"; ship: number; x: number; y: number }
  | { type: "hit"; ship: number; victim: number; x: number; y: number; gems: number }
  | { type: "vault"; x: number; y: number }
  | { type: "round_start"; round: number }
  | { type: "round_end"; round: number };

/** A new world in its first round. The same seed and the same inputs play the same game. */
export function createWorld(seed: number, roundTicks = ROUND_TICKS): World {
  return {
    tick: 0,
    round: 1,
    phase: PHASE_PLAYING,
    phaseTicksLeft: roundTicks,
    roundTicks,
    random: new Prng(seed),
    ships: new Map(),
    gems: [],
    vault: { x: WORLD_WIDTH / 2, y: WORLD_HEIGHT / 2, ticksLeft: VAULT_TICKS },
    lastGemId: 0,
    lastShipId: 0,
  };
}

/** Puts a new ship at a random free place and returns it. */
export function addShip(world: World, bot: boolean): Ship {
  do {
    world.lastShipId = (world.lastShipId % 65535) + 1;
  } while (world.ships.has(world.lastShipId));
  const place = freePlace(world.random, SHIP_RADIUS * 2);
  const ship = createShip(world.lastShipId, place.x, place.y, bot);
  world.ships.set(ship.id, ship);
  return ship;
}

/** Takes a ship out; what it carried is left behind for the others. */
export function removeShip(world: World, id: number): void {
  const ship = world.ships.get(id);
  if (ship === undefined) return;
  scatterGems(world, ship, ship.carried);
  world.ships.delete(id);
}

/** Throws `count` gems out around a ship. */
export function scatterGems(world: World, ship: Ship, count: number, lockTicks = 0): void {
  for (let index = 0; index < count; index++) {
    const gem = createGem(world, ship.x, ship.y);
    const angle = ((index + world.random.next()) / count) * Math.PI * 2;
    const speed = world.random.between(180, 420);
    gem.vx = Math.cos(angle) * speed;
    gem.vy = Math.sin(angle) * speed;
    gem.lockTicks = lockTicks;
  }
}

/** Adds one resting gem. */
export function createGem(world: World, x: number, y: number): Gem {
  world.lastGemId = (world.lastGemId % 65535) + 1;
  const gem: Gem = { id: world.lastGemId, x, y, vx: 0, vy: 0, kind: world.random.index(GEM_KINDS), lockTicks: 0 };
  world.gems.push(gem);
  return gem;
}

/** Ships from the highest score down; equal scores in the order of arrival. */
export function standings(world: World): Ship[] {
  return [...world.ships.values()].sort((a, b) => b.score - a.score || a.id - b.id);
}
