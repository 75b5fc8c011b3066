import { NamespaceSession } from "../../src/protocol/namespace-session.js";

/** A namespace for tests of the protocol: somebody listens to what `filter` says, to everything by default. */
export class HeardNamespace extends NamespaceSession {
  filter: (event: string) => boolean = () => true;

  isListening(event: string): boolean {
    return this.filter(event);
  }
}
