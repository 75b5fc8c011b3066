/*
 * Checks that need a server of their own, with a short heartbeat and its recovery on: what lasts, and what survives a cut.
 */
import { same } from "./arena.js";
import type { Check } from "./check.js";
import { Wire } from "./wire.js";

/** Of the server. One that counts in whole seconds makes one second of each. */
export const LASTING_ENVIRONMENT = { PING_INTERVAL: "400", PING_TIMEOUT: "1000", RECOVERY: "1" };
/** Longer than the interval and the timeout together, even of a server that counts in whole seconds. */
const OUTLAST_SECONDS = 2.6;
const MISSED = 50;
const SETTLE_SECONDS = 0.1;
/** In which the events reach the server, and what it answers is lost. */
const DEAF_SECONDS = 0.2;
/**
 * Until the server has noticed by its heartbeat: who comes back earlier gets a new session. Over polling there may be no request
 * that it could see the end of.
 */
const DOWN_SECONDS = 1.8;

export const LASTING_CHECKS: readonly Check[] = [
  {
    name: "short heartbeats, polled and not polled",
    async run(arena) {
      const player = await arena.joined();
      await arena.play(OUTLAST_SECONDS);
      same(player.troubles, [], "troubles while polled");
      await arena.sleep(OUTLAST_SECONDS);
      same(await arena.ask(player.main, "message-with-ack", ["alive"]), ["alive"], "the answer");
      same(player.troubles, [], "troubles while not polled");
    },
  },
  {
    name: "recovery of a cut connection",
    needs: "recovery",
    async run(arena) {
      const wire = await Wire.to(arena.surroundings.port);
      try {
        const player = await arena.joined({}, wire.port);
        const { main } = player;
        const session = main.get_session_id();
        const items = player.hears("item");
        // An event has to have arrived for there to be an offset.
        main.emit("burst", [1]);
        await arena.until(() => items.length === 1, "the first event");
        same(main.is_recovered(), false, "is_recovered() before");
        // Over polling the answer to our request comes after the event, and the next request waits for it.
        await arena.play(SETTLE_SECONDS);
        wire.deaf = true;
        main.emit("burst", [MISSED]);
        await arena.play(DEAF_SECONDS);
        same(items.length, 1, "events before the cut");
        wire.cut();
        await arena.until(() => player.reasons.length > 0, "the end");
        await arena.play(DOWN_SECONDS);
        wire.mend();
        await arena.until(() => items.length > MISSED, "the events that were missed");
        await arena.settled(player);
        same(items, [[0], ...[...Array(MISSED).keys()].map((i) => [i])], "the events");
        same([main.is_recovered(), main.get_session_id()], [true, session], "is_recovered() and the session");
        main.emit("burst", [1]);
        await arena.until(() => items.length === MISSED + 2, "an event after the recovery");
      } finally {
        wire.close();
      }
    },
  },
];
