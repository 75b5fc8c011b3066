/*
 * From Engine.IO messages to whole Socket.IO packets.
 *
 * A text message is a packet, except that types 5 and 6 announce n binary messages which must follow at once, in order,
 * with nothing between them. Only the header of those two is read here, on arrival; JSON waits for poll().
 */
import { excerpt, ProtocolError } from "./protocol-error.js";
import { type PacketHeader, readHeader } from "./socket-packet.js";

/** A packet as it came off the wire: not parsed yet. `text` still has the Engine.IO type in front. */
export interface RawPacket {
  readonly kind: "packet";
  readonly text: string;
  readonly attachments: readonly Uint8Array[];
  /** When its last frame arrived, in seconds. */
  readonly time: number;
  /** Size of all its frames: bytes of binary, UTF-16 units of text (the same as bytes for ASCII). */
  readonly size: number;
}

export interface DecoderLimits {
  readonly maxAttachments: number;
  /** Total size of one packet with its attachments. */
  readonly maxPacketSize: number;
}

const NO_ATTACHMENTS: readonly Uint8Array[] = Object.freeze([]);
const BINARY_EVENT = 53;
const BINARY_ACK = 54;

export class SocketDecoder {
  readonly #limits: DecoderLimits;
  readonly #header: PacketHeader = { type: 0, attachments: 0, namespace: "", id: 0, end: 0 };
  #text = "";
  #attachments: Uint8Array[] = [];
  #size = 0;
  #missing = 0;

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
  }

  /** How many binary frames are still to come for the packet that is being put together. */
  get missing(): number {
    return this.#missing;
  }

  /**
   * Takes a text message (with its Engine.IO type `4`) that arrived at `now`. Returns the packet, or `null` while its attachments are awaited.
   * @throws ProtocolError
   */
  receiveText(text: string, now: number): RawPacket | null {
    if (this.#missing > 0) {
      throw new ProtocolError(`a text frame came while ${this.#missing} attachment(s) were awaited: ${excerpt(text)}`);
    }
    const type = text.charCodeAt(1);
    if (type !== BINARY_EVENT && type !== BINARY_ACK) {
      return { kind: "packet", text, attachments: NO_ATTACHMENTS, time: now, size: text.length };
    }
    const count = readHeader(text, 1, this.#header).attachments;
    if (count > this.#limits.maxAttachments) {
      throw new ProtocolError(`a packet announces ${count} attachments, ${this.#limits.maxAttachments} are allowed`);
    }
    this.#text = text;
    this.#attachments = [];
    this.#size = text.length;
    this.#missing = count;
    return null;
  }

  /**
   * Takes a binary message. Returns the packet that it completes, or `null`.
   * @throws ProtocolError
   */
  receiveBinary(bytes: Uint8Array, now: number): RawPacket | null {
    if (this.#missing === 0)
      throw new ProtocolError(`a binary frame of ${bytes.byteLength} bytes belongs to no packet`);
    this.#attachments.push(bytes);
    this.#size += bytes.byteLength;
    if (this.#size > this.#limits.maxPacketSize) {
      throw new ProtocolError(`a packet with its attachments is larger than ${this.#limits.maxPacketSize} bytes`);
    }
    if (--this.#missing > 0) return null;
    const packet = {
      kind: "packet" as const,
      text: this.#text,
      attachments: this.#attachments,
      time: now,
      size: this.#size,
    };
    this.#text = "";
    this.#attachments = [];
    return packet;
  }
}
