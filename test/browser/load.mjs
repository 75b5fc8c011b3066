/**
 * The browsers of this folder, which are TypeScript, for scripts that Node runs as they are. `npm ci` must have been run.
 */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const outfile = fileURLToPath(new URL("../.cache/browser/kinds.mjs", import.meta.url));

/** By name: firefox, webkit. Each is a `BrowserKind` of browser.ts. */
export async function loadBrowsers() {
  const { build } = await import("esbuild");
  const contents = ["firefox", "webkit"]
    .map((name) => `export { ${name.toUpperCase()} as ${name} } from ${JSON.stringify(join(here, `${name}.ts`))};`)
    .join("\n");
  const options = { bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "warning" };
  await build({ stdin: { contents, resolveDir: here }, outfile, ...options });
  return import(pathToFileURL(outfile).href);
}
