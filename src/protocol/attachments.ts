/*
 * Binary attachments (Socket.IO 5, "Sending and receiving binary data"): on the way out every binary value is replaced
 * by `{"_placeholder":true,"num":n}` and follows as the n-th binary frame; on the way in the placeholders become `Uint8Array`.
 *
 * Most messages carry no binary, so a first walk only looks. Copies are made where binary is found and nowhere else: a
 * `JSON.stringify` replacer would cost twice as much for every message, and far more with a Node `Buffer` inside,
 * because that is turned into an array of numbers before the replacer sees it.
 */
import { isObject, ProtocolError } from "./protocol-error.js";

/** A Blob as far as the core needs to know it: the transport that carries it can read it. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** One outgoing attachment: a private copy of the caller's bytes, or a Blob (immutable, so it needs no copy). */
export type Attachment = Uint8Array | BlobLike;

export interface Encoded {
  readonly json: string;
  readonly attachments: readonly Attachment[];
}

const NO_ATTACHMENTS: readonly never[] = Object.freeze([]);

/** Deeper than any sane message; below it the walk does not pay for looking for cycles. */
const SHALLOW = 64;

/** The deepest nesting that is searched for placeholders: a peer must not be able to exhaust the stack. */
const DEEPEST = 1000;

function tag(value: object): string {
  return Object.prototype.toString.call(value);
}

function isBlob(value: object): value is BlobLike {
  const name = tag(value);
  return name === "[object Blob]" || name === "[object File]";
}

function isBuffer(value: object): value is ArrayBuffer {
  return value instanceof ArrayBuffer || tag(value) === "[object ArrayBuffer]";
}

/** A copy of the bytes: the caller may go on writing into its buffer while the packet waits for the next flush. */
function copyBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
    : new Uint8Array(value.slice(0));
}

/** What `JSON.stringify` would put in the place of `value`. */
function toJson(value: object, key: string): unknown {
  const convert = (value as { toJSON?: unknown }).toJSON;
  return typeof convert === "function" ? convert.call(value, key) : value;
}

/**
 * True when binary stands anywhere in `value`. `ancestors` is filled only below SHALLOW levels.
 * @throws TypeError on a cycle.
 */
function hasBinary(value: unknown, key: string, depth: number, ancestors: Set<object> | null): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (ArrayBuffer.isView(value) || isBinaryObject(value)) return true;
  if (depth === SHALLOW) throw DEEP;
  if (ancestors?.has(value)) throw new TypeError("it contains itself (a cycle)");
  ancestors?.add(value);
  const converted = toJson(value, key);
  let found = false;
  if (converted !== value) {
    found = hasBinary(converted, key, depth + 1, ancestors);
  } else if (Array.isArray(value)) {
    for (let index = 0; index < value.length && !found; index++) {
      const item: unknown = value[index];
      if (typeof item === "object" && item !== null) found = hasBinary(item, String(index), depth + 1, ancestors);
    }
  } else {
    for (const name in value) {
      const item: unknown = (value as Record<string, unknown>)[name];
      if (typeof item === "object" && item !== null && Object.hasOwn(value, name)) {
        found = hasBinary(item, name, depth + 1, ancestors);
        if (found) break;
      }
    }
  }
  ancestors?.delete(value);
  return found;
}

/** Thrown to restart the walk with a check for cycles; never leaves this file. */
const DEEP = new TypeError("nested too deeply");

function isBinaryObject(value: object): boolean {
  // Plain objects and arrays are nearly everything: they are told apart without the slower tag.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === Array.prototype) return false;
  return isBuffer(value) || isBlob(value);
}

function takeOut(value: unknown, key: string, attachments: Attachment[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value) || isBinaryObject(value)) {
    attachments.push(isBlob(value) ? value : copyBytes(value as ArrayBuffer | ArrayBufferView));
    return { _placeholder: true, num: attachments.length - 1 };
  }
  const converted = toJson(value, key);
  if (converted !== value) return takeOut(converted, key, attachments);
  if (Array.isArray(value)) return value.map((item, index) => takeOut(item, String(index), attachments));
  const copy: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value)) {
    copy[name] = takeOut((value as Record<string, unknown>)[name], name, attachments);
  }
  return copy;
}

function containsBinary(value: unknown): boolean {
  try {
    return hasBinary(value, "", 0, null);
  } catch (error) {
    if (error !== DEEP) throw error;
    return hasBinary(value, "", Number.NEGATIVE_INFINITY, new Set());
  }
}

/**
 * Encodes an array of arguments. As `JSON.stringify` does, it turns `undefined`, `NaN` and functions into `null` and
 * dates into strings.
 * @throws TypeError for a cycle, a BigInt, or a `toJSON` that throws: nothing that cannot be encoded is ever queued.
 */
export function encodeData(data: unknown): Encoded {
  try {
    if (!containsBinary(data)) return { json: JSON.stringify(data), attachments: NO_ATTACHMENTS };
    const attachments: Attachment[] = [];
    return { json: JSON.stringify(takeOut(data, "", attachments)), attachments };
  } catch (error) {
    const problem = String((error as Error)?.message ?? error).split("\n", 1)[0];
    throw new TypeError(
      `this data cannot be encoded as JSON: ${problem}. Send plain data: write Number(x) or String(x) for a BigInt, and ids instead of references`,
    );
  }
}

/**
 * Puts the attachments back in the place of their placeholders, in place.
 * @throws ProtocolError when a placeholder's index is not an integer, out of range, or used twice.
 */
export function restoreAttachments(payload: unknown, attachments: readonly Uint8Array[]): void {
  const used = new Set<number>();
  const walk = (parent: Record<string | number, unknown>, key: string | number, depth: number): void => {
    const value = parent[key];
    if (depth > DEEPEST) throw new ProtocolError(`a binary packet is nested more than ${DEEPEST} levels deep`);
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) walk(value as never, index, depth + 1);
    } else if (isObject(value)) {
      if (value["_placeholder"] === true) {
        const num = value["num"];
        const bytes = attachments[num as number];
        if (typeof num !== "number" || bytes === undefined || used.has(num)) {
          throw new ProtocolError(
            `a placeholder points at attachment ${JSON.stringify(num)} of ${attachments.length}, or at one that is taken`,
          );
        }
        used.add(num);
        // JSON.parse makes "__proto__" an own key; plain assignment to it would not.
        Object.defineProperty(parent, key, { value: bytes, writable: true, enumerable: true, configurable: true });
      } else {
        for (const name of Object.keys(value)) walk(value, name, depth + 1);
      }
    }
  };
  walk({ payload }, "payload", 0);
}

/** The number of bytes of `text` in UTF-8, which is what a server's `maxPayload` counts. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    // A surrogate pair is two units and four bytes: two for each half. A lone half becomes U+FFFD: three bytes.
    if (code < 0x800) bytes += 1;
    else if (code >= 0xd800 && code < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 2;
      index++;
    } else bytes += 2;
  }
  return bytes;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}

/** True when the packet's frames all stay within `limit` bytes. */
export function fitsPayload(text: string, attachments: readonly Attachment[], limit: number): boolean {
  // Three bytes is the most a UTF-16 unit can take, so short texts need no exact count.
  if (text.length * 3 > limit && (text.length > limit || utf8Length(text) > limit)) return false;
  return attachments.every((attachment) => ("size" in attachment ? attachment.size : attachment.byteLength) <= limit);
}
