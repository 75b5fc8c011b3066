import type { IncomingPacket } from "./codec.js";

/**
 * The peer broke the protocol.
 *
 * The core throws two kinds of error and no other: this one for what the peer did wrong (the connection is closed with
 * `"parse error"` and the sentence is reported), and `TypeError` for what the caller did wrong (thrown at the call site).
 * Any third kind that comes out of `src/protocol/` is a bug.
 */
export class ProtocolError extends Error {}

/** @throws ProtocolError that says what was expected and quotes what came, cut so that it does not grow with it. */
export function violation(expected: string, got: string | object): never {
  const quoted = typeof got === "string" ? JSON.stringify(got.slice(0, 80)) : JSON.stringify(got).slice(0, 80);
  throw new ProtocolError(`expected ${expected}, got ${quoted}`);
}

/**
 * The JSON of `text` from `start`, or the data of a codec's packet, checked by `valid`. `json` is what is read instead.
 * @throws ProtocolError when it is no JSON or not `what`
 */
export function parseJson<T>(
  text: string | IncomingPacket,
  start: number,
  valid: (value: unknown) => value is T,
  what: string,
  json?: string,
): T {
  let value: unknown;
  try {
    value = typeof text === "string" ? JSON.parse(json ?? text.slice(start)) : text.data();
  } catch {
    // An undefined value is not valid either.
  }
  return valid(value) ? value : violation(what, text);
}

/** True for a dictionary: neither `null` nor an array, a `Map`, `Headers`, a promise, which have nothing that can be read by name. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return {}.toString.call(value) === "[object Object]";
}
