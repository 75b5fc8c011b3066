/**
 * A picture of the terminal: coloured dots, two to a character cell (the upper half is the foreground of "▀", the lower one its
 * background), and text on top of them.
 */
export type Colour = number;

const UPPER_HALF = "▀";

interface Glyph {
  readonly text: string;
  readonly colour: Colour;
}

export class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly #background: Colour;
  readonly #dots: Uint32Array;
  readonly #glyphs: (Glyph | null)[];

  constructor(columns: number, rows: number, background: Colour) {
    this.columns = columns;
    this.rows = rows;
    this.#background = background;
    this.#dots = new Uint32Array(columns * rows * 2);
    this.#glyphs = new Array(columns * rows).fill(null);
    this.clear();
  }

  clear(): void {
    this.#dots.fill(this.#background);
    this.#glyphs.fill(null);
  }

  /** One dot; `y` counts half rows. What is outside is left out. */
  dot(x: number, y: number, colour: Colour): void {
    const [column, half] = [Math.floor(x), Math.floor(y)];
    if (column < 0 || half < 0 || column >= this.columns || half >= this.rows * 2) return;
    this.#dots[half * this.columns + column] = colour;
  }

  /** Characters from a place on, in cells. The dots of these cells stay as their background. */
  text(column: number, row: number, text: string, colour: Colour): void {
    if (row < 0 || row >= this.rows) return;
    let at = column;
    for (const character of text) {
      if (at >= 0 && at < this.columns) this.#glyphs[row * this.columns + at] = { text: character, colour };
      at++;
    }
  }

  /** A line for each row, with the codes for its colours. */
  lines(): string[] {
    return Array.from({ length: this.rows }, (_, row) => this.#line(row));
  }

  #line(row: number): string {
    let line = "";
    let foreground = -1;
    let background = -1;
    for (let column = 0; column < this.columns; column++) {
      const glyph = this.#glyphs[row * this.columns + column] ?? null;
      const upper = this.#dots[row * 2 * this.columns + column]!;
      const lower = this.#dots[(row * 2 + 1) * this.columns + column]!;
      const colour = glyph?.colour ?? upper;
      if (lower !== background) line += `\x1b[48;2;${channels(lower)}m`;
      background = lower;
      if (glyph === null && upper === lower) {
        line += " ";
        continue;
      }
      if (colour !== foreground) line += `\x1b[38;2;${channels(colour)}m`;
      foreground = colour;
      line += glyph?.text ?? UPPER_HALF;
    }
    return `${line}\x1b[0m`;
  }
}

function channels(colour: Colour): string {
  return `${colour >> 16};${(colour >> 8) & 255};${colour & 255}`;
}
