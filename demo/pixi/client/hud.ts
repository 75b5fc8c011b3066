import type { LinkMeter } from "../../net/link-meter.js";
import { CELLS, PHASE_PLAYING, SPLASH_COOLDOWN_TICKS, TICK_RATE } from "../constants.js";
import type { SnapshotDrop } from "../snapshot.js";
import { cssInk } from "./palette.js";
import type { InkSession } from "./session.js";

const STATES = ["disconnected", "connecting", "connected"];
const REFRESH_SECONDS = 0.2;
const LINES = 8;
/** As in style.css: there the network is shown when it is asked for. */
const SMALL = "(max-width: 700px), (max-height: 480px)";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** What is written over the board: time, shares, names, the network. Plain HTML; nothing of it is touched more than needed. */
export class Hud {
  readonly #root = element("game-hud");
  readonly #net = element("net");
  readonly #banner = element("banner");
  readonly #timer = element("timer");
  readonly #shares = element("shares");
  readonly #scores = element("scores");
  readonly #result = element("result");
  readonly #splash = element("splash");
  readonly #said = element("said");
  readonly #netButton = element("show-net");
  #nextAt = 0;

  /** `leave` is called when the player wants to go back to the title. */
  constructor(leave: () => void) {
    const titleButton = element("to-title");
    this.#netButton.addEventListener("click", () => this.toggleNetwork());
    titleButton.addEventListener("click", leave);
    // A button that has the focus would be pressed by the next splash.
    for (const button of [this.#netButton, titleButton]) button.addEventListener("click", () => button.blur());
    if (matchMedia(SMALL).matches) this.#net.hidden = true;
    this.#showPressed();
  }

  get text(): string {
    return this.#net.textContent ?? "";
  }

  set visible(visible: boolean) {
    this.#root.hidden = !visible;
  }

  toggleNetwork(): void {
    this.#net.hidden = !this.#net.hidden;
    this.#showPressed();
  }

  update(session: InkSession, meter: LinkMeter, now: number, framesPerSecond: number): void {
    const banner = session.banner();
    this.#banner.hidden = banner === "";
    setText(this.#banner, banner);
    // For those who hear the page: no countdown, and who has won only once.
    const result = this.#result.hidden ? "" : (this.#result.textContent ?? "");
    setText(this.#said, banner === "" ? result : banner.replace(/ in [\d.]+ s/, ""));
    if (now < this.#nextAt) return;
    this.#nextAt = now + REFRESH_SECONDS;
    this.#showNetwork(session, meter, framesPerSecond);
    const { snapshot } = session;
    this.#result.hidden = snapshot === null || snapshot.phase === PHASE_PLAYING;
    if (snapshot === null) return;
    const seconds = Math.ceil(snapshot.ticksLeft / TICK_RATE);
    setText(this.#timer, snapshot.phase === PHASE_PLAYING ? String(seconds) : `next round in ${seconds}`);
    this.#timer.classList.toggle("late", snapshot.phase === PHASE_PLAYING && seconds <= 10);
    const drops = [...snapshot.drops.values()].sort((a, b) => b.cells - a.cells || a.slot - b.slot);
    this.#showShares(drops);
    this.#showScores(drops, session);
    const own = snapshot.drops.get(session.slot);
    const ready = own === undefined ? 0 : 1 - own.cooldownTicks / SPLASH_COOLDOWN_TICKS;
    this.#splash.style.setProperty("--ready", ready.toFixed(2));
    this.#splash.classList.toggle("ready", ready >= 1);
    if (!this.#result.hidden) this.#showResult(drops, session);
  }

  #showPressed(): void {
    this.#netButton.setAttribute("aria-pressed", String(!this.#net.hidden));
  }

  #showNetwork({ client }: InkSession, meter: LinkMeter, framesPerSecond: number): void {
    const { rtt, events_skipped, reconnects } = client.get_stats();
    const state = STATES[client.get_connection_state()] ?? "?";
    const lines = [
      `${state} · ${client.get_transport() || "no transport"}`,
      `ping ${(rtt * 1000).toFixed(1)} ms`,
      `in ${meter.packetsInRate.toFixed(0)} packets/s ${(meter.bytesInRate / 1024).toFixed(1)} kB/s`,
      `out ${meter.packetsOutRate.toFixed(0)} packets/s`,
      `poll ${meter.pollAverage.toFixed(2)} ms`,
      `${framesPerSecond.toFixed(0)} frames/s`,
      `${events_skipped} skipped`,
      `${reconnects} reconnects`,
    ];
    setText(this.#net, lines.join("  ·  "));
  }

  #showShares(drops: readonly SnapshotDrop[]): void {
    const parts = this.#shares.children;
    while (parts.length < drops.length) this.#shares.append(document.createElement("i"));
    while (parts.length > drops.length) parts[parts.length - 1]?.remove();
    // By slot, so that a share grows and shrinks but stays where it is.
    for (const [index, drop] of [...drops].sort((a, b) => a.slot - b.slot).entries()) {
      const part = parts[index] as HTMLElement;
      part.style.width = `${(100 * drop.cells) / CELLS}%`;
      part.style.background = cssInk(drop.slot);
    }
  }

  #showScores(drops: readonly SnapshotDrop[], session: InkSession): void {
    const shown = drops.slice(0, LINES);
    const own = drops.find((drop) => drop.slot === session.slot);
    if (own !== undefined && !shown.includes(own)) shown.splice(LINES - 1, 1, own);
    const rows = shown.map((drop) => {
      const row = document.createElement("div");
      row.className = drop.slot === session.slot ? "own" : "";
      row.style.setProperty("--ink", cssInk(drop.slot));
      const wins = drop.wins > 0 ? ` ♛${drop.wins}` : "";
      row.append(
        cell("i", ""),
        cell("span", (session.names.get(drop.slot) ?? "…") + wins),
        cell("b", `${share(drop)} %`),
      );
      return row;
    });
    this.#scores.replaceChildren(...rows);
  }

  #showResult(drops: readonly SnapshotDrop[], session: InkSession): void {
    const [winner] = drops;
    const place = drops.findIndex((drop) => drop.slot === session.slot) + 1;
    const name = winner === undefined ? "nobody" : (session.names.get(winner.slot) ?? "…");
    this.#result.style.setProperty("--ink", winner === undefined ? "#fff" : cssInk(winner.slot));
    const own = place === 1 ? "The board is yours!" : place > 0 ? `You are number ${place}.` : "";
    const title = cell("b", place === 1 ? "YOU WIN " : `${name.toUpperCase()} WINS `);
    const score = winner === undefined ? "" : `with ${share(winner)} % of the board. `;
    this.#result.replaceChildren(title, cell("span", score + own));
  }
}

function share({ cells }: SnapshotDrop): string {
  return ((100 * cells) / CELLS).toFixed(1);
}

function cell(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
