import { PHASE_PLAYING, TICK_RATE } from "../../shared/constants.js";
import type { LobbyStatus } from "../../shared/protocol.js";
import type { Ship } from "../../shared/ship.js";
import type { Snapshot } from "../../shared/snapshot.js";
import type { GameSession } from "../net/session.js";
import { shipCss } from "./colors.js";
import { element, make, setText } from "./elements.js";

const LINES = 8;
const REFRESH_SECONDS = 0.25;

/** Round timer, live scores, and what the lobby knows. */
export class Scoreboard {
  readonly #timer = element("timer");
  readonly #vault = element("vault");
  readonly #scores = element("scores");
  readonly #lobby = element("lobby");
  #nextAt = 0;

  update(session: GameSession, now: number): void {
    if (now < this.#nextAt) return;
    this.#nextAt = now + REFRESH_SECONDS;
    const { newest } = session.snapshots;
    if (newest !== null) {
      this.#showTimer(newest);
      this.#showScores(session, newest);
    }
    if (session.lobby !== null) this.#showLobby(session.lobby);
  }

  #showTimer(snapshot: Snapshot): void {
    const playing = snapshot.phase === PHASE_PLAYING;
    const seconds = Math.ceil(snapshot.phaseTicksLeft / TICK_RATE);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const label = playing ? `ROUND ${snapshot.round}` : "NEXT ROUND IN";
    this.#timer.replaceChildren(make("small", label), clock);
    this.#timer.className = playing ? (seconds <= 10 ? "hurry" : "") : "break";
    const moves = Math.ceil(snapshot.vault.ticksLeft / TICK_RATE);
    setText(this.#vault, playing ? `vault moves in ${moves} s` : "");
  }

  #showScores(session: GameSession, snapshot: Snapshot): void {
    const ranked = [...snapshot.ships.values()].sort((a, b) => b.score - a.score || a.id - b.id);
    const shown = ranked.slice(0, LINES);
    const own = snapshot.ships.get(session.id);
    if (own !== undefined && !shown.includes(own)) shown.splice(LINES - 1, 1, own);
    this.#scores.replaceChildren(
      make("h2", "SCORES"),
      ...shown.map((ship) => line(session, ship, ranked.indexOf(ship) + 1)),
    );
  }

  #showLobby(status: LobbyStatus): void {
    const people = `${status.players} ${status.players === 1 ? "player" : "players"}, ${status.bots} bots`;
    this.#lobby.replaceChildren(make("h2", "LOBBY"), make("div", people));
    if (status.highScores.length === 0) return;
    this.#lobby.append(make("h2", "BEST ROUNDS"));
    for (const { name, score, bot } of status.highScores) {
      const row = make("div", "", bot ? "line bot" : "line");
      row.append(make("span", name), String(score));
      this.#lobby.append(row);
    }
  }
}

function line(session: GameSession, ship: Ship, place: number): HTMLElement {
  const row = make("div", "", `line${ship.bot ? " bot" : ""}${ship.id === session.id ? " you" : ""}`);
  const dot = make("i");
  dot.style.background = shipCss(ship.id);
  row.append(dot, make("span", `${place}. ${session.names.get(ship.id) ?? "?"}`));
  if (ship.carried > 0) row.append(make("em", `◆${ship.carried}`));
  row.append(String(ship.score));
  return row;
}
