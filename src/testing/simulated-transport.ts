/*
 * A transport behind a simulated link: the real one, with a lane before it for each direction.
 *
 *   state     what goes on                                              leaves it by
 *   ───────   ───────────────────────────────────────────────────────   ──────────────────────────────────────────────────
 *   OPEN      frames go both ways, through the lanes                    close() → CLOSING; cut, the other end closes → OVER
 *   LEAVING   as OPEN, but nothing more is written: the session moves   stay() → OPEN; what came has been heard → OVER
 *   CLOSING   what was sent before still goes up; nobody listens        it has arrived → OVER
 *   OVER      nothing                                                   -
 */
import type {
  OutFrame,
  Transport,
  TransportFactory,
  TransportHandler,
  TransportRequest,
} from "../transport/transport.js";
import { Lane } from "./link-lane.js";
import type { LinkSettings } from "./link-settings.js";
import type { SeededRandom } from "./seeded-random.js";
import type { TimeSource } from "./time-source.js";

/** What a transport needs of its link. */
export interface Link {
  readonly time: TimeSource;
  readonly settings: LinkSettings;
  readonly isFrozen: boolean;
  over(transport: SimulatedTransport): void;
}

type Action = () => void;

export class SimulatedTransport implements Transport {
  readonly name: string;
  readonly textOnly?: boolean;
  pause?: () => void;
  resume?: () => void;
  isStuck?: () => boolean;
  leave?: (done: (unsent: readonly OutFrame[]) => void) => void;
  stay?: () => void;
  readonly #link: Link;
  /** `null` when nobody listens any more. */
  #handler: TransportHandler | null;
  #inner: Transport | null = null;
  readonly #up: Lane<OutFrame | Action>;
  readonly #down: Lane<Action>;
  /** Whether the client has heard anything. */
  #wasOpen = false;
  #isKnown: boolean;
  #isOver = false;

  constructor(
    link: Link,
    factory: TransportFactory,
    request: TransportRequest,
    handler: TransportHandler,
    random: SeededRandom,
  ) {
    this.#link = link;
    this.#handler = handler;
    this.#isKnown = request.sid !== "";
    const up = new Lane<OutFrame | Action>(
      link.time,
      random.fork(),
      () => link.settings.up,
      (items) => this.#arrived(items),
    );
    const down = new Lane<Action>(
      link.time,
      random.fork(),
      () => link.settings.down,
      ([action]) => action?.(),
    );
    this.#up = up;
    this.#down = down;
    if (link.isFrozen) this.freeze();
    // Two round trips: TCP's handshake, then the request and its answer.
    down.delay(2 * (link.settings.up.latency + link.settings.down.latency));
    // Whoever opens it does not have it yet.
    down.hold();
    const inner = factory(request, this.#listener());
    this.#inner = inner;
    this.name = inner.name;
    if (inner.textOnly !== undefined) this.textOnly = inner.textOnly;
    if (inner.isStuck) this.isStuck = () => inner.isStuck!();
    if (inner.pause) this.#canPause(inner);
    if (inner.leave) this.#canLeave(inner);
    link.time.after(0, () => down.release());
  }

  get bufferedAmount(): number {
    return this.#up.backlog + this.#inner!.bufferedAmount;
  }

  send(frames: readonly OutFrame[]): void {
    if (this.#handler !== null) this.#up.push(frames, sizeOf);
  }

  close(dead = false): void {
    if (this.#handler === null) return;
    this.#handler = null;
    this.#down.takeAll();
    this.#up.release();
    if (dead) this.#end(() => this.#inner?.close(true));
    else this.#up.push([() => this.#end(() => this.#inner?.close())], sizeOf);
  }

  // For the link

  freeze(): void {
    this.#up.freeze();
    this.#down.freeze();
  }

  thaw(): void {
    this.#up.thaw();
    this.#down.thaw();
  }

  /** The connection ends at both sides at once; what was under way is lost. */
  cut(): void {
    const handler = this.#handler;
    this.#handler = null;
    this.#end(() => this.#inner?.close(true));
    handler?.closed(this.#wasOpen ? "transport close" : "transport error", "the simulated link was cut");
  }

  #listener(): TransportHandler {
    const tell = (size: number, say: (handler: TransportHandler) => void) => {
      const action = () => {
        if (this.#handler !== null) say(this.#handler);
      };
      if (this.#handler !== null) this.#down.push([action], () => size);
    };
    return {
      opened: () => tell(0, (handler) => handler.opened?.()),
      received: (frame) => {
        this.#know(frame);
        tell(sizeOf(frame), (handler) => {
          this.#wasOpen = true;
          handler.received(frame);
        });
      },
      closed: (reason, message, finality) => {
        // Nobody takes it any more.
        this.#up.takeAll();
        if (this.#handler === null) this.#end(() => {});
        tell(0, (handler) => {
          this.#handler = null;
          this.#end(() => {});
          handler.closed(reason, message, finality);
        });
      },
    };
  }

  /** A transport is told of its session as soon as it has heard of it, and not when the client does. */
  #know(frame: string | Uint8Array): void {
    const inner = this.#inner;
    if (this.#isKnown || typeof frame !== "string" || frame[0] !== "0") return;
    this.#isKnown = true;
    try {
      const { sid, maxPayload = Infinity } = JSON.parse(frame.slice(1));
      inner?.established?.(sid, maxPayload);
    } catch {
      // It is for the client to say so.
    }
  }

  #canPause(inner: Transport): void {
    this.pause = () => {
      this.#down.hold();
      inner.pause!();
    };
    this.resume = () => {
      inner.resume!();
      this.#down.release();
    };
  }

  #canLeave(inner: Transport): void {
    this.leave = (done) => {
      this.#up.hold();
      inner.leave!((unsent) => {
        // The server has said all that it will say here. Only when that was heard may anything come from elsewhere.
        const finish = () => {
          if (this.#handler === null) return;
          const rest = this.#up.takeAll().filter((item) => typeof item !== "function");
          this.#handler = null;
          this.#end(() => {});
          done([...unsent, ...rest]);
        };
        this.#down.push([finish], sizeOf);
      });
    };
    this.stay = () => {
      inner.stay!();
      this.#up.release();
    };
  }

  #arrived(items: readonly (OutFrame | Action)[]): void {
    const frames = items.filter((item) => typeof item !== "function");
    if (frames.length > 0) this.#inner!.send(frames);
    for (const item of items) if (typeof item === "function") item();
  }

  #end(finish: Action): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#up.takeAll();
    this.#down.takeAll();
    this.#link.over(this);
    finish();
  }
}

function sizeOf(item: OutFrame | Action): number {
  if (typeof item === "function") return 0;
  if (typeof item === "string") return new TextEncoder().encode(item).length;
  return item instanceof Uint8Array ? item.byteLength : item.size;
}
