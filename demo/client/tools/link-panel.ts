import type { SocketIOClient } from "socketio-gameloop";
import type { LinkPreset, LinkSimulator } from "socketio-gameloop/testing";
import type { GameSession } from "../net/session.js";
import { element, make, press, setText } from "../ui/elements.js";

const PRESETS: readonly LinkPreset[] = ["none", "wifi", "4g", "train"];
const REFRESH_SECONDS = 0.2;

/**
 * Knobs for the link simulator that the page's transports go through: what a player in a train sees. The link has been there from
 * the start, so every change counts from the next frame on, without a new connection.
 */
export class LinkPanel {
  readonly #link: LinkSimulator;
  readonly #session: GameSession;
  readonly #client: SocketIOClient;
  readonly #root = element("link");
  readonly #presets = new Map<LinkPreset, HTMLElement>();
  readonly #latency: Slider;
  readonly #jitter: Slider;
  readonly #freeze = make("button", "freeze");
  readonly #ping = make("b");
  readonly #echo = make("b");
  /** What the knobs were turned from. */
  #preset: LinkPreset | null = "none";
  #nextAt = 0;

  constructor(link: LinkSimulator, session: GameSession) {
    this.#link = link;
    this.#session = session;
    this.#client = session.client;
    this.#latency = new Slider("latency", 300, (ms) => `${ms} ms each way: ${2 * ms} ms there and back`);
    this.#jitter = new Slider("jitter", 200, (ms) => `up to ${ms} ms more`);
    const cut = make("button", "cut");
    const presets = make("div", "", "row");
    for (const preset of PRESETS) {
      const button = make("button", preset);
      button.addEventListener("click", () => this.#choose(preset));
      this.#presets.set(preset, button);
      presets.append(button);
    }
    for (const slider of [this.#latency, this.#jitter]) slider.onChange = () => this.#turned();
    this.#freeze.addEventListener("click", () => {
      if (link.is_frozen()) link.thaw();
      else link.freeze();
      this.#show();
    });
    cut.addEventListener("click", () => link.disconnect());
    this.#freeze.title = "a tunnel: nothing passes, and nobody is told";
    cut.title = "the connection ends at once";
    const actions = make("div", "", "row");
    actions.append(this.#freeze, cut);
    const ping = make("div", "ping ", "fact");
    const echo = make("div", "key to world ", "fact");
    ping.append(this.#ping);
    echo.append(this.#echo);
    this.#root.append(
      make("h2", "LINK SIMULATOR"),
      presets,
      this.#latency.root,
      this.#jitter.root,
      actions,
      ping,
      echo,
    );
    // A button that has the focus would be pressed by the next dash.
    this.#root.addEventListener("click", (event) => (event.target as HTMLElement).blur());
    // Nor should a slider keep the arrow keys that it has by the mouse. Who came to it by the keyboard turns it with them.
    this.#root.addEventListener("change", ({ target }) => {
      if (!(target as HTMLElement).matches(":focus-visible")) (target as HTMLElement).blur();
    });
    this.#choose("none");
  }

  toggle(): void {
    this.#root.hidden = !this.#root.hidden;
  }

  get isOn(): boolean {
    return !this.#root.hidden;
  }

  /** Shows what the link does to the game. */
  update(now: number): void {
    if (this.#root.hidden || now < this.#nextAt) return;
    this.#nextAt = now + REFRESH_SECONDS;
    setText(this.#ping, `${(this.#client.get_stats().rtt * 1000).toFixed(0)} ms`);
    setText(this.#echo, `${(this.#session.echo.seconds * 1000).toFixed(0)} ms`);
  }

  #choose(preset: LinkPreset): void {
    this.#link.set(preset);
    const { up } = this.#link.get_settings();
    this.#latency.value = up.latency * 1000;
    this.#jitter.value = up.jitter * 1000;
    this.#preset = preset;
    this.#show();
  }

  #turned(): void {
    this.#link.set({ latency: this.#latency.value / 1000, jitter: this.#jitter.value / 1000 });
    // The stalls and the bandwidth of another preset are still there.
    if (this.#preset === "none") this.#preset = null;
    this.#show();
  }

  #show(): void {
    for (const [name, button] of this.#presets) press(button, name === this.#preset);
    const isFrozen = this.#link.is_frozen();
    setText(this.#freeze, isFrozen ? "go on" : "freeze");
    this.#freeze.classList.toggle("chosen", isFrozen);
  }
}

/** A range input in milliseconds, with a line that says what it stands for. */
class Slider {
  readonly root = make("label", "", "knob");
  onChange: () => void = () => {};
  readonly #input = document.createElement("input");
  readonly #text = make("span");
  readonly #describe: (milliseconds: number) => string;

  constructor(name: string, most: number, describe: (milliseconds: number) => string) {
    this.#describe = describe;
    Object.assign(this.#input, { type: "range", min: "0", max: String(most), step: "5", name });
    this.#input.setAttribute("aria-label", name);
    this.root.append(make("i", name), this.#input, this.#text);
    this.#input.addEventListener("input", () => {
      this.#describeIt();
      this.onChange();
    });
  }

  get value(): number {
    return Number(this.#input.value);
  }

  set value(milliseconds: number) {
    this.#input.value = String(milliseconds);
    this.#describeIt();
  }

  #describeIt(): void {
    setText(this.#text, this.#describe(this.value));
  }
}
