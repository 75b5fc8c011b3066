const NOTHING_TO_END = (): void => {};

/**
 * Tells when the browser notices that it has lost its network or has one again, until the function that is returned is
 * called. Elsewhere nothing is ever told.
 */
export function watchNetwork(changed: (online: boolean) => void): () => void {
  if (typeof addEventListener !== "function") return NOTHING_TO_END;
  const listener = ({ type }: Event) => changed(type === "online");
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
}
