/** NetGraphs over games: one that is played against the page's own server, and scenes in virtual time for pictures. */
import { SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { FakeServer, type LinkSettingsInput, LinkSimulator, ManualClock } from "socketio-gameloop/testing";
import { NetGraph, type NetGraphOptions } from "socketio-gameloop/tools";

interface NetGraphPage {
  readonly client: SocketIOClient;
  readonly graphs: NetGraph[];
  /** Clicks that reached the page. */
  clicks: number;
  make(options?: NetGraphOptions): NetGraph;
  /** Plays a scene to its end, with a NetGraph over it that stays. */
  scene(name: string, options?: NetGraphOptions): string;
  /** How many pixels of the canvas of the last overlay are of other colours than its most frequent one; -1 for no canvas. */
  ink(): number;
  /** The overlays that are in the page. */
  count(): number;
}

declare global {
  interface Window {
    readonly netGraph: NetGraphPage;
  }
}

const client = new SocketIOClient();
const hosts = () => [...document.querySelectorAll("div")].filter((element) => element.shadowRoot !== null);
const page: NetGraphPage = {
  client,
  graphs: [],
  clicks: 0,
  make(options = {}) {
    const graph = new NetGraph(client, options);
    page.graphs.push(graph);
    return graph;
  },
  scene,
  ink() {
    const canvas = hosts().at(-1)?.shadowRoot?.querySelector("canvas");
    const pixels = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    if (pixels === undefined) return -1;
    const counts = new Map<number, number>();
    for (const pixel of new Uint32Array(pixels.buffer)) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    return pixels.length / 4 - Math.max(...counts.values());
  },
  count: () => hosts().length,
};
Object.defineProperty(window, "netGraph", { value: page });
document.addEventListener("click", () => page.clicks++);

client.get_namespace("/").on("state", () => {});
if (location.search !== "?scenes") client.connect_to_url(location.origin);
function frame(): void {
  client.poll();
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

interface Scene {
  readonly link: LinkSettingsInput;
  /** Seconds. */
  readonly length: number;
  readonly isBusy: boolean;
  /** What happens to the line, by second. */
  readonly changes?: Readonly<Record<number, (link: LinkSimulator, server: FakeServer) => void>>;
}

const BAD: LinkSettingsInput = { latency: 0.09, jitter: 0.05, stall_chance: 0.01, stall_time: 0.4 };

const SCENES: Readonly<Record<string, Scene>> = {
  start: { link: { latency: 0.02 }, length: 0.5, isBusy: false },
  idle: { link: { latency: 0.018, jitter: 0.006 }, length: 25, isBusy: false },
  busy: { link: { latency: 0.025, jitter: 0.01 }, length: 25, isBusy: true },
  bad: { link: BAD, length: 25, isBusy: true, changes: { 14: (link) => link.disconnect() } },
  disconnected: {
    link: { latency: 0.03 },
    length: 25,
    isBusy: true,
    changes: {
      17: (_, server) => server.stop(),
    },
  },
};

function scene(name: string, options: NetGraphOptions = {}): string {
  const { link: settings, length, isBusy, changes = {} } = SCENES[name]!;
  const clock = new ManualClock(100);
  const server = new FakeServer({ clock });
  const link = new LinkSimulator(settings, { clock, seed: 3 });
  const client = new SocketIOClient({
    clock: clock.read,
    random: () => 0.5,
    poll_max_packets: name === "bad" ? 4 : 0,
    transport_factory: link.wrap(server.transport_factory),
  });
  const main = client.get_namespace("/");
  const graph = new NetGraph(client, { clock: clock.read, ...options });
  page.graphs.push(graph);
  server.on("connection", (socket) => socket.on("aim", (_data, reply) => reply?.([])));
  main.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
  // A listener that costs something: virtual time passes in it.
  main.on("snapshot", () => clock.advance(name === "bad" ? 0.0065 : 0.0012));
  main.on("explosion", () => clock.advance(0.0004));
  client.connect_to_url("ws://scene");
  const end = clock.now + length;
  let wave = 0;
  for (let count = 0; clock.now < end; count++) {
    clock.advance(1 / 60);
    client.poll();
    for (const [second, change] of Object.entries(changes))
      if (Math.abs(clock.now - 100 - Number(second)) < 1 / 120) change(link, server);
    if (count % (isBusy ? 6 : 60) === 0) main.emit_with_ack("aim", [count, 0.5], () => {});
    if (isBusy) {
      wave += 0.05;
      if (count % 3 === 0) server.emit("snapshot", ["x".repeat(500 + 300 * Math.sin(wave))]);
      if (count % 2 === 0) main.emit("input", [{ up: true, tick: count }]);
      if (count % 90 < 8) server.emit("explosion", [{ at: [count, count], size: 3 }]);
      if (count % 40 === 0) server.emit("a_name_that_is_longer_than_its_column", [count]);
    }
    client.flush();
  }
  return graph.to_text();
}
