/*
 * What the client is tried against: something that listens, and what is to come of each way to connect to it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientOptionsInput } from "socketio-gameloop";
import { freePort, hasCommand, Program, Unavailable } from "./program.js";

export const COLUMNS = ["websocket", "polling", "upgrade", "fallback"] as const;
/** A way to connect, and a column of the table. */
export type Column = (typeof COLUMNS)[number];

/** The option `transports` of each column. */
export const TRANSPORTS: Readonly<Record<Column, readonly ("websocket" | "polling")[]>> = {
  websocket: ["websocket"],
  polling: ["polling"],
  upgrade: ["polling", "websocket"],
  fallback: ["websocket", "polling"],
};

/**
 * The transport that the session ends up with, or what the error says with which it cannot be made. `unsteady`: there may be sessions
 * that begin by luck and are lost, so that only the first check can hold.
 */
export type Outcome =
  | { readonly stays: "websocket" | "polling"; readonly unsteady?: true }
  | { readonly refused: RegExp };

/** What not every server has. */
export interface Features {
  readonly recovery: boolean;
  readonly dynamic: boolean;
  readonly auth_event: boolean;
  /** A refusal can carry data; so it is unless the server says otherwise. */
  readonly refusal_data?: boolean;
  /** It can close a connection without a DISCONNECT before; so it is unless the server says otherwise. */
  readonly kick_close?: boolean;
}

export interface Target {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  readonly has: Features;
  readonly outcomes: Partial<Readonly<Record<Column, Outcome>>>;
  /** Options of the client besides `transports`. */
  readonly options: ClientOptionsInput;
  /** Why it cannot be run here, with the command that changes that; `""` if it can. */
  readonly missing: string;
  /** Makes it ready to be launched; what is ready already stays. */
  build(): void;
  launch(env: Readonly<Record<string, string>>): Promise<Running>;
}

export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

/** `server.json`. */
interface Description {
  readonly name: string;
  readonly version: string;
  readonly build: readonly string[];
  readonly start: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Commands without which it cannot be built. */
  readonly needs: readonly string[];
  readonly has: Features;
  readonly variants?: readonly {
    readonly name: string;
    readonly version?: string;
    readonly has?: Partial<Features>;
    readonly env?: Readonly<Record<string, string>>;
  }[];
  /** It speaks Engine.IO 3: the client has to say so. */
  readonly older_protocol?: boolean;
}

/** The one command that brings a tool. */
const INSTALL: Readonly<Record<string, string>> = {
  npm: "apt-get install -y npm",
  // Those of a distribution are often too old for what the servers need.
  go: "curl -L https://go.dev/dl/go1.26.8.linux-amd64.tar.gz | tar -C /usr/local -xz (and put /usr/local/go/bin on the PATH)",
  cargo: "curl -sSf https://sh.rustup.rs | sh -s -- -y",
  java: "apt-get install -y default-jdk-headless",
  javac: "apt-get install -y default-jdk-headless",
  mvn: "apt-get install -y maven",
  python3: "apt-get install -y python3-venv",
};

const BUILD_SECONDS = 900;
/** Whoever took the port in the meantime will not do so three times. */
const LAUNCH_TRIES = 3;

const ALL_WORK: Target["outcomes"] = {
  websocket: { stays: "websocket" },
  polling: { stays: "polling" },
  upgrade: { stays: "websocket" },
};
const OLDER = { refused: /Socket\.IO v3\+|v2/ };
const NONE_WORK: Target["outcomes"] = { websocket: OLDER, polling: OLDER, upgrade: OLDER };

const slug = (text: string) =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** What lacks, as a sentence with the command that brings it. */
export function whatIsMissing(commands: readonly string[], install?: string): string {
  const lacking = commands.filter((name) => !hasCommand(name));
  if (lacking.length === 0) return "";
  const how = install ?? lacking.map((name) => INSTALL[name] ?? `install ${name}`).join(" && ");
  return `there is no ${lacking.join(", no ")}: ${how}`;
}

/** Every `server.json` of a folder, one or two levels down, each with its variants. */
export function findServers(folder: string): Target[] {
  const within = (parent: string): string[] =>
    readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(parent, entry.name));
  return within(folder)
    .flatMap((path) => [path, ...within(path)])
    .filter((path) => existsSync(join(path, "server.json")))
    .flatMap(targetsOf);
}

function targetsOf(folder: string): Target[] {
  const about = JSON.parse(readFileSync(join(folder, "server.json"), "utf8")) as Description;
  const id = folder.slice(folder.lastIndexOf("/") + 1);
  return (about.variants ?? [{ name: "" }]).map((variant) => {
    const env = { ...about.env, ...variant.env };
    return {
      id: variant.name ? `${id}-${slug(variant.name)}` : id,
      title: variant.name ? `${about.name}, ${variant.name}` : about.name,
      version: variant.version ?? about.version,
      has: { ...about.has, ...variant.has },
      outcomes: about.older_protocol ? NONE_WORK : ALL_WORK,
      options: {},
      missing: whatIsMissing(about.needs),
      build() {
        const [command = "", ...args] = about.build;
        const environment = { ...process.env, ...env };
        const run = spawnSync(command, args, { cwd: folder, env: environment, timeout: BUILD_SECONDS * 1000 });
        if (run.status !== 0) throw new Error(`it cannot be built: ${run.stderr || run.stdout || run.error?.message}`);
      },
      launch: (settings) => launch(about.start, folder, { ...env, ...settings }),
    };
  });
}

async function launch(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  tries = LAUNCH_TRIES,
): Promise<Running> {
  const port = await freePort();
  try {
    const program = await Program.start(argv, { cwd, env: { ...env, PORT: String(port) }, says: "listening" });
    return { port, stop: () => program.stop() };
  } catch (error) {
    if (tries === 1 || error instanceof Unavailable) throw error;
    return launch(argv, cwd, env, tries - 1);
  }
}
