import type { SocketIOClient } from "socketio-gameloop";
import { NetGraph } from "socketio-gameloop/tools";
import { element } from "../ui/elements.js";

/** The NetGraph below the read-out, hidden until somebody asks. It counts from the start: what led to a problem is there then. */
export class Graph {
  readonly graph: NetGraph;
  readonly #place = element("graph");

  /** @param clock that of the client, where it is not the page's */
  constructor(client: SocketIOClient, clock?: () => number) {
    this.graph = new NetGraph(client, {
      visible: false,
      corner: "top-left",
      parent: this.#place,
      ...(clock && { clock }),
    });
    this.#place.hidden = true;
  }

  get isOn(): boolean {
    return this.graph.visible;
  }

  toggle(): void {
    this.graph.visible = !this.graph.visible;
    this.#place.hidden = !this.graph.visible;
  }
}
