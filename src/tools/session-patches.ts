/*
 * What a game can call, taken over on one client and its namespaces: their own properties hide the methods until they are put back,
 * so that nobody else pays anything.
 */
import type { SocketIOClient } from "../client.js";
import type { SocketIONamespace } from "../namespace.js";
import { NAMESPACE_SIGNALS } from "../namespace-entry.js";
import type { Signal } from "../signal.js";
import { type WatchReply, watchReplies } from "./session-listeners.js";

/** Runs instead of the method; `original` is the method as it was. */
type Replacement = (args: unknown[], original: (...args: unknown[]) => unknown) => unknown;

/** What changes something, or has what it returns compared. `poll` and `get_stats` are taken over by whoever knows what they mean. */
const CLIENT_CALLS = [
  "connect_to_url",
  "close",
  "flush",
  "set_dispatch_paused",
  "take_event",
  "reconnect_now",
  "configure",
  "create_namespace",
] as const;

const NAMESPACE_CALLS = [
  "on",
  "once",
  "off",
  "set_event_mode",
  "emit",
  "emit_volatile",
  "emit_with_ack",
  "clear_buffer",
  "connect_to_namespace",
  "disconnect_from_namespace",
  "ready",
] as const;

export const CLIENT_SIGNALS = [
  "connected",
  "disconnected",
  "connect_error",
  "namespace_connected",
  "namespace_disconnected",
  "event_received",
  "reconnecting",
  "reconnect_failed",
  "transport_changed",
  "listener_error",
] as const;
const SIGNAL_CALLS = ["connect", "disconnect", "wait"] as const;

/** Whom a call is for: a namespace, or the client. */
export type Target = string | null;
/** A method, or `signal:` and what is done with the signal, with its name as the first argument. */
export type Method = string;
type OnCall = (target: Target, method: Method, args: unknown[], original: (...args: unknown[]) => unknown) => unknown;

export class Patches {
  readonly #onCall: OnCall;
  readonly #watchReply: WatchReply;
  readonly #undo: (() => void)[] = [];
  readonly #namespaces = new Set<SocketIONamespace>();

  constructor(client: SocketIOClient, onCall: OnCall, watchReply: WatchReply) {
    this.#onCall = onCall;
    this.#watchReply = watchReply;
    for (const name of CLIENT_CALLS) this.#forward(client, name, null);
    for (const name of CLIENT_SIGNALS) this.#signal(client[name] as unknown as Signal, name, null);
  }

  /** The paths of the namespaces that are taken over. */
  get paths(): string[] {
    return Array.from(this.#namespaces, (namespace) => namespace.get_namespace_path());
  }

  /** Takes over a namespace too. */
  namespace(namespace: SocketIONamespace): void {
    if (this.#namespaces.has(namespace)) return;
    this.#namespaces.add(namespace);
    const path = namespace.get_namespace_path();
    // Beneath the calls: those are put back, and what was added while they were not can still be removed.
    this.#undo.push(watchReplies(namespace, this.#watchReply));
    for (const name of NAMESPACE_CALLS) this.#forward(namespace, name, path);
    for (const name of NAMESPACE_SIGNALS) this.#signal(namespace[name] as unknown as Signal, name, path);
  }

  /** Takes over one more method. */
  replace(object: object, name: string, replacement: Replacement): void {
    const before = Object.getOwnPropertyDescriptor(object, name);
    const original = ((object as Record<string, unknown>)[name] as (...args: unknown[]) => unknown).bind(object);
    const value = (...args: unknown[]) => replacement(args, original);
    Object.defineProperty(object, name, { value, configurable: true, writable: true, enumerable: false });
    this.#undo.push(() => {
      // Somebody else may have taken it over since: then he keeps what he has.
      if (Object.getOwnPropertyDescriptor(object, name)?.value !== value) return;
      if (before) Object.defineProperty(object, name, before);
      else delete (object as Record<string, unknown>)[name];
    });
  }

  /** Puts everything back. */
  undo(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
    this.#namespaces.clear();
  }

  #forward(object: object, name: string, target: Target): void {
    this.replace(object, name, (args, original) => {
      const result = this.#onCall(target, name, args, original);
      if (name === "create_namespace") this.namespace(result as SocketIONamespace);
      return result;
    });
  }

  #signal(signal: Signal, name: string, target: Target): void {
    for (const call of SIGNAL_CALLS) {
      this.replace(signal, call, (args, original) =>
        this.#onCall(target, `signal:${call}`, [name, ...args], (_, ...rest) => original(...rest)),
      );
    }
  }
}
