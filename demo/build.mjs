/**
 * Builds the programs of the demo into a folder of this run, `demo/.build/<pid>/`: the pages, the server and the bots.
 * They import the library by its own name, `socketio-gameloop`, like any user's code; the alias points that name at the
 * sources, so that the demo needs no library build and a change in `src/` shows after a restart.
 */
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const demo = dirname(fileURLToPath(import.meta.url));
const builds = join(demo, ".build");
/** One per run, so that a second demo does not pull the page away from under the first. */
export const buildFolder = join(builds, String(process.pid));

/** Removes this run's folder, and those of runs that ended without doing so. */
export async function cleanUp() {
  for (const name of await readdir(builds).catch(() => [])) {
    if (name === String(process.pid) || !isRunning(Number(name)))
      await rm(join(builds, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * @param {{ library?: string, outdir?: string }} [options] `library` is the entry that `socketio-gameloop` stands for; its
 * subpaths are beside it.
 */
export async function buildDemo({ library = join(demo, "../src/index.ts"), outdir = buildFolder } = {}) {
  await cleanUp();
  await mkdir(join(outdir, "page"), { recursive: true });
  const beside = (name) => join(dirname(library), `${name}${extname(library)}`);
  const common = {
    bundle: true,
    format: "esm",
    target: "es2022",
    sourcemap: true,
    alias: {
      "socketio-gameloop": library,
      "socketio-gameloop/loop": beside("loop/index"),
      "socketio-gameloop/phaser": beside("loop/phaser"),
      "socketio-gameloop/pixi": beside("loop/pixi"),
      "socketio-gameloop/bots": beside("bots/index"),
      "socketio-gameloop/tools": beside("tools/index"),
      "socketio-gameloop/testing": beside("testing/index"),
    },
    logLevel: "warning",
  };
  const node = { ...common, platform: "node", outExtension: { ".js": ".mjs" } };
  await Promise.all([
    build({
      ...common,
      platform: "browser",
      entryPoints: { main: join(demo, "client/main.ts"), "pixi/main": join(demo, "pixi/client/main.ts") },
      outdir: join(outdir, "page"),
      minify: true,
      keepNames: true,
    }),
    build({
      ...node,
      entryPoints: { server: join(demo, "server/main.ts") },
      outdir,
      external: ["socket.io"],
    }),
    build({
      ...node,
      entryPoints: { bots: join(demo, "bots/main.ts") },
      outdir,
      external: ["isomorphic-ws", "ws", "mitt"],
    }),
    ...["index.html", "style.css", "small-screen.css"].map((file) =>
      cp(join(demo, "client", file), join(outdir, "page", file)),
    ),
    ...["index.html", "style.css"].flatMap((file) => [
      cp(join(demo, "pixi/client", file), join(outdir, "page/pixi", file)),
      cp(join(demo, "gallery", file), join(outdir, "page/gallery", file)),
    ]),
  ]);
  // The compiler's helper process is of no more use and would stay as long as the launcher.
  await stop();
}
