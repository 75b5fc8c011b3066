/*
 * The arrival side of a client: one transport, one engine session, one inbox. Frames are handed to the protocol core the
 * moment they arrive; heartbeat and handshake are answered then, everything else waits in the inbox for `poll()`.
 *
 * A connection is used once. When it is over it hears nothing more, so a late callback of an old socket cannot reach
 * the session that followed it.
 */
import { type DisconnectReason, Inbox } from "./inbox.js";
import type { ClientOptions } from "./options.js";
import { EnginePacketType, type Frame, type Handshake } from "./protocol/engine-packet.js";
import { EngineSession, EngineState } from "./protocol/engine-session.js";
import { ProtocolError } from "./protocol/protocol-error.js";
import type { RttEstimator } from "./protocol/rtt.js";
import { type RawPacket, SocketDecoder } from "./protocol/socket-decoder.js";
import type { Counters } from "./stats.js";
import type { OutFrame, Transport, TransportFactory, TransportRequest } from "./transport/transport.js";

export interface ConnectionOwner {
  readonly options: ClientOptions;
  readonly counters: Counters;
  readonly rtt: RttEstimator;
  /** The client's clock, in seconds; never goes backwards. */
  now(): number;
  /** The handshake is done: time to write what has to go first. Not the moment to call the game. */
  engineOpened(connection: Connection, handshake: Handshake, now: number): void;
}

export class Connection {
  readonly inbox: Inbox;
  readonly #owner: ConnectionOwner;
  readonly #engine = new EngineSession();
  readonly #decoder: SocketDecoder;
  #transport: Transport | null = null;
  #maxPayload: number;
  #over = false;
  #pongDue = false;
  #pausedAt = Number.NaN;
  /** No heartbeat is missed before this: pings may have waited in a paused socket. */
  #graceUntil = 0;

  constructor(owner: ConnectionOwner, latest: ReadonlySet<string>) {
    this.#owner = owner;
    const { max_attachments, max_payload, max_queued_bytes } = owner.options;
    this.#maxPayload = max_payload;
    this.#decoder = new SocketDecoder({ maxAttachments: max_attachments, maxPacketSize: max_queued_bytes });
    this.inbox = new Inbox(latest);
  }

  get handshake(): Handshake | null {
    return this.#engine.handshake;
  }

  get transportName(): string {
    return this.#transport?.name ?? "";
  }

  /** True while packets can be written. */
  get writable(): boolean {
    return !this.#over && this.#engine.state === EngineState.OPEN;
  }

  get bufferedAmount(): number {
    return this.#transport?.bufferedAmount ?? 0;
  }

  /** When it counts as dead unless a ping comes, in seconds. */
  get deadline(): number {
    // While we ourselves keep the socket paused its pings cannot arrive.
    return this.#pausedAt >= 0 ? Infinity : Math.max(this.#engine.deadline, this.#graceUntil);
  }

  open(factory: TransportFactory, request: TransportRequest): void {
    const handler = {
      received: (frame: Frame) => this.#received(frame),
      closed: (reason: DisconnectReason, message: string) => this.fail(reason, message),
    };
    try {
      this.#transport = factory(request, handler);
    } catch (error) {
      this.fail("transport error", `cannot connect to ${request.url}: ${(error as Error)?.message ?? error}`);
    }
    // It may have failed while the factory ran.
    if (this.#over) this.#transport?.close();
  }

  /** Writes frames in one go, unless the peer has been silent for so long that it counts as dead. */
  send(frames: readonly OutFrame[], now: number): void {
    if (now >= this.deadline) {
      this.fail("ping timeout", "no ping came from the server in time");
      return;
    }
    const { counters } = this.#owner;
    for (const frame of frames) {
      counters.bytes_sent += typeof frame === "string" ? frame.length : "size" in frame ? frame.size : frame.byteLength;
    }
    this.#transport?.send(frames);
  }

  /** Answers a ping that was left to the poll. */
  answerPing(now: number): void {
    if (!this.#pongDue || !this.writable) return;
    this.#pongDue = false;
    this.send([EnginePacketType.PONG], now);
    this.#engine.answered(now);
  }

  /** After a poll has emptied the inbox as far as it would: reads on, or gives up when it cannot keep up. */
  relieve(now: number): void {
    if (!(this.#pausedAt >= 0) || this.#over) return;
    const { max_queued_packets, max_queued_bytes } = this.#owner.options;
    const pingTimeout = this.#engine.handshake?.pingTimeout ?? 0;
    if (this.inbox.length <= max_queued_packets / 2 && this.inbox.bytes <= max_queued_bytes / 2) {
      this.#pausedAt = Number.NaN;
      this.#graceUntil = now + pingTimeout / 2;
      this.#transport?.resume?.();
    } else if (now - this.#pausedAt >= pingTimeout / 2) {
      this.#overflow();
    }
  }

  /** Ends the connection and puts that into the inbox, behind what arrived before. */
  fail(reason: DisconnectReason, message: string): void {
    if (this.#over) return;
    this.dispose();
    this.inbox.pushNews({ kind: "close", reason, message });
  }

  /** Ends the connection without a word to its inbox. */
  dispose(): void {
    if (this.#over) return;
    this.#over = true;
    this.#engine.close();
    this.#transport?.close();
  }

  #received(frame: Frame): void {
    if (this.#over) return;
    const { counters } = this.#owner;
    const size = typeof frame === "string" ? frame.length : frame.byteLength;
    counters.bytes_received += size;
    try {
      if (size > this.#maxPayload) {
        throw new ProtocolError(`a message of ${size} bytes is larger than max_payload, ${this.#maxPayload}`);
      }
      const now = this.#owner.now();
      if (typeof frame !== "string") {
        this.#enqueue(this.#decoder.receiveBinary(frame, now));
        return;
      }
      const input = this.#engine.receive(frame, now);
      if (input === "message") this.#enqueue(this.#decoder.receiveText(frame, now));
      else if (input === "ping") this.#pinged(now);
      else if (input === "open") this.#opened(now);
      else if (input === "close") this.fail("transport close", "the server closed the session");
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fail("parse error", error.message);
    }
  }

  #opened(now: number): void {
    const handshake = this.#engine.handshake as Handshake;
    if (Number.isFinite(handshake.maxPayload)) this.#maxPayload = Math.max(this.#maxPayload, handshake.maxPayload);
    this.inbox.pushNews({ kind: "open" });
    this.#owner.engineOpened(this, handshake, now);
  }

  #pinged(now: number): void {
    this.#owner.rtt.add(this.#engine.roundTripOfPing(now));
    this.#pongDue = true;
    if (this.#owner.options.heartbeat === "arrival") this.answerPing(now);
  }

  #enqueue(packet: RawPacket | null): void {
    if (packet === null) return;
    const { inbox } = this;
    const { counters } = this.#owner;
    counters.packets_received++;
    if (inbox.push(packet)) counters.events_skipped++;
    const { max_queued_packets, max_queued_bytes } = this.#owner.options;
    const fill = Math.max(inbox.length / max_queued_packets, inbox.bytes / max_queued_bytes);
    if (fill < 1) return;
    if (this.#transport?.pause === undefined) this.#overflow();
    else if (!(this.#pausedAt >= 0)) {
      this.#pausedAt = packet.time;
      this.#transport.pause();
    } else if (fill >= 2) {
      // A paused socket still hands over what it had read; more than this is no such rest.
      this.#overflow();
    }
  }

  #overflow(): void {
    const { length, bytes } = this.inbox;
    this.fail(
      "inbound overflow",
      `${length} packets (${bytes} bytes) wait for poll(): poll more often, or use EVENT_LATEST`,
    );
  }
}
