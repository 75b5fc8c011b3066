import { Container, Sprite, Text } from "pixi.js";
import { inkOf } from "./palette.js";
import { CELL, type Textures } from "./textures.js";

const MOST = 260;

interface Spark {
  readonly view: Container;
  readonly seconds: number;
  readonly step: (part: number, seconds: number) => void;
  age: number;
}

/** What flies about for a moment: droplets, waves, points. */
export class Sparks extends Container {
  readonly #textures: Textures;
  readonly #sparks = new Set<Spark>();

  constructor(textures: Textures) {
    super();
    this.#textures = textures;
  }

  get count(): number {
    return this.#sparks.size;
  }

  /** A ring closed around (x, y): droplets, a wave, the number of cells. */
  ring(slot: number, x: number, y: number, cells: number): void {
    const radius = Math.sqrt(cells / Math.PI);
    this.#droplets(slot, x, y, Math.min(40, 8 + cells / 2), 3 + radius * 1.6);
    this.#wave(slot, x, y, radius * 1.3 + 1, 0.55);
    if (cells > 3) this.#points(slot, x, y, `+${cells}`, Math.min(64, 24 + cells / 3));
  }

  splash(slot: number, x: number, y: number, radius: number): void {
    this.#droplets(slot, x, y, 26, 9);
    this.#wave(slot, x, y, radius, 0.4);
    this.#wave(slot, x, y, radius * 1.5, 0.6);
  }

  /** One droplet, as a drop loses it on its way. */
  trail(slot: number, x: number, y: number): void {
    this.#droplets(slot, x, y, 1, 1.6);
  }

  advance(seconds: number): void {
    for (const spark of this.#sparks) {
      spark.age += seconds;
      const part = spark.age / spark.seconds;
      if (part < 1) spark.step(part, seconds);
      else this.#end(spark);
    }
  }

  clear(): void {
    for (const spark of this.#sparks) this.#end(spark);
  }

  #droplets(slot: number, x: number, y: number, count: number, speed: number): void {
    for (let index = 0; index < count; index++) {
      const sprite = new Sprite({ texture: this.#textures.dot, anchor: 0.5, tint: inkOf(slot) });
      sprite.position.set(x * CELL, y * CELL);
      const angle = Math.random() * 2 * Math.PI;
      const far = speed * (0.3 + 0.7 * Math.random()) * CELL;
      const size = 0.5 + Math.random() * 0.9;
      this.#add(sprite, 0.35 + Math.random() * 0.4, (part, seconds) => {
        const left = (1 - part) ** 2;
        sprite.x += Math.cos(angle) * far * left * seconds;
        sprite.y += Math.sin(angle) * far * left * seconds;
        sprite.scale.set(size * (1 - part));
      });
    }
  }

  #wave(slot: number, x: number, y: number, radius: number, lasts: number): void {
    const sprite = new Sprite({ texture: this.#textures.ring, anchor: 0.5, tint: inkOf(slot) });
    sprite.position.set(x * CELL, y * CELL);
    sprite.blendMode = "add";
    sprite.scale.set(0.01);
    this.#add(sprite, lasts, (part) => {
      sprite.scale.set((radius / 2) * (1 - (1 - part) ** 3));
      sprite.alpha = 1 - part;
    });
  }

  #points(slot: number, x: number, y: number, text: string, size: number): void {
    const style = { fontFamily: "Avenir Next, Segoe UI, DejaVu Sans, sans-serif", fontWeight: "900" } as const;
    const stroke = { color: inkOf(slot), width: 8, join: "round" } as const;
    const view = new Text({ text, style: { ...style, fontSize: size, fill: "#ffffff", stroke } });
    view.anchor.set(0.5);
    view.position.set(x * CELL, y * CELL);
    this.#add(view, 1.1, (part, seconds) => {
      view.y -= seconds * CELL * 1.4;
      view.scale.set(Math.min(1, part * 6));
      view.alpha = Math.min(1, 3 * (1 - part));
    });
  }

  #add(view: Container, seconds: number, step: Spark["step"]): void {
    // The oldest goes: a set remembers the order.
    const [oldest] = this.#sparks;
    if (this.#sparks.size >= MOST && oldest !== undefined) this.#end(oldest);
    this.#sparks.add({ view, seconds, step, age: 0 });
    this.addChild(view);
  }

  #end(spark: Spark): void {
    this.#sparks.delete(spark);
    spark.view.destroy();
  }
}
