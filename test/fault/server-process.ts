/* A server that can be killed: `real-server.mjs` in a process of its own, at the same port after each start. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./real-server.mjs", import.meta.url));
/** Milliseconds that a busy machine may take to start a process. */
const PATIENCE = 20_000;

/** A line of the application's book. */
export interface Entry {
  readonly run: string;
  readonly event: string;
  readonly number: number;
  readonly path: string;
  readonly joining: string;
}

export class ServerProcess {
  port = 0;
  /** It has ended, and nobody has killed it. */
  hasCrashed = false;
  readonly #log: string;
  readonly #recovery: boolean;
  #process: ChildProcess | null = null;

  constructor(log: string, recovery: boolean) {
    this.#log = log;
    this.#recovery = recovery;
  }

  async start(): Promise<void> {
    const env = { ...process.env, PORT: String(this.port), LOG: this.#log, RECOVERY: this.#recovery ? "1" : "" };
    const child = spawn(process.execPath, [PROGRAM], { env, stdio: ["pipe", "pipe", "inherit"] });
    this.#process = child;
    child.once("exit", () => {
      if (this.#process === child) this.hasCrashed = true;
    });
    this.port = await new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server did not start within ${PATIENCE} ms`)), PATIENCE);
      child.stdout!.on("data", (text) => {
        const port = /listening (\d+)/.exec(String(text))?.[1];
        if (port === undefined) return;
        clearTimeout(timer);
        resolve(Number(port));
      });
      child.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`the server ended with code ${code} before it listened`));
      });
    });
  }

  async kill(): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGKILL");
    await gone;
  }

  /** What the application has got of a run. */
  entries(run: string): Entry[] {
    const lines = readFileSync(this.#log, "utf8").split("\n");
    return lines.flatMap((line) => {
      const [of, event, number, path, joining] = line.split(" ");
      if (of !== run || joining === undefined) return [];
      return [{ run: of, event: event!, number: Number(number), path: path!, joining }];
    });
  }
}
