/** socketio-gameloop/tools: what shows what the network does. */
export { type EventCounts, type EventSort, EventStatistics, type EventStatisticsOptions } from "./event-statistics.js";
export { NetGraph } from "./net-graph.js";
export type { EventRate, NetGraphData, NetGraphSlice, NetGraphState } from "./net-graph-data.js";
export type { NetGraphOptions, NetGraphParent, NetGraphThresholds, Threshold } from "./net-graph-options.js";
export { RttProbe, type RttProbeOptions, type RttProbeStats } from "./rtt-probe.js";
export { SessionPlayer, type SessionPlayerOptions } from "./session-player.js";
export { SessionRecorder, type SessionRecorderOptions } from "./session-recorder.js";
export type { RedactOptions } from "./session-redaction.js";
export type { Divergence } from "./session-script.js";
