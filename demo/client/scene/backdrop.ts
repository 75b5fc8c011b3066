import type Phaser from "phaser";
import { PILLARS } from "../../shared/arena-map.js";
import { WORLD_HEIGHT, WORLD_WIDTH } from "../../shared/constants.js";
import { PILLAR_TEXTURE_RADIUS } from "./textures.js";

/** Soft lights on the floor: x, y, radius, colour. */
const LIGHTS: readonly (readonly [number, number, number, string])[] = [
  [300, 250, 820, "#2440c0"],
  [1900, 350, 780, "#8020a0"],
  [1100, 760, 900, "#0f7a9a"],
  [350, 1200, 720, "#7a1f80"],
  [1900, 1150, 820, "#2040b0"],
];
const BORDER = 40;
const GRID = 100;

/**
 * What never moves: floor, lights, grid and walls, and the pillars on top. The floor is painted once into one texture, so
 * that it costs a single quad per frame: layers of transparent light as big as the screen are what slows weak GPUs down.
 */
export function buildBackdrop(scene: Phaser.Scene): void {
  if (!scene.textures.exists("floor")) makeFloor(scene.textures);
  scene.add.image(WORLD_WIDTH / 2, WORLD_HEIGHT / 2, "floor").setDepth(0);
  for (const pillar of PILLARS) {
    const image = scene.add.image(pillar.x, pillar.y, "pillar").setScale(pillar.radius / PILLAR_TEXTURE_RADIUS);
    image.setDepth(4);
    scene.tweens.add({ targets: image, angle: 360, duration: 60_000 + pillar.x * 10, repeat: -1 });
  }
}

function makeFloor(textures: Phaser.Textures.TextureManager): void {
  const texture = textures.createCanvas("floor", WORLD_WIDTH + BORDER * 2, WORLD_HEIGHT + BORDER * 2);
  if (texture === null) return;
  paintFloor(texture.getContext());
  texture.refresh();
}

function paintFloor(context: CanvasRenderingContext2D): void {
  context.translate(BORDER, BORDER);
  context.fillStyle = "#090e20";
  context.fillRect(0, 0, WORLD_WIDTH, WORLD_HEIGHT);
  context.save();
  context.beginPath();
  context.rect(0, 0, WORLD_WIDTH, WORLD_HEIGHT);
  context.clip();
  for (const [x, y, radius, color] of LIGHTS) {
    const light = context.createRadialGradient(x, y, 0, x, y, radius);
    light.addColorStop(0, `${color}50`);
    light.addColorStop(0.5, `${color}1e`);
    light.addColorStop(1, `${color}00`);
    context.fillStyle = light;
    context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
  }
  context.restore();
  paintGrid(context);
  context.shadowColor = "#4f7bff";
  context.shadowBlur = 26;
  context.strokeStyle = "#6f93ff";
  context.lineWidth = 4;
  context.strokeRect(-2, -2, WORLD_WIDTH + 4, WORLD_HEIGHT + 4);
}

function paintGrid(context: CanvasRenderingContext2D): void {
  context.strokeStyle = "#22366a";
  context.lineWidth = 1;
  context.beginPath();
  for (let x = GRID; x < WORLD_WIDTH; x += GRID) {
    context.moveTo(x, 0);
    context.lineTo(x, WORLD_HEIGHT);
  }
  for (let y = GRID; y < WORLD_HEIGHT; y += GRID) {
    context.moveTo(0, y);
    context.lineTo(WORLD_WIDTH, y);
  }
  context.stroke();
  context.fillStyle = "#4468c8";
  for (let x = GRID; x < WORLD_WIDTH; x += GRID) {
    for (let y = GRID; y < WORLD_HEIGHT; y += GRID) context.fillRect(x - 1.5, y - 1.5, 3, 3);
  }
}
