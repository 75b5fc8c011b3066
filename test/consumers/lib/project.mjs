/*
 * A fresh project: a folder with nothing in it but its own files and the packages that its package.json names.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const COMPILER_OPTIONS = {
  target: "ES2022",
  module: "ESNext",
  moduleResolution: "bundler",
  lib: ["ES2023", "DOM", "DOM.Iterable"],
  jsx: "react-jsx",
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noUncheckedIndexedAccess: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  noEmit: true,
};

export class Project {
  #folder;
  #packages;

  /**
   * @param folder that it is made in; it must not be inside of another project, whose packages it would find
   * @param packages where the engines are installed
   */
  constructor(folder, packages) {
    this.#folder = folder;
    this.#packages = packages;
    mkdirSync(join(folder, "node_modules"), { recursive: true });
    const config = { compilerOptions: COMPILER_OPTIONS, include: ["."] };
    this.write({ "tsconfig.json": JSON.stringify(config, null, 2) });
  }

  get folder() {
    return this.#folder;
  }

  write(files) {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#folder, name)), { recursive: true });
      writeFileSync(join(this.#folder, name), text);
    }
  }

  /**
   * Puts the library in, copied: linked, it would find the packages beside its own folder and not this project's. And links what
   * it depends on.
   */
  install(unpacked, dependencies) {
    cpSync(unpacked, join(this.#folder, "node_modules/socketio-gameloop"), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
    for (const name of Object.keys(manifest.dependencies)) this.#link(name, name);
    for (const [name, installedAs] of Object.entries(dependencies)) this.#link(name, installedAs);
  }

  /** @returns what TypeScript complains about, `""` if nothing */
  check() {
    return this.#run(fileURLToPath(new URL("check-types.mjs", import.meta.url)), [this.#packages, this.#folder]);
  }

  /** @returns what Vite complains about, `""` if nothing; the result is in `dist` */
  build(mode = "production") {
    const vite = join(this.#packages, "vite/bin/vite.js");
    return this.#run(vite, ["build", "--base=./", "--logLevel=error", `--mode=${mode}`], { NODE_ENV: mode });
  }

  #link(name, installedAs) {
    const source = join(this.#packages, installedAs);
    if (!existsSync(source)) throw new Error(`${installedAs} is not in test/consumers/package.json`);
    const target = join(this.#folder, "node_modules", name);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(source, target, "junction");
  }

  #run(program, args, env = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program, ...args], {
        cwd: this.#folder,
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
      child.once("error", reject);
      child.once("close", (code) => resolve(code === 0 ? "" : output || `${program} ended with ${code}`));
    });
  }
}
