import { SessionPlayer } from "socketio-gameloop/tools";
import { LinkMeter } from "../../net/link-meter.js";
import { startGame } from "../game.js";
import { GameSession } from "../net/session.js";
import { TapePilot } from "../pilot.js";
import { Sound } from "../sound.js";
import { exposeForTests } from "../test-hook.js";
import { Graph } from "../tools/graph.js";
import { panelTool, soundTool, statsTool } from "../tools/shared-tools.js";
import { SidePanels } from "../tools/side-panels.js";
import { Toolbar } from "../tools/toolbar.js";
import { element, make } from "../ui/elements.js";
import { Hud } from "../ui/hud.js";
import { Login } from "../ui/login.js";
import { PerkCards } from "../ui/perk-cards.js";
import { ReplayBar } from "./replay-bar.js";
import { ReplayLoop } from "./replay-loop.js";
import type { Tape } from "./tape.js";

/**
 * The game again, from the tape of the page that opened this one: the same scenes on the same session, with a client that hears the
 * recording, and a pilot that does what the player did.
 */
export function startReplay(): void {
  const tape = findTape();
  if (tape === null) {
    const bar = element("replay");
    bar.append(make("b", "REPLAY", "badge"), "Nothing to play: come here by the replay button of a running game.");
    bar.hidden = false;
    return;
  }
  // The game runs in its own loop, as it did: its `poll()` is a step of the player.
  const player = new SessionPlayer(tape.session, { listeners: "game", commands: "game" });
  const { client } = player;
  const session = new GameSession(client);
  const pilot = new TapePilot(tape.frames);
  const graph = new Graph(client, () => player.get_time());
  const hud = new Hud(new LinkMeter(client));
  const sound = new Sound();
  const parts = { session, pilot, hud, isReplay: true, sound, perks: new PerkCards(() => {}) };
  let loop: ReplayLoop | null = null;
  const { game, arena } = startGame(parts, new Login(() => {}), (booted) => {
    const started = new ReplayLoop(booted, session, pilot, player);
    const bar = new ReplayBar(started, tape);
    started.onProgress = () => bar.update();
    loop = started;
  });
  const panels = new SidePanels(hud, graph);
  new Toolbar([
    panelTool(panels, graph, "n", "graph", "what the network did (N)"),
    statsTool(panels, hud),
    soundTool(sound),
  ]);
  const state = () => ({
    hash: loop?.hash ?? "",
    frames: loop?.framesPlayed ?? 0,
    divergences: player.get_divergences(),
    callbacksAsRecorded: player.get_hash() === player.get_recorded_hash(),
  });
  exposeForTests({ session, arena, game, hud, graph, tape: () => tape, replay: state });
}

function findTape(): Tape | null {
  try {
    return (window.opener as Window | null)?.__game.tape() ?? null;
  } catch {
    // The game was closed, or is a page of somebody else's.
    return null;
  }
}
