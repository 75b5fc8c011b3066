/** A game that is driven by an AnimationFrameLoop, beside a FixedTickLoop that has no client; both note what they did. */
import { SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { AnimationFrameLoop, FixedTickLoop } from "socketio-gameloop/loop";

interface LoopsPage {
  readonly client: SocketIOClient;
  readonly frames: AnimationFrameLoop;
  readonly ticks: FixedTickLoop;
  /** What was heard and called, in order, each with its number if it has one. */
  readonly told: [what: string, number: number][];
  /** The deltas of all frames. */
  readonly deltas: number[];
  readonly resumed: { hidden_seconds: number; skipped: number }[];
  readonly behind: { ticks_skipped: number; seconds: number }[];
  /** By the page's own listeners: since when it is hidden, in seconds, and what `events_skipped` was by then. */
  readonly hides: { time: number; skipped: number }[];
  /** What the same was when `resumed` was told. */
  readonly returns: { time: number; skipped: number }[];
}

declare global {
  interface Window {
    readonly loops: LoopsPage;
  }
}

const client = new SocketIOClient();
const main = client.get_namespace("/");
const page: LoopsPage = {
  client,
  frames: new AnimationFrameLoop(client, (delta) => {
    page.deltas.push(delta);
    page.told.push(["frame", page.deltas.length]);
    main.emit_volatile("input", [page.deltas.length]);
  }),
  ticks: new FixedTickLoop([], null, { tick_rate: 60, precision: "hybrid" }),
  told: [],
  deltas: [],
  resumed: [],
  behind: [],
  hides: [],
  returns: [],
};
Object.defineProperty(window, "loops", { value: page });

const look = () => ({ time: performance.now() / 1000, skipped: client.get_stats().events_skipped });

main.set_event_mode("number", SocketIONamespace.EVENT_LATEST);
main.on("number", ([number]) => page.told.push(["number", number as number]));
main.on("chat", ([number]) => page.told.push(["chat", number as number]));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) page.hides.push(look());
});
page.frames.resumed.connect((hidden_seconds, skipped) => {
  page.returns.push(look());
  page.told.push(["resumed", page.resumed.push({ hidden_seconds, skipped })]);
});
page.ticks.behind.connect((ticks_skipped, seconds) => page.behind.push({ ticks_skipped, seconds }));
client.connect_to_url(location.origin);
page.frames.start();
page.ticks.start();
