/*
 * The arrival side of a client: one engine session, the transport it goes over, one inbox. Frames are handed to the protocol core the
 * moment they arrive; heartbeat and handshake are answered then, everything else waits in the inbox for `poll()`.
 *
 * A connection is used once. When it is over it hears nothing more, so a late callback of an old socket cannot reach
 * the session that followed it.
 */
import { type DisconnectReason, Inbox, type InboxOwner } from "./inbox.js";
import type { ClientOptions } from "./options.js";
import { frameSize } from "./protocol/attachments.js";
import type { Deadline, Deadlines } from "./protocol/deadlines.js";
import { type Frame, PONG } from "./protocol/engine-packet.js";
import { EngineSession, OPEN } from "./protocol/engine-session.js";
import { ProtocolError, violation } from "./protocol/protocol-error.js";
import type { RttEstimator } from "./protocol/rtt.js";
import { type RawPacket, SocketDecoder } from "./protocol/socket-decoder.js";
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
import { Upgrade } from "./upgrade.js";

/** Seconds for the way to another transport: as long as servers wait for its end. */
const UPGRADE_TIMEOUT = 10;

/** How many events may share the moment at which another frame arrived before them. */
const MOST_SHARING = 15;

export interface ConnectionOwner extends InboxOwner {
  readonly options: ClientOptions;
  readonly counters: Counters;
  readonly rtt: RttEstimator;
  readonly deadlines: Deadlines;
  /** The client's clock, in seconds; never goes backwards. */
  now(): number;
  /** The handshake is done: time to write what has to go first. Not the moment to call the game. */
  engineOpened(connection: Connection, now: number): void;
  /** A packet that waited was left out for a newer one. */
  skipped(packet: RawPacket): void;
  /** The session goes over another transport. */
  engineMoved(connection: Connection): void;
}

/** What a connection is to be made with. */
export interface Route {
  readonly factory: TransportFactory;
  /** What the session may move to if the server offers it, the preferred one first. */
  readonly upgrades: readonly TransportFactory[];
  /** `sid` is that of the session to move, `""` for a new one. */
  readonly request: (factory: TransportFactory, sid: string) => TransportRequest;
}

export class Connection implements TransportHandler {
  readonly inbox: Inbox;
  readonly engine = new EngineSession();
  transport: Transport | null = null;
  readonly #owner: ConnectionOwner;
  /** `null` when no other transport will be opened. */
  #route: Route | null;
  readonly #decoder: SocketDecoder;
  #upgrade: Upgrade | null = null;
  #upgradeDeadline: Deadline | null = null;
  #over = false;
  #pongDue = false;
  /** When the last frame arrived, or one shortly before it. */
  #moment = 0;
  /** How many more events may share that moment before the next poll. */
  #sharing = 0;
  /** Less than 0 while the socket is read. */
  #pausedAt = -1;
  /** No heartbeat is missed before this: pings may have waited in a paused socket. */
  #graceUntil = 0;

  constructor(owner: ConnectionOwner, route: Route) {
    this.#owner = owner;
    this.#route = route;
    this.inbox = new Inbox(owner);
    this.#decoder = new SocketDecoder(owner);
  }

  /** True while packets can be written. */
  get writable(): boolean {
    return !this.#over && this.engine.state === OPEN;
  }

  /** True while nothing waits here for a poll. */
  get isIdle(): boolean {
    return this.inbox.isEmpty && this.#pausedAt < 0 && !this.#pongDue && this.writable;
  }

  open(): void {
    const { factory, request } = this.#route!;
    try {
      this.transport = factory(request(factory, ""), this);
    } catch (error) {
      this.closed("transport error", `cannot connect by ${engineName(factory)}: ${(error as Error)?.message ?? error}`);
    }
    // It may have failed while the factory ran.
    if (this.#over) this.transport?.close();
  }

  /** Whether the server has been silent for so long at `now` that it counts as dead; then this ends the connection. */
  isDead(now: number): boolean {
    // While we ourselves keep the socket paused its pings cannot arrive.
    if (now < this.engine.deadline || now < this.#graceUntil || this.#pausedAt >= 0) return false;
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
    if (!this.#pongDue || !this.writable) return;
    this.#pongDue = false;
    this.send([PONG]);
    this.engine.answered(now);
  }

  /** After a poll has emptied the inbox as far as it would: reads on, or gives up when it cannot keep up. */
  relieve(now: number): void {
    this.#sharing = 0;
    if (this.#pausedAt < 0) return;
    const patience = this.engine.handshake!.pingTimeout / 2;
    if (this.#fill() <= 0.5) {
      this.#pausedAt = -1;
      this.#graceUntil = now + patience;
      this.transport?.resume?.();
    } else if (now - this.#pausedAt >= patience) this.#overflow();
  }

  /** Ends the connection and puts that into the inbox, behind what arrived before; the transport tells of its own end like this, too. */
  closed(reason: DisconnectReason, message: string, finality: Finality = ""): void {
    if (this.#over) return;
    this.dispose(reason === "ping timeout");
    this.inbox.pushNews({ kind: "close", reason, message, finality });
  }

  /** Ends the connection without a word to its inbox. */
  dispose(dead = false): void {
    if (this.#over) return;
    this.#over = true;
    this.#upgrade?.cancel();
    this.#owner.deadlines.cancel(this.#upgradeDeadline);
    this.transport?.close(dead);
  }

  // Told by the transport

  received(frame: Frame): void {
    if (this.#over) return;
    const { engine } = this;
    const { counters, options } = this.#owner;
    const size = frameSize(frame);
    counters.bytes_received += size;
    try {
      if (size > options.max_payload) {
        // It may still be what the server has announced.
        const announced = engine.handshake?.maxPayload ?? 0;
        const limit = Math.max(options.max_payload, announced < Infinity ? announced : 0);
        if (size > limit) violation(`messages of at most ${limit} bytes (max_payload)`, `${size} bytes`);
      }
      // Nearly all are messages; what else there is stands apart, so that they have a short way.
      if (engine.isMessage(frame)) this.#enqueue(frame);
      else this.#control(frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.closed("parse error", error.message);
    }
  }

  /** Takes a frame that is no message. */
  #control(frame: Frame): void {
    const { engine } = this;
    const now = this.#momentOf(frame);
    const input = engine.receive(frame, now);
    if (input === "ping") {
      this.#owner.rtt.add(engine.roundTripOfPing(now));
      this.#pongDue = true;
      // Behind it nothing gets out, the last pong neither.
      if (this.transport?.isStuck?.()) this.closed("transport error", "a request was not answered between two pings");
      if (this.#owner.options.heartbeat === "arrival") this.answerPing(now);
    } else if (input === "open") {
      const { sid, maxPayload, upgrades } = engine.handshake!;
      this.inbox.pushNews({ kind: "open", name: this.transport!.name });
      this.transport?.established?.(sid, maxPayload);
      this.#owner.engineOpened(this, now);
      this.#move(this.#route!.upgrades.filter((factory) => upgrades.includes(engineName(factory))));
    } else if (input === "close") this.closed("transport close", "the server closed the session");
  }

  /**
   * When a frame arrived. Reading the clock costs more than taking in a small event, and when exactly an event came matters little:
   * those between two polls share one moment, some at a time. What a round trip or the heartbeat is measured by has its own.
   */
  #momentOf(frame: Frame): number {
    const isEvent = typeof frame === "string" && frame.charCodeAt(0) === 52 && frame.charCodeAt(1) === 50;
    if (!isEvent || --this.#sharing < 0) {
      // What is no event may wait for no poll, after which the next moment begins.
      this.#sharing = isEvent ? MOST_SHARING : 0;
      this.#moment = this.#owner.now();
    }
    return this.#moment;
  }

  /** Moves the session to the first of these transports that lets it. */
  #move([factory, ...others]: TransportFactory[]): void {
    const { transport } = this;
    const { deadlines } = this.#owner;
    if (this.#over || !factory || !transport?.leave) {
      this.#route = this.#upgrade = this.#upgradeDeadline = null;
      return;
    }
    const { request } = this.#route!;
    const open = (handler: TransportHandler) => factory(request(factory, this.engine.handshake!.sid), handler);
    const upgrade = new Upgrade(transport, this, (moved) => {
      deadlines.cancel(this.#upgradeDeadline);
      if (moved) {
        this.transport = moved;
        this.#pausedAt = -1;
        this.#owner.engineMoved(this);
        this.inbox.pushNews({ kind: "moved", name: moved.name });
      }
      this.#move(moved ? [] : others);
    });
    this.#upgrade = upgrade;
    this.#upgradeDeadline = deadlines.add(this.#owner.now() + UPGRADE_TIMEOUT, () => upgrade.giveUp());
    upgrade.start(open);
  }

  #enqueue(frame: Frame): void {
    const packet = this.#decoder.receive(frame);
    if (packet === null) return;
    const now = this.#momentOf(frame);
    const { inbox } = this;
    const { counters, options } = this.#owner;
    counters.packets_received++;
    const skipped = inbox.push(packet, now);
    if (skipped !== null) this.#owner.skipped(skipped);
    if (inbox.length < options.max_queued_packets && inbox.bytes < options.max_queued_bytes) return;
    const { transport } = this;
    // A paused socket still hands over what it had read, but not as much again.
    if (this.#pausedAt < 0 && transport?.pause) {
      this.#pausedAt = now;
      transport.pause();
    } else if (this.#pausedAt < 0 || this.#fill() >= 2) this.#overflow();
  }

  /** How full the inbox is: 1 is as much as it may hold. */
  #fill(): number {
    const { max_queued_packets, max_queued_bytes } = this.#owner.options;
    return Math.max(this.inbox.length / max_queued_packets, this.inbox.bytes / max_queued_bytes);
  }

  #overflow(): void {
    this.closed("inbound overflow", `${this.inbox.length} packets wait: poll() more often, or use EVENT_LATEST`);
  }
}
