import { OK, type SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import type { SocketIOScenePlugin } from "socketio-gameloop/phaser";
import { ArenaLink } from "../../net/arena-link.js";
import { PERK_ANSWER_SECONDS } from "../../shared/constants.js";
import type { Perk } from "../../shared/perks.js";
import {
  type ArenaClientEvents,
  type ArenaServerEvents,
  LOBBY_NAMESPACE,
  type LobbyClientEvents,
  type LobbyServerEvents,
  type LobbyStatus,
  type RoundResult,
} from "../../shared/protocol.js";
import { sequenceAfter } from "../../shared/sequence.js";
import { decodeSnapshot } from "../../shared/snapshot.js";
import type { Effect } from "../../shared/world.js";
import { EchoMeter } from "./echo-meter.js";
import { SnapshotBuffer } from "./interpolation.js";
import { Predictor } from "./prediction.js";

/** What a scene of the game has as `this.net`. */
export type ArenaNet = SocketIOScenePlugin<ArenaServerEvents, ArenaClientEvents>;

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
 * The network half of the game. A frame is `begin()`, the poll of the plugin, `read()`, the game's steering, `send()`, and the flush of
 * the plugin. The listeners below only write down what came; they run inside the poll, so the game never sees half of a frame's news.
 *
 * What it does follows from what it is told; it asks no clock, no keys and no page. So a replay, which tells it the
 * same again, ends in the same state.
 */
export class GameSession {
  readonly client: SocketIOClient;
  readonly link: ArenaLink;
  readonly predictor = new Predictor();
  readonly snapshots = new SnapshotBuffer();
  readonly echo = new EchoMeter();
  readonly names = new Map<number, string>();
  /** The own ship, 0 while not in the arena. */
  id = 0;
  lobby: LobbyStatus | null = null;
  result: RoundResult | null = null;
  question: PerkQuestion | null = null;
  effects: { readonly tick: number; readonly effect: Effect }[] = [];
  dashAcks = 0;
  dashRefusals = 0;
  /** Seconds from the last dash to its acknowledgement, frames and all: to look at, the game does not use it. */
  dashSeconds = 0;
  /** Counts the arrivals in the arena; grows with every reconnection. */
  welcomes = 0;
  #now = 0;
  #retry: { readonly attempt: number; readonly at: number } | null = null;
  #hidden = false;
  #returning = false;

  constructor(client: SocketIOClient) {
    this.client = client;
    this.link = new ArenaLink(client, false);
  }

  /** Goes into the arena under this name. What is registered with `net` ends with its scene. */
  join(net: ArenaNet, url: string, name: string): void {
    this.#listen(net);
    this.link.connect(url, name);
  }

  /** Goes out of the arena, and forgets it. */
  leave(): void {
    this.link.leave();
    this.#left();
    this.#retry = null;
    this.result = null;
    this.lobby = null;
    this.snapshots.reset();
    this.predictor.reset(0);
  }

  /** In the arena and steering. */
  get playing(): boolean {
    return this.id !== 0 && this.link.arena.is_namespace_connected();
  }

  /** Step one of a frame, before the poll: what time it is. */
  begin(now: number): void {
    this.#now = now;
  }

  /** Step two, after the poll: everything that has arrived is there. */
  read(seconds: number): void {
    if (this.#returning) this.#returned();
    this.snapshots.advance(this.#now, seconds);
  }

  /** Step three, after the game has decided where to go: predict, and emit. It is written at the end of the frame. */
  send(net: ArenaNet, seconds: number, steering: Steering): void {
    if (!this.playing) return;
    if (steering.dash) this.#dash(net);
    this.predictor.advance(seconds, steering.moveX, steering.moveY);
    const inputs = this.predictor.unsent();
    // What cannot be written now goes with the next frame's steps; the sequence numbers keep the order.
    if (inputs === null || net.emit_volatile("input", [inputs.first, inputs.moves]) !== OK) return;
    const steps = inputs.moves.length / 2;
    this.predictor.markSent(steps);
    this.echo.sent(sequenceAfter(inputs.first, steps - 1), this.#now);
  }

  /**
   * The tab was hidden or shown. A hidden tab has no frames, so nothing polls: the server is asked to stop the
   * snapshots, and of those that were already on their way only the newest will be dispatched. Interpolation needs every
   * one of them again as soon as there are frames.
   */
  setHidden(hidden: boolean): void {
    this.#hidden = hidden;
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
      const left = this.#retry.at - this.#now;
      const what = left > 0.05 ? `reconnecting in ${left.toFixed(1)} s` : "trying …";
      return `${what} (attempt ${this.#retry.attempt})`;
    }
    return this.link.lobby.is_namespace_connected() ? "entering the arena …" : "connecting …";
  }

  #listen(net: ArenaNet): void {
    net.on("welcome", ([welcome]) => {
      this.id = welcome.id;
      this.welcomes++;
      this.#retry = null;
      this.snapshots.reset();
      this.echo.reset();
      this.predictor.reset(welcome.lastSequence);
      this.#setRoster(welcome.roster);
      // A connection that came back while nobody looks: the server does not know that yet.
      if (this.#hidden) this.setHidden(true);
    });
    net.on("roster", ([roster]) => this.#setRoster(roster));
    net.on("snapshot", ([bytes]) => this.#takeSnapshot(bytes));
    net.on("effects", ([tick, effects]) => {
      for (const effect of effects) this.effects.push({ tick, effect });
    });
    net.on("round_over", ([result]) => {
      this.result = result;
    });
    net.on("pick_perk", ([offer], reply) => {
      this.question = {
        offer,
        until: this.#now + PERK_ANSWER_SECONDS,
        answer: (perk) => {
          reply?.([perk]);
          this.question = null;
        },
      };
    });
    net.namespace<LobbyServerEvents, LobbyClientEvents>(LOBBY_NAMESPACE).on("status", ([status]) => {
      this.lobby = status;
    });
    net.connect(this.link.arena.disconnected, () => this.#left());
    net.connect(this.client.reconnecting, (attempt, delay) => {
      this.#retry = { attempt, at: this.#now + delay };
    });
  }

  #left(): void {
    this.id = 0;
    this.question = null;
    this.effects = [];
    this.echo.reset();
  }

  #setRoster(roster: readonly { id: number; name: string }[]): void {
    for (const { id, name } of roster) this.names.set(id, name);
  }

  #takeSnapshot(bytes: Uint8Array): void {
    const snapshot = decodeSnapshot(bytes);
    if (snapshot === null) return;
    this.snapshots.push(snapshot, this.#now);
    const own = snapshot.ships.get(this.id);
    if (own === undefined) return;
    this.predictor.reconcile(own);
    this.echo.seen(own.ack, this.#now);
  }

  #dash(net: ArenaNet): void {
    const sequence = this.predictor.dash();
    if (sequence === null) return;
    const dashedAt = performance.now();
    net.emit_with_ack("dash", [sequence], (response, error) => {
      if (error !== OK) return;
      const [answer] = response;
      this.dashAcks++;
      this.dashSeconds = (performance.now() - dashedAt) / 1000;
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
