import { CELLS, COLS, RING_LIMIT, ROWS } from "./constants.js";

/** Who owns each cell, row by row: 0 for nobody, else a slot plus 1. */
export type Board = Uint8Array;

export function createBoard(): Board {
  return new Uint8Array(CELLS);
}

/** Paints the cells whose middle is within `radius` of `x`, `y`. Returns how many were not `owner`'s. */
export function paintDisc(board: Board, owner: number, x: number, y: number, radius: number): number {
  let painted = 0;
  for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(ROWS - 1, Math.floor(y + radius)); row++) {
    for (let col = Math.max(0, Math.floor(x - radius)); col <= Math.min(COLS - 1, Math.floor(x + radius)); col++) {
      const index = row * COLS + col;
      if (Math.hypot(col + 0.5 - x, row + 0.5 - y) > radius || board[index] === owner) continue;
      board[index] = owner;
      painted++;
    }
  }
  return painted;
}

// One ring after the other is looked for, so that these need no more than one.
const visited = new Uint32Array(CELLS);
const stack = new Uint16Array(CELLS);
let visit = 0;

/**
 * Gives `owner` whatever a ring of theirs encloses: every area of other cells that does not reach the edge of the board and is no
 * larger than `RING_LIMIT`. Returns the cells that changed hands.
 */
export function closeRings(board: Board, owner: number): number[] {
  visit++;
  const taken: number[] = [];
  for (let start = 0; start < CELLS; start++) {
    if (board[start] === owner || visited[start] === visit) continue;
    const area = areaFrom(board, owner, start);
    if (area === null) continue;
    for (const index of area) board[index] = owner;
    taken.push(...area);
  }
  return taken;
}

/** The area of cells around `start` that are not `owner`'s; `null` when it is open or too large. */
function areaFrom(board: Board, owner: number, start: number): number[] | null {
  const area: number[] = [];
  let isOpen = false;
  let height = 0;
  const look = (index: number): void => {
    if (board[index] === owner || visited[index] === visit) return;
    visited[index] = visit;
    stack[height++] = index;
  };
  look(start);
  while (height > 0) {
    const index = stack[--height] as number;
    const col = index % COLS;
    if (col === 0 || col === COLS - 1 || index < COLS || index >= CELLS - COLS) isOpen = true;
    if (area.length <= RING_LIMIT) area.push(index);
    if (col > 0) look(index - 1);
    if (col < COLS - 1) look(index + 1);
    if (index >= COLS) look(index - COLS);
    if (index < CELLS - COLS) look(index + COLS);
  }
  return isOpen || area.length > RING_LIMIT ? null : area;
}

/** How many cells each slot owns. */
export function countCells(board: Board, slots: number): number[] {
  const counts = new Array<number>(slots + 1).fill(0);
  for (const owner of board) counts[owner] = (counts[owner] ?? 0) + 1;
  return counts.slice(1);
}
