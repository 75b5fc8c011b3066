/**
 * Has `listener` told when the browser notices that it has lost its network or has one again, or no longer. Elsewhere nothing is ever
 * told.
 */
export function watchNetwork(listener: EventListenerObject, isWanted: boolean): void {
  const change = isWanted ? globalThis.addEventListener : globalThis.removeEventListener;
  for (const type of ["online", "offline"]) change?.(type, listener);
}
