import { requireThat } from "../errors.js";
import { requireEmit } from "../namespace.js";

/**
 * What can be handed to socket.io's `emit`, which takes a function at the end for a callback of its own.
 * @throws TypeError for anything else
 */
export function requireSendable(event: unknown, data: readonly unknown[]): void {
  requireEmit(event, data);
  const last = data.at(-1);
  const expected = "without a function at its end; a client's emit_with_ack() asks for an acknowledgement";
  requireThat(typeof last !== "function", `the data of "${event}"`, expected, last);
}

/**
 * Has socket.io encode and send something.
 * @throws TypeError when that cannot be encoded
 */
export function encoded(event: string, send: () => void): void {
  try {
    send();
  } catch (error) {
    // Its encoder goes down for ever.
    if (!(error instanceof RangeError)) throw error;
    throw new TypeError(
      `the data of "${event}" cannot be encoded: it contains itself, or is nested too deeply. Send plain data: ids for references`,
    );
  }
}
