/*
 * The published package in a real browser, against a real socket.io server: bundled like a user's game, through Vite's
 * development server, and without any bundler.
 */
import { createReadStream, existsSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Server, type Socket } from "socket.io";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { browserName, describeInAnyBrowser, startBrowser, type TestBrowser, type TestPage } from "./browser.js";
import { until } from "./until.js";
import {
  bundlePage,
  closedPort,
  closeServer,
  copyPage,
  html,
  listen,
  makeProject,
  serve,
  writeProjectFile,
} from "./user-app.js";

const SECONDS = 10;

let project: string;
/** The bundle of the page. */
let script: string;
let browser: TestBrowser;
let http: HttpServer;
let io: Server;
let origin: string;
let page: TestPage;
const pages: TestPage[] = [];
/** The server's end of the connections, the newest last. */
let sockets: Socket[] = [];

async function openPage(url: string): Promise<TestPage> {
  const opened = await browser.open(url);
  pages.push(opened);
  const loaded = () => opened.evaluate(() => window.lab.frames > 0).catch(() => false);
  await until(`${url} runs its script`, SECONDS, loaded, () => opened.errors);
  return opened;
}

function withListeners(server: Server): Server {
  server.on("connection", (socket) => {
    sockets.push(socket);
    socket.on("echo", (...args) => (args.pop() as (...back: unknown[]) => void)(...args));
    socket.on("burst", (count: number) => {
      for (let number = 0; number < count; number++) socket.emit("number", number);
    });
  });
  return server;
}

/** Makes a client under this name in the page and waits until it is connected. */
async function connect(name: string, options: object = {}): Promise<void> {
  const told = await page.evaluate(
    async ([key, settings, url]) => {
      const made = window.lab.make(settings);
      window.lab.kept[key] = made;
      made.client.connect_to_url(url);
      await made.client.get_namespace("/").ready(5);
      return made.told;
    },
    [name, options, origin] as const,
  );
  expect(told).toEqual([expect.stringMatching(/^connected ./)]);
}

function toldBy(name: string): Promise<string[]> {
  return page.evaluate((key) => window.lab.kept[key]?.told ?? [], name);
}

/** The id of the Engine.IO session, which the server's types keep to themselves. */
function engineId(socket: Socket): string {
  return (socket.conn as unknown as { id: string }).id;
}

describeInAnyBrowser("the library", () => {
  beforeAll(async () => {
    project = makeProject("client");
    script = await bundlePage(project, "lab");
    http = serve({ "/": ["text/html", html(' src="/page.js">')], "/page.js": ["text/javascript", script] });
    io = withListeners(new Server(http));
    origin = `http://localhost:${await listen(http)}`;
    browser = await startBrowser();
    console.log(browser.version);
    page = await openPage(origin);
  });

  beforeEach(() => {
    sockets = [];
  });

  afterAll(async () => {
    await browser?.close();
    await closeServer(io, http);
  });

  test("the bundle carries the browser's socket and nothing of Node's", () => {
    const has = (text: string) => script.includes(text);
    expect({ browser: has("isomorphic-ws/browser.js"), node: has("WS_ERR_") || has("closeTimeout") }).toEqual({
      browser: true,
      node: false,
    });
  });

  test("connects: both ends agree on the ids", async () => {
    await connect("first");
    const seen = await page.evaluate(() => {
      const { client } = window.lab.kept["first"]!;
      return {
        state: client.get_connection_state(),
        main: client.get_namespace("/").get_session_id(),
        engine: client.get_engine_io_session_id(),
        transport: client.get_transport(),
        error: client.get_last_error(),
      };
    });
    const socket = sockets[0]!;
    expect(seen).toEqual({
      state: 2,
      main: socket.id,
      engine: engineId(socket),
      transport: "websocket",
      error: "",
    });
  });

  test("binary goes both ways: ArrayBuffer, typed arrays, Blob and File", async () => {
    await connect("binary");
    const received: unknown[][] = [];
    sockets[0]?.on("bytes", (...args: unknown[]) => received.push(args));
    const codes = await page.evaluate(() => {
      const main = window.lab.kept["binary"]!.client.get_namespace("/");
      const long = new Uint8Array([9, 1, 2, 3, 9]);
      const sent = [
        main.emit("bytes", [new Uint8Array([1, 2, 3]).buffer, new Float32Array([0.5, -2]), long.subarray(1, 4)]),
        main.emit("bytes", [{ picture: new Blob(["<svg/>", "ä"]), name: "p" }, new File(["hello"], "hello.txt")]),
        main.emit("bytes", ["last", new Blob([]), new Uint8Array()]),
      ];
      // A copy went out: what happens to the buffer afterwards does not matter.
      long.fill(0);
      return sent;
    });
    expect(codes).toEqual([0, 0, 0]);
    await until(
      "the server has three packets",
      SECONDS,
      () => received.length === 3,
      () => received,
    );
    expect(received).toEqual([
      [Buffer.from([1, 2, 3]), Buffer.from(new Float32Array([0.5, -2]).buffer), Buffer.from([1, 2, 3])],
      [{ picture: Buffer.from("<svg/>ä"), name: "p" }, Buffer.from("hello")],
      ["last", Buffer.from([]), Buffer.from([])],
    ]);

    await page.evaluate(() => {
      const { client, told } = window.lab.kept["binary"]!;
      client.get_namespace("/").on("bytes", (data) => {
        const [bytes, { deep }] = data as [unknown, { deep: unknown[] }];
        told.push(...[bytes, ...deep].map((value) => (value instanceof Uint8Array ? `bytes ${value}` : `${value}`)));
      });
    });
    sockets[0]?.emit("bytes", Buffer.from([0, 255]), { deep: [new Uint8Array([7]), "text"] });
    await until("the page has heard it", SECONDS, async () => (await toldBy("binary")).length > 1);
    expect((await toldBy("binary")).slice(1)).toEqual(["bytes 0,255", "bytes 7", "text"]);
  });

  test("emit_with_ack: a promise of the server's arguments, or a rejection in time", async () => {
    await connect("acks");
    const outcome = await page.evaluate(async () => {
      const main = window.lab.kept["acks"]!.client.get_namespace("/");
      const answer = (await main.emit_with_ack("echo", [1, "two", new Uint8Array([3])])) as unknown[];
      const started = performance.now();
      const late = await main.emit_with_ack("nobody answers", [], 0.3).catch((error) => error);
      return {
        answer: answer.map((value) => (value instanceof Uint8Array ? [...value] : value)),
        isAckError: late instanceof window.lab.library.AckError,
        code: late.code as number,
        message: late.message as string,
        seconds: (performance.now() - started) / 1000,
      };
    });
    expect(outcome).toMatchObject({ answer: [1, "two", [3]], isAckError: true, code: 24 });
    expect(outcome.message).toContain("nobody answers");
    // By the default clock, which is `performance.now`.
    expect(outcome.seconds).toBeGreaterThanOrEqual(0.28);
  });

  test("the default clock does not mind that somebody sets the system's", async () => {
    await connect("clock", { heartbeat: "arrival" });
    const outcome = await page.evaluate(async () => {
      const { client } = window.lab.kept["clock"]!;
      const main = client.get_namespace("/");
      const { now } = Date;
      Date.now = () => now() + 86_400_000;
      try {
        const late = main.emit_with_ack("nobody answers", [], 0.5).then(
          () => "answered",
          (error) => error.code as number,
        );
        await window.lab.wait(5);
        const pending = client.get_stats().acks_pending;
        const { longest_poll_gap, inbox_age } = client.get_stats();
        return { pending, code: await late, longest_poll_gap, inbox_age, state: client.get_connection_state() };
      } finally {
        Date.now = now;
      }
    });
    expect(outcome).toMatchObject({ pending: 1, code: 24, inbox_age: 0, state: 2 });
    expect(outcome.longest_poll_gap).toBeGreaterThan(0);
    expect(outcome.longest_poll_gap).toBeLessThan(3600);
  });

  test("reconnects after the server has closed the connection, and listeners stay", async () => {
    await connect("dropped", { reconnection: { delay: 0.05 } });
    const [first] = sockets;
    await page.evaluate(() => {
      const { client, told } = window.lab.kept["dropped"]!;
      client.get_namespace("/").on("hello", ([text]) => told.push(`hello ${text}`));
    });
    first?.conn.close();
    const second = await until(
      "the client is back",
      SECONDS,
      () => sockets[1],
      () => toldBy("dropped"),
    );
    second.emit("hello", "again");
    await until("it hears the server", SECONDS, async () => (await toldBy("dropped")).includes("hello again"));
    expect(await toldBy("dropped")).toEqual([
      `connected ${first?.id}`,
      "disconnected: transport close",
      "reconnecting 1",
      `connected ${second.id}`,
      "hello again",
    ]);
    const stats = await page.evaluate(() => window.lab.kept["dropped"]?.client.get_stats());
    expect(stats).toMatchObject({ reconnects: 1 });
  });

  test("reconnects after the server was away, and says why meanwhile", async () => {
    const own = createServer();
    let server = withListeners(new Server(own));
    const port = await listen(own);
    await page.evaluate((url) => {
      const made = window.lab.make({ reconnection: { delay: 0.05, delay_max: 0.2 } });
      window.lab.kept["restarted"] = made;
      made.client.connect_to_url(url);
    }, `ws://localhost:${port}`);
    await until("connected", SECONDS, async () => (await toldBy("restarted")).length === 1);
    // Not `Server.close()`: that would take leave of the clients.
    server.engine.close();
    own.close();
    own.closeAllConnections();
    const failed = async () => (await toldBy("restarted")).some((line) => line.startsWith("connect_error"));
    await until("an attempt has failed", SECONDS, failed, () => toldBy("restarted"));

    const next = createServer();
    server = withListeners(new Server(next));
    await listen(next, port);
    const back = async () => (await toldBy("restarted")).filter((line) => line.startsWith("connected")).length === 2;
    await until("connected again", SECONDS, back, () => toldBy("restarted"));
    const told = await toldBy("restarted");
    expect(told[1]).toBe("disconnected: transport close");
    expect(told.slice(2, 4)).toEqual(["reconnecting 1", expect.stringMatching(/^connect_error 25: ./)]);
    await page.evaluate(() => window.lab.kept["restarted"]?.client.close());
    await closeServer(server, next);
  });

  test("a connection that is refused is told as a sentence", async () => {
    const port = await closedPort();
    const told = await page.evaluate(async (url) => {
      const { client, told: lines } = window.lab.make({ reconnection: false });
      const error = client.connect_error.wait(8);
      const code = client.connect_to_url(url);
      const [{ message, namespace, transport }] = await error;
      await window.lab.wait(3);
      return { code, message, namespace, transport, lines, state: client.get_connection_state() };
    }, `ws://localhost:${port}`);
    expect(told).toMatchObject({ code: 0, namespace: "/", transport: "polling", state: 0 });
    // What each transport said.
    expect(told.message).toContain(`ws://localhost:${port}/socket.io/`);
    expect(told.message).toContain(`GET http://localhost:${port}/socket.io/`);
    expect(told.message).toMatch(/connection/);
    console.log(told.message);
    expect(told.lines.at(-1)).toBe("disconnected: transport error");
  });

  test("TLSOptions that a browser cannot honour are refused with ERR_UNAVAILABLE, and nothing is opened", async () => {
    let opened = 0;
    const server = createServer().on("connection", () => opened++);
    const outcome = await page.evaluate(
      async (host) => {
        const { TLSOptions } = window.lab.library;
        const pem = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----";
        const identity = { certificate: pem, private_key: pem };
        const settings = [
          TLSOptions.client_unsafe(),
          TLSOptions.client(pem),
          TLSOptions.client("", "other.example"),
          TLSOptions.client("", "", identity),
        ];
        const results = settings.map((tls) => {
          const { client, told } = window.lab.make();
          const code = client.connect_to_url(`wss://${host}`, {}, tls);
          return { code, state: client.get_connection_state(), told, error: client.get_last_error() };
        });
        await window.lab.wait(20);
        return results;
      },
      `localhost:${await listen(server)}`,
    );
    server.close();
    expect(opened).toBe(0);
    expect(outcome).toHaveLength(4);
    for (const result of outcome) {
      expect(result).toMatchObject({ code: 2, state: 0, told: [] });
      expect(result.error).toMatch(/trust store/);
    }
    expect(
      await page.evaluate((url) => {
        const { client } = window.lab.make();
        const code = client.connect_to_url(url, {}, window.lab.library.TLSOptions.client());
        client.close();
        return code;
      }, origin),
    ).toBe(0);
  });

  test('a full inbox: a browser cannot pause, so the connection ends with "inbound overflow"', async () => {
    await connect("flooded", { max_queued_packets: 20, reconnection: { delay: 0.05 } });
    const [socket] = sockets;
    const dropped = new Promise<string>((resolve) => socket?.on("disconnect", resolve));
    await page.evaluate(() => {
      const { client, told } = window.lab.kept["flooded"]!;
      window.lab.polled.delete(client);
      client.get_namespace("/").on("number", ([number]) => told.push(`number ${number}`));
    });
    for (let number = 0; number < 100; number++) socket?.emit("number", number);
    // The server notices before the page polls again.
    expect(await dropped).toMatch(/^(transport close|client namespace disconnect)$/);
    const waiting = await page.evaluate(() => {
      const { client, told } = window.lab.kept["flooded"]!;
      return { pending: client.get_pending_count(), state: client.get_connection_state(), told: told.length };
    });
    // Nothing is told, and no state changes, but in a poll.
    expect(waiting).toEqual({ pending: 20, state: 2, told: 1 });
    await page.evaluate(() => window.lab.polled.add(window.lab.kept["flooded"]!.client));
    const second = await until(
      "the client is back",
      SECONDS,
      () => sockets[1],
      () => toldBy("flooded"),
    );
    await until("it knows", SECONDS, async () => (await toldBy("flooded")).at(-1) === `connected ${second.id}`);
    expect(await toldBy("flooded")).toEqual([
      `connected ${socket?.id}`,
      ...Array.from({ length: 20 }, (_, number) => `number ${number}`),
      "disconnected: inbound overflow",
      "reconnecting 1",
      `connected ${second.id}`,
    ]);
    // As many as the inbox holds come through once the page polls.
    second.emit("number", "after");
    await until("numbers come again", SECONDS, async () => (await toldBy("flooded")).at(-1) === "number after");
  });

  describe("WebSocketPeer", () => {
    let server: WebSocketServer;
    let url: string;
    let peers: WebSocket[];

    beforeAll(async () => {
      server = new WebSocketServer({
        port: 0,
        host: "localhost",
        handleProtocols: (offered) => [...offered][0] ?? false,
      });
      server.on("connection", (socket) => {
        peers.push(socket);
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
      await new Promise((resolve) => server.once("listening", resolve));
      url = `ws://localhost:${(server.address() as AddressInfo).port}/`;
    });

    beforeEach(() => {
      peers = [];
    });

    afterAll(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });

    test("echoes text and bytes, and closes with a code and a reason", async () => {
      const seen = await page.evaluate(async (address) => {
        const Peer = window.lab.library.WebSocketPeer;
        const peer = new Peer();
        const reach = async (done: () => boolean) => {
          for (let frame = 0; frame < 300 && !done(); frame++) {
            await window.lab.wait(1);
            peer.poll();
          }
        };
        peer.supported_protocols = ["game", "other"];
        const codes: number[] = [peer.connect_to_url(address)];
        const states: number[] = [peer.get_ready_state()];
        await reach(() => peer.get_ready_state() === Peer.STATE_OPEN);
        states.push(peer.get_ready_state());
        codes.push(peer.send_text("grüße"), peer.send(new Uint8Array([0, 1, 255])), peer.put_packet(new Uint8Array()));
        await reach(() => peer.get_available_packet_count() === 3);
        const packets: unknown[] = [];
        while (peer.get_available_packet_count() > 0) {
          const bytes = peer.get_packet();
          packets.push(peer.was_string_packet() ? new TextDecoder().decode(bytes) : [...bytes]);
        }
        peer.close(3001, "enough");
        states.push(peer.get_ready_state());
        await reach(() => peer.get_ready_state() === Peer.STATE_CLOSED);
        states.push(peer.get_ready_state());
        const protocol = peer.get_selected_protocol();
        return { codes, states, packets, protocol, code: peer.get_close_code(), requested: peer.get_requested_url() };
      }, url);
      expect(seen).toEqual({
        codes: [0, 0, 0, 0],
        states: [0, 1, 2, 3],
        packets: ["grüße", [0, 1, 255], []],
        protocol: "game",
        code: 3001,
        requested: url,
      });
    });

    test("tells the code and the reason with which the server closed, and keeps what came before", async () => {
      const outcome = page.evaluate(async (address) => {
        const Peer = window.lab.library.WebSocketPeer;
        const peer = new Peer();
        peer.connect_to_url(address);
        for (let frame = 0; frame < 300 && (frame === 0 || peer.get_ready_state() !== Peer.STATE_CLOSED); frame++) {
          await window.lab.wait(1);
          peer.poll();
        }
        const text = new TextDecoder().decode(peer.get_packet());
        return { text, code: peer.get_close_code(), reason: peer.get_close_reason() };
      }, url);
      const socket = await until("the peer is connected", SECONDS, () => peers[0]);
      socket.send("last words");
      socket.close(3001, "the server is full");
      expect(await outcome).toEqual({ text: "last words", code: 3001, reason: "the server is full" });
    });

    test("refuses TLS options that a browser cannot honour", async () => {
      const outcome = await page.evaluate(() => {
        const Peer = window.lab.library.WebSocketPeer;
        const peer = new Peer();
        const code = peer.connect_to_url("wss://localhost:1", window.lab.library.TLSOptions.client_unsafe());
        return { code, state: peer.get_ready_state() };
      });
      expect(outcome).toEqual({ code: 2, state: 3 });
    });
  });

  /** The page connects to the server of this file and hears its own words. */
  async function echoes(opened: TestPage): Promise<unknown> {
    return opened.evaluate(async (url) => {
      const { client } = window.lab.make();
      client.connect_to_url(url);
      const answer = await client.get_namespace("/").emit_with_ack("echo", ["from here", new Uint8Array([1])]);
      return (answer as unknown[]).map((value) => (value instanceof Uint8Array ? [...value] : value));
    }, origin);
  }

  test("Vite's development server finds what a browser needs", async () => {
    const { createServer: createVite } = await import("vite");
    copyPage(project, "lab");
    writeProjectFile(project, "index.html", html(' src="/lab.ts">'));
    const vite = await createVite({
      root: project,
      configFile: false,
      cacheDir: join(project, ".vite"),
      logLevel: "error",
      server: { port: 0, host: "localhost" },
    });
    try {
      await vite.listen();
      const opened = await openPage(`http://localhost:${(vite.httpServer!.address() as AddressInfo).port}/`);
      expect(await echoes(opened)).toEqual(["from here", [1]]);
      await opened.close();
    } finally {
      await vite.close();
    }
  });

  test("modules without a bundler: an import map is enough", async () => {
    const root = fileURLToPath(new URL("../../node_modules/", import.meta.url));
    const imports = {
      "socketio-gameloop": "/modules/socketio-gameloop/dist/index.js",
      "isomorphic-ws": "/modules/isomorphic-ws/browser.js",
      mitt: "/modules/mitt/dist/mitt.mjs",
    };
    const importing = await bundlePage(project, "lab", ["socketio-gameloop"]);
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    const modules = createServer((request, response) => {
      const path = request.url ?? "/";
      const name = path.replace(/^\/modules\//, "");
      const file = [join(project, "node_modules"), root].map((folder) => join(folder, name)).find(existsSync);
      if (path === "/") response.setHeader("content-type", "text/html").end(html(' src="/page.js">', map));
      else if (path === "/page.js") response.setHeader("content-type", "text/javascript").end(importing);
      else if (file === undefined) response.writeHead(404).end();
      else createReadStream(file).pipe(response.setHeader("content-type", "text/javascript"));
    });
    try {
      const opened = await openPage(`http://localhost:${await listen(modules)}/`);
      expect(await echoes(opened)).toEqual(["from here", [1]]);
      await opened.close();
    } finally {
      modules.close();
      modules.closeAllConnections();
    }
  });

  test("nothing was uncaught, and the console has no errors but the connections that were refused", async () => {
    const isRefusal = (error: string) =>
      /^WebSocket connection to .* failed|net::ERR_CONNECTION_REFUSED$/.test(error) ||
      /^Firefox can’t establish a connection|CORS request did not succeed|was interrupted while/.test(error);
    await page.evaluate(() => {});
    const errors = pages.flatMap((opened) => opened.errors);
    expect(errors.filter((error) => !isRefusal(error))).toEqual([]);
    if (browserName === "chromium") expect(errors.length).toBeGreaterThan(0);
  });
});
