/*
 * What happens in a `poll()`: the place where I/O, time and protocol meet. What a connection's beginning and end mean to the client is
 * in `lifecycle.ts`; `client.ts` is the public face of both and says what they promise.
 *
 * It is one object for each client, because thousands of them are held at once. Its code is in layers, each of which knows those before it:
 *
 *   Callbacks   runs the game's functions, and tells it what became of namespaces, events, acknowledgements
 *   Dialer      attempts to connect, their connection, and which namespaces are wanted with which auth
 *   Lifecycle   start, loss, end
 *   Runtime     a poll
 *
 * The client that has polling adds one more layer, `UpgradingRuntime`: moving a session to another transport.
 */
import type { Connection } from "./connection.js";
import { type Err, requireThat } from "./errors.js";
import { Lifecycle } from "./lifecycle.js";
import { NamespaceEntry, type NamespaceHost, type TakenEvent } from "./namespace-entry.js";
import { tellAll, tellOf, tellSent } from "./observer.js";
import { type PollLimit, UNLIMITED } from "./poll-limit.js";
import type { Frames } from "./protocol/attachments.js";
import { OPEN } from "./protocol/constants.js";
import { ProtocolError } from "./protocol/protocol-error.js";
import type { RawPacket } from "./protocol/socket-decoder.js";

/** With a budget for time, how many packets are written before the clock is looked at. */
const WRITTEN_AT_ONCE = 512;

export class Runtime extends Lifecycle implements NamespaceHost {
  /** Nothing is told to the game while it is. */
  dispatchPaused = false;
  /** What had arrived by the poll of this moment is not all delivered yet. */
  #collected = -Infinity;
  /** How many packets were taken by the delivery that goes on. */
  #taken = 0;
  /** When the event that is pulled arrived. */
  #pulledAt = NaN;

  /** When what waits first for the game arrived, in seconds; `Infinity` when nothing does. */
  get oldestTime(): number {
    return this.pulled ? this.#pulledAt : (this.connection?.inbox.oldestTime ?? Infinity);
  }

  get backlog(): number {
    const { connection } = this;
    return connection?.state === OPEN ? connection.transport!.bufferedAmount : Infinity;
  }

  makeNamespace(path: string): NamespaceEntry {
    return new NamespaceEntry(this, path);
  }

  hearsAll(): boolean {
    return this.options.event_delivery === "pull" || !!this.signals.event_received?.has_connections();
  }

  // Commands

  /** Writes what was sent since the last time, in one go, or until that moment of the option `clock` has come. */
  flush(until = Infinity): void {
    const { connection, observers, session } = this;
    // A dead connection takes nothing: what is left in the session is kept for the next one.
    if (connection?.isDead(this.now())) return;
    const tell = observers.length > 0 ? (sent: Frames) => tellSent(observers, sent, this.options.codec) : null;
    while (session.hasOutput && connection?.state === OPEN) {
      connection.send(session.output(this.now(), until < Infinity ? WRITTEN_AT_ONCE : Infinity, tell));
      if (this.options.clock() >= until) break;
    }
  }

  poll(now?: number, limit = UNLIMITED): number {
    requireThat(now === undefined || typeof now === "number", "the time of a poll", "a number of seconds", now);
    if (this.depth > 0) return 0;
    this.advance(now ?? this.options.clock());
    const { connection, counters, time } = this;
    if (this.active) {
      const gap = time - this.polledAt;
      if (gap > counters.longest_poll_gap) counters.longest_poll_gap = gap;
      this.polledAt = time;
    }
    // Most polls of most games find nothing to do.
    const isQuiet =
      connection?.isIdle &&
      time < connection.deadline &&
      time < this.deadlines.next &&
      !this.session.hasOutput &&
      !this.pulled &&
      this.observers.length === 0;
    return isQuiet ? 0 : this.#step(now, limit);
  }

  /** Apart from `poll`, where a function that needs its arguments would be paid for by a poll with nothing to do. */
  #step(now: number | undefined, limit: PollLimit): number {
    this.callbacks = 0;
    this.#atOnce(() => {
      tellAll(this.observers, "poll_started", now);
      const { clock, poll_max_packets, poll_max_time } = this.options;
      const end = poll_max_time > 0 ? clock() + poll_max_time : Infinity;
      if (!this.dispatchPaused) {
        // Told now, behind what arrived before.
        this.connection?.isDead(this.time);
        const until = Math.min(limit.until, end);
        limit.packets -= this.#deliver(Math.min(limit.packets, poll_max_packets || Infinity), until);
        this.#expire();
      }
      this.connection?.answerPing(this.time);
      this.flush(end);
    });
    tellAll(this.observers, "poll_ended", this.callbacks);
    return this.callbacks;
  }

  /** One frame sees one moment. */
  #atOnce(run: () => void): void {
    this.depth++;
    try {
      run();
      this.connection?.relieve(this.time);
    } finally {
      this.depth--;
    }
  }

  /** With the option `event_delivery: "pull"`: the next event. What came before it and is none is delivered on the way. */
  takeEvent(): TakenEvent | null {
    if (this.options.event_delivery !== "pull" || this.dispatchPaused) return null;
    if (this.depth === 0 && !this.pulled) {
      // The last poll may have been long ago, and what is asked for in a callback has its time from now on.
      this.now();
      this.#atOnce(() => this.#deliver(Infinity, Infinity));
    }
    const { pulled } = this;
    if (!pulled) return null;
    this.pulled = null;
    this.counters.events_dispatched++;
    const [entry, event, data, ackId] = pulled;
    return { event, data, path: entry.path, reply: entry.replyTo(event, ackId) };
  }

  // For namespaces and signals

  expireAfter(seconds: number, expire: () => void): void {
    this.deadlines.add(this.now() + seconds, expire);
  }

  /** Remembers why a call failed. */
  fail<Code extends Err>(code: Code, message: string): Code {
    this.lastError = message;
    return code;
  }

  engineOpened(connection: Connection, now: number): void {
    this.session.base64 = connection.transport!.textOnly === true;
    this.session.open(now, connection.handshake!.maxPayload || Infinity);
    this.flush();
  }

  taken(packet: RawPacket): void {
    this.#taken++;
    tellOf(this.observers, "packet_received", packet);
  }

  released(held: readonly RawPacket[]): void {
    const left = held.filter((packet) => {
      // A snapshot of which a newer one has come waits for nobody.
      if (typeof packet === "string" || !packet.isOld) return true;
      this.counters.events_skipped++;
      tellOf(this.observers, "packet_skipped", packet);
      return false;
    });
    this.connection!.inbox.putBack(left);
  }

  /** From now on another clock says the time, which may be behind. */
  restart(clock: () => number): void {
    this.time = this.#collected = -Infinity;
    this.advance(clock());
  }

  // A poll's steps

  /** Delivers up to so many packets until that moment of the option `clock`; returns how many it were. */
  #deliver(packets: number, until: number): number {
    const { clock } = this.options;
    this.#taken = 0;
    // The connection is looked up each time: a callback may have ended it, or started another. News costs nothing: what is left of it
    // after the last packet is told now, before any deadline.
    while (!this.dispatchPaused && (this.#taken < packets || this.oldestTime === Infinity)) {
      const { connection, pulled } = this;
      const isPull = this.options.event_delivery === "pull";
      if (pulled) {
        // It has to be taken first, or is delivered first when nothing is pulled any more.
        if (isPull) break;
        this.pulled = null;
        this.#taken++;
        this.event(...pulled);
      } else {
        if (isPull) this.#pulledAt = this.oldestTime;
        const item = connection?.inbox.shift();
        if (!item) break;
        if (typeof item === "function") {
          item();
          continue;
        }
        const before = this.#taken;
        try {
          this.session.receive(item);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
          // Whether it was found before or after the packet was counted.
          this.#taken = before + 1;
          // What came behind a packet that cannot be read cannot be trusted either: it goes with the connection.
          if (connection === this.connection) this.lost("parse error", error.message);
        }
      }
      if (until < Infinity && clock() >= until) packets = 0;
    }
    return this.#taken;
  }

  /**
   * Lets deadlines expire. Input comes before time, with a budget too: a poll's moment counts once all that had arrived by then is
   * delivered.
   */
  #expire(): void {
    const oldest = this.oldestTime;
    if (oldest <= this.#collected) return;
    const heard = oldest < Infinity ? this.#collected : this.time;
    this.#collected = this.time;
    this.deadlines.advance(heard);
  }
}
