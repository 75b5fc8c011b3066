/*
 * The listeners of a namespace while its replies are watched: what is registered is a function that stands for the game's own. That must be
 * undone by `off()` when nobody watches any more, so `on`, `once` and `off` are taken over once for each namespace, and stay so.
 */
import type { SocketIONamespace } from "../namespace.js";
import type { Reply } from "../namespace-entry.js";

/** Gives what is handed to the game in the place of a reply. */
export type WatchReply = (event: string, reply: Reply) => Reply;

type Run = (...args: unknown[]) => unknown;

const known = new WeakMap<SocketIONamespace, WatchedListeners>();

/** The replies of `namespace` go through `watch` from now on; returns what ends that. */
export function watchReplies(namespace: SocketIONamespace, watch: WatchReply): () => void {
  let listeners = known.get(namespace);
  if (listeners === undefined) {
    listeners = new WatchedListeners(namespace);
    known.set(namespace, listeners);
  }
  const { watches } = listeners;
  watches.add(watch);
  return () => watches.delete(watch);
}

class WatchedListeners {
  readonly watches = new Set<WatchReply>();
  /** What stands for the callbacks of each event, in the order in which they were added. */
  readonly #stands = new Map<string, Map<Run, Run[]>>();

  constructor(namespace: SocketIONamespace) {
    const methods = namespace as unknown as Record<"on" | "once" | "off", Run>;
    for (const name of ["on", "once"] as const) {
      const original = methods[name].bind(namespace);
      takeOver(namespace, name, (...args) => this.#listen(original, args, name === "once"));
    }
    const off = methods.off.bind(namespace);
    takeOver(namespace, "off", (...args) => this.#unlisten(off, args));
  }

  #listen(original: Run, args: unknown[], once: boolean): unknown {
    const [event, callback] = args as [string, Run];
    if (this.watches.size === 0 || typeof callback !== "function") return original(...args);
    const stand: Run = (data, reply) => {
      if (once) this.#forget(event, callback, stand);
      return callback(...(reply ? [data, this.#watched(event, reply as Reply)] : [data]));
    };
    const result = original(event, stand);
    let stands = this.#stands.get(event);
    if (stands === undefined) {
      stands = new Map();
      this.#stands.set(event, stands);
    }
    stands.set(callback, [...(stands.get(callback) ?? []), stand]);
    return result;
  }

  /** One that was added while nobody watched is found when none of the others is left: who has both loses the later one first. */
  #unlisten(original: Run, args: unknown[]): unknown {
    const [event, callback] = args as [string, Run | undefined];
    const stand = callback && this.#stands.get(event)?.get(callback)?.[0];
    const result = stand ? original(event, stand) : original(...args);
    if (callback === undefined) this.#stands.delete(event);
    else if (stand) this.#forget(event, callback, stand);
    return result;
  }

  /** It is not registered any more. */
  #forget(event: string, callback: Run, stand: Run): void {
    const stands = this.#stands.get(event);
    const left = stands?.get(callback)?.filter((other) => other !== stand) ?? [];
    if (left.length > 0) stands?.set(callback, left);
    else stands?.delete(callback);
    if (stands?.size === 0) this.#stands.delete(event);
  }

  #watched(event: string, reply: Reply): Reply {
    let watched = reply;
    for (const watch of this.watches) watched = watch(event, watched);
    return watched;
  }
}

function takeOver(namespace: SocketIONamespace, name: string, value: Run): void {
  Object.defineProperty(namespace, name, { value, configurable: true, writable: true, enumerable: false });
}
