/*
 * Transports that speak from a recording, and the time and chance of it.
 */
import {
  engineTransport,
  type OutFrame,
  type Transport,
  type TransportFactory,
  type TransportHandler,
} from "../transport/transport.js";
import { type Item, inner } from "./session-format.js";
import { ENDLESS } from "./session-options.js";
import type { Way } from "./session-redaction.js";
import type { Script } from "./session-script.js";
import type { TransportFacts } from "./session-transports.js";
import { decodeValue } from "./session-values.js";

const MICRO = 1e6;

/** What the client reads, in the order in which it was recorded. */
export class Readings {
  /** Seconds: what the clock says when nothing else was recorded. */
  time = 0;
  readonly clock: () => number;
  #times: number[] = [];
  #random: number[] = [];
  #buffered: number[] = [];
  #stuck: number[] = [];
  #isAside = false;
  #isFixed = false;

  /** @param isBudgetSpent whether the poll that goes on has used up its time */
  constructor(isBudgetSpent: () => boolean) {
    this.clock = () => {
      if (this.#isAside) return this.time;
      this.time = this.#times.shift() ?? this.time;
      return this.#isFixed && isBudgetSpent() ? this.time + 2 * ENDLESS : this.time;
    };
  }

  /** @param isFixed during a poll only its beginning counts */
  begin({ times, random, buffered, stuck }: Reads, isFixed: boolean): void {
    this.#isFixed = isFixed;
    this.#times = isFixed ? [] : [...times];
    if (isFixed && times.length > 0) this.time = times[0]!;
    this.#random = [...random];
    this.#buffered = [...buffered];
    this.#stuck = [...stuck];
  }

  /** Half, where the recording has none: nothing was left to chance then. */
  readonly random = (): number => this.#random.shift() ?? 0.5;

  buffered(): number {
    return this.#buffered.shift() ?? 0;
  }

  isStuck(): boolean {
    return this.#stuck.shift() === 1;
  }

  /** What `run` reads takes nothing away. */
  aside<T>(run: () => T): T {
    const wasAside = this.#isAside;
    this.#isAside = true;
    try {
      return run();
    } finally {
      this.#isAside = wasAside;
    }
  }
}

/** What was read during one stimulus; times in seconds. */
export interface Reads {
  readonly times: readonly number[];
  readonly random: readonly number[];
  readonly buffered: readonly number[];
  readonly stuck: readonly number[];
}

/** The readings of each stimulus; in the recording a time is said as what has passed since the last one. */
export function readReads(stimuli: readonly Item[]): Reads[] {
  let micros = 0;
  return stimuli.map((item) => {
    const raw = item[1] as unknown;
    const { t = raw, r = [], b = [], s = [] } = Object(Array.isArray(raw) ? {} : raw) as Record<string, unknown>;
    const times = (Array.isArray(t) ? t : [t]).map((step: unknown) => {
      if (typeof step !== "number") return Number.NaN;
      micros += step;
      return micros / MICRO;
    });
    return { times, random: r as number[], buffered: b as number[], stuck: s as number[] };
  });
}

interface ReplayNotes {
  readonly script: Script;
  readonly readings: Readings;
  /** A frame as a recording has it. */
  show(frame: OutFrame, way: Way): unknown;
  /** Lets happen what was recorded inside of something that the client does. */
  feed(items: readonly Item[]): void;
}

/** The transports of a replay, by the numbers of the recording. */
export class ReplayTransports {
  readonly #notes: ReplayNotes;
  readonly #open = new Map<number, TransportHandler>();
  readonly #leaving = new Map<number, (unsent: readonly OutFrame[]) => void>();
  readonly #factories = new Map<number, TransportFactory>();
  #unknown = 0;

  constructor(notes: ReplayNotes) {
    this.#notes = notes;
  }

  factory(number: number, engineName: string): TransportFactory {
    const known = this.#factories.get(number);
    if (known) return known;
    const factory = engineTransport(engineName, (request, handler) => {
      const { script } = this.#notes;
      const got: Item = ["open", 0, engineName, {}, request.sid, ""];
      const item = script.match(
        got,
        ([kind, , name, , sid]) => kind === "open" && name === engineName && sid === request.sid,
      );
      const id = (item?.[1] as number | undefined) ?? --this.#unknown;
      const facts = (item?.[3] ?? { name: engineName }) as TransportFacts;
      this.#open.set(id, handler);
      if (item) this.#notes.feed(inner(item));
      if (facts.error !== undefined) throw new Error(facts.error);
      return new ReplayTransport(facts, id, this.#notes, (done) => this.#leaving.set(id, done));
    });
    this.#factories.set(number, factory);
    return factory;
  }

  /** Says what a transport said. */
  say([kind, , id, ...rest]: Item): void {
    const handler = this.#open.get(id as number);
    if (handler === undefined) {
      this.#notes.script.diverge(`transport ${id} is there`, "it was not opened");
      return;
    }
    const [first, second, third] = rest;
    if (kind === "opened") handler.opened?.();
    else if (kind === "frame") {
      // Its answer, if it asks for one, may be hidden too.
      const frame = decodeValue(first) as string | Uint8Array;
      this.#notes.show(frame, "<");
      handler.received(frame);
    } else if (kind === "closed") {
      handler.closed(first as "transport close", second as string, third as "");
    } else {
      const done = this.#leaving.get(id as number);
      this.#leaving.delete(id as number);
      done?.((first as unknown[]).map((frame) => decodeValue(frame) as OutFrame));
    }
  }
}

class ReplayTransport implements Transport {
  readonly name: string;
  readonly textOnly?: boolean;
  pause?: () => void;
  resume?: () => void;
  established?: () => void;
  isStuck?: () => boolean;
  leave?: (done: (unsent: readonly OutFrame[]) => void) => void;
  stay?: () => void;
  readonly #id: number;
  readonly #notes: ReplayNotes;

  constructor(
    { name = "", textOnly, can = "" }: TransportFacts,
    id: number,
    notes: ReplayNotes,
    left: (done: (unsent: readonly OutFrame[]) => void) => void,
  ) {
    this.#id = id;
    this.#notes = notes;
    this.name = name;
    if (textOnly) this.textOnly = textOnly;
    if (can.includes("p")) {
      this.pause = () => this.#did("pause");
      this.resume = () => this.#did("resume");
    }
    if (can.includes("e")) this.established = () => this.#did("established");
    if (can.includes("i")) this.isStuck = () => notes.readings.isStuck();
    if (!can.includes("l")) return;
    this.leave = (done) => {
      left(done);
      this.#did("leave");
    };
    this.stay = () => this.#did("stay");
  }

  get bufferedAmount(): number {
    return this.#notes.readings.buffered();
  }

  send(frames: readonly OutFrame[]): void {
    const shown = frames.map((frame) => this.#notes.show(frame, ">"));
    this.#did("send", shown);
  }

  close(dead = false): void {
    this.#did("close", Number(dead));
  }

  #did(kind: string, ...fields: unknown[]): void {
    const { script, feed } = this.#notes;
    const got: Item = [kind, this.#id, ...fields];
    const text = JSON.stringify(got);
    const item = script.match(got, (expected) => JSON.stringify(expected.slice(0, got.length)) === text);
    if (item) feed(inner(item));
  }
}
