import type Phaser from "phaser";
import type { SocketIOClient } from "socketio-gameloop";
import type { Divergence } from "socketio-gameloop/tools";
import type { GameSession } from "./net/session.js";
import { stateHash } from "./replay/state-hash.js";
import type { Tape } from "./replay/tape.js";
import type { ArenaScene } from "./scene/arena-scene.js";
import type { Graph } from "./tools/graph.js";
import type { Hud } from "./ui/hud.js";

/** What `window.__game.state()` returns: plain data, a copy, nothing in it can change the game. */
export interface GameState {
  scene: string;
  connection_state: number;
  you: { id: number; x: number; y: number; score: number; carried: number; cooldown: number } | null;
  players: { id: number; name: string; x: number; y: number; score: number; carried: number; bot: boolean }[];
  round: number;
  phase: number;
  tick: number;
  dashAcks: number;
  dashRefusals: number;
  dashSeconds: number;
  /** Seconds from the own steering to the world that it is seen in. */
  echo: number;
  lastAbsence: readonly [seconds: number, skipped: number] | null;
  welcomes: number;
  lastCorrection: number;
  hudText: string;
  banner: string;
  lobby: GameSession["lobby"];
  framesRendered: number;
}

/** How far a replay is. */
interface ReplayState {
  /** The state of the game at the end, "" before. */
  hash: string;
  frames: number;
  divergences: readonly Divergence[];
  /** The callbacks so far are those of the recording. */
  callbacksAsRecorded: boolean;
}

/** Everything that somebody listens to. */
interface ListenerCounts {
  /** Callbacks connected with the signals of the client and its namespaces. */
  signals: number;
  /** Listeners of Phaser's game, its scale manager, and of the scenes. */
  phaser: number;
}

interface TestHook {
  readonly client: SocketIOClient;
  readonly state: () => GameState;
  readonly stateHash: () => string;
  readonly listeners: () => ListenerCounts;
  /** The NetGraph as text. */
  readonly graphText: () => string;
  /** What was recorded up to the last press of the replay button, `null` before; in a replay what is played. */
  readonly tape: () => Tape | null;
  /** `null` when somebody plays. */
  readonly replay: (() => ReplayState) | null;
}

declare global {
  interface Window {
    readonly __game: TestHook;
  }
}

interface Exposed {
  readonly session: GameSession;
  readonly arena: ArenaScene;
  readonly game: Phaser.Game;
  readonly hud: Hud;
  readonly graph: Graph;
  readonly tape: TestHook["tape"];
  readonly replay: TestHook["replay"];
}

/** Lets automated tests look at the game from outside, as `window.__game`. */
export function exposeForTests({ session, arena: scene, game, hud, graph, tape, replay }: Exposed): void {
  const state = (): GameState => {
    const { newest } = session.snapshots;
    const own = session.playing ? session.predictor.ship : null;
    const place = own === null ? undefined : scene.drawn.get(own.id);
    return {
      scene: game.scene.getScenes(true)[0]?.scene.key ?? "",
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
      dashSeconds: session.dashSeconds,
      echo: session.echo.seconds,
      lastAbsence: scene.lastAbsence,
      welcomes: session.welcomes,
      lastCorrection: session.predictor.lastCorrection,
      hudText: hud.text,
      banner: session.banner(),
      lobby: session.lobby,
      framesRendered: scene.framesRendered,
    };
  };
  const hook: TestHook = {
    client: session.client,
    state,
    stateHash: () => stateHash(session),
    listeners: () => countListeners(session, game),
    graphText: () => graph.graph.to_text(),
    tape,
    replay,
  };
  Object.defineProperty(window, "__game", { value: Object.freeze(hook) });
}

function countListeners({ client, link }: GameSession, game: Phaser.Game): ListenerCounts {
  const { connected, disconnected, connect_error, reconnecting, reconnect_failed, event_received } = client;
  const signals = [connected, disconnected, connect_error, reconnecting, reconnect_failed, event_received];
  for (const { connected, disconnected, connect_error, event_received } of [link.arena, link.lobby])
    signals.push(...([connected, disconnected, connect_error, event_received] as never[]));
  const emitters = [game.events, game.scale, ...game.scene.scenes.map((scene) => scene.sys.events)];
  const listeners = emitters.flatMap((emitter) => emitter.eventNames().map((name) => emitter.listenerCount(name)));
  return {
    signals: signals.reduce((sum, signal) => sum + signal.get_connections().length, 0),
    phaser: listeners.reduce((sum, count) => sum + count, 0),
  };
}
