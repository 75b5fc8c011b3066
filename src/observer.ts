import { type Frames, frameSize } from "./protocol/attachments.js";
import { type Codec, decodeMessage } from "./protocol/codec.js";
import type { RawPacket } from "./protocol/socket-decoder.js";
import { type PacketSource, peekPacket } from "./protocol/socket-packet.js";

/**
 * What a client tells of itself while it works: for statistics, overlays, recorders. Nobody pays for it while nobody observes.
 * An observer is not the game: it must not call the client back, and what it throws is reported and goes no further.
 * No counterpart in Godot.
 *
 * @example
 * client.add_observer({ packet_received: (event, path, bytes) => console.log(event, bytes) });
 */
export interface ClientObserver {
  /** A `poll()` begins; `now` is what it was called with. */
  poll_started?(now: number | undefined): void;
  /** It is over and everything is written; `callbacks` is what it returns. */
  poll_ended?(callbacks: number): void;
  /** A packet is taken from those that wait. `event` is `""` for what is no event: an acknowledgement, the answer to a CONNECT. */
  packet_received?(event: string, path: string, bytes: number): void;
  /** A waiting packet was left out because a newer one of the same `EVENT_LATEST` event arrived. */
  packet_skipped?(event: string, path: string, bytes: number): void;
  /** A packet is given to the transport. `event` as above. */
  packet_sent?(event: string, path: string, bytes: number): void;
  /**
   * A callback of the game has run. `event` is the name of the event, or of the signal; `args` is what it was called with;
   * `error` is what it threw, in a box because that may be anything, or `null`.
   */
  callback_ran?(
    event: string,
    path: string,
    args: readonly unknown[],
    seconds: number,
    error: { readonly thrown: unknown } | null,
  ): void;
}

type Told = Required<ClientObserver>;

/** Those who observe one client. */
export class Observers {
  #list: readonly ClientObserver[] = [];
  readonly #report: (error: unknown) => void;

  /** @param report gets what an observer throws */
  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  get size(): number {
    return this.#list.length;
  }

  add(observer: ClientObserver): boolean {
    if (this.#list.includes(observer)) return false;
    this.#list = [...this.#list, observer];
    return true;
  }

  remove(observer: ClientObserver): boolean {
    const { length } = this.#list;
    this.#list = this.#list.filter((other) => other !== observer);
    return this.#list.length < length;
  }

  /** Tells of a packet that arrived. */
  tellOf(name: "packet_received" | "packet_skipped", packet: RawPacket): void {
    this.#describe(name, packet.text, packet.size);
  }

  /** Tells of a packet that is written: it looks as it would when it arrives. */
  tellSent(frames: Frames, codec: Codec | null): void {
    const all = typeof frames === "string" ? [frames] : frames;
    const size = all.reduce((sum, frame) => sum + frameSize(frame), 0);
    const head = all[0] as string | Uint8Array;
    try {
      this.#describe("packet_sent", codec ? decodeMessage(codec, head) : (head as string), size);
    } catch (error) {
      // A codec that cannot read what it has written itself.
      this.#report(error);
    }
  }

  #describe(name: "packet_received" | "packet_skipped" | "packet_sent", text: PacketSource, size: number): void {
    const { event, namespace } = peekPacket(text);
    this.tell(name, event ?? "", namespace, size);
  }

  tell<Name extends keyof Told>(name: Name, ...args: Parameters<Told[Name]>): void {
    for (const observer of this.#list) {
      try {
        (observer[name] as ((...args: unknown[]) => void) | undefined)?.apply(observer, args);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
