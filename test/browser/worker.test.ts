/*
 * A game in a worker, beside the page: with the worker's own animation frames, WebSocket and fetch.
 */
import type { Server as HttpServer } from "node:http";
import { Server } from "socket.io";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeInAnyBrowser, startBrowser, type TestBrowser, type TestPage } from "./browser.js";
import { until } from "./until.js";
import { bundlePage, closeServer, html, listen, makeProject, serve } from "./user-app.js";

let browser: TestBrowser;
let page: TestPage;
let http: HttpServer;
let io: Server;

describeInAnyBrowser("a worker", () => {
  beforeAll(async () => {
    const script = await bundlePage(makeProject("worker"), "worker");
    http = serve({ "/": ["text/html", html(">")], "/worker.js": ["text/javascript", script] });
    io = new Server(http);
    io.on("connection", (socket) => {
      socket.on("echo", (...args) => (args.pop() as (...back: unknown[]) => void)(...args));
    });
    browser = await startBrowser();
    page = await browser.open(`http://localhost:${await listen(http)}/`);
    await until("the page is there", 10, () => page.evaluate(() => document.title === "page").catch(() => false));
  });

  afterAll(async () => {
    await browser?.close();
    await closeServer(io, http);
  });

  test.each([["websocket"], ["polling"]] as const)("plays over %s", async (...transports) => {
    const told = await page.evaluate(
      (names) =>
        new Promise((resolve) => {
          const worker = new Worker("/worker.js", { type: "module" });
          worker.onmessage = ({ data }) => {
            worker.terminate();
            resolve({ ...data, answer: [data.answer[0], ...data.answer[1]] });
          };
          worker.onerror = ({ message }) => resolve(message);
          worker.postMessage([location.origin, names]);
        }),
      transports,
    );
    expect(told).toEqual({ answer: ["from a worker", 1, 2], transport: transports[0], isPage: false });
  });
});
