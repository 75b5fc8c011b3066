import Phaser from "phaser";
import { PHASE_PLAYING, TICK_RATE, VAULT_RADIUS, VAULT_TICKS } from "../../shared/constants.js";
import type { Snapshot } from "../../shared/snapshot.js";
import { colorImage } from "./textures.js";

const WARNING_TICKS = 4 * TICK_RATE;

/** The vault ring with the time that is left to it, and the arrow that points there when it is out of sight. */
export class VaultView {
  readonly #ring: Phaser.GameObjects.Image;
  readonly #dashes: Phaser.GameObjects.Image;
  readonly #glow: Phaser.GameObjects.Image;
  readonly #arrow: Phaser.GameObjects.Image;

  constructor(scene: Phaser.Scene) {
    const { add } = scene;
    this.#glow = colorImage(add.image(0, 0, "haze"), 0xffb43a)
      .setBlendMode(Phaser.BlendModes.ADD)
      .setDepth(5)
      .setAlpha(0.8);
    this.#ring = add.image(0, 0, "vault").setDepth(6);
    this.#dashes = add.image(0, 0, "vault-dashes").setDepth(6).setBlendMode(Phaser.BlendModes.ADD);
    this.#arrow = add.image(0, 0, "arrow").setDepth(31).setVisible(false);
  }

  update(
    snapshot: Snapshot,
    ship: { x: number; y: number } | null,
    lines: Phaser.GameObjects.Graphics,
    time: number,
  ): void {
    const { vault } = snapshot;
    const open = snapshot.phase === PHASE_PLAYING;
    const leaving = vault.ticksLeft < WARNING_TICKS;
    const blink = leaving ? 0.45 + 0.55 * Math.abs(Math.sin(time * 7)) : 1;
    for (const part of [this.#ring, this.#dashes, this.#glow]) part.setVisible(open).setPosition(vault.x, vault.y);
    this.#ring.setAlpha(blink).setScale(1 + 0.015 * Math.sin(time * 4));
    this.#dashes.setRotation(time * 0.5);
    this.#arrow.setVisible(false);
    if (!open) return;
    const end = -Math.PI / 2 + (vault.ticksLeft / VAULT_TICKS) * Math.PI * 2;
    lines.lineStyle(7, leaving ? 0xff4fa3 : 0xffd65a, 0.5);
    lines
      .beginPath()
      .arc(vault.x, vault.y, VAULT_RADIUS - 9, -Math.PI / 2, end)
      .strokePath();
    if (ship === null) return;
    const dx = vault.x - ship.x;
    const dy = vault.y - ship.y;
    const distance = Math.hypot(dx, dy);
    if (distance < VAULT_RADIUS + 150) return;
    const reach = 74 + 5 * Math.sin(time * 6);
    this.#arrow.setVisible(true).setPosition(ship.x + (dx / distance) * reach, ship.y + (dy / distance) * reach);
    this.#arrow.setRotation(Math.atan2(dy, dx));
  }
}
