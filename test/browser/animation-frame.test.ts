/*
 * The loops in a tab that is really hidden. The AnimationFrameLoop gets no frames, and says on return how long and what was
 * left out; the timers of the FixedTickLoop are slowed down, and it says what it had to skip.
 */
import type { Server as HttpServer } from "node:http";
import { Server } from "socket.io";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cdp, type Tab } from "./cdp.js";
import { Chromium, describeInBrowser } from "./chromium.js";
import { sleep, until } from "./until.js";
import { bundlePage, closeServer, html, listen, makeProject, serve } from "./user-app.js";

const PING_INTERVAL = 1;
const PING_TIMEOUT = 0.5;
/** Three times what a client may be silent. */
const HIDDEN_SECONDS = 3 * (PING_INTERVAL + PING_TIMEOUT);
const NUMBER_SECONDS = 0.05;
const WAIT_SECONDS = 15;

describeInBrowser("loops in a hidden tab", () => {
  let chromium: Chromium;
  let cdp: Cdp;
  let other: Tab;
  let tab: Tab;
  let http: HttpServer;
  let io: Server;
  let timer: NodeJS.Timeout;
  const dropped: string[] = [];
  let inputs = 0;

  interface Seen {
    readonly session: string;
    readonly reconnects: number;
    readonly told: [what: string, number: number][];
    readonly deltas: number[];
    readonly ticks: number;
    readonly skippedTicks: number;
  }
  let before: Seen;
  let away: Seen;
  let after: Seen;

  const see = () =>
    tab.evaluate(() => {
      const { client, told, deltas, ticks } = window.loops;
      const { ticks: count, skipped } = ticks.get_stats();
      const { reconnects } = client.get_stats();
      const session = client.get_engine_io_session_id();
      return { session, reconnects, told, deltas, ticks: count, skippedTicks: skipped };
    });
  const visibility = (wanted: string) =>
    until(`the page is ${wanted}`, WAIT_SECONDS, async () => {
      return (await tab.evaluate(() => document.visibilityState)) === wanted;
    });
  const framesAfter = (count: number) =>
    until("frames are painted", WAIT_SECONDS, async () => (await see()).deltas.length > count + 10, see);

  beforeAll(async () => {
    chromium = await Chromium.start("--window-size=640,480");
    cdp = await Cdp.connect(chromium.endpoint);
    other = await cdp.open("about:blank");
    const script = await bundlePage(makeProject("loops"), "loops");
    http = serve({ "/": ["text/html", html(' src="/page.js">')], "/page.js": ["text/javascript", script] });
    io = new Server(http, { pingInterval: PING_INTERVAL * 1000, pingTimeout: PING_TIMEOUT * 1000 });
    io.on("connection", (socket) => {
      socket.on("input", () => inputs++);
      socket.on("disconnect", (reason) => dropped.push(reason));
    });
    const port = await listen(http);
    let number = 0;
    timer = setInterval(() => io.emit(++number % 20 === 0 ? "chat" : "number", number), NUMBER_SECONDS * 1000);
    tab = await cdp.open(`http://localhost:${port}/`);
    const playing = () =>
      tab.evaluate(() => window.loops?.told.some(([what]) => what === "number") && window.loops.deltas.length > 20);
    await until("the game runs", WAIT_SECONDS, playing);

    await other.show();
    await visibility("hidden");
    before = await see();
    await sleep(HIDDEN_SECONDS * 1000);
    away = await see();
    await tab.show();
    await visibility("visible");
    await framesAfter(away.deltas.length);
    after = await see();
  });

  afterAll(async () => {
    clearInterval(timer);
    await tab?.close();
    await closeServer(io, http);
    cdp?.close();
    await chromium?.close();
  });

  test("while it is hidden nothing is polled and no frame is called", () => {
    expect(away.deltas.length).toBe(before.deltas.length);
    expect(away.told).toEqual(before.told);
  });

  test("the session is the same, and the server never let go of it", () => {
    expect(before.session).not.toBe("");
    expect(after).toMatchObject({ session: before.session, reconnects: 0 });
    expect(dropped).toEqual([]);
  });

  test("on return resumed is told once, before all that waited; then the queue, the newest number, the frame", () => {
    const told = after.told.slice(before.told.length);
    const frame = told.findIndex(([what]) => what === "frame");
    const first = told.slice(0, frame + 1);
    console.log("the first frame after the return:", first.map((pair) => pair.join(" ")).join(", "));
    expect(first[0]).toEqual(["resumed", 1]);
    expect(told.filter(([what]) => what === "resumed")).toHaveLength(1);
    const chats = first.filter(([what]) => what === "chat").map(([, number]) => number);
    expect(chats.length).toBeGreaterThanOrEqual(Math.floor(HIDDEN_SECONDS / (20 * NUMBER_SECONDS)) - 1);
    expect(chats).toEqual(chats.map((_, index) => (chats[0] ?? 0) + 20 * index));
    const numbers = first.filter(([what]) => what === "number").map(([, number]) => number);
    expect(numbers).toHaveLength(1);
    expect(numbers[0]).toBeGreaterThan((chats.at(-1) ?? 0) - 20);
  });

  test("hidden_seconds is the time from the hiding to that frame, skipped what EVENT_LATEST left out in it", async () => {
    const { resumed, hides, returns } = await tab.evaluate(() => {
      const { resumed, hides, returns } = window.loops;
      return { resumed, hides, returns };
    });
    const [hint] = resumed;
    const [from] = hides;
    const [to] = returns;
    console.log("resumed:", hint);
    if (hint === undefined || from === undefined || to === undefined) throw new Error("nothing was told");
    expect(hint.hidden_seconds).toBeGreaterThanOrEqual(HIDDEN_SECONDS);
    // The page's own listener was there first, and its callback ran last: what it measures has the other inside.
    expect(hint.hidden_seconds).toBeLessThanOrEqual(to.time - from.time);
    expect(hint.skipped).toBe(to.skipped - from.skipped);
    expect(hint.skipped).toBeGreaterThan((HIDDEN_SECONDS / NUMBER_SECONDS) * 0.6);
  });

  test("the frame after it is told max_delta, no other is told more", () => {
    expect(after.deltas[0]).toBe(0);
    expect(after.deltas[before.deltas.length]).toBe(0.25);
    expect(Math.max(...after.deltas)).toBe(0.25);
    expect(Math.min(...after.deltas)).toBe(0);
    expect(inputs).toBeGreaterThan(20);
  });

  test("the fixed ticks that slow timers missed were skipped and told; every one is accounted for", async () => {
    const behind = await tab.evaluate(() => window.loops.behind);
    const ran = away.ticks - before.ticks;
    console.log(`ticks while hidden: ${ran} ran, ${away.skippedTicks - before.skippedTicks} were skipped`);
    expect(ran).toBeLessThan(HIDDEN_SECONDS * 60 * 0.5);
    expect(ran + away.skippedTicks - before.skippedTicks).toBeGreaterThan((HIDDEN_SECONDS - 2) * 60);
    expect(behind.reduce((sum, { ticks_skipped }) => sum + ticks_skipped, 0)).toBeGreaterThanOrEqual(away.skippedTicks);
    for (const { ticks_skipped, seconds } of behind) expect(seconds).toBeCloseTo(ticks_skipped / 60, 9);
  });

  test("a loop that was stopped while hidden stays so on return, and begins anew with start()", async () => {
    await other.show();
    await visibility("hidden");
    await tab.evaluate(() => window.loops.frames.stop());
    const stopped = await see();
    await tab.show();
    await visibility("visible");
    await tab.evaluate(async () => {
      for (let frame = 0; frame < 10; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
    });
    expect((await see()).told).toEqual(stopped.told);
    await tab.evaluate(() => window.loops.frames.start());
    await framesAfter(stopped.deltas.length);
    const { told, deltas } = await see();
    expect(told.slice(stopped.told.length).filter(([what]) => what === "resumed")).toEqual([]);
    expect(deltas[stopped.deltas.length]).toBe(0);
    expect(tab.errors).toEqual([]);
  });
});
