/*
 * The extension in a real Application of PixiJS, with a screen: it is polled by the ticker, a hidden tab and a stopped ticker keep the
 * connection and are told on return, and destroy() leaves nothing behind.
 */
import type { Server as HttpServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Server } from "socket.io";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cdp, type Tab } from "./cdp.js";
import { Chromium, describeInBrowser } from "./chromium.js";
import type { PixiPage } from "./pages/pixi.js";
import { sleep, until } from "./until.js";
import { closeServer, html, listen, serve } from "./user-app.js";

const PING_INTERVAL = 1;
const PING_TIMEOUT = 0.5;
/** Three times what a client may be silent. */
const PAUSE_SECONDS = 3 * (PING_INTERVAL + PING_TIMEOUT);
const NUMBER_SECONDS = 0.05;
const WAIT_SECONDS = 15;

type PixiWindow = { readonly pixi: PixiPage };

describeInBrowser("the PixiJS extension in a page", () => {
  let chromium: Chromium;
  let cdp: Cdp;
  let other: Tab;
  let tab: Tab;
  let http: HttpServer;
  let io: Server;
  let timer: NodeJS.Timeout;
  const dropped: string[] = [];
  let inputs = 0;

  const see = () =>
    tab.evaluate(() => {
      const { client, told, resumed } = (window as unknown as PixiWindow).pixi;
      const { reconnects } = client.get_stats();
      return { session: client.get_engine_io_session_id(), reconnects, told, resumed };
    });
  const visibility = (wanted: string) =>
    until(`the page is ${wanted}`, WAIT_SECONDS, async () => {
      return (await tab.evaluate(() => document.visibilityState)) === wanted;
    });

  beforeAll(async () => {
    chromium = await Chromium.start("--window-size=400,300");
    cdp = await Cdp.connect(chromium.endpoint);
    other = await cdp.open("about:blank");
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("./pages/pixi.ts", import.meta.url))],
      tsconfig: fileURLToPath(new URL("../../tsconfig.json", import.meta.url)),
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      logLevel: "warning",
    });
    const script = outputFiles[0]?.text ?? "";
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
      tab.evaluate(() => {
        const { told } = (window as unknown as Partial<PixiWindow>).pixi ?? { told: [] };
        return told.some(([what]) => what === "number") && told.length > 20;
      });
    await until("the game runs", WAIT_SECONDS, playing, () => tab.errors);
  });

  afterAll(async () => {
    clearInterval(timer);
    await tab?.close();
    await closeServer(io, http);
    cdp?.close();
    await chromium?.close();
  });

  /** What was told since `before`, up to the first frame and with it. */
  const firstFrame = (told: PixiPage["told"], before: number) => {
    const news = told.slice(before);
    return news.slice(0, news.findIndex(([what]) => what === "frame") + 1);
  };

  test.each(["the tab is hidden", "the ticker is stopped"])(
    "%s: connected; told on return, then what waited, then the game",
    async (how) => {
      const isHidden = how === "the tab is hidden";
      if (isHidden) {
        await other.show();
        await visibility("hidden");
      } else await tab.evaluate(() => (window as unknown as PixiWindow).pixi.app.stop());
      const before = await see();
      await sleep(PAUSE_SECONDS * 1000);
      const away = await see();
      expect(away.told).toEqual(before.told);
      if (isHidden) await tab.show();
      else await tab.evaluate(() => (window as unknown as PixiWindow).pixi.app.start());
      const back = async () => (await see()).resumed.length > before.resumed.length;
      await until("the return is told", WAIT_SECONDS, back, see);
      await until("frames are painted", WAIT_SECONDS, async () => (await see()).told.length > away.told.length + 10);
      const after = await see();
      expect(after).toMatchObject({ session: before.session, reconnects: 0 });
      expect(dropped).toEqual([]);
      const [hint] = after.resumed.slice(before.resumed.length);
      console.log(`${how}:`, hint);
      expect(hint?.hidden_seconds).toBeGreaterThanOrEqual(PAUSE_SECONDS);
      expect(hint?.skipped).toBeGreaterThan((PAUSE_SECONDS / NUMBER_SECONDS) * 0.6);
      const [first, ...rest] = firstFrame(after.told, away.told.length);
      expect(first?.[0]).toBe("resumed");
      expect(rest.filter(([what]) => what === "number")).toHaveLength(1);
      expect(rest.filter(([what]) => what === "chat").length).toBeGreaterThanOrEqual(
        Math.floor(PAUSE_SECONDS / (20 * NUMBER_SECONDS)) - 1,
      );
      expect(rest.at(-1)?.[0]).toBe("frame");
    },
  );

  test("what the game emits in the ticker is sent", () => {
    expect(inputs).toBeGreaterThan(20);
  });

  test("app.destroy() detaches the client and closes what the option url has connected", async () => {
    const { callbacks, state, told } = await tab.evaluate(async () => {
      const { app, client, told } = (window as unknown as PixiWindow).pixi;
      const { ticker } = app;
      app.destroy(true);
      const before = told.length;
      for (let frame = 0; frame < 5; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
      return { callbacks: ticker.count, state: client.get_connection_state(), told: told.length - before };
    });
    expect({ callbacks, state, told }).toEqual({ callbacks: 0, state: 0, told: 0 });
    await until("the server knows", WAIT_SECONDS, () => dropped.length > 0);
    expect(dropped).toEqual(["client namespace disconnect"]);
    expect(tab.errors).toEqual([]);
  });
});
