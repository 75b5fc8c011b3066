import { isLow, isSmall } from "../ui/window-size.js";

/** What can be shown and hidden at the left edge. */
export interface SidePanel {
  readonly isOn: boolean;
  toggle(): void;
}

/** The panels of the left edge: where there is not room for all of them, one that comes sends others away. */
export class SidePanels {
  readonly #panels: readonly SidePanel[];
  readonly #hud: SidePanel;
  readonly #graph: SidePanel;

  constructor(hud: SidePanel, graph: SidePanel, ...others: readonly SidePanel[]) {
    this.#hud = hud;
    this.#graph = graph;
    this.#panels = [hud, graph, ...others];
  }

  toggle(panel: SidePanel): void {
    panel.toggle();
    if (!panel.isOn) return;
    for (const other of this.#panels)
      if (other !== panel && other.isOn && !this.#isRoomFor(panel, other)) other.toggle();
  }

  #isRoomFor(one: SidePanel, other: SidePanel): boolean {
    if (isSmall()) return false;
    // The graph says what the read-out says, and more.
    const isBoth = [one, other].every((panel) => panel === this.#hud || panel === this.#graph);
    return !(isLow() && isBoth);
  }
}
