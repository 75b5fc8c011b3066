/**
 * Error codes: Godot's `@GlobalScope.Error`, same names, same numbers. Named `Err`, because `Error` is JavaScript's.
 *
 * @example
 * if (client.connect_to_url(url) !== OK) console.error(client.get_last_error());
 */
export const Err = /* @__PURE__ */ Object.freeze({
  OK: 0,
  FAILED: 1,
  ERR_UNAVAILABLE: 2,
  ERR_UNCONFIGURED: 3,
  ERR_UNAUTHORIZED: 4,
  ERR_PARAMETER_RANGE_ERROR: 5,
  ERR_OUT_OF_MEMORY: 6,
  ERR_FILE_NOT_FOUND: 7,
  ERR_FILE_BAD_DRIVE: 8,
  ERR_FILE_BAD_PATH: 9,
  ERR_FILE_NO_PERMISSION: 10,
  ERR_FILE_ALREADY_IN_USE: 11,
  ERR_FILE_CANT_OPEN: 12,
  ERR_FILE_CANT_WRITE: 13,
  ERR_FILE_CANT_READ: 14,
  ERR_FILE_UNRECOGNIZED: 15,
  ERR_FILE_CORRUPT: 16,
  ERR_FILE_MISSING_DEPENDENCIES: 17,
  ERR_FILE_EOF: 18,
  ERR_CANT_OPEN: 19,
  ERR_CANT_CREATE: 20,
  ERR_QUERY_FAILED: 21,
  ERR_ALREADY_IN_USE: 22,
  ERR_LOCKED: 23,
  ERR_TIMEOUT: 24,
  ERR_CANT_CONNECT: 25,
  ERR_CANT_RESOLVE: 26,
  ERR_CONNECTION_ERROR: 27,
  ERR_CANT_ACQUIRE_RESOURCE: 28,
  ERR_CANT_FORK: 29,
  ERR_INVALID_DATA: 30,
  ERR_INVALID_PARAMETER: 31,
  ERR_ALREADY_EXISTS: 32,
  ERR_DOES_NOT_EXIST: 33,
  ERR_DATABASE_CANT_READ: 34,
  ERR_DATABASE_CANT_WRITE: 35,
  ERR_COMPILATION_FAILED: 36,
  ERR_METHOD_NOT_FOUND: 37,
  ERR_LINK_FAILED: 38,
  ERR_SCRIPT_FAILED: 39,
  ERR_CYCLIC_LINK: 40,
  ERR_INVALID_DECLARATION: 41,
  ERR_DUPLICATE_SYMBOL: 42,
  ERR_PARSE_ERROR: 43,
  ERR_BUSY: 44,
  ERR_SKIP: 45,
  ERR_HELP: 46,
  ERR_BUG: 47,
  ERR_PRINTER_ON_FIRE: 48,
});
export type Err = (typeof Err)[keyof typeof Err];

// For code that goes to browsers: bundlers put their values in the place of their names, and leave the table out.
export {
  ERR_ALREADY_IN_USE,
  ERR_CONNECTION_ERROR,
  ERR_INVALID_PARAMETER,
  ERR_TIMEOUT,
  ERR_UNAVAILABLE,
  OK,
} from "./protocol/codes.js";

/** What a promise of this package rejects with. `code` says what happened in Godot's terms. */
export class SocketIOError extends Error {
  constructor(
    message: string,
    readonly code: Err,
    /** What the server sent along with a refusal. */
    readonly data?: unknown,
  ) {
    super(message);
  }
}

/**
 * Rejection of `await namespace.emit_with_ack(…)`: `ERR_TIMEOUT`, `ERR_CONNECTION_ERROR` when the connection ended
 * first, or the code with which the emit itself was refused.
 */
export class AckError extends SocketIOError {}

/** Names the kind of a wrong argument in an error message. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  // Somebody forgot to wait for it.
  if (typeof (value as Partial<PromiseLike<unknown>> | undefined)?.then === "function") return "a promise";
  return Array.isArray(value) ? "an array" : typeof value;
}

/** @throws TypeError `<where> must be <expected>, got …`, unless `valid` */
export function requireThat(valid: boolean, where: string, expected: string, got: unknown): void {
  if (valid) return;
  // Of a string or a number the value says more than the kind.
  const given = typeof got === "string" ? JSON.stringify(got) : typeof got === "number" ? got : typeName(got);
  throw new TypeError(`${where} must be ${expected}, got ${given}`);
}

/** @throws TypeError unless `callback` is a function */
export function requireCallback(callback: unknown): void {
  requireThat(typeof callback === "function", "the callback", "a function", callback);
}

/** @throws TypeError unless `timeout` is a number of seconds that passes some day */
export function requireTimeout(timeout: unknown): void {
  const valid = Number.isFinite(timeout) && (timeout as number) >= 0;
  requireThat(valid, "the timeout", "a number of seconds", timeout);
}

/**
 * What a `connect_error` signal carries. `code` is `ERR_UNAUTHORIZED` when the server refused the namespace, `ERR_TIMEOUT`,
 * `ERR_CANT_CONNECT` or `ERR_INVALID_DATA` otherwise; `data` is what the server sent along.
 */
export interface ConnectError {
  message: string;
  namespace: string;
  code: Err;
  data?: unknown;
  transport?: string;
}
