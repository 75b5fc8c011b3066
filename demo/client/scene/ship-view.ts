import Phaser from "phaser";
import type { Point } from "../../shared/arena-map.js";
import { BANK_TICKS, MOVE_SCALE } from "../../shared/constants.js";
import type { Ship } from "../../shared/ship.js";
import { GEM_COLORS, shipColor } from "../ui/colors.js";
import { colorImage } from "./textures.js";

const TRAIL_POINTS = 64;
/** The trail remembers a point every this many pixels. */
const TRAIL_STEP = 6;
const GEM_SPACING = 3.4;
const RIBBON_POINTS = 16;

/** One ship on the screen: hull, glow, ribbon, the gems it drags along, shield, banking arc. */
export class ShipView {
  readonly color: number;
  readonly #hull: Phaser.GameObjects.Image;
  readonly #glow: Phaser.GameObjects.Image;
  readonly #shield: Phaser.GameObjects.Image;
  readonly #gems: Phaser.GameObjects.Image[] = [];
  readonly #trail: Point[] = [];
  readonly #scene: Phaser.Scene;
  readonly #own: boolean;

  constructor(scene: Phaser.Scene, id: number, own: boolean) {
    this.#scene = scene;
    this.#own = own;
    this.color = shipColor(id);
    const { add } = scene;
    this.#glow = colorImage(add.image(0, 0, "glow"), this.color)
      .setBlendMode(Phaser.BlendModes.ADD)
      .setDepth(18);
    this.#hull = colorImage(add.image(0, 0, "ship"), this.color).setDepth(20);
    this.#shield = colorImage(add.image(0, 0, "shield"), this.color)
      .setBlendMode(Phaser.BlendModes.ADD)
      .setDepth(21);
    if (own) this.#glow.setScale(1.35);
  }

  /** Draws the ship at a place; `lines` takes what changes its shape every frame. */
  update(ship: Ship, at: Point, lines: Phaser.GameObjects.Graphics, time: number): void {
    this.#remember(at);
    const wanted = Math.atan2(ship.headingY, ship.headingX);
    const turn = Phaser.Math.Angle.Wrap(wanted - this.#hull.rotation);
    const spin = ship.stunTicks > 0 ? 0.45 : 0;
    const alpha = ship.away ? 0.35 : 1;
    this.#hull.setPosition(at.x, at.y).setAlpha(alpha);
    this.#hull.rotation += spin === 0 ? turn * 0.25 : spin;
    this.#hull.setScale(ship.dashTicks > 0 ? 1.18 : 1, ship.dashTicks > 0 ? 0.8 : 1);
    this.#glow.setPosition(at.x, at.y).setAlpha(alpha * (ship.dashTicks > 0 ? 1 : 0.75));
    const shielded = ship.shieldTicks > 0;
    this.#shield.setVisible(shielded).setPosition(at.x, at.y);
    if (shielded) this.#shield.setAlpha(0.35 + 0.3 * Math.sin(time * 14));
    this.#drawRibbon(lines, ship);
    this.#placeGems(ship, at, time);
    if (ship.bankTicks > 0) this.#drawBanking(lines, ship, at);
    if (this.#own && !shielded) lines.lineStyle(1.5, 0xffffff, 0.3).strokeCircle(at.x, at.y, 32);
  }

  destroy(): void {
    for (const part of [this.#hull, this.#glow, this.#shield, ...this.#gems]) part.destroy();
  }

  #remember(at: Point): void {
    const last = this.#trail[0];
    const way = last === undefined ? Number.POSITIVE_INFINITY : Math.hypot(at.x - last.x, at.y - last.y);
    // Put somewhere else: what is behind is not its way.
    if (way > 200) this.#trail.length = 0;
    if (way >= TRAIL_STEP) this.#trail.unshift({ x: at.x, y: at.y });
    if (this.#trail.length > TRAIL_POINTS) this.#trail.pop();
  }

  #drawRibbon(lines: Phaser.GameObjects.Graphics, ship: Ship): void {
    const length = Math.min(this.#trail.length, ship.dashTicks > 0 ? RIBBON_POINTS * 2 : RIBBON_POINTS);
    const speed = Math.min(1, Math.hypot(ship.vx, ship.vy) / 300);
    for (let index = 1; index < length; index++) {
      const from = this.#trail[index - 1];
      const to = this.#trail[index];
      if (from === undefined || to === undefined) break;
      const left = 1 - index / length;
      lines.lineStyle(2 + 9 * left, this.color, 0.42 * left * speed).lineBetween(from.x, from.y, to.x, to.y);
    }
  }

  #placeGems(ship: Ship, at: Point, time: number): void {
    while (this.#gems.length > ship.carried) this.#gems.pop()?.destroy();
    while (this.#gems.length < ship.carried) {
      const kind = (ship.id + this.#gems.length) % GEM_COLORS.length;
      const gem = this.#scene.add.image(at.x, at.y, `gem${kind}`).setDepth(19).setScale(0.2);
      this.#gems.push(gem);
    }
    this.#gems.forEach((gem, index) => {
      const anchor = this.#trail[Math.round((index + 1.6) * GEM_SPACING)] ?? this.#trail[this.#trail.length - 1] ?? at;
      // A ship that has not moved yet still shows its gems, in a row behind it.
      const behind = this.#trail.length < 8 ? (index + 1.5) * 18 : 0;
      const x = anchor.x - (ship.headingX / MOVE_SCALE) * behind;
      const y = anchor.y - (ship.headingY / MOVE_SCALE) * behind + Math.sin(time * 5 + index) * 2;
      gem.x += (x - gem.x) * 0.3;
      gem.y += (y - gem.y) * 0.3;
      gem.setScale(Math.min(0.72, gem.scale + 0.05));
    });
  }

  #drawBanking(lines: Phaser.GameObjects.Graphics, ship: Ship, at: Point): void {
    const end = -Math.PI / 2 + (ship.bankTicks / BANK_TICKS) * Math.PI * 2;
    lines
      .lineStyle(6, 0xffd65a, 0.95)
      .beginPath()
      .arc(at.x, at.y, 34, -Math.PI / 2, end)
      .strokePath();
  }
}
