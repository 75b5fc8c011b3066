/*
 * A tab that is really hidden: it gets no animation frames, so nothing polls. By default the library answers pings all the
 * same; the server, which pings every second and waits a second and a half, keeps the session until the player looks again.
 */
import type { Server as HttpServer } from "node:http";
import { Server } from "socket.io";
import { SocketIOClient } from "socketio-gameloop";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isFree } from "../../demo/shared/arena-map.js";
import { SHIP_RADIUS } from "../../demo/shared/constants.js";
import { Cdp, type Tab } from "./cdp.js";
import { Chromium, describeInBrowser } from "./chromium.js";
import { DemoProcess } from "./demo-process.js";
import { sleep, until } from "./until.js";
import { bundlePage, closeServer, html, listen, makeProject, serve } from "./user-app.js";

const PING_INTERVAL = 1;
const PING_TIMEOUT = 1.5;
/** Three times what a client may be silent. */
const HIDDEN_SECONDS = 3 * (PING_INTERVAL + PING_TIMEOUT);
const CONNECT_SECONDS = 15;
const RETURN_SECONDS = 5;
const NUMBER_SECONDS = 0.05;

let chromium: Chromium;
let cdp: Cdp;
let other: Tab;

/** Counts animation frames in the page. */
async function countFrames(tab: Tab): Promise<void> {
  await tab.evaluate(() => {
    const counter = window as unknown as { animationFrames: number };
    counter.animationFrames = 0;
    const count = () => {
      counter.animationFrames++;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
}

function look(tab: Tab): Promise<{ visibility: string; animationFrames: number; time: number }> {
  return tab.evaluate(() => ({
    visibility: document.visibilityState,
    animationFrames: (window as unknown as { animationFrames: number }).animationFrames,
    time: performance.now() / 1000,
  }));
}

/** Puts another tab before this one for `HIDDEN_SECONDS`; `meanwhile` is called at the end of that. */
async function hide(tab: Tab, meanwhile: () => Promise<void>): Promise<void> {
  await countFrames(tab);
  await until("frames are painted", 5, async () => (await look(tab)).animationFrames > 2);
  await other.show();
  await until("the page is hidden", 5, async () => (await look(tab)).visibility === "hidden");
  const from = await look(tab);
  await sleep(HIDDEN_SECONDS * 1000);
  const to = await look(tab);
  await meanwhile();
  console.log(`hidden for ${(to.time - from.time).toFixed(2)} s, ${to.animationFrames - from.animationFrames} frames`);
  expect(to.visibility).toBe("hidden");
  expect(to.time - from.time).toBeGreaterThanOrEqual(HIDDEN_SECONDS);
  expect(to.animationFrames - from.animationFrames).toBe(0);
  await tab.show();
  await until("the page is visible", RETURN_SECONDS, async () => (await look(tab)).visibility === "visible");
}

describeInBrowser("a hidden tab", () => {
  beforeAll(async () => {
    chromium = await Chromium.start("--window-size=640,480");
    cdp = await Cdp.connect(chromium.endpoint);
    other = await cdp.open("about:blank");
  });

  afterAll(async () => {
    cdp?.close();
    await chromium?.close();
  });

  describe("with Gem Heist in it", () => {
    let demo: DemoProcess;
    let tab: Tab;

    const state = () => tab.evaluate(() => window.__game.state());
    const link = () =>
      tab.evaluate(() => {
        const { client } = window.__game;
        return {
          engine: client.get_engine_io_session_id(),
          main: client.get_namespace("/").get_session_id(),
          lobby: client.get_namespace("/lobby")?.get_session_id() ?? "",
          reconnects: client.get_stats().reconnects,
          welcomes: window.__game.state().welcomes,
        };
      });
    const traffic = () =>
      tab.evaluate(() => {
        const { client } = window.__game;
        const { packets_received, inbox_length, inbox_age } = client.get_stats();
        return { pending: client.get_pending_count(), packets_received, inbox_length, inbox_age };
      });

    beforeAll(async () => {
      demo = await DemoProcess.start(["--bots", "4"], {
        PING_INTERVAL_MS: String(PING_INTERVAL * 1000),
        PING_TIMEOUT_MS: String(PING_TIMEOUT * 1000),
        ROUND_SECONDS: "600",
      });
      tab = await cdp.open(`${demo.url}/?name=Ann`);
    });

    afterEach(async ({ task }) => {
      if (task.result?.state === "fail") console.error(demo.output, tab.errors, await link(), await state());
    });

    afterAll(async () => {
      await demo?.stop();
    });

    test("the session survives, and the game goes on where the server is by then", async () => {
      const playing = async () => {
        const now = await tab.evaluate(() => (document.readyState === "complete" ? window.__game.state() : null));
        return now?.connection_state === SocketIOClient.STATE_CONNECTED && now.you !== null && now.framesRendered > 20;
      };
      await until("Ann is in the arena", CONNECT_SECONDS, playing);
      const before = { link: await link(), state: await state(), traffic: await traffic() };
      expect(before.link).toMatchObject({ reconnects: 0, welcomes: 1 });

      let away = { link: before.link, state: before.state, traffic: before.traffic };
      await hide(tab, async () => {
        away = { link: await link(), state: await state(), traffic: await traffic() };
      });
      console.log("while hidden:", away.traffic);
      expect(away.link).toEqual(before.link);
      // The lobby tells its status every second, and nobody takes it.
      expect(away.traffic.pending).toBeGreaterThan(0);
      expect(away.traffic.inbox_age).toBeGreaterThan(PING_INTERVAL + PING_TIMEOUT);

      const handedOver = async () => (await traffic()).inbox_age < 1;
      await until("the queue is handed over", RETURN_SECONDS, handedOver, traffic);
      const [seconds] = (await state()).lastAbsence ?? [0];
      expect(seconds).toBeGreaterThan(HIDDEN_SECONDS);
      const ticks = before.state.tick + HIDDEN_SECONDS * 60 * 0.8;
      const current = async () => (await state()).tick > ticks;
      await until("the page shows the server's present", RETURN_SECONDS, current, state);
      const back = await state();
      const moved = async () => {
        const now = await state();
        const bots = now.players.filter((ship) => ship.bot);
        const moves = bots.filter((ship) => {
          const old = back.players.find(({ id }) => id === ship.id);
          return old !== undefined && Math.hypot(ship.x - old.x, ship.y - old.y) > 20;
        });
        return now.framesRendered > back.framesRendered + 10 && moves.length > 0;
      };
      await until("frames are painted and the others move", RETURN_SECONDS, moved, state);

      const from = back.you ?? { x: 0, y: 0 };
      const free = (direction: number) =>
        [40, 80, 120, 160].every((far) => isFree(from.x + direction * far, from.y, SHIP_RADIUS + 5));
      const direction = free(1) ? 1 : -1;
      const code = direction === 1 ? "KeyD" : "KeyA";
      await tab.key("keyDown", code);
      const flown = async () => (((await state()).you?.x ?? from.x) - from.x) * direction > 60;
      await until(`Ann flies by ${code}`, RETURN_SECONDS, flown, state);
      await tab.key("keyUp", code);

      expect(await link()).toEqual(before.link);
      expect((await state()).banner).toBe("");
      expect(tab.errors).toEqual([]);
    });
  });

  describe("with three clients that hear a number every 50 ms", () => {
    let http: HttpServer;
    let io: Server;
    let timer: NodeJS.Timeout;
    let tab: Tab;
    /** Why the server let go of a client, by the client's Engine.IO session. */
    const dropped = new Map<string, string>();

    interface Seen {
      readonly session: string;
      readonly pending: number;
      readonly reconnects: number;
      readonly skipped: number;
      readonly told: string[];
      readonly polls: readonly { readonly frame: number; readonly numbers: readonly number[] }[];
    }
    type Three = Record<"queue" | "latest" | "lazy", Seen>;
    let before: Three;
    let away: Three;
    let after: Three;

    const see = () =>
      tab.evaluate(() => {
        const { queue, latest, lazy } = window.numbers.hearers;
        const of = ({ client, told, polls }: typeof queue) => ({
          session: client.get_engine_io_session_id(),
          pending: client.get_pending_count(),
          reconnects: client.get_stats().reconnects,
          skipped: client.get_stats().events_skipped,
          told,
          polls,
        });
        return { queue: of(queue), latest: of(latest), lazy: of(lazy) };
      });

    /** What came after the return: all of it, and what the first poll gave. */
    const returned = (key: keyof Three) => {
      const polls = after[key].polls.slice(before[key].polls.length);
      const index = polls.findIndex(({ numbers }) => numbers.some((number) => number > lastBefore(key) + 40));
      const first = polls[index];
      if (first === undefined) throw new Error(`${key} heard nothing after the return`);
      return { first: first.numbers, later: polls.slice(index + 1).flatMap(({ numbers }) => numbers) };
    };
    const lastBefore = (key: keyof Three) => before[key].polls.at(-1)?.numbers.at(-1) ?? 0;

    beforeAll(async () => {
      const script = await bundlePage(makeProject("hidden-tab"), "numbers");
      http = serve({ "/": ["text/html", html(' src="/page.js">')], "/page.js": ["text/javascript", script] });
      io = new Server(http, { pingInterval: PING_INTERVAL * 1000, pingTimeout: PING_TIMEOUT * 1000 });
      io.on("connection", (socket) => {
        const session = (socket.conn as unknown as { id: string }).id;
        socket.on("disconnect", (reason) => dropped.set(session, reason));
      });
      const port = await listen(http);
      let number = 0;
      timer = setInterval(() => io.emit("number", ++number), NUMBER_SECONDS * 1000);
      tab = await cdp.open(`http://localhost:${port}/`);
      const listening = async () => {
        const counts = await tab.evaluate(() =>
          Object.values(window.numbers?.hearers ?? {}).map((hearer) => hearer.polls.length),
        );
        return counts.length === 3 && Math.min(...counts) > 10;
      };
      await until("all three hear numbers", CONNECT_SECONDS, listening);
      before = await see();
      await hide(tab, async () => {
        away = await see();
      });
      const enough = async () => {
        after = await see();
        const came = (key: keyof Three) =>
          (after[key].polls.at(-1)?.numbers.at(-1) ?? 0) > lastBefore(key) + HIDDEN_SECONDS / NUMBER_SECONDS + 30;
        return came("queue") && came("latest") && came("lazy") && after.lazy.told.length > 2;
      };
      await until("all three hear numbers again", 10, enough, see);
    });

    afterAll(async () => {
      clearInterval(timer);
      await tab?.close();
      await closeServer(io, http);
    });

    test("EVENT_QUEUE: every number arrives, in order, without a gap", () => {
      expect(away.queue.pending).toBeGreaterThan((HIDDEN_SECONDS / NUMBER_SECONDS) * 0.6);
      const heard = after.queue.polls.flatMap(({ numbers }) => numbers);
      const expected = heard.map((_, index) => (heard[0] ?? 0) + index);
      console.log(`queue: ${away.queue.pending} waited, the first poll gave ${returned("queue").first.length}`);
      expect(heard).toEqual(expected);
      expect(returned("queue").first.length).toBeGreaterThanOrEqual(away.queue.pending);
    });

    test("EVENT_LATEST: one number waits, the newest, and those after it follow", () => {
      const { first, later } = returned("latest");
      console.log(`latest: ${away.latest.pending} waited, the first poll gave ${first.length}`);
      expect(away.latest.pending).toBe(1);
      expect(first).toHaveLength(1);
      // Both clients get each number, one just before the other: a poll may fall in between.
      expect(Math.abs((first[0] ?? 0) - (returned("queue").first.at(-1) ?? 0))).toBeLessThanOrEqual(1);
      expect(later).toEqual([...later].sort((a, b) => a - b));
      expect(later[0]).toBeGreaterThan(first[0] ?? 0);
      expect(after.latest.skipped).toBeGreaterThan((HIDDEN_SECONDS / NUMBER_SECONDS) * 0.6);
    });

    test.each(["queue", "latest"] as const)("the session of %s is the same, and nobody was told of an end", (key) => {
      expect(after[key].session).toBe(before[key].session);
      expect(after[key].reconnects).toBe(0);
      expect(after[key].told).toEqual(["connected"]);
      expect(dropped.has(before[key].session)).toBe(false);
    });

    test('control: with heartbeat "poll" the server does drop the client, which then reconnects', () => {
      expect(dropped.get(before.lazy.session)).toBe("ping timeout");
      expect(after.lazy.told).toEqual(["connected", "disconnected: transport close", "connected"]);
      expect(after.lazy.reconnects).toBe(1);
      expect(after.lazy.session).not.toBe(before.lazy.session);
      const heard = after.lazy.polls.flatMap(({ numbers }) => numbers);
      expect(heard).not.toEqual(heard.map((_, index) => (heard[0] ?? 0) + index));
    });

    test("the page reported no errors", () => {
      expect(tab.errors).toEqual([]);
    });
  });
});
