import { OK, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { ArenaLink } from "../../net/arena-link.js";
import { PERK_ANSWER_SECONDS } from "../../shared/constants.js";
import type { Perk } from "../../shared/perks.js";
import type { LobbyStatus, RoundResult } from "../../shared/protocol.js";
import { decodeSnapshot } from "../../shared/snapshot.js";
import type { Effect } from "../../shared/world.js";
import { SnapshotBuffer } from "./interpolation.js";
import { LinkMeter } from "./link-meter.js";
import { Predictor } from "./prediction.js";

export interface Steering {
  readonly moveX: number;
  readonly moveY: number;
  readonly dash: boolean;
}

/** A question of the server that waits for the player. */
export interface PerkQuestion {
  readonly offer: readonly Perk[];
  readonly answer: (perk: number) => void;
  /** When the server stops waiting, in seconds of the frame clock. */
  readonly until: number;
}

/**
 * The network half of the game: `poll()` once per frame, read the fields, steer, `send()`. The listeners below only
 * write down what came; they run inside `poll()`, so the game never sees half of a frame's news.
 */
export class GameSession {
  readonly client: SocketIOClient;
  readonly link: ArenaLink;
  readonly meter: LinkMeter;
  readonly predictor = new Predictor();
  readonly snapshots = new SnapshotBuffer();
  readonly names = new Map<number, string>();
  /** The own ship, 0 while not in the arena. */
  id = 0;
  lobby: LobbyStatus | null = null;
  result: RoundResult | null = null;
  question: PerkQuestion | null = null;
  effects: { readonly tick: number; readonly effect: Effect }[] = [];
  dashAcks = 0;
  dashRefusals = 0;
  /** Counts the arrivals in the arena; grows with every reconnection. */
  welcomes = 0;
  #now = 0;
  #retry: { readonly attempt: number; readonly at: number } | null = null;
  #returning = false;

  constructor() {
    // The one shared client, as a Godot autoload would be. Four milliseconds are a quarter of a frame: after a stall the
    // rest of the inbox waits for the next frames rather than eat this one.
    this.client = SocketIOClient.get_singleton();
    this.client.configure({
      main_namespace: false,
      poll_max_time: 0.004,
      reconnection: { enabled: true, attempts: Number.POSITIVE_INFINITY, delay: 0.25, delay_max: 2, jitter: 0.5 },
    });
    this.meter = new LinkMeter(this.client);
    this.link = new ArenaLink(this.client, false);
    this.#listen();
  }

  /** Goes into the arena under this name; called again with another one after a refusal. */
  join(url: string, name: string): void {
    this.link.connect(url, name);
  }

  /** In the arena and steering. */
  get playing(): boolean {
    return this.id !== 0 && this.link.arena.is_namespace_connected();
  }

  /** Step one of a frame: everything that arrived since the last one. */
  poll(now: number, seconds: number): void {
    this.#now = now;
    const started = performance.now();
    this.client.poll();
    this.meter.polled(performance.now() - started, now);
    if (this.#returning) this.#returned();
    this.snapshots.advance(now, seconds);
  }

  /** Step two, after the game has decided where to go: predict, emit, and write it all now rather than next frame. */
  send(seconds: number, steering: Steering): void {
    if (this.playing) {
      if (steering.dash) this.#dash();
      this.predictor.advance(seconds, steering.moveX, steering.moveY);
      const inputs = this.predictor.unsent();
      // What cannot be written now goes with the next frame's steps; the sequence numbers keep the order.
      if (inputs !== null && this.link.arena.emit_volatile("input", [inputs.first, inputs.moves]) === OK) {
        this.predictor.markSent(inputs.moves.length / 2);
      }
    }
    this.client.flush();
  }

  /**
   * The tab was hidden or shown. A hidden tab has no frames, so nothing polls: the server is asked to stop the
   * snapshots, and of those that were already on their way only the newest will be dispatched. Interpolation needs every
   * one of them again as soon as there are frames.
   */
  setHidden(hidden: boolean): void {
    if (hidden) this.link.arena.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    else this.#returning = true;
    if (!this.link.arena.is_namespace_connected()) return;
    this.link.arena.emit("away", [hidden]);
    this.client.flush();
  }

  /** What to tell the player about the connection; "" while all is well. */
  banner(): string {
    if (this.link.refusal !== "") return `refused: ${this.link.refusal}`;
    if (this.playing) return "";
    if (this.#retry !== null) {
      const left = Math.max(0, this.#retry.at - this.#now);
      return `reconnecting in ${left.toFixed(1)} s (attempt ${this.#retry.attempt})`;
    }
    return this.link.lobby.is_namespace_connected() ? "entering the arena …" : "connecting …";
  }

  #listen(): void {
    const { arena, lobby } = this.link;
    arena.on("welcome", ([welcome]) => {
      this.id = welcome.id;
      this.welcomes++;
      this.#retry = null;
      this.snapshots.reset();
      this.predictor.reset(welcome.lastSequence);
      this.#setRoster(welcome.roster);
      // A connection that came back while nobody looks: the server does not know that yet.
      if (document.hidden) this.setHidden(true);
    });
    arena.on("roster", ([roster]) => this.#setRoster(roster));
    arena.on("snapshot", ([bytes]) => this.#takeSnapshot(bytes));
    arena.on("effects", ([tick, effects]) => {
      for (const effect of effects) this.effects.push({ tick, effect });
    });
    arena.on("round_over", ([result]) => {
      this.result = result;
    });
    arena.on("pick_perk", ([offer], reply) => {
      this.question = {
        offer,
        until: this.#now + PERK_ANSWER_SECONDS,
        answer: (perk) => {
          reply?.([perk]);
          this.question = null;
        },
      };
    });
    arena.disconnected.connect(() => {
      this.id = 0;
      this.question = null;
      this.effects = [];
    });
    lobby.on("status", ([status]) => {
      this.lobby = status;
    });
    this.client.reconnecting.connect((attempt, delay) => {
      this.#retry = { attempt, at: this.#now + delay };
    });
  }

  #setRoster(roster: readonly { id: number; name: string }[]): void {
    for (const { id, name } of roster) this.names.set(id, name);
  }

  #takeSnapshot(bytes: Uint8Array): void {
    const snapshot = decodeSnapshot(bytes);
    if (snapshot === null) return;
    this.snapshots.push(snapshot, this.#now);
    const own = snapshot.ships.get(this.id);
    if (own !== undefined) this.predictor.reconcile(own);
  }

  #dash(): void {
    const sequence = this.predictor.dash();
    if (sequence === null) return;
    this.link.arena.emit_with_ack("dash", [sequence], (response, error) => {
      if (error !== OK) return;
      const [answer] = response;
      this.dashAcks++;
      if (answer.ok) return;
      this.dashRefusals++;
      this.predictor.dashRefused(sequence);
    });
  }

  /** The first poll after the tab came back is done: its one snapshot is the present, and everything older is void. */
  #returned(): void {
    this.#returning = false;
    this.link.arena.set_event_mode("snapshot", SocketIONamespace.EVENT_QUEUE);
    const newest = this.snapshots.newest;
    this.snapshots.reset();
    if (newest !== null) this.snapshots.push(newest, this.#now);
    this.effects = [];
  }
}
