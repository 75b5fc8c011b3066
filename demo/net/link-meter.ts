import type { SocketIOClient } from "socketio-gameloop";

const WINDOW_SECONDS = 0.5;
/** The worst poll is shown for this long, otherwise nobody could read it. */
const WORST_SECONDS = 3;

/**
 * Turns the counters of `get_stats()` into rates, and measures how long `poll()` takes out of a frame. It observes the client, so
 * whoever polls it is measured.
 */
export class LinkMeter {
  readonly #client: SocketIOClient;
  #started = 0;
  #since = 0;
  #packetsIn = 0;
  #packetsOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #polls = 0;
  #pollTotal = 0;
  #worstUntil = 0;
  packetsInRate = 0;
  packetsOutRate = 0;
  bytesInRate = 0;
  bytesOutRate = 0;
  /** Milliseconds, of the last window. */
  pollAverage = 0;
  pollWorst = 0;

  constructor(client: SocketIOClient) {
    this.#client = client;
    client.add_observer({
      poll_started: () => {
        this.#started = performance.now();
      },
      poll_ended: () => {
        const ended = performance.now();
        this.#polled(ended - this.#started, ended / 1000);
      },
    });
  }

  #polled(milliseconds: number, now: number): void {
    this.#polls++;
    this.#pollTotal += milliseconds;
    if (milliseconds >= this.pollWorst || now > this.#worstUntil) {
      this.pollWorst = milliseconds;
      this.#worstUntil = now + WORST_SECONDS;
    }
    const seconds = now - this.#since;
    if (seconds < WINDOW_SECONDS) return;
    const stats = this.#client.get_stats();
    this.packetsInRate = (stats.packets_received - this.#packetsIn) / seconds;
    this.packetsOutRate = (stats.packets_sent - this.#packetsOut) / seconds;
    this.bytesInRate = (stats.bytes_received - this.#bytesIn) / seconds;
    this.bytesOutRate = (stats.bytes_sent - this.#bytesOut) / seconds;
    this.pollAverage = this.#pollTotal / this.#polls;
    this.#packetsIn = stats.packets_received;
    this.#packetsOut = stats.packets_sent;
    this.#bytesIn = stats.bytes_received;
    this.#bytesOut = stats.bytes_sent;
    this.#since = now;
    this.#polls = 0;
    this.#pollTotal = 0;
  }
}
