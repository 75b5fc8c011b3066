#!/usr/bin/env node
/*
 * The command `socketio-gameloop`. What is for people while it runs goes to stderr; stdout has the report alone.
 */
import { availableParallelism } from "node:os";
import { HELP, type Invocation, readArguments, UsageError } from "./cli-arguments.js";
import { startProcesses } from "./cli-processes.js";
import { type Crowd, startSwarm } from "./cli-swarm.js";
import type { SwarmReport } from "./report.js";
import { amount, duration, report_table } from "./report-table.js";

const PROGRESS_SECONDS = 0.5;
/** So long the sockets have for their closing handshakes. */
const GOODBYE_SECONDS = 0.5;
const OK_CODE = 0;
const TROUBLE_CODE = 1;
const USAGE_CODE = 2;
const INTERRUPTED_CODE = 130;
const CLEAR_LINE = "\r\x1b[2K";

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), GOODBYE_SECONDS * 1000).unref();

async function main(args: readonly string[]): Promise<number> {
  try {
    const invocation = readArguments(args);
    if (invocation === null) {
      console.log(HELP);
      return OK_CODE;
    }
    const { task, processes } = invocation;
    const crowd = await (processes > 1 ? startProcesses(task, processes) : startSwarm(task));
    return await watch(crowd, invocation);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nsocketio-gameloop --help says more.`);
    return USAGE_CODE;
  }
}

async function watch(crowd: Crowd, { isJson, isQuiet, task }: Invocation): Promise<number> {
  let isStopping = false;
  const interrupt = () => {
    if (isStopping) process.exit(INTERRUPTED_CODE);
    isStopping = true;
    crowd.stop();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const isLive = process.stderr.isTTY && !isQuiet;
  const draw = () => {
    const report = crowd.report();
    // Cut to the width of the terminal: a line that wraps cannot be taken back.
    if (report !== null)
      process.stderr.write(CLEAR_LINE + progress(report).slice(0, (process.stderr.columns ?? 80) - 1));
  };
  const timer = isLive ? setInterval(draw, PROGRESS_SECONDS * 1000) : undefined;
  if (!isLive && !isQuiet) console.error(`${task.count} bots to ${task.url} …`);
  let report: SwarmReport;
  try {
    report = await crowd.finished;
  } catch (error) {
    console.error((error as Error).message);
    return TROUBLE_CODE;
  } finally {
    clearInterval(timer);
    if (isLive) process.stderr.write(CLEAR_LINE);
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
  const cores = crowd.cpuSeconds() / Math.max(report.seconds, 1e-9);
  if (isJson) console.log(JSON.stringify({ ...report, cpu_cores: cores }));
  else {
    console.log(report_table(report));
    console.log(`\nThe bots took ${cores.toFixed(2)} of the ${availableParallelism()} cores of this machine.`);
  }
  return report.ok ? OK_CODE : TROUBLE_CODE;
}

function progress({ seconds, connected, count, lost, emits, rtt, ticks_behind, errors }: SwarmReport): string {
  const problems = Object.values(errors).reduce((sum, times) => sum + times, 0);
  const parts = [
    `${seconds.toFixed(0)} s`,
    `${connected}/${count} connected`,
    `${lost} lost`,
    `${problems} errors`,
    `${amount(emits)} emits`,
    `rtt p50 ${duration(rtt.p50)} p99 ${duration(rtt.p99)}`,
    `loop at worst ${ticks_behind.toFixed(2)} ticks late`,
  ];
  return parts.join("  ");
}
