import { isForControl } from "../../shared/keys.js";
import { element, make, setText } from "../ui/elements.js";
import type { ReplayLoop } from "./replay-loop.js";
import type { Tape } from "./tape.js";

/** The bar of a replay: pause, one frame, speed, how far it is, and in the end whether it ended as then. */
export class ReplayBar {
  readonly #loop: ReplayLoop;
  readonly #tape: Tape;
  readonly #root = element("replay");
  readonly #pause = make("button");
  readonly #speed = make("button");
  readonly #fill = make("i");
  readonly #text = make("span", "", "verdict");

  constructor(loop: ReplayLoop, tape: Tape) {
    this.#loop = loop;
    this.#tape = tape;
    const step = make("button", "step");
    step.title = "one frame (.)";
    this.#pause.title = "pause, go on (space)";
    this.#speed.title = "speed (F)";
    this.#pause.addEventListener("click", () => this.#togglePause());
    this.#speed.addEventListener("click", () => this.#toggleSpeed());
    step.addEventListener("click", () => this.#step());
    const keys: Record<string, () => void> = {
      " ": () => this.#togglePause(),
      ".": () => this.#step(),
      f: () => this.#toggleSpeed(),
    };
    window.addEventListener("keydown", (event) => {
      if (!isForControl(event)) keys[event.key.toLowerCase()]?.();
    });
    const progress = make("div", "", "progress");
    progress.append(this.#fill);
    const root = this.#root;
    root.addEventListener("click", (event) => (event.target as HTMLElement).blur());
    root.append(make("b", "REPLAY", "badge"), this.#pause, step, this.#speed, progress, this.#text);
    root.hidden = false;
    document.body.classList.add("replaying");
    this.update();
  }

  update(): void {
    const { framesPlayed, isFinished, hash, differences } = this.#loop;
    const { frames } = this.#tape;
    setText(this.#pause, this.#loop.paused ? "play" : "pause");
    setText(this.#speed, `${this.#loop.speed}×`);
    this.#fill.style.width = `${((framesPlayed / Math.max(1, frames.length)) * 100).toFixed(1)}%`;
    const first = frames[0]?.time ?? 0;
    const at = frames[Math.max(0, framesPlayed - 1)]?.time ?? first;
    const isSame = hash === this.#tape.hash;
    this.#text.className = `verdict${isFinished ? (isSame ? " same" : " other") : ""}`;
    const verdict = isSame ? "the same state as then" : `another state than then: ${this.#tape.hash}`;
    const end = `${hash} · ${verdict} · ${differences} differences`;
    this.#root.classList.toggle("done", isFinished);
    setText(this.#text, isFinished ? end : `${clock(at - first)} / ${clock((frames.at(-1)?.time ?? first) - first)}`);
  }

  #togglePause(): void {
    this.#loop.paused = !this.#loop.paused;
    this.update();
  }

  #step(): void {
    this.#loop.paused = true;
    this.#loop.step();
    this.update();
  }

  #toggleSpeed(): void {
    this.#loop.speed = this.#loop.speed === 1 ? 4 : 1;
    this.update();
  }
}

function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
