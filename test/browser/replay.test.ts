/*
 * A session that was recorded in a real browser, against a real socket.io server: it begins by polling, moves to WebSocket, loses its
 * connection and the browser's network. It is played in that browser and in Node, to the same state.
 */
import type { Server as HttpServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Server } from "socket.io";
import { SessionPlayer } from "socketio-gameloop/tools";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ENTRY_POINTS } from "../entry-points.mjs";
import { Arena } from "../tools/replay-hash/arena.js";
import { Cdp, type Tab } from "./cdp.js";
import { Chromium, describeInBrowser } from "./chromium.js";
import { until } from "./until.js";
import { closeServer, html, listen, serve } from "./user-app.js";

const WAIT_SECONDS = 15;
const SNAPSHOT_MILLISECONDS = 30;

/** The page with the library as it is in `src`. */
async function bundle(): Promise<string> {
  const alias = Object.fromEntries(
    ENTRY_POINTS.map(({ find, replacement }) => [find.source.slice(1, -1).replaceAll("\\/", "/"), replacement]),
  );
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./pages/replay.ts", import.meta.url))],
    bundle: true,
    alias,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}

describeInBrowser("a session that was recorded in a browser", () => {
  let chromium: Chromium;
  let cdp: Cdp;
  let tab: Tab;
  let http: HttpServer;
  let io: Server;
  let timer: NodeJS.Timeout;
  let recorded: { readonly text: string; readonly state: string; readonly hash: string };

  beforeAll(async () => {
    const script = await bundle();
    http = serve({ "/": ["text/html", html(' src="/page.js">')], "/page.js": ["text/javascript", script] });
    io = new Server(http, { connectionStateRecovery: {}, pingInterval: 500, pingTimeout: 400 });
    io.of("/chat").on("connection", (socket) => void socket.emit("said", "server", "welcome"));
    io.on("connection", (socket) => {
      socket.emit("terrain", Buffer.from([1, 2, 3, 250]));
      socket.on("hit", (_id, _bytes, reply) => reply(5));
    });
    let tick = 0;
    timer = setInterval(() => {
      tick++;
      io.emit("snapshot", tick, [["ship", tick * 1.7, Math.sin(tick), -tick / 3]]);
      if (tick % 10 === 0) io.emit("shot", "ship", tick);
    }, SNAPSHOT_MILLISECONDS);
    const port = await listen(http);
    chromium = await Chromium.start();
    cdp = await Cdp.connect(chromium.endpoint);
    tab = await cdp.open(`http://localhost:${port}/`);
    await until("the page is loaded", WAIT_SECONDS, () => tab.evaluate(() => window.replay !== undefined));
    await tab.evaluate((url) => window.replay.start(url as string), `ws://localhost:${port}/?ticket=1234`);
    const ticks = () => tab.evaluate(() => window.replay.arena.tick);
    const transport = () => tab.evaluate(() => window.replay.client.get_transport());
    await until("the session is over WebSocket", WAIT_SECONDS, async () => (await transport()) === "websocket");
    const before = await until("snapshots come", WAIT_SECONDS, async () => (await ticks()) > 0 && (await ticks()));
    for (const [, socket] of io.of("/").sockets) socket.conn.close();
    await tab.evaluate(() => window.dispatchEvent(new Event("offline")));
    await tab.evaluate(() => window.dispatchEvent(new Event("online")));
    await until("more snapshots come", WAIT_SECONDS, async () => (await ticks()) > before + 20);
    recorded = await tab.evaluate(() => window.replay.stop());
  });

  afterAll(async () => {
    clearInterval(timer);
    cdp?.close();
    await chromium?.close();
    await closeServer(io, http);
  });

  test("holds a session with an upgrade and a lost connection, and no secret", () => {
    expect(recorded.text).toContain('"leave"');
    expect(recorded.text).toContain('["net",');
    expect(recorded.text).not.toMatch(/secret of the page|1234|secret of the chat/);
    expect(JSON.parse(recorded.state).acknowledged).toBeGreaterThan(0);
  });

  test("comes to the same state in that browser", async () => {
    const played = await tab.evaluate((text) => window.replay.play(text as string), recorded.text);
    expect(played).toEqual({ state: recorded.state, hash: recorded.hash, divergences: 0 });
  });

  test("and in Node", () => {
    const player = new SessionPlayer(recorded.text, { listeners: "game" });
    const arena = new Arena(player.client);
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(arena.state).toBe(recorded.state);
    expect(player.get_hash()).toBe(recorded.hash);
  });
});
