import type { LinkMeter } from "../../net/link-meter.js";
import type { GameSession } from "../net/session.js";
import { element, setText } from "./elements.js";
import { isSmall } from "./window-size.js";

const STATES = ["disconnected", "connecting", "connected"];
const REFRESH_SECONDS = 0.2;

/** The network read-out, top left, and what there is to say about the connection. In a small window it waits until it is asked for. */
export class Hud {
  readonly #element = element("hud");
  readonly #banner = element("banner");
  readonly #said = element("said");
  readonly #meter: LinkMeter;
  #nextAt = 0;

  constructor(meter: LinkMeter) {
    this.#meter = meter;
    this.#element.hidden = isSmall();
  }

  get isOn(): boolean {
    return !this.#element.hidden;
  }

  toggle(): void {
    this.#element.hidden = !this.#element.hidden;
  }

  get text(): string {
    return this.#element.textContent ?? "";
  }

  /** The arena is left: there is nothing to say about it. */
  clear(): void {
    this.#banner.hidden = true;
    setText(this.#said, "");
  }

  update(session: GameSession, now: number, framesPerSecond: number): void {
    const banner = session.banner();
    this.#banner.hidden = banner === "";
    setText(this.#banner, banner);
    // Read out once, and not at every tenth of a second.
    setText(this.#said, banner.replace(/ in [\d.]+ s/, ""));
    if (now < this.#nextAt) return;
    this.#nextAt = now + REFRESH_SECONDS;
    const { client, predictor } = session;
    const meter = this.#meter;
    const stats = client.get_stats();
    const state = STATES[client.get_connection_state()] ?? "?";
    setText(
      this.#element,
      [
        `${state} · ${client.get_transport() || "no transport"}`,
        `ping     ${(stats.rtt * 1000).toFixed(0)} ms (best ${(stats.rtt_min * 1000).toFixed(0)})`,
        `in       ${meter.packetsInRate.toFixed(0)} packets/s  ${kilobytes(meter.bytesInRate)}`,
        `out      ${meter.packetsOutRate.toFixed(0)} packets/s  ${kilobytes(meter.bytesOutRate)}`,
        `poll     ${meter.pollAverage.toFixed(2)} ms, worst ${meter.pollWorst.toFixed(2)}`,
        `inbox    ${stats.inbox_length}   skipped ${stats.events_skipped}`,
        `predict  off by ${predictor.lastCorrection.toFixed(1)} px`,
        `frames   ${framesPerSecond.toFixed(0)}/s   reconnects ${stats.reconnects}`,
      ].join("\n"),
    );
  }
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} kB/s`;
}
