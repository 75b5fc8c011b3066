import type { SessionRecorder } from "socketio-gameloop/tools";
import type { GameSession } from "../net/session.js";
import type { Frame, LivePilot } from "../pilot.js";
import { stateHash } from "./state-hash.js";

/** All that a replay needs: what came over the network, and what the person did. */
export interface Tape {
  /** The recording of the client, JSON Lines. */
  readonly session: string;
  readonly frames: readonly Frame[];
  /** The state of the game at its end. */
  readonly hash: string;
}

/** UTF-16 units; twenty minutes or so. */
const MAX_SIZE = 32 * 1024 * 1024;

/** Records a session from its first frame, until it is too long. */
export class TapeDeck {
  readonly #session: GameSession;
  readonly #recorder: SessionRecorder;
  readonly #pilot: LivePilot;
  /** The state when the recording ended, "" while it goes on. */
  #end = "";

  constructor(session: GameSession, recorder: SessionRecorder, pilot: LivePilot) {
    this.#session = session;
    this.#recorder = recorder;
    this.#pilot = pilot;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#recorder.get_size();
  }

  get isFull(): boolean {
    return this.#end !== "";
  }

  /** At the end of a frame: there is nothing half-done then. */
  frameEnded(): void {
    if (this.isFull || this.#recorder.get_size() < MAX_SIZE) return;
    this.#recorder.stop();
    this.#pilot.stopRecording();
    this.#end = stateHash(this.#session);
  }

  /** What was recorded so far; it goes on. Not to be called within a frame. */
  take(): Tape {
    const hash = this.isFull ? this.#end : stateHash(this.#session);
    return { session: this.#recorder.to_json_lines(), frames: [...this.#pilot.frames], hash };
  }
}
