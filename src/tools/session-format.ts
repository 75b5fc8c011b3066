/*
 * The lines of a recording: `[number, "checksum", body]`. The first body is the header, each other one a stimulus with what came of
 * it; `docs/recording-format.md` says what is in them.
 */
import { Err, requireThat, SocketIOError } from "../errors.js";
import { hashText, hex } from "./session-values.js";

export const FORMAT = "socketio-gameloop session";
export const VERSION = 1;

/** Listeners of a signal that were there before the recording began: namespace (`null` for the client), signal, their ids. */
export type KnownSignal = readonly [path: string | null, signal: string, ids: readonly number[]];

/** Events of which only the newest counts (`EVENT_LATEST`): namespace, their names. */
type KnownLatest = readonly [path: string, events: readonly (string | null)[]];

export interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** Of this recording: it is in every checksum, so that no line of another one passes for one of this. */
  readonly id: string;
  /** What was made unreadable. */
  readonly redacted: Redacted;
  /** See `plainOptions`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly namespaces: readonly string[];
  readonly signals: readonly KnownSignal[];
  readonly latest?: readonly KnownLatest[];
}

export interface Redacted {
  readonly auth: boolean;
  readonly events: readonly string[];
}

/**
 * Something that the client was told, or that it did: a kind, fields, and what happened because of it or while it went on. A stimulus
 * has what was read meanwhile as its first field.
 */
export type Item = unknown[];

/** How many fields an item of each kind has; what it brought about comes behind them, unless that is nothing. */
const STIMULI: Readonly<Record<string, number>> = {
  poll: 2,
  pollat: 3,
  frame: 3,
  opened: 2,
  closed: 5,
  left: 3,
  auth: 4,
  net: 2,
  call: 5,
  end: 1,
};
const EFFECTS: Readonly<Record<string, number>> = {
  open: 5,
  send: 2,
  close: 2,
  pause: 1,
  resume: 1,
  established: 1,
  leave: 1,
  stay: 1,
  cb: 4,
  ask: 2,
};

const ALL: Readonly<Record<string, number>> = { ...STIMULI, ...EFFECTS };

/** What an item brought about. */
export function inner(item: Item): Item[] {
  const fields = ALL[item[0] as string] ?? 0;
  return (item[fields + 1] as Item[] | undefined) ?? [];
}

export function makeLine(id: string, number: number, body: unknown): string {
  const text = JSON.stringify(body);
  return `[${number},"${checksum(id, number, text)}",${text}]`;
}

function checksum(id: string, number: number, text: string): string {
  return hex(hashText(text, hashText(`${id}:${number}:`)));
}

export interface Recording {
  readonly header: Header;
  readonly stimuli: readonly Item[];
  /** The last line was cut off. */
  readonly isTruncated: boolean;
  /** Its recorder was stopped; otherwise it may go on where the lines end. */
  readonly isComplete: boolean;
  /** Numbers of the lines that were changed after they were recorded. */
  readonly edited: readonly number[];
}

const LINE = /^\[(\d+),"([0-9a-f]{8})",/;

/**
 * The recording in `source`.
 * @throws SocketIOError when it cannot be played; `code` says why
 */
export function readRecording(source: string | readonly string[], allowEdited: boolean): Recording {
  const isText =
    typeof source === "string" || (Array.isArray(source) && source.every((line) => typeof line === "string"));
  requireThat(isText, "a recording", "the text of a JSON Lines file, or its lines", source);
  const lines = (typeof source === "string" ? source.split("\n") : [...source]).map((line) => line.replace(/\r$/, ""));
  while (lines.at(-1)?.trim() === "") lines.pop();
  if (lines.length === 0) fail(Err.ERR_FILE_EOF, "the recording is empty");
  const bodies: unknown[] = [];
  const edited: number[] = [];
  let isTruncated = false;
  let header: Header | null = null;
  for (const [index, line] of lines.entries()) {
    const place = `line ${index + 1} of the recording`;
    const [start = "", number, sum] = LINE.exec(line) ?? [];
    const text = line.slice(start.length, -1);
    const body = start !== "" && line.endsWith("]") ? parse(text) : undefined;
    if (body === undefined) {
      if (index > 0 && index === lines.length - 1) isTruncated = true;
      else if (index === 0)
        fail(Err.ERR_FILE_UNRECOGNIZED, `${place} is no line of a session; see docs/recording-format.md`);
      else fail(Err.ERR_FILE_CORRUPT, `${place} cannot be read: ${line.slice(0, 80)}`);
      break;
    }
    if (header === null) header = readHeader(body);
    if (Number(number) !== index)
      fail(Err.ERR_FILE_CORRUPT, `${place} has the number ${number}: lines are missing, or out of order`);
    if (checksum(header.id, index, text) !== sum) edited.push(index + 1);
    if (index > 0) bodies.push(body);
  }
  if (edited.length > 0 && !allowEdited) {
    const which = `line${edited.length > 1 ? "s" : ""} ${edited.slice(0, 5).join(", ")}${edited.length > 5 ? " …" : ""}`;
    fail(
      Err.ERR_FILE_CORRUPT,
      `${which} of the recording changed after recording; allow_edited: true plays it all the same`,
    );
  }
  const stimuli = bodies as Item[];
  for (const [index, item] of stimuli.entries()) requireItem(item, `line ${index + 2} of the recording`, STIMULI);
  return { header: header!, stimuli, isTruncated, isComplete: stimuli.at(-1)?.[0] === "end", edited };
}

function readHeader(body: unknown): Header {
  const { format, version, id } = (body ?? {}) as Partial<Header>;
  if (format !== FORMAT || typeof version !== "number" || typeof id !== "string")
    fail(Err.ERR_FILE_UNRECOGNIZED, `this is no recording of a session: its first line does not say "${FORMAT}"`);
  if (version > VERSION)
    fail(Err.ERR_UNAVAILABLE, `the recording is of version ${version}, and this player knows ${VERSION}: update it`);
  const header = body as Header;
  const { options, namespaces, signals, redacted, latest = [] } = header;
  const isWhole = [redacted?.events, namespaces, signals, latest].every(Array.isArray);
  if (!isWhole || typeof options !== "object" || options === null)
    fail(Err.ERR_FILE_CORRUPT, "the header of the recording lacks something");
  return header;
}

/** Only a recording that was edited can be wrong here. */
function requireItem(item: unknown, place: string, kinds: Readonly<Record<string, number>>): void {
  const kind = Array.isArray(item) ? String(item[0]) : "";
  const fields = Object.hasOwn(kinds, kind) ? kinds[kind]! : -1;
  const list = (item as Item)?.[fields + 1] ?? [];
  const isValid = fields >= 0 && (item as Item).length > fields && Array.isArray(list);
  if (!isValid) fail(Err.ERR_FILE_CORRUPT, `${place}: no such stimulus: ${JSON.stringify(item)?.slice(0, 80)}`);
  for (const part of list as unknown[]) requireItem(part, place, ALL);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fail(code: Err, message: string): never {
  throw new SocketIOError(message, code);
}
