import type { RawPacket } from "./protocol/socket-decoder.js";
import { peekPacket } from "./protocol/socket-packet.js";

interface LatestEvent {
  /** What its packets start with as nearly every server writes them. */
  readonly head: string;
  /** The packet that came last, which may have been taken long ago. */
  newest: RawPacket | null;
}

/** The events of which only the newest packet counts (`EVENT_LATEST`). */
export class LatestEvents {
  /** By namespace and name. */
  readonly #events = new Map<string, Map<string | null, LatestEvent>>();
  /** The one that came last: the next packet is likely to be of the same. */
  #last: LatestEvent | undefined;

  set(path: string, event: string, isLatest: boolean): void {
    const events = this.#events.get(path) ?? new Map<string | null, LatestEvent>();
    this.#events.set(path, events);
    this.#last = undefined;
    const head = `42${path === "/" ? "" : `${path},`}[${JSON.stringify(event)},`;
    if (isLatest) events.set(event, events.get(event) ?? { head, newest: null });
    else events.delete(event);
  }

  /**
   * The packet that `packet` supersedes; `null` if there is none, it is not of such an event, or asks for an acknowledgement.
   * @throws ProtocolError when its header is malformed
   */
  supersede(packet: RawPacket): RawPacket | null {
    const { text } = packet;
    let latest = this.#last;
    // This runs for every packet that arrives, and to read its header would take longer than all the rest.
    if (!latest || typeof text !== "string" || text.slice(0, latest.head.length) !== latest.head) {
      const { namespace, event, id } = peekPacket(text);
      latest = this.#events.get(namespace)?.get(event);
      if (!latest || id >= 0) return null;
      this.#last = latest;
    }
    const { newest } = latest;
    latest.newest = packet;
    return newest;
  }
}
