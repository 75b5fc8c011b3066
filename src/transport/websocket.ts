import { PlatformSocket } from "./platform-socket.js";
import { engineTransport, type TransportHandler } from "./transport.js";

class WebSocketTransport extends PlatformSocket<TransportHandler> {
  protected override tell(
    handler: TransportHandler,
    code: number,
    reason: string,
    error: string,
    opened: boolean,
  ): void {
    const detail = error || reason || `the connection ended with WebSocket close code ${code}`;
    if (opened) handler.closed(error ? "transport error" : "transport close", detail);
    else handler.closed("transport error", `no WebSocket connection to ${this.socket.url}: ${detail}`);
  }
}

/** Engine.IO over WebSocket: one packet a frame (Engine.IO 4, "WebSocket"). */
export const websocket = /* @__PURE__ */ engineTransport(
  "websocket",
  (request, handler) => new WebSocketTransport(request, handler),
);
