import { SocketIOClient } from "socketio-gameloop";
import { ArenaLink } from "../net/arena-link.js";
import { Prng } from "../shared/prng.js";
import { Autopilot } from "./autopilot.js";

/** One headless player: its own client, the same lobby, ticket and events as a page. */
export class Bot {
  readonly client: SocketIOClient;
  /** Points banked since the start of the process. */
  banked = 0;
  readonly #link: ArenaLink;
  readonly #name: string;
  readonly #autopilot: Autopilot;
  #id = 0;

  constructor(name: string, seed: number) {
    this.#name = name;
    const random = new Prng(seed);
    this.client = new SocketIOClient({
      main_namespace: false,
      transports: ["websocket"],
      reconnection: { enabled: true, attempts: Number.POSITIVE_INFINITY, delay: 0.25, delay_max: 2, jitter: 0.5 },
      random: () => random.next(),
    });
    this.#link = new ArenaLink(this.client, true);
    const { arena } = this.#link;
    this.#autopilot = new Autopilot(this.#link, arena, random);
    arena.on("welcome", ([welcome]) => {
      this.#id = welcome.id;
    });
    arena.on("effects", ([, effects]) => {
      for (const effect of effects) {
        if (effect.type === "bank" && effect.ship === this.#id) this.banked += effect.points;
      }
    });
  }

  connect(url: string): void {
    this.#link.connect(url, this.#name);
  }

  get playing(): boolean {
    return this.#link.arena.is_namespace_connected();
  }

  get refusal(): string {
    return this.#link.refusal;
  }

  /** One thought: look, decide, speak. The loop has polled, and sends. */
  think(): void {
    if (this.playing) this.#autopilot.think();
  }
}
