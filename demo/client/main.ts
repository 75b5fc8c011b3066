/** The page: ask for a name, connect, start Phaser. After that everything happens in `ArenaScene.update`. */
import Phaser from "phaser";
import { GameSession } from "./net/session.js";
import { ArenaScene } from "./scene/arena-scene.js";
import { Sound } from "./sound.js";
import { exposeForTests } from "./test-hook.js";
import { Hud } from "./ui/hud.js";
import { Login } from "./ui/login.js";

const hud = new Hud();
const session = new GameSession();
const scene = new ArenaScene(session, new Sound(), hud);
const login = new Login((name) => session.join(location.origin, name));
session.link.onRefused = (reason) => login.show(reason);

new Phaser.Game({
  type: Phaser.AUTO,
  parent: "game",
  backgroundColor: "#04060d",
  scale: { mode: Phaser.Scale.NONE, width: window.innerWidth, height: window.innerHeight },
  // Textures are soft-edged already.
  render: { antialiasGL: false, powerPreference: "high-performance" },
  // The demo brings its own few sounds.
  audio: { noAudio: true },
  scene,
});
exposeForTests(session, scene, hud);
document.addEventListener("visibilitychange", () => session.setHidden(document.hidden));

const name = new URLSearchParams(location.search).get("name");
if (name === null) login.show("");
else session.join(location.origin, name);
