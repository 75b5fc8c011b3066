/* As much of a page as a NetGraph needs, and a note of what it does to it. */

export interface Written {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly colour: string;
}

interface Filled {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: string;
}

/** A canvas whose characters are all 6 wide. */
class FakeCanvas {
  width = 300;
  height = 150;
  readonly style = new FakeStyle();
  texts: Written[] = [];
  bars: Filled[] = [];
  /** Colours of lines. */
  lines: string[] = [];
  drawings = 0;
  transform: number[] = [];
  fillStyle = "";
  strokeStyle = "";

  getContext(): unknown {
    return this;
  }
  setTransform(...transform: number[]): void {
    this.transform = transform;
  }
  clearRect(): void {
    this.drawings++;
    this.texts = [];
    this.bars = [];
    this.lines = [];
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.bars.push({ x, y, width, height, colour: this.fillStyle });
  }
  fillText(text: string, x: number, y: number): void {
    this.texts.push({ text, x, y, colour: this.fillStyle });
  }
  measureText(text: string): { width: number } {
    return { width: 6 * text.length };
  }
  beginPath(): void {}
  roundRect(): void {}
  arc(): void {}
  fill(): void {}
  stroke(): void {
    this.lines.push(this.strokeStyle);
  }
  moveTo(): void {}
  lineTo(): void {}

  /** The colour of a text; `null` when it is not there. */
  colourOf(text: string): string | null {
    return this.texts.find((written) => written.text === text)?.colour ?? null;
  }
}

class FakeStyle {
  readonly rules: Record<string, string> = {};
  setProperty(name: string, value: string, priority: string): void {
    this.rules[name] = `${value} !${priority}`;
  }
}

class FakeElement {
  readonly style = new FakeStyle();
  readonly attributes: Record<string, string> = {};
  readonly children: unknown[] = [];
  #parent: FakeElement | null = null;

  constructor(readonly ownerDocument: FakeDocument) {}

  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  attachShadow(): FakeElement {
    return this;
  }
  append(child: unknown): void {
    this.children.push(child);
    if (child instanceof FakeElement) child.#parent = this;
  }
  remove(): void {
    const siblings = this.#parent?.children ?? [];
    const index = siblings.indexOf(this);
    if (index >= 0) siblings.splice(index, 1);
  }
}

type Listener = (event: object) => void;

export class FakeDocument {
  hidden = false;
  hasCanvas = true;
  readonly defaultView = { devicePixelRatio: 1 };
  readonly listeners = new Set<Listener>();
  readonly body = new FakeElement(this);

  createElement(name: string): unknown {
    if (name !== "canvas") return new FakeElement(this);
    const canvas = new FakeCanvas();
    if (!this.hasCanvas) canvas.getContext = () => null;
    return canvas;
  }
  addEventListener(type: string, listener: Listener, isCapturing: boolean): void {
    if (type === "keydown" && isCapturing) this.listeners.add(listener);
  }
  removeEventListener(type: string, listener: Listener, isCapturing: boolean): void {
    if (type === "keydown" && isCapturing) this.listeners.delete(listener);
  }

  /** The overlays that are in the page. */
  get overlays(): FakeElement[] {
    return this.body.children as FakeElement[];
  }
  /** The canvas of one of them. */
  canvas(index = 0): FakeCanvas {
    return this.overlays[index]?.children[0] as FakeCanvas;
  }
  press(event: object): void {
    const { target = null } = event as { target?: object };
    for (const listener of [...this.listeners]) listener({ repeat: false, composedPath: () => [target], ...event });
  }
}
