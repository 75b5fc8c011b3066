/**
 * The peer broke the protocol.
 *
 * The core throws two kinds of error and no other: this one for what the peer did wrong (the connection is closed with
 * `"parse error"` and the sentence is reported), and `TypeError` for what the caller did wrong (thrown at the call site).
 * Any third kind that comes out of `src/protocol/` is a bug.
 */
export class ProtocolError extends Error {}

/** Shortens what a peer sent, so that an error message can quote it without growing with it. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** `JSON.parse` whose failure is the peer's fault. */
export function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ProtocolError(`${what} is not valid JSON: ${excerpt(json)}`);
  }
}

/** True for a dictionary: an object that is neither `null` nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
