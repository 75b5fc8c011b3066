/*
 * The arrival side of a client: one engine session, the transport it goes over, one inbox. Frames are handed to the protocol core the
 * moment they arrive; heartbeat and handshake are answered then, everything else waits in the inbox for `poll()`.
 *
 * A connection is used once. When it is over it hears nothing more, so a late callback of an old socket cannot reach
 * the session that followed it.
 */
import { requireThat } from "./errors.js";
import { type DisconnectReason, Inbox } from "./inbox.js";
import type { LatestEvents } from "./latest-events.js";
import { type ClientObserver, tellOf } from "./observer.js";
import type { ClientOptions } from "./options.js";
import { frameSize } from "./protocol/attachments.js";
import { CLOSE, CLOSED, MESSAGE, OPEN, OPENED, PING, PONG } from "./protocol/constants.js";
import type { Deadlines } from "./protocol/deadlines.js";
import type { Frame } from "./protocol/engine-packet.js";
import { EngineSession } from "./protocol/engine-session.js";
import { ProtocolError, violation } from "./protocol/protocol-error.js";
import type { RttEstimator } from "./protocol/rtt.js";
import { type RawPacket, SocketDecoder, timedPacket } from "./protocol/socket-decoder.js";
import { contentOf } from "./protocol/socket-packet.js";
import type { Counters } from "./stats.js";
import {
  engineName,
  type Finality,
  type OutFrame,
  type Transport,
  type TransportFactory,
  type TransportHandler,
  type TransportRequest,
} from "./transport/transport.js";

/** How many events may share the moment at which another frame arrived before them. */
const MOST_SHARING = 15;

export interface ConnectionOwner {
  readonly options: ClientOptions;
  readonly counters: Counters;
  readonly rtt: RttEstimator;
  readonly deadlines: Deadlines;
  /** `null` until there is one, as for most clients. */
  readonly latestEvents: LatestEvents | null;
  /** Who is told of a packet that was left out for a newer one. */
  readonly observers: readonly ClientObserver[];
  /** The client's clock, in seconds; never goes backwards. */
  now(): number;
  /** The handshake is done: time to write what has to go first. Not the moment to call the game. */
  engineOpened(connection: Connection, now: number): void;
  /** A poll has come to the moment at which the session opened, over the transport of that name. */
  opened(name: string): void;
  /** A poll has come to the end of the connection. */
  lost(reason: DisconnectReason, message: string, finality: Finality): void;
}

/** What a transport is asked for. `sid` is that of the session to move to it, `""` for a new one. */
export type RequestMaker = (factory: TransportFactory, sid: string) => TransportRequest;

/** @throws TypeError for a factory that makes something else: in JavaScript `webtransport` is easily taken for `webtransport()` */
export function openTransport(
  factory: TransportFactory,
  request: TransportRequest,
  handler: TransportHandler,
): Transport {
  const transport = factory(request, handler);
  requireThat(typeof transport?.send === "function", "the result of a transport factory", "a transport", transport);
  return transport;
}

export class Connection extends EngineSession implements TransportHandler {
  readonly inbox = new Inbox();
  transport: Transport | null = null;
  /** Gives up the way to another transport, if the session is on it when it ends. */
  giveUpMove: (() => void) | null = null;
  readonly #owner: ConnectionOwner;
  readonly #decoder: SocketDecoder;
  #pongDue = false;
  /** When the last frame arrived, or one shortly before it. */
  #moment = 0;
  /** How many more events may share that moment before the next poll. */
  #sharing = 0;
  /** When the transport counts as stuck unless it is found at a ping to have written something, in seconds. */
  #stuckAt = Infinity;
  /** Infinity while the socket is read; else how long it may be paused. */
  #pausedUntil = Infinity;
  /** How full the inbox must not get: 1 is as much as it may hold. */
  #most = 1;

  constructor(owner: ConnectionOwner) {
    super();
    this.#owner = owner;
    this.#decoder = new SocketDecoder(owner);
  }

  /** True while nothing waits here for a poll. */
  get isIdle(): boolean {
    return this.inbox.isEmpty && !this.#pongDue && this.state === OPEN;
  }

  open(factory: TransportFactory, request: RequestMaker): void {
    try {
      this.transport = openTransport(factory, request(factory, ""), this);
    } catch (error) {
      this.closed("transport error", `cannot connect by ${engineName(factory)}: ${(error as Error)?.message || error}`);
    }
    // It may have failed while the factory ran.
    if (this.state === CLOSED) this.transport?.close();
  }

  /** Whether the server has been silent for so long at `now` that it counts as dead; then this ends the connection. */
  isDead(now: number): boolean {
    if (now < this.deadline) return false;
    this.closed("ping timeout", "the server sent no ping in time");
    return true;
  }

  /** Writes frames in one go. */
  send(frames: readonly OutFrame[]): void {
    const { counters } = this.#owner;
    for (const frame of frames) counters.bytes_sent += frameSize(frame);
    this.transport?.send(frames);
  }

  /** Answers the last ping if that has not been done. */
  answerPing(now: number): void {
    if (!this.#pongDue || this.state !== OPEN) return;
    this.#pongDue = false;
    this.send([PONG]);
    this.answeredAt = now;
  }

  /** After a poll has emptied the inbox as far as it would. */
  relieve(now: number): void {
    this.#sharing = 0;
    this.#balance(now);
  }

  /** Stops reading when the inbox is full, goes on when half of it is free, and gives up when that takes too long. */
  #balance(now: number): void {
    const { inbox, transport } = this;
    const { max_queued_packets, max_queued_bytes } = this.#owner.options;
    const fill = Math.max(inbox.length / max_queued_packets, inbox.bytes / max_queued_bytes);
    const isPaused = this.#pausedUntil < Infinity;
    if (isPaused && fill <= 0.5) {
      this.goesOn(now);
      transport?.resume?.();
    } else if (!isPaused && fill >= 1 && transport?.pause) {
      // A paused socket still hands over what it had read, but not as much again. What has come may be more already.
      this.#most = fill + 1;
      this.#pausedUntil = now + this.handshake!.pingTimeout / 2;
      // No ping can arrive, so none is missed.
      this.deadline = Infinity;
      transport.pause();
    } else if (fill >= this.#most || now >= this.#pausedUntil)
      this.closed("inbound overflow", `${inbox.length} packets wait: poll() more often, or use EVENT_LATEST`);
  }

  /** The socket is read again, if it was paused: pings that waited in it get their time. */
  goesOn(now: number): void {
    if (this.#pausedUntil === Infinity) return;
    this.#pausedUntil = Infinity;
    this.#most = 1;
    this.heard(now);
  }

  /** Ends the connection and puts that into the inbox, behind what arrived before; the transport tells of its own end like this, too. */
  closed(reason: DisconnectReason, message: string, finality: Finality = ""): void {
    if (this.dispose(reason === "ping timeout")) this.inbox.push(() => this.#owner.lost(reason, message, finality));
  }

  /** Ends the connection without a word to its inbox; false when it was over already. */
  dispose(dead = false): boolean {
    if (this.state === CLOSED) return false;
    this.state = CLOSED;
    this.giveUpMove?.();
    this.transport?.close(dead);
    return true;
  }

  // Told by the transport

  received(frame: Frame): void {
    if (this.state === CLOSED) return;
    const { counters, options } = this.#owner;
    // Nearly all are events without attachments, which have the shortest way. It stands apart from all others because V8 compiles only so
    // much into one function, and calls the rest.
    const isPlain =
      frame[0] === "4" && frame[1] === "2" && this.state === OPEN && !this.#decoder.packet && !options.codec;
    // Reading the clock costs more than taking in a small event, and when exactly one came matters little: those between two polls
    // share one moment, some at a time. What a round trip or the heartbeat is measured by has its own.
    if (!isPlain || --this.#sharing < 0) {
      // What is no event may wait for no poll, after which the next moment begins.
      this.#sharing = isPlain ? MOST_SHARING : 0;
      this.#moment = this.#owner.now();
    }
    const now = this.#moment;
    const size = frameSize(frame);
    counters.bytes_received += size;
    try {
      if (size > options.max_payload) {
        // It may be more if that is what the server has announced.
        const limit = Math.max(options.max_payload, this.handshake?.maxPayload ?? 0);
        if (size > limit) violation(`messages of at most ${limit} bytes (max_payload)`, `${size} bytes`);
      }
      if (isPlain) this.#enqueue(frame as string, now);
      else this.#takeOther(frame, now);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.closed("parse error", error.message);
    }
  }

  /** Takes a frame that is no plain event. */
  #takeOther(frame: Frame, now: number): void {
    const { options, rtt } = this.#owner;
    const type = this.receive(frame, now);
    if (type === MESSAGE) {
      const packet = this.#decoder.receive(frame, now);
      if (packet) this.#enqueue(packet, now);
    } else if (type === PING) {
      rtt.add(this.roundTripOfPing(now));
      this.#pongDue = true;
      // Behind it nothing gets out, the last pong neither. Pings may come in quick succession; a timeout of 0 says nothing, as for `deadline`.
      if (!this.transport?.isStuck?.()) this.#stuckAt = now + (this.handshake!.pingTimeout || Infinity);
      else if (now >= this.#stuckAt) this.closed("transport error", "a request was not answered in time");
      if (options.heartbeat === "arrival") this.answerPing(now);
    } else if (type === OPENED) {
      const { sid, maxPayload } = this.handshake!;
      const { name } = this.transport!;
      this.inbox.push(() => this.#owner.opened(name));
      this.transport!.established?.(sid, maxPayload || Infinity);
      this.#owner.engineOpened(this, now);
    } else if (type === CLOSE) this.closed("transport close", "the server closed the session");
  }

  #enqueue(packet: RawPacket, now: number): void {
    const { inbox } = this;
    const { counters, latestEvents, observers } = this.#owner;
    counters.packets_received++;
    const latest = latestEvents?.of(contentOf(packet));
    if (latest) {
      const { newest } = latest;
      // One that is held waits elsewhere, and is left out when that ends.
      if (newest) newest.isOld = true;
      if (newest?.inbox === inbox) {
        inbox.drop(newest);
        counters.events_skipped++;
        tellOf(observers, "packet_skipped", newest);
      }
      // A text could not be told from another that is the same.
      if (typeof packet === "string") packet = timedPacket(packet, packet.length, now);
      latest.newest = packet;
    }
    inbox.push(packet, now);
    this.#balance(now);
  }
}
