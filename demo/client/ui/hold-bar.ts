import { bankValue, PHASE_PLAYING } from "../../shared/constants.js";
import { dashCooldown, holdCapacity, type Ship } from "../../shared/ship.js";
import { element, make } from "./elements.js";

/** What the own ship carries, what that is worth, and when the next dash is ready. */
export class HoldBar {
  readonly #root = element("hold");
  readonly #pips = element("pips");
  readonly #dash = element("dash");
  readonly #fill = element("dash").querySelector("i");
  #shown = "";

  update(own: Ship | null, phase: number): void {
    this.#root.hidden = own === null || phase !== PHASE_PLAYING;
    if (own === null) return;
    const ready = 1 - own.cooldownTicks / dashCooldown(own);
    this.#dash.className = own.cooldownTicks === 0 ? "ready" : "";
    if (this.#fill !== null) this.#fill.style.transform = `scaleX(${Math.max(0, ready).toFixed(3)})`;
    const capacity = holdCapacity(own);
    const shown = `${own.carried}/${capacity}`;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#pips.replaceChildren(make("b", "◆".repeat(own.carried)), "◆".repeat(Math.max(0, capacity - own.carried)));
    if (own.carried > 0) this.#pips.append(make("em", `worth ${bankValue(own.carried)}`));
  }
}
