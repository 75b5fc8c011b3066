/*
 * The DevTools protocol without a library. Playwright keeps every page "visible" and focused, whatever the browser does;
 * here a tab that is behind another one is hidden, as it is for a user.
 */
import { WebSocket } from "ws";
import { characterOf } from "./page-texts.js";

const ANSWER_SECONDS = 20;

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly sessionId?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

type Listener = (method: string, params: never) => void;

/** A connection to a running browser. */
export class Cdp {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Map<string, Listener>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#received(JSON.parse(String(data)) as Answer));
    socket.on("close", () => {
      for (const settle of this.#pending.values()) settle({ error: { message: "the browser is gone" } });
      this.#pending.clear();
    });
  }

  static connect(endpoint: string): Promise<Cdp> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(endpoint, { perMessageDeflate: false });
      socket.on("error", reject);
      socket.once("open", () => resolve(new Cdp(socket)));
    });
  }

  /** Sends a command and waits for its result. */
  send<Result = unknown>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Error(`${method} was not answered within ${ANSWER_SECONDS} s`));
      }, ANSWER_SECONDS * 1000);
      this.#pending.set(id, ({ result, error }) => {
        clearTimeout(deadline);
        if (error === undefined) resolve(result as Result);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? null : { sessionId }) }));
    });
  }

  /** Opens a tab in front of the others, or in a window of its own. */
  async open(url: string, place: { newWindow?: boolean } = {}): Promise<Tab> {
    const create = { url: "about:blank", ...place };
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", create);
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", attach);
    const tab = new Tab(this, targetId, sessionId);
    this.#listeners.set(sessionId, (method, params) => tab.told(method, params));
    await this.send("Runtime.enable", {}, sessionId);
    await this.send("Log.enable", {}, sessionId);
    await this.send("Page.enable", {}, sessionId);
    await this.send("Page.navigate", { url }, sessionId);
    return tab;
  }

  close(): void {
    this.#socket.close();
  }

  #received(answer: Answer): void {
    if (answer.id !== undefined) {
      const settle = this.#pending.get(answer.id);
      this.#pending.delete(answer.id);
      settle?.(answer);
    } else if (answer.method !== undefined) {
      this.#listeners.get(answer.sessionId ?? "")?.(answer.method, answer.params as never);
    }
  }
}

/** A tab. In front it is visible; when another one comes to the front it is hidden. */
export class Tab {
  /** What the page reported as an error. */
  readonly errors: string[] = [];
  readonly #cdp: Cdp;
  readonly #targetId: string;
  readonly #sessionId: string;

  constructor(cdp: Cdp, targetId: string, sessionId: string) {
    this.#cdp = cdp;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
  }

  /** Brings it to the front. */
  async show(): Promise<void> {
    await this.#cdp.send("Target.activateTarget", { targetId: this.#targetId });
  }

  async close(): Promise<void> {
    await this.#cdp.send("Target.closeTarget", { targetId: this.#targetId });
  }

  /** Runs a function in the page. It and its arguments go there as text. */
  async evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result> {
    const expression = `(${run})(...${JSON.stringify(args)})`;
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#cdp.send<Evaluated>("Runtime.evaluate", params, this.#sessionId);
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value as Result;
  }

  /** A PNG of what it shows. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.#cdp.send<{ data: string }>("Page.captureScreenshot", {}, this.#sessionId);
    return Buffer.from(data, "base64");
  }

  /** Presses or lets go a key, named by its place on the keyboard. */
  async key(type: "keyDown" | "keyUp", code: string): Promise<void> {
    const key = characterOf(code);
    const params = { type, code, key, windowsVirtualKeyCode: key.toUpperCase().charCodeAt(0) };
    await this.#cdp.send("Input.dispatchKeyEvent", params, this.#sessionId);
  }

  told(method: string, params: never): void {
    if (method === "Runtime.exceptionThrown") {
      const { text, exception } = (params as { exceptionDetails: NonNullable<Evaluated["exceptionDetails"]> })
        .exceptionDetails;
      this.errors.push(`uncaught: ${exception?.description ?? text}`);
    } else if (method === "Runtime.consoleAPICalled") {
      const { type, args } = params as { type: string; args: { value?: unknown; description?: string }[] };
      if (type === "error") this.errors.push(args.map(({ value, description }) => value ?? description).join(" "));
    } else if (method === "Log.entryAdded") {
      const { level, text } = (params as { entry: { level: string; text: string } }).entry;
      if (level === "error") this.errors.push(text);
    }
  }
}
