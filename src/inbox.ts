import type { RawPacket } from "./protocol/socket-decoder.js";
import { peekEventKey } from "./protocol/socket-packet.js";

/** The engine's session opened or ended; it keeps its place among the packets and does not count as one. */
export type ConnectionNews =
  | { readonly kind: "open" }
  | { readonly kind: "close"; readonly reason: DisconnectReason; readonly message: string };

export type DisconnectReason =
  | "client disconnect"
  | "server disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
  | "inbound overflow";

export type InboxItem = RawPacket | ConnectionNews;

/** The place of an `EVENT_LATEST` packet in the queue; emptied when a newer one of the same event arrives. */
class Slot {
  readonly kind = "slot";
  readonly key: string;
  packet: RawPacket | null;

  constructor(key: string, packet: RawPacket) {
    this.key = key;
    this.packet = packet;
  }

  drop(): RawPacket | null {
    const { packet } = this;
    this.packet = null;
    return packet;
  }
}

/**
 * What arrived and waits for `poll()`, in order, undecoded. It keeps count so that its owner can bound it.
 *
 * Of the events in `latest` only the newest packet is kept: the older one is dropped the moment a newer one comes, so a
 * hidden tab that receives snapshots for an hour holds one of them.
 */
export class Inbox {
  readonly #latest: ReadonlySet<string>;
  readonly #newest = new Map<string, Slot>();
  #items: (InboxItem | Slot | undefined)[] = [];
  #head = 0;
  #empty = 0;
  #length = 0;
  #bytes = 0;

  /** @param latest keys (see `eventKey`) of the events of which only the newest counts; may change at any time */
  constructor(latest: ReadonlySet<string>) {
    this.#latest = latest;
  }

  /** Waiting packets. */
  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When the packet that is next arrived, in seconds; `Infinity` when none waits. */
  get oldestTime(): number {
    for (let index = this.#head; index < this.#items.length; index++) {
      const item = this.#items[index];
      const packet = item?.kind === "slot" ? item.packet : item;
      if (packet?.kind === "packet") return packet.time;
    }
    return Infinity;
  }

  /** Adds a packet; true when it took the place of an older one of the same event. */
  push(packet: RawPacket): boolean {
    this.#length++;
    this.#bytes += packet.size;
    const key = this.#latest.size > 0 ? peekEventKey(packet.text, 1) : "";
    if (!this.#latest.has(key)) {
      this.#items.push(packet);
      return false;
    }
    const older = this.#newest.get(key)?.drop() ?? null;
    const slot = new Slot(key, packet);
    this.#newest.set(key, slot);
    this.#items.push(slot);
    if (older === null) return false;
    this.#length--;
    this.#bytes -= older.size;
    this.#empty++;
    if (this.#empty > 64 && this.#empty > this.#length) this.#compact();
    return true;
  }

  pushNews(news: ConnectionNews): void {
    this.#items.push(news);
  }

  /** Takes the next item; `undefined` when there is none. */
  shift(): InboxItem | undefined {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head];
      this.#items[this.#head++] = undefined;
      // Moving the rest down now and then keeps both the array and the cost of a shift small.
      if (this.#head > 1024 && this.#head * 2 > this.#items.length) this.#compact();
      const taken = item?.kind === "slot" ? this.#takeSlot(item) : item;
      if (taken?.kind === "packet") {
        this.#length--;
        this.#bytes -= taken.size;
      }
      if (taken !== undefined) return taken;
    }
    this.#items = [];
    this.#head = 0;
    return undefined;
  }

  /** Drops everything that waits. */
  clear(): void {
    this.#items = [];
    this.#newest.clear();
    this.#head = this.#empty = this.#length = this.#bytes = 0;
  }

  #takeSlot(slot: Slot): RawPacket | undefined {
    if (slot.packet === null) {
      this.#empty--;
      return undefined;
    }
    this.#newest.delete(slot.key);
    return slot.packet;
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head).filter((item) => item?.kind !== "slot" || item.packet !== null);
    this.#head = this.#empty = 0;
  }
}
