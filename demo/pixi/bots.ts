import { OK, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { FixedTickLoop } from "socketio-gameloop/loop";
import { Prng } from "../shared/prng.js";
import { sequenceAfter } from "../shared/sequence.js";
import { COLS, PHASE_PLAYING, ROWS, SPLASH_RADIUS, STEER_SCALE } from "./constants.js";
import { INK_NAMESPACE, type InkClientEvents, type InkServerEvents } from "./protocol.js";
import { decodeSnapshot, type Snapshot, type SnapshotDrop } from "./snapshot.js";

const THOUGHTS_PER_SECOND = 15;
const NAMES = ["Indigo", "Sepia", "Bister", "Madder", "Umber", "Woad", "Carmine", "Verdigris", "Ochre", "Cobalt"];
/** Nearer than this a corner counts as reached. */
const REACHED = 0.7;

interface InkBots {
  /** How many of them are on the board. */
  readonly playing: number;
  stop(): void;
}

/** Starts `count` bots that play Ink Ring on the server at `url`: one loop polls them all. */
export function startInkBots(url: string, count: number, seed: number): InkBots {
  const bots = Array.from({ length: count }, (_, index) => {
    const again = Math.floor(index / NAMES.length);
    const name = NAMES[index % NAMES.length] ?? "Bot";
    return new InkBot(again === 0 ? name : `${name} ${again + 1}`, new Prng(seed * 1000 + index));
  });
  const think = () => {
    for (const bot of bots) bot.think();
  };
  const clients = bots.map((bot) => bot.client);
  const loop = new FixedTickLoop(clients, think, { tick_rate: THOUGHTS_PER_SECOND });
  for (const bot of bots) bot.connect(url);
  loop.start();
  return {
    get playing() {
      return bots.filter((bot) => bot.playing).length;
    },
    stop() {
      loop.stop();
      for (const client of clients) client.close();
    },
  };
}

/** Draws one ring after the other, where there is something to take, and splashes whoever comes near. */
class InkBot {
  readonly client: SocketIOClient;
  readonly #ink: SocketIONamespace<InkServerEvents, InkClientEvents>;
  readonly #name: string;
  readonly #random: Prng;
  readonly #pace: number;
  #snapshot: Snapshot | null = null;
  #slot = -1;
  #seat = "";
  #sequence = 0;
  #corners: { readonly x: number; readonly y: number }[] = [];
  #isSplashing = false;
  #lazyThoughts = 0;

  constructor(name: string, random: Prng) {
    this.#name = name;
    this.#random = random;
    this.#pace = random.between(0.65, 0.9);
    this.client = new SocketIOClient({
      main_namespace: false,
      transports: ["websocket"],
      reconnection: { delay: 0.25, delay_max: 2 },
      random: () => random.next(),
    });
    this.#ink = this.client.create_namespace<InkServerEvents, InkClientEvents>(INK_NAMESPACE);
    this.#ink.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    this.#ink.on("snapshot", ([bytes]) => {
      this.#snapshot = decodeSnapshot(bytes);
    });
    this.#ink.on("welcome", ([{ slot, seat }]) => {
      this.#slot = slot;
      this.#seat = seat;
      this.#corners = [];
      this.#isSplashing = false;
    });
  }

  get playing(): boolean {
    return this.#ink.is_namespace_connected();
  }

  connect(url: string): void {
    this.client.connect_to_url(url);
    this.#ink.connect_to_namespace(() => ({ name: this.#name, seat: this.#seat, bot: true }));
  }

  /** One thought; the loop has polled. */
  think(): void {
    const own = this.#snapshot?.drops.get(this.#slot);
    if (!this.playing || this.#snapshot === null || own === undefined) return;
    if (this.#snapshot.phase !== PHASE_PLAYING) this.#corners = [];
    if (this.#lazyThoughts-- > 0) {
      this.#steer(0, 0);
      return;
    }
    this.#maySplash(own, this.#snapshot);
    const [corner] = this.#corners;
    if (corner === undefined) {
      this.#lazyThoughts = this.#random.index(8);
      this.#corners = this.#plan(own, this.#snapshot);
      return;
    }
    const x = corner.x - own.x;
    const y = corner.y - own.y;
    const distance = Math.hypot(x, y);
    if (distance < REACHED) this.#corners.shift();
    this.#steer((x / distance) * this.#pace, (y / distance) * this.#pace);
  }

  #steer(x: number, y: number): void {
    const sequence = sequenceAfter(this.#sequence);
    const axes = [Math.round(x * STEER_SCALE) || 0, Math.round(y * STEER_SCALE) || 0] as const;
    // Worth something only now: when it cannot be sent it is not kept for later.
    if (this.#ink.emit_volatile("steer", [sequence, ...axes]) === OK) this.#sequence = sequence;
  }

  #maySplash(own: SnapshotDrop, { drops }: Snapshot): void {
    if (this.#isSplashing || own.cooldownTicks > 0 || this.#random.next() > 0.08) return;
    const isNear = (drop: SnapshotDrop) => Math.hypot(drop.x - own.x, drop.y - own.y) < SPLASH_RADIUS;
    if (![...drops.values()].some((drop) => drop.slot !== own.slot && isNear(drop))) return;
    this.#isSplashing = true;
    this.#ink.emit_with_ack("splash", [], () => {
      this.#isSplashing = false;
    });
  }

  /** The corners of the best of some rings that come to mind, beginning with the nearest. */
  #plan(own: SnapshotDrop, snapshot: Snapshot): { x: number; y: number }[] {
    let best: { x: number; y: number; width: number; height: number } | null = null;
    let bestWorth = -Infinity;
    for (let idea = 0; idea < 6; idea++) {
      const width = 4 + this.#random.index(7);
      const height = 4 + this.#random.index(6);
      const x = clamp(own.x + this.#random.between(-9, 9) - width / 2, 1.5, COLS - width - 1.5);
      const y = clamp(own.y + this.#random.between(-7, 7) - height / 2, 1.5, ROWS - height - 1.5);
      let worth = -2 * (width + height) - Math.hypot(x + width / 2 - own.x, y + height / 2 - own.y);
      for (let row = Math.floor(y); row <= y + height; row++)
        for (let col = Math.floor(x); col <= x + width; col++)
          worth += snapshot.board[row * COLS + col] === own.slot + 1 ? 0 : 1;
      if (worth <= bestWorth) continue;
      bestWorth = worth;
      best = { x, y, width, height };
    }
    if (best === null) return [];
    const { x, y, width, height } = best;
    const corners = [
      { x, y },
      { x: x + width, y },
      { x: x + width, y: y + height },
      { x, y: y + height },
    ];
    const far = corners.map((corner) => Math.hypot(corner.x - own.x, corner.y - own.y));
    const first = far.indexOf(Math.min(...far));
    const turned = [...corners.slice(first), ...corners.slice(0, first)];
    if (this.#random.next() < 0.5) turned.splice(1, 3, ...turned.slice(1).reverse());
    return [...turned, turned[0] as { x: number; y: number }];
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
