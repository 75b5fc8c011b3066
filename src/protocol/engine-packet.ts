import { isObject, parseJson, violation } from "./protocol-error.js";

/**
 * One frame of a transport: a text packet (its first character is the packet type) or bare binary, which needs no type
 * because binary is always a message (Engine.IO 4, "Packet encoding").
 */
export type Frame = string | Uint8Array;

/** What the server said in its open packet. Durations are seconds (the wire has milliseconds), sizes are bytes. */
export interface Handshake {
  readonly sid: string;
  /** Transports that the session can move to. */
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** 0 when the server names no limit. */
  readonly maxPayload: number;
}

/** True for what both an open packet and the answer to CONNECT are: a dictionary with a session id. */
export function hasSid(value: unknown): value is { sid: string } & Record<string, unknown> {
  return isObject(value) && typeof value["sid"] === "string" && value["sid"] !== "";
}

/**
 * Reads an open packet (Engine.IO 4, "Handshake"). Unknown keys are ignored.
 * @throws ProtocolError when a field is missing or out of range.
 */
export function readHandshake(frame: string): Handshake {
  const value = parseJson(frame, 1, hasSid, 'an Engine.IO open packet 0{"sid":…}');
  const amount = (key: string): number => {
    const number = value[key] as number;
    // JSON has no Infinity, but 1e999 is read as it.
    const isFine = Number.isFinite(number) && number >= 0;
    return isFine ? number : violation(`a finite number of 0 or more as "${key}"`, frame);
  };
  const upgrades = value["upgrades"] ?? [];
  return {
    sid: value.sid,
    upgrades: Array.isArray(upgrades) ? upgrades : violation('a list as "upgrades"', frame),
    pingInterval: amount("pingInterval") / 1000,
    pingTimeout: amount("pingTimeout") / 1000,
    maxPayload: value["maxPayload"] === undefined ? 0 : amount("maxPayload"),
  };
}
