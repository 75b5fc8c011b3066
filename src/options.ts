import { requireThat } from "./errors.js";
import type { BackoffOptions } from "./protocol/backoff.js";
import { isObject } from "./protocol/protocol-error.js";
import type { SessionOptions } from "./protocol/socket-session.js";
import type { TransportFactory } from "./transport/transport.js";

/** When and how often a lost connection is made again. */
export interface ReconnectionOptions extends BackoffOptions {
  readonly enabled: boolean;
  /** Attempts in a row before it gives up. */
  readonly attempts: number;
}

/** All options with their values; see the defaults below. Durations are seconds, sizes bytes. */
export interface ClientOptions extends SessionOptions {
  readonly transports: readonly ("websocket" | "polling" | TransportFactory)[];
  readonly main_namespace: boolean;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly extra_headers: Readonly<Record<string, string>>;
  readonly protocols: readonly string[];
  readonly per_message_deflate: boolean;
  readonly reconnection: ReconnectionOptions;
  readonly ack_timeout: number;
  readonly max_queued_bytes: number;
  readonly max_payload: number;
  readonly max_attachments: number;
  readonly poll_max_packets: number;
  readonly poll_max_time: number;
  readonly heartbeat: "arrival" | "poll";
  readonly clock: () => number;
  readonly random: () => number;
  readonly transport_factory: TransportFactory | null;
}

/** What the constructor and `configure` take: any subset; `reconnection` may be partial, or a boolean for `enabled`. */
export type ClientOptionsInput = Partial<
  Omit<ClientOptions, "reconnection"> & { readonly reconnection: boolean | Partial<ReconnectionOptions> }
>;

export const DEFAULT_OPTIONS: ClientOptions = /* @__PURE__ */ Object.freeze<ClientOptions>({
  /** In the order in which they are tried. */
  transports: ["websocket"],
  /** `false`: `connect_to_url` opens the session without joining `/`. */
  main_namespace: true,
  /** Where a socket.io server listens unless told otherwise. */
  path: "/socket.io/",
  query: {},
  /** Outside browsers only; a browser's WebSocket cannot send any. */
  extra_headers: {},
  protocols: [],
  /** Off: compressing a small message costs many times what sending it costs. */
  per_message_deflate: false,
  /** As the reference implementation's. Covers the connection, the handshake and the CONNECT of a namespace. */
  connect_timeout: 20,
  /** A game wants to be back within a few frames, and not hammer a server that is down. */
  reconnection: { enabled: true, attempts: Infinity, delay: 0.25, delay_max: 5, jitter: 0.5 },
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
  max_attachments: 10,
  /** 0: one `poll()` delivers all that waits. */
  poll_max_packets: 0,
  poll_max_time: 0,
  /** `"arrival"` keeps a hidden tab or a paused loop connected. */
  heartbeat: "arrival",
  /** Monotonic seconds. */
  clock: () => performance.now() / 1000,
  random: Math.random,
  /** Takes the place of the built-in transports, whatever `transports` says. */
  transport_factory: null,
});

/** Options that the running connection was made with. */
const FIXED_WHILE_CONNECTED =
  /^(transports|main_namespace|path|protocols|per_message_deflate|heartbeat|max_attachments|clock|transport_factory)$/;

/** What is more than a matter of type: a test, and what it wants in words. */
const RULES: Readonly<Record<string, readonly [test: (value: unknown) => boolean, expected: string]>> = {
  offline: [(value) => value === "buffer" || value === "drop" || value === "error", '"buffer", "drop" or "error"'],
  heartbeat: [(value) => value === "arrival" || value === "poll", '"arrival" or "poll"'],
  jitter: [(value) => typeof value === "number" && value >= 0 && value <= 1, "a number from 0 to 1"],
  transport_factory: [(value) => value === null || typeof value === "function", "a function or null"],
  transports: [isTransportList, 'a list of "websocket", "polling" or transport factories'],
};

function isTransportList(value: unknown): boolean {
  const isTransport = (item: unknown) => item === "websocket" || item === "polling" || typeof item === "function";
  return Array.isArray(value) && value.length > 0 && value.every(isTransport);
}

/** True when `merged` differs from `current` in something that a running connection was made with. */
export function changesConnection(current: ClientOptions, merged: ClientOptions): boolean {
  return (Object.keys(current) as (keyof ClientOptions)[]).some((name) => {
    // A list is copied when it is set, so it is compared item by item.
    const [before, after] = [[current[name]].flat(), [merged[name]].flat()];
    const differs = before.length !== after.length || before.some((item, index) => item !== after[index]);
    return FIXED_WHILE_CONNECTED.test(name) && differs;
  });
}

/**
 * `current` with `input` laid over it, frozen.
 * @throws TypeError for an option that does not exist or a value that cannot be; nothing has changed then.
 */
export function mergeOptions<T extends object>(current: T, input: object, where = "options"): T {
  requireThat(isObject(input), where, "an object", input);
  const result = { ...current } as Record<string, unknown>;
  for (const [name, given] of Object.entries(input)) {
    requireThat(Object.hasOwn(current, name), "an option", `one of ${Object.keys(current).join(", ")}`, name);
    if (given !== undefined) result[name] = checkedOption(name, given, result[name]);
  }
  return Object.freeze(result) as T;
}

function checkedOption(name: string, value: unknown, current: unknown): unknown {
  const where = `option "${name}"`;
  if (name === "reconnection")
    return mergeOptions(current as object, typeof value === "boolean" ? { enabled: value } : (value as object), where);
  const type = Array.isArray(current) ? "an array" : typeof current;
  // 0 would let nothing through where a bound is meant.
  const least = name.startsWith("max_") && name !== "max_attachments" ? 1 : 0;
  const [test, expected] = RULES[name] ?? [
    (given: unknown) =>
      type === "number"
        ? typeof given === "number" && given >= least
        : type === "an array"
          ? Array.isArray(given)
          : type === "object"
            ? isObject(given)
            : typeof given === type,
    type === "number" ? `a number of ${least} or more` : type,
  ];
  requireThat(test(value), where, expected, value);
  return Array.isArray(value) ? Object.freeze([...value]) : isObject(value) ? Object.freeze({ ...value }) : value;
}
