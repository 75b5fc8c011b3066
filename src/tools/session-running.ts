/*
 * A client while it is recorded: its options, its methods and its transports, with the tape in between.
 */
import { runtimeOf, type SocketIOClient } from "../client.js";
import { type Err, OK } from "../errors.js";
import type { SocketIONamespace } from "../namespace.js";
import { NAMESPACE_SIGNALS, type TakenEvent } from "../namespace-entry.js";
import type { ClientObserver } from "../observer.js";
import { type ClientOptions, type ClientOptionsInput, DEFAULT_OPTIONS, mergeOptions } from "../options.js";
import type { PollLimit } from "../poll-limit.js";
import type { Signal } from "../signal.js";
import type { TransportFactory } from "../transport/transport.js";
import { CallNotes } from "./session-calls.js";
import { FORMAT, type Header, type Item, type KnownSignal, VERSION } from "./session-format.js";
import { enclose } from "./session-network.js";
import { plainOptions } from "./session-options.js";
import { CLIENT_SIGNALS, type Method, Patches, type Target } from "./session-patches.js";
import type { Redaction } from "./session-redaction.js";
import { Tape } from "./session-tape.js";
import { recordFactory, type TransportNotes } from "./session-transports.js";
import { hashText, hex } from "./session-values.js";

/** More packets than any poll takes. */
const MANY = 2 ** 50;

/** One recording while it goes on. */
export class Running {
  readonly id = hex(hashText(`${Date.now()} ${Math.random()}`)) + hex(Math.floor(Math.random() * 2 ** 32));
  readonly #client: SocketIOClient;
  readonly #redaction: Redaction;
  readonly #tape: Tape;
  readonly #calls: CallNotes;
  readonly #factories = new Map<TransportFactory, { readonly number: number; readonly recorded: TransportFactory }>();
  readonly #observer: ClientObserver;
  #patches: Patches | null = null;
  #unwatchNetwork = () => {};
  #codec: ClientOptions["codec"] = null;
  #transports = 0;
  /** How many packets waited behind the one that was taken last. */
  #behind = 0;
  /** As they were, to be put back. */
  #original: ClientOptions = DEFAULT_OPTIONS;
  #plain: Record<string, unknown> = {};

  constructor(client: SocketIOClient, redaction: Redaction, write: (item: Item, id: string) => void) {
    this.#client = client;
    this.#redaction = redaction;
    this.#tape = new Tape((item) => write(item, this.id));
    this.#calls = new CallNotes(this.#tape, redaction);
    this.#observer = {
      poll_started: (now) => {
        this.#behind = this.#waiting;
        this.#tape.pollStarted(now);
      },
      poll_ended: () => this.#tape.pollEnded(),
      packet_received: () => {
        this.#behind = this.#waiting;
      },
      callback_ran: (event, path, args, _, error) =>
        this.#tape.note(["cb", event, path, redaction.hash(event, args), redaction.thrown(error)]),
    };
  }

  /** Gives the client its options, with what is to be recorded in between. */
  configure(options: ClientOptions): Err {
    this.#original = options;
    const wrapped = this.#wrap(options);
    this.#plain = plainOptions(wrapped, (factory) => this.#numberOf(factory));
    return this.#client.configure(wrapped);
  }

  start(): Header {
    const client = this.#client;
    this.#patches = new Patches(
      client,
      (target, method, args, original) => this.#called(target, method, args, original),
      this.#calls.watchReply,
    );
    this.#patches.replace(client, "get_stats", (args, original) => this.#tape.aside(() => original(...args)));
    const runtime = runtimeOf(client);
    // Not that of the client: a PollGroup calls this one.
    this.#patches.replace(runtime, "poll", ([now, limit = { packets: MANY, until: Infinity }], original) =>
      original(now, this.#counted(limit as PollLimit)),
    );
    // Before all others: what one of them calls when a poll has ended, as an RttProbe does, is no part of that.
    runtime.observers = [this.#observer, ...runtime.observers];
    this.#tape.isRunning = true;
    const { session, latestEvents } = runtime;
    const faces = session.namespaces().map(({ path }) => client.get_namespace(path)!);
    for (const face of faces) this.#patches.namespace(face as unknown as SocketIONamespace);
    const latest = Array.from(latestEvents?.paths ?? [], ([path, events]) => [path, [...events.keys()]] as const);
    return {
      format: FORMAT,
      version: VERSION,
      id: this.id,
      redacted: this.#redaction.redacted,
      options: this.#plain,
      namespaces: this.#patches.paths,
      signals: [
        ...this.#connections(client, null, CLIENT_SIGNALS),
        ...faces.flatMap((face) => this.#connections(face, face.get_namespace_path(), NAMESPACE_SIGNALS)),
      ],
      latest: latest.filter(([, events]) => events.length > 0),
    };
  }

  whenIdle(run: () => void): void {
    this.#tape.whenIdle(run);
  }

  stop(): void {
    this.#tape.isRunning = false;
    this.#patches?.undo();
    this.#client.remove_observer(this.#observer);
    this.#unwatchNetwork();
    // While it is connected it goes on with what is wrapped, which records nothing any more.
    if (this.#client.get_connection_state() !== 0) return;
    const { clock, random, transports, transport_factory, query, extra_headers, reconnection } = this.#original;
    this.#client.configure({ clock, random, transports, transport_factory, query, extra_headers, reconnection });
  }

  /** The same limit, which tells how many packets a poll has taken: it is counted down when the poll has taken them. */
  #counted(limit: PollLimit): PollLimit {
    const tape = this.#tape;
    // Events that are held until their namespace is joined do not count, but those behind the last one that counts are taken, too.
    const hasTakenAll = () => this.#behind > 0 && this.#waiting === 0;
    return {
      until: limit.until,
      get packets() {
        return limit.packets;
      },
      set packets(left) {
        tape.pollTook(hasTakenAll() ? -1 : limit.packets - left);
        limit.packets = left;
      },
    };
  }

  get #waiting(): number {
    return runtimeOf(this.#client).connection?.inbox.length ?? 0;
  }

  #called(target: Target, method: Method, args: unknown[], original: (...args: unknown[]) => unknown): unknown {
    const tape = this.#tape;
    if (!tape.isRunning) return original(...args);
    if (method === "connect_to_url") return this.#connect(args, original);
    if (method === "configure") {
      const given = args[0] as ClientOptionsInput;
      // Throws what the method throws.
      const merged = mergeOptions(this.#original, given);
      const wrapped = this.#wrap(given);
      const plain = plainOptions(wrapped, (factory) => this.#numberOf(factory));
      return this.#calls.record(["call", 0, target, method, [plain], 0], () => {
        const error = original(wrapped);
        if (error === OK) this.#original = merged;
        return error;
      });
    }
    if (method === "take_event") {
      return this.#calls.record(["call", 0, target, method, [], 0], () => {
        const taken = original() as TakenEvent | null;
        if (taken !== null)
          tape.note(["cb", taken.event, taken.path, this.#redaction.hash(taken.event, [taken.data]), 0]);
        return this.#calls.wrapTaken(taken);
      });
    }
    return this.#calls.call(target, method, args, original);
  }

  /** Who listens to signals already. */
  #connections(owner: object, path: string | null, names: readonly string[]): KnownSignal[] {
    const ids = (name: string) =>
      (owner as Record<string, Signal>)[name]!.get_connections().map((listener) => this.#calls.idOf(listener));
    return names.map((name): KnownSignal => [path, name, ids(name)]).filter(([, , known]) => known.length > 0);
  }

  #connect(args: unknown[], original: (...args: unknown[]) => unknown): unknown {
    let result: unknown;
    const unwatch = enclose(
      () => {
        result = this.#calls.call(null, "connect_to_url", args, original);
      },
      (type) => this.#tape.open(["net", 0, type]),
      () => this.#tape.close(),
    );
    if (result === OK) {
      this.#unwatchNetwork();
      this.#unwatchNetwork = unwatch;
    } else unwatch();
    return result;
  }

  /** The same options, in which everything that is not the same each time is recorded. */
  #wrap(options: ClientOptionsInput): ClientOptionsInput {
    const wrapped: Record<string, unknown> = { ...options };
    const { clock, random, transports, transport_factory, query, extra_headers, reconnection, codec } = options;
    const tape = this.#tape;
    if (typeof clock === "function") wrapped["clock"] = () => tape.readClock(clock);
    if (typeof random === "function") wrapped["random"] = () => tape.readRandom(random);
    if (Array.isArray(transports)) wrapped["transports"] = transports.map((item) => this.#factory(item));
    if (typeof transport_factory === "function") wrapped["transport_factory"] = this.#factory(transport_factory);
    if (typeof query === "function") wrapped["query"] = this.#calls.ask("query", query);
    if (typeof extra_headers === "function") wrapped["extra_headers"] = this.#calls.ask("extra_headers", extra_headers);
    if (typeof reconnection === "object" && typeof reconnection?.filter === "function") {
      const { filter } = reconnection;
      wrapped["reconnection"] = { ...reconnection, filter: this.#calls.ask("filter", filter) };
    }
    if (codec !== undefined) this.#codec = codec;
    return wrapped as ClientOptionsInput;
  }

  #factory(item: string | TransportFactory): string | TransportFactory {
    const { builtIn } = this.#client.constructor as unknown as { builtIn: Readonly<Record<string, TransportFactory>> };
    const factory = typeof item === "string" ? builtIn[item] : item;
    // A client that lacks it is to go on lacking it.
    if (typeof factory !== "function") return item;
    let known = this.#factories.get(factory);
    if (known === undefined) {
      const notes: TransportNotes = {
        tape: this.#tape,
        show: (frame, way) => this.#redaction.encodeFrame(frame, this.#codec, way),
      };
      const recorded = recordFactory(factory, notes, () => ++this.#transports);
      known = { number: this.#factories.size / 2 + 1, recorded };
      // It may come back as it is, or recorded already.
      this.#factories.set(factory, known).set(recorded, known);
    }
    return known.recorded;
  }

  #numberOf(factory: TransportFactory): number {
    return this.#factories.get(factory)?.number ?? 0;
  }
}
