import type { SocketIOClient } from "../client.js";
import { requireThat } from "../errors.js";
import type { ClientObserver } from "../observer.js";
import type { NetGraphData } from "./net-graph-data.js";
import { NetGraphModel } from "./net-graph-model.js";
import { checkNetGraphOptions, type NetGraphOptions, type NetGraphSettings } from "./net-graph-options.js";
import { NetGraphPanel } from "./net-graph-panel.js";
import { writeNetGraph } from "./net-graph-text.js";
import { requireClient } from "./poll-clock.js";

/** Seconds from one drawing to the next: ten a second can be read, sixty cannot. */
const DRAW_EVERY = 0.1;

/** Seconds that all NetGraphs of this page have spent on drawing: where one draws inside a poll that another one measures. */
let drawn = 0;

/**
 * Shows what the network does, over the game: round-trip time, traffic by event, what waits, what is slow. Drawn at most ten times
 * a second, at the end of a `poll()`; it has no timer, takes no pointer events, and without a page it is text alone. No
 * counterpart in Godot.
 *
 * @example
 * const graph = new NetGraph(client, { key: "F3" });
 */
export class NetGraph {
  readonly #client: SocketIOClient;
  readonly #settings: NetGraphSettings;
  readonly #model: NetGraphModel;
  readonly #observer: ClientObserver;
  readonly #panel: NetGraphPanel | null = null;
  #document: Document | null = null;
  #isVisible: boolean;
  #nextDrawing = -Infinity;
  #drawings = 0;
  #drawingTime = 0;

  /** @throws TypeError for anything but a client, an option that does not exist or a value that cannot be */
  constructor(client: SocketIOClient, options: NetGraphOptions = {}) {
    requireClient(client, "NetGraph");
    const settings = checkNetGraphOptions(options);
    const { clock, key, parent, window } = settings;
    this.#client = client;
    this.#settings = settings;
    this.#isVisible = settings.visible;
    const model = new NetGraphModel(client, window, clock, () => drawn);
    this.#model = model;
    const { document } = globalThis;
    const place = (parent as HTMLElement | null) ?? document?.body ?? document?.documentElement ?? null;
    if (place !== null) {
      this.#panel = new NetGraphPanel(place, settings);
      this.#panel.show(this.#isVisible);
      this.#document = place.ownerDocument;
      // Before the game's own listeners, some of which let nothing through.
      if (key !== null) this.#document.addEventListener("keydown", this.#pressed, true);
    }
    this.#observer = {
      poll_started: (now) => model.poll_started(now),
      poll_ended: () => {
        model.poll_ended();
        this.#draw();
      },
      packet_received: (event, path, bytes) => model.packet_received(event, path, bytes),
      packet_skipped: (event, path, bytes) => model.packet_skipped(event, path, bytes),
      packet_sent: (event, path, bytes) => model.packet_sent(event, path, bytes),
      callback_ran: (event, path, args, seconds) => model.callback_ran(event, path, args, seconds),
    };
    client.add_observer(this.#observer);
  }

  /** Whether it is drawn. While it is not, it still counts, so that what led to a problem is there when it is shown. */
  get visible(): boolean {
    return this.#isVisible;
  }

  set visible(isVisible: boolean) {
    requireThat(typeof isVisible === "boolean", "visible", "true or false", isVisible);
    this.#isVisible = isVisible;
    this.#panel?.show(isVisible);
    this.#nextDrawing = -Infinity;
  }

  /** Seconds that a drawing takes on average; 0 before the first. */
  get draw_time(): number {
    return this.#drawings > 0 ? this.#drawingTime / this.#drawings : 0;
  }

  /** What it shows, as numbers. */
  get_data(): NetGraphData {
    return this.#model.data();
  }

  /** What it shows, in words, for consoles and bots: some ten lines, none of which a server can add to. */
  to_text(): string {
    return writeNetGraph(this.get_data());
  }

  /** Takes the overlay off the page and looks at the client no more. Does nothing the second time. */
  dispose(): void {
    this.#client.remove_observer(this.#observer);
    this.#document?.removeEventListener("keydown", this.#pressed, true);
    this.#document = null;
    this.#panel?.remove();
  }

  #draw(): void {
    const panel = this.#panel;
    const { time } = this.#model;
    if (panel === null || !this.#isVisible || time < this.#nextDrawing || panel.isHidden) return;
    this.#nextDrawing = time + DRAW_EVERY;
    const { clock } = this.#settings;
    const started = clock();
    panel.draw(this.#model.data());
    const took = clock() - started;
    drawn += took;
    this.#drawings++;
    this.#drawingTime += took;
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    const { key, code, repeat } = event;
    if (repeat || (key !== this.#settings.key && code !== this.#settings.key)) return;
    // Whoever types a name into a field does not mean this. For a field in a shadow tree the target is what that hangs on.
    if ((event.composedPath()[0] as Element | null)?.closest?.("input, textarea, select, [contenteditable]")) return;
    this.visible = !this.#isVisible;
  };
}
