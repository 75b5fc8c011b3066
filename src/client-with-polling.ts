import { SocketIOClient as WebSocketClient } from "./client.js";
import { polling } from "./transport/polling.js";
import type { TransportFactory } from "./transport/transport.js";
import { websocket } from "./transport/websocket.js";
import { UpgradingRuntime } from "./upgrade.js";

/** The client with every transport that needs no import of its own. Its sessions can move from polling to another transport. */
export class SocketIOClient extends WebSocketClient {
  protected static override readonly builtIn: Readonly<Record<string, TransportFactory>> = { websocket, polling };
  /** @internal */
  protected static override readonly runtime = UpgradingRuntime;
}
