/*
 * Socket.IO 5 over one engine at a time: namespaces, events, acknowledgements, recovery, at-least-once.
 *
 * Sans-IO: packets and `now` (seconds) go in; packets to write, events and one `deadline` come out. Methods come in
 * four kinds: getters; input (`open`, `receive`, `advance`, `close`); commands (`connect`, `disconnect`, `emit`, `reply`);
 * outputs (`nextEvent`, `takeOutput`).
 *
 * Order on connect: events held back while CONNECT was unanswered, then the offline buffer, then the retry queue. So
 * emits leave in the order in which they were called, and what the server sent first is seen after `connected`.
 */
import { type Attachment, encodeData, fitsPayload, restoreAttachments } from "./attachments.js";
import { DeadlineHeap, type Expiring } from "./deadline-heap.js";
import { NamespaceSession, NamespaceState, type OutPacket, type PendingAck } from "./namespace-session.js";
import { excerpt, ProtocolError } from "./protocol-error.js";
import { RttEstimator } from "./rtt.js";
import type { RawPacket } from "./socket-decoder.js";
import {
  encodeHead,
  type PacketHeader,
  peekEventName,
  readAckPayload,
  readConnectErrorPayload,
  readConnectPayload,
  readEventPayload,
  readHeader,
  SocketPacketType,
} from "./socket-packet.js";

export interface SessionOptions {
  readonly offline: "buffer" | "drop" | "error";
  readonly retries: number;
  readonly max_buffered_packets: number;
  readonly max_queued_packets: number;
  readonly connect_timeout: number;
}

/** What became of an emit. */
export type EmitOutcome = "sent" | "buffered" | "dropped" | "full" | "offline" | "unconfigured" | "too large";

export type SocketEvent<Owner> =
  | { type: "connected"; namespace: NamespaceSession<Owner> }
  | { type: "refused"; namespace: NamespaceSession<Owner>; message: string; data?: unknown; timeout: boolean }
  | { type: "disconnected"; namespace: NamespaceSession<Owner>; reason: string; wasConnected: boolean }
  | {
      type: "event";
      namespace: NamespaceSession<Owner>;
      event: string;
      data: unknown[];
      /** -1 when the server wants no acknowledgement. */
      ackId: number;
    }
  | { type: "ack"; owner: Owner; data: unknown[]; outcome: "answered" | "timeout" | "closed" }
  | { type: "undeliverable"; namespace: NamespaceSession<Owner>; message: string };

interface ConnectWait<Owner> extends Expiring {
  readonly namespace: NamespaceSession<Owner>;
}

/** Names whose JSON is kept; a game has few, and one that makes them up must not fill the memory. */
const MAX_CACHED_NAMES = 512;

export class SocketSession<Owner> {
  options: SessionOptions;
  readonly rtt = new RttEstimator();
  readonly #namespaces = new Map<string, NamespaceSession<Owner>>();
  readonly #acks = new DeadlineHeap<PendingAck<Owner>>();
  readonly #connects = new DeadlineHeap<ConnectWait<Owner>>();
  readonly #names = new Map<string, string>();
  readonly #header: PacketHeader = { type: 0, attachments: 0, namespace: "", id: 0, end: 0 };
  #events: SocketEvent<Owner>[] = [];
  #output: OutPacket<Owner>[] = [];
  #open = false;
  #maxPayload = Infinity;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  // Getters

  /** Nothing becomes due before this moment, in seconds. */
  get deadline(): number {
    return Math.min(this.#acks.deadline, this.#connects.deadline);
  }

  get acksPending(): number {
    return this.#acks.size;
  }

  get hasOutput(): boolean {
    return this.#output.length > 0;
  }

  get hasEvents(): boolean {
    return this.#events.length > 0;
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

  namespaces(): IterableIterator<NamespaceSession<Owner>> {
    return this.#namespaces.values();
  }

  /** True while any namespace is joined or being joined. */
  isWanted(): boolean {
    for (const namespace of this.#namespaces.values()) {
      if (namespace.state !== NamespaceState.DISCONNECTED) return true;
    }
    return false;
  }

  // Input

  /**
   * The engine's session is open: joins every namespace that wants to be joined.
   * @param maxPayload the server's limit for one message, bytes
   * @param deadline when a join that was not answered fails, seconds
   */
  open(now: number, maxPayload: number, deadline: number): void {
    this.#open = true;
    this.#maxPayload = maxPayload;
    for (const namespace of this.#namespaces.values()) {
      if (namespace.state === NamespaceState.CONNECTING) this.#join(namespace, now, deadline);
    }
  }

  /**
   * Takes one packet.
   * @throws ProtocolError when the server broke the protocol; the caller closes the engine then.
   */
  receive(packet: RawPacket): void {
    const header = readHeader(packet.text, 1, this.#header);
    const namespace = this.#namespaces.get(header.namespace);
    const { type, id, end } = header;
    if (namespace === undefined) return;
    if (type === SocketPacketType.EVENT || type === SocketPacketType.BINARY_EVENT) {
      if (namespace.state === NamespaceState.CONNECTED) this.#receiveEvent(namespace, packet, id, end, false);
      else if (namespace.state === NamespaceState.CONNECTING) this.#hold(namespace, packet);
    } else if (type === SocketPacketType.ACK || type === SocketPacketType.BINARY_ACK) {
      this.#receiveAck(namespace, packet, id, end);
    } else if (type === SocketPacketType.CONNECT) {
      this.#receiveConnect(namespace, packet, end);
    } else if (type === SocketPacketType.CONNECT_ERROR) {
      const { message, data } = readConnectErrorPayload(packet.text, end);
      this.#refusedByServer(namespace, packet.time, message, data);
    } else {
      if (end < packet.text.length) throw new ProtocolError(`a DISCONNECT carries no data: ${excerpt(packet.text)}`);
      if (namespace.awaiting) {
        this.#refusedByServer(
          namespace,
          packet.time,
          "the server disconnected the namespace while it was being joined",
        );
      } else if (namespace.state === NamespaceState.CONNECTED)
        this.#down(namespace, "server disconnect", NamespaceState.DISCONNECTED);
    }
  }

  /** Lets time pass: fails what was due by `now`. */
  advance(now: number): void {
    for (let ack = this.#acks.takeDue(now); ack !== null; ack = this.#acks.takeDue(now)) this.#ackTimedOut(ack, now);
    for (let wait = this.#connects.takeDue(now); wait !== null; wait = this.#connects.takeDue(now)) {
      const { namespace } = wait;
      const message = namespace.awaiting
        ? "the server did not answer the CONNECT in time"
        : "the auth function did not answer in time";
      // The answer may still come, and then the server has to be told that nobody waits for it.
      namespace.leaving = namespace.awaiting;
      this.#giveUp(namespace);
      this.#events.push({ type: "refused", namespace, message, timeout: true });
    }
  }

  /**
   * The engine is gone. `final` means that no other will follow: every namespace goes to DISCONNECTED and everything
   * that still waited to be sent fails; otherwise what was joined or being joined waits for the next engine.
   */
  close(reason: string, final: boolean): void {
    this.#open = false;
    const unwritten = this.#output;
    this.#output = [];
    // What the server sent before has been delivered by now, unless the game itself ends the session from a callback.
    this.#events = this.#events.filter((event) => event.type !== "event");
    for (const packet of unwritten) {
      if (packet.keeper?.state === NamespaceState.CONNECTED && this.options.offline === "buffer") {
        packet.keeper.buffer.push(packet);
      }
    }
    for (const namespace of this.#namespaces.values()) {
      namespace.awaiting = namespace.leaving = false;
      namespace.held = [];
      if (namespace.state !== NamespaceState.DISCONNECTED) {
        this.#down(namespace, reason, final ? NamespaceState.DISCONNECTED : NamespaceState.CONNECTING);
      }
    }
  }

  // Commands

  /** Wants the namespace joined, now or when the engine opens. `auth` is JSON, `""`, or `null` if `authorize` will bring it. */
  connect(namespace: NamespaceSession<Owner>, auth: string | null, now: number): void {
    namespace.auth = auth;
    namespace.state = NamespaceState.CONNECTING;
    if (this.#open) this.#join(namespace, now, now + this.options.connect_timeout);
  }

  /** Brings (or, with `null`, takes back) the auth that a join waits for. */
  authorize(namespace: NamespaceSession<Owner>, auth: string | null, now: number): void {
    namespace.auth = auth;
    if (this.#open && namespace.state === NamespaceState.CONNECTING) this.#sendConnect(namespace, now);
  }

  /** Gives up a join for a reason on this side, as if the server had refused it. */
  refuse(namespace: NamespaceSession<Owner>, message: string): void {
    this.#giveUp(namespace);
    this.#events.push({ type: "refused", namespace, message, timeout: false });
  }

  /** Leaves the namespace; nothing happens when it is not joined or being joined. */
  disconnect(namespace: NamespaceSession<Owner>): void {
    if (namespace.state === NamespaceState.DISCONNECTED) return;
    if (namespace.state === NamespaceState.CONNECTED)
      this.#control(encodeHead(SocketPacketType.DISCONNECT, namespace.path));
    else namespace.leaving = namespace.awaiting;
    this.#events = this.#events.filter((event) => event.type !== "event" || event.namespace !== namespace);
    this.#down(namespace, "client disconnect", NamespaceState.DISCONNECTED);
  }

  /** Writes DISCONNECT for every joined namespace, as the last words before the engine is closed. */
  sayGoodbye(): void {
    for (const namespace of this.#namespaces.values()) {
      if (namespace.state === NamespaceState.CONNECTED)
        this.#control(encodeHead(SocketPacketType.DISCONNECT, namespace.path));
    }
  }

  /**
   * Sends an event.
   * @throws TypeError when `data` cannot be encoded; nothing has changed then.
   */
  emit(namespace: NamespaceSession<Owner>, event: string, data: readonly unknown[]): EmitOutcome {
    const { json, attachments } = encodeData(data);
    const text = this.#eventText(namespace, event, json, attachments.length, "");
    const outcome = this.#admit(namespace, text, attachments, namespace.buffer.length);
    if (outcome === "sent") this.#output.push({ text, attachments, keeper: namespace, ack: null });
    else if (outcome === "buffered") namespace.buffer.push({ text, attachments, keeper: namespace, ack: null });
    return outcome;
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
  ): EmitOutcome {
    const { json, attachments } = encodeData(data);
    if (namespace.state === NamespaceState.DISCONNECTED) return "unconfigured";
    if (namespace.state !== NamespaceState.CONNECTED || !writable) return "dropped";
    const text = this.#eventText(namespace, event, json, attachments.length, "");
    if (!fitsPayload(text, attachments, this.#maxPayload)) return "too large";
    this.#output.push({ text, attachments, keeper: null, ack: null });
    return "sent";
  }

  /**
   * Sends an event that the server is to acknowledge within `timeout` seconds. Unless the outcome says that it was
   * refused, `owner` comes back in exactly one "ack" event.
   * @throws TypeError when `data` cannot be encoded.
   */
  emitWithAck(
    namespace: NamespaceSession<Owner>,
    event: string,
    data: readonly unknown[],
    owner: Owner,
    timeout: number,
    now: number,
  ): EmitOutcome {
    const { json, attachments } = encodeData(data);
    const id = namespace.nextAckId;
    const text = this.#eventText(namespace, event, json, attachments.length, String(id));
    const { retries } = this.options;
    const waiting = retries > 0 ? namespace.retryQueue.length : namespace.buffer.length;
    const outcome = this.#admit(namespace, text, attachments, waiting);
    if (outcome !== "sent" && outcome !== "buffered" && outcome !== "dropped") return outcome;
    namespace.nextAckId++;
    if (retries > 0 && outcome !== "dropped") {
      namespace.retryQueue.push({ id, text, attachments, timeout, owner, resendsLeft: retries });
      if (namespace.retryQueue.length === 1) this.#sendRetry(namespace, now);
      return outcome;
    }
    const ack: PendingAck<Owner> = {
      id,
      namespace,
      owner,
      deadline: now + timeout,
      settled: false,
      sentAt: Number.NaN,
      retry: null,
    };
    namespace.acks.set(id, ack);
    this.#acks.add(ack);
    if (outcome === "sent") this.#output.push({ text, attachments, keeper: namespace, ack });
    else if (outcome === "buffered") namespace.buffer.push({ text, attachments, keeper: namespace, ack });
    return outcome;
  }

  /**
   * Answers an event of the connection `generation`. "offline" when that connection is over: a late answer would make
   * the server close the whole connection.
   * @throws TypeError when `data` cannot be encoded.
   */
  reply(namespace: NamespaceSession<Owner>, generation: number, id: number, data: readonly unknown[]): EmitOutcome {
    const { json, attachments } = encodeData(data);
    if (namespace.generation !== generation) return "offline";
    const type = attachments.length > 0 ? SocketPacketType.BINARY_ACK : SocketPacketType.ACK;
    const text = `${encodeHead(type, namespace.path, attachments.length)}${id}${json}`;
    if (!fitsPayload(text, attachments, this.#maxPayload)) return "too large";
    this.#output.push({ text, attachments, keeper: null, ack: null });
    return "sent";
  }

  // Outputs

  /** The next thing to tell the game; `null` when there is none. */
  nextEvent(): SocketEvent<Owner> | null {
    return this.#events.shift() ?? null;
  }

  /** Takes the packets that are to be written at `now`, in order. */
  takeOutput(now: number): readonly OutPacket<Owner>[] {
    const output = this.#output;
    this.#output = [];
    for (const packet of output) {
      if (packet.ack !== null) packet.ack.sentAt = now;
    }
    return output;
  }

  // Joining and leaving

  #join(namespace: NamespaceSession<Owner>, now: number, deadline: number): void {
    namespace.wait = { namespace, deadline, settled: false };
    this.#connects.add(namespace.wait);
    this.#sendConnect(namespace, now);
  }

  #sendConnect(namespace: NamespaceSession<Owner>, now: number): void {
    // Without auth it is too early; behind a join that was given up but not answered, it has to wait for that answer.
    if (namespace.auth === null || namespace.awaiting) return;
    namespace.awaiting = true;
    namespace.connectSentAt = now;
    this.#control(encodeHead(SocketPacketType.CONNECT, namespace.path) + namespace.connectPayload());
  }

  #receiveConnect(namespace: NamespaceSession<Owner>, packet: RawPacket, end: number): void {
    const { sid, pid } = readConnectPayload(packet.text, end);
    if (!namespace.awaiting) return;
    namespace.awaiting = false;
    if (namespace.leaving) {
      namespace.leaving = false;
      this.#control(encodeHead(SocketPacketType.DISCONNECT, namespace.path));
      this.#rejoin(namespace, packet.time);
      return;
    }
    this.#stopWaiting(namespace);
    this.rtt.add(packet.time - namespace.connectSentAt);
    namespace.established(sid, pid);
    this.#events.push({ type: "connected", namespace });
    this.#flushBuffer(namespace);
    this.#sendRetry(namespace, packet.time);
    const { held } = namespace;
    namespace.held = [];
    for (const early of held) {
      const header = readHeader(early.text, 1, this.#header);
      this.#receiveEvent(namespace, early, header.id, header.end, namespace.recovered);
    }
  }

  /** Joins again what was wanted again while an abandoned join was unanswered. */
  #rejoin(namespace: NamespaceSession<Owner>, now: number): void {
    if (namespace.state === NamespaceState.CONNECTING) this.#sendConnect(namespace, now);
  }

  #flushBuffer(namespace: NamespaceSession<Owner>): void {
    const { buffer } = namespace;
    namespace.buffer = [];
    for (const packet of buffer) {
      if (fitsPayload(packet.text, packet.attachments, this.#maxPayload)) {
        this.#output.push(packet);
        continue;
      }
      // It was accepted before this server had said how much it takes.
      const message = `a buffered packet of ${packet.text.length} characters is larger than the server's limit of ${this.#maxPayload} bytes: ${excerpt(packet.text)}`;
      this.#events.push({ type: "undeliverable", namespace, message });
      if (packet.ack !== null) this.#settle(packet.ack, [], "closed");
    }
  }

  #refusedByServer(namespace: NamespaceSession<Owner>, now: number, message: string, data?: unknown): void {
    if (!namespace.awaiting) return;
    namespace.awaiting = false;
    if (namespace.leaving) {
      namespace.leaving = false;
      this.#rejoin(namespace, now);
      return;
    }
    this.#giveUp(namespace);
    this.#events.push({
      type: "refused",
      namespace,
      message,
      timeout: false,
      ...(data === undefined ? null : { data }),
    });
  }

  #giveUp(namespace: NamespaceSession<Owner>): void {
    this.#stopWaiting(namespace);
    namespace.state = NamespaceState.DISCONNECTED;
    namespace.held = [];
    namespace.forgetRecovery();
    this.#failPending(namespace, true);
  }

  #down(namespace: NamespaceSession<Owner>, reason: string, next: NamespaceState): void {
    const wasConnected = namespace.state === NamespaceState.CONNECTED;
    const final = next === NamespaceState.DISCONNECTED;
    this.#stopWaiting(namespace);
    namespace.state = next;
    namespace.sid = "";
    namespace.generation++;
    // Leaving or being thrown out ends the session at the server; only a lost connection can be recovered.
    if (final) namespace.forgetRecovery();
    this.#failPending(namespace, final);
    this.#events.push({ type: "disconnected", namespace, reason, wasConnected });
  }

  #stopWaiting(namespace: NamespaceSession<Owner>): void {
    if (namespace.wait !== null) this.#connects.settle(namespace.wait);
    namespace.wait = null;
  }

  // Events and acknowledgements

  #hold(namespace: NamespaceSession<Owner>, packet: RawPacket): void {
    if (namespace.held.length >= this.options.max_queued_packets) {
      throw new ProtocolError(
        `the server sent ${namespace.held.length} events before it answered the CONNECT of ${namespace.path}`,
      );
    }
    namespace.held.push(packet);
  }

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
    const payload = readEventPayload(packet.text, end);
    if (packet.attachments.length > 0) restoreAttachments(payload, packet.attachments);
    const event = payload.shift() as string;
    if (ackId < 0 && !namespace.takeOffset(payload, replayed)) return;
    this.#events.push({ type: "event", namespace, event, data: payload, ackId });
  }

  #receiveAck(namespace: NamespaceSession<Owner>, packet: RawPacket, id: number, end: number): void {
    if (id < 0) throw new ProtocolError(`an acknowledgement without an id: ${excerpt(packet.text)}`);
    const data = readAckPayload(packet.text, end);
    if (packet.attachments.length > 0) restoreAttachments(data, packet.attachments);
    const ack = namespace.acks.get(id);
    // Unknown: it was answered before, or came too late. Not sent: the server invented it.
    if (ack === undefined || Number.isNaN(ack.sentAt)) return;
    this.rtt.add(packet.time - ack.sentAt);
    this.#settle(ack, data, "answered");
    if (ack.retry !== null) this.#nextRetry(namespace, packet.time);
  }

  #settle(ack: PendingAck<Owner>, data: unknown[], outcome: "answered" | "timeout" | "closed"): void {
    this.#acks.settle(ack);
    ack.namespace.acks.delete(ack.id);
    this.#events.push({ type: "ack", owner: ack.owner, data, outcome });
  }

  #ackTimedOut(ack: PendingAck<Owner>, now: number): void {
    const { namespace, retry } = ack;
    if (retry !== null && retry.resendsLeft > 0) {
      retry.resendsLeft--;
      this.#sendRetry(namespace, now);
      return;
    }
    // What was not sent yet is not sent any more: the caller has been told that it failed.
    if (Number.isNaN(ack.sentAt)) namespace.buffer = namespace.buffer.filter((packet) => packet.ack !== ack);
    this.#settle(ack, [], "timeout");
    if (retry !== null) this.#nextRetry(namespace, now);
  }

  /** Sends the first packet of the retry queue, for the first time or again. One at a time, so that order is kept. */
  #sendRetry(namespace: NamespaceSession<Owner>, now: number): void {
    const item = namespace.retryQueue[0];
    if (item === undefined || namespace.state !== NamespaceState.CONNECTED) return;
    const { id, text, attachments, owner, timeout } = item;
    // The id stays the same, so an answer to an earlier copy counts, and the answer to a later one is ignored.
    const ack = { id, namespace, owner, deadline: now + timeout, settled: false, sentAt: Number.NaN, retry: item };
    namespace.acks.set(id, ack);
    this.#acks.add(ack);
    this.#output.push({ text, attachments, keeper: null, ack });
  }

  #nextRetry(namespace: NamespaceSession<Owner>, now: number): void {
    namespace.retryQueue.shift();
    this.#sendRetry(namespace, now);
  }

  /** Fails what cannot be answered any more; with `final`, what was never sent as well. */
  #failPending(namespace: NamespaceSession<Owner>, final: boolean): void {
    const buffered = new Set(final ? [] : namespace.buffer.map((packet) => packet.ack));
    for (const ack of namespace.acks.values()) {
      if (buffered.has(ack)) continue;
      const { retry } = ack;
      const unsent = Number.isNaN(ack.sentAt);
      if (retry !== null && !final && (unsent || retry.resendsLeft > 0)) {
        // The next connection sends it again, which is one of its resends if it had been written on this one.
        if (!unsent) retry.resendsLeft--;
        this.#acks.settle(ack);
        namespace.acks.delete(ack.id);
        continue;
      }
      if (retry !== null) namespace.retryQueue.shift();
      this.#settle(ack, [], "closed");
    }
    if (!final) return;
    namespace.buffer = [];
    for (const { owner } of namespace.retryQueue.splice(0)) {
      this.#events.push({ type: "ack", owner, data: [], outcome: "closed" });
    }
  }

  // Encoding and admission

  /** Whether a packet may go, must wait, or is refused. */
  #admit(
    namespace: NamespaceSession<Owner>,
    text: string,
    attachments: readonly Attachment[],
    waiting: number,
  ): EmitOutcome {
    if (namespace.state === NamespaceState.DISCONNECTED) return "unconfigured";
    if (!fitsPayload(text, attachments, this.#maxPayload)) return "too large";
    const connected = namespace.state === NamespaceState.CONNECTED;
    if (connected && this.options.retries === 0) return "sent";
    if (connected) return waiting < this.options.max_buffered_packets ? "sent" : "full";
    if (this.options.offline === "drop") return "dropped";
    if (this.options.offline === "error") return "offline";
    return waiting < this.options.max_buffered_packets ? "buffered" : "full";
  }

  #eventText(namespace: NamespaceSession<Owner>, event: string, json: string, attachments: number, id: string): string {
    let name = this.#names.get(event);
    if (name === undefined) {
      name = `[${JSON.stringify(event)}`;
      if (this.#names.size >= MAX_CACHED_NAMES) this.#names.clear();
      this.#names.set(event, name);
    }
    const type = attachments > 0 ? SocketPacketType.BINARY_EVENT : SocketPacketType.EVENT;
    const args = json === "[]" ? "]" : `,${json.slice(1)}`;
    return encodeHead(type, namespace.path, attachments) + id + name + args;
  }

  #control(text: string): void {
    this.#output.push({ text, attachments: [], keeper: null, ack: null });
  }
}
