/*
 * Both games of the demo as somebody plays them, in any browser.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SocketIOClient } from "socketio-gameloop";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { InkHook } from "../../demo/pixi/client/test-hook.js";
import { isFree } from "../../demo/shared/arena-map.js";
import { SHIP_RADIUS } from "../../demo/shared/constants.js";
import { browserName, describeInAnyBrowser, startBrowser, type TestBrowser, type TestPage } from "./browser.js";
import { DemoProcess } from "./demo-process.js";
import { colorsIn, countColors, KEYS } from "./playing.js";
import { until } from "./until.js";

const BOTS = 3;
const JOIN_SECONDS = 25;
const ACT_SECONDS = 15;
/** A page that goes must have answered before. */
const ANSWER_MILLISECONDS = 200;

const pictures = fileURLToPath(new URL("../.cache/browser/", import.meta.url));

/** The page's own; that of the other game has the same name and another type. */
type InkWindow = { readonly __game: InkHook };

let browser: TestBrowser;
let demo: DemoProcess;

/** Keeps what the page shows, to be looked at, and counts its colours. */
async function takePicture(page: TestPage, what: string): Promise<number> {
  const png = await page.screenshot();
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, `games-${browserName}-${what}.png`), png);
  return page.evaluate(countColors, colorsIn(png, [0, 0, 1, 1]));
}

/** Holds a key until something is true. */
async function hold(page: TestPage, key: string, what: string, isTrue: () => Promise<boolean>): Promise<void> {
  await page.key("keyDown", key);
  try {
    await until(what, ACT_SECONDS, isTrue);
  } finally {
    await page.key("keyUp", key);
  }
}

describeInAnyBrowser("the games", () => {
  beforeAll(async () => {
    demo = await DemoProcess.start(["--bots", String(BOTS)], { ROUND_SECONDS: "600", INK_ROUND_SECONDS: "600" });
    browser = await startBrowser();
    console.log(browser.version);
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  test("Gem Heist: among bots, flown by the keyboard, with a dash that is acknowledged", async () => {
    const page = await browser.open(`${demo.url}/?name=Ann`);
    const state = () => page.evaluate(() => window.__game?.state() ?? null).catch(() => null);
    const inTheArena = async () => {
      const now = await state();
      const isConnected = now?.connection_state === SocketIOClient.STATE_CONNECTED && now.banner === "";
      return isConnected && now.framesRendered > 0 && now.players.length > BOTS && now.you;
    };
    const from = await until("Ann is in the arena with the bots", JOIN_SECONDS, inTheArena, state);
    const way = KEYS.find(({ x, y }) =>
      [40, 80, 120, 160].every((far) => isFree(from.x + x * far, from.y + y * far, SHIP_RADIUS + 5)),
    );
    await hold(page, way!.key, "the ship flies", async () => {
      const you = (await state())?.you;
      return you != null && (you.x - from.x) * way!.x + (you.y - from.y) * way!.y > 60;
    });
    await hold(page, "Space", "the dash is acknowledged", async () => ((await state())?.dashAcks ?? 0) > 0);
    expect(await takePicture(page, "heist")).toBeGreaterThan(500);
    expect(page.errors).toEqual([]);
    await page.close();
  });

  test("Ink Ring: among bots, swum by the keyboard, with a splash that is acknowledged, and gone with the page", async () => {
    const page = await browser.open(`${demo.url}/pixi/?name=Ann`);
    const watcher = await browser.open(`${demo.url}/pixi/?name=Bob`);
    const stateOf = (player: TestPage) =>
      player.evaluate(() => (window as unknown as InkWindow).__game?.state() ?? null).catch(() => null);
    const dropOf = async (player: TestPage, name: string) =>
      (await stateOf(player))?.drops.find((drop) => drop.name === name);
    for (const player of [page, watcher]) {
      const isThere = async () =>
        (await dropOf(player, "Ann")) !== undefined && (await dropOf(player, "Bob")) !== undefined;
      await until("both are on the board and see each other", JOIN_SECONDS, isThere, () => stateOf(player));
    }
    const from = (await dropOf(page, "Ann"))!;
    const way = KEYS[from.x > 20 ? 1 : 0];
    await hold(page, way.key, "the drop swims and paints", async () => {
      const now = await dropOf(watcher, "Ann");
      return now !== undefined && (now.x - from.x) * way.x > 3 && now.cells > 3;
    });
    await hold(page, "Space", "the splash is acknowledged", async () => ((await stateOf(page))?.splashAcks ?? 0) > 0);
    expect(await takePicture(page, "ink")).toBeGreaterThan(100);
    expect([...page.errors, ...watcher.errors]).toEqual([]);

    await page.evaluate((wait) => void setTimeout(() => location.assign("/gallery/"), wait), ANSWER_MILLISECONDS);
    // Long before the heartbeat would fail. Firefox ends the connection before the page can say anything, and the server waits a while
    // for whom it has lost.
    if (browserName !== "firefox")
      await until("Bob sees Ann go", 5, async () => (await dropOf(watcher, "Ann")) === undefined);
    await page.close();
    await watcher.close();
  });
});
