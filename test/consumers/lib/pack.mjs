/*
 * The package as npm would publish it, built into a folder of its own: the root's dist/ may be in use.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Builds and packs the library.
 * @returns the path of the tarball
 * @throws Error with what the failing command has said
 */
export function pack(root, folder) {
  const source = join(folder, "source");
  const dist = join(source, "dist");
  mkdirSync(source, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  // The last of two options of the same name counts.
  run("npm", ["run", "--silent", "build:js", "--", `--outdir=${dist}`], root);
  run("npm", ["run", "--silent", "build:types", "--", "--outDir", dist], root);
  for (const name of ["package.json", "README.md", "LICENSE", ...manifest.files]) {
    if (name !== "dist" && existsSync(join(root, name)))
      cpSync(join(root, name), join(source, name), { recursive: true });
  }
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(run("npm", args, source));
  return join(folder, filename);
}

/** @returns the folder of the package in a tarball */
export function unpack(tarball, folder) {
  const unpacked = join(folder, "package");
  mkdirSync(unpacked);
  run("tar", ["-xzf", tarball, "-C", unpacked, "--strip-components=1"], folder);
  return unpacked;
}

function run(command, args, cwd) {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32",
    });
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")}: ${error.stdout}${error.stderr}`);
  }
}
