import type { Board } from "./board.js";
import { COLS, MARGIN, ROWS, SPEED } from "./constants.js";

/** What moves: the same for the server and for the page that runs ahead of it. */
export interface Body {
  x: number;
  y: number;
}

/** One step of `seconds` towards `steerX`, `steerY`, each from -1 to 1; at most a length of 1 counts. */
export function moveDrop(
  body: Body,
  board: Board,
  owner: number,
  steerX: number,
  steerY: number,
  seconds: number,
): void {
  const length = Math.hypot(steerX, steerY);
  if (length === 0) return;
  const ink = board[Math.floor(body.y) * COLS + Math.floor(body.x)];
  const speed = ink === owner ? SPEED.own : ink === 0 ? SPEED.empty : SPEED.foreign;
  const distance = (speed * seconds) / Math.max(1, length);
  body.x = Math.min(COLS - MARGIN, Math.max(MARGIN, body.x + steerX * distance));
  body.y = Math.min(ROWS - MARGIN, Math.max(MARGIN, body.y + steerY * distance));
}
