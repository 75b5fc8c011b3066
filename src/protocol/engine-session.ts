/*
 * Engine.IO 4, one session over one transport, as seen by the client.
 *
 *   state     packet from the server         next      what the caller has to do
 *   ───────   ────────────────────────────   ───────   ─────────────────────────────────────────────
 *   OPENING   0 open, valid handshake        OPEN      `handshake` is there: join the namespaces
 *   OPENING   1 close                        CLOSED    end the connection
 *   OPENING   6 noop                         OPENING   nothing
 *   OPENING   anything else                  CLOSED    ProtocolError: this is no Engine.IO 4 server
 *   OPEN      1 close                        CLOSED    end the connection
 *   OPEN      2 ping                         OPEN      write a pong, note it in `answeredAt`
 *   OPEN      3 pong, 6 noop                 OPEN      nothing
 *   OPEN      4 message, binary              OPEN      take it: the Socket.IO packet starts at index 1
 *   OPEN      0 open, 5 upgrade, unknown     CLOSED    ProtocolError
 *
 * CLOSED is for the caller to set, whatever has ended the connection; a late frame is not for `receive` then.
 *
 * In protocol 4 the server pings and the client answers. A client that sends `2` is dropped by the server, so nothing
 * here ever writes one. The session is dead when no ping came for `pingInterval + pingTimeout` after the last one;
 * `deadline` is that moment. There is no timer: the caller compares `deadline` with its own clock.
 */
import { CLOSE, type CLOSED, MESSAGE, NOOP, OPEN, OPENED, OPENING, PING } from "./constants.js";
import { type Frame, type Handshake, readHandshake } from "./engine-packet.js";
import { violation } from "./protocol-error.js";

export class EngineSession {
  state: typeof OPENING | typeof OPEN | typeof CLOSED = OPENING;
  /** The server's open packet; `null` before it came. */
  handshake: Handshake | null = null;
  /** When the session counts as dead unless a ping comes first, in seconds; `Infinity` while that cannot be said. */
  deadline = Infinity;
  /** When the last pong was written, in seconds; for the caller to note. */
  answeredAt = NaN;

  /**
   * Takes one frame that arrived at `now` (seconds); returns the type of its packet.
   * @throws ProtocolError when it is not allowed in this state
   */
  receive(frame: Frame, now: number): number {
    const { state } = this;
    const type = typeof frame === "string" ? frame.charCodeAt(0) - 48 : MESSAGE;
    const isExpected =
      (state === OPEN ? type > OPENED && type <= MESSAGE : type === OPENED) || type === CLOSE || type === NOOP;
    if (!isExpected) {
      violation(
        state === OPEN
          ? "an Engine.IO packet of an open session"
          : "an Engine.IO 4 open packet (this is no Socket.IO v3+ server)",
        typeof frame === "string" ? frame : "binary",
      );
    }
    if (type === OPENED) {
      this.handshake = readHandshake(frame as string);
      this.state = OPEN;
    }
    if (type === OPENED || type === PING) this.heard(now);
    return type;
  }

  /** The server is there at `now` (seconds). */
  heard(now: number): void {
    const { pingInterval, pingTimeout } = this.handshake!;
    // A server may truncate short intervals to 0; a sum of 0 says nothing about when to give up.
    this.deadline = now + (pingInterval + pingTimeout || Infinity);
  }

  /**
   * The round-trip time that the ping at `now` reveals: the server sends it `pingInterval` after it got our last pong,
   * so what its spacing has beyond that interval is one trip there and back. `NaN` for the first ping.
   */
  roundTripOfPing(now: number): number {
    // A server may truncate a short interval to 0, which then says nothing.
    return now - this.answeredAt - (this.handshake!.pingInterval || NaN);
  }
}
