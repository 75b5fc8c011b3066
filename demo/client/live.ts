import { LinkMeter } from "../net/link-meter.js";
import { startGame } from "./game.js";
import { makeLiveClient } from "./net/arena-client.js";
import { GameSession } from "./net/session.js";
import { LivePilot } from "./pilot.js";
import { type Tape, TapeDeck } from "./replay/tape.js";
import { Sound } from "./sound.js";
import { exposeForTests } from "./test-hook.js";
import { Graph } from "./tools/graph.js";
import { LinkPanel } from "./tools/link-panel.js";
import { panelTool, soundTool, statsTool } from "./tools/shared-tools.js";
import { SidePanels } from "./tools/side-panels.js";
import { Toolbar } from "./tools/toolbar.js";
import { Hud } from "./ui/hud.js";
import { leaveWithPage } from "./ui/leaving.js";
import { Login } from "./ui/login.js";
import { PerkCards } from "./ui/perk-cards.js";

/** The game for somebody who plays, with the tools around it. `name` skips the title. */
export function startLive(name: string | null): void {
  const { client, link, recorder } = makeLiveClient();
  const session = new GameSession(client);
  const pilot = new LivePilot();
  const deck = new TapeDeck(session, recorder, pilot);
  const graph = new Graph(client);
  const panel = new LinkPanel(link, session);
  const hud = new Hud(new LinkMeter(client));
  const sound = new Sound();
  const parts = {
    ...{ session, pilot, hud, sound, isReplay: false },
    perks: new PerkCards((perk) => pilot.choosePerk(perk)),
  };
  const login = new Login((entered) => pilot.enter(entered));
  const { game, arena } = startGame(parts, login, () => {});
  game.events.on("poststep", (time: number) => {
    deck.frameEnded();
    panel.update(time / 1000);
  });

  const setHidden = (): void => {
    pilot.hide(document.hidden);
    session.setHidden(document.hidden);
  };
  document.addEventListener("visibilitychange", setHidden);
  if (document.hidden) setHidden();
  leaveWithPage(client);

  let tape: Tape | null = null;
  const replay = (): void => {
    // The other page fetches it from here: see start-replay.ts.
    tape = deck.take();
    window.open("?replay");
  };
  const panels = new SidePanels(hud, graph, panel);
  const toolbar = new Toolbar([
    panelTool(panels, graph, "n", "graph", "what the network does (N or F3)"),
    panelTool(panels, panel, "l", "link", "a bad line to play on (L)"),
    { key: "r", label: "replay", title: "this session again, without a network, in another tab (R)", use: replay },
    statsTool(panels, hud),
    soundTool(sound),
    {
      key: "escape",
      label: "title",
      title: "back to the title (Esc)",
      use: () => {
        if (arena.scene.isActive()) pilot.leave();
      },
    },
  ]);
  window.addEventListener("keydown", (event) => {
    if (event.key !== "F3") return;
    event.preventDefault();
    panels.toggle(graph);
    toolbar.show();
  });
  exposeForTests({ session, arena, game, hud, graph, tape: () => tape, replay: null });
  if (name !== null) pilot.enter(name);
}
