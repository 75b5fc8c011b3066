/** The bots of the terminal: the autopilot of the other bots, under a `BotSwarm`. */
import type { BotScript } from "socketio-gameloop/bots";
import { Autopilot } from "../bots/autopilot.js";
import { ArenaLink } from "../net/arena-link.js";
import { Prng } from "../shared/prng.js";
import type { Snapshot } from "../shared/snapshot.js";

/** What one of them sees: enough to draw, because everybody sees the whole arena. */
export interface Sight {
  snapshot: Snapshot | null;
  readonly names: Map<number, string>;
}

/** Everybody plays; the first bot that is connected also looks, for the picture. */
export function arenaScript(url: string, sight: Sight): BotScript {
  let looking = -1;
  return (bot) => {
    const link = new ArenaLink(bot.client, true);
    const { arena } = link;
    const autopilot = new Autopilot(link, bot, new Prng(Math.floor(bot.random() * 2 ** 32)));
    arena.on("welcome", ([welcome]) => {
      if (looking < 0) looking = bot.index;
      if (looking === bot.index) note(sight, welcome.roster);
    });
    arena.on("roster", ([roster]) => {
      if (looking === bot.index) note(sight, roster);
    });
    arena.disconnected.connect(() => {
      if (looking === bot.index) looking = -1;
    });
    // The arena is behind the lobby, and the link knows the way: it connects instead of the swarm.
    link.connect(url, `Bot ${bot.index + 1}`);
    return () => {
      if (looking < 0) looking = bot.index;
      if (looking === bot.index) sight.snapshot = autopilot.snapshot;
      autopilot.think();
    };
  };
}

function note(sight: Sight, roster: readonly { readonly id: number; readonly name: string }[]): void {
  sight.names.clear();
  for (const { id, name } of roster) sight.names.set(id, name);
}
