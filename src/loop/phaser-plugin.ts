/*
 * The frame of a Phaser game, the same in 3.90 and 4, and what is done in it:
 *
 *     prestep    poll: what has arrived is heard here
 *     step
 *                scenes that were told to stop or start do so now, then the scenes update
 *     poststep   flush: what they emitted is sent
 *                render
 *
 * A game that is paused, or whose page is hidden, has no frames. The events "prestep" and "poststep" belong to the game: paused and
 * sleeping scenes make no difference.
 */
import type { SocketIOClient as Client } from "../client.js";
import { SocketIOClient } from "../client-with-polling.js";
import { requireThat } from "../errors.js";
import { Signal } from "../signal.js";
import type { PhaserGame, PhaserPlugins, PhaserScene } from "./phaser-types.js";
import { defaultClock } from "./pollable.js";

/** What goes into `data` of the plugin's entry in the game's config. */
export interface SocketIOPluginOptions {
  /** The client that is polled; default `SocketIOClient.get_singleton()`. */
  readonly client?: Client;
  /** Monotonic seconds, for `resumed`. Default `performance.now() / 1000`. */
  readonly clock?: () => number;
}

/** What `SocketIOPlugin.install()` takes: what an entry in the game's config has, without `data` in between. */
export interface SocketIOInstallOptions extends SocketIOPluginOptions {
  /** For `game.plugins.get(key)`; default `"SocketIOPlugin"`. */
  readonly key?: string;
  /** The property of every scene that is the plugin; default none. */
  readonly mapping?: string;
}

/**
 * A global plugin for Phaser: polls a client once a frame before the scenes update, and sends after it what they emitted.
 * Connecting and closing are yours.
 *
 * @example
 * new Phaser.Game({ plugins: { global: [{ key: "SocketIOPlugin", plugin: SocketIOPlugin, start: true, mapping: "socketio" }] } });
 */
export class SocketIOPlugin {
  /**
   * The game goes on after it was paused or its page was hidden. `hidden_seconds` is for how long; `skipped` counts the events that
   * `EVENT_LATEST` has left out meanwhile. Emitted before that frame's poll: what this delivers may be as old as that.
   */
  readonly resumed = new Signal<[hidden_seconds: number, skipped: number]>();

  readonly #game: PhaserGame;
  #client: Client | null = null;
  #clock = defaultClock;
  #isRunning = false;
  #pausedAt: number | null = null;
  /** What `EVENT_LATEST` had left out by then. */
  #skippedBefore = 0;

  /**
   * The plugin of a game, or of a scene's game.
   * @throws TypeError when that has none
   */
  static from(game_or_scene: PhaserGame | PhaserScene): SocketIOPlugin {
    const plugin = pluginOf((game_or_scene as PhaserScene)?.sys?.game ?? game_or_scene);
    if (plugin) return plugin;
    const entry = '{ key: "SocketIOPlugin", plugin: SocketIOPlugin, start: true }';
    throw new TypeError(
      `this game has no SocketIOPlugin; add ${entry} to plugins.global in its config, or write SocketIOPlugin.install(game), as Phaser.HEADLESS needs`,
    );
  }

  /**
   * Installs and starts the plugin in a game that was made already: the only way with `Phaser.HEADLESS`, where Phaser forgets the
   * global plugins of the config. What an entry of the config says is taken from there, unless `options` say it. In a game that has the
   * plugin it returns that one.
   * @throws TypeError for an option that cannot be, a key that another plugin has, or when the game's plugin has another client;
   * nothing is installed then
   */
  static install(game: PhaserGame, options: SocketIOInstallOptions = {}): SocketIOPlugin {
    const manager = game?.plugins;
    requireThat(Array.isArray(manager?.plugins), "the game", "a Phaser.Game", game);
    const isNew = !pluginOf(game);
    // Phaser comes to it later, or with HEADLESS never, and makes no second plugin of a key.
    const entry = isNew ? game.config.installGlobalPlugins.find(({ plugin }) => plugin === SocketIOPlugin) : null;
    const { key = entry?.key ?? "SocketIOPlugin", mapping = entry?.mapping, ...data } = options;
    const isFree = !isNew || manager.plugins.every((entry) => entry.key !== key);
    requireThat(isFree, 'option "key"', "one that no other plugin has", key);
    const plugin = new SocketIOPlugin(manager);
    plugin.init({ ...entry?.data, ...data });
    if (isNew) {
      // Not by install() of the manager: with HEADLESS that forgets it too, and of two games on a page it would refuse one.
      manager.plugins.push({ key, plugin, active: true, ...(mapping && { mapping }) });
      if (mapping) for (const scene of game.scene.scenes) (scene as Record<string, unknown>)[mapping] = plugin;
      plugin.start();
    }
    return plugin;
  }

  /** Called by Phaser. In a game that has the plugin already, under whatever key, it makes no other: it is that one. */
  constructor(manager: PhaserPlugins) {
    this.#game = manager.game;
    const present = pluginOf(this.#game);
    // biome-ignore lint/correctness/noConstructorReturn: Phaser calls this itself, and keeps for the second key what it gets
    if (present) return present;
  }

  /** The client that is polled. Its namespaces and signals are those of the whole game. */
  get client(): Client {
    return this.#client!;
  }

  /**
   * Called by Phaser with the `data` of its config.
   * @throws TypeError for an option that cannot be, or a client other than the one that the plugin has
   */
  init(data?: SocketIOPluginOptions | null): void {
    const options = data ?? {};
    const other = Object.keys(options).find((name) => name !== "client" && name !== "clock");
    requireThat(other === undefined, "an option", "client or clock", other);
    const { client = this.#client ?? SocketIOClient.get_singleton(), clock = this.#clock } = options;
    requireThat(typeof client?.poll === "function", 'option "client"', "a SocketIOClient", client);
    requireThat(typeof clock === "function", 'option "clock"', "a function", clock);
    const isSame = client === (this.#client ?? client);
    requireThat(isSame, 'option "client"', "the one that this game's SocketIOPlugin has already", "another one");
    this.#client = client;
    this.#clock = clock;
  }

  /** Called by Phaser, by `plugins.start(key)` too: polls from the next frame on. Does nothing when it does already. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#pausedAt = null;
    this.#listen("on");
    // Phaser tells of hiding only when it happens.
    if (isHidden()) this.#pause();
  }

  /** Called by Phaser, by `plugins.stop(key)` too. What was emitted is sent; the client stays connected, and nobody polls it. */
  stop(): void {
    // At the end of a game there is no poststep: the farewells of its scenes would wait for ever.
    if (this.#isRunning) this.#flush();
    this.#isRunning = false;
    this.#listen("off");
  }

  #listen(method: "on" | "off"): void {
    const { events } = this.#game;
    events[method]("prestep", this.#poll);
    events[method]("poststep", this.#flush);
    events[method]("pause", this.#pause);
  }

  /** Called by Phaser at the end of the game, behind its scenes. The client stays connected; close it yourself. */
  destroy(): void {
    this.stop();
  }

  readonly #poll = (): void => {
    // With timers instead of animation frames a hidden game goes on, slowly; it is back when it can be seen.
    if (this.#pausedAt !== null && !isHidden()) {
      const seconds = this.#clock() - this.#pausedAt;
      this.#pausedAt = null;
      this.resumed.emit(seconds, Math.max(0, this.client.get_stats().events_skipped - this.#skippedBefore));
    }
    // Without a time: the client has its own clock, and Phaser's is smoothed.
    if (this.#isRunning) this.client.poll();
  };

  readonly #flush = (): void => this.client.flush();

  /** A page may be hidden while its game is paused: it is away since the first of the two. */
  readonly #pause = (): void => {
    if (this.#pausedAt !== null) return;
    this.#pausedAt = this.#clock();
    this.#skippedBefore = this.client.get_stats().events_skipped;
  };
}

function isHidden(): boolean {
  return globalThis.document?.hidden ?? false;
}

/** The plugin manager's own list says it: there is no second one to keep in step with it. */
export function pluginOf(game: Partial<PhaserGame>): SocketIOPlugin | undefined {
  const entry = game?.plugins?.plugins.find(({ plugin }) => plugin instanceof SocketIOPlugin);
  return entry?.plugin as SocketIOPlugin | undefined;
}
