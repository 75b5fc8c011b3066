/*
 * The platform's WebSocket: as `ws` with real servers, well-behaved and not, and as a browser's, which is simulated because
 * there is none in Node.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { TLSOptions } from "../src/tls-options.js";
import { maskedFrames } from "../src/transport/masked-frames.js";
import { canHonour, PlatformSocket, type SocketHandler, type SocketRequest } from "../src/transport/platform-socket.js";
import type { TransportRequest } from "../src/transport/transport.js";
import { websocket } from "../src/transport/websocket.js";
import { pause, until } from "./support/until.js";

type Told = string | Uint8Array | { code: number; reason: string; error: string; opened: boolean };

const cleanups: (() => void)[] = [];
const problems: unknown[] = [];
const noteProblem = (error: unknown): unknown => problems.push(error);

beforeAll(() => {
  process.on("uncaughtException", noteProblem);
  process.on("unhandledRejection", noteProblem);
});

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
  expect(problems).toEqual([]);
});

afterAll(() => {
  process.off("uncaughtException", noteProblem);
  process.off("unhandledRejection", noteProblem);
});

function request(url: string, changes: Partial<SocketRequest> = {}): SocketRequest {
  return {
    url,
    tls: null,
    extra_headers: {},
    protocols: [],
    per_message_deflate: false,
    max_payload: 1_000_000,
    max_queued_bytes: 0,
    agent: null,
    cookies: null,
    ...changes,
  };
}

/** A few turns of the event loop: time for what must not happen. */
async function settle(): Promise<void> {
  await pause(60);
}

/** Tells of its end all that it knows. */
const plain = (Socket: typeof PlatformSocket) =>
  class extends Socket<SocketHandler> {
    protected override ended(code: number, reason: string, error: string, opened: boolean) {
      const { handler } = this;
      this.handler = null;
      handler?.closed(code, reason, error, opened);
    }
  };

const PlainSocket = plain(PlatformSocket);

/** Lets a test look at the implementation below. */
class OpenSocket extends PlainSocket {
  get readyState(): number {
    return this.socket.readyState;
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  startClose(code: number, reason: string): void {
    this.socket.close(code, reason);
  }
}

function open(url: string, changes: Partial<SocketRequest> = {}) {
  const told: Told[] = [];
  const socket = new OpenSocket(request(url, changes), {
    received: (frame) => told.push(frame),
    closed: (code, reason, error, opened) => told.push({ code, reason, error, opened }),
  });
  cleanups.push(() => socket.close(true));
  return { socket, told };
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A `ws` server. */
async function serve(options: object = {}): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  await new Promise((resolve) => server.once("listening", resolve));
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A server that makes the WebSocket handshake, and of all that follows only notes the pieces in which it arrives. */
async function serveRaw(onOpen: (socket: Socket) => void = () => {}): Promise<{ url: string; chunks: Buffer[] }> {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    socket.once("data", (head) => {
      const key = /sec-websocket-key: (\S+)/i.exec(head.toString())?.[1];
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.on("data", (chunk) => chunks.push(chunk));
      onOpen(socket);
    });
  });
  return { url: `ws://127.0.0.1:${await listen(server)}`, chunks };
}

describe("ws", () => {
  test("carries text and bytes, with headers, a subprotocol and compression", async () => {
    const { server, url } = await serve({ perMessageDeflate: true });
    let headers: Record<string, unknown> = {};
    server.on("connection", (peer, { headers: received }) => {
      headers = received;
      peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary }));
    });
    const { socket, told } = open(url, {
      extra_headers: { "X-Token": "abc" },
      protocols: ["chat"],
      per_message_deflate: true,
    });
    expect(socket.readyState).toBe(0);
    await until(() => socket.readyState === 1);
    expect([socket.name, socket.protocol]).toEqual(["websocket", "chat"]);
    expect(headers).toMatchObject({ "x-token": "abc", "sec-websocket-extensions": expect.stringContaining("deflate") });
    socket.send(["häßlich", Uint8Array.of(1, 2, 255), new Blob(["blob"])]);
    await until(() => told.length === 3);
    expect(told).toEqual(["häßlich", Uint8Array.of(1, 2, 255), new TextEncoder().encode("blob")]);
  });

  test.each([false, true])("a Blob that cannot be read ends the connection (compressed: %s)", async (compressed) => {
    const { url } = await serve({ perMessageDeflate: compressed });
    const { socket, told } = open(url, { per_message_deflate: compressed });
    await until(() => socket.readyState === 1);
    const folder = mkdtempSync(join(tmpdir(), "blob-"));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "file");
    writeFileSync(file, "short");
    const blob = await openAsBlob(file);
    writeFileSync(file, "longer than before");
    socket.send(["before", blob, "behind"]);
    await until(() => told.length > 0);
    expect(told).toEqual([
      { code: 1006, reason: "", error: expect.stringContaining("could not be read"), opened: true },
    ]);
  });

  test.each([false, true])("received bytes are a copy of their own (compressed: %s)", async (perMessageDeflate) => {
    const { server, url } = await serve({ perMessageDeflate });
    server.on("connection", (peer) => {
      for (let i = 0; i < 3; i++) peer.send(Uint8Array.of(i, i));
    });
    const { told } = open(url, { per_message_deflate: perMessageDeflate });
    await until(() => told.length === 3);
    expect(told).toEqual([0, 1, 2].map((i) => Uint8Array.of(i, i)));
    for (const bytes of told as Uint8Array[]) {
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      expect(bytes.byteOffset % 8).toBe(0);
      bytes.fill(7);
    }
    expect(told).toEqual([0, 1, 2].map(() => Uint8Array.of(7, 7)));
  });

  test("what a socket had read when it was destroyed while paused is told once", async () => {
    const { url } = await serveRaw((peer) => {
      peer.write(Buffer.from([0x81, 0x01, 97, 0x81]));
      setTimeout(() => peer.write(Buffer.from([0x01, 98, 0x81, 0x01, 99])), 20);
    });
    const { socket, told } = open(url);
    await until(() => told.length === 1);
    socket.pause?.();
    await settle();
    (socket as unknown as { socket: { terminate(): void } }).socket.terminate();
    await until(() => told.some((what) => typeof what === "object"));
    expect(told.filter((what) => typeof what === "string")).toEqual(["a", "b", "c"]);
  });

  test("a batch leaves in one write", async () => {
    const { url, chunks } = await serveRaw();
    const { socket } = open(url);
    await until(() => socket.readyState === 1);
    const batch = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? `42["move",${i}]` : new Uint8Array(200)));
    const writes = [vi.spyOn(Socket.prototype, "_writev"), vi.spyOn(Socket.prototype, "_write")];
    cleanups.push(() => {
      for (const spy of writes) spy.mockRestore();
    });
    // Of this connection's end only: others of this process may still say goodbye. How TCP cuts what was written says nothing.
    const port = Number(new URL(url).port);
    const isOurs = (socket: unknown) => (socket as Socket).remotePort === port;
    const received = () => chunks.reduce((size, chunk) => size + chunk.length, 0);
    const size = maskedFrames(batch).length;
    for (let round = 1; round <= 5; round++) {
      socket.send(batch);
      await until(() => received() >= round * size);
    }
    await settle();
    expect(writes.map(({ mock }) => mock.contexts.filter(isOurs).length)).toEqual([0, 5]);
    expect(received()).toBe(5 * size);
  });

  test("what is sent before it is open or after its end is lost without an error", async () => {
    const { server, url } = await serve();
    const received: string[] = [];
    server.on("connection", (peer) => peer.on("message", (data) => received.push(String(data))));
    const { socket, told } = open(url);
    socket.send(["too early"]);
    await until(() => socket.readyState === 1);
    socket.send(["in time"]);
    socket.startClose(1000, "");
    socket.send(["too late"]);
    await until(() => told.length === 1);
    expect(received).toEqual(["in time"]);
  });

  test("a frame that cannot be sent leaves the socket usable", async () => {
    const { server, url } = await serve();
    const received: string[] = [];
    server.on("connection", (peer) => peer.on("message", (data) => received.push(String(data))));
    const { socket } = open(url);
    await until(() => socket.readyState === 1);
    expect(() => socket.send(["first", {} as string])).toThrow();
    socket.send(["second"]);
    await until(() => received.length === 2);
    expect(received).toEqual(["first", "second"]);
  });

  test("tells the code and the reason of the peer, and its own close is answered with them", async () => {
    const { server, url } = await serve();
    server.on("connection", (peer, { url: path }) => {
      if (path === "/code") peer.close(4321, "because");
      if (path === "/none") peer.close();
      if (path === "/gone") peer.terminate();
    });
    for (const [path, code, reason] of [
      ["code", 4321, "because"],
      ["none", 1005, ""],
      ["gone", 1006, ""],
    ] as const) {
      const { told } = open(`${url}/${path}`);
      await until(() => told.length === 1);
      expect(told).toEqual([{ code, reason, error: "", opened: true }]);
    }
    const { socket, told } = open(url);
    await until(() => socket.readyState === 1);
    socket.startClose(1001, "bye");
    await until(() => told.length === 1);
    expect(told).toEqual([{ code: 1001, reason: "bye", error: "", opened: true }]);
  });

  test.each([
    ["a frame with reserved bits", [0xff, 0x00], 1002, "RSV"],
    ["text that is not UTF-8", [0x81, 0x02, 0xc3, 0x28], 1007, "UTF-8"],
    ["a message over maxPayload", [0x82, 0x7f, 0, 0, 0, 0, 0x7f, 0, 0, 0], 1009, "Max payload size exceeded"],
    ["a message of 2^53 bytes", [0x82, 0x7f, 0, 0x20, 0, 0, 0, 0, 0, 0], 1009, "payload length > 2^53 - 1"],
  ])("%s ends the connection with a code that says so", async (_, bytes, code, error) => {
    const { url } = await serveRaw((peer) => peer.write(Buffer.from(bytes)));
    const { told } = open(url);
    await until(() => told.length === 1);
    expect(told).toEqual([{ code, reason: "", error: expect.stringContaining(error), opened: true }]);
  });

  test("a peer that broke the protocol is not waited for, and hears why", async () => {
    const { server, url } = await serve();
    const codes: number[] = [];
    server.on("connection", (peer) => {
      peer.on("error", noteProblem);
      peer.on("close", (code) => codes.push(code));
      // Most of it has still to come when its header says that it is too large.
      peer.send(new Uint8Array(3_000_000));
    });
    const { told } = open(url);
    await until(() => codes.length === 1 && told.length > 0, "both ends are told", 2);
    expect(codes).toEqual([1009]);
    expect(told).toEqual([expect.objectContaining({ code: 1009 })]);
  });

  test("a server that resets in the middle of a frame", async () => {
    const { url } = await serveRaw((peer) => {
      peer.write(Buffer.from([0x82, 0x7e, 0x10]));
      setTimeout(() => peer.resetAndDestroy(), 20);
    });
    const { told } = open(url);
    await until(() => told.length === 1);
    expect(told).toEqual([{ code: 1006, reason: "", error: "", opened: true }]);
  });

  test.each([200, 302, 400, 404, 503])("an answer of %i instead of 101 is named", async (status) => {
    const server = createHttpServer();
    server.on("upgrade", (_, socket) => socket.end(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 0\r\n\r\n`));
    const { told } = open(`ws://127.0.0.1:${await listen(server)}`);
    await until(() => told.length === 1);
    expect(told).toEqual([{ code: 1006, reason: "", error: `Unexpected server response: ${status}`, opened: false }]);
  });

  describe("what a server says when it refuses the handshake", () => {
    /** A server that writes this as its answer, and tells when the client hangs up. */
    async function refusing(answer: string, agent: Agent | null = null) {
      let hungUp = 0;
      const server = createHttpServer();
      server.on("upgrade", (_, socket) => {
        socket.on("error", () => {}).on("close", () => hungUp++);
        // The other end may be closed alone.
        socket.on("end", () => socket.destroy()).resume();
        socket.write(answer);
      });
      const made = open(`ws://127.0.0.1:${await listen(server)}`, { agent });
      return { ...made, hangups: () => hungUp };
    }
    const head = "HTTP/1.1 400 Bad Request\r\n";
    const failed = (text: string) => ({
      code: 1006,
      reason: "",
      error: `Unexpected server response: 400${text}`,
      opened: false,
    });

    test.each([
      ["of a known length", "Content-Length: 6\r\n\r\nno, no"],
      ["in chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nno, \r\n2\r\nno\r\n0\r\n\r\n"],
    ])("is told, %s, and the connection ended", async (_, rest) => {
      const kept = new Agent({ keepAlive: true });
      for (const agent of [null, kept]) {
        const { told, hangups } = await refusing(head + rest, agent);
        await until(() => told.length === 1 && hangups() === 1);
        expect(told).toEqual([failed(": no, no")]);
      }
      expect(Object.keys(kept.freeSockets)).toEqual([]);
    });

    test("is told as far as it came when the connection breaks", async () => {
      const server = createHttpServer();
      server.on("upgrade", (_, socket) => socket.end(`${head}Content-Length: 60\r\n\r\nno, be`));
      const { told } = open(`ws://127.0.0.1:${await listen(server)}`);
      await until(() => told.length === 1);
      expect(told).toEqual([failed(": no, be")]);
    });

    test("is not told in full, nor read", async () => {
      const { told, hangups } = await refusing(`${head}Content-Length: 9000000\r\n\r\n${"é".repeat(5000)}`);
      await until(() => told.length === 1 && hangups() === 1, "told, and hung up", 0.9);
      expect(told).toEqual([failed(`: ${"é".repeat(200)}`)]);
    });

    test("is waited for a second", async () => {
      const { told, hangups } = await refusing(`${head}Content-Length: 60\r\n\r\nno, be`);
      await settle();
      expect(told).toEqual([]);
      await until(() => told.length === 1 && hangups() === 1, "told, and hung up", 2);
      expect(told).toEqual([failed(": no, be")]);
    });

    test("is not waited for by who closes", async () => {
      const { socket, told, hangups } = await refusing(`${head}Content-Length: 60\r\n\r\nno, be`);
      await settle();
      socket.close(true);
      await until(() => hangups() === 1, "hung up", 0.9);
      const polite = await refusing(`${head}Content-Length: 60\r\n\r\nno, be`);
      await settle();
      polite.socket.startClose(1000, "");
      await until(() => polite.told.length === 1 && polite.hangups() === 1, "told, and hung up", 0.9);
      expect(polite.told).toEqual([expect.objectContaining({ code: 1006, opened: false })]);
      await settle();
      expect(told).toEqual([]);
    });
  });

  test("nobody listens, no such host, no HTTP, an end at once", async () => {
    const gone = createServer();
    const free = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    const babbler = await listen(createServer((peer) => peer.end("hello, this is no web server\r\n")));
    const slammer = await listen(createServer((peer) => peer.destroy()));
    for (const [url, error] of [
      [`ws://127.0.0.1:${free}`, "ECONNREFUSED"],
      ["ws://no-such-host.invalid", "no-such-host.invalid"],
      [`ws://127.0.0.1:${babbler}`, "Expected HTTP/"],
      [`ws://127.0.0.1:${slammer}`, "socket hang up"],
    ] as const) {
      const { told } = open(url);
      await until(() => told.length === 1);
      expect(told).toEqual([{ code: 1006, reason: "", error: expect.stringContaining(error), opened: false }]);
    }
  });

  test("a URL or a subprotocol that is none throws at once", () => {
    expect(() => open("nonsense")).toThrow("nonsense");
    expect(() => open("ws://127.0.0.1:1", { protocols: ["a b"] })).toThrow("subprotocol");
  });

  test("closing while it connects is silent, also when the server never answers", async () => {
    let connections = 0;
    let ends = 0;
    const mute = createServer((peer) => {
      connections++;
      peer.resume().on("close", () => ends++);
    });
    const url = `ws://127.0.0.1:${await listen(mute)}`;
    const polite = open(url);
    const dead = open(url);
    const told = open(url);
    open(url).socket.close();
    await until(() => connections >= 3);
    polite.socket.close();
    dead.socket.close(true);
    told.socket.startClose(1000, "");
    await until(() => ends === connections);
    await settle();
    expect([...polite.told, ...dead.told]).toEqual([]);
    expect(told.told).toEqual([
      {
        code: 1006,
        reason: "",
        error: expect.stringContaining("before the connection was established"),
        opened: false,
      },
    ]);
  });

  test("after close() the handler hears nothing more", async () => {
    const { server, url } = await serve();
    server.on("connection", (peer) => peer.on("close", () => {}));
    const { socket, told } = open(url);
    await until(() => socket.readyState === 1);
    for (const peer of server.clients) peer.send("late");
    socket.close();
    await until(() => server.clients.size === 0);
    await settle();
    expect(told).toEqual([]);
  });

  test("close() sends what was sent before it", async () => {
    const { server, url } = await serve();
    const received: number[] = [];
    server.on("connection", (peer) => peer.on("message", (data: Buffer) => received.push(data.length)));
    const { socket } = open(url, { max_payload: 0 });
    await until(() => socket.readyState === 1);
    socket.send([new Uint8Array(30_000_000), "end"]);
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    socket.close();
    await until(() => received.length === 2);
    expect(received).toEqual([30_000_000, 3]);
  });

  test("close() sends what was sent before it, however long that takes as long as anything moves", async () => {
    const { url, chunks } = await serveRaw((peer) => {
      peer.pause();
      // Longer in all than a peer has that does nothing.
      let rounds = 0;
      const timer = setInterval(() => {
        peer.resume();
        if (++rounds === 4) clearInterval(timer);
        else setImmediate(() => peer.pause());
      }, 1200);
    });
    const { socket } = open(url, { max_payload: 0 });
    await until(() => socket.readyState === 1);
    for (let n = 0; n < 30; n++) socket.send([new Uint8Array(500_000)]);
    expect(socket.bufferedAmount).toBeGreaterThan(5_000_000);
    socket.close();
    const size = () => chunks.reduce((sum, { length }) => sum + length, 0);
    await until(() => size() > 15_000_000, "15 MB have come", 12);
    // A close frame is the last of it: two bytes of header, four of its mask, two of the code.
    const last = chunks.at(-1)!;
    expect(last[last.length - 8]).toBe(0x88);
  }, 20_000);

  test("a paused socket slows the peer down and loses nothing", async () => {
    const { server, url } = await serve();
    const count = 400;
    server.on("connection", (peer) => {
      for (let i = 0; i < count; i++) peer.send(new Uint8Array(65536).fill(i));
    });
    const told: Told[] = [];
    const socket = new PlainSocket(request(url), {
      received(frame) {
        if (told.push(frame) === 1) socket.pause?.();
      },
      closed: () => told.push("closed"),
    });
    cleanups.push(() => socket.close(true));
    await until(() => told.length > 0);
    await settle();
    // What had been read with the first frame may still come.
    const paused = told.length;
    expect(paused).toBeLessThanOrEqual(2);
    await settle();
    expect(told.length).toBe(paused);
    const [peer] = server.clients;
    expect(peer?.bufferedAmount).toBeGreaterThan(0);
    socket.resume?.();
    await until(() => told.length === count);
    expect((told as Uint8Array[]).every((bytes, i) => bytes[0] === i % 256)).toBe(true);
  });

  test("a paused socket still ends its closing handshake", async () => {
    const { server, url } = await serve();
    const codes: number[] = [];
    server.on("connection", (peer) => {
      peer.on("close", (code) => codes.push(code));
      peer.send("x");
    });
    const { socket: paused, told } = open(url);
    await until(() => told.length === 1);
    paused.pause?.();
    paused.close();
    await until(() => codes.length === 1, "the server is told", 2);
    const { socket } = open(url);
    socket.pause?.();
    socket.resume?.();
    await until(() => socket.readyState === 1);
  });

  test("honours every TLS setting", () => {
    expect([canHonour(null), canHonour(TLSOptions.client()), canHonour(TLSOptions.client_unsafe())]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test("closing does not keep the process: not at all for a dead peer, 3 s for one that may still answer", async () => {
    const { url } = await serveRaw();
    const folder = mkdtempSync(join(tmpdir(), "platform-socket-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const script = join(folder, "script.cjs");
    await build({
      stdin: {
        contents: `
          import { PlatformSocket } from "./platform-socket.ts";
          const [url, dead] = process.argv.slice(2);
          const handler = { received() {}, closed() {} };
          const socket = new PlatformSocket({ url, tls: null, extra_headers: {}, protocols: [], max_payload: 0, max_queued_bytes: 0 }, handler);
          const timer = setInterval(() => {
            if (socket.socket.readyState !== 1) return;
            clearInterval(timer);
            socket.close(dead === "dead");
            const from = performance.now();
            process.on("exit", () => console.log((performance.now() - from) / 1000));
          }, 5);`,
        resolveDir: fileURLToPath(new URL("../src/transport", import.meta.url)),
        loader: "ts",
      },
      bundle: true,
      platform: "node",
      format: "cjs",
      outfile: script,
      logLevel: "error",
    });
    const seconds = (mode: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [script, url, mode]);
        let output = "";
        child.stdout.on("data", (data) => {
          output += data;
        });
        child.on("error", reject);
        child.on("exit", () => resolve(Number.parseFloat(output)));
      });
    const [dead, polite] = await Promise.all([seconds("dead"), seconds("polite")]);
    expect(dead).toBeLessThan(1);
    expect(polite).toBeGreaterThan(2.5);
    expect(polite).toBeLessThan(6);
  }, 20_000);
});

describe("the transport", () => {
  function connect(url: string): string[][] {
    const told: string[][] = [];
    const transport = websocket(request(url) as TransportRequest, {
      opened() {},
      received: (frame) => told.push(["received", String(frame)]),
      closed: (reason, message) => told.push([reason, message]),
    });
    cleanups.push(() => transport.close());
    return told;
  }

  test("tells an end, a failure and an attempt that failed apart, and says what is known", async () => {
    const { server, url } = await serve();
    server.on("connection", (peer, { url: path }) => {
      peer.send("hello");
      if (path === "/reason") peer.close(4000, "maintenance");
      if (path === "/silent") peer.close(4000);
      if (path === "/gone") peer.terminate();
    });
    const hello = ["received", "hello"];
    const broken = await serveRaw((peer) => peer.write(Buffer.from([0xff, 0x00])));
    for (const [address, ...expected] of [
      [`${url}/reason`, hello, ["transport close", "maintenance"]],
      [`${url}/silent`, hello, ["transport close", "WebSocket close code 4000"]],
      [`${url}/gone`, hello, ["transport close", "WebSocket close code 1006"]],
      [broken.url, ["transport error", "Invalid WebSocket frame: RSV2 and RSV3 must be clear"]],
      [
        "ws://127.0.0.1:1",
        [
          "transport error",
          expect.stringMatching(/^no WebSocket connection to ws:.*127\.0\.0\.1:1.*: connect ECONNREFUSED/),
        ],
      ],
    ] as const) {
      const told = connect(address);
      await until(() => told.length === expected.length);
      expect(told).toEqual(expected);
    }
  });
});

/** What a browser's WebSocket has, and nothing else. */
class SimulatedWebSocket {
  static latest: SimulatedWebSocket;
  readonly args: unknown[];
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: object) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: unknown[] = [];
  readonly closes: unknown[][] = [];

  constructor(...args: unknown[]) {
    this.args = args;
    SimulatedWebSocket.latest = this;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(...args: unknown[]): void {
    this.closes.push(args);
  }
}

/** As `ws` when several addresses of one host all failed. */
class SimulatedNodeWebSocket extends SimulatedWebSocket {
  readonly url = "ws://game.example/";
  emit(_event: string, ..._args: unknown[]): boolean {
    throw new Error("nobody hears it");
  }
  terminate(): void {}
}

describe.each(["browser-socket", "platform-socket"])("a browser's WebSocket, by %s", (file) => {
  type Module = typeof import("../src/transport/browser-socket.js");
  let platform: Module;

  beforeAll(async () => {
    vi.resetModules();
    vi.doMock("isomorphic-ws", () => ({ default: SimulatedWebSocket }));
    platform = (await import(`../src/transport/${file}.ts`)) as Module;
  });

  afterAll(() => {
    vi.doUnmock("isomorphic-ws");
    vi.resetModules();
  });

  function openSimulated() {
    const told: Told[] = [];
    const socket = new (plain(platform.PlatformSocket))(request("wss://game.example/", { protocols: ["a", "b"] }), {
      received: (frame) => told.push(frame),
      closed: (code, reason, error, opened) => told.push({ code, reason, error, opened }),
    });
    return { socket, told, page: SimulatedWebSocket.latest };
  }

  test("is made with the URL and the subprotocols, and asked for bytes", () => {
    const { socket, page } = openSimulated();
    expect(page.args.slice(0, 2)).toEqual(["wss://game.example/", ["a", "b"]]);
    expect(page.args[2]).toBeUndefined();
    expect(page.binaryType).toBe("arraybuffer");
    page.bufferedAmount = 7;
    expect([socket.name, socket.bufferedAmount]).toEqual(["websocket", 7]);
  });

  test("carries frames, and has neither pause nor resume", () => {
    const { socket, told, page } = openSimulated();
    expect([socket.pause, socket.resume]).toEqual([undefined, undefined]);
    page.readyState = 1;
    page.onopen?.();
    page.onmessage?.({ data: "text" });
    page.onmessage?.({ data: Uint8Array.of(1, 2).buffer });
    expect(told).toEqual(["text", Uint8Array.of(1, 2)]);
    const frames = ["a", Uint8Array.of(1)];
    socket.send(frames);
    expect(page.sent).toEqual(frames);
  });

  test("tells of an attempt that failed, once", () => {
    const { told, page } = openSimulated();
    page.onerror?.({});
    page.onclose?.({ code: 1006, reason: "" });
    page.onclose?.({ code: 1006, reason: "" });
    page.onmessage?.({ data: "late" });
    expect(told).toEqual([{ code: 1006, reason: "", error: "the connection failed", opened: false }]);
  });

  test("tells of an attempt that failed without a close, as Chromium's does where a policy forbids it", () => {
    const { told, page } = openSimulated();
    page.onerror?.({});
    expect(told).toEqual([{ code: 1006, reason: "", error: "the connection failed", opened: false }]);
  });

  test("tells of an end", () => {
    const { told, page } = openSimulated();
    page.onopen?.();
    page.onclose?.({ code: 4000, reason: "bye" });
    expect(told).toEqual([{ code: 4000, reason: "bye", error: "", opened: true }]);
  });

  test("hears nothing after close(), which cannot be forced", () => {
    const { socket, told, page } = openSimulated();
    socket.close(true);
    expect(page.closes).toEqual([[1000]]);
    page.onmessage?.({ data: "late" });
    page.onclose?.({ code: 1000, reason: "" });
    expect(told).toEqual([]);
  });

  test("honours no TLS settings but the platform's own", () => {
    const honoured = [null, TLSOptions.client(), TLSOptions.client("", "game.example"), TLSOptions.client_unsafe()].map(
      (tls) => platform.canHonour(tls),
    );
    expect(honoured).toEqual([true, true, false, false]);
  });
});

describe("errors of Node that a test cannot bring about everywhere", () => {
  test.each([
    [
      "all addresses failed",
      { message: "", errors: [new Error("connect to ::1"), new Error("connect to 127.0.0.1")] },
      "connect to ::1, connect to 127.0.0.1",
      1006,
    ],
    ["a code alone", { message: "", code: "EWHATEVER" }, "EWHATEVER", 1006],
    ["nothing at all", { message: "" }, "the connection failed", 1006],
    [
      "too many pieces",
      { message: "Too many message fragments", code: "WS_ERR_TOO_MANY_BUFFERED_PARTS" },
      "Too many message fragments",
      1008,
    ],
  ])("%s", async (_, failure, error, code) => {
    vi.resetModules();
    vi.doMock("isomorphic-ws", () => ({ default: SimulatedNodeWebSocket }));
    try {
      const { PlatformSocket } = await import("../src/transport/platform-socket.js");
      const told: Told[] = [];
      const socket = new (plain(PlatformSocket))(request("ws://game.example/"), {
        received() {},
        closed: (code, reason, error, opened) => told.push({ code, reason, error, opened }),
      });
      const node = SimulatedWebSocket.latest as SimulatedNodeWebSocket;
      node.emit("error", failure);
      node.emit("close", 1006, Buffer.alloc(0));
      expect(told).toEqual([{ code, reason: "", error, opened: false }]);
      socket.close(true);
    } finally {
      vi.doUnmock("isomorphic-ws");
      vi.resetModules();
    }
  });
});
