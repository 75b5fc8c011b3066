import { type Err, OK, SocketIONamespace } from "socketio-gameloop";
import type { ArenaLink } from "../net/arena-link.js";
import { TICK_RATE } from "../shared/constants.js";
import type { Prng } from "../shared/prng.js";
import { sequenceAfter } from "../shared/sequence.js";
import { decodeSnapshot, type Snapshot } from "../shared/snapshot.js";
import { type Character, createCharacter, decide } from "./brain.js";

/** How often a bot thinks; each thought covers two steps of the simulation. */
export const BOT_RATE = 30;
const STEPS_PER_THOUGHT = TICK_RATE / BOT_RATE;

/** What it speaks through: the arena's namespace, or a bot of a swarm, which counts what it says. */
interface Voice {
  emit_volatile(event: "input", data: [first: number, moves: number[]]): Err;
  emit_with_ack(event: "dash", data: [sequence: number], callback: () => void): unknown;
}

/** Flies a ship: listens to the arena, and at each thought looks, decides and speaks. */
export class Autopilot {
  /** The newest. */
  snapshot: Snapshot | null = null;
  readonly #voice: Voice;
  readonly #random: Prng;
  readonly #character: Character;
  #id = 0;
  #sequence = 0;
  #dashPending = false;

  constructor({ arena }: ArenaLink, voice: Voice, random: Prng) {
    this.#voice = voice;
    this.#random = random;
    this.#character = createCharacter(random);
    // A bot thinks about the present only: of the snapshots that came since the last thought the newest is enough.
    arena.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    arena.on("snapshot", ([bytes]) => {
      this.snapshot = decodeSnapshot(bytes);
    });
    arena.on("welcome", ([welcome]) => {
      this.#id = welcome.id;
      this.#sequence = welcome.lastSequence;
      this.#dashPending = false;
    });
    arena.on("pick_perk", ([offer], reply) => {
      const choice = offer[random.index(offer.length)];
      if (choice !== undefined) reply?.([choice.id]);
    });
  }

  think(): void {
    const own = this.snapshot?.ships.get(this.#id);
    if (this.snapshot === null || own === undefined) return;
    const { moveX, moveY, dash } = decide(own, this.snapshot, this.#character, this.#random);
    const first = sequenceAfter(this.#sequence);
    if (dash && !this.#dashPending) {
      this.#dashPending = true;
      this.#voice.emit_with_ack("dash", [first], () => {
        this.#dashPending = false;
      });
    }
    const moves: number[] = [];
    for (let step = 0; step < STEPS_PER_THOUGHT; step++) moves.push(moveX, moveY);
    // Inputs are worth something only now: when the connection cannot take them, they are not kept for later.
    if (this.#voice.emit_volatile("input", [first, moves]) === OK) {
      this.#sequence = sequenceAfter(first, STEPS_PER_THOUGHT - 1);
    }
  }
}
