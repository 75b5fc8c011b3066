import { frameSize } from "./protocol/attachments.js";
import { NOTHING, withItem } from "./protocol/namespace-session.js";
import type { RawPacket, TimedPacket } from "./protocol/socket-decoder.js";

/** Why a connection or a namespace ended, as the `disconnected` signals and a `ReconnectionFilter` are told. */
export type DisconnectReason =
  | "client disconnect"
  | "server disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
  | "inbound overflow";

/** The session has opened, moved or ended: it tells of that. It keeps its place among the packets and does not count as one. */
export type News = () => void;

type InboxItem = RawPacket | News;

/** An item, or the moment from which on the texts behind it arrived, in seconds. */
type Slot = InboxItem | number | null;

/** What arrived and waits for `poll()`, in order, undecoded. It keeps count so that its owner can bound it. */
export class Inbox {
  /** Waiting packets, and their size in bytes. */
  length = 0;
  bytes = 0;
  /** When the text that was taken last arrived, and the one that came last, in seconds. */
  #time = NaN;
  #lastTime = NaN;
  /** What was taken or dropped keeps its place until there is too much of it; the last one waits, if there is any. */
  #slots: Slot[] = NOTHING;
  #head = 0;

  /** True when neither packets nor news wait. */
  get isEmpty(): boolean {
    return this.#slots === NOTHING;
  }

  /** When the packet that is next arrived, in seconds; `Infinity` when none waits. */
  get oldestTime(): number {
    let time = this.#time;
    for (let index = this.#head; this.length > 0; index++) {
      const slot = this.#slots[index] as Slot;
      if (typeof slot === "number") time = slot;
      else if (typeof slot === "string") return time;
      else if (typeof slot === "object" && slot) return slot.time;
    }
    return Infinity;
  }

  /** Adds an item; `time` is when it arrived if it is a text, in seconds. */
  push(item: InboxItem, time = NaN): void {
    // It need never be empty: a budget may leave a rest in every poll, a hidden tab may get snapshots for an hour.
    if (this.#slots.length > 2 * this.length + 64) {
      this.#slots = this.#slots.filter((slot) => slot !== null);
      this.#head = 0;
    }
    if (typeof item === "string" && time !== this.#lastTime) {
      // Times stand between the texts rather than beside each: many arrive at once.
      this.#lastTime = time;
      this.#slots = withItem(this.#slots, time);
    }
    this.#slots = withItem(this.#slots, item);
    this.#count(item, 1);
  }

  /** Takes a packet that waits out for a newer one, which is to be pushed at once. */
  drop(packet: TimedPacket): void {
    this.#count(packet, -1);
    // Its place is near the end: few come between two snapshots. Only the place is kept, because a snapshot may be large.
    const slots = this.#slots;
    const index = slots.lastIndexOf(packet);
    if (index === slots.length - 1) slots.pop();
    else slots[index] = null;
  }

  /** Puts packets that were taken back in front of all others. A text has come, from then on, with the one that was taken last. */
  putBack(packets: readonly RawPacket[]): void {
    if (packets.length === 0) return;
    this.#slots = [...packets, ...this.#slots.slice(this.#head)];
    this.#head = 0;
    for (const packet of packets) this.#count(packet, 1);
  }

  /** Takes the next item; `null` when there is none. */
  shift(): InboxItem | null {
    while (!this.isEmpty) {
      const slots = this.#slots;
      const slot = slots[this.#head] as Slot;
      slots[this.#head++] = null;
      if (this.#head === slots.length) {
        this.#slots = NOTHING;
        this.#head = 0;
      }
      if (typeof slot === "number") this.#time = slot;
      else if (slot !== null) {
        this.#count(slot, -1);
        return slot;
      }
    }
    return null;
  }

  /** Nobody will take what waits. A packet that is remembered as the newest of its event must not keep all the others. */
  forget(): void {
    this.#slots = NOTHING;
    this.length = this.bytes = 0;
  }

  #count(item: InboxItem, by: 1 | -1): void {
    if (typeof item === "function") return;
    if (typeof item === "object") item.inbox = by > 0 ? this : null;
    this.length += by;
    this.bytes += by * frameSize(item);
  }
}
