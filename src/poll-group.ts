import { runtimeOf, SocketIOClient } from "./client.js";
import { requireThat } from "./errors.js";
import { DEFAULT_OPTIONS, mergeOptions } from "./options.js";

/** What all clients of a group together may take in one poll; 0 is no limit. */
export interface PollGroupOptions {
  readonly poll_max_packets?: number;
  /** Seconds. */
  readonly poll_max_time?: number;
  /** Seconds, for `poll_max_time`; by default `performance.now() / 1000`. */
  readonly clock?: () => number;
}

const isWaiting = (client: SocketIOClient): boolean => client.get_pending_count() > 0;

/**
 * Many clients under one budget, which is shared fairly: each has its part, what one does not need goes to the others, and who went
 * without begins the next poll. Every client's timeouts are looked at and its emits are sent in every poll, whatever the budget. Leave the
 * clients' own budgets (`poll_max_packets`, `poll_max_time`) at 0: they would count for each of their turns.
 *
 * @example
 * const bots = new PollGroup({ poll_max_time: 0.004 });
 * for (let n = 0; n < 200; n++) {
 *   const bot = new SocketIOClient();
 *   bot.connect_to_url("ws://localhost:3000");
 *   bots.add(bot);
 * }
 * setInterval(() => bots.poll(), 16);
 */
export class PollGroup {
  /** Whoever is the first begins in the next poll. */
  readonly #clients = new Set<SocketIOClient>();
  readonly #options: Required<PollGroupOptions>;
  #polling = false;

  /** @throws TypeError for an option that does not exist, and for a limit that is no number of 0 or more */
  constructor(options: PollGroupOptions = {}) {
    this.#options = mergeOptions({ poll_max_packets: 0, poll_max_time: 0, clock: DEFAULT_OPTIONS.clock }, options);
  }

  /** How many clients it has. */
  get size(): number {
    return this.#clients.size;
  }

  /**
   * Adds a client; false when it is in already.
   * @throws TypeError for anything but a `SocketIOClient`
   */
  add(client: SocketIOClient): boolean {
    // One of another copy of the package could be told apart by nothing else, and not be polled.
    requireThat(client instanceof SocketIOClient, "the client", "a SocketIOClient of this package", client);
    const isNew = !this.#clients.has(client);
    this.#clients.add(client);
    return isNew;
  }

  /** Takes a client out; false when it is not in. It stays connected. */
  remove(client: SocketIOClient): boolean {
    return this.#clients.delete(client);
  }

  /**
   * Polls every client once, and those that have more to deliver again as long as the budget lasts. Called from inside a
   * callback of one of its own polls it does nothing and returns 0.
   * @param now seconds, as for `SocketIOClient.poll`
   * @returns how many callbacks were run
   */
  poll(now?: number): number {
    if (this.#polling) return 0;
    this.#polling = true;
    const clients = [...this.#clients];
    let first: SocketIOClient | undefined;
    let starved: SocketIOClient | undefined;
    const { poll_max_packets, poll_max_time, clock } = this.#options;
    const time = poll_max_time > 0 ? clock : () => 0;
    const end = time() + (poll_max_time || Infinity);
    let packets = Math.min(poll_max_packets || Infinity, Number.MAX_SAFE_INTEGER);
    let callbacks = 0;
    try {
      for (let round = clients; round.length > 0; ) {
        const busy: SocketIOClient[] = [];
        /** Among so many is shared what is left of the budget. */
        let left = round.filter(isWaiting).length;
        for (const client of round) {
          // A callback may have taken it out.
          if (!this.#clients.has(client)) continue;
          const started = time();
          const parts = Math.max(1, left);
          const share = started < end ? Math.ceil(packets / parts) : 0;
          const limit = { packets: share, until: started + (end - started) / parts };
          if (isWaiting(client)) left--;
          callbacks += runtimeOf(client).poll(now, limit);
          const taken = share - limit.packets;
          packets -= taken;
          if (taken > 0) first ??= client;
          if (!isWaiting(client)) continue;
          // Who took nothing of its share would take nothing in the next round either.
          if (taken > 0) busy.push(client);
          else if (share === 0) starved ??= client;
        }
        round = packets > 0 && time() < end ? busy : [];
      }
    } finally {
      this.#polling = false;
      // The next one of those that took something: the first may have had a packet more than the others.
      const next = starved ?? clients[clients.indexOf(first!) + 1];
      for (const client of clients) {
        if (client === next) break;
        if (this.#clients.delete(client)) this.#clients.add(client);
      }
    }
    return callbacks;
  }

  /** `flush()` of every client. */
  flush(): void {
    for (const client of this.#clients) client.flush();
  }

  /** What the clients' own statistics add up to. */
  get_stats(): { readonly packets_received: number; readonly events_skipped: number; readonly inbox_length: number } {
    const sum = { packets_received: 0, events_skipped: 0, inbox_length: 0 };
    for (const client of this.#clients) {
      const stats = client.get_stats();
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += stats[name];
    }
    return sum;
  }
}
