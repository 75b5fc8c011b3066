import { PlatformSocket } from "./platform-socket.js";
import type { TransportFactory } from "./transport.js";

/** Engine.IO over WebSocket. */
export const websocket: TransportFactory = (request, handler) => new PlatformSocket(request, handler);
