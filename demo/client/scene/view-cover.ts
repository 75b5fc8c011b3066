/** Page pixels at each edge of the window. */
export interface Edges {
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

const REFRESH_SECONDS = 0.2;
/** How quickly the view makes room for a panel, per second. */
const RATE = 5;

/**
 * How much of the view the panels cover at each edge. The style sheet knows, it lays them out: `--cover-top` and so on of the body, in
 * pixels. What is returned glides, so that the view does not jump when a panel opens.
 */
export class ViewCover {
  #wanted: Edges = { top: 0, right: 0, bottom: 0, left: 0 };
  #shown: Edges | null = null;
  #nextAt = 0;

  /** @param now in seconds, `seconds` after the last time */
  update(seconds: number, now: number): Edges {
    if (now >= this.#nextAt) {
      this.#nextAt = now + REFRESH_SECONDS;
      this.#wanted = readCover();
    }
    const { top, right, bottom, left } = this.#wanted;
    const shown = this.#shown ?? this.#wanted;
    const ease = Math.min(1, seconds * RATE);
    this.#shown = {
      top: shown.top + (top - shown.top) * ease,
      right: shown.right + (right - shown.right) * ease,
      bottom: shown.bottom + (bottom - shown.bottom) * ease,
      left: shown.left + (left - shown.left) * ease,
    };
    return this.#shown;
  }
}

function readCover(): Edges {
  const style = getComputedStyle(document.body);
  const read = (edge: string): number => Number.parseFloat(style.getPropertyValue(`--cover-${edge}`)) || 0;
  return { top: read("top"), right: read("right"), bottom: read("bottom"), left: read("left") };
}
