/*
 * Binary attachments (Socket.IO 5, "Sending and receiving binary data"): on the way out every binary value is replaced
 * by `{"_placeholder":true,"num":n}` and follows as the n-th binary frame; on the way in the placeholders become `Uint8Array`.
 *
 * One walk looks for binary and copies only the containers on the way to it. A `JSON.stringify` replacer would cost twice as
 * much for every message, and far more with a Node `Buffer` inside, because that is turned into an array of numbers
 * before the replacer sees it.
 */
import { MAX_DEPTH } from "./constants.js";
import { violation } from "./protocol-error.js";

/** A Blob as far as the core needs to know it: the transport that carries it can read it. */
interface BlobLike {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** One outgoing attachment: a private copy of the caller's bytes, or a Blob (immutable, so it needs no copy). */
export type Attachment = Uint8Array | BlobLike;

/** A packet as it is written: its text, alone or with its attachments. A codec's is binary, or text. */
export type Frames = string | readonly (string | Attachment)[];

/** The caller may go on writing into its buffer. */
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** What is sent for `value` if it is binary, else `null`. */
function toAttachment(value: object): Attachment | null {
  if (value instanceof Uint8Array) return copyOf(value);
  if (ArrayBuffer.isView(value)) return copyOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  const tag = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (tag === "ArrayBuffer" || tag === "SharedArrayBuffer") return copyOf(new Uint8Array(value as ArrayBuffer));
  if (tag !== "Blob" && tag !== "File") return null;
  // There is nothing in it to wait for, and `ws` does not say that it does.
  return (value as BlobLike).size > 0 ? (value as BlobLike) : new Uint8Array();
}

/** How the JSON of an array ends that has its `num`-th attachment in the last place. */
export const lastPlaceholder = (num: number): string => `,{"_placeholder":true,"num":${num}}]`;

/**
 * The JSON of `data`, whose binary values are appended to `attachments`. As `JSON.stringify` does, it turns `undefined`,
 * `NaN` and functions into `null` and dates into strings.
 * @throws TypeError for a cycle, a BigInt, or a `toJSON` that throws: nothing that cannot be encoded is ever queued.
 */
export function takeAttachments(data: unknown, attachments: Attachment[]): string {
  const last: unknown = Array.isArray(data) && data.length > 1 && data[data.length - 1];
  if (!(last instanceof Uint8Array)) return encoded(data, attachments);
  // In nearly every packet with binary that is its last argument, and a placeholder is more JSON than many of them have besides.
  const json = encoded((data as unknown[]).slice(0, -1), attachments);
  return json.slice(0, -1) + lastPlaceholder(attachments.push(copyOf(last)) - 1);
}

function encoded(data: unknown, attachments: Attachment[]): string {
  try {
    return JSON.stringify(withoutBinary(data, "", 0, attachments));
  } catch (error) {
    throw new TypeError(
      `data cannot be encoded as JSON: ${(error as Error)?.message}. Send plain data: write String(x) for a BigInt, ids for references`,
    );
  }
}

/**
 * True when nothing in `value` is binary, or can become it: it is JSON as it is. Nearly everything is, and this look costs half of the walk
 * below. `constructor` is compared because it is read sooner than a prototype; data that has a property of that name is not plain.
 */
function isPlain(value: object, depth: number): boolean {
  const maker = value.constructor;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index];
      if (typeof item === "object" && item !== null && !isPlain(item, depth + 1)) return false;
    }
    return maker === Array;
  }
  if (maker !== Object) return false;
  for (const name in value) {
    const item: unknown = (value as Record<string, unknown>)[name];
    if (typeof item === "object" ? item !== null && !isPlain(item, depth + 1) : typeof item === "function")
      return false;
  }
  return true;
}

/** `value` with placeholders for its binary, which is appended to `attachments`; only the containers on the way to it are copied. */
function withoutBinary(value: unknown, key: string, depth: number, attachments: Attachment[]): unknown {
  if (typeof value !== "object" || value === null || isPlain(value, depth)) return value;
  let source: object = value;
  let attachment = toAttachment(value);
  const { toJSON } = value as { toJSON?: (key: string) => object | null };
  if (attachment === null && typeof toJSON === "function") {
    const result = toJSON.call(value, key);
    if (typeof result !== "object" || result === null) return value;
    source = result;
    attachment = toAttachment(result);
  }
  if (attachment !== null) return { _placeholder: true, num: attachments.push(attachment) - 1 };
  if (depth > MAX_DEPTH) throw new Error("it contains itself, or is nested too deeply");
  let copy: Container | null = null;
  for (const name of Object.keys(source)) {
    const item = (source as Container)[name];
    const sent = withoutBinary(item, name, depth + 1, attachments);
    if (sent === item) continue;
    copy ??= (Array.isArray(source) ? [...source] : { ...source }) as Container;
    copy[name] = sent;
  }
  return copy ?? value;
}

/**
 * Puts the attachments back in the place of their placeholders, in place; those are taken out of the list.
 * @throws ProtocolError when a placeholder's index is not an integer, out of range, or used twice, or the payload is nested
 * too deeply
 */
export function restoreAttachments(container: object, left: (Uint8Array | undefined)[], depth = 0): void {
  if (left.length === 0) return;
  if (depth > MAX_DEPTH) violation(`at most ${MAX_DEPTH} levels of nesting`, "more");
  // The loop over an array has no keys to make.
  if (Array.isArray(container))
    for (let index = 0; index < container.length; index++) restoreAt(container, index, left, depth);
  else for (const key in container) restoreAt(container, key, left, depth);
}

type Container = Record<string | number, unknown>;

function restoreAt(source: object, key: string | number, left: (Uint8Array | undefined)[], depth: number): void {
  const container = source as Container;
  const value = container[key] as Container | null;
  if (typeof value !== "object" || value === null) return;
  if (value["_placeholder"] === true) container[key] = bytesFor(value["num"], left);
  else restoreAttachments(value, left, depth + 1);
}

function bytesFor(num: unknown, left: (Uint8Array | undefined)[]): Uint8Array {
  const isNumber = typeof num === "number";
  const bytes = isNumber && left[num];
  if (!bytes) return violation(`a placeholder for one of ${left.length} attachments`, isNumber ? `${num}` : typeof num);
  left[num] = undefined;
  return bytes;
}

/** The number of bytes of `text` in UTF-8, which is what a server's `maxPayload` counts. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Each half of a surrogate pair is two of its four bytes; JSON.stringify escapes a half that stands alone.
    if (code > 0x7f) bytes += code < 0x800 || (code & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}

/** Bytes of binary, UTF-16 units of text (the same as bytes for ASCII). */
export function frameSize(frame: string | Attachment | { readonly size: number }): number {
  return typeof frame === "string" ? frame.length : "size" in frame ? frame.size : frame.byteLength;
}

/** The bytes that `length` bytes of binary take in a payload: `b` and base64. The reference reckons 1.33 of them, which is too few. */
export function base64Size(length: number): number {
  return 1 + 4 * Math.ceil(length / 3);
}

/** True when each frame stays within `limit` bytes; over HTTP long-polling binary is `base64`. */
export function fitsPayload(frames: Frames, limit: number, base64 = false): boolean {
  // Three bytes is the most a UTF-16 unit can take, so short texts need no exact count.
  if (typeof frames === "string") return frames.length * 3 <= limit || utf8Length(frames) <= limit;
  return frames.every((frame) => {
    if (typeof frame === "string") return fitsPayload(frame, limit);
    const size = frameSize(frame);
    return (base64 ? base64Size(size) : size) <= limit;
  });
}
