/* The arena in the terminal, as its launcher starts it; here, where there is no terminal, it prints a line a second. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createShip } from "../../demo/shared/ship.js";
import type { Snapshot } from "../../demo/shared/snapshot.js";
import { drawArena } from "../../demo/terminal/arena-view.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

function launch(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(root, "demo/terminal/run.mjs"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGTERM"));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, err })));
}

test("the bots play, and it says so", { timeout: 60_000 }, async () => {
  const { code, out, err } = await launch("--bots", "5", "--seconds", "3");
  expect(out).toMatch(/5\/5 bots in the arena, 0 lost {2}round 1, \d+ gems, leader Bot \d \(\d+\)/);
  expect(out).toMatch(/^bots {6}5 of 5 started, 5 connected, 0 not let in, 0 lost, 0 back again$/m);
  expect([code, err]).toEqual([0, ""]);
});

test.each<[string[], string]>([
  [["--bots", "0"], "--bots 0: a whole number from 1 to 200 is expected"],
  [["--seconds", "soon"], "--seconds soon: a whole number from 1 to 86400 is expected"],
  [["ws://a", "ws://b"], "ws://b: one address is enough"],
])("%j ends with 2 and a sentence", async (args, message) => {
  const { code, err } = await launch(...args);
  expect(err).toContain(message);
  expect(code).toBe(2);
});

const snapshot: Snapshot = {
  tick: 1,
  round: 4,
  phase: 0,
  phaseTicksLeft: 600,
  vault: { x: 1100, y: 700, ticksLeft: 100 },
  ships: new Map([
    [7, { ...createShip(7, 200, 700, true), carried: 3, score: 12, headingX: 127, headingY: 0 }],
    [9, { ...createShip(9, 2199, 1399, false), score: 40 }],
  ]),
  gems: new Map([[1, { id: 1, x: 0, y: 0, kind: 2, lockTicks: 0 }]]),
};
const names = new Map([[7, "Vex"]]);
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told about colours
const plain = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/\x1b\[[\d;]*m/g, ""));

test.each([
  [80, 24],
  [110, 36],
  [200, 30],
  [60, 16],
])("a picture of %d × %d fits, and has everybody in it", (columns, rows) => {
  const lines = plain(drawArena(snapshot, names, { columns, rows }, "the status"));
  expect(lines).toHaveLength(rows);
  expect(lines.slice(0, -1).every((line) => line.length === columns)).toBe(true);
  expect(lines.at(-1)).toBe("the status");
  const text = lines.join("\n");
  for (const wanted of ["→3", "◆", "GEM HEIST  round 4", "playing, 10 s left", "ship 9 ", "Vex"])
    expect(text).toContain(wanted);
  // By score.
  expect(text.indexOf("ship 9")).toBeLessThan(text.indexOf("Vex"));
});

test("a terminal that is too small is told so", () => {
  expect(drawArena(snapshot, names, { columns: 20, rows: 30 }, "a status that is rather long")).toEqual([
    "Make the terminal at least 60 × 16.",
    "a status that is rat",
  ]);
});
