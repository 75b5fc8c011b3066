/*
 * Programs that the tests start, where they are installed. Plain JavaScript: the runners use it as it is.
 */
import { existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The path of an installed program: the one that the environment variable names, the first of `names` on the PATH, or of `paths`. */
export function findExecutable(variable, names, paths = []) {
  const named = process.env[variable];
  if (named !== undefined && named !== "") {
    if (!isFile(named)) throw new Error(`${variable}=${named}: there is no such file`);
    return named;
  }
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...paths].find(isFile) ?? null;
}

/** The path of an installed Chromium or Chrome; `null` for none. The environment variable CHROMIUM goes before all others. */
export function findChromium() {
  const { env, platform } = process;
  if (platform === "win32") {
    const folders = [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA];
    const programs = ["Google/Chrome/Application/chrome.exe", "Chromium/Application/chrome.exe"];
    programs.push("Microsoft/Edge/Application/msedge.exe");
    const paths = programs.flatMap((program) => folders.flatMap((folder) => (folder ? [join(folder, program)] : [])));
    return findExecutable("CHROMIUM", [], paths);
  }
  if (platform !== "darwin") return findExecutable("CHROMIUM", CHROMIUM);
  const programs = ["Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium"];
  const folders = ["/Applications", `${env.HOME}/Applications`];
  const paths = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return findExecutable("CHROMIUM", CHROMIUM, paths);
}

function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}
