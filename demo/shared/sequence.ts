/** Input steps are numbered 0 to 65535 and then again from 0; these compare across that seam. */
export const SEQUENCE_MODULO = 65536;

/** The number `steps` after `sequence`. */
export function sequenceAfter(sequence: number, steps = 1): number {
  return (sequence + steps) % SEQUENCE_MODULO;
}

/** How many steps `newer` is ahead of `older`; negative when it is behind. */
export function sequenceDistance(newer: number, older: number): number {
  const difference = (newer - older + SEQUENCE_MODULO) % SEQUENCE_MODULO;
  return difference < SEQUENCE_MODULO / 2 ? difference : difference - SEQUENCE_MODULO;
}
