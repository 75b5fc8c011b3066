/**
 * Chance that can be played back (mulberry32): the same seed and number, the same sequence from 0 to below 1. Each number has a
 * sequence of its own, so what one bot draws changes nothing for the others.
 */
export function seededRandom(seed: number, number: number): () => number {
  let state = mix((seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

function mix(state: number): number {
  let bits = Math.imul(state ^ (state >>> 15), state | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return (bits ^ (bits >>> 14)) >>> 0;
}
