import { runtimeOf } from "../client.js";
import { SocketIOClient } from "../client-with-polling.js";
import { Err, requireOptions, requireThat, SocketIOError } from "../errors.js";
import type { ClientOptions } from "../options.js";
import type { PollLimit } from "../poll-limit.js";
import type { OutFrame } from "../transport/transport.js";
import { CallPlayer, type GameCall } from "./session-call-player.js";
import { type Item, type Recording, readRecording } from "./session-format.js";
import { replayOptions } from "./session-options.js";
import { addCallback, addCallbacks } from "./session-recorder.js";
import { Redaction, type Thrown, type Way } from "./session-redaction.js";
import { Readings, type Reads, ReplayTransports, readReads } from "./session-replay.js";
import { type Divergence, Script } from "./session-script.js";
import { SessionHash } from "./session-values.js";

/** How a `SessionPlayer` plays. */
export interface SessionPlayerOptions {
  /**
   * `"recorded"` (default): the listeners of the recording are stood in for, and no game is needed. `"game"`: your game attaches its own
   * to `player.client` before the first step, and what it calls in callbacks it calls again.
   */
  readonly listeners?: "recorded" | "game";
  /**
   * `"recorded"` (default): what the game called outside of callbacks comes from the recording, and what it calls now is ignored.
   * `"game"`: the game, which runs in its loop as it did, makes these calls again.
   */
  readonly commands?: "recorded" | "game";
  /** Plays a recording although it was changed. Default false. */
  readonly allow_edited?: boolean;
  /** The codec of the client that was recorded, if it had one. */
  readonly codec?: ClientOptions["codec"];
  /** Is told of every callback when it has run. */
  readonly on_callback?: (event: string, path: string, args: readonly unknown[]) => void;
}

const NAMES = ["listeners", "commands", "allow_edited", "codec", "on_callback"];

/**
 * Plays a recording of a `SessionRecorder` through a client of its own, without a network: the same callbacks in the same order. No
 * counterpart in Godot.
 *
 * @example
 * const player = new SessionPlayer(text, { listeners: "game" });
 * startGame(player.client);
 * player.play_all();
 * console.log(player.get_hash(), player.get_divergences());
 */
export class SessionPlayer {
  /** The client that lives through the session. Its `poll()` is a `step()`. */
  readonly client: SocketIOClient;
  readonly #recording: Recording;
  readonly #reads: readonly Reads[];
  readonly #script: Script;
  readonly #readings: Readings;
  readonly #transports: ReplayTransports;
  readonly #redaction: Redaction;
  readonly #calls: CallPlayer;
  readonly #onCallback: SessionPlayerOptions["on_callback"];
  readonly #hash = new SessionHash();
  /** Lines that the game has made happen before it was their turn. */
  readonly #done = new Set<number>();
  /** When the first poll was, in seconds. */
  readonly #start: number;
  /** Where it is over for a game that makes its own calls: behind the last poll. */
  readonly #end: number;
  /** Of the next stimulus. */
  #next = 0;
  #callbacks = 0;
  /** Seconds of `advance` that no poll has used up. */
  #elapsed = 0;
  #isStepping = false;

  /**
   * @param recording the text of a JSON Lines file, or its lines
   * @throws SocketIOError for a recording that cannot be played; `code` is `ERR_FILE_EOF` for an empty one, `ERR_FILE_UNRECOGNIZED`
   * for something else, `ERR_UNAVAILABLE` for one of a newer version or with a codec that was not given, `ERR_FILE_CORRUPT` for one
   * that was edited or is out of order
   * @throws TypeError for an option that does not exist or a value that cannot be
   */
  constructor(recording: string | readonly string[], options: SessionPlayerOptions = {}) {
    checkOptions(options);
    const { listeners = "recorded", commands = "recorded", allow_edited = false, codec = null, on_callback } = options;
    this.#recording = readRecording(recording, allow_edited);
    if (this.#recording.header.options["codec"] === true && codec === null)
      throw new SocketIOError(
        "it was recorded with a codec: pass the same, like { codec: msgpack() }",
        Err.ERR_UNAVAILABLE,
      );
    this.#onCallback = on_callback;
    const { header, stimuli } = this.#recording;
    this.#reads = readReads(stimuli);
    this.#redaction = new Redaction(header.redacted);
    const hasGame = listeners === "game";
    this.#script = new Script((call) => this.#calls.isMissed(call));
    this.#readings = new Readings(() => this.#script.hasStoppedWriting);
    const notes = {
      script: this.#script,
      readings: this.#readings,
      show: (frame: OutFrame, way: Way) => this.#redaction.encodeFrame(frame, codec, way),
      feed: (items: readonly Item[]) => this.#feed(items),
    };
    this.#transports = new ReplayTransports(notes);
    this.client = new SocketIOClient({ clock: this.#readings.clock, random: this.#readings.random });
    this.#calls = new CallPlayer({
      client: this.client,
      script: this.#script,
      redaction: this.#redaction,
      hasGame,
      playsCommands: commands === "recorded",
      options: (plain) =>
        replayOptions(plain, {
          factory: (number, engineName) => this.#transports.factory(number, engineName),
          filter: () => this.#calls.ask("filter") as boolean,
          ask: (what) => this.#calls.ask(what) as Record<string, string>,
          codec,
        }),
      feed: notes.feed,
      nextCall: (isSame) => this.#nextCall(isSame),
      taken: (event, path, args) => this.#ran(event, path, args, 0),
      step: () => {
        const before = this.#callbacks;
        this.step();
        return this.#callbacks - before;
      },
      aside: (run) => this.#readings.aside(run),
    });
    this.#start = this.#timeOf(this.#findPoll(0)) ?? 0;
    this.#end = commands === "game" ? stimuli.findLastIndex(isPoll) + 1 : stimuli.length;
    this.#playable(() => this.#calls.prepare(header, stimuli));
    this.client.add_observer({
      callback_ran: (event, path, args, _, error) => this.#ran(event, path, args, this.#redaction.thrown(error)),
    });
  }

  /**
   * Nothing is left to be played; where the commands are those of the game, no poll is. What it called behind the last one it may call
   * then, like `close()`, but need not: its loop is over.
   */
  get is_finished(): boolean {
    return this.#next >= this.#end;
  }

  /** The last line of the recording was cut off; everything before it plays. */
  get is_truncated(): boolean {
    return this.#recording.isTruncated;
  }

  /** The recording has its end: it was stopped, and nothing is missing behind it. */
  get is_complete(): boolean {
    return this.#recording.isComplete;
  }

  /** Lines, counted from 1, that were changed after they were recorded; only with `allow_edited` there can be any. */
  get_edited_lines(): readonly number[] {
    return this.#recording.edited;
  }

  /** The line that was played last, counted from 1. */
  get_line(): number {
    return this.#next + 1;
  }

  /** Seconds: the client's clock. */
  get_time(): number {
    return this.#readings.time;
  }

  /** How many callbacks have run. */
  get_callback_count(): number {
    return this.#callbacks;
  }

  /** Where it went another way than what was recorded, the first 100; empty when it did not. */
  get_divergences(): readonly Divergence[] {
    return this.#script.divergences;
  }

  /** The hash of the callbacks that have run: names, namespaces and arguments, in order. The same on every engine. */
  get_hash(): string {
    return this.#hash.toString();
  }

  /** What `get_hash()` is at the end if nothing goes another way. */
  get_recorded_hash(): string {
    const hash = new SessionHash();
    for (const item of this.#recording.stimuli) addCallbacks(hash, item);
    return hash.toString();
  }

  /**
   * Plays up to the next poll, and it; false when there is none any more. From inside a callback it does nothing.
   * @throws SocketIOError `ERR_FILE_CORRUPT` for a line that was edited, with `allow_edited`, and makes no sense
   */
  step(): boolean {
    if (this.#isStepping) return false;
    while (this.#next < this.#recording.stimuli.length) if (this.#play()) return true;
    return false;
  }

  /**
   * Plays in real time: the polls of so many seconds. The first one is due at once.
   * @returns how many polls it were
   * @throws TypeError unless `seconds` is a finite number of 0 or more
   */
  advance(seconds: number): number {
    requireThat(Number.isFinite(seconds) && seconds >= 0, "advance(seconds)", "a finite number of 0 or more", seconds);
    this.#elapsed += seconds;
    let polls = 0;
    while (!this.is_finished) {
      const due = this.#timeOfNextPoll();
      if (due !== null && due - this.#start > this.#elapsed + 1e-9) break;
      if (this.step()) polls++;
    }
    return polls;
  }

  /** Plays what is left, as fast as it goes. */
  play_all(): void {
    while (this.step());
  }

  /** As `play_all`, but promises settle in between, as they do between the frames of a game: for a game that awaits. */
  async play(): Promise<void> {
    do await settled();
    while (this.step());
    await settled();
  }

  /** Plays one line; true when it is a poll. */
  #play(): boolean {
    const index = this.#next++;
    const item = this.#recording.stimuli[index]!;
    const [kind] = item;
    if (this.#done.has(index) || kind === "end") return false;
    if (kind === "call" && !this.#calls.isPlayed(item)) {
      this.#script.line = index + 2;
      if (index < this.#end) this.#calls.missed(item);
      return false;
    }
    this.#playable(() => {
      this.#begin(index, isPoll(item));
      this.#asStep(() => this.#feed([item]));
    });
    return isPoll(item);
  }

  /** What stands in the lines is trusted, unless somebody has changed them. */
  #playable(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (this.#recording.edited.length === 0) throw error;
      throw new SocketIOError(
        `line ${this.get_line()} of the recording cannot be played: ${(error as Error)?.message}`,
        Err.ERR_FILE_CORRUPT,
      );
    }
  }

  #begin(index: number, isPoll: boolean): void {
    this.#script.line = index + 2;
    this.#readings.begin(this.#reads[index]!, isPoll);
  }

  #feed(items: readonly Item[]): void {
    for (const item of items) this.#script.within(item, () => this.#stimulus(item));
  }

  #stimulus(item: Item): void {
    const [kind, , first, second] = item;
    const client = this.client;
    if (kind === "poll") runtimeOf(client).poll(undefined, limitOf(first as number));
    else if (kind === "pollat") {
      const now = (first as number | null) ?? Number.NaN;
      if (Number.isFinite(now)) this.#readings.time = now;
      runtimeOf(client).poll(now, limitOf(second as number));
    } else if (kind === "call") this.#calls.play(item);
    else if (kind === "auth") this.#calls.answer(item);
    else if (kind === "net") this.#calls.network(first as "online");
    else this.#transports.say(item);
  }

  #ran(event: string, path: string, args: readonly unknown[], thrown: Thrown): void {
    const got: Item = ["cb", event, path, this.#redaction.hash(event, args), thrown];
    const text = JSON.stringify(got);
    this.#script.match(got, (expected) => JSON.stringify(expected) === text);
    this.#callbacks++;
    addCallback(this.#hash, got);
    this.#onCallback?.(event, path, args);
  }

  /** The game makes a call outside of callbacks: the first such call that was recorded before the next poll. */
  #nextCall(isSame: (item: Item) => boolean): GameCall | null {
    const { stimuli } = this.#recording;
    const end = this.#findPoll(this.#next);
    for (let index = this.#next; index < end; index++) {
      const item = stimuli[index]!;
      if (this.#done.has(index) || item[0] !== "call" || !isSame(item)) continue;
      this.#done.add(index);
      const run = (make: () => unknown) => {
        this.#begin(index, false);
        return this.#asStep(() => this.#script.within(item, make));
      };
      return { item, run };
    }
    return null;
  }

  /** Polls from inside do nothing. */
  #asStep<T>(run: () => T): T {
    this.#isStepping = true;
    try {
      return run();
    } finally {
      this.#isStepping = false;
    }
  }

  #timeOfNextPoll(): number | null {
    return this.#timeOf(this.#findPoll(this.#next));
  }

  #findPoll(from: number): number {
    const { stimuli } = this.#recording;
    let index = from;
    while (index < stimuli.length && !isPoll(stimuli[index]!)) index++;
    return index;
  }

  #timeOf(index: number): number | null {
    const item = this.#recording.stimuli[index];
    if (item === undefined) return null;
    return item[0] === "pollat" ? (item[2] as number) : (this.#reads[index]!.times[0] ?? 0);
  }
}

/** @param packets below 0 for all that wait */
function limitOf(packets: number): PollLimit {
  return { packets: packets < 0 ? Infinity : packets, until: Infinity };
}

function isPoll([kind]: Item): boolean {
  return kind === "poll" || kind === "pollat";
}

/** All that waits for promises has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

function checkOptions(options: SessionPlayerOptions): void {
  requireOptions(options, NAMES, "a SessionPlayer");
  const { listeners = "recorded", commands = "recorded", allow_edited = false, codec = null, on_callback } = options;
  for (const [name, value] of Object.entries({ listeners, commands }))
    requireThat(value === "recorded" || value === "game", `option "${name}"`, '"recorded" or "game"', value);
  const isPlayable = commands !== "game" || listeners === "game";
  requireThat(isPlayable, 'option "listeners"', '"game" where commands are those of the game', listeners);
  requireThat(typeof allow_edited === "boolean", 'option "allow_edited"', "true or false", allow_edited);
  requireThat(codec === null || typeof codec.decode === "function", 'option "codec"', "a codec like msgpack()", codec);
  const isFunction = on_callback === undefined || typeof on_callback === "function";
  requireThat(isFunction, 'option "on_callback"', "a function", on_callback);
}
