import { eventKey, type PacketSource, peekEventKey } from "./protocol/socket-packet.js";

/** More than this are not worth a comparison each. */
const MOST_HEADS = 8;
const COMMA = 44;
const BRACKET = 93;

/** The events of which only the newest packet counts (`EVENT_LATEST`), and how to recognise their packets without parsing them. */
export class LatestEvents {
  /** What their packets look like as nearly every server writes them, for the first few. */
  #heads: readonly { readonly head: string; readonly key: string }[] = [];
  readonly #keys = new Map<string, string>();

  set(path: string, event: string, isLatest: boolean): void {
    const key = eventKey(path, event);
    if (isLatest) this.#keys.set(key, `42${path === "/" ? "" : `${path},`}[${JSON.stringify(event)}`);
    else this.#keys.delete(key);
    this.#heads = [...this.#keys].slice(0, MOST_HEADS).map(([key, head]) => ({ head, key }));
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
        const { head, key } = heads[index]!;
        const next = text.charCodeAt(head.length);
        if ((next === COMMA || next === BRACKET) && text.slice(0, head.length) === head) return key;
      }
      if (this.#keys.size <= MOST_HEADS && isPlain(text)) return "";
    }
    const key = peekEventKey(text);
    return this.#keys.has(key) ? key : "";
  }
}

/** True for a text event without an acknowledgement whose name is spelt without escapes: then it has just one spelling. */
function isPlain(text: string): boolean {
  if (text.charCodeAt(1) !== 50) return false;
  const start = text.indexOf('["');
  const end = text.indexOf('"', start + 2);
  return start > 0 && end > 0 && text.lastIndexOf("\\", end) < 0;
}
