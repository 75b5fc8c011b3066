import Phaser from "phaser";
import { colorImage, colorParticles } from "./textures.js";

/** Sparks, rings, floating numbers and the camera's reactions. Everything here is short-lived and only to look at. */
export class Effects {
  readonly #scene: Phaser.Scene;
  readonly #sparks = new Map<number, Phaser.GameObjects.Particles.ParticleEmitter>();

  constructor(scene: Phaser.Scene) {
    this.#scene = scene;
  }

  pickup(x: number, y: number, color: number): void {
    this.#burst(x, y, color, 8);
    this.#ring(x, y, color, 0.28, 260);
  }

  bank(x: number, y: number, color: number, points: number, own: boolean): void {
    this.#burst(x, y, 0xffd65a, own ? 32 : 14);
    this.#ring(x, y, 0xffd65a, own ? 1.5 : 1, 600);
    this.#ring(x, y, color, own ? 0.9 : 0.6, 450);
    this.#float(x, y, `+${points}`, own ? 40 : 26, "#ffd65a");
    if (own) this.#scene.cameras.main.flash(180, 70, 60, 10);
  }

  dash(x: number, y: number, color: number): void {
    this.#ring(x, y, color, 0.45, 280);
    this.#burst(x, y, color, 10);
  }

  hit(x: number, y: number, gems: number, involved: boolean): void {
    this.#burst(x, y, 0xff4fa3, 8 + gems * 3);
    this.#ring(x, y, 0xffffff, 0.8, 320);
    if (gems > 0) this.#float(x, y, `-${gems} ◆`, 24, "#ff8cc4");
    if (involved) this.#scene.cameras.main.shake(200, 0.008);
  }

  vault(x: number, y: number): void {
    this.#ring(x, y, 0xffd65a, 2.2, 900);
    this.#ring(x, y, 0xffd65a, 1.4, 700);
  }

  #burst(x: number, y: number, color: number, count: number): void {
    let emitter = this.#sparks.get(color);
    if (emitter === undefined) {
      const [texture, tint] = colorParticles(this.#scene, "spark", color);
      emitter = this.#scene.add.particles(0, 0, texture, {
        lifespan: { min: 250, max: 650 },
        speed: { min: 60, max: 330 },
        scale: { start: 0.6, end: 0 },
        alpha: { start: 1, end: 0 },
        tint,
        blendMode: Phaser.BlendModes.ADD,
        emitting: false,
      });
      emitter.setDepth(25);
      this.#sparks.set(color, emitter);
    }
    emitter.explode(count, x, y);
  }

  #ring(x: number, y: number, color: number, scale: number, duration: number): void {
    const ring = colorImage(this.#scene.add.image(x, y, "ring"), color).setBlendMode(Phaser.BlendModes.ADD);
    ring.setDepth(24).setScale(0.1);
    this.#scene.tweens.add({
      targets: ring,
      scale,
      alpha: 0,
      duration,
      ease: "Cubic.easeOut",
      onComplete: () => ring.destroy(),
    });
  }

  #float(x: number, y: number, text: string, size: number, color: string): void {
    const label = this.#scene.add
      .text(x, y - 30, text, {
        fontFamily: '"Segoe UI", "DejaVu Sans", sans-serif',
        fontStyle: "bold",
        fontSize: `${size}px`,
        color,
        stroke: "#05070f",
        strokeThickness: 5,
      })
      .setOrigin(0.5)
      .setDepth(32);
    this.#scene.tweens.add({
      targets: label,
      y: y - 110,
      alpha: 0,
      duration: 1200,
      ease: "Quad.easeOut",
      onComplete: () => label.destroy(),
    });
  }
}
