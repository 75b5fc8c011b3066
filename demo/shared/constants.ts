/**
 * The numbers of the game, shared by the server, the page and the bots. Distances are world pixels, speeds are pixels
 * per second, and every duration is counted in simulation ticks: a tick is the only clock the simulation knows.
 */

/** Simulation steps per second, on the server and in the page's prediction alike. */
export const TICK_RATE = 60;

/** Seconds of one simulation step. */
export const TICK_SECONDS = 1 / TICK_RATE;

/** A snapshot leaves the server every this many ticks (30 per second). */
export const SNAPSHOT_EVERY = 2;

/** How far in the past other ships are drawn: three snapshots, so that one late one is not visible. */
export const INTERPOLATION_TICKS = 6;

export const WORLD_WIDTH = 2200;
export const WORLD_HEIGHT = 1400;

export const SHIP_RADIUS = 20;
export const SHIP_ACCELERATION = 1750;
/** Fraction of the speed lost per second; top speed is acceleration / drag. */
export const SHIP_DRAG = 4.4;
/** Each carried gem takes away this fraction of the thrust: greed makes you an easy target. */
export const GEM_WEIGHT = 0.06;

export const DASH_TICKS = 12;
export const DASH_SPEED = 980;
/** What is left of the speed when the dash ends. */
export const DASH_BRAKE = 0.45;
export const DASH_COOLDOWN_TICKS = 150;
export const DASH_COOLDOWN_TICKS_COILS = 100;
/** Generous on purpose: rivals are seen 100 ms in the past. */
export const DASH_HIT_RADIUS = 54;

export const KNOCK_SPEED = 560;
export const STUN_TICKS = 34;
export const SHIELD_TICKS = 100;
export const SPAWN_SHIELD_TICKS = 120;

export const HOLD_CAPACITY = 6;
export const HOLD_CAPACITY_DEEP = 8;
export const PICKUP_RADIUS = 40;
export const PICKUP_RADIUS_MAGNET = 76;
/** A spilled gem cannot be picked up for this long, so that the thief has to turn round for it. */
export const SPILL_LOCK_TICKS = 20;
export const GEM_KINDS = 4;

export const VAULT_RADIUS = 110;
/** The vault moves when this has passed. */
export const VAULT_TICKS = 20 * TICK_RATE;
/** How long a loaded ship has to stay inside the ring until its gems are banked. */
export const BANK_TICKS = 40;

export const ROUND_TICKS = 90 * TICK_RATE;
export const PODIUM_TICKS = 9 * TICK_RATE;
/** How long the server waits for the choice of a perk: a little less than the podium lasts. */
export const PERK_ANSWER_SECONDS = 8;

export const PHASE_PLAYING = 0;
export const PHASE_PODIUM = 1;

export const NAME_MAX_LENGTH = 16;

/** A movement axis is sent as an integer from -MOVE_SCALE to MOVE_SCALE. */
export const MOVE_SCALE = 127;
/** The most simulation steps one `input` event may carry. */
export const MAX_STEPS_PER_INPUT = 8;

/** What n gems banked at once are worth: 1, 3, 6, 10, 15, 21 … */
export function bankValue(gems: number): number {
  return (gems * (gems + 1)) / 2;
}
