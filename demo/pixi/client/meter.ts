import type { SocketIOClient } from "socketio-gameloop";

const WINDOW_SECONDS = 0.5;

/** The client's counters as rates, and what polling takes out of a frame. */
export class Meter {
  readonly #client: SocketIOClient;
  #since = 0;
  #packetsIn = 0;
  #packetsOut = 0;
  #bytesIn = 0;
  #pollStarted = 0;
  #polls = 0;
  #pollTotal = 0;
  packetsInRate = 0;
  packetsOutRate = 0;
  bytesInRate = 0;
  /** Milliseconds, on average. */
  poll = 0;

  constructor(client: SocketIOClient) {
    this.#client = client;
  }

  beforePoll(): void {
    this.#pollStarted = performance.now();
  }

  afterPoll(): void {
    const time = performance.now();
    this.#polls++;
    this.#pollTotal += time - this.#pollStarted;
    const seconds = time / 1000 - this.#since;
    if (seconds < WINDOW_SECONDS) return;
    const { packets_received, packets_sent, bytes_received } = this.#client.get_stats();
    this.packetsInRate = (packets_received - this.#packetsIn) / seconds;
    this.packetsOutRate = (packets_sent - this.#packetsOut) / seconds;
    this.bytesInRate = (bytes_received - this.#bytesIn) / seconds;
    this.poll = this.#pollTotal / this.#polls;
    this.#since = time / 1000;
    this.#packetsIn = packets_received;
    this.#packetsOut = packets_sent;
    this.#bytesIn = bytes_received;
    this.#polls = this.#pollTotal = 0;
  }
}
