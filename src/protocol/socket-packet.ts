/*
 * Socket.IO 5 packets: `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`.
 *
 * The header is read in one pass of `charCodeAt`, without slicing what nobody asked for. It is strict where lax readers
 * have been fooled: digits only (no `1.0-`, no `+1-`), no leading zeros, no number above 2^53, and a comma after a namespace.
 */
import { excerpt, isObject, ProtocolError, parseJson } from "./protocol-error.js";

export const SocketPacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const;
export type SocketPacketType = (typeof SocketPacketType)[keyof typeof SocketPacketType];

/** The parts of a packet before its JSON. `id` is -1 when there is none; `end` is the index where the JSON starts. */
export interface PacketHeader {
  type: number;
  attachments: number;
  namespace: string;
  id: number;
  end: number;
}

/** Names that the reference implementations use for themselves; sending one is refused, receiving one is a parse error. */
export const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

const MINUS = 45;
const COMMA = 44;
const SLASH = 47;
const QUOTE = 34;
const BACKSLASH = 92;
const BRACKET = 91;
const CLOSING_BRACKET = 93;

/** Value of the digit at `index`, or NaN-like (outside 0…9) for anything else. */
function digit(text: string, index: number): number {
  const value = text.charCodeAt(index) - 48;
  return value >= 0 && value <= 9 ? value : -1;
}

/** Index after the run of digits at `index`. */
function skipDigits(text: string, index: number): number {
  while (digit(text, index) >= 0) index++;
  return index;
}

function integer(text: string, start: number, end: number, what: string): number {
  const value = Number(text.slice(start, end));
  if (value > Number.MAX_SAFE_INTEGER || (text.charCodeAt(start) === 48 && end - start > 1)) {
    throw new ProtocolError(`${what} is not a canonical integer below 2^53 in ${excerpt(text)}`);
  }
  return value;
}

/**
 * Reads the header of the packet that starts at `start` of `text` into `header` (reused, so that no packet costs an object).
 * @throws ProtocolError when it is malformed.
 */
export function readHeader(text: string, start: number, header: PacketHeader): PacketHeader {
  const type = digit(text, start);
  if (type < 0 || type > 6) throw new ProtocolError(`unknown Socket.IO packet type in ${excerpt(text)}`);
  header.type = type;
  header.attachments = 0;
  header.namespace = "/";
  header.id = -1;
  let index = start + 1;
  if (type >= SocketPacketType.BINARY_EVENT) {
    const end = skipDigits(text, index);
    if (end === index || text.charCodeAt(end) !== MINUS) {
      throw new ProtocolError(`a binary packet needs "<count>-" after its type, got ${excerpt(text)}`);
    }
    header.attachments = integer(text, index, end, "the attachment count");
    if (header.attachments === 0) throw new ProtocolError(`a binary packet without attachments: ${excerpt(text)}`);
    index = end + 1;
  }
  if (text.charCodeAt(index) === SLASH) {
    const comma = text.indexOf(",", index);
    if (comma < 0) throw new ProtocolError(`no comma after the namespace in ${excerpt(text)}`);
    header.namespace = text.slice(index, comma);
    index = comma + 1;
  }
  const end = skipDigits(text, index);
  if (end > index) header.id = integer(text, index, end, "the ack id");
  header.end = end;
  return header;
}

/**
 * The name of the event whose JSON starts at `index`, without parsing the rest; `null` when this does not look like a
 * whole event, so that the full reader gets it and says what is wrong.
 */
export function peekEventName(text: string, index: number): string | null {
  const open = index + 1;
  if (text.charCodeAt(index) !== BRACKET || text.charCodeAt(open) !== QUOTE) return null;
  if (text.charCodeAt(text.length - 1) !== CLOSING_BRACKET) return null;
  let escaped = false;
  let end = open + 1;
  for (let code = text.charCodeAt(end); code !== QUOTE; code = text.charCodeAt(++end)) {
    if (code === BACKSLASH) {
      escaped = true;
      end++;
    } else if (!(code >= 32)) return null;
  }
  const after = text.charCodeAt(end + 1);
  if (after !== COMMA && after !== CLOSING_BRACKET) return null;
  const name = escaped ? unquote(text.slice(open, end + 1)) : text.slice(open + 1, end);
  return name === null || RESERVED_EVENTS.has(name) ? null : name;
}

function unquote(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return null;
  }
}

/**
 * `"<namespace>,<event>"` of the packet that starts at `start`, without parsing it; `""` when it is no event or asks for
 * an acknowledgement.
 */
export function peekEventKey(text: string, start: number): string {
  let index = start + 1;
  const type = digit(text, start);
  if (type === SocketPacketType.BINARY_EVENT) index = skipDigits(text, index) + 1;
  else if (type !== SocketPacketType.EVENT) return "";
  let namespace = "/";
  if (text.charCodeAt(index) === SLASH) {
    const comma = text.indexOf(",", index);
    if (comma < 0) return "";
    namespace = text.slice(index, comma);
    index = comma + 1;
  }
  const name = peekEventName(text, index);
  return name === null ? "" : eventKey(namespace, name);
}

/** One string for an event of a namespace. A namespace has no comma, so no two pairs share a key. */
export function eventKey(namespace: string, event: string): string {
  return `${namespace},${event}`;
}

/** The arguments of an EVENT: a non-empty array that starts with the event's name. */
export function readEventPayload(text: string, start: number): [string, ...unknown[]] {
  const payload = parseJson(text.slice(start), "an event's payload");
  if (Array.isArray(payload)) {
    // A number is a legal event name on the wire; JavaScript makes no difference between the keys 1 and "1".
    if (typeof payload[0] === "number") payload[0] = String(payload[0]);
    if (typeof payload[0] === "string" && !RESERVED_EVENTS.has(payload[0])) return payload as [string];
  }
  throw new ProtocolError(`an event must be an array that starts with a free event name, got ${excerpt(text)}`);
}

/** The arguments of an ACK: an array. */
export function readAckPayload(text: string, start: number): unknown[] {
  const payload = parseJson(text.slice(start), "an acknowledgement's payload");
  if (Array.isArray(payload)) return payload;
  throw new ProtocolError(`an acknowledgement must be an array, got ${excerpt(text)}`);
}

/** The reply to CONNECT: `{ sid, pid? }`. */
export function readConnectPayload(text: string, start: number): { sid: string; pid: string } {
  // A v2 server greets with a bare `40`; nothing else it says would be understood either.
  if (start >= text.length) {
    throw new ProtocolError(
      "the server's CONNECT has no session id: this looks like a Socket.IO v2 server, which this client cannot talk to (v3 or newer is needed)",
    );
  }
  const payload = parseJson(text.slice(start), "the server's CONNECT payload");
  if (!isObject(payload) || typeof payload["sid"] !== "string" || payload["sid"] === "") {
    throw new ProtocolError(`the server's CONNECT must be an object with a "sid" string, got ${excerpt(text)}`);
  }
  const { sid, pid } = payload;
  return { sid, pid: typeof pid === "string" ? pid : "" };
}

/** The payload of CONNECT_ERROR: `{ message, data? }`, or a bare string as some servers send it. */
export function readConnectErrorPayload(text: string, start: number): { message: string; data?: unknown } {
  const payload = parseJson(text.slice(start), "a CONNECT_ERROR payload");
  if (typeof payload === "string") return { message: payload };
  if (!isObject(payload)) {
    throw new ProtocolError(`a CONNECT_ERROR must hold an object or a string, got ${excerpt(text)}`);
  }
  const message = typeof payload["message"] === "string" ? payload["message"] : "the server refused the namespace";
  return "data" in payload ? { message, data: payload["data"] } : { message };
}

/** `"4"` (Engine.IO message), the packet type, and the namespace with its comma unless it is the main one. */
export function encodeHead(type: SocketPacketType, namespace: string, attachments = 0): string {
  return `4${type}${attachments > 0 ? `${attachments}-` : ""}${namespace === "/" ? "" : `${namespace},`}`;
}

/**
 * Says what is wrong with a namespace path, or `""` when it can be used. A comma or a control character would be read as
 * the end of the name or of the packet, and `?` starts a query that current servers cut off.
 */
export function namespaceProblem(path: unknown): string {
  if (typeof path !== "string") return `a namespace path must be a string, got ${typeof path}`;
  if (path[0] !== "/") return `a namespace path starts with "/": write "/${path}" instead of ${JSON.stringify(path)}`;
  for (const character of path) {
    if (character < " " || character === "\x7f" || character === "?" || character === ",") {
      return `a namespace path has no "?", "," or control character, got ${JSON.stringify(path)}`;
    }
  }
  return "";
}
