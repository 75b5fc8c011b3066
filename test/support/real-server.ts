/* Real servers and a real clock, for the tests in test/real. Every wait is bounded. */
import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Server, type ServerOptions } from "socket.io";
import { type ClientOptionsInput, SocketIOClient } from "socketio-gameloop";
import { onTestFinished } from "vitest";
import { pause, until } from "./until.js";

/** Longer than anything here takes, so that what hangs fails with a sentence. Seconds. */
const PATIENCE = 4.5;

/** Listens on a port of the system's choice; what is left of it is closed when the test is over. */
export async function listen(http: HttpServer, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  http.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    http.close();
  });
  return (http.address() as AddressInfo).port;
}

export interface RealServer {
  readonly io: Server;
  readonly port: number;
  readonly url: string;
  /** Ends every connection and stops listening. */
  stop(): Promise<void>;
}

/** A socket.io server in this process. */
export async function serve(
  options: Partial<ServerOptions> = {},
  setup: (io: Server) => void = () => {},
  port = 0,
): Promise<RealServer> {
  const http = createServer();
  const io = new Server(http, options);
  setup(io);
  const actual = await listen(http, port);
  const stop = () => new Promise<void>((resolve) => io.close(() => resolve()));
  onTestFinished(stop);
  return { io, port: actual, url: `ws://localhost:${actual}`, stop };
}

/** A plain HTTP server. */
export async function serveHttp(listener: RequestListener): Promise<number> {
  return listen(createServer(listener));
}

/** A client that is closed when the test is over. */
export function client(options: ClientOptionsInput = {}): SocketIOClient {
  const made = new SocketIOClient({ reconnection: { delay: 0.02, delay_max: 0.05 }, ...options });
  onTestFinished(() => made.close());
  return made;
}

/** Polls as a game loop does until `condition` holds. */
export async function pollUntil(clients: SocketIOClient | SocketIOClient[], condition: () => boolean): Promise<void> {
  const polled = () => {
    for (const each of [clients].flat()) each.poll();
    return condition();
  };
  await until(polled, String(condition), PATIENCE);
}

/** Polls for some seconds, whatever happens. */
export async function pollFor(polled: SocketIOClient, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    polled.poll();
    await pause(4);
  }
}

/** A loop that stands still: nobody polls. */
export const standStill = (seconds: number) => pause(seconds * 1000);
