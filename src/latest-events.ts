import { type PacketSource, peekPacket } from "./protocol/socket-packet.js";

/** More than this are not worth a comparison each. */
const MOST_HEADS = 8;
const COMMA = 44;
const BRACKET = 93;

/** The events of which only the newest packet counts (`EVENT_LATEST`), and how to recognise their packets without parsing them. */
export class LatestEvents {
  /** By namespace and name. The key of an event is what its packets start with as nearly every server writes them. */
  readonly #keys = new Map<string, Map<string | null, string>>();
  /** The first few. */
  #heads: readonly string[] = [];

  set(path: string, event: string, isLatest: boolean): void {
    const keys = this.#keys.get(path) ?? new Map<string | null, string>();
    this.#keys.set(path, keys);
    if (isLatest) keys.set(event, `42${path === "/" ? "" : `${path},`}[${JSON.stringify(event)}`);
    else keys.delete(event);
    this.#heads = [...this.#keys.values()].flatMap((known) => [...known.values()]).slice(0, MOST_HEADS);
  }

  /**
   * The key of the event that a packet carries; `""` when it is none of these, or asks for an acknowledgement.
   * @throws ProtocolError when its header is malformed
   */
  keyOf(text: PacketSource): string {
    if (typeof text === "string" && text.charCodeAt(text.length - 1) === BRACKET) {
      const heads = this.#heads;
      // This runs for every packet that arrives. An iterator costs more than the rest of it, and `startsWith` more than to cut out.
      for (let index = 0; index < heads.length; index++) {
        const head = heads[index]!;
        const next = text.charCodeAt(head.length);
        if ((next === COMMA || next === BRACKET) && text.slice(0, head.length) === head) return head;
      }
    }
    const { namespace, event, id } = peekPacket(text);
    return (id < 0 && this.#keys.get(namespace)?.get(event)) || "";
  }
}
