/** socketio-gameloop/phaser: plugins for Phaser 3.90 and 4. */
export { type SocketIOInstallOptions, SocketIOPlugin, type SocketIOPluginOptions } from "./phaser-plugin.js";
export { SceneNamespace, SocketIOScenePlugin } from "./phaser-scene.js";
export type { PhaserEvents, PhaserGame, PhaserPluginEntry, PhaserPlugins, PhaserScene } from "./phaser-types.js";
