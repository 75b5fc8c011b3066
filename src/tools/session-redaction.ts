/*
 * What a recording does not show: auth, what a URL carries besides its address, and the data of chosen events. What is masked keeps
 * its shape and its length, so that nothing that the client decides by these changes.
 */
import { requireThat } from "../errors.js";
import type { ClientOptions } from "../options.js";
import { type OutFrame, parseUrl } from "../transport/transport.js";
import type { Redacted } from "./session-format.js";
import { copyOf, encodeValue, hashValue, isBlob, MAX_DEPTH, toBytes } from "./session-values.js";

/** What `SessionRecorder` leaves out. */
export interface RedactOptions {
  /** Auth, and the private ids of sessions. Default true. */
  readonly auth?: boolean;
  /** Names of events whose data is masked, in both directions; `"*"` stands for all. Default none. */
  readonly events?: readonly string[];
}

type Frame = string | Uint8Array;
type Codec = NonNullable<ClientOptions["codec"]>;
/** From the server, to the server. */
export type Way = "<" | ">";
export type Thrown = 0 | { readonly e: string } | { readonly v: unknown };

const PACKET = /^4([0-6])(?:(\d+)-)?(?:(\/[^,]*),)?(\d+)?/;
const OPEN = "0";
const CONNECT = 0;
const EVENT = 2;
const ACK = 3;

/** What a client takes for an offset. */
const OFFSET = /^(?=.*[\dA-Z])[\w.-]{1,64}$/;

/** So many acknowledgements of hidden events are known as such, and so many offsets. */
const REMEMBERED = 4096;

/** @throws TypeError for what cannot be an option */
export function readRedaction(options: RedactOptions): Redacted {
  requireThat(
    typeof options === "object" && options !== null,
    "redact",
    'an object like { events: ["chat"] }',
    options,
  );
  const { auth = true, events = [], ...others } = options;
  // One that is misspelt would let be seen what it was meant to hide.
  for (const name of Object.keys(others)) requireThat(false, "an option of redact", "auth or events", name);
  requireThat(typeof auth === "boolean", "redact.auth", "true or false", auth);
  const isList = Array.isArray(events) && events.every((event) => typeof event === "string");
  requireThat(isList, "redact.events", "a list of names of events", events);
  return { auth, events: [...events] };
}

export class Redaction {
  readonly redacted: Redacted;
  readonly #events: ReadonlySet<string>;
  /** How many attachments from the server are still to come of a packet that may be seen. */
  #inClear = 0;
  /** The hidden events that wait for their acknowledgement. */
  readonly #asked = new Set<string>();
  /** The namespaces whose sessions can be recovered: their events end with an offset. */
  readonly #recoverable = new Set<string>();
  /** What stands for those of hidden events, and for private ids of sessions. */
  readonly #standIns = new Map<string, string>();
  #lastStandIn = 0;

  constructor(redacted: Redacted) {
    this.redacted = redacted;
    this.#events = new Set(redacted.events);
  }

  hides(event: string): boolean {
    return this.#events.has(event) || this.#events.has("*");
  }

  auth(value: unknown): unknown {
    return this.redacted.auth ? maskAuth(copyOf(value)) : value;
  }

  /** What the game sends with an event, as it may be shown. */
  data(event: string, data: unknown): unknown {
    return this.hides(event) ? mask(copyOf(data)) : data;
  }

  /** A hash of what a callback was called with, the same for the recording as for the data that was masked in it. */
  hash(event: string, args: readonly unknown[]): string {
    const [first, ...rest] = args;
    if (event === "listener_error") return hashValue([this.#shown(first), ...rest], maskUrls);
    // This signal tells of other events.
    const isTold = event === "event_received" && this.hides(String(first));
    return hashValue(isTold || this.hides(event) ? mask(args) : args, maskUrls);
  }

  /** What a callback has thrown: 0 for nothing, of an error its name. */
  thrown(failure: { readonly thrown: unknown } | null): Thrown {
    if (failure === null) return 0;
    const { thrown } = failure;
    return thrown instanceof Error ? { e: thrown.name } : { v: encodeValue(this.#shown(thrown)) };
  }

  /** What was thrown; it may come from any event. */
  #shown(thrown: unknown): unknown {
    if (thrown instanceof Error) return thrown;
    return this.#events.size > 0 ? mask(copyOf(thrown)) : copyOf(thrown);
  }

  /** A frame as it stands in a recording; of a Blob no more than its size. */
  encodeFrame(frame: OutFrame, codec: Codec | null, way: Way): unknown {
    const isPlain = typeof frame === "string" || frame instanceof Uint8Array;
    return encodeValue(isPlain ? this.frame(frame, codec, way) : frame);
  }

  /** A frame, as it may be shown. */
  frame(frame: Frame, codec: Codec | null, way: Way): Frame {
    if (!this.redacted.auth && this.#events.size === 0) return frame;
    if (codec !== null) return this.#message(frame, codec, way);
    if (typeof frame !== "string") return this.#attachment(frame, way);
    const [header, kind, count = "0", path = "/", id = "-1"] = PACKET.exec(frame) ?? [];
    // What is still awaited when a session begins is not coming any more.
    if (way === "<" && (header !== undefined || frame.startsWith(OPEN))) this.#inClear = 0;
    if (header === undefined) return frame;
    const type = Number(kind) > 4 ? Number(kind) - 3 : Number(kind);
    const json = frame.slice(header.length);
    if (json === "" || !this.#concerns(type)) return frame;
    let data: unknown;
    try {
      data = JSON.parse(json);
    } catch {
      // What cannot be read cannot be masked in part.
      return header + (this.redacted.auth || type !== CONNECT ? "" : json);
    }
    const masked = this.#payload(type, data, way, `${path},${id}`);
    if (masked !== data) return header + JSON.stringify(masked);
    if (way === "<") this.#inClear = Number(count);
    return frame;
  }

  /** Of those that are written it cannot be told whose they are: a transport that is left gives back some without their packet. */
  #attachment(frame: Uint8Array, way: Way): Uint8Array {
    if (this.#events.size === 0) return frame;
    if (way === ">" || this.#inClear === 0) return new Uint8Array(frame.length);
    this.#inClear--;
    return frame;
  }

  #message(frame: Frame, codec: Codec, way: Way): Frame {
    try {
      const packet = codec.decode(typeof frame === "string" ? frame.slice(1) : frame);
      const { type, namespace, id } = packet;
      if (!this.#concerns(type)) return frame;
      const data = packet.data();
      const masked = this.#payload(type, data, way, `${namespace},${id}`);
      if (masked === data) return frame;
      const message = codec.encode({ type, namespace, id, data: masked });
      return typeof message === "string" ? `4${message}` : message;
    } catch {
      return frame;
    }
  }

  #concerns(type: number): boolean {
    return type === CONNECT
      ? this.redacted.auth || this.#events.size > 0
      : (type === EVENT || type === ACK) && this.#events.size > 0;
  }

  /** @param call the namespace and the id of the acknowledgement that is asked for or given */
  #payload(type: number, data: unknown, way: Way, call: string): unknown {
    const path = call.slice(0, call.lastIndexOf(","));
    if (type === CONNECT) {
      const { sid, ...secret } = Object(data) as Record<string, unknown>;
      const { pid, offset } = secret;
      if (way === "<" && typeof pid === "string") this.#recoverable.add(path);
      else if (way === "<") this.#recoverable.delete(path);
      const known = this.#standIns.get(offset as string);
      if (!this.redacted.auth) return known === undefined ? data : { ...(data as object), offset: known };
      if (way === ">" || sid === undefined) return maskAuth(data);
      // The server's answer: the id is no secret, what resumes the session is. Whether it was resumed is none either.
      const resumes = typeof pid === "string" && { pid: this.#standIn(pid) };
      return { sid, ...(maskAuth(secret) as object), ...resumes };
    }
    if (type === ACK) return this.#asked.has(way + call) ? mask(data) : data;
    if (!Array.isArray(data)) return data;
    const [event, ...args] = data;
    const isHidden = typeof event === "string" && this.hides(event);
    // The answer comes the other way, and does not say to what.
    const answer = (way === "<" ? ">" : "<") + call;
    this.#asked.delete(answer);
    if (!isHidden) return data;
    const isAsking = !call.endsWith(",-1");
    if (isAsking) this.#asked.add(answer);
    if (this.#asked.size > REMEMBERED) this.#asked.delete(this.#asked.values().next().value!);
    const shown = args.map((argument) => mask(argument));
    const last = args.at(-1);
    const isRecoverable = way === "<" && !isAsking && this.#recoverable.has(path);
    if (isRecoverable && typeof last === "string" && OFFSET.test(last)) shown[shown.length - 1] = this.#standIn(last);
    return [event, ...shown];
  }

  /** What stands for the end of a hidden event, and for a session: each has to be told from the others, as a recovery does. */
  #standIn(token: string): string {
    const known = this.#standIns.get(token) ?? `O${String(++this.#lastStandIn).padStart(token.length - 1, "0")}`;
    this.#standIns.set(token, known);
    if (this.#standIns.size > REMEMBERED) this.#standIns.delete(this.#standIns.keys().next().value!);
    return known;
  }
}

function maskAuth(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return "***";
  if (typeof value === "number" || typeof value === "bigint") return 0;
  return walk(value, depth, maskAuth);
}

/** Letters, digits and the rest of a text become others of their kind: what depends on its length, in bytes too, or its kind stays so. */
export function maskText(text: string): string {
  return (
    text
      .replace(/[a-z]/g, "a")
      .replace(/[A-Z]/g, "A")
      .replace(/[0-9]/g, "0")
      .replace(/[\u0080-\u07ff]/g, "é")
      .replace(/[\u0800-\ud7ff\ue000-\uffff]/g, "…")
      .replace(/[\ud800-\udbff][\udc00-\udfff]/g, "😀")
      // Half of a character, which JSON writes in another way.
      .replace(/\p{Cs}/gu, "\ud800")
  );
}

/** What is sent as null stays what it is, and the exponent of a large number. */
function maskNumber(value: number): number {
  if (!Number.isFinite(value)) return value;
  if (!Number.isInteger(value)) return value < 0 ? -1.5 : 1.5;
  return Number(String(value).replace(/e.*|[0-9]/g, (part) => (part.length > 1 ? part : "1")));
}

/** The same data with other texts, numbers and bytes. */
export function mask(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return maskText(value);
  if (typeof value === "number") return maskNumber(value);
  if (typeof value === "object" && value !== null) {
    const { _placeholder } = value as Record<string, unknown>;
    if (_placeholder === true) return value;
    const bytes = toBytes(value);
    if (bytes !== null) return new Uint8Array(bytes.length);
    if (value instanceof Date) return new Date(0);
    if (value instanceof Error || isBlob(value)) return value;
  }
  return walk(value, depth, mask);
}

/** What is nested deeper than anything is sent becomes empty: a packet may come nested deeper than a stack reaches. */
function walk(value: unknown, depth: number, each: (value: unknown, depth: number) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.map((item) => each(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, each(item, depth + 1)]));
}

/** A URL that the client was given or made, without what may be a secret: user and password, the values of the query, the fragment. */
export function maskUrl(text: string): string {
  if (!/[@?#]/.test(text)) return text;
  const url = parseUrl(text);
  // What it cannot connect to it cannot take apart either, and the same must be true in the replay.
  if (url === null) return text.replace(/^.*@/s, "***@").replace(/[?#].*/s, "?***");
  if (url.username || url.password) url.username = "***";
  url.password = url.hash = "";
  url.search = maskQuery(url.search.slice(1));
  return url.href;
}

/** What the client says of a URL that it cannot use stands between these. */
const REFUSED = 'cannot use the URL "';
const REFUSED_END = '"; write one';

/** A text without what may be a secret in the URLs in it. However long it is and whoever wrote it, it is gone through once. */
export function maskUrls(text: string): string {
  if (!text.includes("://") && !text.includes(REFUSED)) return text;
  // Here it is known how far a URL goes that may be anything. Others are as a URL is written, in which there are no quotes and spaces.
  const [before, ...refused] = text.split(REFUSED);
  const shown = refused.map((part) => {
    const end = part.indexOf(REFUSED_END);
    return end < 0 ? part : maskUrl(part.slice(0, end)) + part.slice(end);
  });
  return [before, ...shown].join(REFUSED).replace(/:\/\/[^\s"<>]+/g, (url) => {
    const [address = ""] = url.split(/[?#]/, 1);
    const [, query] = /\?([^#]*)/.exec(url) ?? [];
    const user = address.replace(/^(:\/\/)[^/\\]*@/, "$1***@");
    // The sentence may go on behind it.
    const [end = ""] = (address !== url && /[:;,]$/.exec(url)) || [];
    return user + (query === undefined ? "" : `?${maskQuery(query)}`) + end;
  });
}

/** Keeps the names. What has none may be anything. */
function maskQuery(query: string): string {
  const masked = query.split("&").map((pair) => {
    const [name, value] = pair.split("=", 2);
    return value ? `${name}=***` : pair && "***";
  });
  return masked.join("&");
}
