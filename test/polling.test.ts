/*
 * The transport alone, against an HTTP server that does what the test says. Once as it runs in Node, once with the requests
 * that a browser makes.
 */
import { Agent, createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect, type Socket } from "node:net";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Handshake } from "../src/protocol/engine-packet.js";
import { TLSOptions } from "../src/tls-options.js";
import { createCookieStore } from "../src/transport/platform-http.js";
import { polling as nodePolling } from "../src/transport/polling.js";
import type { Finality, OutFrame, Transport, TransportFactory, TransportRequest } from "../src/transport/transport.js";
import { canMakeCertificates, makeCertificates } from "./support/certificates.js";
import { type Exchange, requestTo, ScriptedHttp } from "./support/scripted-http.js";
import { until } from "./support/until.js";

const OPEN = '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100}';
const SID = "&sid=lv_VI97HAXpY6yYWAAAC";
/** Longer than a dead server is waited for. Seconds. */
const LONG = 10;
const PATH = "/socket.io/?EIO=4&transport=polling";

interface Closed {
  readonly reason: string;
  readonly message: string;
  readonly finality: Finality;
}

async function browserPolling(): Promise<TransportFactory> {
  vi.resetModules();
  vi.doMock("../src/transport/platform-http.js", () => import("../src/transport/browser-http.js"));
  const { polling } = await import("../src/transport/polling.js");
  vi.doUnmock("../src/transport/platform-http.js");
  vi.resetModules();
  return polling;
}

/** Those of this test. */
const links: Link[] = [];

afterEach(() => {
  // When its server stops a session that is still open would say its last words, in the middle of another test.
  for (const { transport } of links.splice(0)) transport.close(true);
});

class Link {
  /** Everything the transport has told. */
  readonly told: (string | Uint8Array | Closed)[] = [];
  readonly transport: Transport;
  /** Called with each frame, as the client would hear it. */
  heard: (frame: string | Uint8Array) => void = () => {};

  constructor(
    factory: TransportFactory,
    readonly server: ScriptedHttp,
    changes: Partial<TransportRequest>,
  ) {
    this.transport = factory(requestTo(server.url, changes), {
      opened: () => this.told.push("opened"),
      received: (frame) => {
        this.told.push(frame);
        if (typeof frame === "string" && frame.startsWith("0{")) {
          const { sid, maxPayload = Infinity } = JSON.parse(frame.slice(1)) as Handshake;
          this.transport.established?.(sid, maxPayload);
        }
        this.heard(frame);
      },
      closed: (reason, message, finality = "") => this.told.push({ reason, message, finality }),
    });
    links.push(this);
  }

  /** What was told since the last call. */
  news(): unknown[] {
    return this.told.splice(0);
  }

  async closed(): Promise<Closed> {
    await until(() => typeof this.told.at(-1) === "object" && "reason" in (this.told.at(-1) as object), "it is closed");
    return this.told.at(-1) as Closed;
  }

  async hears(count: number): Promise<unknown[]> {
    await until(() => this.told.length >= count, `${count} frames come`);
    return this.news();
  }
}

describe.each([
  ["node:http", async () => nodePolling],
  ["fetch", browserPolling],
])("polling over %s", (platform, load) => {
  let factory: TransportFactory;

  beforeAll(async () => {
    factory = await load();
  });

  async function start(changes: Partial<TransportRequest> = {}): Promise<Link> {
    return new Link(factory, await ScriptedHttp.start(createServer()), changes);
  }

  /** An open session, with its second GET in flight. */
  async function session(changes: Partial<TransportRequest> = {}, open = OPEN) {
    const link = await start(changes);
    (await link.server.get()).answer(open);
    const get = await link.server.get();
    link.news();
    return { link, server: link.server, transport: link.transport, get };
  }

  test("its name is polling, on the wire and for the game; binary goes as text", async () => {
    const { transport } = await start();
    expect([factory.engineName, transport.name, transport.textOnly]).toEqual(["polling", "polling", true]);
  });

  describe("opening", () => {
    test("a GET without a session id; its answer opens the session, and the next GET has the id", async () => {
      const link = await start();
      const first = await link.server.get();
      expect([first.method, first.url, first.body]).toEqual(["GET", PATH, ""]);
      first.answer(OPEN);
      const second = await link.server.get();
      expect([second.method, second.url]).toEqual(["GET", PATH + SID]);
      expect(link.news()).toEqual([OPEN]);
    });

    test("the session id is escaped in the query", async () => {
      const { get } = await session({}, '0{"sid":"a b&c=d/é"}');
      expect(get.url).toBe(`${PATH}&sid=a+b%26c%3Dd%2F%C3%A9`);
    });

    test("half of a surrogate pair in it, which cannot be escaped, ends no process", async () => {
      const { get } = await session({}, String.raw`0{"sid":"\ud800"}`);
      expect(get.url).toBe(`${PATH}&sid=%EF%BF%BD`);
    });

    test("packets in one answer are told in order, binary as bytes", async () => {
      const link = await start();
      (await link.server.get()).answer(`${OPEN}\x1e40{"sid":"a"}\x1e2\x1ebAQID\x1e42["€"]`);
      expect(await link.hears(5)).toEqual([OPEN, '40{"sid":"a"}', "2", Uint8Array.from([1, 2, 3]), '42["€"]']);
    });

    test.each([
      ["transport unknown", 400, '{"code":0,"message":"Transport unknown"}', "transport"],
      ["session ID unknown", 400, '{"code":1,"message":"Session ID unknown"}', ""],
      ["bad handshake method", 400, '{"code":2,"message":"Bad handshake method"}', ""],
      ["bad request", 400, '{"code":3,"message":"Bad request"}', ""],
      ["forbidden", 403, '{"code":4,"message":"Forbidden"}', "server"],
      ["unsupported protocol version", 400, '{"code":5,"message":"Unsupported protocol version"}', "server"],
      ["the code as a string", 400, '{"code": "5"}', "server"],
      ["another code", 400, '{"code":45}', ""],
      ["a gateway's own code", 504, '{"code":4,"message":"context deadline exceeded"}', ""],
      ["a code of something that was not found", 404, '{"code":5,"message":"Not Found"}', ""],
      ["a gateway's page", 502, "<h1>Bad Gateway</h1>", ""],
      ["not found", 404, "", ""],
      ["only 200 is an answer", 204, "", ""],
    ])("%s: HTTP status %i %s", async (_, status, body, finality) => {
      const link = await start();
      (await link.server.get()).answer(body, status);
      const message = `GET ${link.server.url}: the server answered with HTTP status ${status}: ${body}`;
      expect(await link.closed()).toEqual({ reason: "transport error", message, finality });
      await link.server.quiet();
      expect(link.told).toHaveLength(1);
      expect(link.server.exchanges).toHaveLength(1);
    });

    test("a long error page is not told in full", async () => {
      const link = await start();
      (await link.server.get()).answer("x".repeat(5000), 500);
      const { message } = await link.closed();
      expect(message.endsWith(`status 500: ${"x".repeat(200)}`)).toBe(true);
    });

    test("nobody listens", async () => {
      const server = createServer();
      const scripted = await ScriptedHttp.start(server);
      const { url } = scripted;
      await new Promise((resolve) => server.close(resolve));
      const told: string[] = [];
      factory(requestTo(url), {
        opened() {},
        received() {},
        closed: (reason, message) => told.push(`${reason}: ${message}`),
      });
      await until(() => told.length > 0);
      expect(told[0]).toContain(`transport error: GET ${url}: `);
      if (platform === "node:http") expect(told[0]).toContain("ECONNREFUSED");
    });

    test("an answer that opens nothing is told, and nothing more is asked: there is no id to ask with", async () => {
      const link = await start();
      (await link.server.get()).answer("6");
      expect(await link.hears(1)).toEqual(["6"]);
      await link.server.quiet();
      expect(link.server.exchanges).toHaveLength(1);
    });

    test("`opened` is never told: the open packet says it", async () => {
      const { link } = await session();
      expect(link.told).not.toContain("opened");
    });
  });

  describe("writing", () => {
    test("a POST with the type that servers take, its length, and the packets", async () => {
      const { server, transport } = await session();
      transport.send(["40", '42["€"]', Uint8Array.from([1, 2, 3])]);
      const { url, headers, body } = await server.post();
      expect(url).toBe(PATH + SID);
      expect(body).toBe('40\x1e42["€"]\x1ebAQID');
      expect(headers).toMatchObject({ "content-type": "text/plain;charset=UTF-8", "content-length": "18" });
    });

    test.each(["ok", "OK", "", "anything"])("it goes by the status: an answer %j is fine", async (answer) => {
      const { link, server, transport } = await session();
      transport.send(["40"]);
      (await server.post()).answer(answer);
      transport.send(["3"]);
      (await server.post()).answer(answer, 200, { "content-type": "application/octet-stream" });
      await until(() => transport.bufferedAmount === 0);
      expect(link.told).toEqual([]);
    });

    test("one POST at a time: what is sent meanwhile goes together in the next one", async () => {
      const { server, transport } = await session();
      transport.send(["4a"]);
      const first = await server.post();
      transport.send(["4b"]);
      transport.send(["4c", "4d"]);
      await server.quiet();
      expect(server.inFlight("POST")).toBe(1);
      first.answer();
      expect((await server.post()).body).toBe("4b\x1e4c\x1e4d");
    });

    test("at most 16 packets go in one: python-engineio drops all of a larger one and answers ok", async () => {
      const { server, transport } = await session();
      transport.send(Array.from({ length: 35 }, () => "42"));
      const sizes: number[] = [];
      for (let left = 35; left > 0; left -= sizes.at(-1) ?? 0) {
        const post = await server.post();
        sizes.push(post.body.split("\x1e").length);
        post.answer();
      }
      expect(sizes).toEqual([16, 16, 3]);
    });

    test("as many as the option allows", async () => {
      const { server, transport } = await session({ polling_max_packets: 2 });
      transport.send(["4a", "4b", "4c"]);
      const post = await server.post();
      expect(post.body).toBe("4a\x1e4b");
      post.answer();
      expect((await server.post()).body).toBe("4c");
    });

    test("the server's maxPayload, 100 bytes here, is filled to the byte and not passed", async () => {
      const { server, transport } = await session();
      // 49 bytes, 1, 50 bytes; then 49 bytes, 1, 51 bytes, of which each € is three.
      transport.send([`4${"€".repeat(16)}`, `4${"x".repeat(49)}`, `4${"€".repeat(16)}`, `4${"x".repeat(50)}`]);
      const lengths: string[] = [];
      for (let count = 0; count < 3; count++) {
        const post = await server.post();
        lengths.push(post.headers["content-length"] ?? "");
        post.answer();
      }
      expect(lengths).toEqual(["100", "49", "51"]);
    });

    test("a packet larger than that goes alone: whether it may be sent is not asked here", async () => {
      const { server, transport } = await session();
      transport.send(["4a", `4${"x".repeat(100)}`, "4b"]);
      const sizes: number[] = [];
      for (let count = 0; count < 3; count++) {
        const post = await server.post();
        sizes.push(post.body.length);
        post.answer();
      }
      expect(sizes).toEqual([2, 101, 2]);
    });

    test("a server that names no maxPayload has none", async () => {
      const { server, transport } = await session({}, '0{"sid":"a"}');
      transport.send([`4${"x".repeat(300_000)}`, `4${"y".repeat(300_000)}`]);
      expect((await server.post()).body).toHaveLength(600_003);
    });

    test("bufferedAmount is what the server has not taken yet", async () => {
      const { server, transport } = await session();
      transport.send(["4abc", Uint8Array.from([1, 2])]);
      const first = await server.post();
      transport.send(["4d", new Blob(["xyz"])]);
      expect(transport.bufferedAmount).toBe(4 + 2 + 2 + 3);
      first.answer();
      const second = await server.post();
      expect(transport.bufferedAmount).toBe(5);
      second.answer();
      await until(() => transport.bufferedAmount === 0);
    });

    test("Blobs are read, and what comes after one waits for it", async () => {
      const { server, transport } = await session();
      transport.send(["451-", new Blob(["abc"]), "4after"]);
      transport.send(["4behind", new Blob([])]);
      const post = await server.post();
      expect(post.body).toBe("451-\x1ebYWJj\x1e4after\x1e4behind\x1eb");
      post.answer();
      await server.quiet();
      expect([transport.bufferedAmount, server.exchanges.length]).toEqual([0, 3]);
    });

    test("a Blob that is sent while a POST is in flight", async () => {
      const { server, transport } = await session();
      transport.send(["4a"]);
      const first = await server.post();
      transport.send([new Blob(["abc"]), "4b"]);
      first.answer();
      expect((await server.post()).body).toBe("bYWJj\x1e4b");
    });

    test("what may go before a Blob does not wait for it", async () => {
      const { server, transport } = await session({ polling_max_packets: 2 });
      transport.send(["4a", "4b", { size: 3, type: "", arrayBuffer: () => new Promise<ArrayBuffer>(() => {}) }]);
      expect((await server.post()).body).toBe("4a\x1e4b");
    });

    test("a pong does not wait for what waits", async () => {
      const { server, transport } = await session();
      transport.send(["4a"]);
      const first = await server.post();
      transport.send(["451-", new Blob(["abc"]), ...Array<string>(20).fill("4b")]);
      transport.send(["3"]);
      first.answer();
      const second = await server.post();
      expect(second.body).toBe(`3\x1e451-\x1ebYWJj${"\x1e4b".repeat(13)}`);
      second.answer();
      expect((await server.post()).body).toBe(Array(7).fill("4b").join("\x1e"));
    });

    test("one that is asked for while a Blob is read doubles and loses nothing", async () => {
      const { server, transport } = await session();
      transport.send(["451-", new Blob(["abc"])]);
      transport.send(["3"]);
      transport.send(["4b"]);
      expect((await server.post()).body).toBe("3\x1e451-\x1ebYWJj\x1e4b");
    });

    test("a Blob that was still being read when a dead connection was closed is not written any more", async () => {
      const { server, transport } = await session();
      let read!: (bytes: ArrayBuffer) => void;
      const arrayBuffer = () => new Promise<ArrayBuffer>((resolve) => (read = resolve));
      transport.send(["4a", { size: 3, type: "", arrayBuffer }]);
      transport.close(true);
      read(new ArrayBuffer(3));
      await until(() => server.inFlight("GET") === 0);
      await new Promise((resolve) => setImmediate(resolve));
      expect(server.exchanges.filter(({ method }) => method === "POST")).toEqual([]);
    });

    test("more than fit into a call may wait for a Blob", async () => {
      const { server, transport } = await session();
      transport.send([new Blob(["abc"]), ...new Array<string>(150_000).fill("4")]);
      expect((await server.post()).body).toContain("bYWJj\x1e4");
    });

    test.each([
      ["an Error", new Error("the file has changed"), "the file has changed"],
      ["a word", "gone", "gone"],
    ])(
      "a Blob that cannot be read ends the transport, nothing may be missing in the middle: %s",
      async (_, error, text) => {
        const { link, server, transport } = await session();
        const broken = { size: 3, type: "", arrayBuffer: () => Promise.reject(error) };
        transport.send(["4a", broken, "4b"]);
        const message = `a Blob could not be read: ${text}`;
        expect(await link.closed()).toMatchObject({ reason: "transport error", message });
        await until(() => server.inFlight("GET") === 0);
        expect((await server.post()).body).toBe("1");
        await server.quiet();
        expect(server.exchanges.filter(({ method }) => method === "POST")).toHaveLength(1);
      },
    );

    test.each([
      ["no answer that can be used", 500, "oops", ""],
      ["too large", 413, "", ""],
      [
        "the session is not known, and never was",
        400,
        '{"code":1}',
        "; the session is gone, or several servers need sticky sessions",
      ],
      [
        "only before the session is there a way that is closed for good",
        400,
        '{"code":4}',
        "; the session is gone, or several servers need sticky sessions",
      ],
    ])("a POST that fails ends the transport, and its GET: %s", async (_, status, body, hint) => {
      const { link, server, transport, get } = await session();
      transport.send(["4a"]);
      (await server.post()).answer(body, status);
      const message = `POST ${server.url}${SID}: the server answered with HTTP status ${status}: ${body}${hint}`;
      expect(await link.closed()).toEqual({ reason: "transport error", message, finality: "" });
      await until(() => get.aborted);
      expect(link.told).toHaveLength(1);
    });

    test("a POST without an answer is not made again: it may have arrived", async () => {
      const { link, server, transport } = await session();
      transport.send(["4a"]);
      (await server.post()).answer();
      await until(() => transport.bufferedAmount === 0);
      transport.send(["4b"]);
      (await server.post()).cut();
      expect((await link.closed()).message).toContain("POST http://");
      await server.quiet();
      expect(server.exchanges.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([
        "4a",
        "4b",
        "1",
      ]);
    });

    /** A session of which each ping `2` asks whether a request is stuck. */
    async function asked() {
      const made = await session();
      const answers: unknown[] = [];
      made.link.heard = (frame) => frame === "2" && answers.push(made.transport.isStuck?.());
      let { get } = made;
      const ping = async () => {
        get.answer("2");
        get = await made.server.get();
      };
      return { ...made, answers, ping };
    }

    test("is stuck when what was in flight when that was asked last still is", async () => {
      const { server, transport, answers, ping } = await asked();
      await ping();
      transport.send(["4a"]);
      const first = await server.post();
      await ping();
      first.answer();
      transport.send(["4b"]);
      await server.post();
      await ping();
      expect(answers).toEqual([false, false, false]);
      await ping();
      expect(answers.at(-1)).toBe(true);
    });
  });

  describe("reading", () => {
    test("the next GET follows the answer, and there is never another one", async () => {
      const { link, server, get } = await session();
      await server.quiet();
      get.answer("2");
      const next = await server.get();
      next.answer('42["a"]\x1e42["b"]');
      await server.get();
      expect(link.told).toEqual(["2", '42["a"]', '42["b"]']);
      expect(server.most).toEqual({ GET: 1, POST: 0 });
    });

    test("a burst both ways: never two GETs and never two POSTs, everything once and in order", async () => {
      const { link, server, transport, get } = await session();
      const sent = Array.from({ length: 200 }, (_, index) => `4${index}`);
      link.heard = (frame) => transport.send([sent[Number((frame as string).slice(1))] ?? "4"]);
      const bodies: string[] = [];
      const takePosts = async () => {
        while (bodies.join("\x1e").split("\x1e").length < sent.length) {
          const post = await server.post();
          bodies.push(post.body);
          post.answer();
        }
      };
      const serveGets = async () => {
        let current = get;
        for (let index = 0; index < sent.length; index += 7) {
          current.answer(sent.slice(index, index + 7).join("\x1e"));
          current = await server.get();
        }
      };
      await Promise.all([takePosts(), serveGets()]);
      expect(link.told).toEqual(sent);
      expect(bodies.join("\x1e").split("\x1e")).toEqual(sent);
      expect(server.most).toEqual({ GET: 1, POST: 1 });
    });

    test("bodies are UTF-8, whatever their type and however they are cut", async () => {
      const { link, server, get } = await session();
      const bytes = new TextEncoder().encode("4€😀");
      get.begin(bytes.slice(0, 2));
      await server.quiet();
      get.answer(bytes.slice(2), 200);
      expect(await link.hears(1)).toEqual(["4€😀"]);
    });

    test("an answer of type application/octet-stream is read like any other", async () => {
      const { link, get } = await session();
      get.answer("4ä", 200, { "content-type": "application/octet-stream" });
      expect(await link.hears(1)).toEqual(["4ä"]);
    });

    test("an answer that says no such session ends it, and hints at sticky sessions", async () => {
      const { link, get } = await session();
      get.answer('{"code":1,"message":"Session ID unknown"}', 400);
      const { message, finality } = await link.closed();
      expect(message).toMatch(
        /GET .*status 400: \{"code":1.*; the session is gone, or several servers need sticky sessions$/,
      );
      expect(finality).toBe("");
    });

    test("half an answer is none: nothing of it is told", async () => {
      const { link, server, get } = await session();
      get.begin("4a\x1e4b");
      await server.quiet();
      get.cut();
      expect(await link.closed()).toMatchObject({ reason: "transport error" });
      expect(link.told).toHaveLength(1);
    });

    describe("paused", () => {
      test("asks for nothing more; what the GET in flight brings is kept until it reads on", async () => {
        const { link, server, transport, get } = await session();
        transport.pause?.();
        get.answer("4a\x1e4b");
        await server.quiet();
        expect([link.told, server.inFlight("GET")]).toEqual([[], 0]);
        transport.resume?.();
        expect(link.told).toEqual(["4a", "4b"]);
        await server.get();
      });

      test("by who hears a frame: those behind it wait", async () => {
        const { link, server, transport, get } = await session();
        link.heard = (frame) => frame !== "4c" && transport.pause?.();
        get.answer("4a\x1e4b\x1e4c");
        await until(() => link.told.length > 0);
        expect(link.told).toEqual(["4a"]);
        transport.resume?.();
        expect(link.told).toEqual(["4a", "4b"]);
        await server.quiet();
        expect(server.inFlight("GET")).toBe(0);
        transport.resume?.();
        expect(link.told).toEqual(["4a", "4b", "4c"]);
        await server.get();
      });

      test("reads on before the GET in flight is answered: there is still only one", async () => {
        const { link, server, transport, get } = await session();
        transport.pause?.();
        transport.resume?.();
        await server.quiet();
        expect(server.most.GET).toBe(1);
        get.answer("4a");
        expect(await link.hears(1)).toEqual(["4a"]);
      });

      test("writes all the same", async () => {
        const { server, transport } = await session();
        transport.pause?.();
        transport.send(["3"]);
        expect((await server.post()).body).toBe("3");
      });

      test("fails: what was kept is told before the end", async () => {
        const { link, server, transport, get } = await session();
        link.heard = () => transport.pause?.();
        get.answer("4a\x1e4b\x1e4c");
        await until(() => link.told.length > 0);
        transport.send(["4x"]);
        (await server.post()).answer("", 500);
        await link.closed();
        expect(link.told).toEqual(["4a", "4b", "4c", expect.objectContaining({ reason: "transport error" })]);
      });

      test("fails, and is closed by who hears of what was kept: nothing more is told, and the server once", async () => {
        const { link, server, transport, get } = await session();
        link.heard = (frame) => (frame === "4b" ? transport.close() : transport.pause?.());
        get.answer("4a\x1e4b\x1e4c");
        await until(() => link.told.length > 0);
        transport.send(["4x"]);
        (await server.post()).answer("", 500);
        expect((await server.post()).body).toBe("1");
        await server.quiet();
        expect(link.told).toEqual(["4a", "4b"]);
        expect(server.exchanges.filter(({ method }) => method === "POST")).toHaveLength(2);
      });

      test("is closed: what was kept is not told", async () => {
        const { link, server, transport, get } = await session();
        transport.pause?.();
        get.answer("4a");
        await server.quiet();
        transport.close();
        transport.resume?.();
        expect((await server.post()).body).toBe("1");
        expect(link.told).toEqual([]);
      });
    });
  });

  describe("closing", () => {
    test("before the session is open: its answer is awaited, and the session that it opens ended", async () => {
      const link = await start();
      const get = await link.server.get();
      link.transport.close();
      await link.server.quiet();
      expect(get.aborted).toBe(false);
      get.answer(`${OPEN}\x1e2`);
      const post = await link.server.post();
      expect([post.url, post.body]).toEqual([PATH + SID, "1"]);
      post.answer();
      await link.server.quiet();
      expect([link.told, link.server.exchanges.length]).toEqual([[], 2]);
    });

    test.each([
      ["opens nothing", "6", 200],
      ["cannot be read", "0{", 200],
      ["is binary", "bAQID", 200],
      ["is a refusal", '{"code":5}', 400],
    ])("before the session is open: an answer that %s leaves nothing to be done", async (_, body, status) => {
      const link = await start();
      const get = await link.server.get();
      link.transport.close();
      get.answer(body, status);
      await link.server.quiet();
      expect([link.told, link.server.exchanges.length]).toEqual([[], 1]);
    });

    test("dead, before the session is open: the request is given up", async () => {
      const { server, transport, told } = await start();
      const get = await server.get();
      transport.close(true);
      await until(() => get.aborted);
      await server.quiet();
      expect([told, server.exchanges.length]).toEqual([[], 1]);
    });

    test("after the server's own `1`: there is nothing to be ended", async () => {
      const { link, server, transport, get } = await session();
      link.heard = () => transport.close();
      get.answer("1");
      await link.hears(1);
      await server.quiet();
      expect(server.exchanges).toHaveLength(2);
    });

    test("writes `1`, so that the server ends the session at once, and then gives up the GET", async () => {
      const { link, server, transport, get } = await session();
      transport.close();
      const post = await server.post();
      expect(post.body).toBe("1");
      expect(get.aborted).toBe(false);
      post.answer();
      await until(() => get.aborted);
      expect(link.told).toEqual([]);
    });

    test("a server that answers the GET first is not asked again", async () => {
      const { link, server, transport, get } = await session();
      transport.close();
      const post = await server.post();
      get.answer("6");
      post.answer();
      await server.quiet();
      expect([link.told, server.exchanges.length]).toEqual([[], 3]);
    });

    test("after what was sent; the farewell, which was sent last, and the end have requests of their own", async () => {
      const { server, transport } = await session();
      transport.send(["4a"]);
      const first = await server.post();
      transport.send(["4b"]);
      transport.send(["4c"]);
      transport.send(["41"]);
      transport.close();
      transport.close();
      first.answer();
      const second = await server.post();
      expect(second.body).toBe("4b\x1e4c");
      second.answer();
      for (const body of ["41", "1"]) {
        const post = await server.post();
        expect(post.body).toBe(body);
        post.answer();
      }
      await until(() => server.inFlight("GET") === 0);
      expect(server.exchanges.filter(({ method }) => method === "POST")).toHaveLength(4);
    });

    test("after what was sent, in as many requests as it takes, and the GET lives as long", async () => {
      const { server, transport, get } = await session({ polling_max_packets: 2 });
      transport.send(["4a", "4b", "4c"]);
      transport.close();
      for (const body of ["4a\x1e4b", "4c", "1"]) {
        const post = await server.post();
        expect([post.body, get.aborted]).toEqual([body, false]);
        post.answer();
      }
      await until(() => get.aborted);
    });

    test("after a Blob that is being read", async () => {
      const { server, transport } = await session();
      transport.send([new Blob(["abc"])]);
      transport.close();
      for (const body of ["bYWJj", "1"]) {
        const post = await server.post();
        expect(post.body).toBe(body);
        post.answer();
      }
    });

    test("a last request that fails ends it all the same, and is told to nobody", async () => {
      const { link, server, transport, get } = await session();
      transport.close();
      (await server.post()).answer("", 400);
      await until(() => get.aborted);
      expect(link.told).toEqual([]);
    });

    test("dead: gives up what is in flight, and says nothing to nobody", async () => {
      const { link, server, transport, get } = await session();
      transport.send(["4a"]);
      const post = await server.post();
      transport.send(["4b"]);
      transport.close(true);
      await until(() => get.aborted && post.aborted);
      await server.quiet();
      expect([link.told, server.exchanges.length]).toEqual([[], 3]);
    });

    test("by who hears a frame: the others of that answer are not told", async () => {
      const { link, server, transport, get } = await session();
      link.heard = () => transport.close();
      get.answer("4a\x1e4b\x1e4c");
      expect((await server.post()).body).toBe("1");
      expect(link.told).toEqual(["4a"]);
      expect(server.inFlight("GET")).toBe(0);
    });

    test("when a request has failed the server is told, once: it need not have noticed, and would keep the session", async () => {
      const { link, server, transport, get } = await session();
      get.answer("", 502);
      await link.closed();
      const post = await server.post();
      expect(post.body).toBe("1");
      transport.close();
      transport.close(true);
      post.answer("", 502);
      await server.quiet();
      expect([link.told.length, server.exchanges.length]).toEqual([1, 3]);
    });
  });

  describe("leaving for another transport", () => {
    async function leaving() {
      const made = await session();
      const unsent: (readonly OutFrame[])[] = [];
      return { ...made, unsent, leave: () => made.transport.leave?.((frames) => unsent.push(frames)) };
    }

    test("waits for the GET in flight, tells what it brings, and asks no more", async () => {
      const { link, server, get, unsent, leave } = await leaving();
      leave();
      await server.quiet();
      expect(unsent).toEqual([]);
      get.answer("4a\x1e4b");
      await until(() => unsent.length > 0);
      expect(link.told).toEqual(["4a", "4b"]);
      await server.quiet();
      expect([unsent, server.exchanges.length]).toEqual([[[]], 2]);
    });

    test("waits for the POST in flight; what is sent meanwhile is not written but handed on, in order", async () => {
      const { server, transport, get, unsent, leave } = await leaving();
      transport.send(["4a"]);
      const post = await server.post();
      transport.send(["4b"]);
      leave();
      transport.send(["4c", Uint8Array.from([1])]);
      get.answer("6");
      await server.quiet();
      expect(unsent).toEqual([]);
      post.answer();
      await until(() => unsent.length > 0);
      expect(unsent).toEqual([["4b", "4c", Uint8Array.from([1])]]);
      expect([transport.bufferedAmount, server.exchanges.length]).toEqual([0, 3]);
    });

    test("a pong that the last answer asks for is handed on", async () => {
      const { link, transport, get, unsent, leave } = await leaving();
      link.heard = (frame) => frame === "2" && transport.send(["3"]);
      leave();
      get.answer("2");
      await until(() => unsent.length > 0);
      expect(unsent).toEqual([["3"]]);
    });

    test("waits for a Blob that is being read, and hands it on as bytes", async () => {
      const { server, transport, get, unsent, leave } = await leaving();
      let finish = () => {};
      const arrayBuffer = () =>
        new Promise<ArrayBuffer>((resolve) => {
          finish = () => resolve(Uint8Array.from([1, 2]).buffer);
        });
      transport.send(["451-", { size: 2, type: "", arrayBuffer }]);
      leave();
      get.answer("6");
      await server.quiet();
      expect(unsent).toEqual([]);
      finish();
      await until(() => unsent.length > 0);
      expect(unsent).toEqual([["451-", Uint8Array.from([1, 2])]]);
    });

    test("while paused: is done when what was read has been handed over", async () => {
      const { link, server, transport, get, unsent, leave } = await leaving();
      transport.pause?.();
      leave();
      get.answer("4a\x1e4b");
      await server.quiet();
      expect([unsent, link.told]).toEqual([[], []]);
      transport.resume?.();
      expect([unsent, link.told]).toEqual([[[]], ["4a", "4b"]]);
    });

    test("with nothing in flight: done at once", async () => {
      const { link, server, transport, get, unsent, leave } = await leaving();
      link.heard = () => transport.pause?.();
      get.answer("4a");
      await link.hears(1);
      await server.quiet();
      expect(server.inFlight("GET")).toBe(0);
      leave();
      expect(unsent).toEqual([[]]);
    });

    test("and staying after all: goes on with what waited", async () => {
      const { server, transport, get, unsent, leave } = await leaving();
      leave();
      transport.send(["4a"]);
      transport.stay?.();
      expect((await server.post()).body).toBe("4a");
      expect(server.inFlight("GET")).toBe(1);
      get.answer("4b");
      await server.get();
      expect([unsent, server.most]).toEqual([[], { GET: 1, POST: 1 }]);
    });

    test("and staying after the GET was answered: asks again", async () => {
      const { server, transport, get, unsent, leave } = await leaving();
      transport.send(["4a"]);
      const post = await server.post();
      leave();
      get.answer("4b");
      await server.quiet();
      transport.stay?.();
      await server.get();
      post.answer();
      await server.quiet();
      expect([unsent, server.most]).toEqual([[], { GET: 1, POST: 1 }]);
    });

    test("and closing: the session ends where it is", async () => {
      const { link, server, transport, get, unsent, leave } = await leaving();
      leave();
      transport.send(["41"]);
      transport.close();
      for (const body of ["41", "1"]) {
        const post = await server.post();
        expect(post.body).toBe(body);
        post.answer();
      }
      await until(() => get.aborted);
      expect([unsent, link.told]).toEqual([[], []]);
    });

    test("and failing: it is closed, and there is nothing to hand on", async () => {
      const { link, get, unsent, leave } = await leaving();
      leave();
      get.answer("", 502);
      expect(await link.closed()).toMatchObject({ reason: "transport error" });
      expect(unsent).toEqual([]);
    });

    test("and failing while paused: there is nothing to hand on when it reads on either", async () => {
      const { link, server, transport, unsent, leave } = await leaving();
      transport.send(["4a"]);
      const post = await server.post();
      transport.pause?.();
      leave();
      post.answer("", 413);
      await link.closed();
      transport.resume?.();
      expect(unsent).toEqual([]);
    });

    test("once left it does nothing more", async () => {
      const { link, server, transport, get, unsent, leave } = await leaving();
      leave();
      get.answer("6");
      await until(() => unsent.length > 0);
      transport.close(true);
      await server.quiet();
      expect([link.told, server.exchanges.length]).toEqual([["6"], 2]);
    });
  });
});

describe("polling over node:http alone", () => {
  async function start(changes: Partial<TransportRequest> = {}, server: Server = createServer()): Promise<Link> {
    return new Link(nodePolling, await ScriptedHttp.start(server), changes);
  }

  test("the extra headers go with every request, and cannot change what a POST is", async () => {
    const link = await start({ extra_headers: { "x-game": "7", "content-type": "application/json" } });
    const opening = await link.server.get();
    expect(opening.headers).toMatchObject({ "x-game": "7" });
    opening.answer(OPEN);
    link.server.get();
    await link.hears(1);
    link.transport.send(["40"]);
    const { headers } = await link.server.post();
    expect(headers).toMatchObject({ "x-game": "7", "content-type": "text/plain;charset=UTF-8" });
  });

  test("connections are kept: the requests of a session use no more than two", async () => {
    const link = await start();
    (await link.server.get()).answer(OPEN);
    for (let round = 0; round < 10; round++) {
      const get = await link.server.get();
      link.transport.send([`4${round}`]);
      (await link.server.post()).answer();
      await until(() => link.transport.bufferedAmount === 0);
      get.answer(`4${round}`);
    }
    await link.server.get();
    const ports = new Set(link.server.exchanges.map(({ port }) => port));
    expect([link.server.exchanges.length, ports.size]).toEqual([22, 2]);
  });

  test("they go through the agent that the game gives", async () => {
    const agent = new Agent();
    const asked: string[] = [];
    const { createConnection } = agent as Agent & { createConnection: (...args: never[]) => never };
    Object.assign(agent, {
      createConnection(...args: never[]) {
        asked.push("connection");
        return createConnection.apply(this, args);
      },
    });
    const link = await start({ agent });
    (await link.server.get()).answer(OPEN);
    await link.server.get();
    expect(asked).toEqual(["connection", "connection"]);
  });

  test("an answer that switches to another protocol ends it", async () => {
    const link = await start();
    (await link.server.get()).answer(OPEN);
    const get = await link.server.get();
    get.socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");
    expect(await link.closed()).toMatchObject({
      reason: "transport error",
      message: expect.stringContaining("HTTP status 101"),
    });
    expect((await link.server.post()).body).toBe("1");
  });

  test.each([
    ["ends", (get: Exchange) => get.socket.end()],
    ["is reset", (get: Exchange) => get.cut()],
  ])("a handshake whose answer %s in the middle says nothing of TLS: it has begun to speak HTTP", async (_, cut) => {
    const link = await start();
    const get = await link.server.get();
    get.begin(OPEN);
    await link.server.quiet();
    cut(get);
    expect((await link.closed()).message).toMatch(/: (aborted|read ECONNRESET)$/);
  });

  test("an answer larger than the limit ends it, as soon as it is larger", async () => {
    const link = await start({ max_payload: 1000 });
    const get = await link.server.get();
    get.begin(OPEN);
    get.begin("x".repeat(2000));
    const { message } = await link.closed();
    expect(message).toMatch(/^GET http:.*: the answer is larger than 1000 bytes$/);
    await until(() => get.aborted);
  });

  test("an answer of exactly the limit is taken", async () => {
    const link = await start({ max_payload: OPEN.length });
    (await link.server.get()).answer(OPEN);
    expect(await link.hears(1)).toEqual([OPEN]);
  });

  describe("a kept connection that the server closes at the moment it is used again", () => {
    /** The third GET: the first one's connection is free by then. */
    async function usedAgain() {
      const link = await start();
      const first = await link.server.get();
      first.answer(OPEN);
      (await link.server.get()).answer("6");
      const stale = await link.server.get();
      expect(stale.port).toBe(first.port);
      link.news();
      return { link, server: link.server, transport: link.transport, stale };
    }

    test("ends a session: events may have been lost with the answer, and a second GET would not bring them", async () => {
      const { link, server, stale } = await usedAgain();
      stale.cut();
      expect((await link.closed()).message).toMatch(/^GET http/);
      await server.quiet();
      expect(server.exchanges.filter(({ method }) => method === "GET")).toHaveLength(3);
    });

    test("and from then on every request to that server has a connection of its own", async () => {
      const { link, server, stale } = await usedAgain();
      stale.cut();
      await link.closed();
      (await server.post()).answer();
      const before = server.exchanges.length;
      const next = new Link(nodePolling, server, {});
      (await server.get()).answer(OPEN);
      for (let round = 0; round < 3; round++) (await server.get()).answer("6");
      await server.get();
      const ports = server.exchanges.slice(before).map(({ port }) => port);
      expect([ports.length, new Set(ports).size]).toEqual([5, 5]);
      expect(next.told).toEqual([OPEN, "6", "6", "6"]);
    });

    test("is not made up for by a second POST: the first may have arrived", async () => {
      const { link, server, transport } = await usedAgain();
      transport.send(["4a"]);
      const post = await server.post();
      expect(server.exchanges.filter(({ port }) => port === post.port)).toHaveLength(2);
      post.cut();
      expect((await link.closed()).message).toMatch(/^POST http/);
      await server.quiet();
      expect(server.exchanges.filter(({ body }) => body === "4a")).toHaveLength(1);
    });

    /** A handshake over a connection that another session has left. */
    async function handshake() {
      const { server, transport } = await usedAgain();
      transport.close();
      (await server.post()).answer();
      await until(() => server.inFlight("GET") === 0);
      const before = server.exchanges.length;
      const link = new Link(nodePolling, server, {});
      const get = await server.get();
      const ports = server.exchanges.slice(0, before).map(({ port }) => port);
      expect(ports).toContain(get.port);
      return { link, server, get };
    }

    test("does not matter to a handshake, which is made again", async () => {
      const { link, server, get } = await handshake();
      get.cut();
      const again = await server.get();
      expect([again.url, again.port === get.port]).toEqual([PATH, false]);
      again.answer(OPEN);
      expect(await link.hears(1)).toEqual([OPEN]);
    });

    test("does matter when it is made again on a fresh connection, and fails", async () => {
      const { link, server, get } = await handshake();
      get.cut();
      (await server.get()).cut();
      expect((await link.closed()).reason).toBe("transport error");
    });

    test("is not what it is when we give up a request", async () => {
      const { link, server, get } = await handshake();
      link.transport.close(true);
      await until(() => get.aborted);
      const next = new Link(nodePolling, server, {});
      (await server.get()).answer(OPEN);
      (await server.get()).answer("6");
      (await server.get()).answer("6");
      await server.get();
      const ports = server.exchanges.slice(-4).map(({ port }) => port);
      expect([next.told.length, new Set(ports).size]).toEqual([3, 2]);
    });

    test("closing gives up the repetition of a handshake", async () => {
      const { link, server, get } = await handshake();
      get.cut();
      const again = await server.get();
      link.transport.close(true);
      await until(() => again.aborted);
    });

    test("nor is a handshake made again that is not wanted any more", async () => {
      const { link, server, get } = await handshake();
      const before = server.exchanges.length;
      link.transport.close();
      get.cut();
      await server.quiet();
      expect(server.exchanges).toHaveLength(before);
    });

    test("closing leaves the repetition of a handshake some seconds", { timeout: LONG * 1000 }, async () => {
      const { link, server, get } = await handshake();
      get.cut();
      const again = await server.get();
      link.transport.close();
      await until(() => again.aborted, "it is given up", LONG);
    });

    test("a handshake that is given up because nobody answers is not made again", {
      timeout: LONG * 1000,
    }, async () => {
      const { link, server, get } = await handshake();
      link.transport.close();
      await until(() => get.aborted, "it is given up", LONG);
      await server.quiet();
      expect(server.inFlight("GET")).toBe(0);
    });
  });

  test("a server that does not answer any more: the last request is given up after some seconds, and the GET with it", {
    timeout: LONG * 1000,
  }, async () => {
    const hanging = async () => {
      const link = await start();
      (await link.server.get()).answer(OPEN);
      return { link, get: await link.server.get() };
    };
    const [idle, writing] = await Promise.all([hanging(), hanging()]);
    writing.link.transport.send(["4a"]);
    const inFlight = await writing.link.server.post();
    for (const { link } of [idle, writing]) link.transport.close();
    const last = await idle.link.server.post();
    const requests = [last, inFlight, idle.get, writing.get];
    await until(() => requests.every(({ aborted }) => aborted), "all of them are given up", LONG);
    expect([idle.link.told, writing.link.told]).toEqual([[OPEN], [OPEN]]);
  });

  test("nor one before the last", { timeout: LONG * 1000 }, async () => {
    const { server, transport } = await start({ polling_max_packets: 1 });
    (await server.get()).answer(OPEN);
    const get = await server.get();
    transport.send(["4a", "4b"]);
    transport.close();
    (await server.post()).answer();
    const second = await server.post();
    expect(second.body).toBe("4b");
    await until(() => second.aborted && get.aborted, "both are given up", LONG);
  });

  test("nor one that the server has not answered when it ended the session", { timeout: LONG * 1000 }, async () => {
    const { server, transport } = await start();
    (await server.get()).answer(OPEN);
    transport.send(["4a"]);
    const post = await server.post();
    (await server.get()).answer("1");
    await server.quiet();
    transport.close();
    await until(() => post.aborted, "it is given up", LONG);
  });

  test("a connection that never comes to be is given up as well", { timeout: LONG * 1000 }, async () => {
    const sockets: Socket[] = [];
    const agent = Object.assign(new Agent(), {
      createConnection() {
        const socket = connect({ host: "game.example", port: 1, lookup: () => {} });
        sockets.push(socket);
        return socket;
      },
    });
    const { transport } = await start({ agent });
    await until(() => sockets.length === 1);
    transport.close();
    await until(() => sockets[0]?.destroyed === true, "it is given up", LONG);
  });

  describe("https", () => {
    const certificates = canMakeCertificates() ? makeCertificates() : null;
    const secure = () =>
      createSecureServer({ key: certificates?.server.private_key, cert: certificates?.server.certificate });

    test.runIf(certificates)("with an authority of its own", async () => {
      const link = await start({ tls: TLSOptions.client(certificates!.authority.certificate) }, secure());
      (await link.server.get()).answer(OPEN);
      await link.server.get();
      expect(await link.hears(1)).toEqual([OPEN]);
    });

    test.runIf(certificates)("a certificate that nobody vouches for is refused with a sentence", async () => {
      const { message } = await (await start({}, secure())).closed();
      expect(message).toMatch(
        /^GET https:.*: the server.s certificate is not trusted \(unable to verify the first certificate(; if the root CA [^()]*)?\): give the authority that signed it/,
      );
    });

    test.runIf(certificates)(
      "settings are not shared: a connection that was trusted once is not trusted by others",
      async () => {
        const first = await start({ tls: TLSOptions.client_unsafe() }, secure());
        (await first.server.get()).answer("6");
        await first.hears(1);
        const told: string[] = [];
        nodePolling(requestTo(first.server.url), {
          opened() {},
          received() {},
          closed: (_, message) => told.push(message),
        });
        await until(() => told.length > 0);
        expect(told[0]).toContain("unable to verify");
      },
    );

    test("spoken to a server without TLS, it says so", async () => {
      const server = await ScriptedHttp.start(createServer());
      const told: string[] = [];
      nodePolling(requestTo(server.url.replace("http:", "https:")), {
        opened() {},
        received() {},
        closed: (_, message) => told.push(message),
      });
      await until(() => told.length > 0);
      expect(told[0]).toMatch(/the server speaks no TLS at this port: write ws: instead of wss:$/);
    });
  });

  describe("cookies", () => {
    test("are kept from each answer and go with the next request", async () => {
      const link = await start({ cookies: createCookieStore({ with_credentials: true }) });
      const opening = await link.server.get();
      expect(opening.headers.cookie).toBeUndefined();
      opening.answer(OPEN, 200, {
        "set-cookie": ["io=abc; Path=/; HttpOnly; SameSite=Strict", "lb=1; Path=/socket.io"],
      });
      const get = await link.server.get();
      expect(get.headers.cookie?.split("; ").sort()).toEqual(["io=abc", "lb=1"]);
      link.transport.send(["40"]);
      const post = await link.server.post();
      expect(post.headers.cookie?.split("; ").sort()).toEqual(["io=abc", "lb=1"]);
      post.answer("ok", 200, { "set-cookie": "lb=2; Path=/socket.io" });
      await until(() => link.transport.bufferedAmount === 0);
      get.answer("6");
      expect((await link.server.get()).headers.cookie?.split("; ").sort()).toEqual(["io=abc", "lb=2"]);
    });

    test.each(["cookie", "Cookie"])(
      "go along with those of a header %s of the game's own, which count",
      async (name) => {
        const link = await start({
          cookies: createCookieStore({ with_credentials: true }),
          extra_headers: { [name]: "mine=1;theirs=2" },
        });
        const opening = await link.server.get();
        expect(opening.headers.cookie).toBe("mine=1;theirs=2");
        opening.answer(OPEN, 200, { "set-cookie": ["io=abc", "theirs=3"] });
        expect((await link.server.get()).headers.cookie).toBe("mine=1; theirs=2; io=abc");
      },
    );

    test("are not kept unless they are wanted", async () => {
      const link = await start();
      (await link.server.get()).answer(OPEN, 200, { "set-cookie": "io=abc" });
      expect((await link.server.get()).headers.cookie).toBeUndefined();
    });

    test("the store: by host, path and scheme; ws: is http: and wss: is https:", () => {
      const store = createCookieStore({ with_credentials: true })!;
      store.store("ws://game.example/socket.io/?EIO=4", ["a=1", "b=2; Path=/", "c=3; Secure", "d=4; Path=/other"]);
      store.store("wss://game.example/", ["e=5; Secure; Path=/", "f=6; Domain=elsewhere.example", "nonsense"]);
      const sent = (url: string) => store.header(url).split("; ").sort().join(" ");
      expect(sent("http://game.example/socket.io/")).toBe("a=1 b=2");
      expect(sent("http://game.example/")).toBe("b=2");
      expect(sent("https://game.example/socket.io/")).toContain("e=5");
      expect(sent("wss://game.example/socket.io/")).toContain("e=5");
      expect(sent("http://elsewhere.example/")).toBe("");
    });
  });
});

describe("a platform that is neither Node nor a browser's bundle", () => {
  test("makes its requests with fetch and keeps no cookies", async () => {
    const { getBuiltinModule } = process;
    vi.resetModules();
    Object.assign(process, { getBuiltinModule: undefined });
    const platform = await import("../src/transport/platform-http.js");
    const browser = await import("../src/transport/browser-http.js");
    Object.assign(process, { getBuiltinModule });
    vi.resetModules();
    expect(platform.send).toBe(browser.send);
    expect(platform.base64).toBe(browser.base64);
    expect(platform.createCookieStore({ with_credentials: true })).toBeNull();
  });
});
