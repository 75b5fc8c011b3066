import type { GameSession, PerkQuestion } from "../net/session.js";
import { element, make } from "./elements.js";

/** The server's question between two rounds, as three cards: tap or click one, or press 1, 2, 3. */
export class PerkCards {
  readonly #root = element("perks");
  readonly #choose: (perk: number) => void;
  #question: PerkQuestion | null = null;

  /** Calls `choose` with the id of the upgrade that was chosen. */
  constructor(choose: (perk: number) => void) {
    this.#choose = choose;
    window.addEventListener("keydown", (event) => {
      const perk = this.#question?.offer[Number(event.key) - 1];
      if (perk !== undefined) choose(perk.id);
    });
  }

  update(session: GameSession, now: number): void {
    // The server does not wait any longer.
    if (session.question !== null && now > session.question.until) session.question = null;
    if (session.question === this.#question) return;
    this.#question = session.question;
    this.#root.hidden = this.#question === null;
    this.#root.replaceChildren(make("h2", "CHOOSE AN UPGRADE"));
    this.#question?.offer.forEach((perk, index) => {
      const card = make("button");
      const how = [make("small", `press ${index + 1}`, "by-key"), make("small", "tap", "by-touch")];
      card.append(make("strong", perk.title), make("div", perk.text), ...how);
      card.addEventListener("click", () => this.#choose(perk.id));
      this.#root.append(card);
    });
  }
}
