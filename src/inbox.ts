import type { LatestEvents } from "./latest-events.js";
import { NOTHING, withItem } from "./protocol/namespace-session.js";
import { packetSize, packetText, type RawPacket } from "./protocol/socket-decoder.js";
import type { Finality } from "./transport/transport.js";

/** The engine's session opened, moved or ended; it keeps its place among the packets and does not count as one. */
export type ConnectionNews =
  | { readonly kind: "open"; readonly name: string }
  | { readonly kind: "moved"; readonly name: string }
  | {
      readonly kind: "close";
      readonly reason: DisconnectReason;
      readonly message: string;
      readonly finality: Finality;
    };

export type DisconnectReason =
  | "client disconnect"
  | "server disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
  | "inbound overflow";

export type InboxItem = RawPacket | ConnectionNews;

export interface InboxOwner {
  /** `null` until there is one, as for most clients. */
  readonly latestEvents: LatestEvents | null;
}

/** Of an event in `latestEvents` the packet that came last, and the slot in which this stands. It is used again for the next one. */
interface Newest {
  readonly kind: "newest";
  /** `null` when it does not wait any more. */
  packet: RawPacket | null;
  place: number;
}

/** An item, or the moment from which on what follows arrived, or the place of what was dropped. */
type Slot = InboxItem | Newest | number | null;

export const isPacket = (item: InboxItem): item is RawPacket => typeof item === "string" || item.kind === "packet";

/**
 * What arrived and waits for `poll()`, in order, undecoded. It keeps count so that its owner can bound it.
 *
 * Of the events in `latestEvents` only the newest packet is kept: the older one is dropped the moment a newer one comes, so a
 * hidden tab that receives snapshots for an hour holds one of them.
 */
export class Inbox {
  /** Waiting packets, and their size in bytes. */
  length = 0;
  bytes = 0;
  /** When the packet that was taken last arrived, in seconds. */
  time = NaN;
  readonly #owner: InboxOwner;
  // Times stand between the items rather than beside each: many arrive at once.
  #slots: Slot[] = NOTHING;
  #head = 0;
  #lastTime = NaN;
  /** By the keys of their events. */
  #newest: Map<string, Newest> | null = null;

  constructor(owner: InboxOwner) {
    this.#owner = owner;
  }

  /** True when neither packets nor news wait. */
  get isEmpty(): boolean {
    return this.#head === this.#slots.length;
  }

  /** When the packet that is next arrived, in seconds; `Infinity` when none waits. */
  get oldestTime(): number {
    let { time } = this;
    for (let index = this.#head; this.length > 0; index++) {
      const slot = this.#slots[index]!;
      if (typeof slot === "number") time = slot;
      else if (slot !== null && (typeof slot === "string" || slot.kind === "newest" || slot.kind === "packet"))
        return time;
    }
    return Infinity;
  }

  /** Adds what is no packet. */
  pushNews(news: ConnectionNews): void {
    this.#slots = withItem(this.#slots, news);
  }

  /**
   * Adds a packet that arrived at `time` (seconds, never less than before); returns the older one of the same event whose place it
   * took, if it did.
   * @throws ProtocolError when a packet's header is malformed
   */
  push(packet: RawPacket, time: number): RawPacket | null {
    // Read first: a packet that cannot be read is thrown back before it is here.
    const key = this.#owner.latestEvents?.keyOf(packetText(packet)) ?? "";
    if (time !== this.#lastTime) {
      this.#lastTime = time;
      this.#slots = withItem(this.#slots, time);
    }
    const slots = this.#slots;
    let older: RawPacket | null = null;
    if (key === "") slots.push(packet);
    else {
      this.#newest ??= new Map();
      let newest = this.#newest.get(key);
      if (!newest) {
        newest = { kind: "newest", packet: null, place: 0 };
        this.#newest.set(key, newest);
      }
      older = newest.packet;
      if (older !== null) {
        slots[newest.place] = null;
        this.#count(older, -1);
      }
      newest.packet = packet;
      newest.place = slots.push(newest) - 1;
    }
    this.#count(packet, 1);
    if (slots.length > 2 * this.length + 64) this.#sweep();
    return older;
  }

  /** Takes the next item; `null` when there is none. */
  shift(): InboxItem | null {
    const slots = this.#slots;
    let item: InboxItem | null = null;
    while (item === null && this.#head < slots.length) {
      const slot = slots[this.#head]!;
      slots[this.#head++] = null;
      if (typeof slot === "number") this.time = slot;
      else if (typeof slot === "object" && slot?.kind === "newest") {
        item = slot.packet;
        slot.packet = null;
      } else item = slot;
    }
    if (this.isEmpty) this.#reset();
    if (item !== null && isPacket(item)) this.#count(item, -1);
    return item;
  }

  /** Drops everything that waits. */
  clear(): void {
    this.length = this.bytes = 0;
    this.#newest = null;
    this.#reset();
  }

  #count(packet: RawPacket, by: 1 | -1): void {
    this.length += by;
    this.bytes += by * packetSize(packet);
  }

  /** Nothing waits. */
  #reset(): void {
    this.#slots = NOTHING;
    this.#head = 0;
    this.#lastTime = NaN;
  }

  /** What was taken or dropped still has a place: closes the gaps before they are many. */
  #sweep(): void {
    const kept: Slot[] = [];
    for (let index = this.#head; index < this.#slots.length; index++) {
      const slot = this.#slots[index]!;
      if (slot === null) continue;
      // Of two moments in a row the later one counts.
      if (typeof slot === "number" && typeof kept.at(-1) === "number") kept.pop();
      if (typeof slot === "object" && slot.kind === "newest") slot.place = kept.length;
      kept.push(slot);
    }
    this.#slots = kept;
    this.#head = 0;
  }
}
