import { PlatformSocket } from "./platform-socket.js";
import { engineTransport } from "./transport.js";

/** Engine.IO over WebSocket: one packet a frame (Engine.IO 4, "WebSocket"). */
export const websocket = /* @__PURE__ */ engineTransport("websocket", (request, handler) => {
  return new PlatformSocket(request, {
    opened: () => handler.opened?.(),
    received: (frame) => handler.received(frame),
    closed(code, reason, error, opened) {
      const detail = error || reason || `the connection ended with WebSocket close code ${code}`;
      if (opened) handler.closed(error ? "transport error" : "transport close", detail);
      else handler.closed("transport error", `no WebSocket connection to ${request.url}: ${detail}`);
    },
  });
});
