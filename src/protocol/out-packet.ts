/* Packets on their way out. */
import type { Frames } from "./attachments.js";
import type { ERR_CONNECTION_ERROR, ERR_TIMEOUT, OK } from "./codes.js";
import type { Deadline } from "./deadlines.js";
import type { NamespaceSession } from "./namespace-session.js";

export type AckCode = typeof OK | typeof ERR_TIMEOUT | typeof ERR_CONNECTION_ERROR;

/** Gets an acknowledgement; `data` is empty unless `code` is `OK`. */
export type AckHandler = (data: unknown[], code: AckCode) => void;

/** A packet of which there is more to know than what to write. */
export interface OutPacket {
  readonly namespace: NamespaceSession;
  readonly content: Frames;
  /** Who waits for its acknowledgement; `null` when nobody does. */
  readonly ack: AckHandler | null;
  /** For how long, each time that it is sent: seconds. */
  readonly timeout: number;
  /** The id of its acknowledgement; -1 for none. */
  readonly id: number;
  /** At-least-once: it waits in the queue of its namespace for its turn, and stays there until it is answered. */
  readonly takesTurn: boolean;
  /** How often it may still be written. While it may, it outlives the connection. */
  left: number;
  /** When it was written on this connection, in seconds: Infinity if it was not, NaN if more than once (RFC 6298, 3). */
  sentAt: number;
  deadline: Deadline | null;
}

/**
 * A packet on its way out. Nearly all are events of one text frame that nobody waits for, and go back to their namespace if they were not
 * written: these are kept as that text, because a game may emit a hundred thousand before it is connected.
 */
export type Outgoing = string | OutPacket;

export const isText = (packet: Outgoing): packet is string => typeof packet === "string";
