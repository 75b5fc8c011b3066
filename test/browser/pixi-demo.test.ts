/*
 * Ink Ring as two people play it: the launcher, two pages in a real browser, keys that are really pressed, a server process that dies,
 * and a tab that is really hidden.
 */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { SocketIOClient } from "socketio-gameloop";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { InkHook, InkState } from "../../demo/pixi/client/test-hook.js";
import { COLS, ROWS } from "../../demo/pixi/constants.js";
import { Cdp, type Tab } from "./cdp.js";
import { Chromium, describeInBrowser } from "./chromium.js";
import { DemoProcess } from "./demo-process.js";
import { colorsIn, countColors, KEYS } from "./playing.js";
import { sleep, until } from "./until.js";

const BOTS = 2;
const JOIN_SECONDS = 20;
const ACT_SECONDS = 12;
const PING_INTERVAL = 1;
const PING_TIMEOUT = 0.5;
/** Three times what a client may be silent. */
const HIDDEN_SECONDS = 3 * (PING_INTERVAL + PING_TIMEOUT);
const SCREEN_CHANGES = 50;
/** Rendering is in software: a small picture leaves time for the game. */
const viewport = { width: 480, height: 320 };

const pictures = fileURLToPath(new URL("../.cache/browser/", import.meta.url));

interface Player {
  readonly name: string;
  readonly page: Page;
  readonly errors: string[];
}

/** The page's own; that of the other demo has the same name and another type. */
type InkWindow = { readonly __game: InkHook };

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
  await page.goto(`${demo.url}/pixi/?name=${name}`);
  return { name, page, errors };
}

/** `null` while the page is being made. */
function look({ page }: Player): Promise<InkState | null> {
  return page.evaluate(() => (window as unknown as InkWindow).__game?.state() ?? null);
}

async function state(player: Player): Promise<InkState> {
  const found = await look(player);
  if (found === null) throw new Error(`${player.name}'s page is not there yet`);
  return found;
}

function isOnTheBoard(now: InkState | null): now is InkState {
  if (now === null || now.connection_state !== SocketIOClient.STATE_CONNECTED) return false;
  return now.banner === "" && now.drops.some(({ slot }) => slot === now.slot);
}

async function onTheBoard(player: Player): Promise<InkState> {
  const playing = async () => {
    const now = await look(player);
    return isOnTheBoard(now) && now;
  };
  return until(`${player.name} is on the board`, JOIN_SECONDS, playing, () => look(player));
}

async function drawn(watcher: Player, name: string): Promise<{ x: number; y: number; slot: number }> {
  const found = (await state(watcher)).drops.find((drop) => drop.name === name);
  if (found === undefined) throw new Error(`${watcher.name} does not see ${name}`);
  return found;
}

/** How many cells `watcher`'s page draws in the ink of `name`. */
async function inkOf(watcher: Player, name: string): Promise<number> {
  const { slot } = await drawn(watcher, name);
  return watcher.page.evaluate((slot) => (window as unknown as InkWindow).__game.drawnCells(slot), slot);
}

/** Holds a key until both pages have seen `player` go there and paint. */
async function swim(player: Player): Promise<void> {
  const from = await drawn(player, player.name);
  // Where there is most room.
  const room = ({ x, y }: { x: number; y: number }) =>
    x > 0 ? COLS - from.x : x < 0 ? from.x : y > 0 ? ROWS - from.y : from.y;
  const [way] = [...KEYS].sort((a, b) => room(b) - room(a));
  if (way === undefined) throw new Error("no way");
  const watchers = [ann, bob];
  const before = await Promise.all(watchers.map((watcher) => drawn(watcher, player.name)));
  await player.page.keyboard.down(way.key);
  try {
    const distances = async () => {
      const after = await Promise.all(watchers.map((watcher) => drawn(watcher, player.name)));
      return after.map((place, index) => {
        const start = before[index] ?? place;
        return (place.x - start.x) * way.x + (place.y - start.y) * way.y;
      });
    };
    const seen = async () => (await distances()).every((distance) => distance >= 3);
    await until(`both pages see ${player.name} swim by ${way.key}`, ACT_SECONDS, seen, distances);
    const inks = () => Promise.all(watchers.map((watcher) => inkOf(watcher, player.name)));
    const painted = async () => (await inks()).every((cells) => cells >= 4);
    await until(`both pages see what ${player.name} paints`, ACT_SECONDS, painted, inks);
  } finally {
    await player.page.keyboard.up(way.key);
  }
}

async function takePicture(page: Page, what: string): Promise<Buffer> {
  const png = await page.screenshot();
  mkdirSync(pictures, { recursive: true });
  const file = join(pictures, `pixi-demo-${what}.png`);
  writeFileSync(file, png);
  const copies = process.env["SCREENSHOT_DIR"];
  if (copies) {
    mkdirSync(copies, { recursive: true });
    copyFileSync(file, join(copies, basename(file)));
  }
  return png;
}

/** The middle of the picture. */
const MIDDLE = [0.2, 0.3, 0.4, 0.5] as const;

/** The listeners of the page's window, document and canvas, counted by the browser. */
async function countDomListeners({ page }: Player): Promise<number> {
  const session = await page.context().newCDPSession(page);
  let count = 0;
  for (const expression of ["window", "document", "document.querySelector('canvas')"]) {
    const { result } = await session.send("Runtime.evaluate", { expression });
    const { listeners } = await session.send("DOMDebugger.getEventListeners", { objectId: result.objectId ?? "" });
    count += listeners.length;
  }
  await session.detach();
  return count;
}

/** What may be complained about while the server is away. */
function isExpected(error: string): boolean {
  return /^WebSocket connection to .* failed|net::ERR_CONNECTION_REFUSED$/.test(error);
}

describeInBrowser("Ink Ring in two pages", () => {
  beforeAll(async () => {
    chromium = await Chromium.start();
    demo = await DemoProcess.start(["--bots", String(BOTS)], {
      INK_ROUND_SECONDS: "600",
    });
    browser = await playwright.connectOverCDP(chromium.endpoint);
    ann = await enter("Ann");
    bob = await enter("Bob");
  });

  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    console.error(demo.output);
    for (const player of [ann, bob]) {
      console.error(player.name, player.errors, await look(player).catch(String));
      await takePicture(player.page, `failed-${player.name.toLowerCase()}`).catch(() => {});
    }
  });

  afterAll(async () => {
    await browser?.close().catch(() => {});
    await chromium?.close();
    await demo?.stop();
  });

  test("both pages are on the board and see each other and the bots", async () => {
    for (const player of [ann, bob]) {
      await onTheBoard(player);
      const present = async () => {
        const { drops } = await state(player);
        const people = drops.filter((drop) => !drop.bot).map(({ name }) => name);
        return `${people.sort().join()} and ${drops.length - people.length} bots`;
      };
      const all = async () => (await present()) === `Ann,Bob and ${BOTS} bots`;
      await until(`${player.name} sees everybody`, JOIN_SECONDS, all, present);
    }
  });

  test("a drop swims by the keyboard and paints, and both pages see it", async () => {
    await swim(ann);
    await swim(bob);
  });

  test("a drop goes where the pointer is held", async () => {
    const before = await drawn(ann, "Ann");
    const toTheLeft = before.x > COLS / 2;
    await ann.page.mouse.move(toTheLeft ? 10 : viewport.width - 10, viewport.height / 2);
    await ann.page.mouse.down();
    const far = async () => {
      const { x } = await drawn(bob, "Ann");
      return toTheLeft ? before.x - x : x - before.x;
    };
    await until("Bob sees Ann go there", ACT_SECONDS, async () => (await far()) > 3, far);
    await ann.page.mouse.up();
  });

  test("a splash is acknowledged, and the other page sees its ink", async () => {
    const accepted = async () => {
      const { splashAcks, lastSplash } = await state(bob);
      if (splashAcks > 0 && lastSplash > 0) return lastSplash;
      // Whoever is stunned is refused: once more.
      await bob.page.keyboard.press("Space");
      await sleep(300);
      return false;
    };
    const cells = await until("a splash of Bob's is accepted", ACT_SECONDS, accepted, () => state(bob));
    expect(cells).toBeGreaterThan(0);
    const seen = async () => {
      if ((await inkOf(ann, "Bob")) >= 8) return true;
      // Bots paint over it: another one.
      await bob.page.keyboard.press("Space");
      return false;
    };
    await until("Ann sees Bob's ink", ACT_SECONDS, seen, () => inkOf(ann, "Bob"));
  });

  test("the read-out shows the state, the ping, packets and the cost of poll()", async () => {
    for (const player of [ann, bob]) {
      const full = async () => {
        const { hudText } = await state(player);
        const found = /^connected · websocket +· +ping ([\d.]+) ms +· +in (\d+) .*· +out (\d+) .*poll ([\d.]+) ms/.exec(
          hudText,
        );
        const [ping, incoming, outgoing, poll] = (found ?? []).slice(1).map(Number);
        return Number(ping) >= 0 && Number(incoming) > 4 && Number(outgoing) > 0 && Number(poll) < 20;
      };
      await until(`${player.name}'s read-out is filled`, ACT_SECONDS, full, async () => (await state(player)).hudText);
    }
  });

  test("the keyboard comes to a button, and the space bar presses it", async () => {
    const button = ann.page.locator("#show-net");
    const wasPressed = await button.getAttribute("aria-pressed");
    await button.focus();
    await ann.page.keyboard.press("Space");
    expect(await button.getAttribute("aria-pressed")).not.toBe(wasPressed);
    await button.press("Space");
    expect(await button.getAttribute("aria-pressed")).toBe(wasPressed);
  });

  test("the game is painted", async () => {
    const colors = await ann.page.evaluate(countColors, colorsIn(await takePicture(ann.page, "playing"), MIDDLE));
    console.log(`the picture has ${colors} colours`);
    expect(colors).toBeGreaterThan(100);
  });

  test("no errors so far, and no connection was lost", async () => {
    for (const player of [ann, bob]) {
      expect(player.errors).toEqual([]);
      const { reconnects } = await player.page.evaluate(() =>
        (window as unknown as InkWindow).__game.client.get_stats(),
      );
      expect({ welcomes: (await state(player)).welcomes, reconnects }).toEqual({ welcomes: 1, reconnects: 0 });
    }
  });

  test(`${SCREEN_CHANGES} times to the title and back: not one listener more`, async () => {
    const count = async () => {
      const { listeners, tickerCallbacks } = await state(ann);
      return { listeners, tickerCallbacks, dom: await countDomListeners(ann) };
    };
    const before = await count();
    const [sessionBefore, { welcomes }] = [await engineOf(ann), await state(ann)];
    const idle = await ann.page.evaluate(async (changes) => {
      const { __game } = window as unknown as InkWindow;
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      let idle = __game.state();
      for (let change = 0; change < changes; change++) {
        window.dispatchEvent(new KeyboardEvent("keydown", { code: "Escape" }));
        idle = __game.state();
        await frame();
        (document.querySelector("#title") as HTMLFormElement).requestSubmit();
        // Sometimes the player waits for the board, sometimes not.
        while (change % 5 === 0 && __game.state().slot < 0) await frame();
        await frame();
      }
      return idle;
    }, SCREEN_CHANGES);
    expect(idle).toMatchObject({ screen: "title", listeners: 0, drops: [] });
    await onTheBoard(ann);
    console.log("listeners before and after:", before, await count());
    expect(await count()).toEqual(before);
    expect(before.listeners).toBeGreaterThan(0);
    expect(await engineOf(ann)).toBe(sessionBefore);
    expect((await state(ann)).welcomes).toBeGreaterThanOrEqual(welcomes + SCREEN_CHANGES / 5);
    const once = async () => (await state(bob)).drops.filter(({ name }) => name === "Ann").length === 1;
    await until("Bob sees one Ann", JOIN_SECONDS, once, () => state(bob));
    await swim(ann);
    expect(ann.errors).toEqual([]);
  });

  test("after SIGKILL to the server both pages come back by themselves, and so do the bots", async () => {
    const players = [ann, bob];
    const before = await Promise.all(players.map(state));
    const killed = demo.serverPids.at(-1) ?? 0;
    process.kill(killed, "SIGKILL");
    const another = () => demo.serverPids.at(-1) !== killed;
    await until("the launcher has started another server", 10, another, () => demo.output);
    for (const [index, player] of players.entries()) {
      const again = async () => (await state(player)).welcomes > (before[index]?.welcomes ?? 0);
      await until(`${player.name} is welcomed again`, JOIN_SECONDS, again, () => state(player));
      await onTheBoard(player);
    }
    for (const player of players) {
      const complete = async () => (await state(player)).drops.length === BOTS + 2;
      await until(`${player.name} sees that everybody is back`, JOIN_SECONDS, complete, () => state(player));
    }
    await swim(ann);
    for (const player of players) expect(player.errors.filter((error) => !isExpected(error))).toEqual([]);
  });

  test("who is refused is back at the title, and told why", async () => {
    const page = await browser.newPage();
    await page.goto(`${demo.url}/pixi/?name=${encodeURIComponent("?!")}`);
    await until("the reason is shown", JOIN_SECONDS, async () =>
      /cannot be used/.test((await page.locator("#note").textContent()) ?? ""),
    );
    expect(await page.isVisible("#title")).toBe(true);
    await page.close();
  });

  test("the gallery leads to every demo", async () => {
    const page = await browser.newPage();
    await page.goto(`${demo.url}/gallery`);
    expect(new URL(page.url()).pathname).toBe("/gallery/");
    const links = await page.evaluate(() => [...document.querySelectorAll("a")].map((link) => link.href));
    expect(links.map((link) => new URL(link).pathname)).toEqual(["/", "/pixi/"]);
    for (const link of links) expect((await page.request.get(link)).status()).toBe(200);
    await takePicture(page, "gallery");
    await page.close();
    expect(demo.output).toContain(`${demo.url}/gallery/`);
  });
});

async function engineOf(player: Player): Promise<string> {
  return player.page.evaluate(() => (window as unknown as InkWindow).__game.client.get_engine_io_session_id());
}

describeInBrowser("Ink Ring in a tab that is hidden", () => {
  let cdp: Cdp;
  let tab: Tab;
  let other: Tab;

  const see = () => tab.evaluate(() => (window as unknown as InkWindow).__game?.state() ?? null);
  const link = () =>
    tab.evaluate(() => {
      const { client } = (window as unknown as InkWindow).__game;
      return { session: client.get_engine_io_session_id(), reconnects: client.get_stats().reconnects };
    });
  const visibility = (wanted: string) =>
    until(`the page is ${wanted}`, JOIN_SECONDS, async () => {
      return (await tab.evaluate(() => document.visibilityState)) === wanted;
    });

  beforeAll(async () => {
    chromium = await Chromium.start(`--window-size=${viewport.width},${viewport.height}`);
    demo = await DemoProcess.start(["--bots", String(BOTS)], {
      PING_INTERVAL_MS: String(PING_INTERVAL * 1000),
      PING_TIMEOUT_MS: String(PING_TIMEOUT * 1000),
    });
    cdp = await Cdp.connect(chromium.endpoint);
    other = await cdp.open("about:blank");
    tab = await cdp.open(`${demo.url}/pixi/?name=Cat`);
    await until("Cat is on the board", JOIN_SECONDS, async () => isOnTheBoard(await see()), see);
  });

  afterAll(async () => {
    cdp?.close();
    await chromium?.close();
    await demo?.stop();
  });

  test("keeps its session; on return the absence is told and the newest board is drawn", async () => {
    const session = await link();
    await other.show();
    await visibility("hidden");
    const before = await see();
    await sleep(HIDDEN_SECONDS * 1000);
    const away = await see();
    expect(away?.framesRendered).toBe(before?.framesRendered);
    expect(away?.heard).toBe(before?.heard);
    await tab.show();
    await visibility("visible");
    const back = async () => {
      const now = await see();
      const isBack = now?.lastAbsence && now.framesRendered > (away?.framesRendered ?? 0) + 2;
      return isBack && now.tick > (away?.tick ?? 0) && now;
    };
    const now = await until("frames are painted again", JOIN_SECONDS, back, see);
    const [seconds, skipped] = now.lastAbsence ?? [0, 0];
    console.log(`away for ${seconds.toFixed(2)} s, ${skipped} snapshots left out`);
    expect(seconds).toBeGreaterThanOrEqual(HIDDEN_SECONDS);
    // Fifteen snapshots a second, of which one was heard.
    expect(skipped).toBeGreaterThan(HIDDEN_SECONDS * 15 * 0.6);
    expect(now.tick - (away?.tick ?? 0)).toBeGreaterThan(HIDDEN_SECONDS * 30 * 0.6);
    expect(await link()).toEqual(session);
    expect(tab.errors).toEqual([]);
  });
});
