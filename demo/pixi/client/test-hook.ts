import type { SocketIOClient } from "socketio-gameloop";
import type { BoardScreen } from "./board-screen.js";
import type { Hud } from "./hud.js";
import type { Title } from "./title.js";

/** What `window.__game.state()` returns: plain data, a copy, nothing in it can change the game. */
export interface InkState {
  screen: "title" | "board";
  connection_state: number;
  slot: number;
  drops: { slot: number; name: string; x: number; y: number; cells: number; bot: boolean; stunned: boolean }[];
  tick: number;
  round: number;
  phase: number;
  welcomes: number;
  splashAcks: number;
  lastSplash: number;
  /** Snapshots that the page's listener was called with. */
  heard: number;
  /** Callbacks on the namespace and on signals, and in the ticker. */
  listeners: number;
  tickerCallbacks: number;
  lastAbsence: readonly [seconds: number, skipped: number] | null;
  predictionError: number;
  hudText: string;
  banner: string;
  framesRendered: number;
}

export interface InkHook {
  readonly client: SocketIOClient;
  readonly state: () => InkState;
  /** How many cells the page draws in the ink of a slot. */
  readonly drawnCells: (slot: number) => number;
}

/** Lets automated tests look at the game from outside, as `window.__game`. */
export function exposeForTests(board: BoardScreen, hud: Hud, title: Title): void {
  const { session } = board;
  const state = (): InkState => ({
    screen: title.isOpen ? "title" : "board",
    connection_state: session.client.get_connection_state(),
    slot: session.slot,
    drops: [...(session.snapshot?.drops.values() ?? [])].map((drop) => ({
      slot: drop.slot,
      name: session.names.get(drop.slot) ?? "",
      x: board.placeOf(drop.slot)?.x ?? drop.x,
      y: board.placeOf(drop.slot)?.y ?? drop.y,
      cells: drop.cells,
      bot: drop.bot,
      stunned: drop.stunned,
    })),
    tick: session.snapshot?.tick ?? 0,
    round: session.snapshot?.round ?? 0,
    phase: session.snapshot?.phase ?? 0,
    welcomes: session.welcomes,
    splashAcks: session.splashAcks,
    lastSplash: session.lastSplash,
    heard: session.heard,
    listeners: session.listeners,
    tickerCallbacks: board.tickerCallbacks,
    lastAbsence: board.lastAbsence,
    predictionError: board.own.error,
    hudText: hud.text,
    banner: session.banner(),
    framesRendered: board.framesRendered,
  });
  const hook: InkHook = Object.freeze({
    client: session.client,
    state,
    drawnCells: (slot: number) => board.cellsOf(slot),
  });
  Object.defineProperty(window, "__game", { value: hook });
}
