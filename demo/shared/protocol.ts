/**
 * What the two sides say to each other, as socket.io event maps: the server's `Server<…>` and the client's
 * `SocketIONamespace<…>` are typed by the same interfaces, so a misspelt event or a wrong argument does not compile.
 * A last argument that is a function is the acknowledgement.
 */
import type { Perk } from "./perks.js";
import type { Effect } from "./world.js";

export const LOBBY_NAMESPACE = "/lobby";

/** CONNECT payload of `/lobby`. */
export interface LobbyAuth {
  name: string;
  bot?: boolean;
}

/** CONNECT payload of `/`. */
export interface ArenaAuth {
  name: string;
  ticket: string;
}

/** `error.data` of a refused CONNECT. */
export interface Refusal {
  code: "bad_name" | "bad_ticket";
  hint: string;
}

export interface ScoreLine {
  name: string;
  score: number;
  bot: boolean;
}

export interface LobbyStatus {
  players: number;
  bots: number;
  round: number;
  leader: ScoreLine | null;
  highScores: ScoreLine[];
}

/** `seat` is the secret that a dropped player comes back with to find the same ship and score. */
type JoinAnswer = { ok: true; ticket: string; seat: string } | { ok: false; reason: string };

export interface LobbyClientEvents {
  join: (request: { seat: string }, answer: (result: JoinAnswer) => void) => void;
}

export interface LobbyServerEvents {
  status: (status: LobbyStatus) => void;
}

export interface RosterEntry {
  id: number;
  name: string;
  bot: boolean;
}

/** `cooldown` is the number of seconds until the next dash can succeed. */
interface DashAnswer {
  ok: boolean;
  cooldown: number;
}

export interface Welcome {
  id: number;
  /** The first input step must carry the number after this one. */
  lastSequence: number;
  roster: RosterEntry[];
}

export interface RoundResult {
  round: number;
  standings: ScoreLine[];
}

export interface ArenaClientEvents {
  /** Steps `firstSequence`, `firstSequence + 1`, …; `moves` holds x and y of each, integers up to MOVE_SCALE. */
  input: (firstSequence: number, moves: number[]) => void;
  /** Dash before step `sequence`. */
  dash: (sequence: number, answer: (result: DashAnswer) => void) => void;
  /** The page is hidden (true) and wants no snapshots, or visible again (false). */
  away: (hidden: boolean) => void;
}

export interface ArenaServerEvents {
  welcome: (welcome: Welcome) => void;
  roster: (roster: RosterEntry[]) => void;
  snapshot: (bytes: Uint8Array) => void;
  effects: (tick: number, effects: Effect[]) => void;
  round_over: (result: RoundResult) => void;
  /** The server asks, the client answers with the id of one of the offered perks. */
  pick_perk: (offer: Perk[], answer: (perk: number) => void) => void;
}
