/*
 * Browsers tell the client when they lose their network and have it again. A recording notes that, and a replay says it instead of the
 * browser.
 */

type Say = (type: "online" | "offline") => void;
type Hear = (event: { type: string }) => void;
type Listener = Hear | { handleEvent: Hear };
type Listen = (type: string, listener: Listener) => void;
interface Scope {
  addEventListener?: Listen;
  removeEventListener?: Listen;
}

const TYPES = ["online", "offline"] as const;
const scope = globalThis as Scope;

/** Calls `begin` before and `end` after what `connect` adds as listeners, until the function that is returned is called. */
export function enclose(connect: () => void, begin: Say, end: Say): () => void {
  const before = ({ type }: { type: string }) => begin(type as "online");
  const after = ({ type }: { type: string }) => end(type as "online");
  for (const type of TYPES) scope.addEventListener?.(type, before);
  connect();
  for (const type of TYPES) scope.addEventListener?.(type, after);
  return () => {
    for (const type of TYPES) for (const listener of [before, after]) scope.removeEventListener?.(type, listener);
  };
}

/** Keeps what `connect` would add as a listener from the browser; returns what says it instead. */
export function capture(connect: () => void, isNeeded: boolean): Say {
  const heard: Listener[] = [];
  const before = Object.getOwnPropertyDescriptor(globalThis, "addEventListener");
  // Elsewhere nobody says it, but a recording that was made in a browser may.
  const isBrowser = typeof scope.addEventListener === "function";
  if (isBrowser || isNeeded) {
    const value: Listen = (type, listener) => {
      if (type === "online") heard.push(listener);
    };
    Object.defineProperty(globalThis, "addEventListener", { value, configurable: true, writable: true });
    // What is added can be taken away, later.
    if (!isBrowser) scope.removeEventListener ??= () => {};
  }
  try {
    connect();
  } finally {
    if (before) Object.defineProperty(globalThis, "addEventListener", before);
    else delete scope.addEventListener;
  }
  return (type) => {
    for (const listener of heard)
      if (typeof listener === "function") listener({ type });
      else listener.handleEvent({ type });
  };
}
