/*
 * A browser that loses its network and has it back. The browser is told to be offline, and then lets nothing through; the
 * page's server has a name that only this browser knows, because a server on the same machine needs no network.
 */
import type { Server as HttpServer } from "node:http";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { Server } from "socket.io";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Chromium, describeInBrowser } from "./chromium.js";
import { until } from "./until.js";
import { bundlePage, closeServer, html, listen, makeProject, serve } from "./user-app.js";

const SECONDS = 10;
/** So long does the client wait before it tries again, unless it is told that there is no need to. */
const DELAY = 60;
const REMOTE = "game.test";

let chromium: Chromium;
let browser: Browser;
let http: HttpServer;
let io: Server;
let port: number;

const TRANSPORTS = [
  ["websocket", ["websocket"], "websocket"],
  ["polling", ["polling"], "polling"],
  ["upgrade", ["polling", "websocket"], "websocket"],
] as const;

interface Seen {
  readonly told: string[];
  readonly session: string;
  readonly transport: string;
  readonly online: boolean;
  readonly lastError: string;
  readonly packets: number;
}

/** A page from `host` whose client is connected to where it came from. */
async function openPage(host: string, transports: readonly string[], final: string) {
  const page = await browser.newPage();
  await page.goto(`http://${host}:${port}/`);
  await page.waitForFunction(() => window.lab !== undefined);
  await page.evaluate(
    ([names, delay]) => {
      const reconnection = { delay, delay_max: delay, jitter: 0 };
      const made = window.lab.make({ transports: names as ["websocket"], reconnection });
      for (const type of ["offline", "online"]) addEventListener(type, () => made.told.push(`the browser is ${type}`));
      window.lab.kept["player"] = made;
      made.client.connect_to_url(location.origin);
    },
    [transports, DELAY] as const,
  );
  const look = (): Promise<Seen> =>
    page.evaluate(() => {
      const { client, told } = window.lab.kept["player"]!;
      return {
        told,
        session: client.get_engine_io_session_id(),
        transport: client.get_transport(),
        online: navigator.onLine,
        lastError: client.get_last_error(),
        packets: client.get_stats().packets_received,
      };
    });
  const ready = async () => {
    const { transport, told } = await look();
    return transport === final && told.some((line) => line.startsWith("connected "));
  };
  await until(`the client of ${host} is connected over ${final}`, SECONDS, ready, look);
  return { page, look, setOffline: await networkSwitch(page) };
}

async function networkSwitch(page: Page): Promise<(offline: boolean) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  return async (offline) => {
    const limits = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await session.send("Network.emulateNetworkConditions", { offline, ...limits });
  };
}

const frames = (page: Page, count: number) => page.evaluate((frames) => window.lab.wait(frames), count);

describeInBrowser("a browser that loses its network", () => {
  beforeAll(async () => {
    const script = await bundlePage(makeProject("network-hints"), "lab");
    http = serve({ "/": ["text/html", html(' src="/page.js">')], "/page.js": ["text/javascript", script] });
    io = new Server(http);
    io.on("connection", (socket) => {
      let number = 0;
      const timer = setInterval(() => socket.emit("number", ++number), 20);
      socket.on("disconnect", () => clearInterval(timer));
    });
    port = await listen(http);
    chromium = await Chromium.start(`--host-resolver-rules=MAP ${REMOTE} 127.0.0.1`);
    browser = await playwright.connectOverCDP(chromium.endpoint);
  });

  afterAll(async () => {
    await browser?.close();
    await chromium?.close();
    await closeServer(io, http);
  });

  describe.each(TRANSPORTS)("%s, a server in the network", (name, transports, final) => {
    test("offline ends the connection long before the heartbeat would; online makes it again without the delay", async () => {
      const { page, look, setOffline } = await openPage(REMOTE, transports, final);
      const before = await look();
      await setOffline(true);
      const isAway = async () => {
        const { told, online } = await look();
        return !online && told.includes("the browser is offline") && told.includes("reconnecting 1");
      };
      await until("the client has noticed", SECONDS, isAway, look);
      const away = await look();
      expect(away).toMatchObject({ session: "", transport: "" });
      // A request that is under way may fail before the browser says why, and the next poll come before or after that.
      const isFirst = away.lastError === "the browser is offline";
      const lost = [`disconnected: transport ${isFirst ? "close" : "error"}`, "reconnecting 1"];
      expect(away.told.filter((line) => line !== "the browser is offline").slice(1)).toEqual(lost);
      if (isFirst) expect(away.told[1]).toBe("the browser is offline");
      else expect([name, away.lastError]).toEqual(["polling", expect.stringContaining("Failed to fetch")]);
      await frames(page, 30);
      expect((await look()).told).toEqual(away.told);

      await setOffline(false);
      const isBack = async () => (await look()).transport === final;
      await until("the client is back", SECONDS, isBack, look);
      const back = await look();
      expect(back.told.slice(4)).toEqual(["the browser is online", expect.stringMatching(/^connected ./)]);
      expect(back.session).not.toBe(before.session);
      await until("events arrive", SECONDS, async () => (await look()).packets > back.packets, look);
      console.log(`network | ${name} | ${[...back.told].join(" | ").replace(/connected \S+/g, "connected")}`);
      await page.close();
    });
  });

  test("attempts that are made while it is offline fail, and are made again at once when it is online", async () => {
    const { page, look, setOffline } = await openPage(REMOTE, ["websocket", "polling"], "websocket");
    await setOffline(true);
    await until("the client has noticed", SECONDS, async () => (await look()).told.includes("reconnecting 1"), look);
    expect(await page.evaluate(() => window.lab.kept["player"]!.client.reconnect_now())).toBe(0);
    await until("the attempt fails", SECONDS, async () => (await look()).told.includes("reconnecting 2"), look);
    expect((await look()).told.at(-2)).toMatch(/^connect_error 25: no WebSocket connection to .*; GET http.*no answer/);
    await setOffline(false);
    await until("the client is back", SECONDS, async () => (await look()).session !== "", look);
    await page.close();
  });

  test.each(["localhost", "127.0.0.1"])(
    "a server on this machine (%s) is not given up: the session lives on",
    async (host) => {
      const { page, look, setOffline } = await openPage(host, ["websocket"], "websocket");
      const before = await look();
      await setOffline(true);
      await until("the page has noticed", SECONDS, async () => (await look()).told.length > 1, look);
      await frames(page, 30);
      expect(await look()).toMatchObject({ online: false, session: before.session });
      await setOffline(false);
      const { packets } = await look();
      await until("events arrive", SECONDS, async () => (await look()).packets > packets, look);
      const after = await look();
      expect(after.session).toBe(before.session);
      expect(after.told.slice(1)).toEqual(["the browser is offline", "the browser is online"]);
      console.log(`network | ${host} | ${after.told.slice(1).join(" | ")} | the same session`);
      await page.close();
    },
  );

  test("a client that was closed hears nothing of it", async () => {
    const { page, look, setOffline } = await openPage(REMOTE, ["websocket"], "websocket");
    await page.evaluate(() => window.lab.kept["player"]!.client.close());
    const { told } = await look();
    await setOffline(true);
    await setOffline(false);
    await until("the page has noticed", SECONDS, async () => (await look()).told.length === told.length + 2, look);
    await frames(page, 5);
    expect((await look()).told.slice(told.length)).toEqual(["the browser is offline", "the browser is online"]);
    await page.close();
  });
});
