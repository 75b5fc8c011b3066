/** A game of two scenes in real Phaser, with both plugins; it notes what it hears and does. */
import * as Phaser from "phaser";
import { Signal, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { SocketIOPlugin, SocketIOScenePlugin } from "socketio-gameloop/phaser";

interface ServerEvents {
  number: (number: number) => void;
  chat: (number: number) => void;
  probe: (number: number) => void;
}

interface ClientEvents {
  play: () => void;
  rest: () => void;
  input: (update: number) => void;
  burst: (event: string, count: number) => void;
  echo: (text: string, answer: (text: string) => void) => void;
}

/** How a scene is ended by its own callback. */
type Ending = "stop" | "start" | "restart" | "run" | "switch" | "remove" | "stop at once";

const plugins = {
  global: [{ key: "SocketIOPlugin", plugin: SocketIOPlugin, start: true, mapping: "socketio" }],
  scene: [{ key: "SocketIOScenePlugin", plugin: SocketIOScenePlugin, mapping: "net" }],
};

const client = SocketIOClient.get_singleton();
const main = client.get_namespace<ServerEvents, ClientEvents>("/");
const chat = client.create_namespace<ServerEvents, ClientEvents>("/chat");
/** What was heard and done, in order. */
const told: [what: string, number: number][] = [];
const resumed: { hidden_seconds: number; skipped: number }[] = [];
/** By the page's own listeners: when it was hidden and when the game went on, in seconds, and what `events_skipped` was. */
const hides: { time: number; skipped: number }[] = [];
const returns: { time: number; skipped: number }[] = [];
let heard: string[] = [];
let updates = 0;
/** What the second probe does to the scene that hears it. */
let ending: Ending | null = null;

class Play extends Phaser.Scene {
  declare readonly socketio: SocketIOPlugin;
  declare readonly net: SocketIOScenePlugin<ServerEvents, ClientEvents>;

  create(): void {
    const { key } = this.sys.settings;
    this.net.on("number", ([number]) => told.push(["number", number]));
    this.net.on("chat", ([number]) => told.push(["chat", number]));
    this.net.on("probe", this.probed);
    this.net.on("probe", ([number]) => heard.push(`${key}, second: ${number}`));
    this.net.once("probe", ([number]) => heard.push(`${key}, once: ${number}`));
    this.net.namespace<ServerEvents>("/chat").on("probe", ([number]) => heard.push(`${key}, chat: ${number}`));
    this.net.connect(this.net.client.event_received, (event, data) => {
      if (event === "probe") heard.push(`${key}, signal: ${data[0]}`);
    });
  }

  /** A method that nobody has bound: its `this` is the scene. */
  probed([number]: [number]): void {
    heard.push(`${this.sys.settings.key}: ${number}`);
    if (ending === null || number !== 2) return;
    const how = ending;
    ending = null;
    if (how === "stop at once") this.game.scene.stop(this.sys.settings.key);
    else if (how === "remove") this.scene.remove();
    else if (how === "start") this.scene.start("menu");
    else if (how === "run") this.scene.run(this);
    else if (how === "switch") this.game.scene.getScene("menu")?.scene.switch(this);
    else this.scene[how]();
  }

  override update(): void {
    updates++;
    told.push(["update", updates]);
    this.net.emit_volatile("input", [updates]);
  }
}

const config = { width: 320, height: 240, banner: false, audio: { noAudio: true }, plugins };
const game = new Phaser.Game({ ...config, type: Phaser.CANVAS, scene: [] });
game.scene.add("arena", Play, true);
game.scene.add("menu", Play);

const look = () => ({ time: performance.now() / 1000, skipped: client.get_stats().events_skipped });

game.events.once("ready", () => {
  SocketIOPlugin.from(game).resumed.connect((hidden_seconds, skipped) => {
    returns.push(look());
    told.push(["resumed", resumed.push({ hidden_seconds, skipped })]);
  });
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hides.push(look());
});
main.set_event_mode("number", SocketIONamespace.EVENT_LATEST);
client.connect_to_url(location.origin);
chat.connect_to_namespace();

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`it did not come to that: ${what}`);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

const page = {
  version: Phaser.VERSION,
  game,
  client,
  told,
  resumed,
  hides,
  returns,

  isRunning: (key: string) => game.scene.isActive(key) === true,

  async frames(count: number): Promise<void> {
    const last = game.loop.frame + count;
    await until(`${count} frames`, () => game.loop.frame >= last);
  },

  /** Leaves nothing but the arena running, anew. */
  async reset(): Promise<void> {
    for (const key of ["arena", "menu"]) {
      if (game.scene.getScene(key) === null) game.scene.add(key, Play);
      game.scene.stop(key);
    }
    game.scene.start("arena");
    await page.frames(2);
  },

  /** From one scene to the other, as scenes do it themselves. */
  async change(times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      const [from, to] = page.isRunning("arena") ? ["arena", "menu"] : ["menu", "arena"];
      game.scene.getScene(from)?.scene.start(to);
      await until(`${to} runs`, () => page.isRunning(to) && !page.isRunning(from));
    }
  },

  /** Has the server send numbered probes, all of which are there before one poll delivers them; returns what was heard. */
  async probe(count: number, path: "/" | "/chat" = "/"): Promise<string[]> {
    heard = [];
    client.set_dispatch_paused(true);
    (path === "/" ? main : chat).emit("burst", ["probe", count]);
    await until(`${count} probes wait`, () => client.get_pending_count() >= count);
    client.set_dispatch_paused(false);
    await page.frames(3);
    return heard;
  },

  /** What probes hear of which the second one ends the scene. */
  async endInside(how: Ending): Promise<string[]> {
    ending = how;
    return page.probe(4);
  },

  /** How much is registered. */
  registered() {
    const scene = game.scene.getScene("arena");
    return {
      signals: client.event_received.get_connections().length,
      game: ["prestep", "poststep", "pause"].map((event) => game.events.listenerCount(event)),
      scene: ["shutdown", "destroy", "boot", "start"].map((event) => scene?.events.listenerCount(event)),
    };
  },

  /** Another game on the same page, with the same plugins in its config, or another entry for the global one. */
  makeGame: (type: "HEADLESS" | "CANVAS", scene: object, global: object[] = plugins.global): Phaser.Game =>
    new Phaser.Game({
      ...config,
      type: type === "CANVAS" ? Phaser.CANVAS : Phaser.HEADLESS,
      scene,
      plugins: { ...plugins, global },
    }),

  Signal,
  SocketIOPlugin,
  SocketIOClient,
  play: () => main.emit("play"),
  rest: () => main.emit("rest"),
};

type PhaserPage = typeof page;

declare global {
  interface Window {
    readonly phaser: PhaserPage;
  }
}
Object.defineProperty(window, "phaser", { value: page });
