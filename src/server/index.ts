/** socketio-gameloop/server: a socket.io server whose callbacks run in a fixed tick. */
export { PolledServer, type PolledServerOptions, type ServerStats } from "./polled-server.js";
export { ServerClient, type ServerReply } from "./server-client.js";
export { ServerNamespace } from "./server-namespace.js";
