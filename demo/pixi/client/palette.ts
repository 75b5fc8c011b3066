/** One colour per slot, as far from its neighbours as sixteen inks can be. */
const INKS = [
  0x35d6ff, 0xff4f9a, 0xffc93c, 0x8cf25e, 0xa97bff, 0xff7a45, 0x37e8b0, 0xf25ef0, 0x5b8cff, 0xe6f25e, 0xff5e5e, 0x4fd1a5,
  0xd59bff, 0xffa07a, 0x7ee0ff, 0xb8e986,
]; // biome-ignore format: a list of colours

export function inkOf(slot: number): number {
  return INKS[slot % INKS.length] ?? 0xffffff;
}

export function cssInk(slot: number): string {
  return `#${inkOf(slot).toString(16).padStart(6, "0")}`;
}
