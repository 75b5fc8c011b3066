/*
 * The sending half of a session: emits, the offline buffer, acknowledgements, at-least-once. What is written dies with the
 * connection, except for what a namespace keeps for the next one. `SocketSession` adds the joining and the receiving.
 */
import { type Attachment, type Frames, fitsPayload, frameSize } from "./attachments.js";
import { type Codec, encodeMessage } from "./codec.js";
import {
  ERR_BUSY,
  ERR_CONNECTION_ERROR,
  ERR_OUT_OF_MEMORY,
  ERR_PARAMETER_RANGE_ERROR,
  ERR_TIMEOUT,
  ERR_UNAVAILABLE,
  ERR_UNCONFIGURED,
  OK,
} from "./codes.js";
import { ACK, EVENT } from "./constants.js";
import type { Deadlines } from "./deadlines.js";
import { CONNECTED, DISCONNECTED, type NamespaceSession, NOTHING, withItem } from "./namespace-session.js";
import { type AckCode, type AckHandler, isText, type Outgoing, type OutPacket } from "./out-packet.js";
import type { RttEstimator } from "./rtt.js";
import { contentOf, encodePacket } from "./socket-packet.js";

export interface DeliveryOptions {
  readonly offline: "buffer" | "drop" | "error";
  readonly retries: number;
  readonly max_buffered_packets: number;
  /** Of one packet: a server closes the connection for one that has more than it takes. */
  readonly max_attachments: number;
  /** The form of the packets; `null` or none for the built-in one. */
  readonly codec?: Codec | null;
}

type EmitCode =
  | typeof OK
  | typeof ERR_BUSY
  | typeof ERR_OUT_OF_MEMORY
  | typeof ERR_PARAMETER_RANGE_ERROR
  | typeof ERR_UNAVAILABLE
  | typeof ERR_UNCONFIGURED;

/** What is told of packets that were accepted. */
export interface DeliverySink {
  /** A packet that was accepted offline is larger than this server takes. */
  undeliverable(namespace: NamespaceSession, message: string): void;
  /** Set, not told: why a packet was refused. */
  lastError: string;
  /** Asked, not told: how many bytes the transport has still to write; `Infinity` without a connection that can be written to. */
  readonly backlog: number;
}

function outPacket(
  namespace: NamespaceSession,
  frames: Frames,
  left = 0,
  ack: AckHandler | null = null,
  timeout = 0,
  id = -1,
  takesTurn = false,
): OutPacket {
  return { namespace, content: frames, ack, timeout, id, takesTurn, left, sentAt: Infinity, deadline: null };
}

export abstract class Delivery<
  Options extends DeliveryOptions = DeliveryOptions,
  Sink extends DeliverySink = DeliverySink,
> {
  /** The server's limit for one message, bytes. */
  protected maxPayload = Infinity;
  /** Whether binary is written as base64, which takes more of that limit. */
  base64 = false;
  /** What is to be written, in order. Nearly all of it are plain strings. */
  protected outbox: Outgoing[] = [];
  /** How many packets were written. */
  packetsSent = 0;
  /** How many acknowledgements are awaited. */
  acksPending = 0;

  constructor(
    public options: Options,
    readonly deadlines: Deadlines,
    readonly rtt: RttEstimator,
    readonly sink: Sink,
  ) {}

  protected abstract namespaceOf(packet: Outgoing): NamespaceSession;

  // Output

  get hasOutput(): boolean {
    return this.outbox.length > 0;
  }

  /**
   * Takes the frames that are written at `now`.
   * @param most packets
   * @param tell gets the frames of each packet
   */
  output(now: number, most: number, tell: ((frames: Frames) => void) | null): readonly (string | Attachment)[] {
    let packets = this.outbox;
    if (most < packets.length) packets = packets.splice(0, most);
    else this.outbox = [];
    this.packetsSent += packets.length;
    const frames: (string | Attachment)[] = [];
    for (const packet of packets) {
      if (!isText(packet)) {
        packet.left--;
        packet.sentAt = packet.sentAt === Infinity ? now : NaN;
      }
      const written = contentOf(packet);
      if (typeof written === "string") frames.push(written);
      else frames.push(...written);
      tell?.(written);
    }
    return frames;
  }

  // Commands

  /**
   * Sends an event, or keeps it until it can be sent, as the option `offline` says. `ack` is called exactly
   * once if the result is OK: `timeout` seconds after it was emitted, or sent for the last time, at the latest.
   * @throws TypeError when `data` cannot be encoded; nothing has changed then.
   */
  emit(
    namespace: NamespaceSession,
    event: string,
    data: readonly unknown[],
    now: number,
    ack: AckHandler | null = null,
    timeout = 0,
  ): EmitCode {
    const { offline, retries, max_buffered_packets } = this.options;
    const id = ack ? namespace.nextAckId : -1;
    const frames = this.encode(EVENT, namespace, data.length === 1 ? [event, data[0]] : [event, ...data], id);
    // Read now: a `toJSON` in the data may have emitted as well.
    const { state } = namespace;
    if (state === DISCONNECTED) return ERR_UNCONFIGURED;
    // It has asked as well, and has taken the id.
    if (ack && id !== namespace.nextAckId) return ERR_BUSY;
    if (!this.#fits(frames)) return ERR_PARAMETER_RANGE_ERROR;
    const isUp = state === CONNECTED;
    if (!isUp && offline === "error") return ERR_UNAVAILABLE;
    const isKept = isUp || offline === "buffer";
    const takesTurn = isKept && ack !== null && retries > 0;
    const waits = takesTurn || (isKept && !isUp);
    // What is written to a connection that has ended, of which the game has not heard, will wait as well.
    const isFull = waits
      ? namespace.queue.length >= max_buffered_packets
      : this.outbox.length >= max_buffered_packets && this.sink.backlog === Infinity;
    if (isFull) return ERR_OUT_OF_MEMORY;
    let packet: Outgoing;
    if (!ack && typeof frames === "string") packet = frames;
    else {
      packet = outPacket(namespace, frames, takesTurn ? 1 + retries : isKept ? 1 : 0, ack, timeout, id, takesTurn);
      if (ack) {
        namespace.nextAckId++;
        namespace.acks ??= new Map();
        namespace.acks.set(id, packet);
        this.acksPending++;
        if (!takesTurn) this.#expect(packet, now);
      }
    }
    if (waits) this.#keep(namespace, packet);
    else if (isUp) this.#put(packet);
    if (takesTurn && namespace.queue.length === 1) this.#sendNext(namespace, now);
    return OK;
  }

  /**
   * Sends an event if its namespace is joined and the caller finds the transport writable; otherwise it is lost.
   * @throws TypeError when `data` cannot be encoded.
   */
  emitVolatile(namespace: NamespaceSession, event: string, data: readonly unknown[], writable: boolean): EmitCode {
    const frames = this.encode(EVENT, namespace, [event, ...data]);
    if (namespace.state === DISCONNECTED) return ERR_UNCONFIGURED;
    return namespace.state === CONNECTED && writable ? this.#sendNow(namespace, frames) : ERR_BUSY;
  }

  /**
   * Answers an event of the connection `generation`; `ERR_UNAVAILABLE` when that is over: a late answer would make the server
   * close the whole connection.
   * @throws TypeError when `data` cannot be encoded.
   */
  reply(namespace: NamespaceSession, generation: number, id: number, data: readonly unknown[]): EmitCode {
    const frames = this.encode(ACK, namespace, data, id);
    return namespace.generation === generation ? this.#sendNow(namespace, frames) : ERR_UNAVAILABLE;
  }

  /** Drops what waits in the queue; who waits for an answer is told. Returns how many packets it were. */
  clearBuffer(namespace: NamespaceSession): number {
    const { queue, state } = namespace;
    // While it is joined, the first is on its way.
    const sent = state === CONNECTED ? 1 : 0;
    const dropped = queue.slice(sent);
    namespace.queue = queue.slice(0, sent);
    this.fail(dropped);
    return dropped.length;
  }

  // For the session

  /**
   * The frames of a packet.
   * @throws TypeError when `payload` cannot be encoded
   */
  protected encode(type: number, { path }: NamespaceSession, data?: unknown, id = -1): Frames {
    const { codec } = this.options;
    return codec ? [encodeMessage(codec, { type, namespace: path, id, data })] : encodePacket(type, path, id, data);
  }

  /** Writes what nobody waits for and what dies with the connection. */
  protected write(namespace: NamespaceSession, frames: Frames): OutPacket {
    const packet = outPacket(namespace, frames);
    this.#put(packet);
    return packet;
  }

  /** The connection is gone: what was not written goes back to those who keep it. */
  protected takeBack(): void {
    for (const packet of this.outbox) {
      const namespace = this.namespaceOf(packet);
      if (!isText(packet) && (packet.takesTurn || packet.left === 0)) continue;
      if (namespace.state === CONNECTED && this.options.offline === "buffer") this.#keep(namespace, packet);
      else if (!isText(packet)) packet.left = 0;
    }
    this.outbox = [];
  }

  /** The namespace is not joined any more: for what is written all the same the server would close the whole connection. */
  protected discard(namespace: NamespaceSession): void {
    this.outbox = this.outbox.filter((packet) => this.namespaceOf(packet) !== namespace);
  }

  /** The namespace is joined: sends what waited for that. */
  protected resume(namespace: NamespaceSession, now: number): void {
    const left = namespace.queue.filter((packet) => {
      // It was accepted before this server had said how much it takes. That is told when it has been told that it is joined.
      if (!this.#fits(contentOf(packet))) {
        // That of this packet: until it is told, another one may be refused.
        const { lastError } = this.sink;
        this.deadlines.add(now, () => {
          this.sink.undeliverable(namespace, lastError);
          this.fail([packet]);
        });
      } else if (!isText(packet) && packet.takesTurn) return true;
      else this.outbox.push(packet);
      return false;
    });
    namespace.queue = left.length > 0 ? left : NOTHING;
    this.#sendNext(namespace, now);
  }

  /**
   * The namespace is down, for good if `final`; otherwise what may still be written waits for the next connection. Returns what
   * cannot be acknowledged any more, and is to `fail`.
   */
  protected interrupt(namespace: NamespaceSession, final: boolean): OutPacket[] {
    if (final) namespace.queue = NOTHING;
    return [...(namespace.acks?.values() ?? NOTHING)].filter((packet) => {
      // It has no time to lose before it is sent again.
      if (packet.takesTurn) this.deadlines.cancel(packet.deadline);
      packet.sentAt = Infinity;
      return final || packet.left <= 0;
    });
  }

  /** Nobody will answer these any more. */
  protected fail(packets: readonly Outgoing[]): void {
    for (const packet of packets) if (!isText(packet)) this.#settle(packet, [], ERR_CONNECTION_ERROR, NaN);
  }

  /** An acknowledgement is here. */
  protected answered(namespace: NamespaceSession, id: number, data: unknown[], time: number): void {
    const asked = namespace.acks?.get(id);
    // Unknown: it was answered before, or came too late. Not sent: the server invented it.
    if (!asked || asked.sentAt === Infinity) return;
    this.rtt.add(time - asked.sentAt);
    this.#settle(asked, data, OK, time);
  }

  /** The acknowledgement is here, or will not come; its turn is over. Nothing happens the second time. */
  #settle(packet: OutPacket, data: unknown[], code: AckCode, now: number): void {
    const { namespace } = packet;
    if (!namespace.acks?.delete(packet.id)) return;
    this.acksPending--;
    // A Map that lives on is dear: V8 makes it anew again and again, and each is kept alive by the one before.
    if (namespace.acks.size === 0) namespace.acks = null;
    this.deadlines.cancel(packet.deadline);
    if (namespace.queue[0] === packet) {
      namespace.queue.shift();
      this.#sendNext(namespace, now);
    }
    packet.ack!(data, code);
  }

  #expect(packet: OutPacket, now: number): void {
    packet.deadline = this.deadlines.add(now + packet.timeout, (late) => this.#expired(packet, late));
  }

  #expired(packet: OutPacket, now: number): void {
    const { namespace } = packet;
    if (packet.takesTurn && packet.left > 0) {
      // The id stays the same, so an answer to an earlier copy counts, and the answer to a later one is ignored.
      this.#sendNext(namespace, now);
      return;
    }
    // What was not sent yet is not sent any more: the caller is told that it failed.
    if (packet.sentAt === Infinity) {
      // Most often it is the first: thousands may expire at once.
      for (const list of [namespace.queue, this.outbox]) {
        const index = list.indexOf(packet);
        if (index >= 0) list.splice(index, 1);
      }
    }
    this.#settle(packet, [], ERR_TIMEOUT, now);
  }

  /** Sends the first packet of those that take turns. One at a time, so that order is kept. */
  #sendNext(namespace: NamespaceSession, now: number): void {
    const [packet] = namespace.queue as OutPacket[];
    if (!packet || namespace.state !== CONNECTED) return;
    this.#expect(packet, now);
    // One that is not written yet needs no copy.
    if (!this.outbox.includes(packet)) this.#put(packet);
  }

  /** Keeps a packet for the next connection, the answer to CONNECT, or its turn. */
  #keep(namespace: NamespaceSession, packet: Outgoing): void {
    // Until it is read, a text consists of the parts that it was made of, and takes half as much again.
    if (isText(packet)) packet.charCodeAt(0);
    namespace.queue = withItem(namespace.queue, packet);
  }

  #put(packet: Outgoing): void {
    this.outbox.push(packet);
  }

  /** Whether the server takes a packet; if not, `lastError` says why. */
  #fits(frames: Frames): boolean {
    const { max_attachments } = this.options;
    const hasMany = Array.isArray(frames) && frames.length > max_attachments + 1;
    if (!hasMany && fitsPayload(frames, this.maxPayload, this.base64)) return true;
    const frame = [frames].flat()[0]!;
    const text = typeof frame === "string" ? frame.slice(0, 80) : `${frameSize(frame)} bytes`;
    const limit = hasMany ? `${max_attachments} attachments (max_attachments)` : `${this.maxPayload} bytes`;
    this.sink.lastError = `a packet is larger than the limit of ${limit}: ${text}`;
    return false;
  }

  #sendNow(namespace: NamespaceSession, frames: Frames): EmitCode {
    if (!this.#fits(frames)) return ERR_PARAMETER_RANGE_ERROR;
    this.write(namespace, frames);
    return OK;
  }
}
