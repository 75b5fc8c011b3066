/*
 * A transport whose every word is recorded: what it is asked to do, what it says, and what the client reads of it.
 */
import {
  engineName,
  type OutFrame,
  type Transport,
  type TransportFactory,
  type TransportHandler,
} from "../transport/transport.js";
import type { Item } from "./session-format.js";
import { maskUrl, maskUrls, type Way } from "./session-redaction.js";
import type { Tape } from "./session-tape.js";

/** What can be known of a transport that was opened, or why it could not be. */
export interface TransportFacts {
  readonly name?: string;
  readonly textOnly?: boolean;
  /** Of `pause`, `leave`, `isStuck`, `established`: the first letters of those that are there. */
  readonly can?: string;
  readonly error?: string;
}

export interface TransportNotes {
  readonly tape: Tape;
  /** A frame as it is written down. */
  show(frame: OutFrame, way: Way): unknown;
}

/** The same factory, recorded. */
export function recordFactory(
  factory: TransportFactory,
  notes: TransportNotes,
  nextId: () => number,
): TransportFactory {
  const recorded: TransportFactory = (request, handler) => {
    const { tape } = notes;
    if (!tape.isRunning) return factory(request, handler);
    const id = nextId();
    const item: Item = ["open", id, engineName(factory), {}, request.sid, maskUrl(request.url)];
    return tape.effect(item, () => {
      try {
        const inner = factory(request, recordHandler(handler, id, notes));
        item[3] = factsOf(inner);
        return new RecordedTransport(inner, id, notes);
      } catch (error) {
        item[3] = { error: maskUrls(String((error as Error)?.message ?? error)) };
        throw error;
      }
    });
  };
  return Object.assign(recorded, { engineName: engineName(factory) });
}

function factsOf({ name, textOnly, pause, leave, isStuck, established }: Transport): TransportFacts {
  const can = `${pause ? "p" : ""}${leave ? "l" : ""}${isStuck ? "i" : ""}${established ? "e" : ""}`;
  return { name, ...(textOnly && { textOnly }), ...(can !== "" && { can }) };
}

function recordHandler(handler: TransportHandler, id: number, { tape, show }: TransportNotes): TransportHandler {
  return {
    opened: () => tape.stimulus(["opened", 0, id], () => handler.opened?.()),
    received: (frame) => {
      if (!tape.isRunning) handler.received(frame);
      else tape.stimulus(["frame", 0, id, show(frame, "<")], () => handler.received(frame));
    },
    closed: (reason, message, finality = "") =>
      tape.stimulus(["closed", 0, id, reason, maskUrls(message), finality], () =>
        handler.closed(reason, message, finality),
      ),
  };
}

class RecordedTransport implements Transport {
  readonly name: string;
  readonly textOnly?: boolean;
  pause?: () => void;
  resume?: () => void;
  established?: (sid: string, maxPayload: number) => void;
  isStuck?: () => boolean;
  leave?: (done: (unsent: readonly OutFrame[]) => void) => void;
  stay?: () => void;
  readonly #inner: Transport;
  readonly #id: number;
  readonly #notes: TransportNotes;

  constructor(inner: Transport, id: number, notes: TransportNotes) {
    const { tape, show } = notes;
    this.#inner = inner;
    this.#id = id;
    this.#notes = notes;
    this.name = inner.name;
    if (inner.textOnly !== undefined) this.textOnly = inner.textOnly;
    if (inner.pause) {
      this.pause = () => tape.effect(["pause", id], () => inner.pause!());
      this.resume = () => tape.effect(["resume", id], () => inner.resume!());
    }
    if (inner.established)
      this.established = (...args) => tape.effect(["established", id], () => inner.established!(...args));
    if (inner.isStuck) this.isStuck = () => tape.readStuck(inner.isStuck!());
    if (!inner.leave) return;
    const left = (done: (unsent: readonly OutFrame[]) => void, unsent: readonly OutFrame[]) =>
      tape.stimulus(["left", 0, id, unsent.map((frame) => show(frame, ">"))], () => done(unsent));
    this.leave = (done) => tape.effect(["leave", id], () => inner.leave!((unsent) => left(done, unsent)));
    this.stay = () => tape.effect(["stay", id], () => inner.stay!());
  }

  get bufferedAmount(): number {
    return this.#notes.tape.readBuffered(this.#inner.bufferedAmount);
  }

  send(frames: readonly OutFrame[]): void {
    const { tape, show } = this.#notes;
    if (!tape.isRunning) this.#inner.send(frames);
    else {
      const shown = frames.map((frame) => show(frame, ">"));
      tape.effect(["send", this.#id, shown], () => this.#inner.send(frames));
    }
  }

  close(dead = false): void {
    this.#notes.tape.effect(["close", this.#id, Number(dead)], () => this.#inner.close(dead));
  }
}
