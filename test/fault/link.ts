/*
 * One WebSocket-like connection between the client and the model server, and what a network does to it. The client's end is
 * a `Transport`, the server's a `ServerEnd`.
 */
import type { OutFrame, Transport, TransportHandler } from "socketio-gameloop";
import type { Random } from "../property/random.js";
import type { Agenda } from "./agenda.js";
import { Lane, type Weather } from "./lane.js";

export type Frame = string | Uint8Array;

/** What the server writes: a frame, and what to note when the client gets it. */
export interface Down {
  readonly frame: Frame;
  readonly handed?: (() => void) | undefined;
}

/** What the server reads: a frame, and the moment of its writing as a number that only rises. */
export interface Up {
  readonly frame: OutFrame;
  readonly stamp: number;
}

/** What the server has of a connection. */
export interface ServerEnd {
  readonly name: string;
  /** False while what is written has to wait (no request to answer). */
  readonly writable: boolean;
  write(items: readonly Down[]): void;
  end(): void;
}

/** What the server does with it. */
export interface ServerSide {
  receive(end: ServerEnd, frames: Up[]): void;
  /** Something came that is no frame. */
  garbled(end: ServerEnd): void;
  ended(end: ServerEnd): void;
  drained(end: ServerEnd): void;
}

/** The world around a connection. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly weather: Weather;
  readonly random: Random;
  /** The client's machine sleeps: nothing reaches it. */
  readonly asleep: boolean;
  /** Notes what the client writes; a number for each frame, which rises from write to write. */
  written(frames: readonly OutFrame[]): readonly number[];
  /** What was noted goes over another connection. */
  carry(frame: OutFrame, stamp: number): void;
  /** The client has got a sign of life from the server. */
  alive(frame: Frame): void;
  violation(text: string): void;
}

type DownItem = (Down & { readonly garbage?: boolean }) | { readonly end: "transport close" | "transport error" };
type UpItem = { readonly frames: Up[] } | { readonly garbage: true } | { readonly end: true };

/** What a socket takes without saying that it waits. Bytes. */
const KERNEL_BUFFER = 8192;

export class Link implements Transport, ServerEnd {
  readonly name: string = "websocket";
  readonly writable = true;
  /** The client has closed it, or was told that it is gone. */
  clientOver = false;
  readonly hasLeft = false;
  pause?: () => void;
  resume?: () => void;
  #serverOver = false;
  /** Something was handed to the client after which nothing counts. */
  spoiled = false;
  /** What the session went over before: what has spoiled that has spoiled the session. */
  below: { readonly spoiled: boolean; readonly hasLeft: boolean } | null = null;
  #paused = false;
  #upBytes = 0;
  #upDead = false;
  #downDead = false;
  readonly #up: Lane<UpItem>;
  readonly #down: Lane<DownItem>;
  readonly #world: Surroundings;
  readonly #handler: TransportHandler;
  readonly #server: ServerSide;

  constructor(world: Surroundings, handler: TransportHandler, server: ServerSide, canPause: boolean) {
    this.#world = world;
    this.#handler = handler;
    this.#server = server;
    const { agenda, weather, random } = world;
    this.#up = new Lane(agenda, weather, random, (items) => this.#arriveUp(items));
    this.#down = new Lane(agenda, weather, random, (items) => this.#arriveDown(items));
    if (canPause) {
      this.pause = () => this.#setPaused(true);
      this.resume = () => this.#setPaused(false);
    }
    this.settle();
  }

  // The client's end

  get bufferedAmount(): number {
    return Math.max(0, this.#upBytes - KERNEL_BUFFER);
  }

  send(frames: readonly OutFrame[]): void {
    if (this.clientOver) this.#world.violation("the client writes on a connection that is over");
    const stamps = this.#world.written(frames);
    if (this.#upDead) return;
    for (const frame of frames) this.#upBytes += sizeOf(frame);
    this.#up.put({ frames: frames.map((frame, index) => ({ frame, stamp: stamps[index]! })) });
  }

  close(): void {
    if (this.clientOver) return;
    this.clientOver = true;
    if (!this.#upDead) this.#up.put({ end: true });
  }

  // The server's end

  write(items: readonly Down[]): void {
    if (this.#downDead || this.#serverOver) return;
    for (const item of items) this.#down.put(item);
  }

  end(): void {
    if (this.#serverOver) return;
    this.#serverOver = true;
    if (!this.#downDead) this.#down.put({ end: "transport close" });
  }

  // The network

  /** Looks again whether the client can be reached. */
  settle(): void {
    this.#down.hold(this.#paused || this.#world.asleep);
  }

  /** The connection is gone, with what was on its way but the first so many. Who does not get to know it waits. */
  cut(loss: { up: number; down: number; clientKnows: boolean; serverKnows: boolean }): void {
    this.#up.cut(loss.up);
    this.#down.cut(loss.down);
    this.#downDead = this.#upDead = true;
    if (loss.clientKnows) this.#down.put({ end: "transport error" });
    if (loss.serverKnows) this.#up.put({ end: true });
  }

  /** Cut in the middle of a frame: its first part arrives as if it were one. True if there was one to cut. */
  truncate(direction: "up" | "down", count: number, part: number): boolean {
    if (direction === "up") {
      const [next] = this.#up.cut(count);
      this.#upDead = true;
      this.#up.put({ garbage: true });
      return next !== undefined;
    }
    const [next] = this.#down.cut(count);
    this.#downDead = true;
    const text = next !== undefined && "frame" in next && typeof next.frame === "string" ? next.frame : "";
    if (text !== "") this.#down.put({ frame: text.slice(0, Math.floor(part * text.length)), garbage: true });
    this.#down.put({ end: "transport error" });
    return text !== "";
  }

  /** Somebody in between says something. */
  inject(frame: Frame, garbage: boolean): void {
    if (!this.#downDead) this.#down.put({ frame, garbage });
  }

  stall(direction: "up" | "down", seconds: number): void {
    (direction === "up" ? this.#up : this.#down).stall(seconds);
  }

  /** One direction takes everything and delivers nothing any more. */
  halfOpen(direction: "up" | "down"): void {
    if (direction === "up") this.#upDead = true;
    else this.#downDead = true;
    (direction === "up" ? this.#up : this.#down).cut(0);
  }

  /** The client hears that there is no connection. */
  refuse(): void {
    this.#serverOver = true;
    this.#down.put({ end: "transport error" });
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused;
    this.settle();
  }

  #arriveUp(items: UpItem[]): void {
    const frames: Up[] = [];
    for (const item of items) {
      if ("frames" in item) {
        frames.push(...item.frames);
        for (const { frame } of item.frames) this.#upBytes -= sizeOf(frame);
      }
    }
    if (!this.#serverOver && frames.length > 0) this.#server.receive(this, frames);
    for (const item of items) {
      if (this.#serverOver) return;
      if ("garbage" in item) this.#server.garbled(this);
      else if ("end" in item) {
        this.#serverOver = true;
        this.#server.ended(this);
      }
    }
  }

  #arriveDown(items: DownItem[]): void {
    for (const item of items) {
      if (this.clientOver) return;
      if ("end" in item) {
        this.clientOver = true;
        this.#handler.closed(item.end, "the link is gone");
        return;
      }
      if (item.garbage) this.spoiled = true;
      else if (!this.spoiled && !this.below?.spoiled) item.handed?.();
      // Until the session has moved here, what is said here is not of it.
      if (isSignOfLife(item.frame) && this.below?.hasLeft !== false) this.#world.alive(item.frame);
      this.#handler.received(item.frame);
    }
  }
}

export function isSignOfLife(frame: Frame): boolean {
  return frame === "2" || frame[0] === "0";
}

export function sizeOf(frame: OutFrame): number {
  return typeof frame === "string" ? frame.length : "size" in frame ? frame.size : frame.byteLength;
}
