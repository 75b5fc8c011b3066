/*
 * The body of an HTTP long-polling request or answer (Engine.IO 4, "Payload"): packets joined by the record separator. Binary,
 * which has no type digit, is `b` and base64. No packet contains the separator: JSON escapes it, and we refuse namespaces with it.
 */
import { base64Size, utf8Length } from "./attachments.js";
import type { Frame } from "./engine-packet.js";

const SEPARATOR = "\x1e";
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** How the platform turns bytes into base64 and back; what it is given to decode has been checked. */
export interface Base64 {
  encode(bytes: Uint8Array): string;
  decode(text: string): Uint8Array;
}

/** The bytes that a packet takes in a payload. */
export function payloadSize(frame: Frame): number {
  return typeof frame === "string" ? utf8Length(frame) : base64Size(frame.byteLength);
}

/** How many of `frames` go into one request: as many as stay within `maxBytes` (the server's `maxPayload`), but one at least. */
export function payloadLength(frames: readonly Frame[], maxBytes: number): number {
  let count = 0;
  for (let bytes = -1; count < frames.length; count++) {
    bytes += 1 + payloadSize(frames[count]!);
    if (bytes > maxBytes && count > 0) break;
  }
  return count;
}

export function encodePayload(frames: readonly Frame[], base64: Base64): string {
  return frames.map((frame) => (typeof frame === "string" ? frame : `b${base64.encode(frame)}`)).join(SEPARATOR);
}

/** The packets of a payload. Binary that is no base64 stays text, of a type that no session accepts. */
export function decodePayload(payload: string, base64: Base64): Frame[] {
  return payload.split(SEPARATOR).map((packet): Frame => {
    if (packet[0] !== "b") return packet;
    const text = packet.slice(1);
    return text.length % 4 === 0 && BASE64.test(text) ? base64.decode(text) : packet;
  });
}
