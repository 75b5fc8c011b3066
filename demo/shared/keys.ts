/** The way that a key steers: to the right and downwards. By its place, so that WASD is where it is on every keyboard. */
export const KEYS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  KeyW: [0, -1],
  ArrowUp: [0, -1],
  KeyS: [0, 1],
  ArrowDown: [0, 1],
  KeyA: [-1, 0],
  ArrowLeft: [-1, 0],
  KeyD: [1, 0],
  ArrowRight: [1, 0],
};

/** Whether a key is one that the control with the focus takes itself: the game keeps away from it. */
export function isForControl({ target, code }: KeyboardEvent): boolean {
  if (target instanceof HTMLButtonElement) return code === "Space";
  return target instanceof HTMLInputElement && (target.type !== "range" || code.startsWith("Arrow"));
}
