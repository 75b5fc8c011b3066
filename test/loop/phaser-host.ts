/*
 * What of Phaser the plugins meet, small and in virtual time: the events of a game's frame, the plugin manager, and scenes whose orders
 * wait in a queue. Real Phaser is in test/browser/phaser.test.ts.
 */
import { EventEmitter } from "node:events";
import { SocketIOClient } from "../../src/index.js";
import { type PhaserGame, type PhaserPluginEntry, SocketIOPlugin, SocketIOScenePlugin } from "../../src/loop/phaser.js";
import { FakeServer, type FakeSocket, ManualClock } from "../../src/testing/index.js";

const START = 2;
const CREATING = 4;
export const RUNNING = 5;
export const PAUSED = 6;
export const SLEEPING = 7;
const SHUTDOWN = 8;
const DESTROYED = 9;

/** A scene that runs, with the scene plugin as `net`. */
export class Scene {
  readonly sys;
  readonly net: SocketIOScenePlugin;
  isTransitioning = false;
  /** What the scene does in its create. */
  create = (): void => {};

  constructor(game: Game | null, key: string, status = RUNNING) {
    this.sys = {
      game: game as Game,
      events: new EventEmitter(),
      settings: { key, status },
      isTransitioning: () => this.isTransitioning,
    };
    this.net = new SocketIOScenePlugin(this);
    this.net.boot();
    game?.scene.scenes.push(this);
  }

  get key(): string {
    return this.sys.settings.key;
  }

  /** What `this.scene.stop()` and its like do. */
  order(op: string, keyA: unknown = this.key, keyB?: unknown): void {
    this.sys.game.scene._queue.push({ op, keyA, keyB });
  }

  shutdown(): void {
    this.sys.settings.status = SHUTDOWN;
    this.sys.events.emit("shutdown");
  }

  start(): void {
    const { events, settings } = this.sys;
    if (settings.status >= START && settings.status <= CREATING) return;
    if (settings.status >= RUNNING && settings.status < SHUTDOWN) this.shutdown();
    settings.status = START;
    events.emit("start");
    settings.status = CREATING;
    this.create();
    settings.status = RUNNING;
  }

  destroy(): void {
    this.sys.settings.status = DESTROYED;
    this.sys.events.emit("destroy");
    this.sys.events.removeAllListeners();
    Object.assign(this.sys, { game: null });
  }
}

export class Game {
  readonly events = new EventEmitter();
  readonly config = { installGlobalPlugins: [] as PhaserGame["config"]["installGlobalPlugins"] };
  readonly scene: { scenes: Scene[]; _queue: { op: string; keyA: unknown; keyB?: unknown }[] } = {
    scenes: [],
    _queue: [],
  };
  readonly plugins = { game: this as Game, plugins: [] as PhaserPluginEntry[] };
  /** What scenes do in their update. */
  update = (): void => {};

  /** What an entry in the game's config, or `plugins.install`, comes to. */
  start(key: string, data: object | null = null): SocketIOPlugin {
    const plugin = new SocketIOPlugin(this.plugins);
    this.plugins.plugins.push({ key, plugin, active: true });
    plugin.init(data);
    plugin.start();
    return plugin;
  }

  frame(): void {
    this.events.emit("prestep", 0, 0);
    // As Phaser does it: those that were carried out are in it until all are.
    for (const { op, keyA, keyB } of this.scene._queue) this.#carryOut(op, op === "switch" ? keyB : keyA);
    this.scene._queue.length = 0;
    this.update();
    this.events.emit("poststep", 0, 0);
  }

  #carryOut(op: string, key: unknown): void {
    const scene = this.scene.scenes.find((one) => one === key || one.key === key);
    const status = scene?.sys.settings.status ?? 0;
    if (op === "start") scene?.start();
    else if (op === "remove") scene?.destroy();
    else if (op === "stop" && !scene?.isTransitioning) scene?.shutdown();
    else if (/run|switch/.test(op)) {
      if (status === SLEEPING || (op === "run" && status === PAUSED)) scene!.sys.settings.status = RUNNING;
      else scene?.start();
    }
  }

  /** `destroy()`: the scenes go first, and there is no poststep any more. */
  destroy(): void {
    for (const scene of this.scene.scenes) scene.destroy();
    for (const { plugin } of this.plugins.plugins.splice(0)) (plugin as SocketIOPlugin).destroy();
    this.events.removeAllListeners();
  }
}

/** A game whose client is connected to a server in memory. */
export function connect() {
  const clock = new ManualClock(100);
  const server = new FakeServer({ clock });
  server.of("/chat");
  const client = new SocketIOClient({ clock: clock.read, transport_factory: server.transport_factory });
  const game = new Game();
  const plugin = game.start("SocketIOPlugin", { client, clock: clock.read });
  client.connect_to_url("ws://test");
  clock.advance(0);
  game.frame();
  const [socket] = server.sockets as [FakeSocket];
  return { clock, server, client, game, plugin, socket };
}
