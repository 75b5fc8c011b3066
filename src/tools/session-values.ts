/*
 * Values in a recording: JSON, with a form of its own for what JSON has none for, and a hash that is the same on every engine.
 *
 *   {"$b": "AQID"}   bytes, in base64          {"$d": 5}         a Date, milliseconds
 *   {"$n": "NaN"}    NaN, Infinity, -0         {"$i": "12"}      a BigInt
 *   {"$u": 1}        undefined, functions      {"$blob": 12}     a Blob of so many bytes, without them
 *   {"$o": {…}}      an object with a key that begins with $
 */

/** What is nested deeper contains itself, for all that can be told. It cannot be sent either. */
export const MAX_DEPTH = 600;

/** More of them are the same few over and over: there is no end to the ways through objects that refer to each other. */
const MAX_OBJECTS = 1e6;

/** Thrown where a value has no end. */
const ENDLESS = new Error("it contains itself");

/** A private copy of `value` that `JSON.stringify` can write; of one that has no end, that of `undefined`. */
export function encodeValue(value: unknown): unknown {
  let objects = 0;
  const encode = (item: unknown, depth: number): unknown => {
    if (typeof item === "string" || typeof item === "boolean" || item === null) return item;
    if (typeof item === "number") return Number.isFinite(item) && !Object.is(item, -0) ? item : { $n: show(item) };
    if (typeof item === "bigint") return { $i: String(item) };
    if (typeof item !== "object") return { $u: 1 };
    if (depth > MAX_DEPTH || ++objects > MAX_OBJECTS) throw ENDLESS;
    const bytes = toBytes(item);
    if (bytes !== null) return { $b: toBase64(bytes) };
    if (item instanceof Date) return { $d: item.getTime() };
    if (isBlob(item)) return { $blob: item.size };
    if (Array.isArray(item)) return item.map((part) => encode(part, depth + 1));
    const { toJSON } = item as { toJSON?: unknown };
    if (typeof toJSON === "function") return encode(toJSON.call(item, ""), depth + 1);
    const copy: Record<string, unknown> = {};
    let isPlain = true;
    for (const key of Object.keys(item)) {
      isPlain &&= key[0] !== "$";
      define(copy, key, encode((item as Record<string, unknown>)[key], depth + 1));
    }
    return isPlain ? copy : { $o: copy };
  };
  try {
    return encode(value, 0);
  } catch (error) {
    if (error !== ENDLESS) throw error;
    return { $u: 1 };
  }
}

/** What `encodeValue` was given, as far as it can be had again. */
export function decodeValue(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(decodeValue);
  const { $b, $n, $i, $d, $u, $o, $blob } = value as Record<string, unknown>;
  if (typeof $b === "string") return fromBase64($b);
  if (typeof $n === "string") return Number($n);
  if (typeof $i === "string") return BigInt($i);
  if (typeof $d === "number" || $d === null) return new Date($d ?? Number.NaN);
  if ($u !== undefined) return undefined;
  if (typeof $blob === "number") return new Blob([new Uint8Array($blob)]);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries($o ?? value)) define(copy, key, decodeValue(item));
  return copy;
}

/** `value` as a recording has it, which has an end: data of the game need not. */
export function copyOf(value: unknown): unknown {
  return decodeValue(encodeValue(value));
}

/**
 * A hash of what a callback was called with: FNV-1a, 32 bits, over the UTF-16 units of a canonical text. Keys of objects are taken
 * in the order of their units, so it is the same for the same data, however that was built and on whatever engine.
 */
export function hashValue(value: unknown, text: (text: string) => string = (same) => same): string {
  let hash = 0x811c9dc5;
  const add = (part: string) => {
    hash = hashText(part, hash);
  };
  const walk = (item: unknown, depth: number): void => {
    if (typeof item === "string") {
      const shown = text(item);
      add(`s${shown.length}:`);
      add(shown);
    } else if (typeof item === "number") add(`n${show(item)};`);
    else if (typeof item === "bigint") add(`i${item};`);
    else if (typeof item === "boolean" || item === null) add(`${item};`);
    else if (typeof item !== "object" || depth > MAX_DEPTH) add(`${typeof item === "function" ? "f" : "u"};`);
    else walkObject(item, depth);
  };
  const walkObject = (item: object, depth: number): void => {
    const bytes = toBytes(item);
    if (bytes !== null) {
      add(`b${bytes.length}:`);
      for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    } else if (Array.isArray(item)) {
      add(`a${item.length}:`);
      for (const part of item) walk(part, depth + 1);
    } else if (item instanceof Date) add(`d${item.getTime()};`);
    // Its message may be the engine's own.
    else if (item instanceof Error) add(`e${item.name};`);
    else {
      const keys = Object.keys(item).sort();
      add(`o${keys.length}:`);
      for (const key of keys) {
        add(`${key.length}:${key}`);
        walk((item as Record<string, unknown>)[key], depth + 1);
      }
    }
  };
  walk(value, 0);
  return hex(hash);
}

/** FNV-1a, 32 bits, over the UTF-16 units of `text`. */
export function hashText(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

export function hex(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** FNV-1a, 64 bits, over UTF-16 units: the hash of a whole session. */
export class SessionHash {
  #high = 0xcbf29ce4;
  #low = 0x84222325;

  add(text: string): void {
    for (let index = 0; index < text.length; index++) {
      const low = (this.#low ^ text.charCodeAt(index)) >>> 0;
      // By 2 ** 40 + 0x1b3; each product stays far below 2 ** 53.
      const product = low * 0x1b3;
      this.#high = (this.#high * 0x1b3 + Math.floor(product / 2 ** 32) + ((low << 8) >>> 0)) % 2 ** 32;
      this.#low = product % 2 ** 32;
    }
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    return hex(this.#high) + hex(this.#low);
  }
}

/** The bytes of what is binary, not copied; otherwise `null`. */
export function toBytes(value: object): Uint8Array | null {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null;
}

/** Own keys only: `__proto__` is a key like any other. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

export function isBlob(value: object): value is Blob {
  return typeof Blob === "function" && value instanceof Blob;
}

function show(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  // More arguments than that do not fit into a call.
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
