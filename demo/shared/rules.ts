/** The rules of a tick, after the ships have moved: gems, banking, dash hits, the moving vault, rounds. */
import { freePlace, nextVaultPlace, PILLARS } from "./arena-map.js";
import {
  BANK_TICKS,
  bankValue,
  DASH_HIT_RADIUS,
  KNOCK_SPEED,
  PHASE_PLAYING,
  PHASE_PODIUM,
  PODIUM_TICKS,
  SHIELD_TICKS,
  SPAWN_SHIELD_TICKS,
  SPILL_LOCK_TICKS,
  STUN_TICKS,
  TICK_SECONDS,
  VAULT_RADIUS,
  VAULT_TICKS,
  WORLD_HEIGHT,
  WORLD_WIDTH,
} from "./constants.js";
import { holdCapacity, pickupRadius, type Ship } from "./ship.js";
import { createGem, type Effect, scatterGems, type World } from "./world.js";

const GEM_RADIUS = 12;

/** Advances everything but the ships by one tick and appends to `effects` what there is to see. */
export function stepWorld(world: World, effects: Effect[]): void {
  world.tick++;
  moveGems(world);
  if (world.phase === PHASE_PLAYING) {
    spawnGems(world);
    resolveDashes(world, effects);
    collectGems(world, effects);
    bankGems(world, effects);
    moveVault(world, effects);
  }
  world.phaseTicksLeft--;
  if (world.phaseTicksLeft <= 0) nextPhase(world, effects);
}

/** How many gems the arena tries to hold: enough for a full hold each, not enough for peace. */
function gemTarget(ships: number): number {
  return Math.min(70, 14 + ships * 2);
}

function moveGems(world: World): void {
  for (const gem of world.gems) {
    if (gem.lockTicks > 0) gem.lockTicks--;
    if (gem.vx === 0 && gem.vy === 0) continue;
    gem.x = Math.min(WORLD_WIDTH - GEM_RADIUS, Math.max(GEM_RADIUS, gem.x + gem.vx * TICK_SECONDS));
    gem.y = Math.min(WORLD_HEIGHT - GEM_RADIUS, Math.max(GEM_RADIUS, gem.y + gem.vy * TICK_SECONDS));
    pushOutOfPillars(gem);
    gem.vx *= 0.93;
    gem.vy *= 0.93;
    if (gem.vx * gem.vx + gem.vy * gem.vy < 16) {
      gem.vx = 0;
      gem.vy = 0;
    }
  }
}

/** A gem inside a pillar could never be reached. */
function pushOutOfPillars(gem: { x: number; y: number }): void {
  for (const pillar of PILLARS) {
    const dx = gem.x - pillar.x;
    const dy = gem.y - pillar.y;
    const distance = Math.sqrt(dx * dx + dy * dy) || 1;
    const reach = pillar.radius + GEM_RADIUS;
    if (distance >= reach) continue;
    gem.x = pillar.x + (dx / distance) * reach;
    gem.y = pillar.y + (dy / distance) * reach;
  }
}

function spawnGems(world: World): void {
  const target = gemTarget(world.ships.size);
  // One every few ticks: the arena fills up like a tide, not like a switch.
  if (world.gems.length >= target || world.tick % 8 !== 0) return;
  const place = freePlace(world.random, GEM_RADIUS * 2);
  createGem(world, place.x, place.y);
}

function resolveDashes(world: World, effects: Effect[]): void {
  for (const attacker of world.ships.values()) {
    if (attacker.dashTicks === 0) continue;
    for (const victim of world.ships.values()) {
      if (victim === attacker || victim.shieldTicks > 0 || victim.dashTicks > 0) continue;
      const dx = victim.x - attacker.x;
      const dy = victim.y - attacker.y;
      if (dx * dx + dy * dy <= DASH_HIT_RADIUS * DASH_HIT_RADIUS) hit(world, attacker, victim, effects);
    }
  }
}

function hit(world: World, attacker: Ship, victim: Ship, effects: Effect[]): void {
  const speed = Math.sqrt(attacker.vx * attacker.vx + attacker.vy * attacker.vy) || 1;
  victim.vx = Math.fround((attacker.vx / speed) * KNOCK_SPEED);
  victim.vy = Math.fround((attacker.vy / speed) * KNOCK_SPEED);
  victim.stunTicks = STUN_TICKS;
  victim.shieldTicks = SHIELD_TICKS;
  victim.bankTicks = 0;
  const gems = victim.carried;
  victim.carried = 0;
  scatterGems(world, victim, gems, SPILL_LOCK_TICKS);
  effects.push({ type: "hit", ship: attacker.id, victim: victim.id, x: victim.x, y: victim.y, gems });
}

function collectGems(world: World, effects: Effect[]): void {
  const left = world.gems.filter((gem) => {
    if (gem.lockTicks > 0) return true;
    const taker = nearestTaker(world, gem.x, gem.y);
    if (taker === null) return true;
    taker.carried++;
    effects.push({ type: "pickup", ship: taker.id, x: gem.x, y: gem.y, kind: gem.kind });
    return false;
  });
  if (left.length !== world.gems.length) world.gems = left;
}

function nearestTaker(world: World, x: number, y: number): Ship | null {
  let nearest: Ship | null = null;
  let best = Number.POSITIVE_INFINITY;
  for (const ship of world.ships.values()) {
    if (ship.stunTicks > 0 || ship.carried >= holdCapacity(ship)) continue;
    const dx = ship.x - x;
    const dy = ship.y - y;
    const squared = dx * dx + dy * dy;
    const reach = pickupRadius(ship);
    if (squared > reach * reach || squared >= best) continue;
    best = squared;
    nearest = ship;
  }
  return nearest;
}

function bankGems(world: World, effects: Effect[]): void {
  for (const ship of world.ships.values()) {
    const dx = ship.x - world.vault.x;
    const dy = ship.y - world.vault.y;
    if (ship.carried === 0 || dx * dx + dy * dy > VAULT_RADIUS * VAULT_RADIUS) {
      ship.bankTicks = 0;
      continue;
    }
    ship.bankTicks++;
    if (ship.bankTicks < BANK_TICKS) continue;
    const gems = ship.carried;
    const points = bankValue(gems);
    ship.score = Math.min(65535, ship.score + points);
    ship.carried = 0;
    ship.bankTicks = 0;
    effects.push({ type: "bank", ship: ship.id, x: ship.x, y: ship.y, gems, points });
  }
}

function moveVault(world: World, effects: Effect[]): void {
  world.vault.ticksLeft--;
  if (world.vault.ticksLeft > 0) return;
  world.vault = { ...nextVaultPlace(world.random, world.vault), ticksLeft: VAULT_TICKS };
  effects.push({ type: "vault", x: world.vault.x, y: world.vault.y });
}

function nextPhase(world: World, effects: Effect[]): void {
  if (world.phase === PHASE_PLAYING) {
    world.phase = PHASE_PODIUM;
    world.phaseTicksLeft = PODIUM_TICKS;
    effects.push({ type: "round_end", round: world.round });
    world.gems = [];
    for (const ship of world.ships.values()) {
      ship.carried = 0;
      ship.bankTicks = 0;
    }
    return;
  }
  world.phase = PHASE_PLAYING;
  world.phaseTicksLeft = world.roundTicks;
  world.round = (world.round % 65535) + 1;
  world.vault = { ...nextVaultPlace(world.random, world.vault), ticksLeft: VAULT_TICKS };
  for (const ship of world.ships.values()) {
    ship.score = 0;
    ship.shieldTicks = SPAWN_SHIELD_TICKS;
  }
  effects.push({ type: "round_start", round: world.round });
}
