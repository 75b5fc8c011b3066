/*
 * Telling the game what has become of its namespaces, its events and its acknowledgements.
 */
import { Callbacks } from "./callbacks.js";
import { type ConnectError, type Err, SocketIOError } from "./errors.js";
import type { NamespaceEntry, TakenEvent } from "./namespace-entry.js";
import { ERR_CONNECTION_ERROR } from "./protocol/codes.js";
import type { SessionSink } from "./protocol/socket-session.js";

export abstract class Announcer extends Callbacks implements SessionSink {
  /** Events that wait for `take_event()`, decoded: one, unless several came at once. */
  readonly pulled: TakenEvent[] = [];
  /** A sentence about what failed last. */
  lastError = "";
  /** `connected` was emitted, and `disconnected` not since. */
  protected announced = false;

  abstract makeNamespace(path: string): NamespaceEntry;

  /** The attempt to connect has got as far as it shall. */
  protected abstract settled(): void;

  /** The server does not want us in `entry`; `tell` says so to the game. */
  protected abstract shutOut(entry: NamespaceEntry, reason: string, error: ConnectError, tell: () => void): void;

  /** Asks the game, if it wants to be asked, whether to try again. */
  protected shallRetry(reason: string, error: ConnectError, byDefault: boolean): boolean {
    const { enabled, filter } = this.options.reconnection;
    if (!enabled || !filter) return enabled && byDefault;
    return this.invoke(filter, [reason, error, byDefault], "reconnection.filter", error.namespace) ?? byDefault;
  }

  event(entry: NamespaceEntry, event: string, data: unknown[], ackId: number): void {
    const { path } = entry;
    this.counters.events_dispatched++;
    const reply = ackId < 0 ? null : entry.replyTo(event, ackId);
    if (this.options.event_delivery === "pull") this.pulled.push({ event, data, path, reply });
    else {
      entry.dispatch(event, data, reply);
      this.signals.event_received?.emit(event, data, path);
    }
  }

  connected(entry: NamespaceEntry): void {
    const { path, sid, generation } = entry;
    // A callback may end the connection; then nobody is told that it is up after he was told that it is down.
    const isUp = () => generation === entry.generation;
    if (path === "/") this.settled();
    entry.settle();
    entry.signals.connected?.emit(sid);
    if (isUp()) {
      entry.announced = true;
      this.signals.namespace_connected?.emit(path);
    }
    if (path === "/" && isUp()) {
      this.announced = true;
      this.signals.connected?.emit(sid);
    }
  }

  disconnected(entry: NamespaceEntry, reason: string): void {
    const tell = () => {
      entry.signals.disconnected?.emit(reason);
      if (entry.announced) {
        entry.announced = false;
        this.signals.namespace_disconnected?.emit(entry.path);
      }
      if (entry.path === "/" && this.announced) {
        this.announced = false;
        this.signals.disconnected?.emit(reason);
      }
    };
    if (reason !== "server disconnect") tell();
    else {
      const message = "the server disconnected the namespace";
      this.shutOut(entry, reason, { message, namespace: entry.path, code: ERR_CONNECTION_ERROR }, tell);
    }
  }

  refused(entry: NamespaceEntry, message: string, code: Err, data?: unknown): void {
    const error: ConnectError = { message, namespace: entry.path, code };
    if (data !== undefined) error.data = data;
    const tell = () => {
      this.lastError = message;
      entry.settle(new SocketIOError(message, code, data));
      entry.signals.connect_error?.emit(error);
      this.signals.connect_error?.emit(error);
    };
    this.shutOut(entry, "connect_error", error, tell);
  }

  undeliverable({ path }: NamespaceEntry, message: string): void {
    this.listenerError(new Error(message), "", path);
  }
}
