/*
 * Socket.IO 5 packets as a server writes and reads them. Not the client's own code on purpose: what is tested should not be
 * tested against itself.
 */
import { requireThat, typeName } from "../errors.js";
import type { Codec, OutgoingPacket } from "../index.js";

export type Packet = OutgoingPacket;
export type Frame = string | Uint8Array;

export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;
/** With attachments, an EVENT or ACK has this much added to its type. */
const BINARY = 3;

const HEADER = /^4([0-6])(?:([1-9]\d*)-)?(?:(\/[^,]*),)?(\d+)?/;
const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/** The client wrote what no client may write. */
export class WireError extends Error {}

/** @throws TypeError unless a server can emit that */
export function requireEvent(event: unknown, data: unknown): void {
  const isName = typeof event === "string" && !RESERVED.includes(event);
  requireThat(isName, "the name of an event", `a string, and none of ${RESERVED.join(", ")}`, event);
  requireThat(Array.isArray(data), `emit "${event}": the data`, "an array of the event's arguments", data);
}

/**
 * The frames of a packet.
 * @throws TypeError for data that cannot be encoded
 */
export function encodePacket(packet: Packet, codec: Codec | null): Frame[] {
  if (codec !== null) {
    const message = codec.encode(packet);
    return [typeof message === "string" ? `4${message}` : message];
  }
  const { type, namespace, id, data } = packet;
  const attachments: Uint8Array[] = [];
  // Asked for by its key: a Buffer has been turned into something else before it gets here as a value.
  const json = JSON.stringify(data, function (this: Record<string, unknown>, key, value: unknown) {
    const bytes = toBytes(this[key]);
    return bytes === null ? value : { _placeholder: true, num: attachments.push(bytes) - 1 };
  });
  const { length } = attachments;
  const kind = length > 0 ? `${type + BINARY}${length}-` : `${type}`;
  const path = namespace === "/" ? "" : `${namespace},`;
  return [`4${kind}${path}${id < 0 ? "" : id}${json ?? ""}`, ...attachments];
}

/** A private copy of what is binary, otherwise `null`. */
function toBytes(value: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  return typeName(value) === "arraybuffer" ? new Uint8Array(value as ArrayBuffer).slice() : null;
}

/** From Engine.IO messages to packets. */
export class PacketReader {
  readonly #codec: Codec | null;
  #text = "";
  #attachments: Uint8Array[] = [];
  #missing = 0;

  constructor(codec: Codec | null) {
    this.#codec = codec;
  }

  /**
   * Takes a message: text with its Engine.IO type `4`, or binary. Returns the packet that it completes, if any.
   * @throws WireError
   */
  read(message: Frame): Packet | null {
    if (this.#codec !== null)
      return checked(decode(typeof message === "string" ? message.slice(1) : message, this.#codec));
    if (typeof message === "string") {
      if (this.#missing > 0) throw new WireError(`text where ${this.#missing} attachments are awaited: ${message}`);
      this.#missing = Number(HEADER.exec(message)?.[2] ?? 0);
      this.#text = message;
      this.#attachments = [];
    } else {
      if (this.#missing === 0) throw new WireError("binary that no packet has announced");
      this.#missing--;
      // Its own bytes: the client lends those of a larger buffer.
      this.#attachments.push(message.slice());
    }
    return this.#missing > 0 ? null : checked(parse(this.#text, this.#attachments));
  }
}

function decode(message: Frame, codec: Codec): Packet {
  try {
    const { type, namespace, id, ...packet } = codec.decode(message);
    return { type, namespace, id, data: type === DISCONNECT ? undefined : packet.data() };
  } catch (error) {
    throw new WireError(`the codec cannot read it: ${(error as Error)?.message ?? error}`);
  }
}

function parse(text: string, attachments: readonly Uint8Array[]): Packet {
  const [header, type, count, namespace = "/", id] = HEADER.exec(text) ?? [];
  if (header === undefined || (count === undefined) === Number(type) > CONNECT_ERROR)
    throw new WireError(`no Socket.IO packet: ${text}`);
  const json = text.slice(header.length);
  let data: unknown;
  let isComplete = true;
  try {
    if (json !== "") {
      data = JSON.parse(json, (_, value) => {
        // In a packet that has announced no binary it is what it looks like.
        if (count === undefined || value?._placeholder !== true) return value;
        const bytes = typeof value.num === "number" ? attachments[value.num] : undefined;
        isComplete &&= bytes !== undefined;
        return bytes;
      });
    }
  } catch {
    throw new WireError(`no JSON: ${text}`);
  }
  if (!isComplete) throw new WireError(`a placeholder without its attachment: ${text}`);
  return { type: count === undefined ? Number(type) : Number(type) - BINARY, namespace, id: Number(id ?? -1), data };
}

function checked(packet: Packet): Packet {
  const { type, data } = packet;
  const isEvent = Array.isArray(data) && typeof data[0] === "string" && !RESERVED.includes(data[0]);
  const isAuth = data === undefined || (typeof data === "object" && data !== null && !Array.isArray(data));
  const isValid =
    (type === CONNECT && isAuth) ||
    type === DISCONNECT ||
    (type === EVENT && isEvent) ||
    (type === ACK && Array.isArray(data) && packet.id >= 0);
  if (!isValid) throw new WireError(`no packet that a client sends: ${JSON.stringify(packet)}`);
  return packet;
}
