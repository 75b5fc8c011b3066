/*
 * WebKit, which is what Safari is made of, as WebKitGTK with its MiniBrowser, by WebDriver: https://www.w3.org/TR/webdriver2/
 */
import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { findExecutable } from "../programs.mjs";
import type { BrowserKind, TestBrowser, TestPage } from "./browser.js";
import { endProcess } from "./end-process.js";
import { asText, fromText, keyActions } from "./page-texts.js";
import { sleep, until } from "./until.js";

const START_SECONDS = 20;
const CLOSE_SECONDS = 5;
const STEP_MILLISECONDS = 20;
const SCREEN = "1280x800x24";

const find = () => [findExecutable("WEBKIT_DRIVER", ["WebKitWebDriver"]), findExecutable("XVFB", ["Xvfb"])] as const;

export const WEBKIT: BrowserKind = {
  name: "WebKitWebDriver with Xvfb",
  variable: "WEBKIT_DRIVER",
  isInstalled: () => find().every((path) => path !== null),
  howToInstall: () => "apt-get install -y --no-install-recommends webkit2gtk-driver xvfb",
  start: () => WebKit.start(),
};

class WebKit implements TestBrowser {
  version = "";
  #processes: ChildProcess[] = [];
  #session = "";
  /** The window that it begins with, which stays: new ones are opened from it. */
  #first = "";
  /** The driver has one window at a time, which its commands are for. */
  #turn: Promise<unknown> = Promise.resolve();

  static async start(): Promise<TestBrowser> {
    const webkit = new WebKit();
    try {
      await webkit.#start();
    } catch (error) {
      await webkit.close();
      throw error;
    }
    return webkit;
  }

  async #start(): Promise<void> {
    const [driver, xvfb] = find();
    // It says on its third stream which display it is.
    const screen = spawn(xvfb!, ["-displayfd", "3", "-screen", "0", SCREEN, "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    this.#processes.push(screen);
    let display = "";
    screen.stdio[3]?.on("data", (text: Buffer) => {
      display += text;
    });
    await until("Xvfb says its display", START_SECONDS, () => display.endsWith("\n"));
    const port = await freePort();
    // A sandbox inside a root user's container has nothing to build on.
    const isRoot = process.getuid?.() === 0;
    const sandbox = isRoot ? { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" } : {};
    const env = { ...process.env, DISPLAY: `:${display.trim()}`, ...sandbox };
    this.#processes.push(spawn(driver!, [`--port=${port}`], { stdio: "ignore", env }));
    const origin = `http://127.0.0.1:${port}`;
    const answers = () =>
      fetch(`${origin}/status`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until("WebKitWebDriver answers", START_SECONDS, answers);
    this.#session = `${origin}/session`;
    const wanted = { capabilities: { alwaysMatch: { pageLoadStrategy: "none" } } };
    const { sessionId, capabilities } = await this.#call<{
      sessionId: string;
      capabilities: { browserVersion: string };
    }>("POST", "", wanted);
    this.#session += `/${sessionId}`;
    this.#first = await this.#call<string>("GET", "/window");
    this.version = `WebKitGTK ${capabilities.browserVersion}`;
  }

  async #call<Value>(method: string, path: string, body?: object): Promise<Value> {
    const response = await fetch(this.#session + path, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = (await response.json()) as { value: Value & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error} ${value.message}`);
    return value;
  }

  /** A command for a window; one after the other. */
  command<Value>(handle: string, method: string, path: string, body?: object): Promise<Value> {
    const next = async () => {
      await this.#call("POST", "/window", { handle });
      return this.#call<Value>(method, path, body);
    };
    const result = this.#turn.then(next, next);
    this.#turn = result.catch(() => {});
    return result;
  }

  open(url: string): Promise<TestPage> {
    return this.#create(url, "window");
  }

  openHidden(url: string): Promise<TestPage> {
    // A new tab comes up behind the first one.
    return this.#create(url, "tab");
  }

  async #create(url: string, type: "window" | "tab"): Promise<TestPage> {
    const { handle } = await this.command<{ handle: string }>(this.#first, "POST", "/window/new", { type });
    await this.command(handle, "POST", "/url", { url });
    return new WebKitPage(this, handle);
  }

  async close(): Promise<void> {
    if (this.#session !== "") await this.#call("DELETE", "").catch(() => {});
    for (const process of this.#processes.reverse()) await endProcess(process, CLOSE_SECONDS);
  }
}

class WebKitPage implements TestPage {
  errors: readonly string[] = [];
  #calls = 0;

  constructor(
    private readonly browser: WebKit,
    private readonly handle: string,
  ) {}

  async evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result> {
    // Not by the driver's own way to wait for a promise: it would let nobody else in meanwhile.
    const id = ++this.#calls;
    const start = `${watchErrors} const [id, text] = arguments; const call = (window.testCalls ??= {})[id] = {};
      (${asText(run)})(text).then((text) => { call.text = text; }, (error) => { call.error = error + "\\n" + error?.stack; });`;
    await this.#script(start, [id, JSON.stringify(args)]);
    for (;;) {
      const ended =
        "const { text, error } = window.testCalls?.[arguments[0]] ?? { error: 'the page is another one now' };";
      const look = `${ended} return [text ?? null, error ?? null, window.testErrors ?? []];`;
      const [text, error, errors] = await this.#script<[string | null, string | null, string[]]>(look, [id]);
      this.errors = errors;
      if (error !== null) throw new Error(error);
      if (text !== null) return fromText(text) as Result;
      await sleep(STEP_MILLISECONDS);
    }
  }

  #script<Value>(script: string, args: unknown[]): Promise<Value> {
    return this.browser.command(this.handle, "POST", "/execute/sync", { script, args });
  }

  async key(type: "keyDown" | "keyUp", code: string): Promise<void> {
    await this.browser.command(this.handle, "POST", "/actions", keyActions(type, code));
  }

  async screenshot(): Promise<Buffer> {
    return Buffer.from(await this.browser.command<string>(this.handle, "GET", "/screenshot"), "base64");
  }

  async close(): Promise<void> {
    await this.browser.command(this.handle, "DELETE", "/window");
  }
}

/** The driver does not tell what a page reports; the page notes it from the first time that it is asked anything. */
const watchErrors = `if (window.testErrors === undefined) {
  window.testErrors = [];
  addEventListener("error", ({ message }) => window.testErrors.push("uncaught: " + message));
  addEventListener("unhandledrejection", ({ reason }) => window.testErrors.push("uncaught: " + reason));
  const { error } = console;
  console.error = (...args) => { window.testErrors.push(args.join(" ")); error.apply(console, args); };
}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
