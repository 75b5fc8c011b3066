import { OK, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { ArenaLink } from "../net/arena-link.js";
import { TICK_RATE } from "../shared/constants.js";
import { Prng } from "../shared/prng.js";
import { sequenceAfter } from "../shared/sequence.js";
import { decodeSnapshot, type Snapshot } from "../shared/snapshot.js";
import { type Character, createCharacter, decide } from "./brain.js";

/** How often the bots think; each thought covers two simulation steps. */
export const BOT_RATE = 30;
const STEPS_PER_THOUGHT = TICK_RATE / BOT_RATE;

/** One headless player: its own client, the same lobby, ticket and events as a page. */
export class Bot {
  readonly client: SocketIOClient;
  /** Points banked since the start of the process. */
  banked = 0;
  readonly #link: ArenaLink;
  readonly #name: string;
  readonly #random: Prng;
  readonly #character: Character;
  #snapshot: Snapshot | null = null;
  #id = 0;
  #sequence = 0;
  #dashPending = false;

  constructor(name: string, seed: number) {
    this.#name = name;
    this.#random = new Prng(seed);
    this.#character = createCharacter(this.#random);
    this.client = new SocketIOClient({
      main_namespace: false,
      transports: ["websocket"],
      reconnection: { enabled: true, attempts: Number.POSITIVE_INFINITY, delay: 0.25, delay_max: 2, jitter: 0.5 },
      random: () => this.#random.next(),
    });
    this.#link = new ArenaLink(this.client, true);
    const { arena } = this.#link;
    // A bot thinks about the present only: of the snapshots that came since the last thought the newest is enough.
    arena.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    arena.on("snapshot", ([bytes]) => {
      this.#snapshot = decodeSnapshot(bytes);
    });
    arena.on("welcome", ([welcome]) => {
      this.#id = welcome.id;
      this.#sequence = welcome.lastSequence;
      this.#dashPending = false;
    });
    arena.on("effects", ([, effects]) => {
      for (const effect of effects) {
        if (effect.type === "bank" && effect.ship === this.#id) this.banked += effect.points;
      }
    });
    arena.on("pick_perk", ([offer], reply) => {
      const choice = offer[this.#random.index(offer.length)];
      if (choice !== undefined) reply?.([choice.id]);
    });
  }

  connect(url: string): void {
    this.#link.connect(url, this.#name);
  }

  get playing(): boolean {
    return this.#link.arena.is_namespace_connected();
  }

  get refusal(): string {
    return this.#link.refusal;
  }

  /** One thought: look, decide, speak. The loop has polled, and sends. */
  think(): void {
    const own = this.#snapshot?.ships.get(this.#id);
    if (!this.playing || this.#snapshot === null || own === undefined) return;
    const { moveX, moveY, dash } = decide(own, this.#snapshot, this.#character, this.#random);
    const { arena } = this.#link;
    const first = sequenceAfter(this.#sequence);
    if (dash && !this.#dashPending) {
      this.#dashPending = true;
      arena.emit_with_ack("dash", [first], () => {
        this.#dashPending = false;
      });
    }
    const moves: number[] = [];
    for (let step = 0; step < STEPS_PER_THOUGHT; step++) moves.push(moveX, moveY);
    // Inputs are worth something only now: when the connection cannot take them, they are not kept for later.
    if (arena.emit_volatile("input", [first, moves]) === OK) {
      this.#sequence = sequenceAfter(first, STEPS_PER_THOUGHT - 1);
    }
  }
}
