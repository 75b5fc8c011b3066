/**
 * Everything that arrives from a client is `unknown` until it has passed one of these. They return the clean value or
 * null and never throw: a client that sends nonsense is ignored, not answered with a stack trace.
 */
import { MAX_STEPS_PER_INPUT, MOVE_SCALE, NAME_MAX_LENGTH } from "../shared/constants.js";
import type { ArenaAuth, LobbyAuth } from "../shared/protocol.js";
import { SEQUENCE_MODULO } from "../shared/sequence.js";

const NAME_PATTERN = /^[\p{L}\p{N}][\p{L}\p{N} _.'-]*$/u;

/** The name without surrounding blanks, or null when it is too long, empty or has odd characters. */
export function cleanName(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const name = value.trim();
  if ([...name].length > NAME_MAX_LENGTH || !NAME_PATTERN.test(name)) return null;
  return name;
}

export function cleanLobbyAuth(value: unknown): Required<LobbyAuth> | null {
  if (!isRecord(value)) return null;
  const name = cleanName(value.name);
  return name === null ? null : { name, bot: value.bot === true };
}

export function cleanArenaAuth(value: unknown): ArenaAuth | null {
  if (!isRecord(value)) return null;
  const name = cleanName(value.name);
  if (name === null || typeof value.ticket !== "string" || value.ticket.length > 64) return null;
  return { name, ticket: value.ticket };
}

/** The seat secret of a `join` request; an empty string asks for a new seat. */
export function cleanSeat(request: unknown): string | null {
  if (!isRecord(request) || typeof request.seat !== "string" || request.seat.length > 64) return null;
  return request.seat;
}

export function cleanSequence(value: unknown): number | null {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < SEQUENCE_MODULO
    ? (value as number)
    : null;
}

/** The moves of one `input` event: x, y, x, y … all integers in range, 1 to MAX_STEPS_PER_INPUT pairs. */
export function cleanMoves(value: unknown): number[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length % 2 !== 0) return null;
  if (value.length > MAX_STEPS_PER_INPUT * 2) return null;
  const inRange = value.every((axis) => Number.isInteger(axis) && Math.abs(axis) <= MOVE_SCALE);
  return inRange ? (value as number[]) : null;
}

/** The fields that any of the requests has; which of them are there, and of what type, is what is being checked. */
interface Fields {
  name?: unknown;
  bot?: unknown;
  ticket?: unknown;
  seat?: unknown;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
