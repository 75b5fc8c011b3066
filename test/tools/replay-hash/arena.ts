/*
 * A small game for recordings: all it knows it has from what the server says, and it answers from within its callbacks. The same
 * callbacks bring it into the same state.
 */
import type { SocketIOClient } from "socketio-gameloop";

interface Ship {
  x: number;
  y: number;
  heading: number;
  hits: number;
}

export class Arena {
  readonly ships = new Map<string, Ship>();
  tick = 0;
  terrain = 0;
  deaths = 0;
  acknowledged = 0;
  readonly log: string[] = [];
  readonly #client: SocketIOClient;

  constructor(client: SocketIOClient) {
    this.#client = client;
    const arena = client.get_namespace("/");
    const chat = client.create_namespace("/chat");
    arena.set_event_mode("snapshot", 1);
    arena.on("snapshot", ([tick, ships]) =>
      this.#snapshot(tick as number, ships as [string, number, number, number][]),
    );
    arena.on("terrain", ([heights]) => {
      for (const height of heights as Uint8Array) this.terrain = (this.terrain * 31 + height) % 1_000_003;
    });
    arena.on("shot", ([id, angle], reply) => this.#shot(id as string, angle as number, reply));
    arena.on("died", () => {
      this.deaths++;
      throw new Error("a listener that throws");
    });
    chat.on("said", ([who, text]) => this.log.push(`${who}: ${text}`));
    client.listener_error.connect((_, event) => this.log.push(`error in ${event}`));
    client.connected.connect(() => {
      this.log.push("connected");
      chat.connect_to_namespace({ token: "secret of the chat" });
      arena.emit("join", ["player", { color: 0xff8800, name: "Zoë ✨" }]);
    });
    client.namespace_connected.connect((path) => this.log.push(`in ${path}`));
    client.disconnected.connect((reason) => this.log.push(reason));
    client.reconnecting.connect((attempt, delay) => this.log.push(`attempt ${attempt} in ${delay}`));
  }

  /** What a frame does beside polling. */
  update(): void {
    this.#client.get_namespace("/").emit("aim", [Math.round(this.tick * 7.5) % 360]);
  }

  /** Everything it knows, in one order. */
  get state(): string {
    const { tick, terrain, deaths, acknowledged, log } = this;
    return JSON.stringify({ tick, terrain, deaths, acknowledged, ships: [...this.ships].sort(), log });
  }

  #snapshot(tick: number, ships: readonly [id: string, x: number, y: number, heading: number][]): void {
    this.tick = tick;
    for (const [id, x, y, heading] of ships) {
      const { hits = 0 } = this.ships.get(id) ?? {};
      // Not only what the server says, but what came of it, with the arithmetic of the engine.
      this.ships.set(id, { x: x + Math.sqrt(tick), y: y * 1.1, heading: heading / 3, hits });
    }
  }

  #shot(id: string, angle: number, reply?: (response: unknown[]) => unknown): void {
    const ship = this.ships.get(id);
    if (ship) ship.hits++;
    reply?.([angle > 180, this.tick]);
    const settled = ([points]: unknown[], error: number) => {
      this.acknowledged += error === 0 ? (points as number) : -1;
    };
    this.#client.get_namespace("/").emit_with_ack("hit", [id, new Uint8Array([this.tick % 256, 7])], settled, 0.4);
  }
}
