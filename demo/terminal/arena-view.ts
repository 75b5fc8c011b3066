/** Draws what a snapshot says: the arena on the left, who is who on the right. */
import { PILLARS } from "../shared/arena-map.js";
import { PHASE_PLAYING, TICK_RATE, VAULT_RADIUS, WORLD_HEIGHT, WORLD_WIDTH } from "../shared/constants.js";
import type { Ship } from "../shared/ship.js";
import type { Snapshot } from "../shared/snapshot.js";
import { Canvas, type Colour } from "./canvas.js";

const BACKGROUND = 0x10141f;
const PILLAR = 0x3a4560;
const WALL = 0x2a3247;
const VAULT = 0xd9a520;
const INK = 0xdfe6f5;
const DIM = 0x8590a8;
const GEMS: readonly Colour[] = [0x45d6ff, 0xff6ac1, 0x8dff6a, 0xffb347];
const SHIPS: readonly Colour[] = [
  0xff5c5c, 0x5ca8ff, 0x6be36b, 0xffd84d, 0xc78bff, 0xff9a4d, 0x4de0d0, 0xff7eb6, 0xb8d94a, 0x9db2ff, 0xe0a070, 0x7cf0a0,
]; // biome-ignore format: a list of colours
/** Eight of them, from the right clockwise. */
const ARROWS = "→↘↓↙←↖↑↗";
const PANEL = 26;
/** Below this there is no room for an arena. */
const LEAST_COLUMNS = 60;
const LEAST_ROWS = 16;

/** The picture as lines, as large as the terminal; `status` is the last of them. */
export function drawArena(
  snapshot: Snapshot,
  names: ReadonlyMap<number, string>,
  size: { readonly columns: number; readonly rows: number },
  status: string,
): string[] {
  if (size.columns < LEAST_COLUMNS || size.rows < LEAST_ROWS)
    return [`Make the terminal at least ${LEAST_COLUMNS} × ${LEAST_ROWS}.`, status.slice(0, size.columns)];
  const canvas = new Canvas(size.columns, size.rows - 1, BACKGROUND);
  // A dot is half a row high, and that is about as wide as it is: one scale for both.
  const scale = Math.min((size.columns - PANEL) / WORLD_WIDTH, ((size.rows - 1) * 2) / WORLD_HEIGHT);
  const dot = (x: number, y: number, colour: Colour) => canvas.dot(x * scale, y * scale, colour);
  const place = (x: number, y: number) => [Math.floor(x * scale), Math.floor((y * scale) / 2)] as const;

  drawGround(dot, snapshot, scale);
  for (const gem of snapshot.gems.values())
    canvas.text(...place(gem.x, gem.y), "◆", GEMS[gem.kind % GEMS.length] ?? INK);
  for (const ship of snapshot.ships.values()) {
    const [column, row] = place(ship.x, ship.y);
    const label = ship.carried > 0 ? `${arrowOf(ship)}${ship.carried}` : arrowOf(ship);
    canvas.text(column, row, label, ship.stunTicks > 0 ? DIM : colourOf(ship));
  }
  drawPanel(canvas, snapshot, names, Math.floor(WORLD_WIDTH * scale) + 2);
  return [...canvas.lines(), status.slice(0, size.columns)];
}

function drawGround(dot: (x: number, y: number, colour: Colour) => void, { vault }: Snapshot, scale: number): void {
  const step = 1 / scale;
  for (let y = step / 2; y < WORLD_HEIGHT; y += step) dot(WORLD_WIDTH, y, WALL);
  for (let x = step / 2; x < WORLD_WIDTH; x += step) dot(x, WORLD_HEIGHT - step / 2, WALL);
  for (const { x, y, radius } of PILLARS) {
    for (let dy = -radius; dy <= radius; dy += step) {
      const half = Math.sqrt(radius * radius - dy * dy);
      for (let dx = -half; dx <= half; dx += step) dot(x + dx, y + dy, PILLAR);
    }
  }
  const dots = Math.ceil((2 * Math.PI * VAULT_RADIUS) / step);
  for (let n = 0; n < dots; n++) {
    const angle = (n / dots) * 2 * Math.PI;
    dot(vault.x + Math.cos(angle) * VAULT_RADIUS, vault.y + Math.sin(angle) * VAULT_RADIUS, VAULT);
  }
}

function drawPanel(canvas: Canvas, snapshot: Snapshot, names: ReadonlyMap<number, string>, column: number): void {
  const seconds = Math.ceil(snapshot.phaseTicksLeft / TICK_RATE);
  const phase = snapshot.phase === PHASE_PLAYING ? "playing" : "podium";
  canvas.text(column, 0, `GEM HEIST  round ${snapshot.round}`, INK);
  canvas.text(column, 1, `${phase}, ${seconds} s left`, DIM);
  const ranked = [...snapshot.ships.values()].sort((a, b) => b.score - a.score || a.id - b.id);
  for (const [index, ship] of ranked.slice(0, canvas.rows - 4).entries()) {
    const row = index + 3;
    canvas.text(column, row, arrowOf(ship), colourOf(ship));
    canvas.text(column + 2, row, (names.get(ship.id) ?? `ship ${ship.id}`).slice(0, 12), ship.bot ? INK : VAULT);
    canvas.text(column + 15, row, String(ship.score).padStart(4), INK);
    canvas.text(column + 20, row, "◆".repeat(Math.min(ship.carried, 5)), GEMS[0]!);
  }
}

function colourOf(ship: Ship): Colour {
  return SHIPS[ship.id % SHIPS.length] ?? INK;
}

function arrowOf({ headingX, headingY }: Ship): string {
  const eighth = Math.round(Math.atan2(headingY, headingX) / (Math.PI / 4));
  return ARROWS[(eighth + 8) % 8] ?? "•";
}
