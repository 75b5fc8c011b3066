/*
 * The plugins in real Phaser: a frame, a hidden page, scenes that come and go, and what an installation leaves behind.
 *
 * The page's Phaser is the one in node_modules. For another version: PHASER=<path of its dist/phaser.esm.min.js>.
 */
import { readFileSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { createRequire } from "node:module";
import { Server } from "socket.io";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { SocketIOScenePlugin } from "../../src/loop/phaser.js";
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

const PHASER =
  process.env["PHASER"] ??
  createRequire(import.meta.url)
    .resolve("phaser")
    .replace(/phaser\.js$/, "phaser.esm.min.js");
const IMPORTS = '<script type="importmap">{ "imports": { "phaser": "/engine.js" } }</script>';

describeInBrowser("the Phaser plugins", () => {
  let chromium: Chromium;
  let cdp: Cdp;
  let other: Tab;
  let tab: Tab;
  let http: HttpServer;
  let io: Server;
  let timer: NodeJS.Timeout;
  const dropped: string[] = [];
  const inputs: number[] = [];
  const farewells: string[] = [];

  const see = () =>
    tab.evaluate(() => {
      const { client, told, resumed, hides, returns } = window.phaser;
      const { reconnects } = client.get_stats();
      return { session: client.get_engine_io_session_id(), reconnects, told, resumed, hides, returns };
    });
  const visibility = (wanted: string) =>
    until(`the page is ${wanted}`, WAIT_SECONDS, async () => {
      return (await tab.evaluate(() => document.visibilityState)) === wanted;
    });

  beforeAll(async () => {
    chromium = await Chromium.start("--window-size=640,480");
    cdp = await Cdp.connect(chromium.endpoint);
    other = await cdp.open("about:blank");
    const script = await bundlePage(makeProject("phaser"), "phaser", ["phaser"]);
    http = serve({
      "/": ["text/html", html(' src="/page.js">', IMPORTS)],
      "/page.js": ["text/javascript", script],
      "/engine.js": ["text/javascript", readFileSync(PHASER, "utf8")],
    });
    io = new Server(http, { pingInterval: PING_INTERVAL * 1000, pingTimeout: PING_TIMEOUT * 1000 });
    for (const namespace of [io, io.of("/chat")]) {
      namespace.on("connection", (socket) => {
        socket.on("burst", (event: string, count: number) => {
          for (let number = 1; number <= count; number++) socket.emit(event, number);
        });
      });
    }
    io.on("connection", (socket) => {
      socket.on("play", () => socket.join("players"));
      socket.on("rest", () => socket.leave("players"));
      socket.on("farewell", (text: string) => farewells.push(text));
      socket.on("input", (update: number) => inputs.push(update));
      socket.on("disconnect", (reason) => dropped.push(reason));
    });
    const port = await listen(http);
    let number = 0;
    timer = setInterval(() => {
      io.to("players").emit(++number % 20 === 0 ? "chat" : "number", number);
    }, NUMBER_SECONDS * 1000);
    tab = await cdp.open(`http://localhost:${port}/`);
    const isPlaying = () =>
      tab.evaluate(() => window.phaser?.isRunning("arena") && window.phaser.client.is_socket_connected());
    await until("the arena runs", WAIT_SECONDS, isPlaying, () => tab.errors);
    console.log(`Phaser ${await tab.evaluate(() => window.phaser.version)}`);
  });

  afterAll(async () => {
    clearInterval(timer);
    await tab?.close();
    await closeServer(io, http);
    cdp?.close();
    await chromium?.close();
  });

  describe("a page that is hidden and shown", () => {
    type Seen = Awaited<ReturnType<typeof see>>;
    let before: Seen;
    let away: Seen;
    let after: Seen;

    beforeAll(async () => {
      await tab.evaluate(() => window.phaser.play());
      const hasPlayed = async () => inputs.length > 50 && (await see()).told.some(([what]) => what === "chat");
      await until("the game has played", WAIT_SECONDS, hasPlayed);
      await other.show();
      await visibility("hidden");
      before = await see();
      await sleep(HIDDEN_SECONDS * 1000);
      away = await see();
      await tab.show();
      await visibility("visible");
      await tab.evaluate(() => window.phaser.frames(10));
      after = await see();
      await tab.evaluate(() => window.phaser.rest());
    });

    test("every update is told to the server, once and in order", () => {
      const [first = 0] = inputs;
      expect(inputs.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, index) => first + index));
    });

    test("while it is hidden there are no frames and nothing is heard", () => {
      expect(away.told).toEqual(before.told);
    });

    test("the session is the same, and the server never let go of it", () => {
      expect(before.session).not.toBe("");
      expect(after).toMatchObject({ session: before.session, reconnects: 0 });
      expect(dropped).toEqual([]);
    });

    test("on return resumed is told once, before all that waited; then the queue, the newest number, the update", () => {
      const told = after.told.slice(before.told.length);
      const update = told.findIndex(([what]) => what === "update");
      const first = told.slice(0, update + 1);
      console.log("the first frame after the return:", first.map((pair) => pair.join(" ")).join(", "));
      expect(first[0]).toEqual(["resumed", 1]);
      expect(after.resumed).toHaveLength(1);
      const chats = first.filter(([what]) => what === "chat").map(([, number]) => number);
      expect(chats.length).toBeGreaterThanOrEqual(Math.floor(HIDDEN_SECONDS / (20 * NUMBER_SECONDS)) - 1);
      expect(chats).toEqual(chats.map((_, index) => (chats[0] ?? 0) + 20 * index));
      const numbers = first.filter(([what]) => what === "number").map(([, number]) => number);
      expect(numbers).toHaveLength(1);
      expect(numbers[0]).toBeGreaterThan((chats.at(-1) ?? 0) - 20);
    });

    test("hidden_seconds is the time from the hiding to that frame, skipped what EVENT_LATEST left out in it", () => {
      const [hint] = after.resumed;
      const [from] = after.hides;
      const [to] = after.returns;
      console.log("resumed:", hint);
      if (hint === undefined || from === undefined || to === undefined) throw new Error("nothing was told");
      expect(hint.hidden_seconds).toBeGreaterThanOrEqual(HIDDEN_SECONDS);
      // The page looks on its own, a moment before or after the plugin.
      expect(hint.hidden_seconds).toBeCloseTo(to.time - from.time, 1);
      expect(hint.skipped).toBe(to.skipped - from.skipped);
      expect(hint.skipped).toBeGreaterThan((HIDDEN_SECONDS / NUMBER_SECONDS) * 0.6);
    });
  });

  describe("scenes that come and go", () => {
    beforeEach(() => tab.evaluate(() => window.phaser.reset()));

    const LISTENERS = ["arena: 1", "arena, second: 1", "arena, once: 1", "arena, signal: 1"];

    test("50 changes of the scene leave as many listeners as there were before", async () => {
      const { registered, heard, chat, afterwards } = await tab.evaluate(async () => {
        const { change, probe, registered } = window.phaser;
        const before = { registered: registered(), heard: await probe(1), chat: await probe(1, "/chat") };
        await change(50);
        return {
          ...before,
          afterwards: { registered: registered(), heard: await probe(1), chat: await probe(1, "/chat") },
        };
      });
      console.log("registered before and after 50 changes:", registered, afterwards.registered);
      expect(heard).toEqual(LISTENERS);
      expect(chat).toEqual(["arena, chat: 1", "arena, signal: 1"]);
      expect(afterwards).toEqual({ registered, heard, chat });
    });

    const UNTIL_THE_SECOND = [...LISTENERS, "arena: 2"];
    test.each(["stop", "start", "remove", "stop at once", "restart", "run", "switch"] as const)(
      "%s inside a callback: nothing of the scene is called after it, in the same poll neither",
      async (how) => {
        expect(await tab.evaluate((how) => window.phaser.endInside(how), how)).toEqual(UNTIL_THE_SECOND);
        const isOver = how === "stop" || how === "remove" || how === "stop at once";
        const next = how === "start" ? "menu" : "arena";
        const heard = await tab.evaluate(() => window.phaser.probe(1));
        expect(heard).toEqual(isOver ? [] : LISTENERS.map((line) => line.replace("arena", next)));
      },
    );

    test("a scene that is paused or sleeps still hears, unless it was told to pause with the scene", async () => {
      const heard = await tab.evaluate(async () => {
        const { game, frames, probe } = window.phaser;
        const scene = game.scene.getScene("arena") as unknown as { net: { pause_with_scene: boolean } };
        const results: string[][] = [];
        for (const isPausing of [false, true]) {
          scene.net.pause_with_scene = isPausing;
          game.scene.pause("arena");
          results.push(await probe(1));
          game.scene.resume("arena");
          game.scene.sleep("arena");
          await frames(1);
          results.push(await probe(1));
          game.scene.wake("arena");
        }
        scene.net.pause_with_scene = false;
        return results;
      });
      const still = LISTENERS.filter((line) => !line.includes("once"));
      expect(heard).toEqual([LISTENERS, still, ["arena, signal: 1"], ["arena, signal: 1"]]);
    });
  });

  describe("installing", () => {
    test("a second time, by any way and under any key: the same plugin, one poll a frame", async () => {
      const result = await tab.evaluate(async () => {
        const { game, registered, SocketIOPlugin } = window.phaser;
        const before = registered();
        const plugin = SocketIOPlugin.from(game);
        const again = [
          SocketIOPlugin.install(game),
          SocketIOPlugin.install(game, { key: "Other" }),
          game.plugins.install("SocketIOPlugin", SocketIOPlugin, true),
          game.plugins.install("Another", SocketIOPlugin, true),
          game.plugins.get("SocketIOPlugin"),
        ].map((other) => (other as unknown) === plugin);
        return { before, after: registered(), again };
      });
      expect(result.again).toEqual([true, true, false, true, true]);
      expect(result.after).toEqual(result.before);
    });

    test("with another client: an error that says so, and nothing has changed", async () => {
      const result = await tab.evaluate(() => {
        const { client, game, registered, SocketIOClient, SocketIOPlugin } = window.phaser;
        const before = [registered(), game.plugins.plugins.length];
        let message = "";
        try {
          SocketIOPlugin.install(game, { client: new SocketIOClient() });
        } catch (error) {
          message = String(error);
        }
        const isSame = SocketIOPlugin.from(game).client === client;
        return { message, before, after: [registered(), game.plugins.plugins.length], isSame };
      });
      expect(result.message).toBe(
        'TypeError: option "client" must be the one that this game\'s SocketIOPlugin has already, got "another one"',
      );
      expect(result.after).toEqual(result.before);
      expect(result.isSame).toBe(true);
    });

    // In both cases Phaser leaves the game without what its config asks for. The destruction of any game makes it forget what it has.
    test.each([
      ["in a second game on the page", "CANVAS"],
      ["with Phaser.HEADLESS", "HEADLESS"],
    ] as const)(
      "%s: not by the config, which from() says; by install(), for scenes that are there as well",
      async (_, type) => {
        const result = await tab.evaluate(async (type) => {
          const { frames, makeGame, SocketIOClient, SocketIOPlugin } = window.phaser;
          interface Scene {
            socketio: unknown;
            net: { client: unknown; on(event: string, callback: (data: number[]) => void): void };
          }
          const told: unknown[] = [];
          const game = makeGame(type, {
            create(this: Scene) {
              try {
                this.net.on("probe", () => {});
              } catch (error) {
                told.push(String(error));
              }
            },
          });
          await new Promise((resolve) => game.events.once("ready", resolve));
          for (let turn = 0; turn < 200 && told.length < 1; turn++) await frames(1);
          const client = new SocketIOClient();
          const plugin = SocketIOPlugin.install(game, { client, mapping: "socketio" });
          const scene = game.scene.scenes[0] as unknown as Scene;
          told.push(scene.socketio === plugin, scene.net.client === client);
          told.push(SocketIOPlugin.from(game) === plugin, game.plugins.get("SocketIOPlugin") === (plugin as unknown));
          scene.net.on("probe", ([number]) => told.push(`probe ${number}`));
          client.connect_to_url(location.origin);
          await client.get_namespace().ready();
          client.get_namespace().emit("burst", ["probe", 1]);
          for (let turn = 0; turn < 200 && told.length < 6; turn++) await frames(1);
          game.destroy(true);
          await frames(5);
          told.push(["prestep", "poststep", "pause"].map((event) => game.events.listenerCount(event)));
          told.push(client.is_socket_connected());
          client.close();
          return told;
        }, type);
        const [message, ...others] = result;
        expect(message).toContain("TypeError: this game has no SocketIOPlugin");
        expect(others).toEqual([true, true, true, true, "probe 1", [0, 0, 0], true]);
      },
    );

    test.each(["HEADLESS", "CANVAS"] as const)(
      "%s, right behind the constructor: scenes have it in their create",
      async (type) => {
        const result = await tab.evaluate(async (type) => {
          const { client, frames, makeGame, SocketIOPlugin } = window.phaser;
          const told: unknown[] = [];
          const game = makeGame(type, {
            create(this: { socketio: unknown; net: { client: unknown } }) {
              told.push(this.socketio, this.net.client);
            },
          });
          // The mapping is that of the config.
          const plugin = SocketIOPlugin.install(game);
          for (let turn = 0; turn < 200 && told.length < 2; turn++) await frames(1);
          game.destroy(true);
          await frames(5);
          return [told[0] === plugin, told[1] === client, plugin.client === client];
        }, type);
        expect(result).toEqual([true, true, true]);
      },
    );
  });

  test("a scene that starts anew hears what it says in its create; the farewell of a game that is destroyed is sent", async () => {
    const result = await tab.evaluate(async () => {
      const { frames, makeGame, Signal, SocketIOClient, SocketIOPlugin } = window.phaser;
      const score = new Signal<[run: number]>();
      const client = new SocketIOClient();
      const told: string[] = [];
      let runs = 0;
      const scene = {
        create(this: unknown) {
          const scene = this as unknown as Phaser.Scene & { net: InstanceType<typeof SocketIOScenePlugin> };
          const run = ++runs;
          scene.net.connect(score, (of: number) => told.push(`run ${run}: ${of}`));
          score.emit(run);
          if (run === 1) scene.events.once("destroy", () => scene.net.emit("farewell", ["goodbye"]));
        },
      };
      // The page's own client would be flushed by the other game.
      const entry = { key: "Own", plugin: SocketIOPlugin, start: true, data: { client } };
      const game = makeGame("CANVAS", scene, [entry]);
      client.connect_to_url(location.origin);
      await client.get_namespace().ready();
      for (let turn = 1; turn < 3; turn++) {
        await frames(2);
        game.scene.scenes[0]?.scene.restart();
      }
      await frames(2);
      game.destroy(true);
      await frames(5);
      const isConnected = client.is_socket_connected();
      return { told, isConnected, close: client.close() };
    });
    expect(result).toMatchObject({ told: ["run 1: 1", "run 2: 2", "run 3: 3"], isConnected: true });
    await until("the farewell is there", WAIT_SECONDS, async () => farewells.length > 0);
    expect(farewells).toEqual(["goodbye"]);
  });

  test("the page reported no error", () => {
    expect(tab.errors).toEqual([]);
  });
});
