/**
 * `npm run test:interop`: the client against servers that others wrote, by every transport. The last line says
 * `N passed, N failed`; the exit code is 1 unless nothing failed.
 *
 *     npm run test:interop                              every server and every proxy
 *     npm run test:interop -- node python               some of them
 *     npm run test:interop -- --transports=polling,upgrade --checks=burst go
 *     npm run test:interop -- --write                   every one, and the table goes to docs/compatibility.md
 */
import { fileURLToPath, pathToFileURL } from "node:url";
import { ensureInstalled } from "../../.ci/ensure-install.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
await ensureInstalled();
const { build } = await import("esbuild");
const outfile = `${here}.cache/runner/main.mjs`;
await build({
  entryPoints: [`${here}main.ts`],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "inline",
  packages: "external",
  alias: { "socketio-gameloop": `${here}../../src/index.ts` },
  logLevel: "warning",
});
process.setSourceMapsEnabled(true);
const { main } = await import(pathToFileURL(outfile).href);
process.exit(await main(here, process.argv.slice(2)));
