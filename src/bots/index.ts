/** socketio-gameloop/bots: many players that are none. */
export type { Bot, BotScript, BotTick } from "./bot.js";
export type { LatencySummary } from "./histogram.js";
export { merge_reports, type SwarmReport } from "./report.js";
export { report_table } from "./report-table.js";
export { type SteadyScriptOptions, steady_script } from "./steady-script.js";
export { BotSwarm } from "./swarm.js";
export type { BotSwarmOptions } from "./swarm-options.js";
