import { typeName } from "./errors.js";
import type { BackoffOptions } from "./protocol/backoff.js";
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

export const DEFAULT_OPTIONS: ClientOptions = Object.freeze<ClientOptions>({
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
  reconnection: Object.freeze({ enabled: true, attempts: Infinity, delay: 0.25, delay_max: 5, jitter: 0.5 }),
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
const FIXED_WHILE_CONNECTED: readonly (keyof ClientOptions)[] = [
  "transports",
  "main_namespace",
  "path",
  "protocols",
  "per_message_deflate",
  "heartbeat",
  "max_attachments",
  "clock",
  "transport_factory",
];

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  offline: ["buffer", "drop", "error"],
  heartbeat: ["arrival", "poll"],
};

/** Numbers that must be at least 1, because 0 would let nothing through. */
const AT_LEAST_ONE = new Set(["max_buffered_packets", "max_queued_packets", "max_queued_bytes", "max_payload"]);

/** True when `input` changes something that a running connection was made with. */
export function changesConnection(current: ClientOptions, input: ClientOptionsInput): boolean {
  return FIXED_WHILE_CONNECTED.some(
    (name) => name in input && input[name as keyof ClientOptionsInput] !== current[name],
  );
}

/**
 * `current` with `input` laid over it, frozen.
 * @throws TypeError for an option that does not exist or a value that cannot be; nothing has changed then.
 */
export function mergeOptions(current: ClientOptions, input: ClientOptionsInput): ClientOptions {
  return merge("options", current as never, input as never) as unknown as ClientOptions;
}

function merge(
  what: string,
  current: Record<string, unknown>,
  input: Record<string, unknown>,
): Record<string, unknown> {
  if (typeof input !== "object" || input === null)
    throw new TypeError(`${what} must be an object, got ${typeName(input)}`);
  const result = { ...current };
  for (const [name, value] of Object.entries(input)) {
    if (!(name in current)) {
      throw new TypeError(`unknown option "${name}"; there are: ${Object.keys(current).join(", ")}`);
    }
    if (value !== undefined) result[name] = checked(name, value, current[name]);
  }
  return Object.freeze(result);
}

function checked(name: string, value: unknown, current: unknown): unknown {
  const fail = (expected: string): never => {
    const given =
      typeof value === "string" ? JSON.stringify(value) : typeof value === "number" ? value : typeName(value);
    throw new TypeError(`option "${name}" must be ${expected}, got ${given}`);
  };
  if (name === "reconnection") {
    const input = typeof value === "boolean" ? { enabled: value } : value;
    return merge(`option "${name}"`, current as Record<string, unknown>, input as Record<string, unknown>);
  }
  const choices = CHOICES[name];
  if (choices !== undefined)
    return choices.includes(value as string) ? value : fail(choices.map((c) => `"${c}"`).join(" or "));
  if (typeof current === "number") {
    const least = AT_LEAST_ONE.has(name) ? 1 : 0;
    if (typeof value !== "number" || !(value >= least)) return fail(`a number of ${least} or more`);
    return name === "jitter" && value > 1 ? fail("a number from 0 to 1") : value;
  }
  if (name === "transport_factory")
    return value === null || typeof value === "function" ? value : fail("a function or null");
  if (name === "transports") {
    const known = (item: unknown) => item === "websocket" || item === "polling" || typeof item === "function";
    return Array.isArray(value) && value.length > 0 && value.every(known)
      ? Object.freeze([...value])
      : fail('a list of "websocket", "polling" or transport factories');
  }
  if (Array.isArray(current)) return Array.isArray(value) ? Object.freeze([...value]) : fail("a list of strings");
  if (typeof value !== typeof current || value === null) return fail(typeName(current));
  return typeof value === "object" ? Object.freeze({ ...value }) : value;
}
