/*
 * One namespace as the protocol sees it. It outlives connections: what it wants (to be joined, with which auth) and
 * what waits to be sent survive a lost engine; what belongs to one connection is reset by `SocketSession`.
 *
 *   state           leaves it by                                 to
 *   ─────────────   ──────────────────────────────────────────   ─────────────
 *   DISCONNECTED    connect()                                    CONNECTING
 *   CONNECTING      the server's CONNECT                         CONNECTED
 *   CONNECTING      CONNECT_ERROR, deadline, disconnect()        DISCONNECTED
 *   CONNECTED       the server's DISCONNECT, disconnect()        DISCONNECTED
 *   CONNECTED       the engine is lost and will be replaced      CONNECTING
 *   any             the engine is lost for good                  DISCONNECTED
 *
 * `awaited` is the generation that sent CONNECT and has no answer yet. While there is one, nothing else may be sent for the namespace:
 * a server closes the whole connection on a packet for a namespace that is not joined, and on a second CONNECT. So leaving
 * during that time only starts another generation; DISCONNECT follows when the answer is here.
 *
 * `parting` is the DISCONNECT of a session that was left on this connection. A server that reads the next CONNECT together with it closes
 * the connection, so that has to wait. What comes until it is answered is still of the session that was left.
 */
import type { Deadline } from "./deadlines.js";
import type { Outgoing, OutPacket } from "./out-packet.js";
import type { RawPacket } from "./socket-decoder.js";

export const DISCONNECTED = 0;
export const CONNECTING = 1;
export const CONNECTED = 2;
export type NamespaceState = typeof DISCONNECTED | typeof CONNECTING | typeof CONNECTED;

/** How many offsets are remembered to recognise a packet that a recovery replays although it was received. */
const REMEMBERED_OFFSETS = 256;

/**
 * The offsets of the adapters there are: a time in seven digits of base 64 (in memory; Q is the first one since August 2026, Z in 2046), a
 * Redis stream's, a MongoDB id. Each begins with the time, so that its first character stays the same for a year or more. Where one of these was seen, nothing else is an offset:
 * volatile packets carry none, and may well end with a word like "left", a name or a socket's id. Until then any string may be one.
 */
const TIMED_OFFSET = /^([Q-Z].{6}(\..+)?|\d{10,}-\d+|[\da-f]{24})$/;

/** Nothing waits in most namespaces, and thousands of bots need no empty list each: whoever adds something uses `withItem`. */
export const NOTHING = Object.freeze([]) as unknown as never[];

/** `list` with one more item: itself, unless it is `NOTHING`. */
export function withItem<Item>(list: Item[], item: Item): Item[] {
  if (list === NOTHING) return [item];
  list.push(item);
  return list;
}

export abstract class NamespaceSession {
  state: NamespaceState = DISCONNECTED;
  /** Changes whenever the namespace goes up or down: what was handed out for one connection is dead in the next. */
  generation = 0;
  sid = "";
  recovered = false;
  /** Auth as JSON, `""` for none, `null` while it is being asked for: CONNECT waits for it. */
  auth: string | null = "";
  /** The generation whose CONNECT has no answer yet; -1 for none. */
  awaited = -1;
  /** Our DISCONNECT, until the next answer to CONNECT. */
  parting: OutPacket | null = null;
  /** How many bytes had been sent by this connection when `parting` was among them; 0 while that is not known. */
  partingMark = 0;
  /** CONNECT waits for this moment. */
  notBefore = -Infinity;
  connectSentAt = 0;
  /** The deadline of a connect in progress. */
  wait: Deadline | null = null;
  nextAckId = 0;
  /** What waits for an acknowledgement, by its id; made for the first. */
  acks: Map<number, OutPacket> | null = null;
  /** What waits: for the namespace to be joined, or for its turn. */
  queue: Outgoing[] = NOTHING;
  /** Events that came before the answer to CONNECT; they are received again after it. */
  held: RawPacket[] = NOTHING;
  heldBytes = 0;
  /** Connection state recovery: the server's private session id, `""` when it offers none. */
  pid = "";
  #offset = "";
  /** The last offsets. */
  #seen: string[] = NOTHING;
  /** A recovery may replay events that were received before. It ends with the first that was not: they come in order. */
  #isReplay = false;

  constructor(readonly path: string) {}

  /** Whether anybody listens: an event for nobody is not parsed. */
  abstract isListening(event: string): boolean;

  /** The payload of CONNECT: auth, and what recovery needs; a user's own `pid` or `offset` cannot get in its way. */
  connectPayload(): object | undefined {
    const { auth, pid } = this;
    return auth || pid ? { ...JSON.parse(auth || "{}"), ...(pid && { pid, offset: this.#offset }) } : undefined;
  }

  /** Takes the ids of a new connection. */
  established(sid: string, pid: unknown): void {
    this.recovered = this.#isReplay = this.pid !== "" && pid === this.pid;
    if (!this.recovered) this.forgetRecovery();
    this.pid = typeof pid === "string" ? pid : "";
    this.sid = sid;
    this.state = CONNECTED;
    this.generation++;
  }

  forgetRecovery(): void {
    this.pid = this.#offset = "";
    this.#seen = NOTHING;
  }

  /** Takes the recovery offset off the end of an event's arguments; false when a replayed event was received before. */
  takeOffset(args: unknown[]): boolean {
    if (this.pid === "") return true;
    const last = args.at(-1);
    if (typeof last !== "string") return true;
    const known = this.#offset;
    if (TIMED_OFFSET.test(known) && !(last[0] === known[0] && TIMED_OFFSET.test(last))) return true;
    this.#isReplay &&= this.#seen.includes(last);
    if (this.#isReplay) return false;
    args.pop();
    this.#offset = last;
    this.#seen = withItem(this.#seen, last);
    if (this.#seen.length > REMEMBERED_OFFSETS) this.#seen.shift();
    return true;
  }
}
