/*
 * What of Phaser the plugins use, by its shape: Phaser 3.90 and 4 both have it, and neither is imported. In Node its import throws.
 */

/** Phaser's EventEmitter. */
export interface PhaserEvents {
  on(event: string, callback: () => void): unknown;
  off(event: string, callback: () => void): unknown;
}

/** An entry of the list of global plugins that run. */
export interface PhaserPluginEntry {
  key: string;
  plugin: unknown;
  active?: boolean;
  mapping?: string;
}

/** `Phaser.Plugins.PluginManager`. */
export interface PhaserPlugins {
  readonly game: PhaserGame;
  plugins: PhaserPluginEntry[];
}

/** `Phaser.Game`. */
export interface PhaserGame {
  readonly config: {
    readonly installGlobalPlugins: readonly {
      key?: string;
      plugin?: unknown;
      mapping?: string;
      data?: object | null;
    }[];
  };
  readonly events: PhaserEvents;
  readonly plugins: PhaserPlugins;
  readonly scene: { readonly scenes: readonly object[] };
}

/** `Phaser.Scene`. */
export interface PhaserScene {
  readonly sys: {
    readonly game: PhaserGame;
    readonly events: PhaserEvents;
    readonly settings: { readonly key?: string; readonly status?: number };
    isTransitioning(): boolean;
  };
}
