/** socketio-gameloop: a polled Socket.IO v5 client. Every public name, and nothing else. */
export type { Auth, AuthData } from "./auth.js";
export { SocketIOClient } from "./client.js";
export { ConnectionState } from "./connection-state.js";
export { AckError, Err, OK, SocketIOError } from "./errors.js";
export type { AckData, DefaultEvents, EventData, EventName, EventsMap } from "./events.js";
export { type ConnectError, EventMode, type Reply, SocketIONamespace } from "./namespace.js";
export type { ClientOptions, ClientOptionsInput, ReconnectionOptions } from "./options.js";
export { Signal } from "./signal.js";
export type { ClientStats } from "./stats.js";
export { type TLSIdentity, TLSOptions } from "./tls-options.js";
export type {
  OutFrame,
  Transport,
  TransportFactory,
  TransportHandler,
  TransportRequest,
} from "./transport/transport.js";
export { websocket } from "./transport/websocket.js";
export { WebSocketPeer } from "./transport/websocket-peer.js";
