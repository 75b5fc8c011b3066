/*
 * A process with a share of the bots: gets its task from the one that started it, and tells it how it goes.
 */
import { UsageError } from "./cli-arguments.js";
import type { WorkerMessage, WorkerOrder } from "./cli-processes.js";
import { startSwarm } from "./cli-swarm.js";

const PROGRESS_SECONDS = 1;

const tell = (message: WorkerMessage) => new Promise<void>((resolve) => process.send?.(message, () => resolve()));

// Ctrl-C reaches every process of the terminal; the one that started this one says what is to be done.
process.on("SIGINT", () => {});
// Told to go, or alone: nobody would read the report.
process.on("disconnect", () => process.exit());
process.once("message", async (order: WorkerOrder) => {
  if (order.type !== "task") return;
  try {
    const crowd = await startSwarm(order.task);
    process.on("message", (next: WorkerOrder) => {
      if (next.type === "stop") crowd.stop();
    });
    await tell({ type: "started" });
    const tellReport = (type: "progress" | "finished") =>
      tell({ type, report: crowd.report()!, cpuSeconds: crowd.cpuSeconds() });
    const timer = setInterval(() => void tellReport("progress"), PROGRESS_SECONDS * 1000);
    await crowd.finished;
    clearInterval(timer);
    await tellReport("finished");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await tell({ type: "usage", message: error.message });
  }
});
