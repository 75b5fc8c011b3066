/*
 * Gem Heist as two people play it: the launcher, two pages in a real browser, keys that are really pressed, and a server
 * process that dies under them.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { SocketIOClient } from "socketio-gameloop";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { GameState } from "../../demo/client/test-hook.js";
import { isFree } from "../../demo/shared/arena-map.js";
import { SHIP_RADIUS } from "../../demo/shared/constants.js";
import { Chromium, describeInBrowser } from "./chromium.js";
import { DemoProcess, isRunning } from "./demo-process.js";
import { colorsIn, countColors, KEYS } from "./playing.js";
import { sleep, until } from "./until.js";

const BOTS = 4;
const JOIN_SECONDS = 15;
const MOVE_SECONDS = 8;
/** World pixels; a ship crosses the arena in six seconds. */
const STEP = 90;
/** Rendering is in software: a small picture leaves time for the game. */
const viewport = { width: 640, height: 400 };

const pictures = fileURLToPath(new URL("../.cache/browser/", import.meta.url));

interface Player {
  readonly name: string;
  readonly page: Page;
  /** What the page reported as an error. */
  readonly errors: string[];
}

let demo: DemoProcess;
let chromium: Chromium;
let browser: Browser;
let ann: Player;
let bob: Player;

async function enter(name: string): Promise<Player> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(`${demo.url}/?name=${name}`);
  return { name, page, errors };
}

function state({ page }: Player): Promise<GameState> {
  return page.evaluate(() => window.__game.state());
}

async function inTheArena(player: Player): Promise<GameState> {
  const playing = async () => {
    const now = await state(player);
    const connected = now.connection_state === SocketIOClient.STATE_CONNECTED && now.banner === "";
    return connected && now.you !== null && now.framesRendered > 0 && now;
  };
  return until(`${player.name} is in the arena`, JOIN_SECONDS, playing, () => state(player));
}

/** Where a page draws a ship, its own or another's. */
async function drawn(watcher: Player, name: string): Promise<{ x: number; y: number }> {
  const found = (await state(watcher)).players.find((ship) => ship.name === name);
  if (found === undefined) throw new Error(`${watcher.name} does not see ${name}`);
  return found;
}

/** Holds a key until both pages have seen `player` go there. Returns how long that took, in seconds. */
async function fly(player: Player): Promise<number> {
  const from = await drawn(player, player.name);
  // Not into a wall or a pillar.
  const way = KEYS.find(({ x, y }) =>
    [40, 80, 120, 160, 200, 240].every((far) => isFree(from.x + x * far, from.y + y * far, SHIP_RADIUS + 5)),
  );
  if (way === undefined) throw new Error(`no way out of ${from.x}, ${from.y}`);
  const watchers = [ann, bob];
  const before = await Promise.all(watchers.map((watcher) => drawn(watcher, player.name)));
  const started = performance.now();
  await player.page.keyboard.down(way.key);
  try {
    const distances = async () => {
      const after = await Promise.all(watchers.map((watcher) => drawn(watcher, player.name)));
      return after.map((place, index) => {
        const start = before[index] ?? place;
        return Math.round((place.x - start.x) * way.x + (place.y - start.y) * way.y);
      });
    };
    const seen = async () => (await distances()).every((distance) => distance >= STEP);
    await until(`both pages see ${player.name} fly by ${way.key}`, MOVE_SECONDS, seen, distances);
  } finally {
    await player.page.keyboard.up(way.key);
  }
  return (performance.now() - started) / 1000;
}

/** The middle of the picture: there the game is painted and no panel lies over it. */
const MIDDLE = [0.4, 0.3, 0.3, 0.4] as const;

async function takePicture({ page, name }: Player, what: string): Promise<Buffer> {
  const png = await page.screenshot();
  mkdirSync(pictures, { recursive: true });
  const file = join(pictures, `demo-${what}-${name.toLowerCase()}.png`);
  writeFileSync(file, png);
  const copies = process.env["SCREENSHOT_DIR"];
  if (copies) {
    mkdirSync(copies, { recursive: true });
    copyFileSync(file, join(copies, basename(file)));
  }
  return png;
}

/** What may be complained about while the server is away. */
function isExpected(error: string): boolean {
  return /^WebSocket connection to .* failed|net::ERR_CONNECTION_REFUSED$/.test(error);
}

describeInBrowser("Gem Heist in two pages", () => {
  beforeAll(async () => {
    chromium = await Chromium.start();
    demo = await DemoProcess.start(["--bots", String(BOTS)], {
      // A machine that is busy with other tests must not look like a lost connection.
      PING_INTERVAL_MS: "1000",
      PING_TIMEOUT_MS: "15000",
      ROUND_SECONDS: "600",
    });
    browser = await playwright.connectOverCDP(chromium.endpoint);
    ann = await enter("Ann");
    bob = await enter("Bob");
  });

  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    console.error(demo.output);
    for (const player of [ann, bob]) {
      console.error(player.name, player.errors, await state(player).catch(String));
      await takePicture(player, "failed").catch(() => {});
    }
  });

  afterAll(async () => {
    await browser?.close().catch(() => {});
    await chromium?.close();
    await demo?.stop();
  });

  test("both pages are in the arena and see each other and the bots", async () => {
    for (const player of [ann, bob]) {
      await inTheArena(player);
      const present = async () => {
        const { players } = await state(player);
        return {
          names: players
            .filter((ship) => !ship.bot)
            .map((ship) => ship.name)
            .sort(),
          ships: players.length,
        };
      };
      const all = async () => {
        const { names, ships } = await present();
        return names.join() === "Ann,Bob" && ships === BOTS + 2;
      };
      await until(`${player.name} sees everybody`, JOIN_SECONDS, all, present);
    }
  });

  test("a ship flies by the keyboard, and both pages see it", async () => {
    console.log(`seen after ${(await fly(ann)).toFixed(2)} s and ${(await fly(bob)).toFixed(2)} s`);
  });

  test("a dash is acknowledged", async () => {
    const before = await state(ann);
    const accepted = async () => {
      const { dashAcks, dashRefusals } = await state(ann);
      if (dashAcks - dashRefusals > before.dashAcks - before.dashRefusals) return true;
      // Whoever is stunned or has just dashed is refused: once more.
      await ann.page.keyboard.press("Space");
      await sleep(300);
      return false;
    };
    await until("a dash of Ann's is accepted", MOVE_SECONDS, accepted, () => state(ann));
  });

  test("the read-out shows the state, the ping, packets and the cost of poll()", async () => {
    for (const player of [ann, bob]) {
      const full = async () => {
        const { hudText } = await state(player);
        const ping = Number(/^ping +(\d+) ms \(best \d+\)$/m.exec(hudText)?.[1]);
        const incoming = Number(/^in +(\d+) packets\/s +[\d.]+ kB\/s$/m.exec(hudText)?.[1]);
        const outgoing = Number(/^out +(\d+) packets\/s +[\d.]+ kB\/s$/m.exec(hudText)?.[1]);
        const poll = Number(/^poll +([\d.]+) ms, worst [\d.]+$/m.exec(hudText)?.[1]);
        return /^connected · websocket$/m.test(hudText) && ping >= 0 && incoming > 5 && outgoing > 5 && poll < 20;
      };
      await until(`${player.name}'s read-out is filled`, 5, full, async () => (await state(player)).hudText);
    }
  });

  test("the game is painted", async () => {
    for (const player of [ann, bob]) {
      const colors = await player.page.evaluate(countColors, colorsIn(await takePicture(player, "playing"), MIDDLE));
      console.log(`${player.name}'s picture has ${colors} colours`);
      expect(colors).toBeGreaterThan(200);
    }
  });

  test("no errors so far, and no connection was lost", async () => {
    for (const player of [ann, bob]) {
      expect(player.errors).toEqual([]);
      const { welcomes, reconnects } = await player.page.evaluate(() => ({
        welcomes: window.__game.state().welcomes,
        reconnects: window.__game.client.get_stats().reconnects,
      }));
      expect({ welcomes, reconnects }).toEqual({ welcomes: 1, reconnects: 0 });
    }
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "after %s to the server both pages come back by themselves",
    async (signal) => {
      const players = [ann, bob];
      const before = await Promise.all(players.map(state));
      const killed = demo.serverPids.at(-1) ?? 0;
      const killedAt = performance.now();
      process.kill(killed, signal);
      await until(
        "the launcher has started another server",
        10,
        () => demo.serverPids.at(-1) !== killed,
        () => demo.output,
      );
      expect(isRunning(killed)).toBe(false);
      for (const [index, player] of players.entries()) {
        const again = async () => (await state(player)).welcomes > (before[index]?.welcomes ?? 0);
        await until(`${player.name} is welcomed again`, JOIN_SECONDS, again, () => state(player));
        await inTheArena(player);
      }
      console.log(`${signal}: back after ${((performance.now() - killedAt) / 1000).toFixed(2)} s`);
      for (const player of players) {
        const seen = async () => (await state(player)).players.filter((ship) => !ship.bot).length === 2;
        await until(`${player.name} sees both again`, JOIN_SECONDS, seen, () => state(player));
      }
      for (const player of players) await fly(player);
      await until("the bots are back", JOIN_SECONDS, async () => (await state(ann)).players.length === BOTS + 2);
    },
  );

  test("the pages reported no errors but the connections that failed meanwhile", async () => {
    for (const player of [ann, bob]) {
      await takePicture(player, "after-restart");
      expect(player.errors.filter((error) => !isExpected(error))).toEqual([]);
    }
  });
});
