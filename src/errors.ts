/** Each has its place in this list as its number. */
const NAMES = [
  "OK",
  "FAILED",
  "ERR_UNAVAILABLE",
  "ERR_UNCONFIGURED",
  "ERR_UNAUTHORIZED",
  "ERR_PARAMETER_RANGE_ERROR",
  "ERR_OUT_OF_MEMORY",
  "ERR_FILE_NOT_FOUND",
  "ERR_FILE_BAD_DRIVE",
  "ERR_FILE_BAD_PATH",
  "ERR_FILE_NO_PERMISSION",
  "ERR_FILE_ALREADY_IN_USE",
  "ERR_FILE_CANT_OPEN",
  "ERR_FILE_CANT_WRITE",
  "ERR_FILE_CANT_READ",
  "ERR_FILE_UNRECOGNIZED",
  "ERR_FILE_CORRUPT",
  "ERR_FILE_MISSING_DEPENDENCIES",
  "ERR_FILE_EOF",
  "ERR_CANT_OPEN",
  "ERR_CANT_CREATE",
  "ERR_QUERY_FAILED",
  "ERR_ALREADY_IN_USE",
  "ERR_LOCKED",
  "ERR_TIMEOUT",
  "ERR_CANT_CONNECT",
  "ERR_CANT_RESOLVE",
  "ERR_CONNECTION_ERROR",
  "ERR_CANT_ACQUIRE_RESOURCE",
  "ERR_CANT_FORK",
  "ERR_INVALID_DATA",
  "ERR_INVALID_PARAMETER",
  "ERR_ALREADY_EXISTS",
  "ERR_DOES_NOT_EXIST",
  "ERR_DATABASE_CANT_READ",
  "ERR_DATABASE_CANT_WRITE",
  "ERR_COMPILATION_FAILED",
  "ERR_METHOD_NOT_FOUND",
  "ERR_LINK_FAILED",
  "ERR_SCRIPT_FAILED",
  "ERR_CYCLIC_LINK",
  "ERR_INVALID_DECLARATION",
  "ERR_DUPLICATE_SYMBOL",
  "ERR_PARSE_ERROR",
  "ERR_BUSY",
  "ERR_SKIP",
  "ERR_HELP",
  "ERR_BUG",
  "ERR_PRINTER_ON_FIRE",
] as const;

type Names = typeof NAMES;
type Codes = {
  readonly [Place in Exclude<keyof Names, keyof (readonly [])> as Names[Place] &
    string]: Place extends `${infer Code extends number}` ? Code : never;
};

/**
 * Error codes: Godot's `@GlobalScope.Error`, same names, same numbers. Named `Err`, because `Error` is JavaScript's.
 *
 * @example
 * if (client.connect_to_url(url) !== OK) console.error(client.get_last_error());
 */
export const Err = /* @__PURE__ */ (() =>
  Object.freeze(Object.fromEntries(NAMES.map((name, code) => [name, code])) as unknown as Codes))();
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

/** The last resort for an error of a user's callback: what `window.onerror` and Node's console show. */
export function report(error: unknown): void {
  (globalThis.reportError ?? console.error)(error);
}

/** Runs what must not throw, and reports what it throws. */
export function safely(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    report(error);
  }
}

/** Names the kind of a wrong argument in an error message: "string", "null", "array", "promise", "map". */
export function typeName(value: unknown): string {
  const kind = typeof value;
  return kind === "object" ? {}.toString.call(value).slice(8, -1).toLowerCase() : kind;
}

/** @throws TypeError `<where> must be <expected>, got …`, unless `valid` */
export function requireThat(valid: boolean, where: string, expected: string, got: unknown): void {
  if (valid) return;
  // Of a string or a number the value says more than the kind.
  const given = typeof got === "string" ? JSON.stringify(got) : typeof got === "number" ? got : typeName(got);
  throw new TypeError(`${where} must be ${expected}, got ${given}`);
}

/** @throws TypeError unless `callback` is a function; `event` is what it is for, if it is for one */
export function requireCallback(callback: unknown, event = ""): void {
  requireThat(typeof callback === "function", `the callback${event && ` of "${event}"`}`, "a function", callback);
}

/** @throws TypeError unless `timeout` is a number of seconds that passes some day */
export function requireTimeout(timeout: unknown): void {
  const valid = Number.isFinite(timeout) && (timeout as number) >= 0;
  requireThat(valid, "the timeout", "a number of seconds", timeout);
}

/** @throws TypeError when `options` is no object, or has an option of another name */
export function requireOptions(options: object, names: readonly string[], who: string): void {
  const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
  requireThat(isObject, `the options of ${who}`, "an object", options);
  for (const name of Object.keys(options))
    requireThat(names.includes(name), `an option of ${who}`, `one of ${names.join(", ")}`, name);
}

/** The options that are given: one that is `undefined` is as if it was not there. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** @throws TypeError that names the first of `amounts` that is no number of 0 or more */
export function requireAmounts(amounts: object): void {
  for (const [name, amount] of Object.entries(amounts))
    requireThat(typeof amount === "number" && amount >= 0, name, "a number of 0 or more", amount);
}

/**
 * What a `connect_error` signal carries. `code` is `ERR_UNAUTHORIZED` when the server refused the namespace, `ERR_TIMEOUT`,
 * `ERR_CANT_CONNECT` or `ERR_INVALID_DATA` otherwise; a `ReconnectionFilter` also gets `ERR_CONNECTION_ERROR`, when the server has
 * disconnected the namespace. `data` is what the server sent along.
 */
export interface ConnectError {
  message: string;
  namespace: string;
  code: Err;
  data?: unknown;
  transport?: string;
}
