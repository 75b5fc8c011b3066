/*
 * The sending half of a session: emits, the offline buffer, acknowledgements, at-least-once. What is written dies with the
 * connection, except for what a namespace keeps for the next one. `SocketSession` adds the joining and the receiving.
 */
import { AckTable } from "./ack-table.js";
import { type Frames, fitsPayload, frameSize } from "./attachments.js";
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
import {
  type AckCode,
  type AckHandler,
  CONNECTED,
  DISCONNECTED,
  type NamespaceSession,
  NOTHING,
  type Outgoing,
  type OutPacket,
  withItem,
} from "./namespace-session.js";
import { framesOf, isText, Outbox } from "./outbox.js";
import { violation } from "./protocol-error.js";
import type { RttEstimator } from "./rtt.js";
import { encodePacket, type PacketSource, readAck } from "./socket-packet.js";

export interface DeliveryOptions {
  readonly offline: "buffer" | "drop" | "error";
  readonly retries: number;
  readonly max_buffered_packets: number;
  /** The form of the packets; `null` or none for the built-in one. */
  readonly codec?: Codec | null;
}

export type EmitCode =
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
}

function outPacket(
  namespace: NamespaceSession,
  frames: Frames,
  kept: boolean,
  ack: AckHandler | null,
  timeout: number,
  id: number,
  written?: (now: number) => void,
): OutPacket {
  return { namespace, frames, kept, ack, timeout, id, resends: -1, copies: 0, sentAt: NaN, deadline: null, written };
}

export abstract class Delivery<
  Options extends DeliveryOptions = DeliveryOptions,
  Sink extends DeliverySink = DeliverySink,
> {
  /** The server's limit for one message, bytes. */
  protected maxPayload = Infinity;
  /** Whether binary is written as base64, which takes more of that limit. */
  base64 = false;
  readonly outbox = new Outbox();
  /** What happens when an acknowledgement is late: one function for all of them, made with the first. */
  #expire: ((now: number, packet: OutPacket) => void) | null = null;

  constructor(
    public options: Options,
    readonly deadlines: Deadlines,
    readonly rtt: RttEstimator,
    readonly sink: Sink,
  ) {}

  protected abstract namespaceOf(packet: Outgoing): NamespaceSession;

  get hasOutput(): boolean {
    return !this.outbox.isEmpty;
  }

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
    const asks = ack !== null;
    const id = asks ? namespace.nextAckId : -1;
    const frames = this.encode(EVENT, namespace, id, data.length === 1 ? [event, data[0]] : [event, ...data]);
    // Read now: a `toJSON` in the data may have emitted as well.
    const { state, buffer, retryQueue } = namespace;
    if (state === DISCONNECTED) return ERR_UNCONFIGURED;
    if (!this.#fits(frames)) return ERR_PARAMETER_RANGE_ERROR;
    const connected = state === CONNECTED;
    if (!connected && offline === "error") return ERR_UNAVAILABLE;
    const dropped = !connected && offline === "drop";
    const retried = asks && retries > 0 && !dropped;
    if (!dropped && (retried ? retryQueue : buffer).length >= max_buffered_packets) return ERR_OUT_OF_MEMORY;
    let packet: Outgoing;
    if (!asks && typeof frames === "string") packet = frames;
    else {
      packet = outPacket(namespace, frames, !retried && !dropped, ack, timeout, id);
      if (asks) namespace.nextAckId++;
      if (retried) {
        packet.resends = retries;
        namespace.retryQueue = withItem(retryQueue, packet);
        if (namespace.retryQueue.length === 1) this.#sendRetry(namespace, now);
        return OK;
      }
      if (asks) this.#expect(packet, now);
    }
    if (connected) this.#put(packet);
    else if (!dropped) this.#keep(namespace, packet);
    return OK;
  }

  /**
   * Sends an event if its namespace is joined and the caller finds the transport writable; otherwise it is lost.
   * @throws TypeError when `data` cannot be encoded.
   */
  emitVolatile(namespace: NamespaceSession, event: string, data: readonly unknown[], writable: boolean): EmitCode {
    const frames = this.encode(EVENT, namespace, -1, [event, ...data]);
    if (namespace.state === DISCONNECTED) return ERR_UNCONFIGURED;
    return namespace.state === CONNECTED && writable ? this.#sendNow(namespace, frames) : ERR_BUSY;
  }

  /**
   * Answers an event of the connection `generation`; `ERR_UNAVAILABLE` when that is over: a late answer would make the server
   * close the whole connection.
   * @throws TypeError when `data` cannot be encoded.
   */
  reply(namespace: NamespaceSession, generation: number, id: number, data: readonly unknown[]): EmitCode {
    const frames = this.encode(ACK, namespace, id, data);
    return namespace.generation === generation ? this.#sendNow(namespace, frames) : ERR_UNAVAILABLE;
  }

  /**
   * Drops what waits for the namespace to be joined, or for its turn in the retry queue; who waits for an answer is told.
   * Returns how many packets it were.
   */
  clearBuffer(namespace: NamespaceSession): number {
    const { buffer, retryQueue, state } = namespace;
    // The first of the queue is on its way.
    const sent = retryQueue.slice(0, state === CONNECTED ? 1 : 0);
    const dropped = [...buffer, ...retryQueue.slice(sent.length)];
    namespace.buffer = NOTHING;
    namespace.retryQueue = sent;
    for (const packet of dropped) this.#forget(packet);
    this.tellFailed(dropped);
    return dropped.length;
  }

  // For the session

  /**
   * The frames of a packet. `json` stands for a payload that is encoded as JSON already.
   * @throws TypeError when `payload` cannot be encoded
   */
  protected encode(type: number, { path }: NamespaceSession, id: number, payload: unknown, json = ""): Frames {
    const { codec } = this.options;
    if (!codec) return encodePacket(type, path, id, payload, json);
    return [encodeMessage(codec, { type, namespace: path, id, data: json ? JSON.parse(json) : payload })];
  }

  /** The connection is gone: what was not written goes back to those who keep it. */
  protected takeBack(): void {
    for (const packet of this.outbox.take()) {
      const namespace = this.namespaceOf(packet);
      const isKept = isText(packet) || packet.kept;
      if (isKept && namespace.state === CONNECTED && this.options.offline === "buffer") this.#keep(namespace, packet);
      else if (!isText(packet)) packet.kept = false;
    }
  }

  /** The namespace is not joined any more: for what is written all the same the server would close the whole connection. */
  protected discard(namespace: NamespaceSession): void {
    this.outbox.filter((packet) => this.namespaceOf(packet) !== namespace);
  }

  /** The namespace is joined: sends what waited for that. Returns what this server does not take; `tellTooLarge` tells of it. */
  protected resume(namespace: NamespaceSession, now: number): readonly Outgoing[] {
    // A packet was accepted before this server had said how much it takes.
    const tooLarge: Outgoing[] = [];
    const fits = (packet: Outgoing): boolean => {
      if (this.#fits(framesOf(packet))) return true;
      this.#forget(packet);
      tooLarge.push(packet);
      return false;
    };
    const { buffer, retryQueue } = namespace;
    const areSmall = namespace.largest <= this.maxPayload;
    for (const packet of buffer) if (areSmall || fits(packet)) this.outbox.push(packet);
    namespace.largest = 0;
    if (retryQueue.length > 0) namespace.retryQueue = retryQueue.filter(fits);
    namespace.buffer = NOTHING;
    this.#sendRetry(namespace, now);
    return tooLarge;
  }

  protected tellTooLarge(namespace: NamespaceSession, packets: readonly Outgoing[]): void {
    for (const packet of packets) {
      const frame = [framesOf(packet)].flat()[0]!;
      const text = typeof frame === "string" ? frame.slice(0, 80) : `${frameSize(frame)} bytes`;
      const message = `a packet is larger than the server's limit of ${this.maxPayload} bytes: ${text}`;
      this.sink.undeliverable(namespace, message);
      this.tellFailed([packet]);
    }
  }

  /**
   * The namespace is down, for good if `final`; otherwise what was never written waits for the next connection. Returns the
   * acknowledgements that cannot come any more, and are to be told so.
   */
  protected interrupt(namespace: NamespaceSession, final: boolean): OutPacket[] {
    const failed: OutPacket[] = [];
    for (const packet of namespace.asked()) {
      // It is in the buffer.
      if (!final && packet.kept && packet.copies === 0) continue;
      this.#forget(packet);
      // The next connection sends it again, which is one of its resends if it had been written on this one.
      if (packet.copies > 0) packet.resends--;
      packet.copies = 0;
      if (final || packet.resends < 0) failed.push(packet);
    }
    if (final) namespace.buffer = namespace.retryQueue = NOTHING;
    // No other of them can have been sent.
    else if (failed.includes(namespace.retryQueue[0]!)) namespace.retryQueue.shift();
    return failed;
  }

  protected tellFailed(packets: readonly Outgoing[]): void {
    for (const packet of packets) if (!isText(packet) && packet.ack !== null) packet.ack([], ERR_CONNECTION_ERROR);
  }

  protected receiveAck(
    namespace: NamespaceSession,
    text: PacketSource,
    attachments: (Uint8Array | undefined)[],
    id: number,
    end: number,
    time: number,
  ): void {
    if (id < 0) violation("an acknowledgement with an id", text);
    const data = readAck(text, end, attachments);
    const asked = namespace.acks?.get(id);
    // Unknown: it was answered before, or came too late. Not sent: the server invented it.
    if (!asked?.copies) return;
    if (asked.copies === 1) this.rtt.add(time - asked.sentAt);
    this.#settle(asked, data, OK, time);
  }

  /** The acknowledgement is here, or will not come; its turn in the retry queue is over. */
  #settle(packet: OutPacket, data: unknown[], code: AckCode, now: number): void {
    const { namespace } = packet;
    if (namespace.retryQueue[0] === packet) {
      namespace.retryQueue.shift();
      this.#sendRetry(namespace, now);
    }
    this.#forget(packet);
    packet.ack!(data, code);
  }

  #forget(packet: Outgoing): void {
    if (isText(packet)) return;
    this.deadlines.cancel(packet.deadline);
    packet.namespace.acks?.delete(packet);
  }

  #expect(packet: OutPacket, now: number): void {
    const { namespace } = packet;
    namespace.acks ??= new AckTable();
    namespace.acks.add(packet);
    this.#expire ??= (late, subject) => this.#expired(subject, late);
    packet.deadline = this.deadlines.add(now + packet.timeout, this.#expire, packet);
  }

  #expired(packet: OutPacket, now: number): void {
    const { namespace } = packet;
    if (packet.resends > 0) {
      // One that is not written yet needs no copy: its time begins anew.
      if (packet.copies === 0) this.#expect(packet, now);
      else {
        packet.resends--;
        this.#sendRetry(namespace, now);
      }
      return;
    }
    // What was not sent yet is not sent any more: the caller is told that it failed.
    const isOther = (other: Outgoing) => other !== packet;
    if (packet.copies === 0) {
      namespace.buffer = namespace.buffer.filter(isOther);
      this.outbox.filter(isOther);
    }
    this.#settle(packet, [], ERR_TIMEOUT, now);
  }

  /** Sends the first packet of the retry queue, for the first time or again. One at a time, so that order is kept. */
  #sendRetry(namespace: NamespaceSession, now: number): void {
    const packet = namespace.retryQueue[0];
    if (!packet || namespace.state !== CONNECTED) return;
    // The id stays the same, so an answer to an earlier copy counts, and the answer to a later one is ignored.
    this.#expect(packet, now);
    this.#put(packet);
  }

  /** Keeps a packet for the next connection, or the answer to CONNECT. */
  #keep(namespace: NamespaceSession, packet: Outgoing): void {
    // Until it is read, a text consists of the parts that it was made of, and takes half as much again.
    if (isText(packet)) packet.charCodeAt(0);
    namespace.largest = Math.max(namespace.largest, isText(packet) ? 3 * packet.length : Infinity);
    namespace.buffer = withItem(namespace.buffer, packet);
  }

  #put(packet: Outgoing): void {
    this.outbox.push(packet);
  }

  #fits(frames: Frames): boolean {
    return fitsPayload(frames, this.maxPayload, this.base64);
  }

  #sendNow(namespace: NamespaceSession, frames: Frames): EmitCode {
    if (!this.#fits(frames)) return ERR_PARAMETER_RANGE_ERROR;
    this.write(namespace, frames);
    return OK;
  }

  /** Writes what nobody waits for and what dies with the connection. */
  protected write(namespace: NamespaceSession, frames: Frames, written?: (now: number) => void): void {
    this.#put(outPacket(namespace, frames, false, null, 0, -1, written));
  }
}
