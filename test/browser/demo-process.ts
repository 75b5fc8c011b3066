import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { endProcess } from "./end-process.js";
import { until } from "./until.js";

const START_SECONDS = 25;
/** The launcher gives its children three seconds. */
const STOP_SECONDS = 6;

const launcher = fileURLToPath(new URL("../../demo/run.mjs", import.meta.url));

/** The demo as a user starts it: one launcher, which builds, and starts the server and the bots. */
export class DemoProcess {
  /** All that it has printed. */
  output = "";
  url = "";
  readonly #launcher: ChildProcess;

  private constructor(flags: string[], environment: Record<string, string>) {
    this.#launcher = spawn(process.execPath, [launcher, "--port", "0", ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", ...environment },
    });
    for (const stream of [this.#launcher.stdout, this.#launcher.stderr]) {
      stream?.on("data", (text: Buffer) => {
        this.output += text;
      });
    }
  }

  static async start(flags: string[], environment: Record<string, string>): Promise<DemoProcess> {
    const demo = new DemoProcess(flags, environment);
    try {
      demo.url = await until(
        "the demo prints its address",
        START_SECONDS,
        () => {
          if (demo.#launcher.exitCode !== null) throw new Error(`the demo ended: ${demo.output}`);
          return /Open (http:\/\/localhost:\d+)/.exec(demo.output)?.[1];
        },
        () => demo.output,
      );
    } catch (error) {
      await demo.stop();
      throw error;
    }
    return demo;
  }

  /** The process ids that it has printed for its servers, the running one last. */
  get serverPids(): number[] {
    return [...this.output.matchAll(/(?:kill |\(pid )(\d+)/g)].map((match) => Number(match[1]));
  }

  /** Stops all of it. */
  async stop(): Promise<void> {
    await endProcess(this.#launcher, STOP_SECONDS);
    await until("the server has ended", STOP_SECONDS, () => !this.serverPids.some(isRunning));
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
