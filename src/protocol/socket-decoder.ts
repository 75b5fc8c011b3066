/*
 * From Engine.IO messages to whole Socket.IO packets. With a codec each message is one.
 *
 * A text message is a packet, except that types 5 and 6 announce n binary messages which must follow at once, in order,
 * with nothing between them. Only the header of those two is read here, on arrival; JSON waits for poll().
 */
import { type Codec, decodeMessage, type IncomingPacket } from "./codec.js";
import { violation } from "./protocol-error.js";
import { type PacketHeader, type PacketSource, readHeader } from "./socket-packet.js";

/** A packet of more than one text message. */
export interface CompoundPacket {
  readonly kind: "packet";
  readonly text: string | IncomingPacket;
  readonly attachments: Uint8Array[];
  /** Size of all its frames: bytes of binary, UTF-16 units of text (the same as bytes for ASCII). */
  readonly size: number;
}

/**
 * A packet as it came off the wire, not parsed yet. Nearly all are one text message, which is kept as it is: an object around each
 * would be most of what a burst costs.
 */
export type RawPacket = string | CompoundPacket;

/** Bytes of binary, UTF-16 units of text. */
export function packetSize(packet: RawPacket): number {
  return typeof packet === "string" ? packet.length : packet.size;
}

export function packetText(packet: RawPacket): PacketSource {
  return typeof packet === "string" ? packet : packet.text;
}

export interface DecoderLimits {
  readonly max_attachments: number;
  /** Total size of one packet with its attachments, bytes. */
  readonly max_queued_bytes: number;
  readonly codec?: Codec | null;
}

const NO_ATTACHMENTS: Uint8Array[] = [];
const HEADER = {} as PacketHeader;

export class SocketDecoder {
  readonly #owner: { readonly options: DecoderLimits };
  #text = "";
  #attachments = NO_ATTACHMENTS;
  #size = 0;
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
  receive(message: string | Uint8Array): RawPacket | null {
    const { codec, max_attachments, max_queued_bytes } = this.#owner.options;
    if (codec) {
      const text = decodeMessage(codec, message);
      return { kind: "packet", text, attachments: NO_ATTACHMENTS, size: message.length };
    }
    if (typeof message === "string") {
      if (this.#missing > 0) violation(`${this.#missing} more attachments`, message);
      // '4' and less: no attachments follow.
      if (!(message.charCodeAt(1) > 52)) return message;
      this.#missing = readHeader(message, HEADER).attachments;
      if (this.#missing > max_attachments) violation(`at most ${max_attachments} attachments`, message);
      this.#text = message;
      this.#attachments = NO_ATTACHMENTS;
      this.#size = message.length;
      return null;
    }
    const { byteLength } = message;
    this.#size += byteLength;
    if (this.#missing === 0) violation("a packet that announces attachments", `${byteLength} bytes`);
    if (this.#size > max_queued_bytes) violation(`at most ${max_queued_bytes} bytes`, this.#text);
    // What is pushed to an empty list makes room for sixteen more.
    if (this.#attachments.length === 0) this.#attachments = [message];
    else this.#attachments.push(message);
    if (--this.#missing > 0) return null;
    return { kind: "packet", text: this.#text, attachments: this.#attachments, size: this.#size };
  }
}
