import { Application, Container, extensions, Graphics, VERSION } from "pixi.js";
import { SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { attach_to_ticker, SocketIOApplicationPlugin } from "socketio-gameloop/pixi";

interface Snapshot {
  players: Record<string, { x: number; y: number }>;
}
interface ServerEvents {
  snapshot: (state: Snapshot) => void;
}
interface ClientEvents {
  move: (x: number, y: number) => void;
}

extensions.add(SocketIOApplicationPlugin);
const app = new Application();
await app.init({ width: 400, height: 400, socketio: { url: "ws://localhost:3000" } });
document.body.append(app.canvas);

const server = app.socketio.client.get_namespace<ServerEvents, ClientEvents>("/");
server.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);

function openArena() {
  const stage = new Container();
  const ships = new Map<string, Graphics>();
  const onSnapshot = ([{ players }]: [Snapshot]) => {
    for (const [id, { x, y }] of Object.entries(players)) {
      const ship = ships.get(id) ?? stage.addChild(new Graphics().circle(0, 0, 12).fill("orange"));
      ship.position.set(x, y);
      ships.set(id, ship);
    }
  };
  server.on("snapshot", onSnapshot);
  app.stage.addChild(stage);
  return {
    ships,
    close() {
      server.off("snapshot", onSnapshot);
      stage.destroy({ children: true });
    },
  };
}

let arena = openArena();
app.canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => server.emit("move", [offsetX, offsetY]));

// The other way in: a second client in the same ticker, taken out again at once.
const detach = attach_to_ticker(app.ticker, new SocketIOClient(), { resumed_after: 2 });
detach.resumed.connect((hidden_seconds, skipped) => console.info(hidden_seconds, skipped));
detach();

Object.assign(globalThis, {
  recipe: {
    version: VERSION,
    position(id: string) {
      const ship = arena.ships.get(id);
      return ship && [ship.x, ship.y];
    },
    change_scene() {
      arena.close();
      arena = openArena();
    },
  },
});
