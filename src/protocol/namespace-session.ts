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
 * After our DISCONNECT the next CONNECT is held back until `parted`, a deadline: a server that reads both at once closes the
 * connection. What the server says between our leaving and its next answer is of the session that was left: `stale` drops it. `wait` is
 * the deadline of a join.
 */
import type { AckTable } from "./ack-table.js";
import type { Frames } from "./attachments.js";
import type { ERR_CONNECTION_ERROR, ERR_TIMEOUT, OK } from "./codes.js";
import type { Deadline } from "./deadlines.js";
import type { RawPacket } from "./socket-decoder.js";

export const DISCONNECTED = 0;
export const CONNECTING = 1;
export const CONNECTED = 2;
export type NamespaceState = typeof DISCONNECTED | typeof CONNECTING | typeof CONNECTED;

export type AckCode = typeof OK | typeof ERR_TIMEOUT | typeof ERR_CONNECTION_ERROR;

/** Gets an acknowledgement; `data` is empty unless `code` is `OK`. */
export type AckHandler = (data: unknown[], code: AckCode) => void;

/** A packet on its way out of which there is more to know than what to write. */
export interface OutPacket {
  readonly frames: Frames;
  readonly namespace: NamespaceSession;
  /** It goes back to its namespace if the connection is lost before it was written; otherwise it dies with it. */
  kept: boolean;
  /** Who waits for its acknowledgement; `null` when nobody does. */
  readonly ack: AckHandler | null;
  /** For how long, each time that it is sent: seconds. */
  readonly timeout: number;
  /** The id of its acknowledgement; -1 for none. */
  readonly id: number;
  /** How often it may still be sent again; less than 0 if it is sent once. */
  resends: number;
  /** How often it was written on this connection. After the second time nobody knows which copy an answer is for (RFC 6298, 3). */
  copies: number;
  /** When it was written last, in seconds. */
  sentAt: number;
  deadline: Deadline | null;
  /** Called when it is written. */
  readonly written: ((now: number) => void) | undefined;
}

/**
 * A packet on its way out. Nearly all are events of one text frame that nobody waits for, and go back to their namespace if they were not
 * written: these are kept as that text, because a game may emit a hundred thousand before it is connected.
 */
export type Outgoing = string | OutPacket;

/** How many offsets are remembered to recognise a packet that a recovery replays although it was received. */
const REMEMBERED_OFFSETS = 256;

/**
 * What adapters append as an offset: a short token with a digit or a capital in it. An argument that cannot be one is left
 * to the game: volatile packets carry no offset, and may well end with a word like "left".
 */
const OFFSET = /^(?=.*[\dA-Z])[\w.-]{1,64}$/;

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
  /** When our DISCONNECT is no longer too fresh for a CONNECT behind it; never while it was not written. `null` without one. */
  parted: Deadline | null = null;
  connectSentAt = 0;
  /** The deadline of a connect in progress. */
  wait: Deadline | null = null;
  nextAckId = 0;
  /** Made when the first one is asked for. */
  acks: AckTable<OutPacket> | null = null;
  /** Packets emitted while not connected. */
  buffer: Outgoing[] = NOTHING;
  /** What any of them takes at most, in bytes: with a hundred thousand, to look at each would take longer than a frame. */
  largest = 0;
  /** Acknowledged emits that are sent one after the other, each until it is answered (at-least-once). */
  retryQueue: OutPacket[] = NOTHING;
  /** Events that came before the answer to CONNECT; they are delivered after it. */
  held: RawPacket[] = NOTHING;
  heldBytes = 0;
  /** It was left on this connection: until it is joined anew, what comes is for the session that was left. */
  stale = false;

  /** Connection state recovery: the server's private session id, `""` when it offers none. */
  pid = "";
  #offset = "";
  /** Made when a server offers recovery. */
  #seen: Set<string> | null = null;

  constructor(readonly path: string) {}

  /** Whether anybody listens: an event for nobody is not parsed. */
  abstract isListening(event: string): boolean;

  /** All that an acknowledgement is awaited for: the first of the retry queue may be among the others. */
  asked(): Set<OutPacket> {
    return new Set([...(this.acks?.values() ?? NOTHING), ...this.retryQueue]);
  }

  /** The payload of CONNECT: auth, and what recovery needs; a user's own `pid` or `offset` cannot get in its way. */
  connectPayload(): string {
    const { auth, pid } = this;
    return pid ? JSON.stringify({ ...JSON.parse(auth || "{}"), pid, offset: this.#offset }) : (auth ?? "");
  }

  /** Takes the ids of a new connection. */
  established(sid: string, pid: unknown): void {
    this.recovered = this.pid !== "" && pid === this.pid;
    if (!this.recovered) this.forgetRecovery();
    this.pid = typeof pid === "string" ? pid : "";
    this.sid = sid;
    this.state = CONNECTED;
    this.generation++;
  }

  forgetRecovery(): void {
    this.pid = this.#offset = "";
    this.#seen = null;
  }

  /** Takes the recovery offset off the end of an event's arguments; false when a replayed event was received before. */
  takeOffset(args: unknown[], replayed: boolean): boolean {
    if (this.pid === "") return true;
    const last = args.at(-1);
    if (typeof last !== "string" || !OFFSET.test(last)) return true;
    this.#seen ??= new Set();
    const seen = this.#seen;
    if (replayed && seen.has(last)) return false;
    args.pop();
    this.#offset = last;
    seen.add(last);
    if (seen.size > REMEMBERED_OFFSETS) seen.delete(seen.values().next().value as string);
    return true;
  }
}
