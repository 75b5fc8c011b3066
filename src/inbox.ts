import type { RawPacket } from "./protocol/socket-decoder.js";

export type DisconnectReason =
  | "client disconnect"
  | "server disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
  | "inbound overflow";

/** What stands in the line: its neighbours, and the inbox that it waits in. */
interface Place {
  before?: unknown;
  after?: unknown;
  inbox?: unknown;
}

/** The session has opened, moved or ended: `hear` tells. It keeps its place among the packets and does not count as one. */
export interface News extends Place {
  readonly hear: () => void;
}

export type InboxItem = RawPacket | News;

/**
 * What arrived and waits for `poll()`, in order, undecoded. It keeps count so that its owner can bound it.
 *
 * It is a ring of all that waits and the inbox itself, so that what is superseded can be taken out from the middle at once.
 */
export class Inbox {
  /** Waiting packets, and their size in bytes. */
  length = 0;
  bytes = 0;
  /** As if what comes behind the last one had not arrived yet. */
  readonly time = Infinity;
  before: Place = this;
  after: Place = this;

  /** True when neither packets nor news wait. */
  get isEmpty(): boolean {
    return this.after === this;
  }

  /** When the packet that is next arrived, in seconds; `Infinity` when none waits. */
  get oldestTime(): number {
    let place: Place = this.after;
    while ("hear" in place) place = place.after as Place;
    return (place as RawPacket | Inbox).time;
  }

  push(item: InboxItem): void {
    item.inbox = this;
    item.after = this;
    item.before = this.before;
    this.before.after = item;
    this.before = item;
    this.#count(item, 1);
  }

  /** Takes an item out; false when it does not wait here (any more). */
  remove(item: InboxItem): boolean {
    if (item.inbox !== this) return false;
    const { before, after } = item as { before: Place; after: Place };
    before.after = after;
    after.before = before;
    // What is kept of it must not keep what came after it.
    item.inbox = item.before = item.after = null;
    this.#count(item, -1);
    return true;
  }

  /** Takes the next item; `null` when there is none. */
  shift(): InboxItem | null {
    const first = this.after as InboxItem;
    return this.remove(first) ? first : null;
  }

  #count(item: InboxItem, by: 1 | -1): void {
    if ("hear" in item) return;
    this.length += by;
    this.bytes += by * item.size;
  }
}
