import type { Prng } from "./prng.js";

/** The upgrade a player may choose between two rounds. It lasts until another one is chosen. */
export const PERK_NONE = 0;
export const PERK_SWIFT = 1;
export const PERK_MAGNET = 2;
export const PERK_COILS = 3;
export const PERK_DEEP_HOLD = 4;

export interface Perk {
  readonly id: number;
  readonly title: string;
  readonly text: string;
}

const PERKS: readonly Perk[] = [
  { id: PERK_SWIFT, title: "Swift", text: "12 % more thrust" },
  { id: PERK_MAGNET, title: "Magnet", text: "Picks gems up from twice as far" },
  { id: PERK_COILS, title: "Hot coils", text: "The dash is ready a third sooner" },
  { id: PERK_DEEP_HOLD, title: "Deep hold", text: "Carries 8 gems: up to 36 points at once" },
];

/** Three different perks to choose from. */
export function offerPerks(random: Prng): Perk[] {
  const offer = [...PERKS];
  offer.splice(random.index(offer.length), 1);
  return offer;
}
