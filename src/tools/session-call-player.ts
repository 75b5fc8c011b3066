/*
 * The calls of a recording, made again: by the player, with stand-ins for the functions of the game, or by the game itself, which is
 * watched then.
 */
import type { SocketIOClient } from "../client.js";
import { type Err, OK } from "../errors.js";
import type { SocketIONamespace } from "../namespace.js";
import type { Reply, TakenEvent } from "../namespace-entry.js";
import type { ClientOptionsInput } from "../options.js";
import type { Signal } from "../signal.js";
import { CallNotes, interceptedPromise } from "./session-calls.js";
import { type Header, type Item, inner } from "./session-format.js";
import { capture } from "./session-network.js";
import { CLIENT_SIGNALS, type Method, Patches, type Target } from "./session-patches.js";
import type { Redaction, Thrown } from "./session-redaction.js";
import { describe, type Script } from "./session-script.js";
import { Tape } from "./session-tape.js";
import { decodeValue, encodeValue } from "./session-values.js";

type Run = (...args: unknown[]) => unknown;

/** They change nothing but who is told what. */
const LISTENING: ReadonlySet<Method> = new Set([
  "on",
  "once",
  "off",
  "ready",
  "create_namespace",
  "signal:connect",
  "signal:disconnect",
  "signal:wait",
]);

/** A call that was recorded outside of callbacks, and what makes it. */
export interface GameCall {
  readonly item: Item;
  readonly run: (make: () => unknown) => unknown;
}

interface CallPlayerHost {
  readonly client: SocketIOClient;
  readonly script: Script;
  readonly redaction: Redaction;
  /** Listeners are those of the game, and not of the recording. */
  readonly hasGame: boolean;
  /** What the game called outside of callbacks comes from the recording. */
  readonly playsCommands: boolean;
  /** The options that were recorded. */
  options(plain: Readonly<Record<string, unknown>>): ClientOptionsInput;
  feed(items: readonly Item[]): void;
  /** The game makes this call outside of callbacks: how it is to be run, or `null` if it was not recorded. */
  nextCall(isSame: (item: Item) => boolean): GameCall | null;
  /** `take_event()` has returned one. */
  taken(event: string, path: string, args: readonly unknown[]): void;
  step(): number;
  aside<T>(run: () => T): T;
}

export class CallPlayer {
  readonly #host: CallPlayerHost;
  readonly #listeners = new Map<number, Run>();
  readonly #replies = new Map<number, Reply>();
  readonly #numbered = new WeakSet<object>();
  /** The next call is the player's own. */
  #isOwn = false;
  /** Some of it is news of the browser's network. */
  #hasNetwork = false;
  /** The client calls itself. */
  #isInside = false;
  readonly #answers = new Map<number, readonly [answered: Run, failed: Run]>();
  /** Writes down what the game calls as the recorder did, to compare it. */
  readonly #notes: CallNotes;
  #say: (type: "online" | "offline") => void = () => {};

  constructor(host: CallPlayerHost) {
    this.#host = host;
    this.#notes = new CallNotes(new Tape(() => {}), host.redaction, (number, event, response, reply) => {
      this.#replies.set(number, reply);
      const data = encodeValue(host.redaction.data(event, response));
      return this.#gameCalls(null, "reply", [number, data], () => reply(response)) as Err;
    });
  }

  /** Makes the client what it was when the recording began. */
  prepare(header: Header, stimuli: readonly Item[]): void {
    this.#hasNetwork = stimuli.some(([kind]) => kind === "net");
    const { client, hasGame } = this.#host;
    const namespaces = header.namespaces.map((path) => client.create_namespace(path) as unknown as SocketIONamespace);
    const patches = hasGame ? new Patches(client, (...call) => this.#called(...call), this.#notes.watchReply) : null;
    for (const namespace of namespaces) patches?.namespace(namespace);
    const original = client.get_stats.bind(client);
    client.get_stats = () => this.#host.aside(original);
    client.poll = () => this.#host.step();
    this.#asPlayer(() => client.configure(this.#host.options(header.options)));
    for (const [path, events] of header.latest ?? [])
      for (const event of events) this.#asPlayer(() => this.#namespace(path).set_event_mode(event as string, 1));
    if (patches !== null) return;
    for (const [path, signal, ids] of header.signals)
      for (const id of ids) this.#signal(path, signal).connect(this.#listener(id));
    for (const [path, event] of unknownListeners(stimuli)) client.create_namespace(path).on(event, this.#listener(-1));
  }

  /** Whether a call that was recorded outside of callbacks is made by the player. */
  isPlayed(item: Item): boolean {
    const { hasGame, playsCommands } = this.#host;
    return playsCommands && !(hasGame && LISTENING.has(item[3] as Method));
  }

  /** Whether it matters that the game has not made a call. */
  isMissed(item: Item): boolean {
    return !LISTENING.has(item[3] as Method);
  }

  /** The game was to make a call, and did not. */
  missed(item: Item): void {
    if (!this.#host.playsCommands && this.isMissed(item)) this.#host.script.diverge(describe(item), "nothing");
  }

  /** Makes a call that was recorded. */
  play(item: Item): void {
    const [, , target, method, args, result] = item as [string, unknown, Target, Method, unknown[], unknown];
    // What could not be done then has done nothing: here it might be possible.
    if (method === "connect_to_url" && result !== OK) return;
    const got = this.#make(target, method, args);
    if (typeof got === "number" && got !== result)
      this.#host.script.diverge(`${describe(item)} returns ${result}`, `${got}`);
  }

  /** A promise of auth was answered. */
  answer([, , number, isData, value]: Item): void {
    const [answered, failed] = this.#answers.get(number as number) ?? [];
    if (isData === 0) failed?.(new Error(value as string));
    else {
      try {
        answered?.(decodeValue(value));
      } catch (error) {
        failed?.(error);
      }
    }
  }

  network(type: "online" | "offline"): void {
    this.#say(type);
  }

  /** What a function of the game's answered. */
  ask(what: string): unknown {
    const { script } = this.#host;
    const item = script.match(["ask", what, 0], ([kind, name]) => kind === "ask" && name === what);
    if (item) this.#host.feed(inner(item));
    const { value, error, promise } = (item?.[2] ?? {}) as { value?: unknown; error?: string; promise?: number };
    if (error !== undefined) throw new Error(error);
    if (promise !== undefined)
      return interceptedPromise((answered, failed) => this.#answers.set(promise, [answered as Run, failed as Run]));
    return decodeValue(value);
  }

  #make(target: Target, method: Method, args: readonly unknown[]): unknown {
    const { client } = this.#host;
    const [first, second, third, fourth] = args;
    if (method === "connect_to_url") return this.#connect(first, second);
    if (method === "configure") {
      const options = this.#host.options(first as Record<string, unknown>);
      return this.#asPlayer(() => client.configure(options));
    }
    if (method === "take_event") return this.#taken(this.#asPlayer(() => client.take_event()));
    if (method === "reply") return this.#replies.get(first as number)?.(decodeValue(second) as unknown[]) ?? OK;
    if (method.startsWith("signal:")) return this.#makeSignal(method, this.#signal(target, first as string), args);
    if (target === null) return this.#makeAny(client, method, args);
    const namespace = this.#namespace(target);
    const event = first as string;
    if (method === "on" || method === "once") return namespace[method](event, this.#listener(second as number));
    if (method === "off")
      return second === 0 ? namespace.off(event) : namespace.off(event, this.#listener(second as number));
    if (method === "connect_to_namespace") {
      const auth = this.#auth(first) as Record<string, unknown>;
      return this.#asPlayer(() => namespace.connect_to_namespace(auth));
    }
    if (method !== "emit_with_ack") return this.#makeAny(namespace, method, args);
    const data = decodeValue(second) as unknown[];
    const timeout = fourth as number | undefined;
    if (third === 1) return this.#asPlayer(() => namespace.emit_with_ack(event, data, () => this.#inside(), timeout));
    this.#asPlayer(() => namespace.emit_with_ack(event, data, timeout)).catch(() => {});
    return undefined;
  }

  #makeSignal(method: Method, signal: Signal<unknown[]>, [, second, third]: readonly unknown[]): unknown {
    if (method === "signal:connect") return signal.connect(this.#listener(second as number), (third as number) ?? 0);
    if (method === "signal:disconnect") return signal.disconnect(this.#listener(second as number));
    // What waits for it is the game.
    signal.wait(second === undefined ? undefined : (decodeValue(second) as number)).catch(() => {});
    return undefined;
  }

  #makeAny(object: object, method: Method, args: readonly unknown[]): unknown {
    const run = (object as Record<string, Run>)[method]!;
    const result = this.#asPlayer(() => run.apply(object, args.map(decodeValue)));
    // Of `ready()`: what waits for it is the game.
    if (result instanceof Promise) result.catch(() => {});
    return result;
  }

  #namespace(path: string): SocketIONamespace {
    const { client } = this.#host;
    const namespace = client.get_namespace(path) ?? this.#asPlayer(() => client.create_namespace(path));
    return namespace as unknown as SocketIONamespace;
  }

  #asPlayer<T>(run: () => T): T {
    this.#isOwn = true;
    try {
      return run();
    } finally {
      this.#isOwn = false;
    }
  }

  #connect(url: unknown, auth: unknown): unknown {
    const { client } = this.#host;
    let result: unknown;
    const isAsked = typeof url !== "string";
    const address = isAsked ? () => this.ask("url") as string : url;
    this.#say = capture(() => {
      const credentials = this.#auth(auth) as Record<string, unknown>;
      result = this.#asPlayer(() => client.connect_to_url(address, credentials));
    }, this.#hasNetwork);
    return result;
  }

  #auth(auth: unknown): unknown {
    return (auth as { $fn?: number } | null)?.$fn === 1 ? () => this.ask("auth") : decodeValue(auth);
  }

  #signal(target: Target, name: string): Signal<unknown[]> {
    const owner = target === null ? this.#host.client : this.#namespace(target);
    return (owner as unknown as Record<string, Signal<unknown[]>>)[name]!;
  }

  /** What stands for a listener of the game: it calls what that has called. */
  #listener(id: number): Run {
    let listener = this.#listeners.get(id);
    if (listener === undefined) {
      listener = (_data, reply) => {
        if (typeof reply === "function") this.#number(reply as Reply);
        this.#inside();
      };
      this.#listeners.set(id, listener);
    }
    return listener;
  }

  #number(reply: Reply): void {
    if (this.#numbered.has(reply)) return;
    this.#numbered.add(reply);
    this.#replies.set(this.#replies.size + 1, reply);
  }

  #inside(): void {
    const { script, feed } = this.#host;
    for (const call of script.calls()) {
      script.made(call);
      feed([call]);
    }
    const [kind, , , , thrown = 0] = script.upcoming ?? [];
    if (kind === "cb" && thrown !== 0) throwAs(thrown as Exclude<Thrown, 0>);
  }

  #taken(taken: TakenEvent | null): TakenEvent | null {
    if (taken === null) return null;
    if (taken.reply && !this.#host.hasGame) this.#number(taken.reply);
    this.#host.taken(taken.event, taken.path, [taken.data]);
    return this.#host.hasGame ? this.#notes.wrapTaken(taken) : taken;
  }

  // The game's own calls

  #called(target: Target, method: Method, args: unknown[], original: Run): unknown {
    if (this.#isOwn || this.#isInside) {
      this.#isOwn = false;
      return original(...args);
    }
    const [shown, given] = this.#notes.show(method, args);
    return this.#gameCalls(target, method, shown, (item) => {
      // With the auth, the functions and the transports that were recorded.
      const recorded = (item?.[4] as unknown[] | undefined) ?? shown;
      if (method === "connect_to_url" || method === "connect_to_namespace" || method === "configure")
        return item !== null && method === "connect_to_url" && item[5] !== OK
          ? item[5]
          : this.#make(target, method, recorded);
      if (method === "take_event") return this.#taken(original() as TakenEvent | null);
      if (method !== "signal:wait") return original(...given);
      this.#isInside = true;
      try {
        return original(...given);
      } finally {
        this.#isInside = false;
      }
    });
  }

  /** The game calls: what was recorded of that comes of it, or if nothing was, nothing is compared. */
  #gameCalls(target: Target, method: Method, args: unknown[], run: (item: Item | null) => unknown): unknown {
    const { script, playsCommands, nextCall } = this.#host;
    const got: Item = ["call", 0, target, method, args, OK];
    const isListening = LISTENING.has(method);
    const isAlike = ([, , otherTarget, otherMethod, others]: Item) =>
      otherTarget === target &&
      otherMethod === method &&
      (typeof args[0] !== "string" || (others as unknown[])[0] === args[0]);
    const text = JSON.stringify(args);
    // Functions have other numbers here, and data that is hidden in the recording is another.
    const isSame = (item: Item) => isAlike(item) && (isListening || JSON.stringify(item[4]) === text);
    const compare = (item: Item | null) => {
      if (isListening || (item !== null && isSame(item)) || LENIENT.has(method)) return;
      script.diverge(item === null ? "nothing" : describe(item), describe(got));
    };
    if (!script.isIdle) {
      if (script.isFree) return run(null);
      const calls = script.calls();
      const item = calls.find(isSame) ?? calls.find(isAlike) ?? null;
      if (item) script.made(item);
      compare(item);
      return script.within(item, () => run(item));
    }
    if (playsCommands && !isListening) return IGNORED[method]?.(args);
    const next = nextCall(isSame) ?? nextCall(isAlike);
    if (next === null) {
      compare(null);
      return script.within(null, () => run(null));
    }
    return next.run(() => {
      compare(next.item);
      return run(next.item);
    });
  }
}

/** The game may make them as it likes: options are taken from the recording, and a mode may be from before it. */
const LENIENT: ReadonlySet<Method> = new Set(["configure", "set_event_mode"]);

/** What a call returns that is not made. */
const IGNORED: Readonly<Record<Method, (args: unknown[]) => unknown>> = {
  connect_to_url: () => OK,
  reconnect_now: () => OK,
  configure: () => OK,
  take_event: () => null,
  emit: () => OK,
  emit_volatile: () => OK,
  emit_with_ack: ([, , withCallback]) => (withCallback === 1 ? OK : new Promise(() => {})),
  clear_buffer: () => 0,
  connect_to_namespace: () => OK,
  reply: () => OK,
};

/** Throws what the game has thrown. */
function throwAs(thrown: Exclude<Thrown, 0>): never {
  if ("v" in thrown) throw decodeValue(thrown.v);
  const error = new Error("the game threw here when it was recorded");
  error.name = thrown.e;
  throw error;
}

const NO_EVENTS: ReadonlySet<string> = new Set([...CLIENT_SIGNALS, "reconnection.filter"]);

/** Events that were listened to before the recording began: they were heard, and nobody is known who heard them. */
function unknownListeners(stimuli: readonly Item[]): Iterable<[path: string, event: string]> {
  const known = new Set<string>();
  const found = new Map<string, [string, string]>();
  const walk = (item: Item): void => {
    if (item[0] === "call" && ["on", "once", "emit_with_ack"].includes(item[3] as string))
      known.add(`${(item[4] as unknown[])[0]}\n${item[2]}`);
    if (item[0] === "cb" && !known.has(`${item[1]}\n${item[2]}`) && !NO_EVENTS.has(item[1] as string))
      found.set(`${item[1]}\n${item[2]}`, [item[2] as string, item[1] as string]);
    // What it took has no listeners.
    const isTaking = item[3] === "take_event";
    for (const part of inner(item)) if (!isTaking || part[0] !== "cb") walk(part);
  };
  for (const item of stimuli) walk(item);
  return found.values();
}
