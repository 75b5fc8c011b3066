/* Just enough of Socket.IO 5's packets for a server of the tests, written apart from the client's own code. */
import type { OutFrame } from "socketio-gameloop";

export interface WirePacket {
  readonly type: number;
  readonly attachments: number;
  readonly path: string;
  readonly id: number;
  readonly json: string;
}

/** Reads a text message, Engine.IO's `4` in front; `null` when it is none. */
export function readPacket(text: string): WirePacket | null {
  const match = /^4([0-6])(?:(\d+)-)?(?:(\/[^,]*),)?(\d+)?(.*)$/s.exec(text);
  if (match === null) return null;
  const [, type, attachments = "0", path = "/", id = "-1", json = ""] = match;
  return { type: Number(type), attachments: Number(attachments), path, id: Number(id), json };
}

/** A packet as text: `type` may bring the number of attachments along, as in `"51-"`. */
export function writePacket(type: string, path: string, id: number | null, data?: unknown): string {
  const where = path === "/" ? "" : `${path},`;
  return `4${type}${where}${id ?? ""}${data === undefined ? "" : JSON.stringify(data)}`;
}

/** Stands for the one attachment of a packet. */
export const PLACEHOLDER = { _placeholder: true, num: 0 };

/** The number of an emit of the game; -1 for anything else. */
export function numberOf(frame: OutFrame): number {
  if (typeof frame !== "string") return -1;
  const match = /^4[25](?:\d+-)?(?:\/[^,]*,)?\d*\["[\w-]+",(\d+)/.exec(frame);
  return match === null ? -1 : Number(match[1]);
}

/** Bytes that can be told from any other event's. */
export function bytesFor(number: number, length = 16): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (number * 7 + index) & 255);
}

export function isSame(a: unknown, b: Uint8Array): boolean {
  return a instanceof Uint8Array && a.length === b.length && a.every((byte, index) => byte === b[index]);
}
