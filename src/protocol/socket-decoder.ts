/*
 * From Engine.IO messages to whole Socket.IO packets. With a codec each message is one.
 *
 * A text message is a packet, except that types 5 and 6 announce n binary messages which must follow at once, in order,
 * with nothing between them. Only the header of those two is read here, on arrival; JSON waits for poll().
 */
import { type Codec, decodeMessage } from "./codec.js";
import { violation } from "./protocol-error.js";
import { type PacketHeader, type PacketSource, readHeader } from "./socket-packet.js";

/** A packet as it came off the wire: not parsed yet. */
export interface RawPacket {
  readonly kind: "packet";
  readonly text: PacketSource;
  readonly attachments: Uint8Array[];
  /** When its last frame arrived, in seconds. */
  readonly time: number;
  /** Size of all its frames: bytes of binary, UTF-16 units of text (the same as bytes for ASCII). */
  readonly size: number;
  /** False once it was taken out of the queue or dropped from it. */
  waiting: boolean;
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
  readonly #limits: DecoderLimits;
  #text = "";
  #attachments: Uint8Array[] = [];
  #size = 0;
  #missing = 0;

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
  }

  /**
   * Takes a message that arrived at `now`: text (with its Engine.IO type `4`) or binary. Returns the packet that it completes,
   * `null` while attachments are awaited.
   * @throws ProtocolError
   */
  receive(message: string | Uint8Array, now: number): RawPacket | null {
    const { codec } = this.#limits;
    if (codec) {
      const text = decodeMessage(codec, message);
      return { kind: "packet", text, attachments: NO_ATTACHMENTS, time: now, size: message.length, waiting: true };
    }
    if (typeof message === "string") {
      if (this.#missing > 0) violation(`${this.#missing} more attachments`, message);
      const size = message.length;
      // '4' and less: no attachments follow.
      if (!(message.charCodeAt(1) > 52))
        return { kind: "packet", text: message, attachments: NO_ATTACHMENTS, time: now, size, waiting: true };
      this.#missing = readHeader(message, HEADER).attachments;
      if (this.#missing > this.#limits.max_attachments)
        violation(`at most ${this.#limits.max_attachments} attachments`, message);
      this.#text = message;
      this.#attachments = [];
      this.#size = size;
      return null;
    }
    const { byteLength } = message;
    this.#size += byteLength;
    if (this.#missing === 0) violation("a packet that announces attachments", `${byteLength} bytes`);
    if (this.#size > this.#limits.max_queued_bytes)
      violation(`at most ${this.#limits.max_queued_bytes} bytes`, this.#text);
    this.#attachments.push(message);
    if (--this.#missing > 0) return null;
    return {
      kind: "packet",
      text: this.#text,
      attachments: this.#attachments,
      time: now,
      size: this.#size,
      waiting: true,
    };
  }
}
