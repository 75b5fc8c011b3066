/*
 * A TCP proxy on the loopback that does to connections what networks do: delay, stall, cut in the middle of a frame, drop
 * one direction, reset, refuse, answer with something else, connect twice. It knows nothing of what it carries, but for the first line of
 * a request: only a request that opens a session may be made twice without changing what it means.
 */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

type Direction = "up" | "down";

/** What happens to the next connections that are made. */
export type AcceptFault = "refuse" | "garbage" | "error page" | "hang" | "twice" | "close";

const ERROR_PAGE =
  "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 22\r\nConnection: close\r\n\r\n<h1>502 bad way</h1>\r\n";
/** A request that opens a new session names none. */
const OPENS_SESSION = /^GET [^ ]*EIO=4(?![^ ]*sid=)/;

/** One direction of a pair of sockets: bytes in order, later. */
class Pipe {
  readonly #to: Socket;
  readonly #delay: () => number;
  #queue: { at: number; bytes: Buffer | null }[] = [];
  #lastAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #stalledUntil = 0;
  /** How many bytes still go through; then `cut`. */
  #left = Number.POSITIVE_INFINITY;
  #swallows = false;

  constructor(
    from: Socket,
    to: Socket,
    delay: () => number,
    readonly cut: () => void,
  ) {
    this.#to = to;
    this.#delay = delay;
    from.on("data", (bytes) => this.#put(bytes));
    from.on("end", () => this.#put(null));
  }

  stall(milliseconds: number): void {
    this.#stalledUntil = performance.now() + milliseconds;
  }

  swallow(): void {
    this.#swallows = true;
    this.#queue = [];
  }

  cutAfter(bytes: number): void {
    this.#left = bytes;
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#queue = [];
  }

  #put(bytes: Buffer | null): void {
    if (this.#swallows) return;
    this.#lastAt = Math.max(this.#lastAt, performance.now() + this.#delay(), this.#stalledUntil);
    this.#queue.push({ at: this.#lastAt, bytes });
    this.#pump();
  }

  #pump(): void {
    this.#timer = null;
    const now = performance.now();
    for (let next = this.#queue[0]; next && Math.max(next.at, this.#stalledUntil) <= now; next = this.#queue[0]) {
      this.#queue.shift();
      if (next.bytes === null) this.#to.end();
      else if (next.bytes.length > this.#left) {
        this.#to.write(next.bytes.subarray(0, this.#left), () => this.cut());
        this.swallow();
        return;
      } else {
        this.#left -= next.bytes.length;
        this.#to.write(next.bytes);
      }
    }
    const next = this.#queue[0];
    if (next) this.#timer = setTimeout(() => this.#pump(), Math.max(1, Math.max(next.at, this.#stalledUntil) - now));
  }
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly pipes: Record<Direction, Pipe>;
}

export class TcpProxy {
  /** Milliseconds, one way. */
  latency = 0;
  jitter = 0;
  readonly acceptFaults: AcceptFault[] = [];
  readonly #random: () => number;
  /** The port of the server. */
  readonly #target: () => number;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  /** Sockets that lead nowhere: hanging, or connected twice. */
  readonly #idle = new Set<Socket>();
  readonly #sockets = new Set<Socket>();

  constructor(target: () => number, random: () => number) {
    this.#target = target;
    this.#random = random;
    this.#listener = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#listener.listen(0, "127.0.0.1", resolve));
    return (this.#listener.address() as AddressInfo).port;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#pairs.size;
  }

  stall(direction: Direction, milliseconds: number): void {
    for (const { pipes } of this.#pairs) pipes[direction].stall(milliseconds);
  }

  halfOpen(direction: Direction): void {
    for (const { pipes } of this.#pairs) pipes[direction].swallow();
  }

  /** After so many more bytes both sides are gone. */
  cutAfter(direction: Direction, bytes: number): void {
    for (const { pipes } of this.#pairs) pipes[direction].cutAfter(bytes);
  }

  /** Both sides get a reset. */
  reset(): void {
    for (const pair of this.#pairs) {
      pair.client.resetAndDestroy();
      pair.server.resetAndDestroy();
    }
  }

  /** Both sides are told politely. */
  end(): void {
    for (const pair of this.#pairs) {
      pair.client.end();
      pair.server.end();
    }
  }

  /** No faults any more. Connections that carry nothing are gone with them, as a router forgets them some day. */
  heal(): void {
    this.latency = this.jitter = 0;
    this.acceptFaults.length = 0;
    for (const socket of this.#idle) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }

  #accept(client: Socket): void {
    this.#keep(client);
    const fault = this.acceptFaults.shift();
    if (fault === "refuse") client.resetAndDestroy();
    else if (fault === "close") client.destroy();
    else if (fault === "hang") this.#idle.add(client);
    else if (fault === "garbage") client.end(Buffer.from(Array.from({ length: 64 }, () => this.#random() * 256)));
    else if (fault === "error page") client.once("data", () => client.end(ERROR_PAGE));
    else this.#join(client, fault === "twice");
  }

  #join(client: Socket, twice: boolean): void {
    const server = connect({ port: this.#target(), host: "127.0.0.1", allowHalfOpen: true });
    this.#keep(server);
    client.setNoDelay(true);
    server.setNoDelay(true);
    const destroy = () => {
      client.destroy();
      server.destroy();
    };
    const delay = () => this.latency + this.jitter * this.#random();
    const pipes = { up: new Pipe(client, server, delay, destroy), down: new Pipe(server, client, delay, destroy) };
    const pair: Pair = { client, server, pipes };
    this.#pairs.add(pair);
    if (twice) client.once("data", (bytes) => this.#repeat(bytes));
    for (const socket of [client, server]) {
      socket.on("close", () => {
        // What has arrived before still goes through.
        if (socket.errored) destroy();
        else if (socket === server) client.end();
        if (client.destroyed && server.destroyed) {
          pipes.up.stop();
          pipes.down.stop();
          this.#pairs.delete(pair);
        } else if (socket === client) server.end();
      });
    }
  }

  #repeat(request: Buffer): void {
    if (!OPENS_SESSION.test(request.toString("latin1", 0, 400))) return;
    const ghost = connect({ port: this.#target(), host: "127.0.0.1" });
    this.#keep(ghost);
    this.#idle.add(ghost);
    ghost.on("data", () => {});
    ghost.write(request);
  }

  #keep(socket: Socket): void {
    socket.on("error", () => {});
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#idle.delete(socket);
    });
  }
}
