/*
 * Socket.IO 5 over one engine at a time: namespaces, events, acknowledgements, recovery, at-least-once.
 *
 * Sans-IO: packets and `now` (seconds) go in; packets to write and deadlines come out, and `SessionSink` is told what
 * happened. It is told last, when everything here is in its new state, so it may call any command at once. Methods come in
 * three kinds: input (`open`, `receive`, `close`), commands (`connect`, `disconnect`, `emit`, `reply` …), output (`takeOutput`).
 *
 * Order on connect: what the server sent before its answer is seen after `connected`; the offline buffer leaves first,
 * then the retry queue, then what is emitted from then on. So emits leave in the order in which they were called.
 */
import { fitsPayload, restoreAttachments } from "./attachments.js";
import {
  ERR_BUSY,
  ERR_CONNECTION_ERROR,
  ERR_OUT_OF_MEMORY,
  ERR_PARAMETER_RANGE_ERROR,
  ERR_TIMEOUT,
  ERR_UNAUTHORIZED,
  ERR_UNAVAILABLE,
  ERR_UNCONFIGURED,
  OK,
} from "./codes.js";
import { ACK, BINARY, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, REJOIN_DELAY } from "./constants.js";
import type { Deadlines } from "./deadlines.js";
import {
  type AckRequest,
  CONNECTED,
  CONNECTING,
  DISCONNECTED,
  type Frames,
  NamespaceSession,
  type NamespaceState,
  type OutPacket,
} from "./namespace-session.js";
import { violation } from "./protocol-error.js";
import type { RttEstimator } from "./rtt.js";
import type { RawPacket } from "./socket-decoder.js";
import {
  encodePacket,
  type PacketHeader,
  peekEventName,
  readAck,
  readConnect,
  readEvent,
  readHeader,
  readRefusal,
} from "./socket-packet.js";

export interface SessionOptions {
  readonly offline: "buffer" | "drop" | "error";
  readonly retries: number;
  readonly max_buffered_packets: number;
  readonly max_queued_packets: number;
  readonly max_queued_bytes: number;
  readonly connect_timeout: number;
}

export type EmitCode =
  | typeof OK
  | typeof ERR_BUSY
  | typeof ERR_OUT_OF_MEMORY
  | typeof ERR_PARAMETER_RANGE_ERROR
  | typeof ERR_UNAVAILABLE
  | typeof ERR_UNCONFIGURED;

export type AckCode = typeof OK | typeof ERR_TIMEOUT | typeof ERR_CONNECTION_ERROR;

/** What is told to the side that plays the game. */
export interface SessionSink<Owner> {
  connected(namespace: NamespaceSession<Owner>): void;
  disconnected(namespace: NamespaceSession<Owner>, reason: string): void;
  /** A join failed: the server refused it, or `code` is `ERR_TIMEOUT`. */
  refused(
    namespace: NamespaceSession<Owner>,
    message: string,
    code: typeof ERR_UNAUTHORIZED | typeof ERR_TIMEOUT,
    data?: unknown,
  ): void;
  /** `ackId` is -1 when the server wants no acknowledgement. */
  event(namespace: NamespaceSession<Owner>, event: string, data: unknown[], ackId: number): void;
  /** Exactly once for each acknowledged emit that was accepted; `data` is empty unless `code` is `OK`. */
  acknowledged(owner: Owner, data: unknown[], code: AckCode): void;
  /** A packet that was accepted offline is larger than this server takes. */
  undeliverable(namespace: NamespaceSession<Owner>, message: string): void;
}

const HEADER = {} as PacketHeader;

function outPacket<Owner>(
  namespace: NamespaceSession<Owner>,
  frames: Frames,
  kept: boolean,
  ack: AckRequest<Owner> | null,
  id: number,
  written?: (now: number) => void,
): OutPacket<Owner> {
  return { namespace, frames, kept, ack, id, resends: -1, copies: 0, sentAt: NaN, deadline: null, written };
}

export class SocketSession<Owner> {
  readonly #namespaces = new Map<string, NamespaceSession<Owner>>();
  #output: OutPacket<Owner>[] = [];
  #open = false;
  #maxPayload = Infinity;

  constructor(
    public options: SessionOptions,
    readonly deadlines: Deadlines,
    readonly rtt: RttEstimator,
    readonly sink: SessionSink<Owner>,
  ) {}

  get hasOutput(): boolean {
    return this.#output.length > 0;
  }

  get acksPending(): number {
    let pending = 0;
    for (const { acks, retryQueue } of this.#namespaces.values()) {
      // The first of the queue may be among the others.
      pending += new Set([...acks.values(), ...retryQueue]).size;
    }
    return pending;
  }

  /** True while any namespace is joined or being joined. */
  isWanted(): boolean {
    for (const { state } of this.#namespaces.values()) if (state !== DISCONNECTED) return true;
    return false;
  }

  /** The namespace of that path, made on first use. The path has been checked by `namespaceProblem`. */
  namespace(path: string): NamespaceSession<Owner> {
    let namespace = this.#namespaces.get(path);
    if (namespace === undefined) {
      namespace = new NamespaceSession(path);
      this.#namespaces.set(path, namespace);
    }
    return namespace;
  }

  // Input

  /**
   * The engine's session is open: joins every namespace that wants to be joined.
   * @param maxPayload the server's limit for one message, bytes
   */
  open(now: number, maxPayload: number): void {
    this.#open = true;
    this.#maxPayload = maxPayload;
    for (const namespace of this.#namespaces.values()) if (namespace.state === CONNECTING) this.#join(namespace, now);
  }

  /**
   * Takes one packet. `replayed` means that an event may be one that was received before the connection was lost.
   * @throws ProtocolError when the server broke the protocol; the caller closes the engine then.
   */
  receive(packet: RawPacket, replayed = false): void {
    const { text, time } = packet;
    const { type, id, end, namespace: path } = readHeader(text, HEADER);
    const namespace = this.#namespaces.get(path);
    if (namespace === undefined) return;
    const kind = type > CONNECT_ERROR ? type - BINARY : type;
    if (kind === EVENT) {
      if (namespace.state === CONNECTED) this.#receiveEvent(namespace, packet, id, end, replayed);
      else if (namespace.state === CONNECTING && !namespace.stale) this.#hold(namespace, packet);
    } else if (kind === CONNECT) this.#receiveConnect(namespace, packet, end);
    else if (kind === CONNECT_ERROR) {
      const { message, data } = readRefusal(text, end);
      this.#receiveRefusal(namespace, time, message, data);
    } else if (kind === DISCONNECT) {
      if (end < text.length) violation("a DISCONNECT without data", text);
      if (namespace.awaiting) this.#receiveRefusal(namespace, time, "the server disconnected the namespace");
      else if (namespace.state === CONNECTED) {
        // For what is not joined any more the server would close the whole connection.
        this.#output = this.#output.filter((out) => out.namespace !== namespace);
        this.#leave(namespace, "server disconnect");
      }
    } else this.#receiveAck(namespace, packet, id, end);
  }

  /**
   * The engine is gone. `final` means that no other will follow: every namespace goes to DISCONNECTED and everything
   * that still waited to be sent fails; otherwise what was joined or being joined waits for the next engine.
   */
  close(reason: string, final: boolean): void {
    this.#open = false;
    for (const packet of this.#output.splice(0)) {
      const { namespace, kept } = packet;
      if (kept && namespace.state === CONNECTED && this.options.offline === "buffer") namespace.buffer.push(packet);
    }
    const lost: NamespaceSession<Owner>[] = [];
    const failed: OutPacket<Owner>[] = [];
    for (const namespace of this.#namespaces.values()) {
      namespace.awaiting = namespace.leaving = namespace.stale = namespace.parting = false;
      this.deadlines.cancel(namespace.parted);
      if (namespace.state === CONNECTED) lost.push(namespace);
      if (namespace.state === DISCONNECTED) continue;
      // One by one: they may be more than fit into a call.
      for (const packet of this.#reset(namespace, final ? DISCONNECTED : CONNECTING)) failed.push(packet);
    }
    this.#tellFailed(failed);
    for (const namespace of lost) this.sink.disconnected(namespace, reason);
  }

  // Commands

  /** Wants the namespace joined, now or when the engine opens. `auth` is JSON, `""`, or `null` if `authorize` will bring it. */
  connect(namespace: NamespaceSession<Owner>, auth: string | null, now: number): void {
    namespace.auth = auth;
    namespace.state = CONNECTING;
    if (this.#open) this.#join(namespace, now);
  }

  /** Brings (or, with `null`, takes back) the auth that a join waits for. */
  authorize(namespace: NamespaceSession<Owner>, auth: string | null, now: number): void {
    namespace.auth = auth;
    if (this.#open) this.#sendConnect(namespace, now);
  }

  /** Gives up a join, as if the server had refused it. */
  refuse(
    namespace: NamespaceSession<Owner>,
    message: string,
    code: typeof ERR_UNAUTHORIZED | typeof ERR_TIMEOUT = ERR_UNAUTHORIZED,
    data?: unknown,
  ): void {
    // The answer may still come, and then the server has to be told that nobody waits for it.
    namespace.leaving = namespace.awaiting;
    namespace.stale ||= namespace.awaiting;
    this.#tellFailed(this.#reset(namespace, DISCONNECTED));
    this.sink.refused(namespace, message, code, data);
  }

  /** Leaves the namespace; nothing happens when it is not joined or being joined. */
  disconnect(namespace: NamespaceSession<Owner>): void {
    if (namespace.state === CONNECTED) this.#part(namespace);
    namespace.leaving = namespace.awaiting;
    namespace.stale ||= this.#open && (namespace.awaiting || namespace.state === CONNECTED);
    if (namespace.state !== DISCONNECTED) this.#leave(namespace, "client disconnect");
  }

  /** Writes DISCONNECT for every joined namespace, as the last words before the engine is closed. */
  sayGoodbye(): void {
    for (const namespace of this.#namespaces.values()) {
      if (namespace.state === CONNECTED) this.#part(namespace);
    }
  }

  /**
   * Sends an event, or keeps it until it can be sent, as the option `offline` says. With `ack`, its `owner` comes back
   * exactly once in `acknowledged` if the result is OK.
   * @throws TypeError when `data` cannot be encoded; nothing has changed then.
   */
  emit(
    namespace: NamespaceSession<Owner>,
    event: string,
    data: readonly unknown[],
    now: number,
    ack: AckRequest<Owner> | null = null,
  ): EmitCode {
    const { offline, retries, max_buffered_packets } = this.options;
    const { path, state, buffer, retryQueue, nextAckId } = namespace;
    const id = ack ? nextAckId : -1;
    const frames = encodePacket(EVENT, path, id, [event, ...data]);
    if (state === DISCONNECTED) return ERR_UNCONFIGURED;
    if (!fitsPayload(frames, this.#maxPayload)) return ERR_PARAMETER_RANGE_ERROR;
    const connected = state === CONNECTED;
    if (!connected && offline === "error") return ERR_UNAVAILABLE;
    const dropped = !connected && offline === "drop";
    const retried = ack !== null && retries > 0;
    if (!dropped && (retried ? retryQueue : buffer).length >= max_buffered_packets) return ERR_OUT_OF_MEMORY;
    namespace.nextAckId += ack ? 1 : 0;
    const packet = outPacket(namespace, frames, !retried, ack, id);
    if (retried && !dropped) {
      packet.resends = retries;
      if (retryQueue.push(packet) === 1) this.#sendRetry(namespace, now);
      return OK;
    }
    if (ack) this.#expect(namespace, packet, now);
    if (!dropped) (connected ? this.#output : buffer).push(packet);
    return OK;
  }

  /**
   * Sends an event if its namespace is joined and the caller finds the transport writable; otherwise it is lost.
   * @throws TypeError when `data` cannot be encoded.
   */
  emitVolatile(
    namespace: NamespaceSession<Owner>,
    event: string,
    data: readonly unknown[],
    writable: boolean,
  ): EmitCode {
    const frames = encodePacket(EVENT, namespace.path, -1, [event, ...data]);
    if (namespace.state === DISCONNECTED) return ERR_UNCONFIGURED;
    return namespace.state === CONNECTED && writable ? this.#sendNow(namespace, frames) : ERR_BUSY;
  }

  /**
   * Answers an event of the connection `generation`; `ERR_UNAVAILABLE` when that is over: a late answer would make the server
   * close the whole connection.
   * @throws TypeError when `data` cannot be encoded.
   */
  reply(namespace: NamespaceSession<Owner>, generation: number, id: number, data: readonly unknown[]): EmitCode {
    const frames = encodePacket(ACK, namespace.path, id, data);
    return namespace.generation === generation ? this.#sendNow(namespace, frames) : ERR_UNAVAILABLE;
  }

  // Output

  /** Takes the packets that are to be written at `now`, in order. */
  takeOutput(now: number): readonly OutPacket<Owner>[] {
    const output = this.#output;
    this.#output = [];
    for (const packet of output) {
      packet.copies++;
      packet.sentAt = now;
      packet.written?.(now);
    }
    return output;
  }

  // Joining and leaving

  #join(namespace: NamespaceSession<Owner>, now: number): void {
    namespace.wait = this.deadlines.add(now + this.options.connect_timeout, () => {
      const who = namespace.awaiting ? "the server did not answer the CONNECT" : "the auth function did not answer";
      this.refuse(namespace, `${who} in time`, ERR_TIMEOUT);
    });
    this.#sendConnect(namespace, now);
  }

  #sendConnect(namespace: NamespaceSession<Owner>, now: number): void {
    // Without auth it is too early; behind a join that was given up but not answered, it has to wait for that answer.
    const { state, auth, awaiting, parting } = namespace;
    if (state !== CONNECTING || auth === null || awaiting || parting) return;
    namespace.awaiting = true;
    namespace.connectSentAt = now;
    this.#write(namespace, encodePacket(CONNECT, namespace.path, -1, undefined, namespace.connectPayload()));
  }

  #receiveConnect(namespace: NamespaceSession<Owner>, packet: RawPacket, end: number): void {
    const { sid, pid } = readConnect(packet.text, end);
    if (!namespace.awaiting) return;
    namespace.awaiting = false;
    if (namespace.leaving) {
      namespace.leaving = false;
      this.#part(namespace);
      return;
    }
    this.deadlines.cancel(namespace.wait);
    this.rtt.add(packet.time - namespace.connectSentAt);
    namespace.established(sid, pid);
    namespace.stale = false;
    const { buffer, held, generation } = namespace;
    // A packet was accepted before this server had said how much it takes.
    const tooLarge: OutPacket<Owner>[] = [];
    const fits = (packet: OutPacket<Owner>): boolean => {
      if (fitsPayload(packet.frames, this.#maxPayload)) return true;
      this.#forget(namespace, packet);
      tooLarge.push(packet);
      return false;
    };
    this.#output = this.#output.concat(buffer.filter(fits));
    namespace.retryQueue = namespace.retryQueue.filter(fits);
    namespace.buffer = namespace.held = [];
    this.#sendRetry(namespace, packet.time);
    this.sink.connected(namespace);
    for (const packet of tooLarge) {
      const text = String(packet.frames[0]).slice(0, 80);
      this.sink.undeliverable(
        namespace,
        `a packet is larger than the server's limit of ${this.#maxPayload} bytes: ${text}`,
      );
      this.#tellFailed([packet]);
    }
    for (const early of held) {
      // A callback may have left the namespace meanwhile.
      if (namespace.generation !== generation) return;
      this.receive(early, namespace.recovered);
    }
  }

  #receiveRefusal(namespace: NamespaceSession<Owner>, now: number, message: string, data?: unknown): void {
    if (!namespace.awaiting) return;
    namespace.awaiting = false;
    if (namespace.leaving) {
      namespace.leaving = false;
      // It may be wanted again meanwhile.
      this.#sendConnect(namespace, now);
    } else this.refuse(namespace, message, ERR_UNAUTHORIZED, data);
  }

  /** Keeps an event that came before the answer to CONNECT. */
  #hold(namespace: NamespaceSession<Owner>, packet: RawPacket): void {
    const { max_queued_packets, max_queued_bytes } = this.options;
    namespace.heldBytes += packet.size;
    if (namespace.held.push(packet) > max_queued_packets || namespace.heldBytes > max_queued_bytes) {
      violation("the answer to CONNECT before so many events", packet.text);
    }
  }

  #leave(namespace: NamespaceSession<Owner>, reason: string): void {
    const wasConnected = namespace.state === CONNECTED;
    this.#tellFailed(this.#reset(namespace, DISCONNECTED));
    if (wasConnected) this.sink.disconnected(namespace, reason);
  }

  /** Takes a namespace down; returns the acknowledgements that cannot come any more, and are to be told so. */
  #reset(namespace: NamespaceSession<Owner>, next: NamespaceState): Iterable<OutPacket<Owner>> {
    this.deadlines.cancel(namespace.wait);
    namespace.state = next;
    namespace.sid = "";
    namespace.generation++;
    namespace.held = [];
    namespace.heldBytes = 0;
    const final = next === DISCONNECTED;
    // Leaving or being thrown out ends the session at the server; only a lost connection can be recovered.
    if (final) namespace.forgetRecovery();
    const buffered = new Set(final ? [] : namespace.buffer);
    const failed = new Set<OutPacket<Owner>>();
    for (const packet of namespace.acks.values()) {
      if (buffered.has(packet)) continue;
      this.#forget(namespace, packet);
      // The next connection sends it again, which is one of its resends if it had been written on this one.
      const again = packet.copies > 0 ? packet.resends-- > 0 : packet.resends >= 0;
      packet.copies = 0;
      if (!again) failed.add(packet);
    }
    if (final) {
      namespace.buffer = [];
      for (const packet of namespace.retryQueue) failed.add(packet);
    }
    namespace.retryQueue = namespace.retryQueue.filter((packet) => !failed.has(packet));
    return failed;
  }

  #tellFailed(packets: Iterable<OutPacket<Owner>>): void {
    for (const { ack } of packets) if (ack) this.sink.acknowledged(ack.owner, [], ERR_CONNECTION_ERROR);
  }

  // Events and acknowledgements

  #receiveEvent(
    namespace: NamespaceSession<Owner>,
    packet: RawPacket,
    ackId: number,
    end: number,
    replayed: boolean,
  ): void {
    if (namespace.pid === "") {
      const name = peekEventName(packet.text, end);
      if (name !== null && !namespace.isListening(name)) return;
    }
    const payload = readEvent(packet.text, end);
    restoreAttachments(payload, packet.attachments);
    const event = payload.shift() as string;
    if (ackId < 0 && !namespace.takeOffset(payload, replayed)) return;
    this.sink.event(namespace, event, payload, ackId);
  }

  #receiveAck(namespace: NamespaceSession<Owner>, packet: RawPacket, id: number, end: number): void {
    if (id < 0) violation("an acknowledgement with an id", packet.text);
    const data = readAck(packet.text, end);
    restoreAttachments(data, packet.attachments);
    const asked = namespace.acks.get(id);
    // Unknown: it was answered before, or came too late. Not sent: the server invented it.
    if (!asked?.copies) return;
    if (asked.copies === 1) this.rtt.add(packet.time - asked.sentAt);
    this.#settle(namespace, asked, data, OK, packet.time);
  }

  /** The acknowledgement is here, or will not come; its turn in the retry queue is over. */
  #settle(
    namespace: NamespaceSession<Owner>,
    packet: OutPacket<Owner>,
    data: unknown[],
    code: AckCode,
    now: number,
  ): void {
    if (namespace.retryQueue[0] === packet) {
      namespace.retryQueue.shift();
      this.#sendRetry(namespace, now);
    }
    this.#forget(namespace, packet);
    this.sink.acknowledged(packet.ack!.owner, data, code);
  }

  #forget({ acks }: NamespaceSession<Owner>, { deadline, id }: OutPacket<Owner>): void {
    this.deadlines.cancel(deadline);
    acks.delete(id);
  }

  #expect(namespace: NamespaceSession<Owner>, packet: OutPacket<Owner>, now: number): void {
    namespace.acks.set(packet.id, packet);
    packet.deadline = this.deadlines.add(now + packet.ack!.timeout, (late) => {
      if (packet.resends-- > 0) {
        this.#sendRetry(namespace, late);
        return;
      }
      // What was not sent yet is not sent any more: the caller is told that it failed.
      const isOther = (other: OutPacket<Owner>) => other !== packet;
      if (packet.copies === 0) {
        namespace.buffer = namespace.buffer.filter(isOther);
        this.#output = this.#output.filter(isOther);
      }
      this.#settle(namespace, packet, [], ERR_TIMEOUT, late);
    });
  }

  /** Sends the first packet of the retry queue, for the first time or again. One at a time, so that order is kept. */
  #sendRetry(namespace: NamespaceSession<Owner>, now: number): void {
    const packet = namespace.retryQueue[0];
    if (!packet || namespace.state !== CONNECTED) return;
    // The id stays the same, so an answer to an earlier copy counts, and the answer to a later one is ignored.
    this.#expect(namespace, packet, now);
    this.#output.push(packet);
  }

  #sendNow(namespace: NamespaceSession<Owner>, frames: Frames): EmitCode {
    if (!fitsPayload(frames, this.#maxPayload)) return ERR_PARAMETER_RANGE_ERROR;
    this.#write(namespace, frames);
    return OK;
  }

  /** Writes what nobody waits for and what dies with the connection. */
  #write(namespace: NamespaceSession<Owner>, frames: Frames, written?: (now: number) => void): void {
    this.#output.push(outPacket(namespace, frames, false, null, -1, written));
  }

  #part(namespace: NamespaceSession<Owner>): void {
    namespace.parting = true;
    this.#write(namespace, encodePacket(DISCONNECT, namespace.path, -1, undefined), (now) => {
      namespace.parted = this.deadlines.add(now + REJOIN_DELAY, (later) => {
        namespace.parting = false;
        this.#sendConnect(namespace, later);
      });
    });
  }
}
