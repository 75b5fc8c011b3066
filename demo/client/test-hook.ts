import type { SocketIOClient } from "socketio-gameloop";
import type { GameSession } from "./net/session.js";
import type { ArenaScene } from "./scene/arena-scene.js";
import type { Hud } from "./ui/hud.js";

/** What `window.__game.state()` returns: plain data, a copy, nothing in it can change the game. */
export interface GameState {
  connection_state: number;
  you: { id: number; x: number; y: number; score: number; carried: number; cooldown: number } | null;
  players: { id: number; name: string; x: number; y: number; score: number; carried: number; bot: boolean }[];
  round: number;
  phase: number;
  tick: number;
  dashAcks: number;
  dashRefusals: number;
  welcomes: number;
  lastCorrection: number;
  hudText: string;
  banner: string;
  lobby: GameSession["lobby"];
  framesRendered: number;
}

export interface TestHook {
  readonly client: SocketIOClient;
  readonly state: () => GameState;
}

declare global {
  interface Window {
    readonly __game: TestHook;
  }
}

/** Lets automated tests look at the game from outside, as `window.__game`. */
export function exposeForTests(session: GameSession, scene: ArenaScene, hud: Hud): void {
  const state = (): GameState => {
    const { newest } = session.snapshots;
    const own = session.playing ? session.predictor.ship : null;
    const place = own === null ? undefined : scene.drawn.get(own.id);
    return {
      connection_state: session.client.get_connection_state(),
      you:
        own === null
          ? null
          : {
              id: own.id,
              x: place?.x ?? own.x,
              y: place?.y ?? own.y,
              score: own.score,
              carried: own.carried,
              cooldown: own.cooldownTicks,
            },
      players: [...(newest?.ships.values() ?? [])].map((ship) => ({
        id: ship.id,
        name: session.names.get(ship.id) ?? "",
        x: scene.drawn.get(ship.id)?.x ?? ship.x,
        y: scene.drawn.get(ship.id)?.y ?? ship.y,
        score: ship.score,
        carried: ship.carried,
        bot: ship.bot,
      })),
      round: newest?.round ?? 0,
      phase: newest?.phase ?? 0,
      tick: newest?.tick ?? 0,
      dashAcks: session.dashAcks,
      dashRefusals: session.dashRefusals,
      welcomes: session.welcomes,
      lastCorrection: session.predictor.lastCorrection,
      hudText: hud.text,
      banner: session.banner(),
      lobby: session.lobby,
      framesRendered: scene.framesRendered,
    };
  };
  Object.defineProperty(window, "__game", { value: Object.freeze({ client: session.client, state }) });
}
