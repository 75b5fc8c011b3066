/*
 * Plays a page in a real browser. Every page under test has `recipe`: where a ship is drawn, and how to change the scene.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";

/** Drawing is in software, on a machine that does other things too. */
const SECONDS = 20;
const SCENE_CHANGES = 6;
/** Some frames, in which an engine takes the old scene away and makes the new one. */
const CHANGE_MILLISECONDS = 150;
/** A small picture leaves time for the game. */
const viewport = { width: 400, height: 400 };

/** Starts the browser, with WebGL in software. */
export function startBrowser(executablePath) {
  const isRoot = process.getuid?.() === 0;
  const args = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"];
  return chromium.launch({ executablePath, args: isRoot ? [...args, "--no-sandbox"] : args });
}

/**
 * Opens the page of an arena and plays it.
 * @param world where the bot goes round
 * @yields what holds, in words
 * @throws Error that says what does not
 */
export async function* play(browser, url, arena, world) {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  const position = (id) => page.evaluate((name) => globalThis.recipe?.position(name) ?? null, id);
  // All at once: between two questions there may be frames.
  const count = () => page.evaluate(() => globalThis.probe());
  const until = async (what, condition) => {
    const deadline = performance.now() + SECONDS * 1000;
    while (errors.length === 0 && performance.now() < deadline) {
      if (await condition()) return;
      await sleep(50);
    }
    throw new Error(errors.length > 0 ? `the page reports: ${errors[0]}` : `not within ${SECONDS} s: ${what}`);
  };
  const moves = async () => {
    let before = null;
    await until("a ship of the server moves on the screen", async () => {
      const now = await position("bot");
      // The last change of the scene may have been on its way when it was asked for first.
      before ??= now;
      return before !== null && now !== null && distance(before, now) > world.radius / 2;
    });
  };

  try {
    await page.goto(url);
    await until("the page connects", () => arena.connections > 0);
    await until("the game knows the bot", async () => (await position("bot")) !== null);
    await moves();
    yield "polls and receives: the server's ship moves on the screen";

    const before = arena.moves;
    await page.mouse.move(180, 180);
    for (let step = 0; step < 10; step++) await page.mouse.move(200 + step * 8, 150 + step * 4);
    await until("the server hears of the pointer", () => arena.moves > before);
    const [id] = Object.keys(arena.players);
    await until("the own ship comes to where the server has it", async () => {
      const shown = await position(id);
      const { x, y } = arena.players[id];
      return shown !== null && distance(shown, [x, y]) < world.radius / 10;
    });
    yield "emits: the server has the pointer, and its answer is on the screen";

    const { polls, flushes, listeners } = await count();
    if (Math.abs(polls - flushes) > polls / 10) throw new Error(`${polls} polls, and ${flushes} flushes behind them`);
    yield "flushes as often as it polls";

    if (listeners === 0) throw new Error("no listener is counted: the probe does not see the game");
    for (let change = 0; change < SCENE_CHANGES; change++) {
      await page.evaluate(() => globalThis.recipe.change_scene());
      await sleep(CHANGE_MILLISECONDS);
    }
    await until("the scene is back", async () => (await position("bot")) !== null);
    await moves();
    const after = (await count()).listeners;
    if (after !== listeners)
      throw new Error(`${listeners} listeners, and after ${SCENE_CHANGES} changes of the scene ${after}`);
    const left = Object.keys(arena.players).length;
    if (left !== 1) throw new Error(`one page, and the server has ${left} connections`);
    yield `${SCENE_CHANGES} changes of the scene: the listeners and the connection are as before`;

    if (errors.length > 0) throw new Error(`the page reports: ${errors.join("\n")}`);
  } finally {
    await context.close();
  }
}

function distance([x1, y1], [x2, y2]) {
  return Math.hypot(x1 - x2, y1 - y2);
}
