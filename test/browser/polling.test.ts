/*
 * HTTP long-polling in a real browser, bundled like a user's game: alone, on the way to WebSocket, as the fallback, to another
 * origin with and without cookies.
 */
import type { Server as HttpServer, IncomingMessage } from "node:http";
import { Server, type ServerOptions, type Socket } from "socket.io";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { describeInAnyBrowser, startBrowser, type TestBrowser, type TestPage } from "./browser.js";
import { until } from "./until.js";
import { bundlePage, closeServer, html, listen, makeProject, serve } from "./user-app.js";

const SECONDS = 10;

let script: string | undefined;
let browser: TestBrowser;
/** The page's own server. */
let game: GameServer;
let page: TestPage;

async function bundle(): Promise<void> {
  script ??= await bundlePage(makeProject("polling"), "lab");
}

/** A socket.io server that also has the page. */
class GameServer {
  readonly requests: IncomingMessage[] = [];
  readonly sockets: Socket[] = [];
  origin = "";
  readonly io: Server;
  readonly #http: HttpServer;

  private constructor(options: Partial<ServerOptions>) {
    this.#http = serve({ "/": ["text/html", html(' src="/page.js">')], "/page.js": ["text/javascript", script ?? ""] });
    this.io = new Server(this.#http, options);
    const note = (request: IncomingMessage) => this.requests.push(request);
    this.#http.prependListener("request", note);
    if (this.#http.listenerCount("upgrade") > 0) this.#http.prependListener("upgrade", note);
    this.io.on("connection", (socket) => {
      this.sockets.push(socket);
      socket.on("echo", (...args) => (args.pop() as (...back: unknown[]) => void)(...args));
      socket.on("n", (...args) => socket.emit("n", ...args));
    });
  }

  static async start(options: Partial<ServerOptions> = {}): Promise<GameServer> {
    const made = new GameServer(options);
    made.origin = `http://localhost:${await listen(made.#http)}`;
    return made;
  }

  /** The requests of the engine, by kind. */
  kinds(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { method = "", headers, url } of this.requests) {
      if (!url?.includes("EIO=4")) continue;
      const kind = headers.upgrade ? "upgrade" : method;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }

  stop(): Promise<void> {
    return closeServer(this.io, this.#http);
  }
}

/** Makes a client under this name and waits until it is connected. */
async function connect(name: string, options: object, url = game.origin): Promise<void> {
  await page.evaluate(
    async ([key, settings, address]) => {
      const made = window.lab.make(settings);
      window.lab.kept[key] = made;
      made.client.transport_changed.connect((transport) => made.told.push(`over ${transport}`));
      made.client.connect_to_url(address);
      await made.client.get_namespace("/").ready(8);
    },
    [name, options, url] as const,
  );
}

/** What is to be known of a client. */
function look(name: string): Promise<{ told: string[]; transport: string; session: string; state: number }> {
  return page.evaluate((key) => {
    const { client, told } = window.lab.kept[key]!;
    return {
      told,
      transport: client.get_transport(),
      session: client.get_engine_io_session_id(),
      state: client.get_connection_state(),
    };
  }, name);
}

/** Numbers to the server and back, every tenth with bytes; what came back, in order. */
function bounce(name: string, from: number, to: number): Promise<unknown[]> {
  return page.evaluate(
    async ([key, first, end]) => {
      const main = window.lab.kept[key]!.client.get_namespace("/");
      const back: unknown[] = [];
      const listener = ([number, bytes]: unknown[]) =>
        back.push(bytes instanceof Uint8Array ? [number, ...bytes] : number);
      main.on("n", listener);
      for (let number = first; number < end; number++) {
        main.emit("n", number % 10 === 0 ? [number, new Uint8Array([number % 256])] : [number]);
        if (number % 50 === 0) await window.lab.wait(1);
      }
      for (let frame = 0; frame < 300 && back.length < end - first; frame++) await window.lab.wait(1);
      await window.lab.wait(3);
      main.off("n", listener);
      return back;
    },
    [name, from, to] as const,
  );
}

function numbers(from: number, to: number): unknown[] {
  return Array.from({ length: to - from }, (_, index) => {
    const number = from + index;
    return number % 10 === 0 ? [number, number % 256] : number;
  });
}

describeInAnyBrowser("polling", () => {
  beforeAll(async () => {
    await bundle();
    game = await GameServer.start();
    browser = await startBrowser();
    page = await browser.open(game.origin);
    await until("the page runs", SECONDS, () => page.evaluate(() => window.lab.frames > 0).catch(() => false));
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail")
      console.error(await page.evaluate(() => Object.entries(window.lab.kept).map(([name, { told }]) => [name, told])));
    await page.evaluate(() => {
      for (const { client } of Object.values(window.lab.kept)) client.close();
      window.lab.kept = {};
      window.lab.polled.clear();
    });
    game.requests.length = 0;
    game.sockets.length = 0;
  });

  afterAll(async () => {
    await browser?.close();
    await game?.stop();
  });

  test("the bundle makes its requests with fetch and carries nothing of Node's", () => {
    const has = (text: string) => script?.includes(text);
    expect([has("AbortController"), has("keepAlive: true"), has("tough-cookie"), has("getBuiltinModule")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  describe("alone", () => {
    test("text and binary go both ways: ArrayBuffer, typed arrays, Blob and File", async () => {
      await connect("polling", { transports: ["polling"] });
      const back = await page.evaluate(async () => {
        const main = window.lab.kept["polling"]!.client.get_namespace("/");
        const answer = (await main.emit_with_ack("echo", [
          "ä€😀\u001e",
          new Uint8Array([1, 2, 3]).buffer,
          { picture: new Blob(["<svg/>", "ä"]), file: new File(["hello"], "hello.txt") },
          new Uint8Array(),
        ])) as unknown[];
        const show = (value: unknown): unknown =>
          value instanceof Uint8Array
            ? [...value]
            : typeof value === "object"
              ? Object.values(value as object).map((bytes) => new TextDecoder().decode(bytes))
              : value;
        return answer.map(show);
      });
      expect(back).toEqual(["ä€😀\u001e", [1, 2, 3], ["<svg/>ä", "hello"], []]);
      expect(await look("polling")).toMatchObject({
        transport: "polling",
        told: [expect.stringMatching(/^connected/)],
      });
      expect(game.kinds()).not.toHaveProperty("upgrade");
    });

    test("half a megabyte", async () => {
      await connect("large", { transports: ["polling"] });
      const sizes = await page.evaluate(async () => {
        const main = window.lab.kept["large"]!.client.get_namespace("/");
        const [text] = (await main.emit_with_ack("echo", ["é".repeat(250_000)])) as [string];
        const bytes = new Uint8Array(500_000).map((_, index) => index % 251);
        const [back] = (await main.emit_with_ack("echo", [bytes])) as [Uint8Array];
        return [text.length, back.length, back.every((value, index) => value === index % 251)];
      });
      expect(sizes).toEqual([250_000, 500_000, true]);
    });

    test("a burst of 500 numbers and 50 binaries, there and back, in order", async () => {
      await connect("burst", { transports: ["polling"] });
      expect(await bounce("burst", 0, 500)).toEqual(numbers(0, 500));
    });

    test("close() ends the session at the server at once", async () => {
      await connect("closed", { transports: ["polling"] });
      const [socket] = game.sockets;
      let reason = "";
      socket?.on("disconnect", (why) => {
        reason = why;
      });
      await page.evaluate(() => window.lab.kept["closed"]?.client.close());
      await until("the session is gone", 3, () => game.io.engine.clientsCount === 0);
      expect(reason).toBe("client namespace disconnect");
    });

    test("comes back after the server has dropped it", async () => {
      await connect("dropped", { transports: ["polling"], reconnection: { delay: 0.05 } });
      const { session } = await look("dropped");
      game.sockets[0]?.conn.close();
      const isBack = async () => {
        const now = await look("dropped");
        return now.state === 2 && now.session !== session;
      };
      await until("there is a new session", SECONDS, isBack, () => look("dropped"));
      expect((await look("dropped")).told.map((line) => line.split(" ")[0])).toEqual([
        "connected",
        "disconnected:",
        "reconnecting",
        "connected",
      ]);
    });
  });

  test("the move to WebSocket in the middle of a burst loses, doubles and reorders nothing", async () => {
    await connect("moving", { transports: ["polling", "websocket"] });
    expect(await bounce("moving", 0, 1500)).toEqual(numbers(0, 1500));
    const { transport, told } = await look("moving");
    expect([transport, told.filter((line) => line.startsWith("over"))]).toEqual(["websocket", ["over websocket"]]);
    expect(game.kinds()).toMatchObject({ upgrade: 1 });
    expect(game.kinds()["GET"]).toBeGreaterThan(1);
    expect(game.io.engine.clientsCount).toBe(1);
  });

  test("where WebSocket is blocked it falls back, and tells so", async () => {
    const blocked = await GameServer.start({ transports: ["polling"], cors: { origin: game.origin } });
    try {
      await connect("blocked", {}, blocked.origin);
      const { transport, told } = await look("blocked");
      expect([transport, told]).toEqual(["polling", ["over polling", expect.stringMatching(/^connected/)]]);
      expect(await bounce("blocked", 0, 100)).toEqual(numbers(0, 100));
    } finally {
      await blocked.stop();
    }
  });

  describe("another origin", () => {
    const cookies = (server: GameServer) =>
      server.requests.filter(({ url }) => url?.includes("sid=")).map(({ headers }) => headers.cookie ?? "");

    test("with_credentials: its cookies go with every request, and with the move to WebSocket", async () => {
      const cors = { origin: game.origin, credentials: true };
      const other = await GameServer.start({ cors, cookie: { name: "io", httpOnly: true, sameSite: "lax" } });
      try {
        await connect("credentials", { transports: ["polling", "websocket"], with_credentials: true }, other.origin);
        const moved = async () => (await look("credentials")).transport === "websocket";
        await until("it has moved", SECONDS, moved, () => look("credentials"));
        const { session } = await look("credentials");
        expect(cookies(other).length).toBeGreaterThan(2);
        expect(cookies(other)).toEqual(cookies(other).map(() => `io=${session}`));
        // A question of another origin beforehand would be one more round trip for every request.
        expect(other.kinds()).not.toHaveProperty("OPTIONS");
      } finally {
        await other.stop();
      }
    });

    test("without it no cookie is taken or sent", async () => {
      const other = await GameServer.start({ cors: { origin: "*" }, cookie: { name: "other", path: "/" } });
      try {
        await connect("anonymous", { transports: ["polling"] }, other.origin);
        expect(await bounce("anonymous", 0, 20)).toEqual(numbers(0, 20));
        expect(cookies(other).join("")).toBe("");
        expect(other.kinds()).not.toHaveProperty("OPTIONS");
      } finally {
        await other.stop();
      }
    });

    test("that does not allow it: connect_error says what the browser says", async () => {
      const other = await GameServer.start();
      try {
        const message = await page.evaluate(async (url) => {
          const { client } = window.lab.make({ transports: ["polling"], reconnection: false });
          const error = client.connect_error.wait(8);
          client.connect_to_url(url);
          return (await error)[0].message;
        }, other.origin);
        expect(message).toMatch(
          /^GET http:\/\/localhost:\d+\/socket\.io\/\?EIO=4&transport=polling: no answer \(.+\)$/,
        );
      } finally {
        await other.stop();
      }
    });
  });

  test("nothing was uncaught", async () => {
    await page.evaluate(() => {});
    expect(page.errors.filter((error) => error.startsWith("uncaught"))).toEqual([]);
  });
});
