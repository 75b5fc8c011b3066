/** socketio-gameloop: a polled Socket.IO v5 client. Every public name, and nothing else. */
// The client of this entry takes the place of the one that has WebSocket alone.
export { SocketIOClient } from "./client-with-polling.js";
export { polling } from "./transport/polling.js";
export * from "./websocket.js";
