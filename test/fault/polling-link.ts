/*
 * As `link.ts`, for a transport that works like HTTP long-polling: one request waits for what the server has to say, another
 * brings what the client says, and the session can leave it for another transport.
 */
import type { OutFrame, Transport, TransportHandler } from "socketio-gameloop";
import { Lane } from "./lane.js";
import {
  type Down,
  type Frame,
  isSignOfLife,
  type ServerEnd,
  type ServerSide,
  type Surroundings,
  sizeOf,
  type Up,
} from "./link.js";

type Answer =
  | { readonly items: readonly (Down & { readonly garbage?: boolean })[] }
  | { readonly failed: "transport close" | "transport error" };

export class PollingLink implements Transport, ServerEnd {
  readonly name = "polling";
  clientOver = false;
  /** The first request has reached the server's machine. */
  started: () => void = () => {};
  readonly #world: Surroundings;
  readonly #handler: TransportHandler;
  readonly #server: ServerSide;
  readonly #gets: Lane<"get" | "abort">;
  readonly #bodies: Lane<Up[] | "garbage">;
  readonly #answers: Lane<Answer>;
  readonly #accepted: Lane<"ok">;
  #upDead = false;
  #downDead = false;
  #serverOver = false;
  spoiled = false;
  /** The client's requests in flight. */
  #getting = false;
  #posting = false;
  /** How many there were, now and at the last ping. */
  #posts = 0;
  #postsAtPing = -1;
  /** The server has a request to answer. */
  #pending = false;
  #isStarted = false;
  #unwritten: Up[] = [];
  #inFlight: readonly Up[] = [];
  #leaving: ((unsent: readonly OutFrame[]) => void) | null = null;
  /** The session has moved to another connection. */
  hasLeft = false;
  #closing = false;
  /** What somebody in between puts into the next answer. */
  #injected: (Down & { readonly garbage: boolean })[] = [];

  constructor(world: Surroundings, handler: TransportHandler, server: ServerSide) {
    this.#world = world;
    this.#handler = handler;
    this.#server = server;
    const { agenda, weather, random } = world;
    this.#gets = new Lane(agenda, weather, random, (items) => this.#requested(items));
    this.#bodies = new Lane(agenda, weather, random, (items) => this.#posted(items));
    this.#answers = new Lane(agenda, weather, random, (items) => this.#answered(items));
    this.#accepted = new Lane(agenda, weather, random, () => this.#written());
    this.#get();
    this.settle();
  }

  // The client's end

  /** Until a request is answered nobody knows that it was read. */
  get bufferedAmount(): number {
    return [...this.#unwritten, ...this.#inFlight].reduce((sum, { frame }) => sum + sizeOf(frame), 0);
  }

  send(frames: readonly OutFrame[]): void {
    if (this.clientOver || this.hasLeft) this.#world.violation("the client writes on a connection that is over");
    const stamps = this.#world.written(frames);
    this.#unwritten.push(...frames.map((frame, index) => ({ frame, stamp: stamps[index]! })));
    this.#post();
  }

  close(dead = false): void {
    if (this.clientOver) return;
    this.clientOver = true;
    this.#leaving = null;
    if (this.#upDead || this.hasLeft) return;
    if (dead) this.#gets.put("abort");
    else {
      this.#closing = true;
      this.#unwritten.push({ frame: "1", stamp: -1 });
      this.#post();
    }
  }

  leave(done: (unsent: readonly OutFrame[]) => void): void {
    this.#leaving = done;
    this.#leave();
  }

  isStuck(): boolean {
    const isStuck = this.#posting && this.#posts === this.#postsAtPing;
    this.#postsAtPing = this.#posts;
    return isStuck;
  }

  stay(): void {
    this.#leaving = null;
    this.#get();
    this.#post();
  }

  #get(): void {
    if (this.#getting || this.clientOver || this.#leaving !== null || this.hasLeft) return;
    this.#getting = true;
    if (!this.#upDead) this.#gets.put("get");
  }

  #post(): void {
    if (this.#posting || this.#unwritten.length === 0 || this.#leaving !== null) return;
    this.#posting = true;
    this.#posts++;
    const frames = this.#unwritten.splice(0, 16);
    this.#inFlight = frames;
    if (!this.#upDead) this.#bodies.put(frames);
  }

  #leave(): void {
    if (this.#getting || this.#posting || this.#leaving === null) return;
    const done = this.#leaving;
    this.#leaving = null;
    this.hasLeft = true;
    const unsent = this.#unwritten.splice(0);
    for (const { frame, stamp } of unsent) this.#world.carry(frame, stamp);
    done(unsent.map(({ frame }) => frame));
  }

  #answered(answers: Answer[]): void {
    for (const answer of answers) {
      if (this.clientOver) return;
      this.#getting = false;
      if ("failed" in answer) {
        this.#fail(answer.failed);
        return;
      }
      for (const { frame, handed, garbage } of answer.items) {
        if (this.clientOver) return;
        if (garbage) this.spoiled = true;
        else if (!this.spoiled) handed?.();
        if (isSignOfLife(frame)) this.#world.alive(frame);
        this.#handler.received(frame);
      }
      this.#leave();
      this.#get();
    }
  }

  #written(): void {
    this.#posting = false;
    this.#inFlight = [];
    if (this.clientOver && !this.#closing) return;
    this.#post();
    this.#leave();
  }

  #fail(reason: "transport close" | "transport error"): void {
    if (this.clientOver) return;
    this.clientOver = true;
    this.#leaving = null;
    this.#handler.closed(reason, "a request has failed");
  }

  // The server's end

  get writable(): boolean {
    return this.#pending && !this.#serverOver;
  }

  write(items: readonly Down[]): void {
    this.#pending = false;
    this.#answer({ items: [...items, ...this.#injected.splice(0)] });
  }

  end(): void {
    if (this.#serverOver) return;
    this.#serverOver = true;
    if (this.#pending) this.#answer({ items: [{ frame: "1" }] });
    this.#pending = false;
  }

  #answer(answer: Answer): void {
    if (!this.#downDead) this.#answers.put(answer);
  }

  #requested(requests: ("get" | "abort")[]): void {
    for (const request of requests) {
      if (request === "abort") {
        // Nobody waits for the answer: the server takes that for the end of the session.
        if (this.#pending && !this.#serverOver) this.#server.ended(this);
        this.#pending = false;
      } else if (this.#serverOver) this.#answer({ failed: "transport error" });
      else if (this.#pending) this.#server.garbled(this);
      else {
        this.#pending = true;
        if (this.#injected.length > 0) this.write([]);
        else if (this.#isStarted) this.#server.drained(this);
        else this.started();
        this.#isStarted = true;
      }
    }
  }

  #posted(posts: (Up[] | "garbage")[]): void {
    for (const post of posts) {
      if (this.#serverOver) this.#answer({ failed: "transport error" });
      else if (post === "garbage") this.#server.garbled(this);
      else {
        this.#server.receive(this, post);
        if (!this.#downDead) this.#accepted.put("ok");
      }
    }
  }

  // The network

  settle(): void {
    const { asleep } = this.#world;
    this.#answers.hold(asleep);
    this.#accepted.hold(asleep);
  }

  cut(loss: { up: number; down: number; clientKnows: boolean; serverKnows: boolean }): void {
    this.#bodies.cut(loss.up);
    this.#gets.cut(loss.up);
    this.#answers.cut(loss.down);
    this.#accepted.cut(loss.down);
    this.#downDead = this.#upDead = true;
    if (loss.clientKnows) this.#answers.put({ failed: "transport error" });
    if (loss.serverKnows) this.#gets.put("abort");
  }

  truncate(direction: "up" | "down", count: number, part: number): boolean {
    if (direction === "up") {
      const [next] = this.#bodies.cut(count);
      this.#upDead = true;
      this.#bodies.put("garbage");
      return next !== undefined;
    }
    const [next] = this.#answers.cut(0);
    this.#downDead = true;
    const items = next !== undefined && "items" in next ? next.items : [];
    const place = items.findIndex((item, index) => index >= count && typeof item.frame === "string");
    const text = place >= 0 ? String(items[place]!.frame) : "";
    if (text !== "") {
      const rest = { frame: text.slice(0, Math.floor(part * text.length)), garbage: true };
      this.#answers.put({ items: [...items.slice(0, place), rest] });
    }
    this.#answers.put({ failed: "transport error" });
    return text !== "";
  }

  inject(frame: Frame, garbage: boolean): void {
    if (this.#downDead || this.#serverOver || this.hasLeft) return;
    this.#injected.push({ frame, garbage });
    if (this.#pending && this.#isStarted) this.write([]);
  }

  stall(direction: "up" | "down", seconds: number): void {
    if (direction === "up") {
      this.#gets.stall(seconds);
      this.#bodies.stall(seconds);
    } else {
      this.#answers.stall(seconds);
      this.#accepted.stall(seconds);
    }
  }

  halfOpen(direction: "up" | "down"): void {
    if (direction === "up") this.#upDead = true;
    else this.#downDead = true;
    for (const lane of direction === "up" ? [this.#gets, this.#bodies] : [this.#answers, this.#accepted]) lane.cut(0);
  }

  refuse(): void {
    this.#serverOver = true;
    this.#answer({ failed: "transport error" });
  }
}
