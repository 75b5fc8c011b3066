import type { Socket } from "socket.io";
import type { ArenaClientEvents, ArenaServerEvents } from "../shared/protocol.js";
import type { Ship } from "../shared/ship.js";
import type { InputQueue } from "./input-queue.js";
import type { Grant } from "./tickets.js";

export type NoServerEvents = Record<string, never>;
export type ArenaSocket = Socket<ArenaClientEvents, ArenaServerEvents, NoServerEvents, { grant: Grant }>;

/** Somebody in the arena: a ship, and the socket that steers it while there is one. */
export interface Player {
  readonly seat: string;
  readonly name: string;
  readonly bot: boolean;
  readonly ship: Ship;
  inputs: InputQueue;
  /** Null while the player is gone; the ship waits for them for a few seconds. */
  socket: ArenaSocket | null;
  leftAt: number;
}
