import { NamespaceSession } from "../../src/protocol/namespace-session.js";
import type { SessionOptions } from "../../src/protocol/socket-session.js";

/** Bounds that a test reaches with a few packets. */
export const SESSION_OPTIONS: SessionOptions = {
  offline: "buffer",
  retries: 0,
  max_buffered_packets: 4,
  max_attachments: 10,
  max_queued_packets: 4,
  max_queued_bytes: 1000,
  connect_timeout: 20,
};

/** A namespace for tests of the protocol: somebody listens to what `filter` says, to everything by default. */
export class HeardNamespace extends NamespaceSession {
  filter: (event: string) => boolean = () => true;

  isListening(event: string): boolean {
    return this.filter(event);
  }
}
