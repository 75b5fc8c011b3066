/** The rules of Ink Ring, the demo on PixiJS, and its snapshot. */
import { describe, expect, test } from "vitest";
import { type Board, closeRings, createBoard, paintDisc } from "../../demo/pixi/board.js";
import {
  COLS,
  MAX_PLAYERS,
  PHASE_BREAK,
  PHASE_PLAYING,
  RING_LIMIT,
  ROWS,
  TICK_RATE,
} from "../../demo/pixi/constants.js";
import { decodeSnapshot, encodeSnapshot } from "../../demo/pixi/snapshot.js";
import { World } from "../../demo/pixi/world.js";

/** Paints the border of a rectangle. */
function rectangle(board: Board, owner: number, left: number, top: number, width: number, height: number): void {
  for (let row = top; row < top + height; row++)
    for (let col = left; col < left + width; col++) {
      const isBorder = row === top || row === top + height - 1 || col === left || col === left + width - 1;
      if (isBorder) board[row * COLS + col] = owner;
    }
}

describe("a ring", () => {
  test("takes all inside, whoever it belonged to", () => {
    const board = createBoard();
    paintDisc(board, 2, 13, 13, 1);
    rectangle(board, 1, 10, 10, 6, 6);
    expect(closeRings(board, 1)).toHaveLength(16);
    expect([...board].filter((owner) => owner === 1)).toHaveLength(36);
    expect(board).not.toContain(2);
    expect(closeRings(board, 1)).toEqual([]);
  });

  test("with a gap holds nothing, nor does the edge of the board in place of a side", () => {
    const board = createBoard();
    rectangle(board, 1, 10, 10, 6, 6);
    board[10 * COLS + 12] = 0;
    rectangle(board, 1, 20, -1, 6, 6);
    expect(closeRings(board, 1)).toEqual([]);
  });

  test("of more than the limit does not hold", () => {
    const width = 15;
    const board = createBoard();
    rectangle(board, 1, 2, 2, width + 2, RING_LIMIT / width + 2);
    expect(closeRings(board, 1)).toHaveLength(RING_LIMIT);
    board.fill(0);
    rectangle(board, 1, 2, 2, width + 3, RING_LIMIT / width + 2);
    expect(closeRings(board, 1)).toEqual([]);
  });
});

describe("the world", () => {
  /** Everybody swims in circles. */
  function play(world: World, ticks: number): void {
    for (let tick = 0; tick < ticks; tick++) {
      for (const drop of world.drops.values()) {
        const angle = world.tick / 20 + drop.slot;
        Object.assign(drop, { steerX: Math.cos(angle), steerY: Math.sin(angle), steerTicks: 9 });
      }
      world.step();
    }
  }

  function filled(seed: number): World {
    const world = new World(seed, 20 * TICK_RATE);
    for (let index = 0; index < 6; index++) world.add(index % 2 === 0);
    return world;
  }

  test("of the same seed and steering is the same, byte by byte", () => {
    const [one, two, other] = [filled(1), filled(1), filled(2)];
    for (const world of [one, two, other]) play(world, 500);
    expect(encodeSnapshot(one)).toEqual(encodeSnapshot(two));
    expect(encodeSnapshot(one)).not.toEqual(encodeSnapshot(other));
  });

  test("is in its snapshot: the board to the cell, the drops to a thousandth of one", () => {
    const world = filled(3);
    play(world, 300);
    const snapshot = decodeSnapshot(encodeSnapshot(world));
    expect(snapshot?.board).toEqual(world.board);
    expect(snapshot?.board.some((owner) => owner > 0)).toBe(true);
    expect(snapshot?.drops.size).toBe(6);
    for (const drop of world.drops.values()) {
      const { x, y, cells, bot } = snapshot?.drops.get(drop.slot) ?? { x: NaN, y: NaN };
      expect(Math.hypot(x - drop.x, y - drop.y)).toBeLessThan(0.001);
      expect({ cells, bot }).toEqual({ cells: drop.cells, bot: drop.bot });
    }
  });

  test("a snapshot that was cut or is of another version is none", () => {
    const bytes = encodeSnapshot(filled(4));
    for (const length of [0, 5, 14, bytes.length - 1]) expect(decodeSnapshot(bytes.slice(0, length))).toBeNull();
    expect(decodeSnapshot(Uint8Array.from(bytes, (byte, index) => (index === 0 ? 9 : byte)))).toBeNull();
  });

  test("a round ends with a winner and a break, the next one begins with an empty board", () => {
    const world = filled(5);
    play(world, 20 * TICK_RATE);
    expect(world.phase).toBe(PHASE_BREAK);
    const [first] = world.standings();
    expect(first?.wins).toBe(1);
    play(world, world.ticksLeft);
    expect(world).toMatchObject({ phase: PHASE_PLAYING, round: 2 });
    expect(world.board.every((owner) => owner === 0)).toBe(true);
  });

  test("a splash paints and stuns once, then has to wait", () => {
    const world = new World(6, 999);
    const [one, two] = [world.add(false), world.add(false)];
    if (one === null || two === null) throw new Error("no seats");
    Object.assign(one, { x: 20, y: 15 });
    Object.assign(two, { x: 21, y: 15 });
    expect(world.splash(one)).toBeGreaterThan(15);
    expect(two.stunTicks).toBeGreaterThan(0);
    expect(world.splash(one)).toBeNull();
    expect(world.splash(two)).toBeNull();
    expect(world.step()).toEqual([{ type: "splash", slot: 0, x: 20, y: 15, hit: [1] }]);
  });

  test("nobody leaves the board; whoever leaves the game takes their ink along; the seats are counted", () => {
    const world = filled(7);
    play(world, 600);
    for (const { x, y } of world.drops.values()) expect(x > 0 && x < COLS && y > 0 && y < ROWS).toBe(true);
    world.remove(2);
    expect(world.board).not.toContain(3);
    while (world.drops.size < MAX_PLAYERS) expect(world.add(true)).not.toBeNull();
    expect(world.add(true)).toBeNull();
  });
});
