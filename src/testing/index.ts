/** socketio-gameloop/testing: for a game's own tests, without a network and with a bad one. */
export type { FakeConnection, FakeServerSettings } from "./fake-connection.js";
export type { FakeNamespace, Middleware, Refusal } from "./fake-namespace.js";
export { FakeServer, type FakeServerOptions } from "./fake-server.js";
export type { FakeReply, FakeSocket, ReceivedEvent } from "./fake-socket.js";
export type { DirectionSettings, LinkPreset, LinkSettings, LinkSettingsInput } from "./link-settings.js";
export { type LinkOptions, LinkSimulator } from "./link-simulator.js";
export { ManualClock } from "./manual-clock.js";
export type { TimeSource } from "./time-source.js";
