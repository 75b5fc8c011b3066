import { Graphics, type Renderer, type Texture } from "pixi.js";

/** Pixels of a texture per cell of the board. */
export const CELL = 32;

export interface Textures {
  readonly tile: Texture;
  readonly dot: Texture;
  readonly body: Texture;
  readonly shine: Texture;
  readonly glow: Texture;
  readonly ring: Texture;
  readonly eye: Texture;
}

/** Everything is drawn in code, white, and tinted where it is used. */
export function makeTextures(renderer: Renderer): Textures {
  const make = (graphics: Graphics): Texture => {
    const texture = renderer.generateTexture({ target: graphics, resolution: 2, antialias: true });
    graphics.destroy();
    return texture;
  };
  const tile = new Graphics()
    .roundRect(1, 1, CELL - 2, CELL - 2, 8)
    .fill({ color: 0xd6d6d6 })
    .roundRect(2.5, 2, CELL - 5, CELL - 8, 7)
    .fill({ color: 0xffffff });
  const glow = new Graphics();
  // Many faint discs on top of each other fade out as a gradient does.
  for (let radius = CELL * 2; radius > 2; radius -= 2)
    glow.circle(0, 0, radius).fill({ color: 0xffffff, alpha: 0.012 });
  return {
    tile: make(tile),
    dot: make(new Graphics().circle(0, 0, 5).fill(0xffffff)),
    body: make(new Graphics().circle(0, 0, CELL * 0.62).fill(0xffffff)),
    shine: make(new Graphics().ellipse(0, 0, CELL * 0.26, CELL * 0.15).fill(0xffffff)),
    glow: make(glow),
    ring: make(new Graphics().circle(0, 0, CELL * 2).stroke({ width: 5, color: 0xffffff })),
    eye: make(new Graphics().circle(0, 0, 4.6).fill(0xffffff)),
  };
}
