import type Phaser from "phaser";
import type { SessionPlayer } from "socketio-gameloop/tools";
import type { GameSession } from "../net/session.js";
import type { TapePilot } from "../pilot.js";
import { stateHash } from "./state-hash.js";

/** A longer pause than this (a hidden tab) is not waited for. */
const LONGEST_WAIT = 1;
/** A slow machine plays slower rather than not at all. */
const MOST_SECONDS_AT_ONCE = 0.25;

/**
 * Puts a recorded game's frames in the place of the screen's: each with the time that it had, and what the person did in it. The game
 * is the same code; its plugin polls a client that hears the recorded session.
 */
export class ReplayLoop {
  speed: 1 | 4 = 1;
  paused = false;
  /** Called when frames were played. */
  onProgress: () => void = () => {};
  readonly #game: Phaser.Game;
  readonly #session: GameSession;
  readonly #pilot: TapePilot;
  readonly #player: SessionPlayer;
  /** Where in the recording we are, in milliseconds. */
  #time: number;
  #before = 0;
  #hash = "";
  framesPlayed = 0;

  constructor(game: Phaser.Game, session: GameSession, pilot: TapePilot, player: SessionPlayer) {
    this.#game = game;
    this.#session = session;
    this.#pilot = pilot;
    this.#player = player;
    this.#time = pilot.upcoming?.time ?? 0;
    game.loop.sleep();
    requestAnimationFrame(this.#frame);
  }

  /** The state of the game at the end; "" before. */
  get hash(): string {
    return this.#hash;
  }

  get isFinished(): boolean {
    return this.#hash !== "";
  }

  /** How often the client, or the game, did something else than it did then. */
  get differences(): number {
    return this.#player.get_divergences().length;
  }

  /** Plays one frame. */
  step(): void {
    const { upcoming } = this.#pilot;
    if (upcoming === null) return;
    this.#time = upcoming.time;
    this.#play(true);
    this.onProgress();
  }

  readonly #frame = (now: number): void => {
    const seconds = this.#before === 0 ? 0 : Math.min(MOST_SECONDS_AT_ONCE, (now - this.#before) / 1000);
    this.#before = now;
    if (!this.paused) this.#advance(seconds * this.speed);
    this.onProgress();
    if (!this.isFinished) requestAnimationFrame(this.#frame);
  };

  #advance(seconds: number): void {
    this.#time += seconds * 1000;
    for (;;) {
      const { upcoming } = this.#pilot;
      if (upcoming === null) return;
      if (upcoming.time > this.#time + LONGEST_WAIT * 1000) this.#time = upcoming.time;
      if (upcoming.time > this.#time) return;
      this.#play(false);
    }
  }

  #play(isShown: boolean): void {
    const frame = this.#pilot.upcoming;
    if (frame === null) return;
    for (const hidden of frame.hidden ?? []) this.#session.setHidden(hidden);
    const { time } = frame;
    // Of several frames between two of the screen's only the last is painted.
    const next = this.#pilot.following;
    if (isShown || next === null || next.time > this.#time) this.#game.step(time, 1000 / 60);
    else this.#game.headlessStep(time, 1000 / 60);
    this.framesPlayed++;
    if (this.#pilot.upcoming === null) this.#hash = stateHash(this.#session);
  }
}
