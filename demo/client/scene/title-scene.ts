import Phaser from "phaser";
import type { Pilot } from "../pilot.js";
import type { Login } from "../ui/login.js";
import { buildBackdrop } from "./backdrop.js";
import { CameraRig } from "./camera-rig.js";
import { makeTextures } from "./textures.js";

/** The title: the empty arena drifts by behind the name form. It listens to nothing: the connection, once made, is kept and idles. */
export class TitleScene extends Phaser.Scene {
  readonly #pilot: Pilot;
  readonly #login: Login;
  #camera: CameraRig | null = null;
  #note = "";
  #lastTime = 0;

  constructor(pilot: Pilot, login: Login) {
    super("title");
    this.#pilot = pilot;
    this.#login = login;
  }

  /** @param data `note` says why the player is back here */
  init({ note = "" }: { note?: string }): void {
    this.#note = note;
  }

  create(): void {
    makeTextures(this.textures);
    buildBackdrop(this);
    this.#camera = new CameraRig(this.cameras.main);
    this.#lastTime = 0;
    this.events.once("shutdown", () => this.#login.hide());
  }

  override update(time: number): void {
    const seconds = this.#lastTime === 0 ? 0 : (time - this.#lastTime) / 1000;
    this.#lastTime = time;
    this.#camera?.update(null, seconds, time / 1000);
    const name = this.#pilot.takeName();
    if (name !== null) this.scene.start("arena", { name });
    else if (!this.#login.open) this.#login.show(this.#note);
  }
}
