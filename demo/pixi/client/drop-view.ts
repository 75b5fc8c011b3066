import { Container, Sprite, Text } from "pixi.js";
import { cssInk, inkOf } from "./palette.js";
import { CELL, type Textures } from "./textures.js";

const TURN = 10;
const NAME_SIZE = 19;
/** The least that a name is high on the screen. */
const OWN_NAME_PIXELS = 12;
const NAME_PIXELS = 9;

/** A drop of ink with eyes, its name above. */
export class DropView extends Container {
  readonly #body = new Container();
  readonly #eyes = new Container();
  readonly #pupils = new Container();
  readonly #crown: Text;
  readonly #name: Text;
  readonly #isOwn: boolean;
  #lookX = 0;
  #lookY = 1;
  #wobble = 0;

  constructor(textures: Textures, slot: number, isOwn: boolean) {
    super();
    const ink = inkOf(slot);
    const part = (texture: Sprite["texture"], tint: number, x = 0, y = 0): Sprite => {
      const sprite = new Sprite({ texture, anchor: 0.5, tint });
      sprite.position.set(x, y);
      return sprite;
    };
    const glow = part(textures.glow, ink);
    glow.blendMode = "add";
    const rim = part(textures.body, isOwn ? 0xffffff : 0x0a0f26);
    rim.scale.set(1.14);
    const shine = part(textures.shine, 0xffffff, -CELL * 0.16, -CELL * 0.3);
    shine.alpha = 0.65;
    shine.rotation = -0.5;
    for (const x of [-7, 7]) {
      this.#eyes.addChild(part(textures.eye, 0xffffff, x, 0));
      const pupil = part(textures.eye, 0x0a0f26, x, 0);
      pupil.scale.set(0.55);
      this.#pupils.addChild(pupil);
    }
    this.#body.addChild(rim, part(textures.body, ink), shine, this.#eyes, this.#pupils);
    const style = { fontFamily: "Avenir Next, Segoe UI, DejaVu Sans, sans-serif", fontWeight: "700" } as const;
    const stroke = { color: 0x060a1c, width: 5, join: "round" } as const;
    this.#name = new Text({
      text: "",
      style: { ...style, fontSize: NAME_SIZE, fill: isOwn ? "#ffffff" : cssInk(slot), stroke },
    });
    this.#name.anchor.set(0.5, 1);
    this.#name.y = -CELL * 0.92;
    this.#crown = new Text({ text: "♛", style: { ...style, fontSize: 24, fill: "#ffd65a", stroke } });
    this.#crown.anchor.set(0.5, 1);
    this.#isOwn = isOwn;
    this.fitText(1);
    this.addChild(glow, this.#body, this.#name, this.#crown);
  }

  /** Keeps the name readable where a unit of the stage is only `scale` pixels. */
  fitText(scale: number): void {
    const wanted = Math.max(1, (this.#isOwn ? OWN_NAME_PIXELS : NAME_PIXELS) / (NAME_SIZE * scale));
    if (this.#name.scale.x === wanted && this.#crown.y !== 0) return;
    this.#name.scale.set(wanted);
    this.#crown.scale.set(wanted);
    this.#crown.y = this.#name.y - NAME_SIZE * wanted;
  }

  update(name: string, isLeading: boolean, isStunned: boolean, isAway: boolean): void {
    if (this.#name.text !== name) this.#name.text = name;
    this.#crown.visible = isLeading;
    this.#eyes.scale.y = isStunned ? 0.35 : 1;
    this.#pupils.visible = !isStunned;
    this.alpha = isAway ? 0.4 : 1;
    this.#body.rotation = isStunned ? Math.sin(performance.now() / 45) * 0.16 : 0;
  }

  /** Puts it at a place of the board; it looks and stretches where it goes. */
  moveTo(x: number, y: number, seconds: number): void {
    const goesX = x * CELL - this.x;
    const goesY = y * CELL - this.y;
    this.position.set(x * CELL, y * CELL);
    const far = Math.hypot(goesX, goesY);
    const turn = Math.min(1, seconds * TURN);
    if (far > 0.4) {
      this.#lookX += (goesX / far - this.#lookX) * turn;
      this.#lookY += (goesY / far - this.#lookY) * turn;
    }
    const speed = Math.min(1, far / (seconds * CELL * 10 || 1));
    this.#wobble += seconds * (4 + speed * 12);
    const breath = Math.sin(this.#wobble) * 0.04;
    const along = Math.abs(this.#lookX) - Math.abs(this.#lookY);
    this.#body.scale.set(1 + speed * 0.12 * along + breath, 1 - speed * 0.12 * along - breath);
    this.#eyes.position.set(this.#lookX * 6, this.#lookY * 5 - 1);
    this.#pupils.position.set(this.#lookX * 8.4, this.#lookY * 7.4 - 1);
  }
}
