/*
 * A real browser for the tests in this folder: finds one that is installed, starts it with an empty profile and ends it.
 * It brings none: a download of its own would be another browser than the one that people use.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium } from "../programs.mjs";
import type { BrowserKind } from "./browser.js";
import { describeWith } from "./describe.js";
import { endProcess } from "./end-process.js";
import { until } from "./until.js";

const FLAGS = [
  "--headless=new",
  // A sandbox inside a root user's container has nothing to build on.
  ...(process.platform === "linux" && process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--remote-debugging-port=0",
  // Nobody speaks through the pipe. When the tests are killed it breaks, and the browser ends by itself.
  "--remote-debugging-pipe",
];

const START_SECONDS = 20;
const CLOSE_SECONDS = 5;

function howToInstall(): string {
  if (process.platform === "darwin") return "brew install --cask chromium";
  if (process.platform === "win32") return "winget install Google.Chrome";
  return "apt-get install chromium";
}

export const FACTS: Omit<BrowserKind, "start"> = {
  name: "Chromium or Chrome",
  variable: "CHROMIUM",
  isInstalled: () => findChromium() !== null,
  howToInstall,
};

/** `describe` for tests that need Chromium. */
export function describeInBrowser(title: string, tests: () => void): void {
  describeWith(FACTS, title, tests);
}

/** A running browser. Whoever starts one closes it. */
export class Chromium {
  /** Where it listens for the DevTools protocol. */
  endpoint = "";
  readonly #process: ChildProcess;
  readonly #profile: string;

  private constructor(executable: string, flags: string[]) {
    this.#profile = mkdtempSync(join(tmpdir(), "gameloop-browser-"));
    this.#process = spawn(executable, [...FLAGS, `--user-data-dir=${this.#profile}`, ...flags, "about:blank"], {
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    });
  }

  /** Starts the installed browser, without a window and with an empty profile. */
  static async start(...flags: string[]): Promise<Chromium> {
    const executable = findChromium();
    if (executable === null) throw new Error("there is no browser; write the tests inside describeInBrowser()");
    const chromium = new Chromium(executable, flags);
    try {
      await chromium.#listening(executable);
    } catch (error) {
      await chromium.close();
      throw error;
    }
    return chromium;
  }

  /** Ends it and removes its profile. */
  async close(): Promise<void> {
    await endProcess(this.#process, CLOSE_SECONDS);
    // Its helpers end a moment after it, and until then may still write.
    await until(`${this.#profile} is removed`, CLOSE_SECONDS, () => {
      try {
        rmSync(this.#profile, { recursive: true, force: true });
        return true;
      } catch {
        return false;
      }
    });
  }

  async #listening(executable: string): Promise<void> {
    const child = this.#process;
    let complaints = "";
    child.stderr?.on("data", (text: Buffer) => {
      complaints = (complaints + text).slice(-4000);
    });
    child.once("error", (error) => {
      complaints += error.message;
    });
    const portFile = join(this.#profile, "DevToolsActivePort");
    const written = () => {
      if (child.exitCode !== null || child.pid === undefined) throw new Error(`${executable} ended: ${complaints}`);
      const lines = existsSync(portFile) ? readFileSync(portFile, "utf8").split("\n") : [];
      return lines.length === 2 && lines;
    };
    const what = `${executable} listens for the DevTools protocol`;
    const [port, path] = await until(what, START_SECONDS, written, () => complaints);
    this.endpoint = `ws://127.0.0.1:${port}${path}`;
  }
}
