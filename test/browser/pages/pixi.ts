/** A game in a real PixiJS application, which notes what it heard and when its ticker called it. */
import { Application, extensions, Graphics } from "pixi.js";
import { type SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { SocketIOApplicationPlugin } from "socketio-gameloop/pixi";

export interface PixiPage {
  readonly app: Application;
  readonly client: SocketIOClient;
  readonly told: [what: string, number: number][];
  readonly resumed: { hidden_seconds: number; skipped: number }[];
}

extensions.add(SocketIOApplicationPlugin);
const app = new Application();
await app.init({ width: 200, height: 150, background: 0x102030, socketio: { url: location.origin } });
document.body.append(app.canvas);
app.stage.addChild(new Graphics().circle(100, 75, 40).fill(0xffcc00));

// As a user has it: the type of `app.socketio` comes with the import.
const client = app.socketio.client as SocketIOClient;
const page: PixiPage = { app, client, told: [], resumed: [] };
const main = client.get_namespace("/");
main.set_event_mode("number", SocketIONamespace.EVENT_LATEST);
main.on("number", ([number]) => page.told.push(["number", number as number]));
main.on("chat", ([number]) => page.told.push(["chat", number as number]));
let frames = 0;
app.ticker.add(() => {
  page.told.push(["frame", ++frames]);
  main.emit_volatile("input", [frames]);
});
app.socketio.resumed.connect((hidden_seconds, skipped) => {
  page.told.push(["resumed", page.resumed.push({ hidden_seconds, skipped })]);
});
Object.defineProperty(window, "pixi", { value: page });
