/*
 * Socket.IO 5 packets: `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`, here behind the `4` of an Engine.IO message.
 *
 * The header is read in one pass of `charCodeAt`, without slicing what nobody asked for. It is strict where lax readers
 * have been fooled: digits only (no `1.0-`, no `+1-`), no leading zeros, no number above 2^53, and a comma after a namespace.
 */
import { type Attachment, type Frames, lastPlaceholder, restoreAttachments, takeAttachments } from "./attachments.js";
import type { IncomingPacket, PacketParts } from "./codec.js";
import { ACK, BINARY, CONNECT, CONNECT_ERROR, EVENT, MESSAGE } from "./constants.js";
import { hasSid } from "./engine-packet.js";
import { isObject, parseJson, violation } from "./protocol-error.js";

export { ACK, BINARY, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT } from "./constants.js";

/** A packet that was not parsed yet: its text with the Engine.IO type in front, or what a codec made of its message. */
export type PacketSource = string | IncomingPacket;

/** The parts of a packet before its JSON; `end` is the index where the JSON starts. Types 5 and 6 are types 2 and 3 with attachments. */
export interface PacketHeader extends PacketParts {
  type: number;
  attachments: number;
  namespace: string;
  id: number;
  end: number;
}

/** The content of a packet that is either that, if it is but a text, or an object with more. */
export function contentOf<T>(packet: string | { readonly content: T }): string | T {
  return typeof packet === "string" ? packet : packet.content;
}

/** Where `readHeader` may put what is looked at at once: it is good until the next header is read. */
export const HEADER = {} as PacketHeader;

/** Names that the reference implementations use for themselves; sending one is refused, receiving one is a parse error. */
export const RESERVED_EVENTS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

const INTEGER = "a canonical integer below 2^53";

/** The integer at `start`, -1 if there is none; `header.end` is the index behind it. */
function readInteger(text: string, start: number, header: PacketHeader): number {
  let value = 0;
  let end = start;
  // Cheaper than to cut the digits out, as long as they are few.
  for (; ; end++) {
    const digit = text.charCodeAt(end) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = 10 * value + digit;
  }
  header.end = end;
  if (end === start) return -1;
  const isCanonical = end === start + 1 || text.charCodeAt(start) !== 48;
  return isCanonical && value <= Number.MAX_SAFE_INTEGER ? value : violation(INTEGER, text);
}

/**
 * Reads the header of the packet in a message into `header` (reused, so that no packet costs an object).
 * @throws ProtocolError when it is malformed.
 */
export function readHeader(text: string, header: PacketHeader): PacketHeader {
  const type = text.charCodeAt(1) - 48;
  if (!(type >= CONNECT && type <= ACK + BINARY)) violation("a Socket.IO packet type from 0 to 6", text);
  header.type = type;
  header.attachments = 0;
  header.namespace = "/";
  let index = 2;
  if (type > CONNECT_ERROR) {
    header.attachments = readInteger(text, index, header);
    // 0 would mean a binary packet without binary.
    if (header.attachments === 0 || text.charCodeAt(header.end) !== 45)
      violation("a binary packet <type><count>-…", text);
    if (header.attachments < 0) violation(INTEGER, text);
    index = header.end + 1;
  }
  if (text.charCodeAt(index) === 47) {
    const end = text.indexOf(",", index);
    if (end < 0) violation("a comma after the namespace", text);
    header.namespace = text.slice(index, end);
    index = end + 1;
  }
  header.id = readInteger(text, index, header);
  return header;
}

/**
 * Names seen lately, each in a place that its length and ends say: most packets of a game are of a few events, and a name that is known
 * need not be cut out of the text, nor hashed when its listeners are looked up.
 */
const KNOWN = /* @__PURE__ */ new Array<string>(64).fill("");
const LONGEST_KNOWN = 64;
let lastName = "";

/** Whether a known name stands there, with its closing quote; there is none before the first one. */
function isAt(name: string, text: string, start: number): boolean {
  const end = start + name.length;
  // A comparison by characters, or `startsWith`, takes two to three times as long as to cut out what is compared.
  return text.charCodeAt(end) === 34 && name !== "" && text.slice(start, end) === name;
}

const QUOTED = /"(?:[^"\\]|\\.)*"/y;

/**
 * The name of the event whose JSON starts at `start`, without parsing the rest; `null` when this does not look like a
 * whole event, so that the full reader gets it.
 */
export function peekEventName(text: PacketSource, start: number): string | null {
  if (typeof text !== "string") return RESERVED_EVENTS.has(text.event as string) ? null : text.event;
  if (text.charCodeAt(start) !== 91 || text.charCodeAt(start + 1) !== 34) return null;
  if (text.charCodeAt(text.length - 1) !== 93) return null;
  return isAt(lastName, text, start + 2) ? lastName : lookUpName(text, start + 2);
}

/** Apart from the above, which is short enough to be compiled into its callers. */
function lookUpName(text: string, start: number): string | null {
  const end = text.indexOf('"', start);
  if (end < 0) return null;
  const length = end - start;
  const place = (7 * length + text.charCodeAt(start) + 3 * text.charCodeAt(end - 1)) & (KNOWN.length - 1);
  if (isAt(KNOWN[place]!, text, start)) {
    lastName = KNOWN[place]!;
    return lastName;
  }
  QUOTED.lastIndex = start - 1;
  try {
    const name: string = JSON.parse(QUOTED.exec(text)?.[0] ?? "");
    if (RESERVED_EVENTS.has(name)) return null;
    // Not one that is spelt with escapes. It is a copy, because a slice would keep the whole packet.
    if (length <= LONGEST_KNOWN && name === text.slice(start, end)) KNOWN[place] = name;
    return name;
  } catch {
    return null;
  }
}

/** What can be known of a packet before it is parsed. */
interface PeekedPacket {
  event: string | null;
  namespace: string;
  id: number;
}

/**
 * What a message is about, without parsing it: `event` is `null` if it is no event, or one for the full reader.
 * @throws ProtocolError when its header is malformed
 */
export function peekPacket(text: PacketSource): PeekedPacket {
  const { type, namespace, id } = typeof text === "string" ? readHeader(text, HEADER) : text;
  const event = type === EVENT || type === EVENT + BINARY ? peekEventName(text, HEADER.end) : null;
  return { event, namespace, id };
}

function isEvent(value: unknown): value is [string, ...unknown[]] {
  if (!Array.isArray(value)) return false;
  // A number is a legal event name on the wire; JavaScript makes no difference between the keys 1 and "1".
  if (typeof value[0] === "number") value[0] = String(value[0]);
  return typeof value[0] === "string" && !RESERVED_EVENTS.has(value[0]);
}

function isRefusal(value: unknown): value is string | { message?: unknown; data?: unknown } {
  return typeof value === "string" || isObject(value);
}

/** How a packet ends whose last argument is its only attachment, as nearly every packet with one does. */
const LAST = /* @__PURE__ */ lastPlaceholder(0);

/** The arguments of a packet, with the attachments in the place of their placeholders. */
function readArguments<T extends unknown[]>(
  text: PacketSource,
  start: number,
  attachments: (Uint8Array | undefined)[],
  valid: (value: unknown) => value is T,
  what: string,
): T {
  // A placeholder is more JSON than many an event has besides, and text that is valid ends like this in no other way.
  const isShort = attachments.length === 1 && typeof text === "string" && text.endsWith(LAST);
  const json = isShort ? `${text.slice(start, -LAST.length)},0]` : undefined;
  const data = parseJson(text, start, valid, what, json);
  if (isShort) data[data.length - 1] = { _placeholder: true, num: 0 };
  restoreAttachments(data, attachments);
  return data;
}

/** The arguments of an EVENT: a non-empty array that starts with the event's name. */
export function readEvent(
  text: PacketSource,
  start: number,
  attachments: (Uint8Array | undefined)[] = [],
): [string, ...unknown[]] {
  return readArguments(text, start, attachments, isEvent, 'an event ["name",…]');
}

/** The arguments of an ACK: an array. */
export function readAck(text: PacketSource, start: number, attachments: (Uint8Array | undefined)[] = []): unknown[] {
  return readArguments(text, start, attachments, Array.isArray, "an acknowledgement […]");
}

/** The reply to CONNECT: `{ sid, pid? }`. A v2 server greets with a bare `40`; nothing else it says would be understood either. */
export function readConnect(text: PacketSource, start: number): { sid: string; pid?: unknown } {
  return parseJson(text, start, hasSid, 'a CONNECT {"sid":…} (this is no Socket.IO v3+ server, but v2)');
}

/** The payload of CONNECT_ERROR: `{ message, data? }`, or a bare string as some servers send it. */
export function readRefusal(text: PacketSource, start: number): { message: string; data?: unknown } {
  const payload = parseJson(text, start, isRefusal, 'a CONNECT_ERROR {"message":…}');
  if (typeof payload === "string") return { message: payload };
  return { ...payload, message: typeof payload.message === "string" ? payload.message : "refused" };
}

/**
 * A packet as it is written: its text, and what binary was in `payload`.
 * @throws TypeError when `payload` cannot be encoded
 */
export function encodePacket(type: number, namespace: string, id: number, payload: unknown): Frames {
  const attachments: Attachment[] = [];
  const text = payload === undefined ? "" : takeAttachments(payload, attachments);
  const { length } = attachments;
  if (type === EVENT && length === 0 && namespace === "/") return id < 0 ? `42${text}` : `42${id}${text}`;
  const kind = length > 0 ? `${type + BINARY}${length}-` : type;
  const whole = `${MESSAGE}${kind}${namespace === "/" ? "" : `${namespace},`}${id < 0 ? "" : id}${text}`;
  return length > 0 ? [whole, ...attachments] : whole;
}

/**
 * True for what can be a namespace's path. A comma or a control character would be read as the end of the name or of the
 * packet, and `?` starts a query that current servers cut off.
 */
export function isNamespacePath(path: unknown): boolean {
  return typeof path === "string" && /^\/[^?,\p{Cc}]*$/u.test(path);
}
