/*
 * A page that nobody looks at, and one that the player leaves and comes back to. Browsers keep a page that was left as it is, with its
 * connection, so that the way back is short; on the server the player stays until the heartbeat fails, unless the page says goodbye.
 */
import type { Server as HttpServer } from "node:http";
import { Server } from "socket.io";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { browserName, describeInAnyBrowser, startBrowser, type TestBrowser, type TestPage } from "./browser.js";
import { sleep, until } from "./until.js";
import { bundlePage, closeServer, html, listen, makeProject, serve } from "./user-app.js";

const SECONDS = 10;
const PING_INTERVAL = 1;
const PING_TIMEOUT = 1.5;
/** Three times what a client may be silent. */
const HIDDEN_SECONDS = 3 * (PING_INTERVAL + PING_TIMEOUT);
const NUMBERS = 9;
/** A page that goes must have answered before. */
const ANSWER_MILLISECONDS = 200;

let browser: TestBrowser;
let script: string;
let http: HttpServer;
let io: Server;
let origin: string;
/** What the server saw of its players. */
let seen: string[];

async function startServer(options: object): Promise<void> {
  const files = {
    "/": ["text/html", html(' src="/page.js">')],
    "/page.js": ["text/javascript", script],
    "/elsewhere": ["text/html", html(">document.title = 'elsewhere';")],
  } as const;
  http = serve(files);
  io = new Server(http, options);
  seen = [];
  io.on("connection", (socket) => {
    seen.push("came");
    socket.on("disconnect", (reason) => seen.push(`left: ${reason}`));
  });
  origin = `http://localhost:${await listen(http)}`;
}

/** A client in the page, polled by a timer until it is connected, and then only by frames, of which a hidden page has none. */
async function connect(page: TestPage, transports: readonly string[]): Promise<void> {
  await until("the page runs", SECONDS, () => page.evaluate(() => window.lab !== undefined).catch(() => false));
  await page.evaluate(async (names) => {
    const made = window.lab.make({ transports: names as ["polling"], reconnection: { delay: 0.1 } });
    window.lab.kept["player"] = made;
    made.client.get_namespace("/").on("number", ([number]) => made.told.push(`number ${number}`));
    made.client.connect_to_url(location.origin);
    const timer = setInterval(() => made.client.poll(), 50);
    await made.client.get_namespace("/").ready(8);
    for (let second = 0; second < 4 && made.client.get_transport() !== names.at(-1); second += 0.05)
      await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(timer);
  }, transports);
}

function look(page: TestPage) {
  return page.evaluate(() => {
    const { client, told } = window.lab.kept["player"]!;
    return {
      visibility: document.visibilityState,
      session: client.get_engine_io_session_id(),
      transport: client.get_transport(),
      pending: client.get_pending_count(),
      told,
    };
  });
}

const TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]] as const;

describeInAnyBrowser("a page that is not looked at", () => {
  beforeAll(async () => {
    script = await bundlePage(makeProject("leaving"), "lab");
    browser = await startBrowser();
    console.log(browser.version);
  });

  afterEach(async () => {
    await closeServer(io, http);
  });

  afterAll(async () => {
    await browser?.close();
  });

  test("hidden: stays connected though nothing polls, and hands over what came meanwhile", async () => {
    await startServer({ pingInterval: PING_INTERVAL * 1000, pingTimeout: PING_TIMEOUT * 1000 });
    const pages: TestPage[] = [];
    for (const transports of TRANSPORTS) {
      const page = await browser.openHidden(origin);
      await connect(page, transports);
      pages.push(page);
    }
    const lookAtAll = () => Promise.all(pages.map(look));
    const before = await lookAtAll();
    for (const [index, transports] of TRANSPORTS.entries())
      expect(before[index]).toMatchObject({ visibility: "hidden", transport: transports.at(-1) });
    for (let number = 0; number < NUMBERS; number++) {
      io.emit("number", number);
      await sleep((HIDDEN_SECONDS * 1000) / NUMBERS);
    }
    const away = await lookAtAll();
    const still = ({ visibility, session, transport }: (typeof away)[number]) => ({ visibility, session, transport });
    expect(away.map(still)).toEqual(before.map(still));
    // Firefox paints a frame now and then.
    if (browserName !== "firefox") expect(away.map(({ pending }) => pending)).toEqual(pages.map(() => NUMBERS));
    for (const page of pages) await page.evaluate(() => void window.lab.kept["player"]!.client.poll());
    const numbers = Array.from({ length: NUMBERS }, (_, number) => `number ${number}`);
    for (const { told } of await lookAtAll()) expect(told.slice(1)).toEqual(numbers);
    expect(seen).toEqual(pages.map(() => "came"));
    for (const page of pages) await page.close();
  });

  describe.each([["websocket"], ["polling"]])("%s", (transport) => {
    let page: TestPage;

    beforeEach(async () => {
      // By the heartbeat the server would notice after a minute.
      await startServer({ pingInterval: 30_000, pingTimeout: 30_000 });
      page = await browser.open(origin);
      await connect(page, [transport]);
    });

    afterEach(() => page.close());

    async function leave(): Promise<void> {
      await page.evaluate((wait) => void setTimeout(() => location.assign("/elsewhere"), wait), ANSWER_MILLISECONDS);
      const isAway = () => page.evaluate(() => document.title === "elsewhere").catch(() => false);
      await until("the other page is there", SECONDS, isAway);
    }

    /** Goes back; whether the page is the one that was left, and not loaded again. */
    async function comeBack(): Promise<boolean> {
      await page.evaluate((wait) => void setTimeout(() => history.back(), wait), ANSWER_MILLISECONDS);
      const isBack = () => page.evaluate(() => window.lab !== undefined).catch(() => false);
      await until("the page is there again", SECONDS, isBack);
      return page.evaluate(() => window.lab.kept["player"] !== undefined);
    }

    test("left and come back to: it is connected, or is again at once", async () => {
      await leave();
      if (!(await comeBack())) return expect(browserName).toBe("firefox");
      const hears = async () => {
        io.emit("number", 7);
        return (await look(page)).told.includes("number 7");
      };
      await until("it hears the server", SECONDS, hears, () => look(page));
      const told = (await look(page)).told.filter((line) => line !== "number 7");
      const lost = [expect.stringMatching(/^disconnected: transport (error|close)$/), "reconnecting 1"];
      const connected = expect.stringMatching(/^connected ./);
      expect(told).toEqual(told.length === 1 ? [connected] : [connected, ...lost, connected]);
    });

    test("which says goodbye on pagehide: the server knows at once, and a page that is shown again connects", async () => {
      await page.evaluate(() => {
        const { client } = window.lab.kept["player"]!;
        addEventListener("pagehide", () => client.close());
        addEventListener("pageshow", ({ persisted }) => {
          if (persisted) client.connect_to_url(location.origin);
        });
      });
      await leave();
      await until(
        "the server has seen the player go",
        SECONDS,
        () => seen.length === 2,
        () => seen,
      );
      expect(seen[1]).toMatch(/^left: (client namespace disconnect|transport (close|error))$/);
      if (!(await comeBack())) return expect(browserName).toBe("firefox");
      await until(
        "it is connected",
        SECONDS,
        async () => (await look(page)).session !== "",
        () => look(page),
      );
      await until(
        "the server has the player back",
        SECONDS,
        () => seen[2] === "came",
        () => seen,
      );
      expect((await look(page)).told.slice(1, 2)).toEqual(["disconnected: client disconnect"]);
    });
  });
});
