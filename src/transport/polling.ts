/*
 * Engine.IO over HTTP long-polling (Engine.IO 4, "HTTP long-polling"): a GET that the server answers when it has something,
 * and POSTs for what we have. Never two of the same kind at once: the server answers that with 400 and ends the session.
 *
 *   GET    in flight while the session is open, unless reading is paused or the session is about to move
 *   POST   in flight while something waits to be written; what is sent meanwhile waits for the next one
 *
 * Aborting a GET ends the session at the server as well, so one in flight is left alone until all is written.
 */
import { frameSize } from "../protocol/attachments.js";
import { PONG } from "../protocol/constants.js";
import { readHandshake } from "../protocol/engine-packet.js";
import { decodePayload, encodePayload, payloadLength } from "../protocol/engine-payload.js";
import { type Abort, type Answer, base64, send } from "./platform-http.js";
import { finalityOf } from "./refusal.js";
import {
  engineTransport,
  type Finality,
  isBlob,
  type OutFrame,
  type Transport,
  type TransportHandler,
  type TransportRequest,
} from "./transport.js";

/** The packet that ends a session. */
const CLOSE = "1";

type Frame = string | Uint8Array;

export const polling = /* @__PURE__ */ engineTransport("polling", (request, handler) => new Polling(request, handler));

class Polling implements Transport {
  readonly name = "polling";
  readonly textOnly = true;
  bufferedAmount = 0;
  readonly #request: TransportRequest;
  #handler: TransportHandler | null;
  #url: string;
  /** `""` until the session is open. */
  #sid = "";
  #maxPayload = Infinity;
  /** What has arrived and was not handed over, the first last: to take it out in front would move all the others each time. */
  #unread: Frame[] = [];
  #unwritten: OutFrame[] = [];
  /** How many of them came before the last call of `send`. */
  #earlier = 0;
  /** Abort the GET, the POST. To read a Blob is part of its POST. */
  #get: Abort | null = null;
  #post: Abort | null = null;
  #postAtPing: Abort | null = null;
  #paused = false;
  #leaving: ((unsent: readonly OutFrame[]) => void) | null = null;

  constructor(request: TransportRequest, handler: TransportHandler) {
    this.#request = request;
    this.#handler = handler;
    this.#url = request.url;
    this.#read();
  }

  established(sid: string, maxPayload: number): void {
    this.#sid = sid;
    this.#url += `&${new URLSearchParams({ sid })}`;
    this.#maxPayload = maxPayload;
  }

  send(frames: readonly OutFrame[]): void {
    this.#earlier = this.#unwritten.length;
    this.#add(frames);
  }

  #add(frames: readonly OutFrame[]): void {
    for (const frame of frames) {
      // The server gives up who lets it wait, and thousands of packets may be on their way in requests of sixteen.
      if (frame === PONG) this.#unwritten.unshift(frame);
      else this.#unwritten.push(frame);
      this.bufferedAmount += frameSize(frame);
    }
    this.#write();
  }

  close(dead = false): void {
    if (this.#handler === null) return;
    this.#handler = this.#leaving = null;
    if (dead) this.#abort();
    else {
      this.#post?.(true);
      // Its answer may open a session, which is to be ended then.
      if (this.#sid === "") this.#get?.(true);
      else this.#add([CLOSE]);
    }
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#handOver();
  }

  isStuck(): boolean {
    const isStuck = this.#post !== null && this.#post === this.#postAtPing;
    this.#postAtPing = this.#post;
    return isStuck;
  }

  leave(done: (unsent: readonly OutFrame[]) => void): void {
    this.#leaving = done;
    this.#leave();
  }

  stay(): void {
    this.#leaving = null;
    this.#write();
    this.#read();
  }

  #read(): void {
    if (this.#get !== null || this.#handler === null || this.#paused || this.#leaving !== null) return;
    this.#get = send(this.#request, "GET", this.#url, "", false, (answer) => {
      this.#get = null;
      if (this.#failed("GET", answer)) return;
      this.#unread = decodePayload(answer.text, base64).reverse();
      if (this.#handler === null && this.#sid === "") this.#endUnborn();
      this.#handOver();
    });
  }

  /** Nobody waits any more for the session that this answer opens. */
  #endUnborn(): void {
    try {
      this.established(readHandshake(String(this.#unread.at(-1))).sid, Infinity);
      this.#add([CLOSE]);
    } catch {
      // It opens none.
    }
  }

  /** Hands over what has arrived, and goes on. */
  #handOver(): void {
    this.#tell();
    this.#leave();
    // Without a session id there is nothing to be asked for: that answer was none that opens a session.
    if (this.#sid !== "") this.#read();
  }

  /** Hands over what has arrived; `all` of it though reading is paused. Who hears it may pause us, close us, or send. */
  #tell(all = false): void {
    while ((all || !this.#paused) && this.#unread.length > 0) {
      const frame = this.#unread.pop()!;
      // A session that the server has ended is not told so: there is nobody to tell.
      if (frame === CLOSE) this.#sid = "";
      this.#handler?.received(frame);
    }
  }

  #write(): void {
    const waiting = this.#unwritten;
    if (waiting.length === 0 || this.#post !== null || this.#leaving !== null) return;
    // Only what may go now: thousands may wait behind it.
    const next = waiting.slice(0, this.#request.polling_max_packets);
    if (next.some(isBlob)) {
      this.#readBlobs();
      return;
    }
    let count = payloadLength(next as Frame[], this.#maxPayload);
    // A server may drop what comes in one request with the end of its namespace, and takes a DISCONNECT that comes with the end of
    // the session for a lost connection: the farewell has a request of its own, and the end has one.
    if (this.#handler === null && waiting.length > 1)
      count = Math.min(count, this.#earlier > 0 ? this.#earlier : waiting.length - 1);
    this.#earlier -= count;
    const frames = waiting.splice(0, count) as Frame[];
    const isLast = this.#handler === null && waiting.length === 0;
    this.#post = send(this.#request, "POST", this.#url, encodePayload(frames, base64), isLast, (answer) => {
      this.#post = null;
      for (const frame of frames) this.bufferedAmount -= frameSize(frame);
      if (this.#failed("POST", answer)) return;
      // Not every server answers the last GET when it is told that the session is over.
      if (isLast) this.#abort();
      this.#write();
      this.#leave();
    });
    if (this.#handler === null) this.#post(true);
  }

  #readBlobs(): void {
    this.#post = () => {};
    const waiting = this.#unwritten;
    const read = waiting.filter(isBlob).map(async (blob) => [blob, new Uint8Array(await blob.arrayBuffer())] as const);
    Promise.all(read).then(
      (pairs) => {
        // It was aborted meanwhile.
        if (waiting !== this.#unwritten) return;
        const bytes = new Map<OutFrame, Uint8Array>(pairs);
        this.#unwritten = waiting.map((frame) => bytes.get(frame) ?? frame);
        this.#post = null;
        this.#write();
        this.#leave();
      },
      (error) => this.#end(`a Blob could not be read: ${error?.message ?? error}`),
    );
  }

  #leave(): void {
    const isBusy = this.#get !== null || this.#post !== null || this.#unread.length > 0;
    if (isBusy || this.#leaving === null) return;
    const done = this.#leaving;
    const unsent = this.#unwritten;
    this.#handler = this.#leaving = null;
    this.#unwritten = [];
    this.bufferedAmount = 0;
    done(unsent);
  }

  #failed(method: string, { status, text, error }: Answer): boolean {
    if (status === 200) return false;
    const answer = error || `the server answered with HTTP status ${status}: ${text.slice(0, 200)}`;
    const isOpen = this.#sid !== "";
    // 400 is also the answer for a session that is not known: there is none to be ended. That is how a balancer shows which is not sticky.
    if (status === 400) this.#sid = "";
    const hint = isOpen && status === 400 ? "; the session is gone, or several servers need sticky sessions" : "";
    this.#end(`${method} ${this.#url}: ${answer}${hint}`, isOpen ? "" : finalityOf(status, text));
    return true;
  }

  #end(message: string, finality: Finality = ""): void {
    // What has come is told before the end, though reading may be paused.
    this.#tell(true);
    const handler = this.#handler;
    this.#handler = this.#leaving = null;
    this.#abort();
    // The server may not have noticed: until it does, whoever comes back is somebody else to it.
    if (this.#sid !== "") {
      this.#sid = "";
      this.#add([CLOSE]);
    }
    handler?.closed("transport error", message, finality);
  }

  #abort(): void {
    this.#unwritten = [];
    this.#get?.();
    this.#post?.();
    this.#get = this.#post = null;
  }
}
