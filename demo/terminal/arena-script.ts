/** The bots of the terminal: the brain of the other bots, under a `BotSwarm`. */
import { OK, SocketIONamespace } from "socketio-gameloop";
import type { BotScript } from "socketio-gameloop/bots";
import { createCharacter, decide } from "../bots/brain.js";
import { ArenaLink } from "../net/arena-link.js";
import { TICK_RATE } from "../shared/constants.js";
import { Prng } from "../shared/prng.js";
import { sequenceAfter } from "../shared/sequence.js";
import { decodeSnapshot, type Snapshot } from "../shared/snapshot.js";

/** How often a bot thinks; each thought covers two steps of the simulation. */
export const BOT_RATE = 30;
const STEPS_PER_THOUGHT = TICK_RATE / BOT_RATE;

/** What one of them sees: enough to draw, because everybody sees the whole arena. */
export interface Sight {
  snapshot: Snapshot | null;
  readonly names: Map<number, string>;
}

/** Everybody plays; the first bot that is connected also looks, for the picture. */
export function arenaScript(url: string, sight: Sight): BotScript {
  let looking = -1;
  return (bot) => {
    const random = new Prng(Math.floor(bot.random() * 2 ** 32));
    const character = createCharacter(random);
    const link = new ArenaLink(bot.client, true);
    const { arena } = link;
    let snapshot: Snapshot | null = null;
    let id = 0;
    let sequence = 0;
    let dashPending = false;
    // A bot thinks about the present only.
    arena.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    arena.on("snapshot", ([bytes]) => {
      snapshot = decodeSnapshot(bytes);
    });
    arena.on("welcome", ([welcome]) => {
      id = welcome.id;
      sequence = welcome.lastSequence;
      dashPending = false;
      if (looking < 0) looking = bot.index;
      if (looking === bot.index) note(sight, welcome.roster);
    });
    arena.on("roster", ([roster]) => {
      if (looking === bot.index) note(sight, roster);
    });
    arena.disconnected.connect(() => {
      if (looking === bot.index) looking = -1;
    });
    arena.on("pick_perk", ([offer], reply) => {
      const choice = offer[random.index(offer.length)];
      if (choice !== undefined) reply?.([choice.id]);
    });
    // The arena is behind the lobby, and the link knows the way: it connects instead of the swarm.
    link.connect(url, `Bot ${bot.index + 1}`);
    return () => {
      if (looking < 0) looking = bot.index;
      if (looking === bot.index) sight.snapshot = snapshot;
      const own = snapshot?.ships.get(id);
      if (snapshot === null || own === undefined) return;
      const { moveX, moveY, dash } = decide(own, snapshot, character, random);
      const first = sequenceAfter(sequence);
      if (dash && !dashPending) {
        dashPending = true;
        bot.emit_with_ack("dash", [first], () => {
          dashPending = false;
        });
      }
      const moves: number[] = [];
      for (let step = 0; step < STEPS_PER_THOUGHT; step++) moves.push(moveX, moveY);
      // An input is worth something only now: when the connection cannot take it, it is not kept for later.
      if (bot.emit_volatile("input", [first, moves]) === OK) sequence = sequenceAfter(first, STEPS_PER_THOUGHT - 1);
    };
  };
}

function note(sight: Sight, roster: readonly { readonly id: number; readonly name: string }[]): void {
  sight.names.clear();
  for (const { id, name } of roster) sight.names.set(id, name);
}
