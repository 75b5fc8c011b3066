/* Plays the recording of this folder and says what came of it: what an engine makes of the game must not depend on which it is. */
import { SessionPlayer } from "socketio-gameloop/tools";
import { Arena } from "./arena.js";
import recording from "./session.jsonl";

export function replay(): string {
  const player = new SessionPlayer(recording, { listeners: "game" });
  const arena = new Arena(player.client);
  player.play_all();
  const { state } = arena;
  // FNV-1a over the state, apart from the hash of the callbacks: that is the library's, this is the game's.
  let hash = 0x811c9dc5;
  for (const character of state) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  return JSON.stringify({
    callbacks: player.get_callback_count(),
    callback_hash: player.get_hash(),
    recorded_hash: player.get_recorded_hash(),
    state_hash: hash.toString(16),
    divergences: player.get_divergences(),
  });
}
