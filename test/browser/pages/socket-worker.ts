/** A page for tests: clients whose WebSocket lives in a worker. Each of them is polled once a frame. */
import { type ClientOptionsInput, SocketIOClient } from "socketio-gameloop";
import { worker_websocket } from "socketio-gameloop/worker";

export interface SocketWorkerPage {
  /**
   * A client with those options, over a WebSocket in a worker and then over `others`. `script` is the address of the worker's program;
   * without one it is the library's own.
   */
  make(options: ClientOptionsInput, others?: string[], script?: string): SocketIOClient;
  kept: Record<string, SocketIOClient>;
}

declare global {
  interface Window {
    readonly page: SocketWorkerPage;
  }
}

const clients: SocketIOClient[] = [];

const page: SocketWorkerPage = {
  kept: {},
  make(options, others = [], script = "") {
    const own = { worker: () => new Worker(script, { type: "module" }) };
    const transports = [worker_websocket(script === "" ? {} : own), ...(others as ("websocket" | "polling")[])];
    if (others[0] === "polling") transports.reverse();
    const client = new SocketIOClient({ ...options, transports });
    clients.push(client);
    return client;
  },
};
Object.defineProperty(window, "page", { value: page });

function frame(): void {
  for (const client of clients) client.poll();
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
