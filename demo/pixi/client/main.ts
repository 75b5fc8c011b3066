/** The page: PixiJS with the client in its ticker, and two screens, the title and the board. */
import { Application, extensions } from "pixi.js";
import { SocketIOClient } from "socketio-gameloop";
import { SocketIOApplicationPlugin } from "socketio-gameloop/pixi";
import { leaveWithPage } from "../../client/ui/leaving.js";
import { watchForTouch } from "../../client/ui/touch.js";
import { LinkMeter } from "../../net/link-meter.js";
import { BoardScreen } from "./board-screen.js";
import { Hud } from "./hud.js";
import { InkSession } from "./session.js";
import { exposeForTests } from "./test-hook.js";
import { makeTextures } from "./textures.js";
import { Title } from "./title.js";

const client = new SocketIOClient({
  main_namespace: false,
  // A quarter of a frame: what is left after a stall waits for the next frames.
  poll_max_time: 0.004,
  reconnection: { delay: 0.25, delay_max: 2 },
});

// Once for all applications of a page; then each that is given the option `socketio` polls its client in its ticker.
extensions.add(SocketIOApplicationPlugin);
const app = new Application();
await app.init({
  resizeTo: window,
  backgroundAlpha: 0,
  antialias: false,
  autoDensity: true,
  resolution: Math.min(2, window.devicePixelRatio),
  socketio: { client },
});
app.canvas.setAttribute("role", "img");
app.canvas.setAttribute("aria-label", "The board, with everybody's drop and ink");
document.getElementById("game")?.append(app.canvas);
watchForTouch();
leaveWithPage(client);

const hud = new Hud(() => toTitle(""));
const session = new InkSession(app.socketio.client);
const board = new BoardScreen(app, session, hud, new LinkMeter(client), makeTextures(app.renderer));
const title = new Title((name) => board.enter(name));
exposeForTests(board, hud, title);

function toTitle(note: string): void {
  board.leave();
  title.show(note);
}
board.onRefused = toTitle;

window.addEventListener("keydown", (event) => {
  if (event.code === "Escape" && board.isOpen) toTitle("");
  if (event.code === "KeyH" && board.isOpen) hud.toggleNetwork();
});

title.name = new URLSearchParams(location.search).get("name") ?? "";
if (title.name === "") title.show("");
else board.enter(title.name);
