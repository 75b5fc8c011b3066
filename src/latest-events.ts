import type { TimedPacket } from "./protocol/socket-decoder.js";
import { type PacketSource, peekPacket } from "./protocol/socket-packet.js";

export interface LatestEvent {
  /** What its packets start with as nearly every server writes them. */
  readonly head: string;
  /** The packet that came last, which may have been taken long ago. */
  newest: TimedPacket | null;
}

/** The events of which only the newest packet counts (`EVENT_LATEST`). */
export class LatestEvents {
  /** By namespace and name. Also looked at by a recorder. */
  readonly paths = new Map<string, Map<string | null, LatestEvent>>();
  /** The one that came last: the next packet is likely to be of the same. */
  #last: LatestEvent | undefined;

  set(path: string, event: string, isLatest: boolean): void {
    const events = this.paths.get(path) ?? new Map<string | null, LatestEvent>();
    this.paths.set(path, events);
    this.#last = undefined;
    const head = `42${path === "/" ? "" : `${path},`}[${JSON.stringify(event)},`;
    if (isLatest) events.set(event, events.get(event) ?? { head, newest: null });
    else events.delete(event);
  }

  /**
   * The event of a packet that starts with `text`, if it is one of them and asks for no acknowledgement.
   * @throws ProtocolError when its header is malformed
   */
  of(text: PacketSource): LatestEvent | undefined {
    const last = this.#last;
    // This runs for every packet that arrives, and to read its header would take longer than all the rest.
    if (last && typeof text === "string" && text.slice(0, last.head.length) === last.head) return last;
    const { namespace, event, id } = peekPacket(text);
    const latest = id < 0 ? this.paths.get(namespace)?.get(event) : undefined;
    this.#last = latest ?? last;
    return latest;
  }
}
