/*
 * What a session has to write, in order. Nearly all of it are plain strings; the buffer of a namespace that was joined is one entry,
 * a batch, which is unpacked as it is written: looked at as a whole, a hundred thousand packets would take longer than a frame.
 */
import { type Attachment, type Frames, frameSize } from "./attachments.js";
import { type NamespaceSession, type Outgoing, type OutPacket, withItem } from "./namespace-session.js";

interface Batch<Owner> {
  readonly namespace: NamespaceSession<Owner>;
  readonly packets: Outgoing<Owner>[];
}

export const isText = <Owner>(packet: Outgoing<Owner>): packet is string => typeof packet === "string";
export const isKnown = <Owner>(packet: Outgoing<Owner>): packet is OutPacket<Owner> => typeof packet !== "string";
export const framesOf = <Owner>(packet: Outgoing<Owner>): Frames => (isText(packet) ? packet : packet.frames);

const isBatch = <Owner>(item: Outgoing<Owner> | Batch<Owner>): item is Batch<Owner> =>
  typeof item === "object" && "packets" in item;

/** What these frames may come to in a payload: three bytes a UTF-16 unit, and binary as base64. */
function mostBytes(frames: Frames): number {
  if (typeof frames === "string") return 3 * frames.length;
  return frames.reduce((most, frame) => Math.max(most, 3 * frameSize(frame)), 0);
}

/** Keeps a packet for the next connection, or the answer to CONNECT. */
export function keepPacket<Owner>(namespace: NamespaceSession<Owner>, packet: Outgoing<Owner>): void {
  const { buffer, head } = namespace;
  namespace.buffer = withItem(buffer, isText(packet) ? packet.slice(head.length) : packet);
  namespace.largest = Math.max(namespace.largest, mostBytes(framesOf(packet)));
}

export class Outbox<Owner> {
  /** How many packets were written. */
  packetsSent = 0;
  #items: (Outgoing<Owner> | Batch<Owner>)[] = [];
  #batches = 0;

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  push(packet: Outgoing<Owner>): void {
    this.#items.push(packet);
  }

  /** Adds what a namespace has kept; the strings in it lack their `head`. */
  pushBatch(namespace: NamespaceSession<Owner>, packets: Outgoing<Owner>[]): void {
    if (packets.length === 0) return;
    this.#items.push({ namespace, packets });
    this.#batches++;
  }

  /** Takes packets without writing them, all of them unless `most` says otherwise. */
  take(most = Infinity): Outgoing<Owner>[] {
    if (this.#batches > 0) return this.#unpack(most);
    const items = this.#items as Outgoing<Owner>[];
    if (most < items.length) return items.splice(0, most);
    this.#items = [];
    return items;
  }

  /**
   * Takes the frames that are written at `now`.
   * @param most packets
   * @param tell gets the frames of each packet
   */
  write(now: number, most: number, tell: ((frames: Frames) => void) | null): readonly (string | Attachment)[] {
    const packets = this.take(most);
    this.packetsSent += packets.length;
    if (tell === null && packets.every(isText)) return packets;
    const frames: (string | Attachment)[] = [];
    for (const packet of packets) {
      if (!isText(packet)) {
        packet.copies++;
        packet.sentAt = now;
        packet.written?.(now);
      }
      const written = framesOf(packet);
      if (typeof written === "string") frames.push(written);
      else frames.push(...written);
      tell?.(written);
    }
    return frames;
  }

  /** Keeps what `isWanted` says. */
  filter(isWanted: (packet: Outgoing<Owner>) => boolean): void {
    this.#items = this.take().filter(isWanted);
  }

  #unpack(most: number): Outgoing<Owner>[] {
    const items = this.#items;
    const taken: Outgoing<Owner>[] = [];
    let done = 0;
    for (; done < items.length && taken.length < most; done++) {
      const item = items[done]!;
      if (!isBatch(item)) {
        taken.push(item);
        continue;
      }
      const { namespace, packets } = item;
      for (const packet of packets.splice(0, most - taken.length))
        taken.push(isText(packet) ? namespace.head + packet : packet);
      if (packets.length > 0) break;
      this.#batches--;
    }
    items.splice(0, done);
    return taken;
  }
}
