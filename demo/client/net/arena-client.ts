import { type ClientOptionsInput, OK, polling, SocketIOClient, websocket } from "socketio-gameloop";
import { LinkSimulator } from "socketio-gameloop/testing";
import { SessionRecorder } from "socketio-gameloop/tools";

/** What a page has that plays over a network: a client that is recorded, behind a link that can be made bad. */
interface LiveClient {
  readonly client: SocketIOClient;
  readonly link: LinkSimulator;
  readonly recorder: SessionRecorder;
}

/**
 * Makes the client of the game. The link does nothing until somebody turns its knobs. The recorder comes first of all: a replay
 * needs the beginning, and has to know every option.
 */
export function makeLiveClient(): LiveClient {
  // The one shared client, as a Godot autoload would be.
  const client = SocketIOClient.get_singleton();
  const link = new LinkSimulator("none");
  const options: ClientOptionsInput = {
    main_namespace: false,
    transports: [link.wrap(websocket), link.wrap(polling)],
    // Four milliseconds are a quarter of a frame: after a stall the rest of the inbox waits for the next frames rather than eat this
    // one.
    poll_max_time: 0.004,
    reconnection: { enabled: true, attempts: Number.POSITIVE_INFINITY, delay: 0.25, delay_max: 2, jitter: 0.5 },
  };
  // The lobby's answer to "join" has the secret that finds the own ship again: it is nobody's business.
  const recorder = new SessionRecorder({ redact: { events: ["join"] } });
  if (recorder.record(client, options) !== OK) throw new Error("the client is in use already");
  return { client, link, recorder };
}
