import { requireThat } from "../errors.js";

/** The time by which a client is polled, for those who observe it: what it is given, or what its clock says. Never backwards. */
export class PollClock {
  /** The moment of the last poll, seconds; `-Infinity` before the first. */
  time = -Infinity;
  readonly read: () => number;

  constructor(clock: () => number) {
    this.read = clock;
  }

  started(now: number | undefined): void {
    const time = now ?? this.read();
    if (time > this.time && time < Infinity) this.time = time;
  }
}

/** @throws TypeError unless `client` can be observed */
export function requireClient(client: unknown, who: string): void {
  const isOne = typeof (client as { add_observer?: unknown } | null | undefined)?.add_observer === "function";
  requireThat(isOne, `new ${who}(client)`, "given a SocketIOClient", client);
}
