/** A page for tests: the library, a frame that polls every client in `polled`, and a note of what happened to each. */
import * as library from "socketio-gameloop";

interface Lab {
  readonly library: typeof library;
  frames: number;
  /** What is polled once a frame. */
  readonly polled: Set<{ poll(): unknown }>;
  /** A client with a list of what its signals told. It is polled from the start. */
  make(options?: library.ClientOptionsInput): { client: library.SocketIOClient; told: string[] };
  /** What a test keeps from one step to the next. */
  kept: Record<string, ReturnType<Lab["make"]>>;
  /** Resolves after as many frames. */
  wait(frames: number): Promise<void>;
}

declare global {
  interface Window {
    readonly lab: Lab;
  }
}

const lab: Lab = {
  library,
  frames: 0,
  polled: new Set(),
  kept: {},
  make(options = {}) {
    const client = new library.SocketIOClient(options);
    const told: string[] = [];
    client.connected.connect((id) => told.push(`connected ${id}`));
    client.disconnected.connect((reason) => told.push(`disconnected: ${reason}`));
    client.connect_error.connect(({ code, message }) => told.push(`connect_error ${code}: ${message}`));
    client.reconnecting.connect((attempt) => told.push(`reconnecting ${attempt}`));
    client.listener_error.connect((error) => told.push(`listener_error: ${error}`));
    lab.polled.add(client);
    return { client, told };
  },
  async wait(frames) {
    for (let frame = 0; frame < frames; frame++) await new Promise((resolve) => requestAnimationFrame(resolve));
  },
};
Object.defineProperty(window, "lab", { value: lab });

function frame(): void {
  lab.frames++;
  for (const polled of lab.polled) polled.poll();
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
