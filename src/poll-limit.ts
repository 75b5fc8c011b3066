/** What a poll may take, beyond what the options say. */
export interface PollLimit {
  /** Packets that may still be taken; counted down. */
  packets: number;
  /** No packet is taken after this moment of the option `clock`, in seconds. */
  readonly until: number;
}

/** The same for all who have no limit: Infinity stays what it is, however much is counted down. */
export const UNLIMITED: PollLimit = { packets: Infinity, until: Infinity };
