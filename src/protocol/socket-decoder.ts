/*
 * From Engine.IO messages to whole Socket.IO packets. With a codec each message is one.
 *
 * A text message is a packet, except that types 5 and 6 announce n binary messages which must follow at once, in order,
 * with nothing between them. Only the header of those two is read here, on arrival; JSON waits for poll().
 */
import { type Codec, decodeMessage } from "./codec.js";
import { NOTHING, withItem } from "./namespace-session.js";
import { violation } from "./protocol-error.js";
import { HEADER, type PacketSource, readHeader } from "./socket-packet.js";

/** A packet that is more than a text, or whose time counts. */
export interface TimedPacket {
  readonly content: PacketSource;
  attachments: Uint8Array[];
  /** Size of all its frames: bytes of binary, UTF-16 units of text (the same as bytes for ASCII). */
  size: number;
  /** When it was whole, in seconds. */
  time: number;
  /** The `Inbox` that it waits in, if it does. */
  inbox: unknown;
  /** Of an `EVENT_LATEST` event of which a newer packet has arrived. */
  isOld: boolean;
}

/**
 * A packet as it came off the wire, not parsed yet. An event without attachments is kept as the text that it is: nearly all are, and an
 * object around each would be most of what a burst costs.
 */
export type RawPacket = string | TimedPacket;

interface DecoderLimits {
  readonly max_attachments: number;
  /** Total size of one packet with its attachments, bytes. */
  readonly max_queued_bytes: number;
  readonly codec?: Codec | null;
}

export function timedPacket(content: PacketSource, size: number, time: number): TimedPacket {
  return { content, attachments: NOTHING, size, time, inbox: null, isOld: false };
}

export class SocketDecoder {
  readonly #owner: { readonly options: DecoderLimits };
  /**
   * The packet whose attachments are awaited. While there is none, and no codec, an event without attachments is a packet as it is: it need
   * not come here.
   */
  packet: TimedPacket | null = null;
  #missing = 0;

  /** @param owner its options may change at any time */
  constructor(owner: { readonly options: DecoderLimits }) {
    this.#owner = owner;
  }

  /**
   * Takes a message: text (with its Engine.IO type `4`) or binary. Returns the packet that it completes, `null` while attachments
   * are awaited.
   * @throws ProtocolError
   */
  receive(message: string | Uint8Array, time: number): TimedPacket | null {
    const { codec, max_attachments, max_queued_bytes } = this.#owner.options;
    if (codec) return timedPacket(decodeMessage(codec, message), message.length, time);
    let packet = this.packet;
    if (typeof message === "string") {
      if (packet) violation(`${this.#missing} more attachments`, message);
      packet = timedPacket(message, message.length, time);
      // '4' and less: no attachments follow.
      if (!(message.charCodeAt(1) > 52)) return packet;
      this.#missing = readHeader(message, HEADER).attachments;
      if (this.#missing > max_attachments) violation(`at most ${max_attachments} attachments`, message);
      this.packet = packet;
      return null;
    }
    const { byteLength } = message;
    packet ??= violation("a packet that announces attachments", `${byteLength} bytes`);
    packet.size += byteLength;
    if (packet.size > max_queued_bytes) violation(`at most ${max_queued_bytes} bytes`, packet.content);
    packet.attachments = withItem(packet.attachments, message);
    if (--this.#missing > 0) return null;
    this.packet = null;
    packet.time = time;
    return packet;
  }
}
