/*
 * Bots in several processes: each has its share, and their reports are made one.
 */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Task, UsageError } from "./cli-arguments.js";
import type { Crowd } from "./cli-swarm.js";
import { merge_reports, type SwarmReport } from "./report.js";

/** What a worker says. `usage`: it did not start, and why. */
export type WorkerMessage =
  | { readonly type: "started" }
  | { readonly type: "usage"; readonly message: string }
  | { readonly type: "progress" | "finished"; readonly report: SwarmReport; readonly cpuSeconds: number };

/** What it is told. */
export type WorkerOrder = { readonly type: "task"; readonly task: Task } | { readonly type: "stop" };

interface Worker {
  readonly process: ChildProcess;
  readonly started: Promise<void>;
  readonly finished: Promise<SwarmReport>;
  report: SwarmReport | null;
  cpuSeconds: number;
}

/**
 * Starts the bots of `task` in `count` processes.
 * @throws UsageError when one of them cannot start; the others are ended then
 */
export async function startProcesses(task: Task, count: number): Promise<Crowd> {
  const workers = Array.from({ length: count }, (_, index) => startWorker(shareOf(task, index, count)));
  const order = (message: WorkerOrder) => {
    for (const { process } of workers) if (process.connected) process.send(message);
  };
  try {
    await Promise.all(workers.map(({ started }) => started));
  } catch (error) {
    for (const { process } of workers) process.kill();
    throw error;
  }
  const known = () => workers.flatMap(({ report }) => report ?? []);
  return {
    report: () => (known().length > 0 ? merge_reports(known()) : null),
    cpuSeconds: () => workers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    stop: () => order({ type: "stop" }),
    finished: Promise.all(workers.map(({ finished }) => finished)).then(merge_reports),
  };
}

/** The bots of worker number `index`; the first ones have one more when it does not come out even. */
export function shareOf(task: Task, index: number, count: number): Task {
  const from = Math.ceil((task.count * index) / count);
  const to = Math.ceil((task.count * (index + 1)) / count);
  return { ...task, firstIndex: task.firstIndex + from, count: to - from, ramp: task.ramp / count };
}

function startWorker(task: Task): Worker {
  const child = fork(fileURLToPath(new URL("./cli-worker.js", import.meta.url)));
  const started = deferred<void>();
  const finished = deferred<SwarmReport>();
  const worker: Worker = {
    process: child,
    started: started.promise,
    finished: finished.promise,
    report: null,
    cpuSeconds: 0,
  };
  child.on("message", (message: WorkerMessage) => {
    if (message.type === "started") started.resolve();
    else if (message.type === "usage") started.reject(new UsageError(message.message));
    else {
      worker.report = message.report;
      worker.cpuSeconds = message.cpuSeconds;
      if (message.type === "finished") finished.resolve(message.report);
    }
    // It ends when nobody listens any more: not earlier, or its last words might be lost.
    if (message.type === "usage" || message.type === "finished") child.disconnect();
  });
  child.on("exit", (code, signal) => {
    const failure = `a process with ${task.count} bots ended (${signal ?? `exit code ${code}`})`;
    started.reject(new UsageError(failure));
    // What it said last is all that is known of its bots. When it was done, this changes nothing any more.
    if (worker.report !== null) finished.resolve({ ...worker.report, ok: false, failure });
    else finished.reject(new Error(failure));
  });
  // Looked at only when all have started.
  finished.promise.catch(() => {});
  child.send({ type: "task", task } satisfies WorkerOrder);
  return worker;
}

/** Node 20 has no `Promise.withResolvers`. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
