/*
 * Programs that the tests start and end.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of an installed program: the one that the environment variable names, the first of `names` on the PATH, or of `paths`. */
export function findExecutable(
  variable: string,
  names: readonly string[],
  paths: readonly string[] = [],
): string | null {
  const named = process.env[variable];
  if (named !== undefined && named !== "") {
    if (!isFile(named)) throw new Error(`${variable}=${named}: there is no such file`);
    return named;
  }
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...paths].find(isFile) ?? null;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** Asks a process to end, and after `seconds` ends it. */
export async function endProcess(child: ChildProcess, seconds: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const deadline = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  await ended;
  clearTimeout(deadline);
}
