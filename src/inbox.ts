import type { RawPacket } from "./protocol/socket-decoder.js";
import { peekEventKey } from "./protocol/socket-packet.js";
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

/**
 * What arrived and waits for `poll()`, in order, undecoded. It keeps count so that its owner can bound it.
 *
 * Of the events in `latest` only the newest packet is kept: the older one is dropped the moment a newer one comes, so a
 * hidden tab that receives snapshots for an hour holds one of them.
 */
export class Inbox {
  /** Waiting packets, and their size in bytes. */
  length = 0;
  bytes = 0;
  readonly #latest: ReadonlySet<string>;
  #items: InboxItem[] = [];
  #head = 0;
  /** The last packet of each event in `latest`. */
  readonly #newest = new Map<string, RawPacket>();

  /** @param latest keys (see `eventKey`) of the events of which only the newest counts; may change at any time */
  constructor(latest: ReadonlySet<string>) {
    this.#latest = latest;
  }

  /** When the packet that is next arrived, in seconds; `Infinity` when none waits. */
  get oldestTime(): number {
    for (let index = this.#head; this.length > 0; index++) {
      const item = this.#items[index];
      if (item?.kind === "packet" && item.waiting) return item.time;
    }
    return Infinity;
  }

  /**
   * Adds an item; returns the older one of the same event whose place it took, if it did.
   * @throws ProtocolError when a packet's header is malformed
   */
  push(item: InboxItem): RawPacket | null {
    // Read first: a packet that cannot be read is thrown back before it is here.
    const key = item.kind === "packet" && this.#latest.size > 0 ? peekEventKey(item.text) : "";
    // What was taken or dropped still has a place; sweep before they are many.
    if (this.#items.push(item) > 2 * this.length + 64) {
      this.#items = this.#items.slice(this.#head).filter((other) => other.kind !== "packet" || other.waiting);
      this.#head = 0;
    }
    if (item.kind !== "packet") return null;
    this.length++;
    this.bytes += item.size;
    if (!this.#latest.has(key)) return null;
    const older = this.#newest.get(key);
    this.#newest.set(key, item);
    return older !== undefined && this.#take(older) ? older : null;
  }

  /** Takes the next item; `null` when there is none. */
  shift(): InboxItem | null {
    while (this.#head < this.#items.length) {
      const item = this.#items[this.#head++]!;
      if (item.kind !== "packet" || this.#take(item)) return item;
    }
    if (this.#head > 0) this.#items = [];
    this.#head = 0;
    return null;
  }

  /** Drops everything that waits. */
  clear(): void {
    this.#items = [];
    this.#newest.clear();
    this.#head = this.length = this.bytes = 0;
  }

  /** Ends the waiting of a packet; false when it has ended already. */
  #take(packet: RawPacket): boolean {
    if (!packet.waiting) return false;
    packet.waiting = false;
    this.length--;
    this.bytes -= packet.size;
    return true;
  }
}
