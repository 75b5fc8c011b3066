/**
 * One ship and its step. The server and the page's prediction run exactly this code, so it keeps to what every
 * JavaScript engine computes alike: + - * / and square roots, no trigonometry. Positions and speeds are rounded to
 * 32 bits after each step, because that is what a snapshot carries: replaying inputs on a decoded ship then gives the
 * very numbers that the server got.
 */
import { PILLARS } from "./arena-map.js";
import {
  DASH_BRAKE,
  DASH_COOLDOWN_TICKS,
  DASH_COOLDOWN_TICKS_COILS,
  DASH_SPEED,
  DASH_TICKS,
  GEM_WEIGHT,
  HOLD_CAPACITY,
  HOLD_CAPACITY_DEEP,
  MOVE_SCALE,
  PICKUP_RADIUS,
  PICKUP_RADIUS_MAGNET,
  SHIP_ACCELERATION,
  SHIP_DRAG,
  SHIP_RADIUS,
  SPAWN_SHIELD_TICKS,
  TICK_SECONDS,
  WORLD_HEIGHT,
  WORLD_WIDTH,
} from "./constants.js";
import { PERK_COILS, PERK_DEEP_HOLD, PERK_MAGNET, PERK_NONE, PERK_SWIFT } from "./perks.js";

/** Everything that one snapshot says about a ship. */
export interface Ship {
  /** 1 to 65535, for one stay in the arena. */
  id: number;
  /** Sequence number of the last input step that is contained in this state. */
  ack: number;
  x: number;
  y: number;
  vx: number;
  vy: number;
  /** The last direction steered to, as integers up to MOVE_SCALE; a dash goes this way. */
  headingX: number;
  headingY: number;
  bot: boolean;
  /** The player's tab is hidden. */
  away: boolean;
  perk: number;
  carried: number;
  dashTicks: number;
  cooldownTicks: number;
  stunTicks: number;
  shieldTicks: number;
  /** How long the ship has been inside the vault ring with gems aboard. */
  bankTicks: number;
  score: number;
}

/** A fresh ship with a short shield. */
export function createShip(id: number, x: number, y: number, bot: boolean): Ship {
  return {
    id,
    ack: 0,
    x: Math.fround(x),
    y: Math.fround(y),
    vx: 0,
    vy: 0,
    headingX: 0,
    headingY: -MOVE_SCALE,
    bot,
    away: false,
    perk: PERK_NONE,
    carried: 0,
    dashTicks: 0,
    cooldownTicks: 0,
    stunTicks: 0,
    shieldTicks: SPAWN_SHIELD_TICKS,
    bankTicks: 0,
    score: 0,
  };
}

export function holdCapacity(ship: Ship): number {
  return ship.perk === PERK_DEEP_HOLD ? HOLD_CAPACITY_DEEP : HOLD_CAPACITY;
}

export function pickupRadius(ship: Ship): number {
  return ship.perk === PERK_MAGNET ? PICKUP_RADIUS_MAGNET : PICKUP_RADIUS;
}

/** Ticks between two dashes of this ship. */
export function dashCooldown(ship: Ship): number {
  return ship.perk === PERK_COILS ? DASH_COOLDOWN_TICKS_COILS : DASH_COOLDOWN_TICKS;
}

/** Starts a dash along the heading. False, and nothing changed, while the ship cools down or is stunned. */
export function startDash(ship: Ship): boolean {
  if (ship.cooldownTicks > 0 || ship.stunTicks > 0) return false;
  const length = Math.sqrt(ship.headingX * ship.headingX + ship.headingY * ship.headingY) || 1;
  ship.vx = Math.fround((ship.headingX / length) * DASH_SPEED);
  ship.vy = Math.fround((ship.headingY / length) * DASH_SPEED);
  ship.dashTicks = DASH_TICKS;
  ship.cooldownTicks = dashCooldown(ship);
  return true;
}

/** Moves a ship by one tick under one input. `moveX` and `moveY` are integers from -MOVE_SCALE to MOVE_SCALE. */
export function stepShip(ship: Ship, moveX: number, moveY: number): void {
  if (moveX !== 0 || moveY !== 0) {
    ship.headingX = moveX;
    ship.headingY = moveY;
  }
  if (ship.dashTicks > 0) {
    ship.dashTicks--;
    if (ship.dashTicks === 0) {
      ship.vx *= DASH_BRAKE;
      ship.vy *= DASH_BRAKE;
    }
  } else {
    steer(ship, moveX / MOVE_SCALE, moveY / MOVE_SCALE);
  }
  ship.x += ship.vx * TICK_SECONDS;
  ship.y += ship.vy * TICK_SECONDS;
  bounceOffPillars(ship);
  bounceOffWalls(ship);
  if (ship.cooldownTicks > 0) ship.cooldownTicks--;
  if (ship.stunTicks > 0) ship.stunTicks--;
  if (ship.shieldTicks > 0) ship.shieldTicks--;
  ship.x = Math.fround(ship.x);
  ship.y = Math.fround(ship.y);
  ship.vx = Math.fround(ship.vx);
  ship.vy = Math.fround(ship.vy);
}

function steer(ship: Ship, moveX: number, moveY: number): void {
  // A diagonal on the keyboard must not be faster than a straight line.
  const length = Math.max(1, Math.sqrt(moveX * moveX + moveY * moveY));
  let thrust = SHIP_ACCELERATION * (1 - GEM_WEIGHT * ship.carried);
  if (ship.perk === PERK_SWIFT) thrust *= 1.12;
  if (ship.stunTicks > 0) thrust *= 0.15;
  const keep = 1 - SHIP_DRAG * TICK_SECONDS;
  ship.vx = ship.vx * keep + (moveX / length) * thrust * TICK_SECONDS;
  ship.vy = ship.vy * keep + (moveY / length) * thrust * TICK_SECONDS;
}

function bounceOffPillars(ship: Ship): void {
  for (const pillar of PILLARS) {
    const dx = ship.x - pillar.x;
    const dy = ship.y - pillar.y;
    const reach = pillar.radius + SHIP_RADIUS;
    const squared = dx * dx + dy * dy;
    if (squared >= reach * reach || squared === 0) continue;
    const distance = Math.sqrt(squared);
    const normalX = dx / distance;
    const normalY = dy / distance;
    ship.x = pillar.x + normalX * reach;
    ship.y = pillar.y + normalY * reach;
    const inward = ship.vx * normalX + ship.vy * normalY;
    if (inward < 0) {
      ship.vx -= 1.5 * inward * normalX;
      ship.vy -= 1.5 * inward * normalY;
    }
  }
}

function bounceOffWalls(ship: Ship): void {
  const right = WORLD_WIDTH - SHIP_RADIUS;
  const bottom = WORLD_HEIGHT - SHIP_RADIUS;
  if (ship.x < SHIP_RADIUS || ship.x > right) {
    ship.x = ship.x < SHIP_RADIUS ? SHIP_RADIUS : right;
    ship.vx *= -0.5;
  }
  if (ship.y < SHIP_RADIUS || ship.y > bottom) {
    ship.y = ship.y < SHIP_RADIUS ? SHIP_RADIUS : bottom;
    ship.vy *= -0.5;
  }
}
