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
 * `awaiting` is true between our CONNECT and its answer. While it is, nothing else may be sent for the namespace: a server
 * closes the whole connection on a packet for a namespace that is not joined, and on a second CONNECT. So leaving during
 * that time only sets `leaving`; DISCONNECT follows when the answer is here.
 */
import type { Attachment } from "./attachments.js";
import type { Expiring } from "./deadline-heap.js";
import type { RawPacket } from "./socket-decoder.js";

export const NamespaceState = { DISCONNECTED: 0, CONNECTING: 1, CONNECTED: 2 } as const;
export type NamespaceState = (typeof NamespaceState)[keyof typeof NamespaceState];

/** An encoded packet on its way out. */
export interface OutPacket<Owner> {
  readonly text: string;
  readonly attachments: readonly Attachment[];
  /** The namespace that gets it back if the connection is lost before it was written; `null` when it dies with it. */
  readonly keeper: NamespaceSession<Owner> | null;
  readonly ack: PendingAck<Owner> | null;
}

/** An acknowledgement that is waited for. `Owner` is whatever the caller wants back when it settles. */
export interface PendingAck<Owner> extends Expiring {
  readonly id: number;
  readonly namespace: NamespaceSession<Owner>;
  readonly owner: Owner;
  /** When its packet was written, in seconds; NaN before. */
  sentAt: number;
  readonly retry: RetryItem<Owner> | null;
}

/** An acknowledged emit that is sent again until it is answered (at-least-once). */
export interface RetryItem<Owner> {
  readonly id: number;
  readonly text: string;
  readonly attachments: readonly Attachment[];
  readonly timeout: number;
  readonly owner: Owner;
  resendsLeft: number;
}

/** How many offsets are remembered to recognise a packet that a recovery replays although it was received. */
const REMEMBERED_OFFSETS = 256;

/**
 * What the adapters append as an offset: a short token. An argument that cannot be one is left to the game, because
 * volatile and acknowledged packets carry no offset and may well end with a sentence.
 */
const OFFSET = /^[\w.-]{1,64}$/;

export class NamespaceSession<Owner> {
  readonly path: string;
  state: NamespaceState = NamespaceState.DISCONNECTED;
  /** Changes whenever the namespace goes up or down: what was handed out for one connection is dead in the next. */
  generation = 0;
  sid = "";
  recovered = false;
  /** Auth as JSON, `""` for none, `null` while it is being asked for: CONNECT waits for it. */
  auth: string | null = "";
  awaiting = false;
  leaving = false;
  connectSentAt = 0;
  /** The deadline of a connect in progress. */
  wait: (Expiring & { readonly namespace: NamespaceSession<Owner> }) | null = null;
  nextAckId = 0;
  readonly acks = new Map<number, PendingAck<Owner>>();
  /** Packets emitted while not connected. */
  buffer: OutPacket<Owner>[] = [];
  readonly retryQueue: RetryItem<Owner>[] = [];
  /** Events that came before the answer to CONNECT; they are delivered after it. */
  held: RawPacket[] = [];
  /** Says whether anybody listens: an event for nobody is not parsed. */
  isListening: (event: string) => boolean = () => true;

  /** Connection state recovery: the server's private session id, `""` when it offers none. */
  pid = "";
  #offset = "";
  #seen: Set<string> | null = null;

  constructor(path: string) {
    this.path = path;
  }

  /** The auth object of CONNECT as JSON, with what recovery needs; a user's own `pid` or `offset` cannot get in its way. */
  connectPayload(): string {
    const auth = this.auth ?? "";
    if (this.pid === "") return auth;
    return JSON.stringify({ ...(auth === "" ? {} : JSON.parse(auth)), pid: this.pid, offset: this.#offset });
  }

  /** Takes the ids of a new connection. */
  established(sid: string, pid: string): void {
    this.recovered = pid !== "" && pid === this.pid;
    if (!this.recovered) this.forgetRecovery();
    this.pid = pid;
    this.sid = sid;
    this.state = NamespaceState.CONNECTED;
    this.generation++;
  }

  forgetRecovery(): void {
    this.pid = "";
    this.#offset = "";
    this.#seen = null;
  }

  /**
   * Takes the recovery offset off the end of an event's arguments; false when a replayed event was received before.
   */
  takeOffset(args: unknown[], replayed: boolean): boolean {
    const last = args[args.length - 1];
    if (this.pid === "" || typeof last !== "string" || !OFFSET.test(last)) return true;
    this.#seen ??= new Set();
    if (replayed && this.#seen.has(last)) return false;
    args.pop();
    this.#offset = last;
    this.#seen.add(last);
    if (this.#seen.size > REMEMBERED_OFFSETS) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return true;
  }
}
