import type Phaser from "phaser";

const WINDOW_SECONDS = 1;
/** Below this the picture is made coarser; a game that stutters is worse than one that is a little soft. */
const WANTED_FRAMES = 45;
const COARSER = 0.75;
const COARSEST = 0.45;

/**
 * Fits the canvas to the window, with as many pixels as the machine can paint. Software rendering (a virtual machine, a
 * headless browser) manages a quarter of them; any GPU paints them all and nothing here happens. One for the game, whatever its scenes.
 */
export class RenderScale {
  readonly #game: Phaser.Game;
  #quality = 1;
  #frames = 0;
  #seconds = 0;

  constructor(game: Phaser.Game) {
    this.#game = game;
    window.addEventListener("resize", () => this.#fit());
    let before = 0;
    game.events.on("poststep", (time: number) => {
      if (before !== 0) this.#count((time - before) / 1000);
      before = time;
    });
    this.#fit();
  }

  #count(seconds: number): void {
    // A gap is a hidden tab or a breakpoint, and says nothing about the machine.
    if (seconds > 0.5) return;
    this.#frames++;
    this.#seconds += seconds;
    if (this.#seconds < WINDOW_SECONDS) return;
    const rate = this.#frames / this.#seconds;
    this.#frames = 0;
    this.#seconds = 0;
    if (rate >= WANTED_FRAMES || this.#quality <= COARSEST) return;
    this.#quality = Math.max(COARSEST, this.#quality * COARSER);
    this.#fit();
  }

  #fit(): void {
    const { scale, canvas } = this.#game;
    scale.resize(Math.round(window.innerWidth * this.#quality), Math.round(window.innerHeight * this.#quality));
    canvas.style.width = "100%";
    canvas.style.height = "100%";
    scale.refresh();
  }
}
