import type { NetGraphData } from "./net-graph-data.js";
import type { NetGraphSettings } from "./net-graph-options.js";
import { drawNetGraph, HEIGHT, WIDTH } from "./net-graph-view.js";

/**
 * The canvas of a NetGraph in a page. It hides in a shadow tree: a rule of the page for `canvas` does not reach it, and a game
 * that looks for its own canvas does not find this one.
 */
export class NetGraphPanel {
  readonly #settings: NetGraphSettings;
  readonly #document: Document;
  readonly #host: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;

  constructor(parent: HTMLElement, settings: NetGraphSettings) {
    this.#settings = settings;
    const document = parent.ownerDocument;
    this.#document = document;
    this.#host = document.createElement("div");
    this.#canvas = document.createElement("canvas");
    this.#context = this.#canvas.getContext("2d");
    const [edge, side] = settings.corner.split("-") as [string, string];
    const [width, height] = [WIDTH * settings.scale, HEIGHT * settings.scale];
    style(this.#host, { position: "fixed", [edge]: "8px", [side]: "8px", "z-index": "2147483647" });
    style(this.#host, { "pointer-events": "none", width: `${width}px`, height: `${height}px` });
    style(this.#canvas, { display: "block", width: `${width}px`, height: `${height}px` });
    this.#host.setAttribute("aria-hidden", "true");
    this.#host.attachShadow({ mode: "open" }).append(this.#canvas);
    parent.append(this.#host);
  }

  /** A page that nobody sees needs no drawing. */
  get isHidden(): boolean {
    return this.#document.hidden;
  }

  show(isVisible: boolean): void {
    style(this.#host, { display: isVisible ? "block" : "none" });
  }

  draw(data: NetGraphData): void {
    const canvas = this.#context;
    if (canvas === null) return;
    // It changes when the window moves to another screen, or the page is zoomed.
    const density = (this.#document.defaultView?.devicePixelRatio || 1) * this.#settings.scale;
    const [width, height] = [Math.round(WIDTH * density), Math.round(HEIGHT * density)];
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    canvas.setTransform(width / WIDTH, 0, 0, height / HEIGHT, 0, 0);
    drawNetGraph(canvas, data, this.#settings.thresholds);
  }

  remove(): void {
    this.#host.remove();
  }
}

/** Above whatever the page's own rules say of every `div`. */
function style(element: HTMLElement, properties: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value, "important");
}
