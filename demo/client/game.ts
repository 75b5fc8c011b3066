import Phaser from "phaser";
import { SocketIOPlugin, SocketIOScenePlugin } from "socketio-gameloop/phaser";
import { ArenaScene, type GameParts } from "./scene/arena-scene.js";
import { RenderScale } from "./scene/render-scale.js";
import { TitleScene } from "./scene/title-scene.js";
import type { Login } from "./ui/login.js";

interface RunningGame {
  readonly game: Phaser.Game;
  readonly arena: ArenaScene;
}

/**
 * Starts Phaser with the plugins, for a player or for a replay. A frame is
 *
 *     prestep    the pilot and the session are told the time, then the plugin polls
 *     update     read, steer, predict, emit
 *     poststep   the plugin flushes
 *
 * @param ready is called when all is there and before the first frame
 */
export function startGame(parts: GameParts, login: Login, ready: (game: Phaser.Game) => void): RunningGame {
  const { session, pilot } = parts;
  const arena = new ArenaScene(parts);
  const game = new Phaser.Game({
    type: Phaser.AUTO,
    parent: "game",
    backgroundColor: "#04060d",
    scale: { mode: Phaser.Scale.NONE, width: window.innerWidth, height: window.innerHeight },
    // Textures are soft-edged already.
    render: { antialiasGL: false, powerPreference: "high-performance" },
    // The demo brings its own few sounds.
    audio: { noAudio: true },
    scene: [new TitleScene(pilot, login), arena],
    plugins: {
      global: [
        {
          key: "SocketIOPlugin",
          plugin: SocketIOPlugin,
          start: true,
          mapping: "socketio",
          data: { client: session.client },
        },
      ],
      scene: [{ key: "SocketIOScenePlugin", plugin: SocketIOScenePlugin, mapping: "net" }],
    },
    callbacks: {
      // Before the plugins are there: what is registered first comes first in every frame.
      preBoot: ({ events }) =>
        events.on("prestep", (time: number) => {
          pilot.begin(time);
          session.begin(time / 1000);
        }),
      postBoot: (booted) => {
        new RenderScale(booted);
        booted.canvas.setAttribute("role", "img");
        booted.canvas.setAttribute("aria-label", "The arena, with the ships, the gems and the vault");
        // Phaser starts its loop behind this.
        queueMicrotask(() => ready(booted));
      },
    },
  });
  return { game, arena };
}
