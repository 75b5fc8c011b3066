import { Err, OK, type Signal, type SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { sequenceAfter } from "../../shared/sequence.js";
import { STEER_SCALE } from "../constants.js";
import { INK_NAMESPACE, type InkClientEvents, type InkServerEvents, type SplashAnswer } from "../protocol.js";
import { decodeSnapshot, type Snapshot } from "../snapshot.js";
import type { Effect } from "../world.js";

/** One stay on the board: what came in, and what can be sent. Everything that it has connected ends with `leave()`. */
export class InkSession {
  readonly client: SocketIOClient;
  readonly ink: SocketIONamespace<InkServerEvents, InkClientEvents>;
  readonly names = new Map<number, string>();
  /** The own slot; -1 before the server has said. */
  slot = -1;
  /** The newest one that was heard. */
  snapshot: Snapshot | null = null;
  effects: Effect[] = [];
  /** How often the listener of snapshots was called. */
  heard = 0;
  /** Counts the welcomes; grows with every reconnection. */
  welcomes = 0;
  splashAcks = 0;
  /** What the last splash was worth; -1 for one that was refused. */
  lastSplash = 0;
  /** Why the server did not let us in; "" while nothing is wrong. */
  refusal = "";
  onSnapshot: (snapshot: Snapshot) => void = () => {};
  onSplash: (answer: SplashAnswer) => void = () => {};
  #seat = "";
  #sequence = 0;
  #isSplashing = false;
  #endings: (() => void)[] = [];
  /** The attempt to come; at a time of `performance.now()`. */
  #retry: { readonly attempt: number; readonly at: number } | null = null;

  constructor(client: SocketIOClient) {
    this.client = client;
    this.ink = client.create_namespace<InkServerEvents, InkClientEvents>(INK_NAMESPACE);
    // Every snapshot has the whole board in it. When two wait, as after a while in a hidden tab, the older is not even parsed.
    this.ink.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
  }

  get playing(): boolean {
    return this.slot >= 0 && this.ink.is_namespace_connected();
  }

  /** The number of the last steering that was sent. */
  get sequence(): number {
    return this.#sequence;
  }

  join(url: string, name: string): void {
    this.#listen("welcome", ([{ slot, seat }]) => {
      this.slot = slot;
      this.#seat = seat;
      this.#sequence = 0;
      this.#isSplashing = false;
      this.snapshot = null;
      this.welcomes++;
    });
    this.#listen("roster", ([roster]) => {
      this.names.clear();
      for (const entry of roster) this.names.set(entry.slot, entry.name);
    });
    this.#listen("snapshot", ([bytes]) => {
      this.heard++;
      const snapshot = decodeSnapshot(bytes);
      if (snapshot === null) return;
      this.snapshot = snapshot;
      this.onSnapshot(snapshot);
    });
    this.#listen("effects", ([effects]) => {
      this.effects.push(...effects);
    });
    this.#connect(this.ink.connected, () => {
      this.refusal = "";
      this.#retry = null;
    });
    this.#connect(this.ink.connect_error, ({ message, data }) => {
      // With data the server has said so on purpose; without it an attempt has failed, and the next one follows.
      const hint = (data as { hint?: string } | undefined)?.hint;
      if (hint !== undefined) this.refusal = `${message}: ${hint}`;
    });
    this.#connect(this.client.reconnecting, (attempt, delay) => {
      this.#retry = { attempt, at: performance.now() + delay * 1000 };
    });
    const code = this.client.connect_to_url(url);
    if (code !== OK && code !== Err.ERR_ALREADY_IN_USE) this.refusal = this.client.get_last_error();
    // Asked again at every reconnection: with the seat of last time the drop and its ink are still ours.
    this.ink.connect_to_namespace(() => ({ name, seat: this.#seat }));
  }

  leave(): void {
    this.ink.disconnect_from_namespace();
    for (const end of this.#endings.splice(0)) end();
    this.names.clear();
    this.effects = [];
    this.snapshot = null;
    this.slot = -1;
    this.#seat = "";
    this.refusal = "";
    this.#retry = null;
  }

  /** Sends where to go, unless it cannot be sent now; then it is not worth keeping. */
  steer(x: number, y: number): boolean {
    const sequence = sequenceAfter(this.#sequence);
    const isSent = this.ink.emit_volatile("steer", [sequence, quantise(x), quantise(y)]) === OK;
    if (isSent) this.#sequence = sequence;
    return isSent;
  }

  /** Splashes; the server says whether that was allowed, and what it was worth. */
  splash(): void {
    if (!this.playing || this.#isSplashing) return;
    this.#isSplashing = true;
    this.ink.emit_with_ack("splash", [], ([answer], code) => {
      this.#isSplashing = false;
      if (code !== OK) return;
      this.splashAcks++;
      this.lastSplash = answer.ok ? answer.cells : -1;
      this.onSplash(answer);
    });
  }

  /** What to tell the player about the connection; "" while all is well. */
  banner(): string {
    if (this.refusal !== "") return this.refusal;
    if (this.playing) return "";
    if (this.#retry === null) return "connecting …";
    const left = (this.#retry.at - performance.now()) / 1000;
    const what = left > 0.05 ? `reconnecting in ${left.toFixed(1)} s` : "trying …";
    return `${what} (attempt ${this.#retry.attempt})`;
  }

  /** How many callbacks are connected, for a test that counts them before and after. */
  get listeners(): number {
    const { connected, connect_error } = this.ink;
    const signals: { get_connections(): unknown[] }[] = [connected, connect_error, this.client.reconnecting];
    return this.#endings.length + signals.reduce((sum, signal) => sum + signal.get_connections().length, 0);
  }

  #listen<E extends keyof InkServerEvents>(event: E, heard: (data: Parameters<InkServerEvents[E]>) => void): void {
    const listener = heard as never;
    this.ink.on(event, listener);
    this.#endings.push(() => this.ink.off(event, listener));
  }

  #connect<Args extends unknown[]>(signal: Signal<Args>, callback: (...args: NoInfer<Args>) => void): void {
    signal.connect(callback);
    this.#endings.push(() => signal.disconnect(callback));
  }
}

function quantise(axis: number): number {
  return Math.round(axis * STEER_SCALE) || 0;
}
