import { PILLARS } from "../../shared/arena-map.js";
import { PHASE_PLAYING, VAULT_RADIUS, WORLD_WIDTH } from "../../shared/constants.js";
import type { GameSession } from "../net/session.js";
import { shipCss } from "./colors.js";
import { element } from "./elements.js";

const REFRESH_SECONDS = 0.1;

/** The whole arena at a glance; the camera shows only a part of it. */
export class Minimap {
  readonly #canvas = element<HTMLCanvasElement>("map");
  readonly #context = this.#canvas.getContext("2d");
  #nextAt = 0;

  update(session: GameSession, now: number): void {
    const context = this.#context;
    const { newest } = session.snapshots;
    if (context === null || newest === null || now < this.#nextAt) return;
    this.#nextAt = now + REFRESH_SECONDS;
    const scale = this.#canvas.width / WORLD_WIDTH;
    const disc = (x: number, y: number, radius: number): void => {
      context.beginPath();
      context.arc(x * scale, y * scale, radius, 0, Math.PI * 2);
      context.fill();
    };
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.fillStyle = "#22345e";
    for (const pillar of PILLARS) disc(pillar.x, pillar.y, pillar.radius * scale);
    context.fillStyle = "#6fdcff88";
    for (const gem of newest.gems.values()) context.fillRect(gem.x * scale - 1, gem.y * scale - 1, 2, 2);
    if (newest.phase === PHASE_PLAYING) {
      context.fillStyle = "#ffd65a66";
      disc(newest.vault.x, newest.vault.y, VAULT_RADIUS * scale);
    }
    for (const ship of newest.ships.values()) {
      const own = ship.id === session.id;
      context.fillStyle = own ? "#ffffff" : shipCss(ship.id);
      disc(ship.x, ship.y, own ? 4 : 2.5);
    }
  }
}
