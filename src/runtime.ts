/*
 * What happens in a `poll()`: the place where I/O, time and protocol meet. What a connection's beginning and end mean to the client is
 * in `lifecycle.ts`; `client.ts` is the public face of both and says what they promise.
 *
 * It is one object for each client, because thousands of them are held at once. Its code is in layers, each of which knows those before it:
 *
 *   Callbacks   runs the game's functions, counts and times them
 *   Dialer      attempts to connect, and their connection
 *   Announcer   tells the game what became of namespaces, events, acknowledgements
 *   Joins       which namespaces are wanted, with which auth
 *   Lifecycle   start, loss, end
 *   Runtime     a poll
 *
 * The client that has polling adds one more layer, `UpgradingRuntime`: moving a session to another transport.
 */
import type { Connection } from "./connection.js";
import type { Err } from "./errors.js";
import { Lifecycle } from "./lifecycle.js";
import type { NamespaceHost, TakenEvent } from "./namespace-entry.js";
import { tell, tellOf, tellSent } from "./observer.js";
import { type PollLimit, UNLIMITED } from "./poll-limit.js";
import type { Frames } from "./protocol/attachments.js";
import { ProtocolError } from "./protocol/protocol-error.js";
import type { RawPacket } from "./protocol/socket-decoder.js";

/** With more than this in the socket a volatile packet would be stale when it gets out. Bytes. */
const VOLATILE_BACKLOG = 16384;

/** With a budget for time, how many packets are written before the clock is looked at. */
const FLUSHED_AT_ONCE = 512;

/** A packet from this size on is decoded for so long that it counts. Bytes. */
const LARGE = 4096;

export class Runtime extends Lifecycle implements NamespaceHost {
  /** Nothing is told to the game while it is. */
  dispatchPaused = false;
  /** During a poll time stands still, so that one frame sees one moment. */
  #polling = false;
  /** The moment up to which all that arrived was delivered, and the next one of which that will be true. */
  #heard = -Infinity;
  #collected = -Infinity;

  /** Bytes that wait in the transport. */
  get backlog(): number {
    return this.connection?.transport?.bufferedAmount ?? 0;
  }

  get writable(): boolean {
    return this.backlog < VOLATILE_BACKLOG;
  }

  traffic(): { readonly sent: number; readonly waiting: number } {
    return { sent: this.counters.bytes_sent, waiting: this.backlog };
  }

  hearsAll(): boolean {
    return this.options.event_delivery === "pull" || !!this.signals.event_received?.has_connections();
  }

  /** Monotonic seconds. */
  now(): number {
    if (!this.#polling) this.#advance(this.options.clock());
    return this.time;
  }

  /** Never backwards, and never to what is no time: neither NaN nor Infinity would ever pass again. */
  #advance(time: number): void {
    if (time > this.time && time < Infinity) this.time = time;
  }

  // Commands

  /** Writes what was sent since the last time, in one go, or until that moment of the option `clock` has come. */
  flush(until = Infinity): void {
    const { connection } = this;
    // A dead connection takes nothing: what is left in the session is kept for the next one.
    if (!this.session.hasOutput || !connection?.writable || connection.isDead(this.now())) return;
    do this.#write(connection, until < Infinity ? FLUSHED_AT_ONCE : Infinity);
    while (this.session.hasOutput && connection.writable && this.options.clock() < until);
  }

  poll(now?: number, limit = UNLIMITED): number {
    if (this.#polling || this.depth > 0) return 0;
    this.#advance(now ?? this.options.clock());
    if (this.active) {
      const { counters } = this;
      const gap = this.time - this.polledAt;
      if (gap > counters.longest_poll_gap) counters.longest_poll_gap = gap;
      this.polledAt = this.time;
    }
    return this.deadlines.isQuiet(this.time) ? 0 : this.#step(now, limit);
  }

  /** Apart from `poll`, where a function that needs its arguments would be paid for by a poll with nothing to do. */
  #step(now: number | undefined, limit: PollLimit): number {
    this.callbacks = 0;
    this.#atOnce(() => {
      tell(this.observers, "poll_started", now);
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
    const { connection } = this;
    // Most polls of most games find nothing to do. If that can be foreseen, they need not look.
    if (connection?.isIdle && !this.session.hasOutput && !this.dispatchPaused && this.observers.length === 0)
      this.deadlines.rest(connection.deadline);
    tell(this.observers, "poll_ended", this.callbacks);
    return this.callbacks;
  }

  /** Meanwhile time stands still, and no poll begins. */
  #atOnce(run: () => void): void {
    this.#polling = true;
    this.mark = NaN;
    try {
      run();
      this.connection?.relieve(this.time);
    } finally {
      this.#polling = false;
      this.mark = NaN;
    }
  }

  /** With the option `event_delivery: "pull"`: the next event. What came before it and is none is delivered on the way. */
  takeEvent(): TakenEvent | null {
    if (!this.#polling && this.depth === 0 && this.pulled.length === 0)
      this.#atOnce(() => this.#deliver(Infinity, Infinity));
    return (!this.dispatchPaused && this.pulled.length > 0 && this.pulled.shift()) || null;
  }

  // For namespaces and signals

  expireAfter(seconds: number, expire: () => void): void {
    this.deadlines.add(this.now() + seconds, expire);
  }

  skipped(packet: RawPacket): void {
    this.counters.events_skipped++;
    tellOf(this.observers, "packet_skipped", packet.text, packet.size);
  }

  /** Remembers why a call failed. */
  fail<Code extends Err>(code: Code, message: string): Code {
    this.lastError = message;
    return code;
  }

  engineOpened(connection: Connection, now: number): void {
    this.session.base64 = connection.transport!.textOnly === true;
    this.session.open(now, connection.handshake!.maxPayload || Infinity);
    this.#write(connection);
  }

  #write(connection: Connection, most = Infinity): void {
    const { observers } = this;
    const told = observers.length > 0 ? (sent: Frames) => tellSent(observers, sent, this.options.codec) : null;
    const frames = this.session.outbox.write(this.now(), most, told);
    if (frames.length > 0) connection.send(frames);
  }

  // A poll's steps

  /** Delivers up to so many packets until that moment of the option `clock`; returns how many it were. */
  #deliver(packets: number, until: number): number {
    const { clock } = this.options;
    let taken = 0;
    // The connection is looked up each time: a callback may have ended it, or started another. News costs nothing: what is left of it
    // after the last packet is told now, before any deadline.
    while (!this.dispatchPaused && (taken < packets || !this.connection?.inbox.length)) {
      // What was pulled has to be taken first, unless nothing is pulled any more.
      if (this.pulled.length > 0 && this.options.event_delivery === "pull") break;
      const { connection } = this;
      const item = connection?.inbox.shift();
      if (!item) break;
      if ("hear" in item) {
        item.hear();
        continue;
      }
      const { callbacks } = this;
      // Decoding this takes time that is not the callback's.
      if (item.size > LARGE) this.mark = NaN;
      try {
        tellOf(this.observers, "packet_received", item.text, item.size);
        this.session.receive(item);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        // What came behind a packet that cannot be read cannot be trusted either: it goes with the connection.
        if (connection === this.connection) this.lost("parse error", error.message);
      }
      taken++;
      // The clock was read after the last callback, if there was one.
      if (until < Infinity && (this.callbacks === callbacks ? clock() : this.mark) >= until) packets = 0;
    }
    return taken;
  }

  /**
   * Lets deadlines expire. Input comes before time, with a budget too: a poll's moment counts once all that had arrived by then is
   * delivered.
   */
  #expire(): void {
    this.heedNetwork();
    const oldest = this.connection?.inbox.oldestTime ?? Infinity;
    if (oldest > this.#collected) {
      this.#heard = oldest === Infinity ? this.time : this.#collected;
      this.#collected = this.time;
    }
    if (this.#heard >= this.deadlines.next) this.deadlines.advance(this.#heard);
  }
}
