import { VAULT_RADIUS, WORLD_HEIGHT, WORLD_WIDTH } from "./constants.js";
import type { Prng } from "./prng.js";

/** A round obstacle that ships bounce off. */
interface Pillar {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface Point {
  x: number;
  y: number;
}

/** Fixed and known to both sides, so that a bounce is predicted exactly and never has to be sent. */
export const PILLARS: readonly Pillar[] = [
  { x: 430, y: 330, radius: 64 },
  { x: 1100, y: 240, radius: 46 },
  { x: 1770, y: 330, radius: 64 },
  { x: 760, y: 700, radius: 58 },
  { x: 1440, y: 700, radius: 58 },
  { x: 430, y: 1070, radius: 64 },
  { x: 1100, y: 1160, radius: 46 },
  { x: 1770, y: 1070, radius: 64 },
];

/** Whether a disc touches no pillar and lies inside the walls. */
export function isFree(x: number, y: number, radius: number): boolean {
  if (x < radius || y < radius || x > WORLD_WIDTH - radius || y > WORLD_HEIGHT - radius) return false;
  return PILLARS.every((pillar) => {
    const reach = pillar.radius + radius;
    const dx = x - pillar.x;
    const dy = y - pillar.y;
    return dx * dx + dy * dy >= reach * reach;
  });
}

/** A random free place for a disc. Gives up after some tries and takes the centre, which is always free. */
export function freePlace(random: Prng, radius: number): Point {
  for (let tries = 0; tries < 40; tries++) {
    const x = random.between(radius, WORLD_WIDTH - radius);
    const y = random.between(radius, WORLD_HEIGHT - radius);
    if (isFree(x, y, radius)) return { x, y };
  }
  return { x: WORLD_WIDTH / 2, y: WORLD_HEIGHT / 2 };
}

/** Where the vault goes next: free of pillars and a real trip away from where it was. */
export function nextVaultPlace(random: Prng, from: Point): Point {
  for (let tries = 0; tries < 60; tries++) {
    const place = freePlace(random, VAULT_RADIUS + 20);
    const dx = place.x - from.x;
    const dy = place.y - from.y;
    if (dx * dx + dy * dy > 600 * 600) return place;
  }
  return { x: WORLD_WIDTH - from.x, y: from.y };
}
