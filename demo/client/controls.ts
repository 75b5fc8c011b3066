import type Phaser from "phaser";
import { MOVE_SCALE } from "../shared/constants.js";
import { isForControl, KEYS } from "../shared/keys.js";
import type { Steering } from "./net/session.js";

/** Nearer to the pointer than this (screen pixels) the ship only drifts, so that it can rest under it. */
const DEAD_ZONE = 14;
/** From here on the pointer means full thrust. */
const FULL_THRUST = 90;
/** Two presses within this time are a dash. */
const DOUBLE_SECONDS = 0.32;

/** Keyboard, mouse and touch as one steering per frame. Keys are taken by place, so WASD works on every layout. */
export class Controls {
  readonly #down = new Set<string>();
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #lastPress = Number.NEGATIVE_INFINITY;
  readonly #ended = new AbortController();
  #dash = false;

  constructor(input: Phaser.Input.InputPlugin) {
    input.addPointer(2);
    input.mouse?.disableContextMenu();
    input.on("pointerdown", (pointer: Phaser.Input.Pointer) => {
      const now = performance.now() / 1000;
      // A second finger, the right button, or a quick second press.
      if (this.#pointers.size > 0 || pointer.rightButtonDown() || now - this.#lastPress < DOUBLE_SECONDS) {
        this.#dash = true;
      }
      this.#lastPress = now;
      this.#pointers.set(pointer.id, pointer);
    });
    input.on("pointerup", (pointer: Phaser.Input.Pointer) => this.#pointers.delete(pointer.id));
    input.on("pointerupoutside", (pointer: Phaser.Input.Pointer) => this.#pointers.delete(pointer.id));
    const { signal } = this.#ended;
    const down = (event: KeyboardEvent): void => {
      if (isForControl(event)) return;
      if (event.code === "Space" && !event.repeat) this.#dash = true;
      if (event.code in KEYS || event.code === "Space") event.preventDefault();
      this.#down.add(event.code);
    };
    window.addEventListener("keydown", down, { signal });
    window.addEventListener("keyup", (event) => this.#down.delete(event.code), { signal });
    // Keys that are let go while the window has no focus are never reported.
    window.addEventListener("blur", () => this.#release(), { signal });
  }

  /** Lets go of the keys. What it has of Phaser's input ends with the scene. */
  end(): void {
    this.#ended.abort();
  }

  /** The steering of this frame; the ship is drawn at `shipX`, `shipY` on the screen. */
  read(shipX: number, shipY: number): Steering {
    const dash = this.#dash;
    this.#dash = false;
    let x = 0;
    let y = 0;
    for (const code of this.#down) {
      const direction = KEYS[code];
      x += direction?.[0] ?? 0;
      y += direction?.[1] ?? 0;
    }
    x = Math.sign(x);
    y = Math.sign(y);
    const [pointer] = this.#pointers.values();
    if (x === 0 && y === 0 && pointer !== undefined) {
      const dx = pointer.x - shipX;
      const dy = pointer.y - shipY;
      const length = Math.hypot(dx, dy);
      const thrust = length < DEAD_ZONE ? 0 : Math.min(1, length / FULL_THRUST);
      x = (dx / (length || 1)) * thrust;
      y = (dy / (length || 1)) * thrust;
    }
    return { moveX: Math.round(x * MOVE_SCALE), moveY: Math.round(y * MOVE_SCALE), dash };
  }

  #release(): void {
    this.#down.clear();
    this.#pointers.clear();
  }
}
