/** Ink Ring in numbers. Lengths are cells of the board, times are seconds or ticks of the server. */
export const COLS = 48;
export const ROWS = 30;
export const CELLS = COLS * ROWS;

export const TICK_RATE = 30;
/** A snapshot every second tick. */
export const SNAPSHOT_EVERY = 2;
export const ROUND_SECONDS = 60;
export const BREAK_SECONDS = 7;

/** Cells per second: on the board, in ink of one's own, in ink of somebody else. */
export const SPEED = { empty: 8.5, own: 10.5, foreign: 6.5 } as const;
/** What a drop paints: cells whose middle is nearer than this. */
export const BRUSH_RADIUS = 0.95;
/** Nobody's middle comes nearer to the edge than this. */
export const MARGIN = 0.5;

export const SPLASH_RADIUS = 2.7;
export const SPLASH_COOLDOWN_TICKS = 3 * TICK_RATE;
export const STUN_TICKS = 1.2 * TICK_RATE;
/** A ring around more than this does not hold. */
export const RING_LIMIT = 150;

export const MAX_PLAYERS = 16;
/** How long the seat of a dropped player waits. */
export const SEAT_SECONDS = 8;
/** What -1 to 1 of a steering axis is on the wire. */
export const STEER_SCALE = 100;
/** So long a steering is followed unless another one comes. */
export const STEER_TICKS = 12;

export const PHASE_PLAYING = 0;
export const PHASE_BREAK = 1;
