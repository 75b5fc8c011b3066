/*
 * The codec for servers with `parser: require("socket.io-msgpack-parser")`: each packet is one binary message, the MessagePack
 * of `{ type, nsp, data?, id? }`. Binary is native to MessagePack, so there are no attachments.
 *
 * That parser uses extension type 0 of notepack.io 2: a date is 8 bytes of milliseconds, `undefined` is 1 byte, and every other
 * is an ArrayBuffer. Other servers have the standard timestamp, which is read as well.
 */
import { Decoder, decodeTimestampExtension, Encoder, ExtData } from "@msgpack/msgpack";
import type { Codec, IncomingPacket, OutgoingPacket } from "../protocol/codec.js";
import { CONNECT_ERROR, EVENT, MAX_DEPTH } from "../protocol/constants.js";
import { MsgpackCursor } from "./msgpack-cursor.js";

export type { Codec, IncomingPacket, OutgoingPacket, PacketParts } from "../protocol/codec.js";

const NOTEPACK = 0;
const TIMESTAMP = -1;
/** A packet has four keys; there are servers that send a few more. */
const MAX_KEYS = 20;
const FIXEXT_1 = 0xd4;
const FIXEXT_8 = 0xd7;
/** Half of a character, or one of its two halves. */
const SURROGATE = /[\ud800-\udfff]/;
/** Objects that JSON takes for the value in them. */
const BOXED = /^(String|Number|Boolean|BigInt)$/;

const OPTIONS = {
  extensionCodec: { tryToEncode: (value: unknown) => (value instanceof ExtData ? value : null), decode: readExtension },
  // As JSON does: no key for what is undefined.
  ignoreUndefined: true,
  // The walk of `toPlain` sees to it, and the packet is a level of its own.
  maxDepth: Infinity,
};

/**
 * MessagePack for the option `codec`: smaller packets, binary without attachments, dates that stay dates. The server needs
 * `parser: require("socket.io-msgpack-parser")`. Needs the package `@msgpack/msgpack`.
 *
 * @throws TypeError with a version of it that is too old
 *
 * @example
 * const client = new SocketIOClient({ codec: msgpack() });
 */
export function msgpack(): Codec {
  const encoder = new Encoder(OPTIONS);
  // Version 2 takes its options in another way. It would throw at the first packet, which is written when no game is there to hear of it.
  try {
    encoder.encode({});
  } catch {
    throw new TypeError("msgpack() needs version 3 of @msgpack/msgpack: npm install @msgpack/msgpack@3");
  }
  const decoder = new Decoder(OPTIONS);
  return {
    encode: (packet) => encode(encoder, packet),
    decode: (message) => decode(decoder, message),
  };
}

function encode(encoder: Encoder, { type, namespace, id, data }: OutgoingPacket): Uint8Array {
  try {
    const packet = { type, data: toPlain(data, "", 0), id: id < 0 ? undefined : id, nsp: namespace };
    return encoder.encode(packet);
  } catch (error) {
    throw new TypeError(
      `data cannot be encoded as MessagePack: ${(error as Error)?.message}. Send plain data: write String(x) for a BigInt, ids for references, await blob.arrayBuffer() for a Blob`,
    );
  }
}

/** `value` with everything in it that the encoder does not know as JSON does: itself if that is nothing. */
function toPlain(value: unknown, key: string, depth: number, converted = false): unknown {
  if (typeof value === "string") return toText(value);
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value === "bigint") throw new Error("it holds a BigInt");
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof ExtData)
    return value;
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag === "ArrayBuffer") return new Uint8Array(value as ArrayBuffer);
  if (tag === "Date") return toExtension(value as Date);
  if (tag === "Blob" || tag === "File") throw new Error("it holds a Blob");
  if (depth > MAX_DEPTH) throw new Error("it contains itself, or is nested too deeply");
  if (!converted && typeof (value as { toJSON?: unknown }).toJSON === "function")
    return toPlain((value as { toJSON(key: string): unknown }).toJSON(key), key, depth + 1, true);
  if (tag !== "Object" && BOXED.test(tag)) return toPlain(value.valueOf(), key, depth);
  let copy: Record<string, unknown> | null = null;
  for (const name of Object.keys(value)) {
    const text = toText(name);
    const item = (value as Record<string, unknown>)[name];
    const sent = toPlain(item, name, depth + 1);
    // The decoders that it would meet either refuse this key or take it for the prototype.
    const isLost = name === "__proto__";
    if (Object.is(sent, item) && !isLost && text === name) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    if (isLost || text !== name) delete copy[name];
    if (!isLost) copy[text] = sent;
  }
  return copy ?? value;
}

/** A server may close the connection for text that is no UTF-8, like half of an emoji. */
function toText(text: string): string {
  // To look takes a fifth of what it takes to replace nothing.
  return SURROGATE.test(text) ? text.replace(/\p{Surrogate}/gu, "\ufffd") : text;
}

function toExtension(date: Date): ExtData | null {
  const time = date.getTime();
  if (Number.isNaN(time)) return null;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(time));
  return new ExtData(NOTEPACK, bytes);
}

function readExtension(data: Uint8Array, type: number): unknown {
  if (type === TIMESTAMP) return decodeTimestampExtension(data);
  // The decoder's is a part of the message.
  const bytes = new Uint8Array(data);
  if (type !== NOTEPACK) return new ExtData(type, bytes);
  // An ArrayBuffer of the same size has its size in this place.
  const form = new Uint8Array(data.buffer, data.byteOffset - 2)[0];
  if (form === FIXEXT_1 && data.length === 1) return undefined;
  if (form === FIXEXT_8 && data.length === 8) return new Date(Number(new DataView(bytes.buffer).getBigInt64(0)));
  return bytes;
}

function decode(decoder: Decoder, message: Uint8Array | string): IncomingPacket {
  if (typeof message === "string") throw new Error("a text message: is the server's parser socket.io-msgpack-parser?");
  const cursor = new MsgpackCursor(message);
  const values = cursor.enter(true);
  const read = () => cursor.readShort() ?? decoder.decode(cursor.take());
  let type: unknown;
  let namespace: unknown;
  let id: unknown = -1;
  let data: Uint8Array | null = null;
  for (let index = 0; index < values && index < 2 * MAX_KEYS; index += 2) {
    const key = read();
    if (key === "type") type = read();
    else if (key === "nsp") namespace = read();
    else if (key === "id") id = read() ?? -1;
    else if (key === "data") data = cursor.take();
    else cursor.take();
  }
  if (cursor.position < message.length) throw new Error("more than a packet");
  if (!isCount(type) || type > CONNECT_ERROR || typeof namespace !== "string" || !(id === -1 || isCount(id)))
    throw new Error("no packet { type, nsp, data, id }");
  return {
    type,
    namespace,
    id,
    event: type === EVENT && data ? peekName(decoder, data) : null,
    data: () => {
      const value = data ? decoder.decode(data) : undefined;
      return cursor.binary ? own(value) : value;
    },
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The first item of an array, which is an event's name. */
function peekName(decoder: Decoder, data: Uint8Array): string | null {
  const cursor = new MsgpackCursor(data);
  if (cursor.enter(false) < 1 || !cursor.isText) return null;
  return (cursor.readShort() ?? decoder.decode(cursor.take())) as string;
}

/** Makes binary private, in place: the decoder's is a part of the message, and starts anywhere in its buffer. */
function own(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value === "object" && value !== null) {
    for (const key of Object.keys(value))
      (value as Record<string, unknown>)[key] = own((value as Record<string, unknown>)[key]);
  }
  return value;
}
