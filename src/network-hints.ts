/**
 * Tells when the browser notices that it has lost its network or has one again, until the function that is returned is
 * called. Elsewhere nothing is ever told, and there is nothing to call.
 */
export function watchNetwork(changed: (online: boolean) => void): (() => void) | null {
  if (typeof addEventListener !== "function") return null;
  const listener = ({ type }: Event) => changed(type === "online");
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
}
