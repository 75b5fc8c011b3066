import { SessionPlayer, type SessionRecorder } from "socketio-gameloop/tools";
import { expect } from "vitest";

/** Ends a recording and plays it, which must go the same way. */
export function replayed(recorder: SessionRecorder): SessionPlayer {
  recorder.stop();
  const player = new SessionPlayer(recorder.to_json_lines());
  player.play_all();
  expect(player.get_divergences()).toEqual([]);
  expect(player.get_hash()).toBe(recorder.get_hash());
  return player;
}
