/*
 * Engine.IO 4, one session over one transport, as seen by the client.
 *
 *   state     packet from the server         next      what the caller is told
 *   ───────   ────────────────────────────   ───────   ─────────────────────────────────────────────
 *   OPENING   0 open, valid handshake        OPEN      "open": `handshake` is set
 *   OPENING   1 close                        CLOSED    "close"
 *   OPENING   6 noop                         OPENING   "ignore"
 *   OPENING   anything else                  CLOSED    ProtocolError: this is no Engine.IO 4 server
 *   OPEN      1 close                        CLOSED    "close"
 *   OPEN      2 ping                         OPEN      "ping": write a pong, then call `answered()`
 *   OPEN      3 pong, 6 noop                 OPEN      "ignore"
 *   OPEN      4 message                      OPEN      "message": the Socket.IO packet starts at index 1
 *   OPEN      0 open, 5 upgrade, unknown     CLOSED    ProtocolError
 *   CLOSED    anything                       CLOSED    "ignore": a late frame of a session that is over
 *
 * In protocol 4 the server pings and the client answers. A client that sends `2` is dropped by the server, so nothing
 * here ever writes one. The session is dead when no ping came for `pingInterval + pingTimeout` after the last one;
 * `deadline` is that moment. There is no timer: the caller compares `deadline` with its own clock.
 */
import { CLOSED, OPEN, OPENING } from "./constants.js";
import { type Frame, type Handshake, readHandshake } from "./engine-packet.js";
import { violation } from "./protocol-error.js";

export { CLOSED, OPEN, OPENING } from "./constants.js";

export type EngineInput = "open" | "close" | "ping" | "message" | "ignore";

/** What each packet type means, by state: index is the type digit; what is not there is a protocol error. */
const TRANSITIONS: readonly Readonly<Record<number, EngineInput>>[] = [
  { 0: "open", 1: "close", 6: "ignore" },
  { 1: "close", 2: "ping", 3: "ignore", 4: "message", 6: "ignore" },
];

export class EngineSession {
  state: typeof OPENING | typeof OPEN | typeof CLOSED = OPENING;
  /** The server's open packet; `null` before it came. */
  handshake: Handshake | null = null;
  /** When the session counts as dead unless a ping comes first, in seconds; `Infinity` while that cannot be said. */
  deadline = Infinity;
  #answeredAt = NaN;

  /** Whether a frame is a message; any other is for `receive`. */
  isMessage(frame: Frame): boolean {
    return this.state === OPEN && (typeof frame !== "string" || frame.charCodeAt(0) === 52);
  }

  /**
   * Takes one frame that arrived at `now` (seconds).
   * @throws ProtocolError when the frame is not allowed in this state; the session is CLOSED then.
   */
  receive(frame: Frame, now: number): EngineInput {
    const { state } = this;
    if (state === CLOSED) return "ignore";
    const text = typeof frame === "string" ? frame : "binary";
    // Until the frame has proved to be in order.
    this.state = CLOSED;
    const input =
      TRANSITIONS[state]![text.charCodeAt(0) - 48] ??
      violation(
        state === OPEN
          ? "an Engine.IO packet of an open session"
          : "an Engine.IO 4 open packet (this is no Socket.IO v3+ server)",
        text,
      );
    if (input === "open") this.handshake = readHandshake(text);
    if (input === "open" || input === "ping") {
      const { pingInterval, pingTimeout } = this.handshake!;
      // A server may truncate short intervals to 0; a sum of 0 says nothing about when to give up.
      this.deadline = now + (pingInterval + pingTimeout || Infinity);
    }
    if (input !== "close") this.state = input === "open" ? OPEN : state;
    return input;
  }

  /**
   * The round-trip time that the ping at `now` reveals: the server sends it `pingInterval` after it got our last pong,
   * so what its spacing has beyond that interval is one trip there and back. `NaN` for the first ping.
   */
  roundTripOfPing(now: number): number {
    // A server may truncate a short interval to 0, which then says nothing.
    return now - this.#answeredAt - (this.handshake!.pingInterval || NaN);
  }

  /** Notes that the pong was written at `now` (seconds). */
  answered(now: number): void {
    this.#answeredAt = now;
  }
}
