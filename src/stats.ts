/** What `get_stats()` returns: plain numbers, since the client was made. Times are seconds. */
export interface ClientStats {
  packets_received: number;
  packets_sent: number;
  /** Bytes of binary frames and UTF-16 units of text frames, which are bytes for ASCII. */
  bytes_received: number;
  bytes_sent: number;
  /** Events that reached the game. */
  events_dispatched: number;
  /** Events left out because a newer one of the same `EVENT_LATEST` event waited. */
  events_skipped: number;
  /** Packets that wait for the next poll, and for how long the first of them has. */
  inbox_length: number;
  inbox_age: number;
  /** Round-trip time, smoothed; 0 before the first sample. */
  rtt: number;
  rtt_min: number;
  rtt_jitter: number;
  /** How often the session was made again after it had been lost. */
  reconnects: number;
  /** Longest time between two polls while not disconnected. */
  longest_poll_gap: number;
  longest_callback: number;
  longest_callback_event: string;
  acks_pending: number;
}

/** The counters that the client keeps itself. */
export class Counters {
  packets_received = 0;
  bytes_received = 0;
  bytes_sent = 0;
  events_dispatched = 0;
  events_skipped = 0;
  reconnects = 0;
  longest_poll_gap = 0;
  longest_callback = 0;
  longest_callback_event = "";
}
