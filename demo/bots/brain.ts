/**
 * What a bot does with what it sees. Pure: a snapshot and a generator go in, a decision comes out.
 *
 * Every bot has a character: how many gems it wants before it goes to the vault, how far it goes for a rich rival, how
 * much it shies away. Twelve of them make a crowd rather than twelve copies.
 */
import { PILLARS } from "../shared/arena-map.js";
import { HOLD_CAPACITY, MOVE_SCALE, PHASE_PLAYING, SHIP_RADIUS, TICK_RATE, VAULT_RADIUS } from "../shared/constants.js";
import type { Prng } from "../shared/prng.js";
import { holdCapacity, type Ship } from "../shared/ship.js";
import type { Snapshot } from "../shared/snapshot.js";

export interface Character {
  /** Goes banking with this many gems. */
  readonly greed: number;
  /** Attacks a rival who carries at least `prey` gems within `reach` pixels. */
  readonly prey: number;
  readonly reach: number;
  /** Keeps away from ready rivals within this distance while loaded. */
  readonly caution: number;
  /** How much it wobbles, 0 to 1: nobody flies like a ruler. */
  readonly wobble: number;
}

interface Decision {
  moveX: number;
  moveY: number;
  dash: boolean;
}

interface Vector {
  x: number;
  y: number;
}

export function createCharacter(random: Prng): Character {
  return {
    greed: 3 + random.index(4),
    // A third of them are pirates; the others only take an opportunity.
    prey: random.next() < 0.34 ? 3 : 5,
    reach: random.between(140, 340),
    caution: random.between(60, 190),
    wobble: random.between(0.05, 0.3),
  };
}

/** Decides for ship `own` of the snapshot. */
export function decide(own: Ship, snapshot: Snapshot, character: Character, random: Prng): Decision {
  const goal = { x: 0, y: 0 };
  let dash = false;
  if (snapshot.phase !== PHASE_PLAYING) {
    circleAround(own, snapshot.vault, 260, goal);
  } else {
    const prey = findPrey(own, snapshot, character);
    if (wantsToBank(own, snapshot, character)) {
      head(own, snapshot.vault, goal);
      if (distance(own, snapshot.vault) < VAULT_RADIUS * 0.5) scale(goal, 0.25);
    } else if (prey !== null) {
      // Aim at where the rival will be, and dash when that is straight ahead.
      const aim = { x: prey.x + prey.vx * 0.2, y: prey.y + prey.vy * 0.2 };
      head(own, aim, goal);
      dash = own.cooldownTicks === 0 && distance(own, aim) < 165 && random.next() < 0.12;
    } else {
      const gem = nearestGem(own, snapshot);
      head(own, gem ?? snapshot.vault, goal);
    }
    if (own.carried > 0) shyAway(own, snapshot, character, goal);
  }
  avoidPillars(own, goal);
  goal.x += random.between(-1, 1) * character.wobble;
  goal.y += random.between(-1, 1) * character.wobble;
  const length = Math.max(1, Math.hypot(goal.x, goal.y));
  return {
    moveX: Math.round((goal.x / length) * MOVE_SCALE),
    moveY: Math.round((goal.y / length) * MOVE_SCALE),
    dash,
  };
}

function wantsToBank(own: Ship, snapshot: Snapshot, character: Character): boolean {
  if (own.carried === 0) return false;
  const seconds = snapshot.phaseTicksLeft / TICK_RATE;
  const way = distance(own, snapshot.vault);
  if (own.carried >= Math.min(character.greed, holdCapacity(own))) return true;
  if (way < VAULT_RADIUS * 1.6 && own.carried >= 2) return true;
  return seconds < way / 250 + 4;
}

function findPrey(own: Ship, snapshot: Snapshot, character: Character): Ship | null {
  if (own.cooldownTicks > 40 || own.carried >= HOLD_CAPACITY) return null;
  let best: Ship | null = null;
  let bestWorth = 0;
  for (const ship of snapshot.ships.values()) {
    if (ship.id === own.id || ship.shieldTicks > 20 || ship.carried < character.prey || ship.away) continue;
    const way = distance(own, ship);
    const worth = ship.carried / (way + 60);
    if (way > character.reach || worth <= bestWorth) continue;
    best = ship;
    bestWorth = worth;
  }
  return best;
}

function nearestGem(own: Ship, snapshot: Snapshot): Vector | null {
  let best: Vector | null = null;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const gem of snapshot.gems.values()) {
    let cost = distance(own, gem);
    // A gem that somebody else will reach first is not worth the trip.
    for (const ship of snapshot.ships.values()) {
      if (ship.id !== own.id && distance(ship, gem) < cost * 0.6) cost += 220;
    }
    if (cost >= bestCost) continue;
    best = gem;
    bestCost = cost;
  }
  return best;
}

function shyAway(own: Ship, snapshot: Snapshot, character: Character, goal: Vector): void {
  for (const ship of snapshot.ships.values()) {
    if (ship.id === own.id || ship.cooldownTicks > 20 || ship.away) continue;
    const way = distance(own, ship);
    if (way > character.caution || way === 0) continue;
    const push = ((character.caution - way) / character.caution) * 0.25 * own.carried;
    goal.x += ((own.x - ship.x) / way) * push;
    goal.y += ((own.y - ship.y) / way) * push;
  }
}

function avoidPillars(own: Ship, goal: Vector): void {
  for (const pillar of PILLARS) {
    const dx = own.x - pillar.x;
    const dy = own.y - pillar.y;
    const gap = Math.hypot(dx, dy) - pillar.radius - SHIP_RADIUS;
    const closing = -(dx * goal.x + dy * goal.y);
    if (gap > 70 || closing <= 0) continue;
    // Round it on the side where the way is shorter already.
    const side = Math.sign(dx * goal.y - dy * goal.x) || 1;
    const length = Math.hypot(dx, dy) || 1;
    const strength = 1.6 * (1 - gap / 70);
    goal.x += (-dy / length) * side * strength + (dx / length) * strength * 0.5;
    goal.y += (dx / length) * side * strength + (dy / length) * strength * 0.5;
  }
}

function circleAround(own: Ship, centre: Vector, radius: number, goal: Vector): void {
  const dx = own.x - centre.x;
  const dy = own.y - centre.y;
  const way = Math.hypot(dx, dy) || 1;
  const pull = (radius - way) / radius;
  goal.x = -dy / way + (dx / way) * pull;
  goal.y = dx / way + (dy / way) * pull;
  scale(goal, 0.7);
}

function head(own: Ship, target: Vector, goal: Vector): void {
  const way = distance(own, target) || 1;
  goal.x = (target.x - own.x) / way;
  goal.y = (target.y - own.y) / way;
}

function scale(vector: Vector, factor: number): void {
  vector.x *= factor;
  vector.y *= factor;
}

function distance(a: Vector, b: Vector): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
