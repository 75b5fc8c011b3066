/*
 * What the tests that play the games of the demo share.
 */

/** The keys that steer, and where to. */
export const KEYS = [
  { key: "KeyD", x: 1, y: 0 },
  { key: "KeyA", x: -1, y: 0 },
  { key: "KeyS", x: 0, y: 1 },
  { key: "KeyW", x: 0, y: -1 },
] as const;

/** A part of a picture, in fractions of its width and height. */
export type Part = readonly [left: number, top: number, width: number, height: number];

/** For a page to run, which can decode a picture: how many different colours a part of it has. The argument is that of `colorsIn`. */
export async function countColors([address, [left, top, width, height]]: readonly [string, Part]): Promise<number> {
  const image = await createImageBitmap(await (await fetch(address)).blob());
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no 2d context");
  context.drawImage(image, 0, 0);
  const part = [image.width * left, image.height * top, image.width * width, image.height * height] as const;
  return new Set(new Uint32Array(context.getImageData(...part).data.buffer)).size;
}

export function colorsIn(png: Buffer, part: Part): readonly [address: string, part: Part] {
  return [`data:image/png;base64,${png.toString("base64")}`, part];
}
