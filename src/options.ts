import { type ConnectError, requireThat, typeName } from "./errors.js";
import type { BackoffOptions } from "./protocol/backoff.js";
import type { Codec } from "./protocol/codec.js";
import { isObject } from "./protocol/protocol-error.js";
import type { SessionOptions } from "./protocol/socket-session.js";
import type { TransportFactory, TransportOptions } from "./transport/transport.js";

/**
 * Decides whether to try again. `reason` is that of `disconnected`, or `"connect_error"` for an attempt that failed and a
 * namespace that was refused; `error` says more. `by_default` is what happens without a filter: true, except for a namespace that
 * was refused or that the server has disconnected, and for a server that will never take this client.
 */
export type ReconnectionFilter = (reason: string, error: ConnectError, by_default: boolean) => boolean;

/** When and how often a lost connection is made again. */
export interface ReconnectionOptions extends BackoffOptions {
  readonly enabled: boolean;
  /** Attempts in a row before it gives up. */
  readonly attempts: number;
  readonly filter: ReconnectionFilter | null;
}

/** A dictionary, or a function that is asked for one at each attempt to connect. */
export type PerAttempt = Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);

/** All options with their values; see the defaults below. Durations are seconds, sizes bytes. */
export interface ClientOptions extends SessionOptions, TransportOptions {
  readonly transports: readonly ("websocket" | "polling" | TransportFactory)[];
  readonly upgrade: boolean;
  readonly main_namespace: boolean;
  readonly path: string;
  readonly query: PerAttempt;
  readonly extra_headers: PerAttempt;
  readonly reconnection: ReconnectionOptions;
  readonly ack_timeout: number;
  readonly poll_max_packets: number;
  readonly poll_max_time: number;
  readonly heartbeat: "arrival" | "poll";
  readonly event_delivery: "push" | "pull";
  readonly clock: () => number;
  readonly random: () => number;
  readonly transport_factory: TransportFactory | null;
  readonly codec: Codec | null;
}

/** What the constructor and `configure` take: any subset; `reconnection` may be partial, or a boolean for `enabled`. */
export type ClientOptionsInput = Partial<
  Omit<ClientOptions, "reconnection"> & { readonly reconnection: boolean | Partial<ReconnectionOptions> }
>;

/** Options that the running connection was made with, which cannot change while it lasts. */
const CONNECTION_OPTIONS = {
  /** In the order in which they are tried: each that fails falls back to the next. */
  transports: ["websocket", "polling"],
  /** A session that was opened by polling moves to the first of the others that the server offers. */
  upgrade: true,
  /** `false`: `connect_to_url` opens the session without joining `/`. */
  main_namespace: true,
  /** Where a socket.io server listens unless told otherwise. */
  path: "/socket.io/",
  protocols: [],
  /** In browsers: cookies for another origin. In Node: cookies at all, as balancers with sticky sessions need them. */
  with_credentials: false,
  /** Node's `http.Agent` or `https.Agent` to connect with, for a proxy. */
  agent: null,
  /** python-engineio drops a request with more, and answers that all is well; no answer tells which server that is. */
  polling_max_packets: 16,
  /** Off: compressing a small message costs many times what sending it costs. */
  per_message_deflate: false,
  /** `"arrival"` keeps a hidden tab or a paused loop connected. */
  heartbeat: "arrival",
  max_attachments: 10,
  /** Monotonic seconds. */
  clock: () => performance.now() / 1000,
  /** Takes the place of the built-in transports, whatever `transports` says. */
  transport_factory: null,
  /** The server's own form of packets, if it has another `parser` than the default. */
  codec: null,
} as const;

export const DEFAULT_OPTIONS: ClientOptions = /* @__PURE__ */ Object.freeze<ClientOptions>({
  ...CONNECTION_OPTIONS,
  query: {},
  /** Outside browsers only; a browser's WebSocket cannot send any. */
  extra_headers: {},
  /** As the reference implementation's. Covers the connection, the handshake and the CONNECT of a namespace. */
  connect_timeout: 20,
  /** A game wants to be back within a few frames, and not hammer a server that is down. */
  reconnection: { enabled: true, attempts: Infinity, delay: 0.25, delay_max: 5, jitter: 0.5, filter: null },
  /** Godot's default for `emit_with_ack`. */
  ack_timeout: 5,
  /** 0 is at-most-once; more is at-least-once for acknowledged emits. */
  retries: 0,
  /** What happens to an emit while the namespace is not connected. */
  offline: "buffer",
  /** Minutes of a player's actions; more would arrive long after they made sense. */
  max_buffered_packets: 1024,
  /** A burst of some seconds at a game's usual rates. */
  max_queued_packets: 16384,
  max_queued_bytes: 16 * 1024 * 1024,
  /** socket.io's default `maxHttpBufferSize`; the server's own limit counts if it is higher. */
  max_payload: 1_000_000,
  /** 0: one `poll()` delivers all that waits. */
  poll_max_packets: 0,
  poll_max_time: 0,
  /** `"pull"`: no listener is called; `take_event()` returns the events one by one. */
  event_delivery: "push",
  random: Math.random,
});

/**
 * What is wanted where the kind of the default does not say it all. Values are checked by it: it names every kind that is taken, and
 * quotes every string.
 */
const EXPECTED: Readonly<Record<string, string>> = {
  offline: '"buffer", "drop" or "error"',
  heartbeat: '"arrival" or "poll"',
  event_delivery: '"push" or "pull"',
  transport_factory: "a function or null",
  filter: "a function or null",
  agent: "an object or null",
  codec: "an object like msgpack() or null",
  query: "a dictionary object or a function for one",
  extra_headers: "a dictionary object or a function for one",
  transports: 'a list of "websocket", "polling" or function',
};

/** True when `merged` differs from `current` in something that a running connection was made with. */
export function changesConnection(current: ClientOptions, merged: ClientOptions): boolean {
  const names = Object.keys(CONNECTION_OPTIONS) as (keyof ClientOptions)[];
  // A list is copied when it is set, so it is compared item by item.
  return differ(
    names.flatMap((name) => current[name] as unknown),
    names.flatMap((name) => merged[name] as unknown),
  );
}

/** True unless two lists have the same items. */
export function differ(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length !== other.length || one.some((item, index) => item !== other[index]);
}

let latest = DEFAULT_OPTIONS;

/** The options of a new client: the same object for thousands in a row that have the same. */
export function makeOptions(input: ClientOptionsInput): ClientOptions {
  const made = mergeOptions(DEFAULT_OPTIONS, input);
  if (differ(Object.values(latest).flat(), Object.values(made).flat())) latest = made;
  return latest;
}

/**
 * `current` with `input` laid over it, frozen.
 * @throws TypeError for an option that does not exist or a value that cannot be; nothing has changed then.
 */
export function mergeOptions<T extends object>(current: T, input: object, where = "options"): T {
  requireThat(isObject(input), where, "an object", input);
  const result = { ...current } as Record<string, unknown>;
  const names = Object.keys(current);
  for (const [name, given] of Object.entries(input)) {
    if (!names.includes(name)) {
      const meant = names.find((known) => known.replaceAll("_", "") === name.toLowerCase());
      requireThat(false, "an option", meant ?? `one of ${names.join(", ")}`, name);
    }
    if (given !== undefined) result[name] = checkedOption(name, given, result[name]);
  }
  return Object.freeze(result) as T;
}

/**
 * The value that option `name` is given, frozen if it is a list or a dictionary.
 * @throws TypeError when it cannot be
 */
export function checkedOption<T>(name: string, value: T, current: unknown): T {
  const where = `option "${name}"`;
  if (name === "reconnection")
    return mergeOptions(
      current as object,
      typeof value === "boolean" ? { enabled: value } : (value as object),
      where,
    ) as T;
  // 0 would let nothing through where a bound is meant.
  const least = /^max_(queued|buffered|payload)|^polling/.test(name) ? 1 : 0;
  const most = ({ jitter: 1, ack_timeout: 1e9 } as Readonly<Record<string, number>>)[name] ?? Infinity;
  const special = EXPECTED[name];
  const expected = special ?? (typeof current === "number" ? `a number from ${least} to ${most}` : typeName(current));
  const isFine = (item: unknown): boolean =>
    expected.includes(special && typeof item === "string" ? JSON.stringify(item) : typeName(item)) &&
    (typeof item !== "number" || (item >= least && item <= most));
  const isList = Array.isArray(value);
  const isValid =
    name === "transports"
      ? isList && value.length > 0 && value.every(isFine)
      : isFine(value) && (name !== "codec" || !value || typeof (value as Partial<Codec>).decode === "function");
  requireThat(isValid, where, expected, value);
  // Anything else is no setting but something with a life of its own.
  if (isList) return Object.freeze([...value]) as T;
  return special?.includes("dictionary") && typeof value === "object" ? Object.freeze({ ...value }) : value;
}
