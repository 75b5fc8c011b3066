import { safely } from "./errors.js";
import { type Frames, frameSize } from "./protocol/attachments.js";
import { type Codec, decodeMessage } from "./protocol/codec.js";
import { contentOf, type PacketSource, peekPacket } from "./protocol/socket-packet.js";

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

/** Tells all who observe a client. What one of them throws is reported, and goes no further. */
export function tellAll<Name extends keyof Told>(
  observers: readonly ClientObserver[],
  name: Name,
  ...args: Parameters<Told[Name]>
): void {
  for (const observer of observers)
    safely(() => (observer[name] as ((...args: unknown[]) => void) | undefined)?.apply(observer, args));
}

/** Tells of a packet. */
export function tellOf(
  observers: readonly ClientObserver[],
  name: "packet_received" | "packet_skipped" | "packet_sent",
  packet: string | { readonly content: PacketSource; readonly size: number },
): void {
  // Nobody pays for it while nobody observes.
  if (observers.length === 0) return;
  const { event, namespace } = peekPacket(contentOf(packet));
  tellAll(observers, name, event ?? "", namespace, frameSize(packet));
}

/** Tells of a packet that is written: it looks as it would when it arrives. */
export function tellSent(observers: readonly ClientObserver[], frames: Frames, codec: Codec | null): void {
  const all = typeof frames === "string" ? [frames] : frames;
  const size = all.reduce((sum, frame) => sum + frameSize(frame), 0);
  const head = all[0] as string | Uint8Array;
  // A codec may be unable to read what it has written itself.
  safely(() =>
    tellOf(observers, "packet_sent", { content: codec ? decodeMessage(codec, head) : (head as string), size }),
  );
}
