/*
 * The way of an open session from one transport to another (Engine.IO 4, "Upgrade"), with nothing lost, doubled or reordered.
 *
 *   step      what happens                                                     leaves it by
 *   ───────   ──────────────────────────────────────────────────────────────   ─────────────────────────────────────
 *   PROBING   the candidate opens, `2probe` is written on it                   `3probe` on it → LEAVING
 *   LEAVING   the old transport finishes its requests and starts no more;      they are done → MOVED: `5` goes out on the
 *             their answers hold what the server wrote before it stopped        candidate, then what was not written
 *   either    the candidate fails, says anything else, or takes too long        → OVER: the old transport goes on, and the
 *                                                                              next candidate is tried
 *   either    the session ends                                                 → OVER
 *
 * The server stops writing on the old transport when it has answered the last GET, and begins on the new one with `5`; so
 * what comes over the one and the other is in order.
 *
 * Only polling can be left. So this comes with the client that has it, and the small bundle does without.
 */
import { type Connection, openTransport } from "./connection.js";
import { OPEN } from "./protocol/constants.js";
import { Runtime } from "./runtime.js";
import { engineName, type Transport, type TransportHandler } from "./transport/transport.js";

/** Seconds for the way to another transport: as long as servers wait for its end. */
const UPGRADE_TIMEOUT = 10;

const PROBING = 0;
const LEAVING = 1;
const MOVED = 2;
const OVER = 3;

/** A server that has nothing to say may release a request with it. */
const NOOP = "6";

/** What has a session that can move. */
export type Movable = Pick<Connection, "transport" | "giveUpMove" | "received" | "closed">;

/** Opens a transport for the session; what it tells goes to `handler`. */
export type Opener = (handler: TransportHandler) => Transport;

/**
 * Moves a session to the first of these transports that lets it.
 * @param after calls `expire` when a candidate has had its time, unless it is told that there is no need
 * @param moved told when `session.transport` is the new one
 */
export function upgrade(
  session: Movable,
  [open, ...others]: readonly Opener[],
  after: (expire: () => void) => () => void,
  moved: () => void,
): void {
  session.giveUpMove = null;
  if (!open) return;
  const current = session.transport!;
  let step = PROBING as typeof PROBING | typeof LEAVING | typeof MOVED | typeof OVER;
  let candidate: Transport | null = null;
  let isOpen = false;
  const end = () => {
    step = OVER;
    candidate?.close(true);
    noNeed();
  };
  const giveUp = () => {
    if (step >= MOVED) return;
    if (step === LEAVING) current.stay!();
    end();
    upgrade(session, others, after, moved);
  };
  const noNeed = after(giveUp);
  session.giveUpMove = end;
  try {
    candidate = open({
      opened() {
        isOpen = true;
        candidate?.send(["2probe"]);
      },
      received(frame) {
        if (step === MOVED) session.received(frame);
        else if (step === PROBING && frame === "3probe") {
          step = LEAVING;
          current.leave!((unsent) => {
            step = MOVED;
            noNeed();
            session.giveUpMove = null;
            candidate!.send(["5", ...unsent]);
            session.transport = candidate;
            moved();
          });
        } else if (frame !== NOOP) giveUp();
      },
      closed(reason, message) {
        if (step === MOVED) session.closed(reason, message);
        else giveUp();
      },
    });
  } catch {
    giveUp();
  }
  // It may have failed, or be open, since it was made.
  if (step === OVER) candidate?.close(true);
  else if (isOpen) candidate?.send(["2probe"]);
}

/** A runtime whose sessions move to a better transport. */
export class UpgradingRuntime extends Runtime {
  override engineOpened(connection: Connection, now: number): void {
    super.engineOpened(connection, now);
    const { left, request } = this.attempt!;
    const { sid, upgrades } = connection.handshake!;
    if (!this.options.upgrade || !connection.transport!.leave || connection.state !== OPEN) return;
    const offered = left.slice(1).filter((factory) => upgrades.includes(engineName(factory)));
    const openers = offered.map(
      (factory): Opener =>
        (handler) =>
          openTransport(factory, request(factory, sid), handler),
    );
    upgrade(
      connection,
      openers,
      (expire) => {
        const deadline = this.deadlines.add(this.now() + UPGRADE_TIMEOUT, expire);
        return () => this.deadlines.cancel(deadline);
      },
      () => this.#moved(connection),
    );
  }

  #moved(connection: Connection): void {
    const { name } = connection.transport!;
    this.session.base64 = connection.transport!.textOnly === true;
    connection.goesOn(this.now());
    connection.inbox.push(() => {
      if (this.transportName === name) return;
      this.transportName = name;
      this.signals.transport_changed?.emit(name);
    });
  }
}
