/*
 * The NetGraph in a page that plays against a real server: it is drawn, says what the client's statistics say, lets clicks
 * through, is switched by its key and leaves nothing behind. Pictures of it are put into test/.cache/net-graph, for people.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cdp, type Tab } from "./cdp.js";
import { Chromium, describeInBrowser } from "./chromium.js";
import { until } from "./until.js";
import { bundlePage, closeServer, html, listen, makeProject, serve } from "./user-app.js";

const WAIT_SECONDS = 15;
const PICTURES = fileURLToPath(new URL("../.cache/net-graph/", import.meta.url));
const STYLE = `<style>
  div { pointer-events: auto !important; width: 9px !important; }
  canvas { width: 1px !important; display: none !important; }
</style>`;

/** Commands to the tab of that address which `Tab` has no method for. */
async function attach(cdp: Cdp, url: string): Promise<(method: string, params?: object) => Promise<unknown>> {
  type Targets = { targetInfos: { url: string; targetId: string }[] };
  const targetId = await until(`the tab of ${url} is listed`, WAIT_SECONDS, async () => {
    const { targetInfos } = await cdp.send<Targets>("Target.getTargets");
    return targetInfos.find((target) => target.url === url)?.targetId;
  });
  const { sessionId } = await cdp.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
  return (method, params = {}) => cdp.send(method, params, sessionId);
}

describeInBrowser("NetGraph", () => {
  let chromium: Chromium;
  let cdp: Cdp;
  let tab: Tab;
  let http: HttpServer;
  let io: Server;
  let timer: NodeJS.Timeout;
  let url = "";

  beforeAll(async () => {
    chromium = await Chromium.start("--window-size=800,640");
    cdp = await Cdp.connect(chromium.endpoint);
    const script = await bundlePage(makeProject("net-graph"), "net-graph");
    const page = html(' src="/page.js">', STYLE);
    http = serve({ "/": ["text/html", page], "/page.js": ["text/javascript", script] });
    io = new Server(http);
    url = `http://localhost:${await listen(http)}/`;
    timer = setInterval(() => io.emit("state", "x".repeat(200)), 25);
    tab = await cdp.open(url);
    await until("the page is there", WAIT_SECONDS, () => tab.evaluate(() => "netGraph" in window));
  });

  afterAll(async () => {
    clearInterval(timer);
    await tab?.close();
    await closeServer(io, http);
    cdp?.close();
    await chromium?.close();
  });

  test("one line adds it, and it is drawn by the polls of the game", async () => {
    expect(await tab.evaluate(() => window.netGraph.count())).toBe(0);
    await tab.evaluate(() => void window.netGraph.make({ key: "F3" }));
    expect(await tab.evaluate(() => window.netGraph.count())).toBe(1);
    const drawn = await until("something is drawn", WAIT_SECONDS, () =>
      tab.evaluate(() => window.netGraph.ink() > 3000 && window.netGraph.ink()),
    );
    console.log(`pixels that are not the ground: ${drawn}`);
  });

  test("what it says is what get_stats() says", async () => {
    const hasRates = () => tab.evaluate(() => (window.netGraph.graphs[0]?.get_data().slices.length ?? 0) >= 25);
    await until("2 s have passed", WAIT_SECONDS, hasRates);
    const { text, data, stats } = await tab.evaluate(() => {
      const { client, graphs } = window.netGraph;
      const [graph] = graphs;
      return { text: graph?.to_text() ?? "", data: graph?.get_data(), stats: client.get_stats() };
    });
    console.log(text);
    if (data === undefined) throw new Error("there is no graph");
    expect(text).toMatch(/^connected · websocket · 0 reconnects$/m);
    expect(data.stats.rtt).toBe(stats.rtt);
    expect(data.stats.packets_received).toBeLessThanOrEqual(stats.packets_received);
    expect(data.stats.packets_received).toBeGreaterThan(stats.packets_received - 40);
    const bytes = data.slices.reduce((sum, slice) => sum + slice.bytes_in, 0);
    const packets = data.slices.reduce((sum, slice) => sum + slice.packets_in, 0);
    const perPacket = '42["state",""]'.length + 200;
    // The answer to the CONNECT is a packet, and a short one; the handshake is bytes, and no packet.
    expect(bytes).toBeGreaterThanOrEqual((packets - 1) * perPacket);
    expect(bytes).toBeLessThan(packets * perPacket + 200);
    expect(data.events[0]).toMatchObject({ direction: "in", event: "state", path: "/" });
    expect(data.events[0]?.bytes).toBeCloseTo((data.events[0]?.packets ?? 0) * perPacket, 3);
    expect(text).toContain("in state");
  });

  test("its size is its own, whatever the page says of every canvas and div", async () => {
    const { width, height, pointer } = await tab.evaluate(() => {
      const host = [...document.querySelectorAll("div")].find((element) => element.shadowRoot !== null);
      const canvas = host?.shadowRoot?.querySelector("canvas");
      const { width = 0, height = 0 } = canvas?.getBoundingClientRect() ?? {};
      return { width, height, pointer: getComputedStyle(host as Element).pointerEvents };
    });
    expect([width, height, pointer]).toEqual([320, 262, "none"]);
    expect(await tab.evaluate(() => document.querySelector("canvas"))).toBeNull();
  });

  test("a click on it is a click on the page", async () => {
    const before = await tab.evaluate(() => window.netGraph.clicks);
    const x = (await tab.evaluate(() => innerWidth)) - 100;
    const send = await attach(cdp, url);
    for (const type of ["mousePressed", "mouseReleased"])
      await send("Input.dispatchMouseEvent", { type, x, y: 100, button: "left", clickCount: 1 });
    await until("the click is heard", WAIT_SECONDS, () =>
      tab.evaluate((count) => window.netGraph.clicks > count, before),
    );
  });

  test("its key hides and shows it", async () => {
    const isShown = () =>
      tab.evaluate(() => {
        const host = [...document.querySelectorAll("div")].find((element) => element.shadowRoot !== null);
        return getComputedStyle(host as Element).display === "block";
      });
    const press = async () => {
      await tab.key("keyDown", "F3");
      await tab.key("keyUp", "F3");
    };
    expect(await isShown()).toBe(true);
    await press();
    await until("it is hidden", WAIT_SECONDS, async () => !(await isShown()));
    await press();
    await until("it is shown", WAIT_SECONDS, isShown);
  });

  test("a second one is drawn beside it; dispose() removes what is its own alone", async () => {
    await tab.evaluate(() => void window.netGraph.make({ corner: "bottom-left" }));
    await until("the second is drawn", WAIT_SECONDS, () => tab.evaluate(() => window.netGraph.ink() > 3000));
    await tab.evaluate(() => window.netGraph.graphs[1]?.dispose());
    expect(await tab.evaluate(() => window.netGraph.count())).toBe(1);
    const drawTime = await tab.evaluate(() => window.netGraph.graphs[0]?.draw_time ?? 0);
    console.log(`a drawing takes ${(drawTime * 1000).toFixed(2)} ms here, without a graphics card`);
    await tab.evaluate(() => window.netGraph.graphs[0]?.dispose());
    const left = await tab.evaluate(() => {
      const { client, graphs } = window.netGraph;
      const isObserving = graphs.some((graph) => client.remove_observer(graph as never));
      return { count: window.netGraph.count(), children: document.body.children.length, isObserving };
    });
    expect(left).toEqual({ count: 0, children: 0, isObserving: false });
    expect(tab.errors).toEqual([]);
  });

  test.each([1, 2])("pictures at %i pixels to the unit, on light and dark", async (deviceScaleFactor) => {
    mkdirSync(PICTURES, { recursive: true });
    const scenes = await cdp.open(`${url}?scenes`);
    try {
      const metrics = { width: 760, height: 580, deviceScaleFactor, mobile: false };
      const send = await attach(cdp, `${url}?scenes`);
      await send("Emulation.setDeviceMetricsOverride", metrics);
      await until("the page is there", WAIT_SECONDS, () => scenes.evaluate(() => "netGraph" in window));
      const ink = await scenes.evaluate(() => {
        document.body.style.cssText =
          "margin: 0; height: 100vh; background: linear-gradient(90deg, #fff 50%, #101010 50%)";
        const places = {
          idle: "top-left",
          busy: "top-right",
          bad: "bottom-left",
          disconnected: "bottom-right",
        } as const;
        return Object.entries(places).map(([scene, corner]) => {
          window.netGraph.scene(scene, { corner });
          return window.netGraph.ink();
        });
      });
      const { data } = (await send("Page.captureScreenshot")) as { data: string };
      writeFileSync(`${PICTURES}${deviceScaleFactor}x.png`, Buffer.from(data, "base64"));
      for (const pixels of ink) expect(pixels).toBeGreaterThan(3000 * deviceScaleFactor ** 2);
      expect(scenes.errors).toEqual([]);
    } finally {
      await scenes.close();
    }
  });
});
