/**
 * Builds the three programs of the demo into `demo/.build/`: the page, the server and the bots. They import the library
 * by its own name, `socketio-gameloop`, like any user's code; the alias points that name at the sources, so that the
 * demo needs no library build and a change in `src/` shows after a restart.
 */
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";

const demo = dirname(fileURLToPath(import.meta.url));
export const buildFolder = join(demo, ".build");

/**
 * @param {{ library?: string, outdir?: string }} [options] `library` is the entry that `socketio-gameloop` stands for.
 */
export async function buildDemo({ library = join(demo, "../src/index.ts"), outdir = buildFolder } = {}) {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(join(outdir, "page"), { recursive: true });
  const common = {
    bundle: true,
    format: "esm",
    target: "es2022",
    sourcemap: true,
    alias: { "socketio-gameloop": library },
    logLevel: "warning",
  };
  const node = { ...common, platform: "node", outExtension: { ".js": ".mjs" } };
  await Promise.all([
    build({
      ...common,
      platform: "browser",
      entryPoints: { main: join(demo, "client/main.ts") },
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
    cp(join(demo, "client/index.html"), join(outdir, "page/index.html")),
    cp(join(demo, "client/style.css"), join(outdir, "page/style.css")),
  ]);
  // The compiler's helper process is of no more use and would stay as long as the launcher.
  await stop();
}
