/*
 * Programs that the matrix starts: each in a process of its own, ended by its id, and never left behind.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";

const START_SECONDS = 20;
const STOP_SECONDS = 3;
/** Of what a program prints, enough to see why it failed. */
const KEPT_OUTPUT = 4000;

/** How a program ends that cannot be had here, after it has said why. */
const UNAVAILABLE = "ended with code 3";

/** It cannot be had here, for a reason that is not ours. */
export class Unavailable extends Error {}

/** Where a registry was looked for says nothing to those who look elsewhere. */
const withoutAddresses = (text: string) => text.replaceAll(/\s*\(?https?:\/\/[^\s)]*\)?/g, "").trim();

interface StartOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It has started when it prints this, or, without it, when `probe` says so. */
  readonly says?: string;
  readonly probe?: () => Promise<boolean>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
// So that the handler above runs.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

export class Program {
  readonly #child: ChildProcess;
  #output = "";
  #ended: string | null = null;

  private constructor(command: string, args: readonly string[], { cwd, env }: StartOptions) {
    // Its standard input ends with this process, which servers take as the sign to end too.
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    const child = this.#child;
    running.add(child);
    const keep = (text: Buffer) => {
      this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.stdin?.on("error", () => {});
    child.on("error", (error) => this.#end(error.message));
    child.on("exit", (code, signal) => this.#end(`ended with ${signal ?? `code ${code}`}`));
  }

  /** Resolves when it is ready; rejects with what it printed when it ends before, or is not ready in time. */
  static async start(argv: readonly string[], options: StartOptions): Promise<Program> {
    const [command = "", ...args] = argv;
    const program = new Program(command, args, options);
    const deadline = performance.now() + START_SECONDS * 1000;
    const isReady = async () => (options.says ? program.#output.includes(options.says) : await options.probe?.());
    while (!(await isReady())) {
      const late = performance.now() > deadline;
      if (program.#ended === null && !late) {
        await pause(0.02);
        continue;
      }
      if (program.#ended === UNAVAILABLE) throw new Unavailable(withoutAddresses(program.#output));
      const why = program.#ended ?? `not ready after ${START_SECONDS} s`;
      await program.stop();
      throw new Error(`${argv.join(" ")}: ${why}\n${program.#output}`);
    }
    return program;
  }

  /** What it printed last. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    const gone = async (seconds: number) => {
      for (let waited = 0; this.#ended === null && waited < seconds; waited += 0.02) await pause(0.02);
      return this.#ended !== null;
    };
    if (this.#ended !== null) return;
    child.kill("SIGTERM");
    if (await gone(STOP_SECONDS)) return;
    child.kill("SIGKILL");
    await gone(STOP_SECONDS);
  }

  #end(how: string): void {
    this.#ended ??= how;
    running.delete(this.#child);
  }
}

/** A port of the system's choice that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Whether a command can be run here. */
export function hasCommand(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`], { stdio: "ignore" }).status === 0;
}
