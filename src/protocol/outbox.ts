/* What a session has to write, in order. Nearly all of it are plain strings. */
import type { Attachment, Frames } from "./attachments.js";
import type { Outgoing } from "./namespace-session.js";

export const isText = <Owner>(packet: Outgoing<Owner>): packet is string => typeof packet === "string";
export const framesOf = <Owner>(packet: Outgoing<Owner>): Frames => (isText(packet) ? packet : packet.frames);

export class Outbox<Owner> {
  /** How many packets were written. */
  packetsSent = 0;
  /** Those that were not. */
  packets: Outgoing<Owner>[] = [];

  /**
   * Takes the frames that are written at `now`.
   * @param most packets
   * @param tell gets the frames of each packet
   */
  write(now: number, most: number, tell: ((frames: Frames) => void) | null): readonly (string | Attachment)[] {
    let { packets } = this;
    if (most < packets.length) packets = packets.splice(0, most);
    else this.packets = [];
    this.packetsSent += packets.length;
    if (tell === null && packets.every(isText)) return packets;
    // `flatMap` would take half as long again for packets with attachments.
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
}
