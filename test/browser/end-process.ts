import type { ChildProcess } from "node:child_process";

/** Asks a process to end, and after `seconds` ends it. */
export async function endProcess(child: ChildProcess, seconds: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const deadline = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  await ended;
  clearTimeout(deadline);
}
