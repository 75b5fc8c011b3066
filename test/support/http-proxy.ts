/*
 * An HTTP proxy as companies have them: it forwards requests for `http:` addresses, and with CONNECT opens a tunnel to any
 * other. Every host name leads to this machine, also those that nobody can resolve: who gets there has used the proxy.
 */
import { createServer, type IncomingMessage, request as makeRequest, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { KeyPair } from "./certificates.js";
import { listen } from "./real-server.js";

interface ProxyOptions {
  /** Where it listens, if not on a port of the system's choice. */
  readonly port?: number;
  /** `user:password` without which it answers 407. */
  readonly credentials?: string;
  /** What it answers to everything, instead of doing it. */
  readonly status?: number;
  /** `false`: it forwards no upgrade to WebSocket, but passes the request on as any other. */
  readonly upgrades?: boolean;
  /** With it the proxy itself speaks TLS. */
  readonly pair?: KeyPair;
}

/** Headers that are for the proxy, and those that are for one connection (RFC 9110, 7.6.1). */
const OWN = /^proxy-/i;
const HOP = /^(proxy-.*|connection|upgrade)$/i;

class HttpProxy {
  port = 0;
  /** What it was asked for, in order: `CONNECT host:port`, `GET http://host:port`, `upgrade http://host:port`. */
  readonly log: string[] = [];
  /** Bytes that went through tunnels and upgraded connections to the server. */
  bytes = 0;
  readonly #options: ProxyOptions;
  readonly #tunnels = new Set<Duplex>();

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  get url(): string {
    return `${this.#options.pair ? "https" : "http"}://localhost:${this.port}`;
  }

  async start(): Promise<this> {
    const { pair, port, upgrades = true } = this.#options;
    const http = pair ? createSecureServer({ cert: pair.certificate, key: pair.private_key }) : createServer();
    http.on("request", (request, response) => this.#forward(request, response));
    if (upgrades) http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    http.on("connect", (request, socket, head) => this.#connect(request, socket, head));
    this.port = await listen(http, port);
    return this;
  }

  /** How many connections are open because of tunnels, on either side of it. */
  get open(): number {
    return this.#tunnels.size;
  }

  /** Ends every tunnel without a word. */
  cut(): void {
    for (const socket of this.#tunnels) socket.destroy();
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const status = this.#refusal(request);
    const { method, headers } = request;
    this.log.push(`${method} ${new URL(request.url!).origin}`);
    if (status) {
      response.writeHead(status).end("the proxy says no");
      return;
    }
    const { port, pathname, search } = new URL(request.url!);
    const path = pathname + search;
    const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.test(name)));
    const call = makeRequest({ host: "127.0.0.1", port, method, path, headers: passed }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    call.on("error", () => response.destroy());
    response.on("close", () => call.destroy());
    request.pipe(call);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { origin, port, pathname, search } = new URL(request.url!);
    this.log.push(`upgrade ${origin}`);
    const lines = [`GET ${pathname}${search} HTTP/1.1`];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      const name = request.rawHeaders[index]!;
      if (!OWN.test(name)) lines.push(`${name}: ${request.rawHeaders[index + 1]}`);
    }
    this.#tunnel(request, socket, Number(port), (server) => server.write(`${lines.join("\r\n")}\r\n\r\n`), head);
  }

  #connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.log.push(`CONNECT ${request.url}`);
    const opened = () => socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    this.#tunnel(request, socket, Number(request.url!.split(":").at(-1)), opened, head);
  }

  #tunnel(
    request: IncomingMessage,
    socket: Duplex,
    port: number,
    opened: (server: Socket) => void,
    head: Buffer,
  ): void {
    socket.on("error", () => {});
    const status = this.#refusal(request);
    if (status) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 17\r\nConnection: close\r\n\r\nthe proxy says no`);
      return;
    }
    const server = connect(port, "127.0.0.1", () => {
      opened(server);
      server.write(head);
      socket.pipe(server).pipe(socket);
    });
    for (const end of [socket, server]) {
      this.#tunnels.add(end);
      end.on("close", () => {
        this.#tunnels.delete(end);
        socket.destroy();
        server.destroy();
      });
    }
    server.on("error", () => socket.destroy());
    socket.on("data", (data: Buffer) => {
      this.bytes += data.length;
    });
  }

  /** The status with which it refuses; 0 if it does not. */
  #refusal({ headers }: IncomingMessage): number {
    const { credentials, status = 0 } = this.#options;
    if (status || credentials === undefined) return status;
    return headers["proxy-authorization"] === `Basic ${btoa(credentials)}` ? 0 : 407;
  }
}

export function proxy(options: ProxyOptions = {}): Promise<HttpProxy> {
  return new HttpProxy(options).start();
}
