import { excerpt, isObject, ProtocolError, parseJson } from "./protocol-error.js";

/**
 * One frame of a transport: a text packet (its first character is the packet type) or bare binary, which needs no type
 * because binary is always a message (Engine.IO 4, "Packet encoding").
 */
export type Frame = string | Uint8Array;

/** Engine.IO 4 packet types, as the character that starts a text frame. */
export const EnginePacketType = {
  OPEN: "0",
  CLOSE: "1",
  PING: "2",
  PONG: "3",
  MESSAGE: "4",
  UPGRADE: "5",
  NOOP: "6",
} as const;

/** What the server said in its open packet. Durations are seconds (the wire has milliseconds), sizes are bytes. */
export interface Handshake {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** `Infinity` when the server names no limit. */
  readonly maxPayload: number;
}

/**
 * Reads the JSON of an open packet (Engine.IO 4, "Handshake"). Unknown keys are ignored.
 * @throws ProtocolError when a field is missing or out of range.
 */
export function parseHandshake(json: string): Handshake {
  const value = parseJson(json, "the Engine.IO open packet");
  if (!isObject(value)) throw new ProtocolError(`the Engine.IO open packet must hold an object, got ${excerpt(json)}`);
  const { sid, upgrades = [], maxPayload = Infinity } = value;
  if (typeof sid !== "string" || sid === "") {
    throw new ProtocolError(`the Engine.IO open packet needs a "sid" string, got ${excerpt(json)}`);
  }
  return {
    sid,
    upgrades: Array.isArray(upgrades) ? upgrades.filter((name) => typeof name === "string") : [],
    pingInterval: amount(value, "pingInterval") / 1000,
    pingTimeout: amount(value, "pingTimeout") / 1000,
    maxPayload: maxPayload === Infinity ? maxPayload : amount(value, "maxPayload"),
  };
}

function amount(handshake: Record<string, unknown>, key: string): number {
  const value = handshake[key];
  if (typeof value !== "number" || !(value >= 0)) {
    throw new ProtocolError(`"${key}" of the Engine.IO open packet must be a number of 0 or more, got ${value}`);
  }
  return value;
}
