/** A game that records its session in the page, and plays recordings. */
import { SocketIOClient } from "socketio-gameloop";
import { SessionPlayer, SessionRecorder } from "socketio-gameloop/tools";
import { Arena } from "../../tools/replay-hash/arena.js";

export interface Played {
  readonly state: string;
  readonly hash: string;
  readonly divergences: number;
}

interface ReplayPage {
  readonly client: SocketIOClient;
  readonly arena: Arena;
  /** Begins to play and to record. */
  start(url: string): void;
  /** Ends it; the recording. */
  stop(): { readonly text: string; readonly state: string; readonly hash: string };
  play(text: string): Played;
  frames: number;
}

declare global {
  interface Window {
    readonly replay: ReplayPage;
  }
}

const client = new SocketIOClient();
const recorder = new SessionRecorder();
recorder.record(client, { transports: ["polling", "websocket"], reconnection: { delay: 0.05 } });
const page: ReplayPage = {
  client,
  arena: new Arena(client),
  start(url) {
    client.connect_to_url(url, { token: "secret of the page" });
    const frame = () => {
      page.frames++;
      client.poll();
      if (recorder.is_recording) requestAnimationFrame(frame);
    };
    frame();
  },
  stop() {
    client.close();
    recorder.stop();
    return { text: recorder.to_json_lines(), state: page.arena.state, hash: recorder.get_hash() };
  },
  play(text) {
    const player = new SessionPlayer(text, { listeners: "game" });
    const { client: replayed } = player;
    const arena = new Arena(replayed);
    player.play_all();
    return { state: arena.state, hash: player.get_hash(), divergences: player.get_divergences().length };
  },
  frames: 0,
};
Object.assign(window, { replay: page });
