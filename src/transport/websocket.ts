import { PlatformSocket } from "./platform-socket.js";
import type { Transport, TransportFactory } from "./transport.js";

/** Engine.IO over WebSocket: one packet a frame (Engine.IO 4, "WebSocket"). */
export const websocket: TransportFactory = (request, handler) => {
  let opened = false;
  const socket = new PlatformSocket(request.url, request, {
    opened() {
      opened = true;
    },
    received: (frame) => handler.received(frame),
    closed(code, reason, error) {
      const detail = error || reason || `WebSocket close code ${code}`;
      if (opened) handler.closed(error ? "transport error" : "transport close", detail);
      else handler.closed("transport error", `no WebSocket connection to ${request.url}: ${detail}`);
    },
  });
  const transport: Transport = {
    name: "websocket",
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (frames) => socket.send(frames),
    close: () => socket.close(1000, "", true),
  };
  if (socket.canPause) {
    transport.pause = () => socket.pause();
    transport.resume = () => socket.resume();
  }
  return transport;
};
