import { BANK_TICKS } from "../../shared/constants.js";
import type { Effect } from "../../shared/world.js";
import type { GameSession } from "../net/session.js";
import type { Sound } from "../sound.js";
import { GEM_COLORS, shipColor } from "../ui/colors.js";
import type { Messages } from "../ui/messages.js";
import type { Effects } from "./effects.js";

/** Shows what the server reports, at the moment at which it is seen: the others' deeds as late as the others are drawn. */
export class EffectPlayer {
  readonly #session: GameSession;
  readonly #effects: Effects;
  readonly #messages: Messages;
  readonly #sound: Sound;

  constructor(session: GameSession, effects: Effects, messages: Messages, sound: Sound) {
    this.#session = session;
    this.#effects = effects;
    this.#messages = messages;
    this.#sound = sound;
  }

  update(now: number): void {
    const session = this.#session;
    const later: typeof session.effects = [];
    for (const entry of session.effects) {
      if (entry.tick <= session.snapshots.drawnTick || this.#own(entry.effect)) this.#play(entry.effect, now);
      else later.push(entry);
    }
    session.effects = later;
    if (session.result !== null) this.#showResult(now);
  }

  /** What concerns the own ship, which is drawn in the present. */
  #own(effect: Effect): boolean {
    const { id } = this.#session;
    return ("ship" in effect && effect.ship === id) || ("victim" in effect && effect.victim === id);
  }

  #play(effect: Effect, now: number): void {
    const own = this.#own(effect);
    switch (effect.type) {
      case "pickup":
        this.#effects.pickup(effect.x, effect.y, GEM_COLORS[effect.kind] ?? 0xffffff);
        if (own) this.#sound.pickup(this.#session.predictor.ship?.carried ?? 1);
        break;
      case "bank":
        this.#effects.bank(effect.x, effect.y, shipColor(effect.ship), effect.points, own);
        if (own) this.#sound.bank(effect.gems);
        if (own && effect.gems >= 4)
          this.#messages.announce(`+${effect.points}`, `${effect.gems} gems at once`, 1.4, now);
        if (!own && effect.gems >= 4)
          this.#news(`${this.#name(effect.ship)} banks ${effect.gems}: +${effect.points}`, now);
        break;
      case "dash":
        // The own dash was shown when the key was pressed.
        if (!own) this.#effects.dash(effect.x, effect.y, shipColor(effect.ship));
        break;
      case "hit":
        this.#effects.hit(effect.x, effect.y, effect.gems, own);
        if (own) this.#sound.hit();
        if (effect.gems > 0) this.#robbed(effect.ship, effect.victim, effect.gems, now);
        break;
      case "vault":
        this.#effects.vault(effect.x, effect.y);
        this.#news("the vault has moved", now);
        break;
      case "round_start":
        this.#session.result = null;
        this.#messages.announce(
          `ROUND ${effect.round}`,
          `hold the ring for ${(BANK_TICKS / 60).toFixed(1)} s to bank`,
          2.5,
          now,
        );
        break;
      case "round_end":
        break;
    }
  }

  #robbed(thief: number, victim: number, gems: number, now: number): void {
    const what = gems === 1 ? "a gem" : `${gems} gems`;
    this.#news(`${this.#name(thief)} knocks ${what} out of ${this.#name(victim)}`, now);
    if (victim === this.#session.id) this.#messages.announce("ROBBED!", `${this.#name(thief)} hit you`, 1.2, now);
  }

  #showResult(now: number): void {
    const result = this.#session.result;
    this.#session.result = null;
    if (result === null) return;
    const [winner, ...others] = result.standings;
    const rest = others.slice(0, 2).map((line, index) => `${index + 2}. ${line.name} ${line.score}`);
    const title = winner === undefined || winner.score === 0 ? "NOBODY WINS" : `${winner.name} WINS · ${winner.score}`;
    this.#messages.announce(title, rest.join("  ·  "), 7.5, now);
  }

  #news(text: string, now: number): void {
    this.#messages.news(text, now);
  }

  #name(id: number): string {
    return id === this.#session.id ? "you" : (this.#session.names.get(id) ?? "somebody");
  }
}
