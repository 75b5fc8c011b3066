/*
 * Firefox, by WebDriver BiDi, which it speaks itself: https://w3c.github.io/webdriver-bidi/
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { findExecutable } from "../programs.mjs";
import type { BrowserKind, TestBrowser, TestPage } from "./browser.js";
import { endProcess } from "./end-process.js";
import { asText, fromText, keyActions } from "./page-texts.js";
import { until } from "./until.js";

const START_SECONDS = 30;
const ANSWER_SECONDS = 30;
const CLOSE_SECONDS = 5;

/** It would ask the world whether there is one, and for news of its own. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "browser.region.network.url": "",
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.server": "",
  // A browser without a screen has no graphics card either; the demos want WebGL.
  "webgl.force-enabled": true,
};

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly method?: string;
  readonly params?: LogEntry;
}

/** https://w3c.github.io/webdriver-bidi/#types-log-logentry */
interface LogEntry {
  readonly level: string;
  readonly text: string | null;
  readonly source: { readonly context?: string };
}

/** https://w3c.github.io/webdriver-bidi/#type-script-EvaluateResult */
type Evaluated =
  | { readonly type: "success"; readonly result: { readonly value: string } }
  | { readonly type: "exception"; readonly exceptionDetails: { readonly text: string } };

function find(): string | null {
  return findExecutable("FIREFOX", ["firefox", "firefox-esr"], ["/Applications/Firefox.app/Contents/MacOS/firefox"]);
}

export const FIREFOX: BrowserKind = {
  name: "Firefox",
  variable: "FIREFOX",
  isInstalled: () => find() !== null,
  howToInstall: () =>
    process.platform === "darwin"
      ? "brew install --cask firefox"
      : "apt-get install -y --no-install-recommends firefox-esr",
  start: () => Firefox.start(),
};

class Firefox implements TestBrowser {
  version = "";
  readonly #process: ChildProcess;
  readonly #profile: string;
  #socket: WebSocket | undefined;
  #lastId = 0;
  readonly #pending = new Map<number, (answer: Message) => void>();
  readonly #pages = new Map<string, FirefoxPage>();

  private constructor(executable: string) {
    this.#profile = mkdtempSync(join(tmpdir(), "gameloop-firefox-"));
    const lines = Object.entries(PREFERENCES).map((entry) => `user_pref(${entry.map((x) => JSON.stringify(x))});`);
    writeFileSync(join(this.#profile, "user.js"), lines.join("\n"));
    const flags = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", this.#profile];
    this.#process = spawn(executable, flags, { stdio: ["ignore", "ignore", "pipe"] });
  }

  static async start(): Promise<TestBrowser> {
    const firefox = new Firefox(find()!);
    try {
      await firefox.#connect();
    } catch (error) {
      await firefox.close();
      throw error;
    }
    return firefox;
  }

  async #connect(): Promise<void> {
    let told = "";
    this.#process.stderr?.on("data", (text: Buffer) => {
      told += text;
    });
    const address = await until(
      "Firefox listens for WebDriver BiDi",
      START_SECONDS,
      () => /listening on (ws:\S+)/.exec(told)?.[1],
      () => told,
    );
    const socket = new WebSocket(`${address}/session`, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on("message", (data) => this.#received(JSON.parse(String(data)) as Message));
    socket.on("close", () => {
      for (const settle of this.#pending.values()) settle({ error: "gone", message: "Firefox has ended" });
    });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const { capabilities } = await this.send<{ capabilities: { browserVersion: string } }>("session.new", {
      capabilities: {},
    });
    this.version = `Firefox ${capabilities.browserVersion}`;
    await this.send("session.subscribe", { events: ["log.entryAdded"] });
  }

  /** Sends a command and waits for its result. */
  send<Result = unknown>(method: string, params: object): Promise<Result> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const settle = ({ result, error, message }: Message) => {
        clearTimeout(deadline);
        this.#pending.delete(id);
        if (error === undefined) resolve(result as Result);
        else reject(new Error(`${method}: ${error}: ${message}`));
      };
      const late = { error: "timeout", message: `no answer within ${ANSWER_SECONDS} s` };
      const deadline = setTimeout(settle, ANSWER_SECONDS * 1000, late);
      this.#pending.set(id, settle);
      this.#socket?.send(JSON.stringify({ id, method, params }));
    });
  }

  #received(message: Message): void {
    const { id, method, params } = message;
    if (id !== undefined) this.#pending.get(id)?.(message);
    else if (method === "log.entryAdded" && params?.level === "error")
      this.#pages.get(params.source.context ?? "")?.errors.push(params.text ?? "");
  }

  open(url: string): Promise<FirefoxPage> {
    return this.#create(url, { type: "window" });
  }

  async openHidden(url: string): Promise<FirefoxPage> {
    const page = await this.#create(url, { type: "window" });
    const front = await this.#create("about:blank", { type: "tab", referenceContext: page.context });
    await this.send("browsingContext.activate", { context: front.context });
    return page;
  }

  async #create(url: string, place: object): Promise<FirefoxPage> {
    const { context } = await this.send<{ context: string }>("browsingContext.create", place);
    const page = new FirefoxPage(this, context);
    this.#pages.set(context, page);
    await this.send("browsingContext.navigate", { context, url, wait: "none" });
    return page;
  }

  async close(): Promise<void> {
    this.#socket?.close();
    await endProcess(this.#process, CLOSE_SECONDS);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

class FirefoxPage implements TestPage {
  readonly errors: string[] = [];

  constructor(
    private readonly browser: Firefox,
    readonly context: string,
  ) {}

  async evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result> {
    const answer = await this.browser.send<Evaluated>("script.callFunction", {
      functionDeclaration: asText(run),
      arguments: [{ type: "string", value: JSON.stringify(args) }],
      target: { context: this.context },
      awaitPromise: true,
    });
    if (answer.type === "exception") throw new Error(answer.exceptionDetails.text);
    return fromText(answer.result.value) as Result;
  }

  async key(type: "keyDown" | "keyUp", code: string): Promise<void> {
    await this.browser.send("input.performActions", { context: this.context, ...keyActions(type, code) });
  }

  async screenshot(): Promise<Buffer> {
    const { context } = this;
    const { data } = await this.browser.send<{ data: string }>("browsingContext.captureScreenshot", { context });
    return Buffer.from(data, "base64");
  }

  async close(): Promise<void> {
    await this.browser.send("browsingContext.close", { context: this.context });
  }
}
