import { PlatformSocket } from "./platform-socket.js";
import { engineTransport } from "./transport.js";

/** Engine.IO over WebSocket. */
export const websocket = /* @__PURE__ */ engineTransport(
  "websocket",
  (request, handler) => new PlatformSocket(request, handler),
);
