import type Phaser from "phaser";
import type { Point } from "../../shared/arena-map.js";
import { WORLD_HEIGHT, WORLD_WIDTH } from "../../shared/constants.js";
import { ViewCover } from "./view-cover.js";

/** How much of the arena is in view at least, whatever the window. */
const VIEW_WIDTH = 1280;
const VIEW_HEIGHT = 760;
/** How far the part of the view that no panel covers may leave the arena: a ship at the wall has its name and its glow. */
const MARGIN = 80;
/** How quickly the look-ahead follows the ship's speed, per second. */
const LEAD_RATE = 2.2;
const LEAD_SECONDS = 0.26;

/**
 * Keeps the own ship in the middle of what the panels leave free, and looks a little ahead of it. The camera is tied to
 * the drawn ship itself and only the lead is smoothed: a camera that chases the ship would make every frame's lag
 * visible as a wobble.
 */
export class CameraRig {
  readonly #camera: Phaser.Cameras.Scene2D.Camera;
  readonly #cover = new ViewCover();
  readonly #lead: Point = { x: 0, y: 0 };
  readonly #centre: Point = { x: WORLD_WIDTH / 2, y: WORLD_HEIGHT / 2 };
  #at: Point = { x: WORLD_WIDTH / 2, y: WORLD_HEIGHT / 2 };

  constructor(camera: Phaser.Cameras.Scene2D.Camera) {
    this.#camera = camera;
  }

  /** Width of the canvas in its own pixels. */
  get width(): number {
    return this.#camera.width;
  }

  /** Follows a ship, or drifts over the arena while there is none. */
  update(ship: (Point & { vx: number; vy: number }) | null, seconds: number, time: number): void {
    const camera = this.#camera;
    camera.setZoom(Math.max(camera.width / VIEW_WIDTH, camera.height / VIEW_HEIGHT) * 0.86);
    if (ship === null) {
      const ease = Math.min(1, seconds);
      this.#at.x += (WORLD_WIDTH / 2 + Math.cos(time * 0.15) * 400 - this.#at.x) * ease;
      this.#at.y += (WORLD_HEIGHT / 2 + Math.sin(time * 0.2) * 220 - this.#at.y) * ease;
    } else {
      const ease = Math.min(1, seconds * LEAD_RATE);
      this.#lead.x += (ship.vx * LEAD_SECONDS - this.#lead.x) * ease;
      this.#lead.y += (ship.vy * LEAD_SECONDS - this.#lead.y) * ease;
      this.#at = { x: ship.x + this.#lead.x, y: ship.y + this.#lead.y };
    }
    const { top, right, bottom, left } = this.#cover.update(seconds, time);
    // World units per pixel of the page, which may have more of them than the canvas.
    const unit = camera.width / window.innerWidth / camera.zoom;
    const halfWidth = camera.width / camera.zoom / 2 - ((left + right) / 2) * unit;
    const halfHeight = camera.height / camera.zoom / 2 - ((top + bottom) / 2) * unit;
    this.#centre.x = within(this.#at.x, halfWidth, WORLD_WIDTH) + ((right - left) / 2) * unit;
    this.#centre.y = within(this.#at.y, halfHeight, WORLD_HEIGHT) + ((bottom - top) / 2) * unit;
    camera.centerOn(this.#centre.x, this.#centre.y);
  }

  /** Where a world place is on the canvas. */
  toScreen(at: Point): Point {
    const { zoom, width, height } = this.#camera;
    return { x: (at.x - this.#centre.x) * zoom + width / 2, y: (at.y - this.#centre.y) * zoom + height / 2 };
  }
}

function within(value: number, half: number, size: number): number {
  if (half * 2 > size + MARGIN * 2) return size / 2;
  return Math.min(size + MARGIN - half, Math.max(half - MARGIN, value));
}
