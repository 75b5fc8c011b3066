import type { SocketIOClient } from "../client.js";
import { Err, OK, requireOptions, requireThat, safely } from "../errors.js";
import { type ClientOptionsInput, DEFAULT_OPTIONS, mergeOptions } from "../options.js";
import { type Item, inner, makeLine } from "./session-format.js";
import { Redaction, type RedactOptions, readRedaction } from "./session-redaction.js";
import { Running } from "./session-running.js";
import { SessionHash } from "./session-values.js";

/** How a `SessionRecorder` records. */
export interface SessionRecorderOptions {
  /**
   * The most that is kept, in UTF-16 units of the text, which are bytes for ASCII. When it is full the recording ends: its beginning is
   * what a replay needs. Default 64 MiB; does not count with `on_line`.
   */
  readonly max_bytes?: number;
  readonly redact?: RedactOptions;
  /** Gets every line, without its end, as soon as it is there. Nothing is kept then. */
  readonly on_line?: (line: string) => void;
}

/**
 * Records what happens to a client, so that a `SessionPlayer` can let it happen again without a network: a crash in the field becomes
 * a test. Costs nothing while it does not record. No counterpart in Godot.
 *
 * @example
 * const client = new SocketIOClient();
 * const recorder = new SessionRecorder();
 * recorder.record(client);
 * client.connect_to_url("ws://localhost:3000");
 * // later, when something went wrong:
 * const text = recorder.to_json_lines();
 */
export class SessionRecorder {
  readonly #maxBytes: number;
  readonly #onLine: ((line: string) => void) | null;
  readonly #redact: RedactOptions;
  #lines: string[] = [];
  #count = 0;
  #size = 0;
  #isTruncated = false;
  #hash = new SessionHash();
  #running: Running | null = null;

  /** @throws TypeError for an option that does not exist or a value that cannot be */
  constructor(options: SessionRecorderOptions = {}) {
    requireOptions(options, ["max_bytes", "redact", "on_line"], "a SessionRecorder");
    // It has no properties of its own, so it would pass for no options at all.
    if ("connect_to_url" in options)
      throw new TypeError("new SessionRecorder() takes options: give the client to record(client)");
    const { max_bytes = 64 * 1024 * 1024, redact = {}, on_line } = options;
    requireThat(typeof max_bytes === "number" && max_bytes > 0, 'option "max_bytes"', "a number above 0", max_bytes);
    if (on_line !== undefined) requireThat(typeof on_line === "function", 'option "on_line"', "a function", on_line);
    readRedaction(redact);
    this.#maxBytes = max_bytes;
    this.#redact = redact;
    this.#onLine = on_line ?? null;
  }

  /** Whether it records. */
  get is_recording(): boolean {
    return this.#running !== null;
  }

  /** The recording ended because it was as large as `max_bytes` allows. What it has can be played. */
  get is_truncated(): boolean {
    return this.#isTruncated;
  }

  /**
   * Begins a recording of `client`; one that this recorder has made before is gone. Call it before anything else is done with the client:
   * listeners of before are not known to the recording.
   * @param options for the client, in the place of all that it was made with: the recording has to know them
   * @returns `OK`, or `ERR_ALREADY_IN_USE` unless the client is DISCONNECTED and this recorder idle
   * @throws TypeError for anything but a client, and for options that `configure` does not take
   */
  record(client: SocketIOClient, options: ClientOptionsInput = {}): Err {
    requireThat(typeof client?.connect_to_url === "function", "record(client)", "a SocketIOClient", client);
    if (this.#running !== null || client.get_connection_state() !== 0) return Err.ERR_ALREADY_IN_USE;
    const running = new Running(client, new Redaction(readRedaction(this.#redact)), (item, id) =>
      this.#write(item, id),
    );
    const error = running.configure(mergeOptions(DEFAULT_OPTIONS, options));
    if (error !== OK) return error;
    this.#lines = [];
    this.#count = this.#size = 0;
    this.#isTruncated = false;
    this.#hash = new SessionHash();
    this.#running = running;
    this.#add(running.id, running.start());
    return OK;
  }

  /**
   * Ends the recording; the client goes on. Does nothing when it does not record. From inside a callback it ends with the poll, or the
   * call, that runs the callback.
   */
  stop(): void {
    const running = this.#running;
    running?.whenIdle(() => {
      if (this.#running !== running) return;
      this.#running = null;
      running.stop();
      this.#add(running.id, ["end", 0]);
    });
  }

  /** All lines, each with its end; a file of them is named `.jsonl`. `""` with `on_line`. */
  to_json_lines(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  /** How large the recording is, in UTF-16 units. */
  get_size(): number {
    return this.#size;
  }

  /** How many lines it has. */
  get_line_count(): number {
    return this.#count;
  }

  /** The hash of all callbacks so far; a replay that went the same way has the same. */
  get_hash(): string {
    return this.#hash.toString();
  }

  #write(item: Item, id: string): void {
    addCallbacks(this.#hash, item);
    this.#add(id, item);
  }

  #add(id: string, body: unknown): void {
    if (this.#isTruncated) return;
    const line = makeLine(id, this.#count, body);
    if (this.#onLine === null) {
      if (this.#size + line.length + 1 > this.#maxBytes) {
        this.#isTruncated = true;
        this.#running?.stop();
        this.#running = null;
        return;
      }
      // Until it is read, a line consists of the parts that it was made of, and takes several times as much.
      line.charCodeAt(0);
      this.#lines.push(line);
    }
    this.#count++;
    this.#size += line.length + 1;
    safely(() => this.#onLine?.(line));
  }
}

/** Adds the callbacks of a line to the hash of its session, in the order in which they ended. */
export function addCallbacks(hash: SessionHash, item: Item): void {
  // Not all that is a list: data of the game may look like one.
  for (const part of inner(item)) {
    if (part[0] === "cb") addCallback(hash, part);
    else addCallbacks(hash, part);
  }
}

/** @param item `["cb", event, path, hash, thrown]` */
export function addCallback(hash: SessionHash, [, event, path, args, thrown]: Item): void {
  hash.add(`${event}\n${path}\n${args}\n${JSON.stringify(thrown)}\n`);
}
