/* What a session has to write, in order. Nearly all of it are plain strings. */
import type { Attachment, Frames } from "./attachments.js";
import type { Outgoing } from "./namespace-session.js";

export const isText = (packet: Outgoing): packet is string => typeof packet === "string";
export const framesOf = (packet: Outgoing): Frames => (isText(packet) ? packet : packet.frames);

export class Outbox {
  /** How many packets were written. */
  packetsSent = 0;
  #packets: Outgoing[] = [];

  get isEmpty(): boolean {
    return this.#packets.length === 0;
  }

  push(packet: Outgoing): void {
    this.#packets.push(packet);
  }

  /** Takes packets without writing them, all of them unless `most` says otherwise. */
  take(most = Infinity): Outgoing[] {
    const packets = this.#packets;
    if (most < packets.length) return packets.splice(0, most);
    this.#packets = [];
    return packets;
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
  filter(isWanted: (packet: Outgoing) => boolean): void {
    this.#packets = this.#packets.filter(isWanted);
  }
}
