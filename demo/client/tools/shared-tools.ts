/* The buttons that the game and its replay both have, and how one is made for a panel. */
import type { Sound } from "../sound.js";
import type { SidePanel, SidePanels } from "./side-panels.js";
import type { Tool } from "./toolbar.js";

/** Shows and hides a panel. */
export function panelTool(panels: SidePanels, panel: SidePanel, key: string, label: string, title: string): Tool {
  return { key, label, title, use: () => panels.toggle(panel), isOn: () => panel.isOn };
}

export function statsTool(panels: SidePanels, hud: SidePanel): Tool {
  return panelTool(panels, hud, "h", "stats", "the read-out: the network in numbers (H)");
}

export function soundTool(sound: Sound): Tool {
  return { key: "m", label: "sound", title: "sound on and off (M)", use: () => sound.toggle(), isOn: () => sound.isOn };
}
