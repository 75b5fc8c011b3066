/** The names of the main entry, with a client that has the WebSocket transport alone: the small bundle. */
export type { Auth, AuthData } from "./auth.js";
export { SocketIOClient } from "./client.js";
export { ConnectionState } from "./connection-state.js";
export { AckError, type ConnectError, Err, OK, SocketIOError } from "./errors.js";
export type {
  AckData,
  DefaultEvents,
  EventData,
  EventName,
  EventNameWithAck,
  EventNameWithoutData,
  EventsMap,
} from "./events.js";
export type { DisconnectReason } from "./inbox.js";
export { EventMode, SocketIONamespace } from "./namespace.js";
export type { EventCallback, Reply, TakenEvent } from "./namespace-entry.js";
export type { ClientObserver } from "./observer.js";
export type {
  ClientOptions,
  ClientOptionsInput,
  PerAttempt,
  ReconnectionFilter,
  ReconnectionOptions,
} from "./options.js";
export { PollGroup, type PollGroupOptions } from "./poll-group.js";
export type { Codec, IncomingPacket, OutgoingPacket, PacketParts } from "./protocol/codec.js";
export { Signal } from "./signal.js";
export type { ClientStats } from "./stats.js";
export { type TLSIdentity, TLSOptions } from "./tls-options.js";
export type {
  CookieStore,
  Finality,
  OutFrame,
  Transport,
  TransportFactory,
  TransportHandler,
  TransportRequest,
} from "./transport/transport.js";
export { websocket } from "./transport/websocket.js";
export { WebSocketPeer } from "./transport/websocket-peer.js";
