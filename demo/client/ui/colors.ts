/** Every ship has its own hue, spread by the golden ratio so that neighbours in number are far apart in colour. */
function shipHue(id: number): number {
  return (id * 0.61803398875 + 0.05) % 1;
}

/** The ship's colour for CSS and canvas. */
export function shipCss(id: number): string {
  return `hsl(${Math.round(shipHue(id) * 360)} 90% 66%)`;
}

/** The same colour as a number, for Phaser. */
export function shipColor(id: number): number {
  return hslToNumber(shipHue(id), 0.9, 0.66);
}

/** The colours of the four kinds of gems. */
export const GEM_COLORS: readonly number[] = [0x38e8ff, 0xff5fb0, 0xffd65a, 0x8dff6a];

function hslToNumber(hue: number, saturation: number, lightness: number): number {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const k = (offset + hue * 12) % 12;
    return Math.round(255 * (lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return (channel(0) << 16) | (channel(8) << 8) | channel(4);
}
