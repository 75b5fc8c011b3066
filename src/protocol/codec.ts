/*
 * The codec seam: what another form of Socket.IO packets than the built-in text and attachments has to say. The rest of the
 * core knows a packet by its parts and does not ask what they looked like on the wire.
 */

import { MESSAGE } from "./constants.js";
import { violation } from "./protocol-error.js";

/** The parts of a packet (Socket.IO 5, "Packet types"), whatever it looks like on the wire. */
export interface PacketParts {
  /** 0 CONNECT, 1 DISCONNECT, 2 EVENT, 3 ACK, 4 CONNECT_ERROR; with a codec there is no BINARY_EVENT and BINARY_ACK. */
  readonly type: number;
  /** `"/"` is the main one. */
  readonly namespace: string;
  /** Of the acknowledgement that is asked for or given; -1 when there is none. */
  readonly id: number;
}

/** A packet on its way out. */
export interface OutgoingPacket extends PacketParts {
  /** The name and the arguments of an event, the arguments of an acknowledgement, the auth of a CONNECT; `undefined` for none. */
  readonly data: unknown;
}

/** A packet that arrived, and whose data need not be decoded yet. */
export interface IncomingPacket extends PacketParts {
  /**
   * The name of an event, if it is known without decoding the data; otherwise `null`. An event for which nobody listens, or of
   * which a newer one came in `EVENT_LATEST`, is then not decoded at all.
   */
  readonly event: string | null;
  /**
   * Decodes what `OutgoingPacket.data` is: called inside `poll()`, at most once, after other packets may have been looked at. It
   * may throw, for data that cannot be decoded.
   */
  data(): unknown;
}

/**
 * Another form of Socket.IO packets, for the option `codec`; the server needs the same as its `parser`. One packet is one
 * message, binary or text (without the Engine.IO type in front). A codec keeps nothing between two calls, so that several
 * clients can share it.
 *
 * @example
 * const json: Codec = {
 *   encode: (packet) => JSON.stringify(packet),
 *   decode(message) {
 *     const { data, ...parts } = JSON.parse(String(message));
 *     return { ...parts, event: data?.[0] ?? null, data: () => data };
 *   },
 * };
 */
export interface Codec {
  /**
   * A private copy of the packet: the caller may go on writing into its data.
   * @throws TypeError for data that cannot be encoded; it comes out of the `emit` that was called with it
   */
  encode(packet: OutgoingPacket): Uint8Array | string;
  /**
   * Looks at a message as it arrives, outside of `poll()`: so it should read the parts and leave the data for later. The bytes
   * are the codec's own. What it throws closes the connection with `"parse error"`.
   */
  decode(message: Uint8Array | string): IncomingPacket;
}

/** The frame of a packet. */
export function encodeMessage(codec: Codec, packet: OutgoingPacket): Uint8Array | string {
  const message = codec.encode(packet);
  return typeof message === "string" ? MESSAGE + message : message;
}

/**
 * What the codec makes of a message, which has its Engine.IO type in front if it is text.
 * @throws ProtocolError when it makes nothing of it
 */
export function decodeMessage(codec: Codec, message: Uint8Array | string): IncomingPacket {
  try {
    return codec.decode(typeof message === "string" ? message.slice(1) : message);
  } catch (error) {
    return violation("a message that the codec can read", `${(error as Error)?.message ?? error}`);
  }
}
