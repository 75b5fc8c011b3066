import Phaser from "phaser";
import { VAULT_RADIUS } from "../../shared/constants.js";
import { GEM_COLORS } from "../ui/colors.js";

type Paint = (context: CanvasRenderingContext2D, size: number) => void;

export const PILLAR_TEXTURE_RADIUS = 80;

/** Draws every texture of the game with the 2D canvas: there are no image files. Whoever comes second finds them there. */
export function makeTextures(textures: Phaser.Textures.TextureManager): void {
  if (textures.exists("spark")) return;
  make(textures, "spark", 32, (context, size) => radial(context, size, ["#ffffff", "#ffffff88", "#ffffff00"]));
  make(textures, "glow", 160, (context, size) => radial(context, size, ["#ffffff66", "#ffffff1c", "#ffffff00"]));
  make(textures, "haze", 512, (context, size) => radial(context, size, ["#ffffff44", "#ffffff18", "#ffffff00"]));
  make(textures, "ring", 256, (context, size) => strokeCircle(context, size / 2, size / 2 - 14, 6, "#ffffff", 12));
  make(textures, "shield", 96, (context, size) => {
    strokeCircle(context, size / 2, size / 2 - 12, 2.5, "#ffffffcc", 10);
  });
  make(textures, "ship", 72, paintShip);
  make(textures, "arrow", 40, paintArrow);
  make(textures, "vault", 2 * (VAULT_RADIUS + 30), paintVault);
  make(textures, "vault-dashes", 2 * (VAULT_RADIUS + 30), paintVaultDashes);
  make(textures, "pillar", 2 * (PILLAR_TEXTURE_RADIUS + 24), paintPillar);
  GEM_COLORS.forEach((color, kind) => {
    make(textures, `gem${kind}`, 48, (context, size) => paintGem(context, size, color));
  });
}

/** Gives an image a colour. A browser without WebGL paints it from a texture of that colour: Phaser's canvas renderer knows no tint. */
export function colorImage(image: Phaser.GameObjects.Image, color: number): Phaser.GameObjects.Image {
  const { scene, texture } = image;
  return hasTint(scene) ? image.setTint(color) : image.setTexture(inColor(scene.textures, texture.key, color));
}

/** The same for particles: what to give an emitter as its texture, and as its tint. */
export function colorParticles(scene: Phaser.Scene, key: string, color: number): [texture: string, tint: number] {
  return hasTint(scene) ? [key, color] : [inColor(scene.textures, key, color), 0xffffff];
}

function hasTint({ sys }: Phaser.Scene): boolean {
  return sys.renderer.type === Phaser.WEBGL;
}

/** The name of a texture that is another one, which is made of greys, in a colour. */
function inColor(textures: Phaser.Textures.TextureManager, key: string, color: number): string {
  const name = `${key} ${css(color)}`;
  if (textures.exists(name)) return name;
  const greys = textures.get(key).getSourceImage() as HTMLCanvasElement;
  make(textures, name, greys.width, (context, size) => {
    context.drawImage(greys, 0, 0);
    context.globalCompositeOperation = "multiply";
    context.fillStyle = css(color);
    context.fillRect(0, 0, size, size);
    // What was transparent is so again.
    context.globalCompositeOperation = "destination-in";
    context.drawImage(greys, 0, 0);
  });
  return name;
}

function css(color: number): string {
  return `#${color.toString(16).padStart(6, "0")}`;
}

function make(textures: Phaser.Textures.TextureManager, key: string, size: number, paint: Paint): void {
  const texture = textures.createCanvas(key, size, size);
  if (texture === null) return;
  paint(texture.getContext(), size);
  texture.refresh();
}

function radial(context: CanvasRenderingContext2D, size: number, colors: readonly string[]): void {
  const half = size / 2;
  const gradient = context.createRadialGradient(half, half, 0, half, half, half);
  colors.forEach((color, index) => {
    gradient.addColorStop(index / (colors.length - 1), color);
  });
  context.fillStyle = gradient;
  context.fillRect(0, 0, size, size);
}

function strokeCircle(
  context: CanvasRenderingContext2D,
  centre: number,
  radius: number,
  width: number,
  color: string,
  blur: number,
): void {
  context.shadowColor = color;
  context.shadowBlur = blur;
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  context.arc(centre, centre, radius, 0, Math.PI * 2);
  context.stroke();
}

/** A hull that points right, in greys: the tint gives it its colour. */
function paintShip(context: CanvasRenderingContext2D, size: number): void {
  const half = size / 2;
  context.translate(half, half);
  context.shadowColor = "#ffffff";
  context.shadowBlur = 8;
  polygon(context, [27, 0, -12, -21, -20, -13, -14, 0, -20, 13, -12, 21]);
  context.fillStyle = "#ffffff";
  context.fill();
  context.shadowBlur = 0;
  polygon(context, [20, 0, -9, -15, -11, 0]);
  context.fillStyle = "#d8d8d8";
  context.fill();
  polygon(context, [20, 0, -9, 15, -11, 0]);
  context.fillStyle = "#b0b0b0";
  context.fill();
  context.fillStyle = "#10141f";
  context.beginPath();
  context.ellipse(3, 0, 8, 4.5, 0, 0, Math.PI * 2);
  context.fill();
}

function paintArrow(context: CanvasRenderingContext2D, size: number): void {
  context.translate(size / 2, size / 2);
  context.shadowColor = "#ffd65a";
  context.shadowBlur = 8;
  context.fillStyle = "#ffd65a";
  polygon(context, [13, 0, -8, -11, -3, 0, -8, 11]);
  context.fill();
}

function paintVault(context: CanvasRenderingContext2D, size: number): void {
  const half = size / 2;
  const gradient = context.createRadialGradient(half, half, VAULT_RADIUS * 0.2, half, half, VAULT_RADIUS);
  gradient.addColorStop(0, "#ffd65a06");
  gradient.addColorStop(1, "#ffd65a40");
  context.fillStyle = gradient;
  context.beginPath();
  context.arc(half, half, VAULT_RADIUS, 0, Math.PI * 2);
  context.fill();
  strokeCircle(context, half, VAULT_RADIUS, 4, "#ffd65a", 20);
}

function paintVaultDashes(context: CanvasRenderingContext2D, size: number): void {
  context.setLineDash([26, 20.07]);
  strokeCircle(context, size / 2, VAULT_RADIUS + 14, 3, "#ffb43a", 12);
}

function paintPillar(context: CanvasRenderingContext2D, size: number): void {
  const half = size / 2;
  const gradient = context.createRadialGradient(half, half, 4, half, half, PILLAR_TEXTURE_RADIUS);
  gradient.addColorStop(0, "#1a2450");
  gradient.addColorStop(1, "#0b1024");
  context.fillStyle = gradient;
  context.beginPath();
  context.arc(half, half, PILLAR_TEXTURE_RADIUS, 0, Math.PI * 2);
  context.fill();
  strokeCircle(context, half, PILLAR_TEXTURE_RADIUS - 2, 4, "#5b7dff", 22);
  context.shadowBlur = 0;
  context.strokeStyle = "#33489a";
  context.lineWidth = 2;
  for (const part of [0.72, 0.44]) {
    const corners = Array.from({ length: 6 }, (_, corner) => {
      const angle = (corner / 6) * Math.PI * 2 + part;
      const radius = PILLAR_TEXTURE_RADIUS * part;
      return [half + Math.cos(angle) * radius, half + Math.sin(angle) * radius];
    });
    polygon(context, corners.flat());
    context.stroke();
  }
}

function paintGem(context: CanvasRenderingContext2D, size: number, color: number): void {
  context.translate(size / 2, size / 2);
  context.shadowColor = css(color);
  context.shadowBlur = 12;
  context.fillStyle = css(color);
  polygon(context, [0, -13, 10, -3, 0, 14, -10, -3]);
  context.fill();
  context.shadowBlur = 0;
  context.fillStyle = "#ffffffaa";
  polygon(context, [0, -13, 10, -3, 0, -3]);
  context.fill();
  context.fillStyle = "#ffffff55";
  polygon(context, [0, -13, -10, -3, 0, -3]);
  context.fill();
  context.fillStyle = "#00000044";
  polygon(context, [0, 14, 10, -3, 0, -3]);
  context.fill();
}

function polygon(context: CanvasRenderingContext2D, points: readonly number[]): void {
  context.beginPath();
  for (let index = 0; index < points.length; index += 2) {
    context.lineTo(points[index] ?? 0, points[index + 1] ?? 0);
  }
  context.closePath();
}
