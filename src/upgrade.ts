/*
 * The way of an open session from one transport to another (Engine.IO 4, "Upgrade"), with nothing lost, doubled or reordered.
 *
 *   step      what happens                                                     leaves it by
 *   ───────   ──────────────────────────────────────────────────────────────   ─────────────────────────────────────
 *   PROBING   the candidate opens, `2probe` is written on it                   `3probe` on it → LEAVING
 *   LEAVING   the old transport finishes its requests and starts no more;      they are done → MOVED: `5` goes out on the
 *             their answers hold what the server wrote before it stopped        candidate, then what was not written
 *   either    the candidate fails, says anything else, or is given up           → OVER: the old transport goes on
 *
 * The server stops writing on the old transport when it has answered the last GET, and begins on the new one with `5`; so
 * what comes over the one and the other is in order.
 */
import type { Transport, TransportHandler } from "./transport/transport.js";

const PROBING = 0;
const LEAVING = 1;
const MOVED = 2;
const OVER = 3;

/** A server that has nothing to say may release a request with it. */
const NOOP = "6";

/** It is what the candidate tells: first of the way to it, then, for `handler`, of the session that goes over it. */
export class Upgrade implements TransportHandler {
  #step: typeof PROBING | typeof LEAVING | typeof MOVED | typeof OVER = PROBING;
  #candidate: Transport | null = null;
  #isOpen = false;
  readonly #current: Transport;
  readonly #handler: TransportHandler;
  readonly #settled: (moved: Transport | null) => void;

  /**
   * @param current the transport to leave
   * @param handler hears of the candidate once the session has moved to it
   * @param settled told once: the transport that the session has moved to, or `null`; not after `cancel`
   */
  constructor(current: Transport, handler: TransportHandler, settled: (moved: Transport | null) => void) {
    this.#current = current;
    this.#handler = handler;
    this.#settled = settled;
  }

  /** @param open opens the candidate */
  start(open: (handler: TransportHandler) => Transport): void {
    try {
      this.#candidate = open(this);
    } catch {
      this.giveUp();
    }
    // It may have failed, or be open, since it was made.
    if (this.#step === OVER) this.#candidate?.close(true);
    else if (this.#isOpen) this.opened();
  }

  /** Stays with the old transport. */
  giveUp(): void {
    if (this.#step === LEAVING) this.#current.stay!();
    if (this.#end()) this.#settled(null);
  }

  /** The session is over. */
  cancel(): void {
    this.#end();
  }

  #end(): boolean {
    if (this.#step >= MOVED) return false;
    this.#step = OVER;
    this.#candidate?.close(true);
    return true;
  }

  // Told by the candidate

  opened(): void {
    this.#isOpen = true;
    this.#candidate?.send(["2probe"]);
  }

  received(frame: string | Uint8Array): void {
    if (this.#step === MOVED) this.#handler.received(frame);
    else if (this.#step === PROBING && frame === "3probe") {
      this.#step = LEAVING;
      this.#current.leave!((unsent) => {
        const candidate = this.#candidate!;
        this.#step = MOVED;
        candidate.send(["5", ...unsent]);
        this.#settled(candidate);
      });
    } else if (frame !== NOOP) this.giveUp();
  }

  closed(reason: "transport close" | "transport error", message: string): void {
    if (this.#step === MOVED) this.#handler.closed(reason, message);
    else this.giveUp();
  }
}
