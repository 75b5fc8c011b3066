/*
 * Requests as a browser makes them, with Node's `fetch` against a real server; how `fetch` is called is looked at where a
 * browser alone would show the difference.
 */
import { createServer } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Abort, type Answer, base64, createCookieStore, send } from "../src/transport/browser-http.js";
import { requestTo, ScriptedHttp } from "./support/scripted-http.js";
import { until } from "./support/until.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Makes a request and notes its end. */
function ask(url: string, method: "GET" | "POST", body = "", isLast = false): { told: Answer[]; abort: Abort } {
  const told: Answer[] = [];
  return { told, abort: send(requestTo(url), method, url, body, isLast, (answer) => told.push(answer)) };
}

async function start(): Promise<ScriptedHttp> {
  return ScriptedHttp.start(createServer());
}

describe("a request", () => {
  test("GET: has no body and no type, and is answered with status and text", async () => {
    const server = await start();
    const { told } = ask(server.url, "GET");
    const get = await server.get();
    expect([get.url, get.body, get.headers["content-type"]]).toEqual([
      "/socket.io/?EIO=4&transport=polling",
      "",
      undefined,
    ]);
    get.answer("0{}€");
    await until(() => told.length > 0);
    expect(told).toEqual([{ status: 200, text: "0{}€", error: "" }]);
  });

  test("a user and a password in the URL are left out: `fetch` refuses them", async () => {
    const server = await start();
    const { told } = ask(server.url.replace("//", "//user:p%40ss@"), "GET");
    (await server.get()).answer("0{}");
    await until(() => told.length > 0);
    expect(told).toEqual([{ status: 200, text: "0{}", error: "" }]);
  });

  test("POST: plain text in UTF-8, which needs no question of another origin beforehand", async () => {
    const server = await start();
    const { told } = ask(server.url, "POST", "4€");
    const post = await server.post();
    expect([post.body, post.headers["content-type"], post.headers["content-length"]]).toEqual([
      "4€",
      "text/plain;charset=UTF-8",
      "4",
    ]);
    post.answer("ok");
    await until(() => told.length > 0);
    expect(told).toEqual([{ status: 200, text: "ok", error: "" }]);
  });

  test("any status is an answer", async () => {
    const server = await start();
    const { told } = ask(server.url, "GET");
    (await server.get()).answer('{"code":1}', 400);
    await until(() => told.length > 0);
    expect(told).toEqual([{ status: 400, text: '{"code":1}', error: "" }]);
  });

  test("is told once: no answer", async () => {
    const server = await start();
    const { told } = ask(server.url, "GET");
    (await server.get()).cut();
    await until(() => told.length > 0);
    expect(told).toEqual([{ status: 0, text: "", error: expect.stringMatching(/^no answer \(.+\)$/) }]);
  });

  test("is told once: half an answer", async () => {
    const server = await start();
    const { told } = ask(server.url, "GET");
    const get = await server.get();
    get.begin("half");
    await server.quiet();
    get.cut();
    await until(() => told.length > 0);
    expect(told).toEqual([{ status: 0, text: "", error: expect.stringMatching(/^no answer \(.+\)$/) }]);
  });

  test.each([
    ["an Error", new TypeError("Failed to fetch"), "no answer (Failed to fetch)"],
    ["a string", "blocked", "no answer (blocked)"],
    ["nothing at all", undefined, "no answer (undefined)"],
  ])("that cannot be made, for which %s is thrown", async (_, thrown, error) => {
    vi.stubGlobal("fetch", () => Promise.reject(thrown));
    const { told } = ask("http://test/", "GET");
    await until(() => told.length > 0);
    expect(told).toEqual([{ status: 0, text: "", error }]);
  });
});

describe("aborting", () => {
  test("ends the request at the server, and nothing is told", async () => {
    const server = await start();
    const { told, abort } = ask(server.url, "GET");
    const get = await server.get();
    abort();
    await until(() => get.aborted);
    await server.quiet();
    expect(told).toEqual([]);
  });

  test("in the middle of an answer", async () => {
    const server = await start();
    const { told, abort } = ask(server.url, "GET");
    const get = await server.get();
    get.begin("half");
    await server.quiet();
    abort();
    await until(() => get.aborted);
    await server.quiet();
    expect(told).toEqual([]);
  });

  test("before it is made, and after its end", async () => {
    const server = await start();
    const early = ask(server.url, "GET");
    early.abort();
    const { told, abort } = ask(server.url, "GET");
    (await server.get()).answer("6");
    await until(() => told.length > 0);
    abort();
    await server.quiet();
    expect([early.told, told.length]).toEqual([[], 1]);
  });

  test("for being late: nothing that keeps a page alive, so it is left to its end", async () => {
    const server = await start();
    const { told, abort } = ask(server.url, "POST", "4a");
    const post = await server.post();
    abort(true);
    await server.quiet();
    expect(post.aborted).toBe(false);
    post.answer();
    await until(() => told.length > 0);
  });
});

describe("how the browser is asked", () => {
  /** The second argument of `fetch`. */
  function asked(method: "GET" | "POST", body: string, isLast: boolean, withCredentials = false): RequestInit {
    let init: RequestInit = {};
    vi.stubGlobal("fetch", (_: string, given: RequestInit) => {
      init = given;
      return new Promise(() => {});
    });
    send(
      requestTo("http://test/", { with_credentials: withCredentials }),
      method,
      "http://test/",
      body,
      isLast,
      () => {},
    );
    return init;
  }

  test("a GET comes from no cache, and has no body", () => {
    expect(asked("GET", "", false)).toMatchObject({ method: "GET", body: null, cache: "no-store", keepalive: false });
  });

  test.each([
    [false, "same-origin"],
    [true, "include"],
  ])("with_credentials %s: cookies for %s", (withCredentials, credentials) => {
    expect(asked("GET", "", false, withCredentials).credentials).toBe(credentials);
  });

  test("the last request outlives its page, unless it is larger than browsers allow", () => {
    expect(asked("POST", "1", true)).toMatchObject({ method: "POST", body: "1", keepalive: true });
    expect(asked("POST", "1", false).keepalive).toBe(false);
    expect(asked("POST", "x".repeat(59_999), true).keepalive).toBe(true);
    expect(asked("POST", "x".repeat(60_000), true).keepalive).toBe(false);
  });

  test("that limit is one of bytes: 64 KiB of UTF-8", () => {
    expect(asked("POST", "€".repeat(30_000), true).keepalive).toBe(false);
  });
});

describe("base64", () => {
  test.each([0, 1, 2, 3, 8191, 8192, 8193, 100_000])("of %i bytes is Node's", (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31) % 256);
    const text = base64.encode(bytes);
    expect(text).toBe(Buffer.from(bytes).toString("base64"));
    expect(Buffer.from(base64.decode(text)).equals(bytes)).toBe(true);
  });

  test("of a part of a buffer", () => {
    expect(base64.encode(Uint8Array.from([9, 1, 2, 3, 9]).subarray(1, 4))).toBe("AQID");
  });
});

test("a browser keeps its cookies itself", () => {
  expect(createCookieStore({ with_credentials: true })).toBeNull();
});
