/*
 * Engine.IO over a WebSocket that lives in a worker of its own. A browser runs a task in the page for each message of a WebSocket, and
 * in a burst paints no frame between them, however short the tasks are; this transport gets what came in few pieces.
 */
import { requireThat } from "../errors.js";
import { frameSize } from "../protocol/attachments.js";
import { canHonour } from "./browser-socket.js";
import { type FromSocketWorker, SOCKET_WORKER, type ToSocketWorker } from "./socket-worker.js";
import type {
  Finality,
  OutFrame,
  Transport,
  TransportFactory,
  TransportHandler,
  TransportRequest,
} from "./transport.js";

export { SOCKET_WORKER } from "./socket-worker.js";

/** What is used of a `Worker`: https://html.spec.whatwg.org/multipage/workers.html#worker */
export interface SocketWorker {
  onmessage: ((event: MessageEvent) => unknown) | null;
  // biome-ignore lint/suspicious/noExplicitAny: it is an `ErrorEvent`, of which the types of Node know nothing
  onerror: ((event: any) => unknown) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

/** What `worker_websocket()` takes. */
export interface WorkerWebSocketOptions {
  /**
   * Starts a worker that runs `SOCKET_WORKER`; called for each connection. Default: one from a `blob:` URL, which a page's
   * Content-Security-Policy may forbid.
   */
  readonly worker?: () => SocketWorker;
}

const MISSING = "this platform has no Worker: use another transport";
const NO_TLS_OPTIONS = "TLSOptions cannot be honoured in a worker: pass null";
const NOT_ALLOWED = "a Content-Security-Policy has to allow worker-src blob:, or pass worker_websocket({ worker })";
const NOT_LOADED = "was its program loaded?";

/**
 * Engine.IO over a WebSocket in a worker, for the option `transports`: a burst costs the page few tasks instead of one for each message.
 * @throws TypeError when an option cannot be
 *
 * @example
 * new SocketIOClient({ transports: [worker_websocket(), "websocket", "polling"] })
 */
export function worker_websocket(options: WorkerWebSocketOptions = {}): TransportFactory {
  requireThat(typeof options === "object" && options !== null, "worker_websocket(options)", "an object", options);
  const { worker = startWorker } = options;
  requireThat(typeof worker === "function", "worker_websocket({ worker })", "a function that starts one", worker);
  return (request, handler) => new WorkerTransport(request, handler, worker);
}

/** That of the program, made for the first worker. */
let programUrl = "";

function startWorker(): SocketWorker {
  if (typeof Worker !== "function") throw new Error(MISSING);
  programUrl ||= URL.createObjectURL(new Blob([SOCKET_WORKER], { type: "text/javascript" }));
  try {
    return new Worker(programUrl, { type: "module", name: "socketio-gameloop" });
  } catch (error) {
    // So WebKit tells of a policy; the others send the worker an event.
    throw new Error(failureOf(NOT_ALLOWED, error as Error));
  }
}

function failureOf(problem: string, { message }: { readonly message?: string }): string {
  return `the worker of the WebSocket failed (${problem})${message ? `: ${message}` : ""}`;
}

class WorkerTransport implements Transport {
  readonly name = "websocket";
  readonly #url: string;
  /** `null` when it is over. */
  #handler: TransportHandler | null;
  #worker: SocketWorker | null = null;
  #opened = false;
  /** Bytes that were given to the worker, and how many of them had gone out by its last word. */
  #given = 0;
  #gone = 0;
  /** The worker owes a word of it. */
  #isAsked = false;
  /** What has come and is not told yet, from `#next` on: more than a moment only while reading is paused. */
  #frames: readonly (string | ArrayBuffer)[] = [];
  #next = 0;
  #ending: (FromSocketWorker & { say: "closed" }) | null = null;
  #isPaused = false;

  constructor(request: TransportRequest, handler: TransportHandler, start: () => SocketWorker) {
    const { url, protocols, tls } = request;
    this.#handler = handler;
    this.#url = url;
    try {
      if (!canHonour(tls)) throw new Error(NO_TLS_OPTIONS);
      const worker = start();
      worker.onmessage = ({ data }) => this.#told(data);
      worker.onerror = (event: ErrorEvent) => {
        event.preventDefault();
        // The program of one that the page starts may be at a server that is down.
        const isFinal = start === startWorker && !this.#opened;
        this.#end(1006, "", failureOf(isFinal ? NOT_ALLOWED : NOT_LOADED, event), isFinal ? "transport" : "");
      };
      this.#worker = worker;
      this.#say({ say: "open", url, protocols });
    } catch (error) {
      this.#end(1006, "", (error as Error).message, "transport");
    }
  }

  get bufferedAmount(): number {
    const amount = this.#given - this.#gone;
    if (amount > 0 && !this.#isAsked) {
      // Nobody would tell that it has become less.
      this.#isAsked = true;
      this.#say({ say: "backlog" });
    }
    return amount;
  }

  send(frames: readonly OutFrame[]): void {
    const bytes = frames.reduce((sum, frame) => sum + frameSize(frame), 0);
    this.#given += bytes;
    this.#isAsked = true;
    this.#say({ say: "send", frames: frames.map(own), bytes });
  }

  close(dead = false): void {
    this.#handler = null;
    if (dead) this.#worker?.terminate();
    else this.#say({ say: "close" });
  }

  /** What comes meanwhile waits in the worker, because there it costs no frame. The server is not slowed down. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    // Not from inside the call of a client that is busy with its inbox.
    queueMicrotask(() => this.#tell());
  }

  #say(message: ToSocketWorker): void {
    this.#worker?.postMessage(message);
  }

  #told(message: FromSocketWorker): void {
    if (message.say === "frames") {
      // When the connection ends, the worker does not wait until the last ones are taken.
      this.#frames = [...this.#frames.slice(this.#next), ...message.frames];
      this.#next = 0;
      this.#tell();
    } else if (message.say === "closed") {
      this.#ending = message;
      this.#tell();
    } else if (message.say === "backlog") {
      this.#gone = message.taken - message.waiting;
      this.#isAsked = false;
    } else {
      this.#opened = true;
      this.#handler?.opened?.();
    }
  }

  /** Tells what has come, and then of the end, as far as reading is not paused. */
  #tell(): void {
    while (this.#next < this.#frames.length) {
      if (this.#isPaused) return;
      const frame = this.#frames[this.#next++]!;
      this.#handler?.received(typeof frame === "string" ? frame : new Uint8Array(frame));
    }
    if (this.#isPaused) return;
    if (this.#next > 0) this.#say({ say: "taken" });
    this.#frames = [];
    this.#next = 0;
    if (this.#ending) this.#end(this.#ending.code, this.#ending.reason, this.#ending.error);
  }

  /** As a WebSocket in the page tells it, in `browser-socket.ts`: one function for both would be 20 bytes more in every page. */
  #end(code: number, reason: string, error: string, finality: Finality = ""): void {
    const handler = this.#handler;
    this.#handler = null;
    const detail = error || reason || `WebSocket close code ${code}`;
    if (this.#opened) handler?.closed(error ? "transport error" : "transport close", detail, finality);
    else handler?.closed("transport error", `no WebSocket connection to ${this.#url}: ${detail}`, finality);
  }
}

/** Bytes that are a part of a larger buffer would take all of it with them. */
function own(frame: OutFrame): OutFrame {
  return frame instanceof Uint8Array && frame.byteLength < frame.buffer.byteLength ? frame.slice() : frame;
}
