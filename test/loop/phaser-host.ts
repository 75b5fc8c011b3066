/*
 * What of Phaser the plugins meet, small and in virtual time: the events of a game's frame, the plugin manager, and scenes whose orders
 * wait in a queue. Real Phaser is in test/browser/phaser.test.ts.
 */
import { EventEmitter } from "node:events";
import { SocketIOClient } from "../../src/index.js";
import { type PhaserPluginEntry, SocketIOPlugin, SocketIOScenePlugin } from "../../src/loop/phaser.js";
import { FakeServer, type FakeSocket, ManualClock } from "../../src/testing/index.js";

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
  order(op: string, keyA: unknown = this.key): void {
    this.sys.game.scene._queue.push({ op, keyA });
  }

  shutdown(): void {
    this.sys.settings.status = SHUTDOWN;
    this.sys.events.emit("shutdown");
  }

  start(): void {
    if (this.sys.settings.status >= RUNNING && this.sys.settings.status < SHUTDOWN) this.shutdown();
    this.sys.settings.status = RUNNING;
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
  readonly scene: { scenes: Scene[]; _queue: { op: string; keyA: unknown }[] } = { scenes: [], _queue: [] };
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
    for (const { op, keyA } of this.scene._queue.splice(0)) {
      const scene = this.scene.scenes.find((one) => one === keyA || one.key === keyA);
      if (op === "start") scene?.start();
      else if (op === "remove") scene?.destroy();
      else if (op === "stop" && !scene?.isTransitioning) scene?.shutdown();
    }
    this.update();
    this.events.emit("poststep", 0, 0);
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
