import Phaser from "phaser";
import { SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { SocketIOPlugin, SocketIOScenePlugin } from "socketio-gameloop/phaser";

interface Snapshot {
  players: Record<string, { x: number; y: number }>;
}
interface ServerEvents {
  snapshot: (state: Snapshot) => void;
}
interface ClientEvents {
  move: (x: number, y: number) => void;
}

class Arena extends Phaser.Scene {
  declare readonly net: SocketIOScenePlugin<ServerEvents, ClientEvents>;
  readonly ships = new Map<string, Phaser.GameObjects.Arc>();

  constructor() {
    super("arena");
  }

  create() {
    this.ships.clear();
    this.net.on("snapshot", ([{ players }]) => {
      for (const [id, { x, y }] of Object.entries(players)) {
        const ship = this.ships.get(id) ?? this.add.circle(x, y, 12, 0xffa500);
        this.ships.set(id, ship.setPosition(x, y));
      }
    });
    this.input.on("pointermove", ({ worldX, worldY }: Phaser.Input.Pointer) => this.net.emit("move", [worldX, worldY]));
  }
}

class Menu extends Phaser.Scene {
  constructor() {
    super("menu");
  }
}

const client = SocketIOClient.get_singleton();
client.get_namespace("/").set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
const game = new Phaser.Game({
  width: 400,
  height: 400,
  audio: { noAudio: true },
  scene: [Arena, Menu],
  plugins: {
    global: [{ key: "SocketIOPlugin", plugin: SocketIOPlugin, start: true, mapping: "socketio" }],
    scene: [{ key: "SocketIOScenePlugin", plugin: SocketIOScenePlugin, mapping: "net" }],
  },
});
client.connect_to_url("ws://localhost:3000");

const arena = () => game.scene.getScene<Arena>("arena");
Object.assign(globalThis, {
  recipe: {
    version: Phaser.VERSION,
    position(id: string) {
      const ship = arena()?.ships.get(id);
      return ship && [ship.x, ship.y];
    },
    change_scene() {
      const from = game.scene.isActive("arena") ? "arena" : "menu";
      game.scene.getScene(from).scene.start(from === "arena" ? "menu" : "arena");
      if (SocketIOPlugin.from(game).client !== client) throw new Error("the plugin has another client");
    },
  },
});
