import { isForControl, KEYS } from "../../shared/keys.js";

/** Nearer to the pointer than this, in pixels, the drop rests. */
const DEAD_ZONE = 10;
/** From here on it goes at full speed. */
const FULL = 60;
const DOUBLE_SECONDS = 0.3;

/** Keyboard, mouse and touch; keys by their place, so that WASD is where it is on every keyboard. Ends with `end()`. */
export class Controls {
  readonly #down = new Set<string>();
  readonly #pointers = new Map<number, { x: number; y: number }>();
  readonly #canvas: HTMLCanvasElement;
  readonly #splash: () => void;
  readonly #abort = new AbortController();
  #lastPress = Number.NEGATIVE_INFINITY;

  /** `splash` is called when the player wants to: the space bar, a second finger, the right button, two quick presses. */
  constructor(canvas: HTMLCanvasElement, splash: () => void) {
    this.#canvas = canvas;
    this.#splash = splash;
    const { signal } = this.#abort;
    window.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    window.addEventListener("keyup", (event) => this.#down.delete(event.code), { signal });
    // What is let go while the window has no focus is never reported.
    window.addEventListener("blur", () => this.#release(), { signal });
    canvas.addEventListener("pointerdown", (event) => this.#touched(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.#moved(event), { signal });
    for (const type of ["pointerup", "pointercancel"] as const)
      canvas.addEventListener(type, (event) => this.#pointers.delete(event.pointerId), { signal });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
  }

  /** Where to go, each axis from -1 to 1; the own drop is drawn at `dropX`, `dropY` on the screen. */
  read(dropX: number, dropY: number): { x: number; y: number } {
    let x = 0;
    let y = 0;
    for (const code of this.#down) {
      x += KEYS[code]?.[0] ?? 0;
      y += KEYS[code]?.[1] ?? 0;
    }
    const length = Math.hypot(x, y);
    if (length > 0) return { x: x / length, y: y / length };
    const [pointer] = this.#pointers.values();
    if (pointer === undefined) return { x: 0, y: 0 };
    const far = Math.hypot(pointer.x - dropX, pointer.y - dropY);
    const speed = far < DEAD_ZONE ? 0 : Math.min(1, far / FULL) / far;
    return { x: (pointer.x - dropX) * speed, y: (pointer.y - dropY) * speed };
  }

  end(): void {
    this.#abort.abort();
    this.#release();
  }

  #pressed(event: KeyboardEvent): void {
    if (isForControl(event)) return;
    if (event.code === "Space" && !event.repeat) this.#splash();
    if (event.code in KEYS || event.code === "Space") event.preventDefault();
    this.#down.add(event.code);
  }

  #touched(event: PointerEvent): void {
    const now = performance.now() / 1000;
    if (this.#pointers.size > 0 || event.button === 2 || now - this.#lastPress < DOUBLE_SECONDS) this.#splash();
    this.#lastPress = now;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  #moved(event: PointerEvent): void {
    if (this.#pointers.has(event.pointerId))
      this.#pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  }

  #release(): void {
    this.#down.clear();
    this.#pointers.clear();
  }
}
