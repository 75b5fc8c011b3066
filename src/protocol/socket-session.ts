/*
 * Socket.IO 5 over one engine at a time: namespaces, events, acknowledgements, recovery, at-least-once.
 *
 * Sans-IO: packets and `now` (seconds) go in; packets to write and deadlines come out, and `SessionSink` is told what
 * happened. It is told last, when everything here is in its new state, so it may call any command at once. Methods come in
 * three kinds: input (`open`, `receive`, `close`), commands (`connect`, `disconnect`; `emit`, `reply` of `Delivery`), output
 * (`output` of `Delivery`).
 *
 * Order on connect: what the server sent before its answer is seen after `connected`; the offline buffer leaves first,
 * then what takes turns, then what is emitted from then on. So emits leave in the order in which they were called.
 */
import { frameSize } from "./attachments.js";
import { ERR_TIMEOUT, ERR_UNAUTHORIZED } from "./codes.js";
import { BINARY, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, REJOIN_DELAY } from "./constants.js";
import { Delivery, type DeliveryOptions, type DeliverySink } from "./delivery.js";
import {
  CONNECTED,
  CONNECTING,
  DISCONNECTED,
  type NamespaceSession,
  type NamespaceState,
  NOTHING,
  withItem,
} from "./namespace-session.js";
import { isText, type Outgoing, type OutPacket } from "./out-packet.js";
import { violation } from "./protocol-error.js";
import type { RawPacket } from "./socket-decoder.js";
import {
  contentOf,
  HEADER,
  type PacketSource,
  peekEventName,
  readAck,
  readConnect,
  readEvent,
  readHeader,
  readRefusal,
} from "./socket-packet.js";

export interface SessionOptions extends DeliveryOptions {
  readonly max_queued_packets: number;
  readonly max_queued_bytes: number;
  readonly connect_timeout: number;
}

/** What is told to the side that plays the game. */
export interface SessionSink extends DeliverySink {
  /** A packet is taken in: told before all that comes of it. An event that is held is not taken yet. */
  taken(packet: RawPacket): void;
  /** What was held is to be received again, after `connected` and before everything that arrived later. */
  released(held: readonly RawPacket[]): void;
  /** Makes the namespace of that path. */
  makeNamespace(path: string): NamespaceSession;
  connected(namespace: NamespaceSession): void;
  disconnected(namespace: NamespaceSession, reason: string): void;
  /** A join failed: the server refused it, or `code` is `ERR_TIMEOUT`. */
  refused(
    namespace: NamespaceSession,
    message: string,
    code: typeof ERR_UNAUTHORIZED | typeof ERR_TIMEOUT,
    data?: unknown,
  ): void;
  /** `ackId` is -1 when the server wants no acknowledgement. */
  event(namespace: NamespaceSession, event: string, data: unknown[], ackId: number): void;
  /** Asked, not told: `bytes_sent` is what the transport was given. */
  readonly counters: { readonly bytes_sent: number };
}

/** `Namespace` is what its sink makes. */
export class SocketSession<Namespace extends NamespaceSession> extends Delivery<SessionOptions, SessionSink> {
  readonly #main = this.sink.makeNamespace("/") as Namespace;
  /** Made when there is one: the main one is all that most have. */
  #others: Map<string, Namespace> | null = null;
  #open = false;

  namespaces(): Namespace[] {
    return [this.#main, ...(this.#others?.values() ?? NOTHING)];
  }

  /** True while any namespace is joined or being joined. */
  isWanted(): boolean {
    return this.namespaces().some(({ state }) => state !== DISCONNECTED);
  }

  /** The namespace of that path, made on first use. The path has been checked by `isNamespacePath`. */
  namespace(path: string): Namespace {
    let namespace = this.find(path);
    if (!namespace) {
      namespace = this.sink.makeNamespace(path) as Namespace;
      this.#others ??= new Map();
      this.#others.set(path, namespace);
    }
    return namespace;
  }

  /** The namespace of that path, if it was made. */
  find(path: string): Namespace | undefined {
    return path === "/" ? this.#main : this.#others?.get(path);
  }

  protected override namespaceOf(packet: Outgoing): NamespaceSession {
    return isText(packet) ? this.namespace(readHeader(packet, HEADER).namespace) : packet.namespace;
  }

  // Input

  /**
   * The engine's session is open: joins every namespace that wants to be joined.
   * @param maxPayload the server's limit for one message, bytes
   */
  open(now: number, maxPayload: number): void {
    this.#open = true;
    this.maxPayload = maxPayload;
    for (const namespace of this.namespaces()) if (namespace.state === CONNECTING) this.#join(namespace, now);
  }

  /**
   * Takes one packet.
   * @throws ProtocolError when the server broke the protocol; the caller closes the engine then.
   */
  receive(packet: RawPacket): void {
    let text: PacketSource;
    let attachments: Uint8Array[] = NOTHING;
    // When a plain event arrived is of no account here.
    let time = NaN;
    if (typeof packet === "string") text = packet;
    else ({ content: text, attachments, time } = packet);
    const { type, id, namespace: path } = typeof text === "string" ? readHeader(text, HEADER) : text;
    // What a codec made needs none.
    const { end } = HEADER;
    const namespace = this.find(path);
    const kind = type > CONNECT_ERROR ? type - BINARY : type;
    // It is of the session that CONNECT asks for.
    if (kind === EVENT && namespace && namespace.awaited === namespace.generation && !namespace.parting) {
      this.#hold(namespace, packet);
      return;
    }
    this.sink.taken(packet);
    if (!namespace) return;
    if (kind === EVENT) {
      if (namespace.state === CONNECTED) this.#receiveEvent(namespace, text, attachments, id, end);
    } else if (kind === CONNECT) this.#receiveConnect(namespace, text, time, end);
    else if (kind === CONNECT_ERROR) {
      const { message, data } = readRefusal(text, end);
      this.#receiveRefusal(namespace, time, message, data);
    } else if (kind === DISCONNECT) {
      // python-socketio may say why, behind the end of the packet as the protocol has it; it is no reason to lose the others.
      if (namespace.awaited >= 0) this.#receiveRefusal(namespace, time, "the server disconnected the namespace");
      else {
        // With what the game has left it by, if that was not written yet.
        this.discard(namespace);
        namespace.parting = null;
        if (namespace.state === CONNECTED) this.#leave(namespace, "server disconnect");
      }
    } else {
      if (id < 0) violation("an acknowledgement with an id", text);
      this.answered(namespace, id, readAck(text, end, attachments), time);
    }
  }

  /**
   * The engine is gone. `final` means that no other will follow: every namespace goes to DISCONNECTED and everything
   * that still waited to be sent fails; otherwise what was joined or being joined waits for the next engine.
   */
  close(reason: string, final: boolean): void {
    this.#open = false;
    this.takeBack();
    const wereUp: NamespaceSession[] = [];
    const failed = this.namespaces().flatMap((namespace) => {
      // What did not fit before it was joined would not fit the next time either.
      if (reason === "inbound overflow" && namespace.awaited >= 0) namespace.forgetRecovery();
      namespace.awaited = -1;
      namespace.parting = null;
      if (namespace.state === CONNECTED) wereUp.push(namespace);
      return namespace.state === DISCONNECTED ? NOTHING : this.#reset(namespace, final ? DISCONNECTED : CONNECTING);
    });
    this.fail(failed);
    for (const namespace of wereUp) this.sink.disconnected(namespace, reason);
  }

  // Commands

  /**
   * Wants the namespace joined, now or when the engine opens. `auth` is JSON, `""`, or `null` if `authorize` will bring it.
   * @param delay seconds before CONNECT is sent, if the engine is open
   */
  connect(namespace: NamespaceSession, auth: string | null, now: number, delay = 0): void {
    namespace.auth = auth;
    namespace.state = CONNECTING;
    namespace.notBefore = now + delay;
    if (this.#open) this.#join(namespace, now);
  }

  /** Brings (or, with `null`, takes back) the auth that a join waits for. */
  authorize(namespace: NamespaceSession, auth: string | null, now: number): void {
    namespace.auth = auth;
    this.#sendConnect(namespace, now);
  }

  /** Gives up a join, as if the server had refused it. */
  refuse(
    namespace: NamespaceSession,
    message: string,
    code: typeof ERR_UNAUTHORIZED | typeof ERR_TIMEOUT = ERR_UNAUTHORIZED,
    data?: unknown,
  ): void {
    this.fail(this.#reset(namespace, DISCONNECTED));
    this.sink.refused(namespace, message, code, data);
  }

  /** Leaves the namespace; nothing happens when it is not joined or being joined. */
  disconnect(namespace: NamespaceSession): void {
    if (namespace.state === CONNECTED) this.#part(namespace);
    if (namespace.state !== DISCONNECTED) this.#leave(namespace, "client disconnect");
  }

  /** Writes DISCONNECT for every joined namespace, as the last words before the engine is closed. */
  sayGoodbye(): void {
    for (const namespace of this.namespaces()) {
      if (namespace.state === CONNECTED) this.#part(namespace);
    }
  }

  // Joining and leaving

  #join(namespace: NamespaceSession, now: number): void {
    namespace.wait = this.deadlines.add(Math.max(now, namespace.notBefore) + this.options.connect_timeout, () => {
      const who = namespace.awaited >= 0 ? "the server did not answer the CONNECT" : "the auth function did not answer";
      this.refuse(namespace, `${who} in time`, ERR_TIMEOUT);
    });
    this.#sendConnect(namespace, now);
  }

  #sendConnect(namespace: NamespaceSession, now: number): void {
    // Without auth it is too early; behind a join that was given up but not answered, it has to wait for that answer.
    const { state, auth, awaited, generation, parting, notBefore } = namespace;
    if (!this.#open || state !== CONNECTING || auth === null || awaited >= 0) return;
    const until = parting && !this.#isGone(namespace, parting, now) ? now + REJOIN_DELAY : notBefore;
    if (until > now) {
      // Several of these do no harm: the first that sends it ends them all.
      this.deadlines.add(until, (later) => this.#sendConnect(namespace, later));
      return;
    }
    namespace.awaited = generation;
    namespace.connectSentAt = now;
    this.write(namespace, this.encode(CONNECT, namespace, namespace.connectPayload()));
  }

  #receiveConnect(namespace: NamespaceSession, text: PacketSource, time: number, end: number): void {
    const { sid, pid } = readConnect(text, end);
    const { awaited } = namespace;
    if (awaited < 0) return;
    namespace.awaited = -1;
    if (awaited !== namespace.generation) {
      this.#part(namespace);
      // It may be wanted again meanwhile.
      this.#sendConnect(namespace, time);
      return;
    }
    this.deadlines.cancel(namespace.wait);
    this.rtt.add(time - namespace.connectSentAt);
    namespace.established(sid, pid);
    namespace.parting = null;
    // Before the game is told that it is connected: it may end the connection.
    this.sink.released(namespace.held);
    namespace.held = NOTHING;
    this.resume(namespace, time);
    this.sink.connected(namespace);
  }

  #receiveRefusal(namespace: NamespaceSession, now: number, message: string, data?: unknown): void {
    const { awaited } = namespace;
    if (awaited < 0) return;
    namespace.awaited = -1;
    // All that was said in a session before came before this.
    namespace.parting = null;
    if (awaited !== namespace.generation) this.#sendConnect(namespace, now);
    else this.refuse(namespace, message, ERR_UNAUTHORIZED, data);
  }

  /** Keeps an event that came before the answer to CONNECT. */
  #hold(namespace: NamespaceSession, packet: RawPacket): void {
    const { max_queued_packets, max_queued_bytes } = this.options;
    namespace.heldBytes += frameSize(packet);
    namespace.held = withItem(namespace.held, packet);
    if (namespace.held.length > max_queued_packets || namespace.heldBytes > max_queued_bytes) {
      // A recovery that replays more than there is room for would do so again and again.
      namespace.forgetRecovery();
      violation("the answer to CONNECT before so many events", contentOf(packet));
    }
  }

  #leave(namespace: NamespaceSession, reason: string): void {
    const wasConnected = namespace.state === CONNECTED;
    this.fail(this.#reset(namespace, DISCONNECTED));
    if (wasConnected) this.sink.disconnected(namespace, reason);
  }

  /** Takes a namespace down; returns the acknowledgements that cannot come any more, and are to be told so. */
  #reset(namespace: NamespaceSession, next: NamespaceState): OutPacket[] {
    this.deadlines.cancel(namespace.wait);
    namespace.state = next;
    namespace.sid = "";
    namespace.generation++;
    namespace.held = NOTHING;
    namespace.heldBytes = 0;
    const final = next === DISCONNECTED;
    // Leaving or being thrown out ends the session at the server; only a lost connection can be recovered.
    if (final) namespace.forgetRecovery();
    return this.interrupt(namespace, final);
  }

  // Events and acknowledgements

  #receiveEvent(
    namespace: NamespaceSession,
    text: PacketSource,
    attachments: (Uint8Array | undefined)[],
    ackId: number,
    end: number,
  ): void {
    const name = peekEventName(text, end);
    const isHeard = name === null || namespace.isListening(name);
    // With recovery the offset of every event counts. One with attachments is always checked: there are few, and whether a connection is
    // closed for a bad one shall not depend on who listens.
    if (!isHeard && !attachments.length && namespace.pid === "") return;
    const payload = readEvent(text, end, attachments);
    const first = payload.shift() as string;
    if (ackId < 0 && !namespace.takeOffset(payload)) return;
    if (isHeard) this.sink.event(namespace, name ?? first, payload, ackId);
  }

  #part(namespace: NamespaceSession): void {
    namespace.partingMark = 0;
    namespace.parting = this.write(namespace, this.encode(DISCONNECT, namespace));
  }

  /** Whether our DISCONNECT was written some time ago, and has left the transport. */
  #isGone(namespace: NamespaceSession, { sentAt }: OutPacket, now: number): boolean {
    if (now < sentAt + REJOIN_DELAY) return false;
    const { counters, backlog } = this.sink;
    // What is sent later need not have left.
    namespace.partingMark ||= counters.bytes_sent;
    return counters.bytes_sent - backlog >= namespace.partingMark;
  }
}
