/*
 * An HTTP server over real sockets that answers what a test tells it to, when it tells it, and knows what is in flight.
 * Every wait is bounded.
 */
import { get as httpGet, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { get as httpsGet, Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { DEFAULT_OPTIONS } from "../../src/options.js";
import type { TransportRequest } from "../../src/transport/transport.js";
import { until } from "./until.js";

type Method = "GET" | "POST";

/** What a transport is asked for by a client with default options. */
export function requestTo(url: string, changes: Partial<TransportRequest> = {}): TransportRequest {
  return {
    ...DEFAULT_OPTIONS,
    extra_headers: {},
    max_queued_bytes: 0,
    url,
    sid: "",
    tls: null,
    cookies: null,
    ...changes,
  };
}

/** A request that has arrived. */
export class Exchange {
  /** The client has given it up. */
  aborted = false;
  isAnswered = false;
  /** Of the client's end: the same for requests over one connection. */
  readonly port: number | undefined;
  readonly #response: ServerResponse;

  constructor(
    readonly method: string,
    readonly url: string,
    readonly headers: IncomingHttpHeaders,
    readonly body: string,
    readonly socket: Socket,
    response: ServerResponse,
  ) {
    this.port = socket.remotePort;
    this.#response = response;
    response.on("close", () => {
      if (!this.isAnswered) this.aborted = true;
    });
  }

  answer(body: string | Uint8Array = "ok", status = 200, headers: Record<string, string | string[]> = {}): void {
    this.isAnswered = true;
    if (!this.#response.headersSent) this.#response.writeHead(status, headers);
    this.#response.end(body);
  }

  /** A part of an answer; more follows. */
  begin(body: string | Uint8Array): void {
    this.#response.write(body);
  }

  /** Resets the connection. */
  cut(): void {
    this.isAnswered = true;
    this.socket.resetAndDestroy();
  }
}

export class ScriptedHttp {
  /** Every request, in the order of arrival. */
  readonly exchanges: Exchange[] = [];
  /** The most requests that were in flight at once. */
  readonly most: Record<Method, number> = { GET: 0, POST: 0 };
  readonly #taken = new Set<Exchange>();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      if (request.url === "/quiet") {
        response.end();
        return;
      }
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const method = request.method as Method;
        const { url = "", headers, socket } = request;
        this.exchanges.push(new Exchange(method, url, headers, Buffer.concat(chunks).toString(), socket, response));
        this.most[method] = Math.max(this.most[method], this.inFlight(method));
      });
    });
  }

  /** Listens on a port of the system's choice until the test is over. */
  static async start(server: Server): Promise<ScriptedHttp> {
    const sockets = new Set<Socket>();
    const note = (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    };
    server.on("connection", note);
    server.on("secureConnection", note);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return new ScriptedHttp(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    const scheme = this.#server instanceof SecureServer ? "https" : "http";
    return `${scheme}://127.0.0.1:${this.port}/socket.io/?EIO=4&transport=polling`;
  }

  inFlight(method: Method): number {
    return this.exchanges.filter((each) => each.method === method && !each.isAnswered && !each.aborted).length;
  }

  /** The next request of this method. */
  async next(method: Method): Promise<Exchange> {
    const find = () => this.exchanges.find((each) => each.method === method && !this.#taken.has(each));
    await until(() => find() !== undefined, `the client makes a ${method}`);
    const found = find() as Exchange;
    this.#taken.add(found);
    return found;
  }

  get(): Promise<Exchange> {
    return this.next("GET");
  }

  post(): Promise<Exchange> {
    return this.next("POST");
  }

  /** Resolves when what was on its way to us has come: questions of our own have overtaken nothing. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await new Promise<void>((resolve, reject) => {
        const get = this.#server instanceof SecureServer ? httpsGet : httpGet;
        const options = { agent: false, rejectUnauthorized: false };
        get(new URL("/quiet", this.url), options, (response) => response.resume().on("end", resolve)).on(
          "error",
          reject,
        );
      });
    }
  }
}
